import DurableFiles
import InferenceService
import Testing

@Suite struct APIKeyFileTests {
    private static let first = APIKeyFile.makeKey(
        named: "marketing", scopes: ScopeSet([.rank, .embed]), rate: RequestRate(200, per: .second))
    private static let second = APIKeyFile.makeKey(named: "risk", scopes: ScopeSet([.credit]))

    private func read(_ text: String) throws(APIKeyFileError) -> APIKeyFile { try APIKeyFile(Array(text.utf8), path: "keys") }

    @Test func everyKeyFindsItsOwnLineAndNoOther() throws {
        let made = (0..<40).map { APIKeyFile.makeKey(named: "k\($0)", scopes: ScopeSet([.embed])) }
        let file = try read("# keys\n\n" + made.map { $0.line + "\n" }.joined() + "\t\n")
        for (number, key) in made.enumerated() {
            #expect(file.principal(presenting: key.key)?.name == "k\(number)")
            #expect(file.principal(presenting: String(key.key.dropLast())) == nil)
            #expect(file.principal(presenting: key.line) == nil)
        }
        for wrong in ["", "tsk_", String(repeating: "a", count: 300)] { #expect(file.principal(presenting: wrong) == nil) }
        #expect(Set(made.map(\.key)).count == made.count)
    }

    @Test func aDigestMadeElsewhereIsTheKeys() throws {
        // printf %s abc | sha256sum; FIPS 180-4's own example.
        let file = try read("web embed,intents 6000/m:50 BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD # why\n")
        let web = try #require(file.principal(presenting: "abc"))
        #expect(web == Principal(name: "web", scopes: ScopeSet([.embed, .intents]), rate: RequestRate(6000, per: .minute, burst: 50)))
        #expect(web.scopes.contains(.embed) && !web.scopes.contains(.credit) && !web.scopes.contains(.admin))
    }

    @Test func everyBitOfADigestCounts() throws {
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        for place in 0..<64 {
            for bit in [1, 2, 4, 8] {
                var digits = digest.map { $0.hexDigitValue! }
                digits[place] ^= bit
                let file = try read("web embed \(digits.map { String($0, radix: 16) }.joined())")
                #expect(file.principal(presenting: "abc") == nil, "digit \(place), bit \(bit)")
            }
        }
        #expect(try read("web embed \(digest)").principal(presenting: "abc") != nil)
    }

    @Test func aMadeLineSaysWhatWasAsked() throws {
        let file = try read(Self.first.line + "\r\n" + Self.second.line)
        #expect(file.principals.map(\.name) == ["marketing", "risk"])
        #expect(file.principals[0].rate == RequestRate(200, per: .second) && file.principals[1].rate == nil)
        #expect("\(file.principals[0].scopes)" == "embed,rank")
        #expect(Self.first.key.hasPrefix("tsk_") && Self.first.key.utf8.count == 47)
        #expect(!Self.first.line.contains(Self.first.key))
    }

    @Test(arguments: [
        ("web embed\n", 1, "2 words"),
        ("\n# a\nweb  embed 1/s 2/s DIGEST", 3, "5 words"),
        ("web/one embed DIGEST", 1, "name"),
        ("web embed,browse DIGEST", 1, "scope"),
        ("web embed, DIGEST", 1, "scope"),
        ("web embed 5/d DIGEST", 1, "rate"),
        ("web embed 0/s DIGEST", 1, "rate"),
        ("web embed 5/s: DIGEST", 1, "rate"),
        ("web embed abc", 1, "64 hexadecimal"),
        ("web embed tsk_secretsecretsecretsecretsecretsecretsecretsecretsecretsecret", 1, "64 hexadecimal"),
        ("web embed e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1, "empty"),
        ("a embed DIGEST\nb embed DIGEST", 2, "line 1"),
    ])
    func aWrongLineIsNamedAndNotRepeated(_ text: String, _ line: Int, _ reason: String) {
        let digest = String(repeating: "ab", count: 32)
        let error = #expect(throws: APIKeyFileError.self) {
            try read(text.split(separator: "DIGEST", omittingEmptySubsequences: false).joined(separator: digest))
        }
        #expect(error?.line == line)
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("keys:\(line): ") == true && error?.description.contains(" — ") == true)
        #expect(error?.description.contains("secret") == false && error?.description.contains("browse") == false)
    }

    @Test func anEmptyFileLetsNobodyInAndSaysSo() {
        let error = #expect(throws: APIKeyFileError.self) { try read("# nothing\n") }
        #expect(error?.line == nil && error?.reason == "it holds no key")
        #expect(throws: APIKeyFileError.self) { try APIKeyFile([0xFF, 0xFE], path: "keys") }
    }

    @Test func whoeverElseMayChangeOrReadTheFileIsRefused() throws {
        let folder = try TemporaryFolder()
        for (mode, isFine) in [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o620, false), (0o602, false), (0o666, false)]
        {
            let path = try folder.write(Self.second.line + "\n", to: "keys", mode: UInt32(mode))
            if isFine {
                #expect(try APIKeyFile.read(path).principal(presenting: Self.second.key)?.name == "risk")
            } else {
                let error = #expect(throws: APIKeyFileError.self) { try APIKeyFile.read(path) }
                #expect(error?.description.contains("chmod") == true, "mode \(mode)")
            }
        }
        #expect(throws: APIKeyFileError.self) { try APIKeyFile.read(folder("missing")) }
        #expect(throws: APIKeyFileError.self) { try APIKeyFile.read(folder.path) }
        let path = try folder.write(Self.second.line + "\n", to: "keys")
        var number = 0
        while true {
            let plan = FaultPlan(failing: number, code: 5)
            let file = try? APIKeyFile.read(path, in: .failing(plan))
            if plan.operationsSeen <= number { break }
            #expect(file == nil, "operation \(number) failed and was not noticed")
            number += 1
        }
        #expect(number > 2)
    }

    @Test(arguments: [("200/s", 200, 200), ("200/s:400", 200, 400), ("60/m", 60, 60), ("5/h:1", 5, 1)])
    func ratesReadAsTheyAreWritten(_ text: String, _ requests: Int, _ burst: Int) throws {
        let rate = try #require(RequestRate(text: text))
        #expect(rate.requests == requests && rate.burst == burst && "\(rate)" == text)
    }

    @Test(arguments: ["", "/", "5", "5/", "/s", "-5/s", "+5/s", "5/s/s", "5/s:4:3", "1000001/s", "1/s:0", "٥/s"])
    func whatIsNoRate(_ text: String) { #expect(RequestRate(text: text) == nil) }

    @Test func scopesAreEachOnTheirOwn() {
        for scope in Scope.allCases {
            let set = ScopeSet([scope])
            #expect(Scope.allCases.filter(set.contains) == [scope])
            #expect(ScopeSet(text: scope.rawValue) == set)
        }
        #expect(!Principal.anonymous.scopes.contains(.admin))
    }
}
