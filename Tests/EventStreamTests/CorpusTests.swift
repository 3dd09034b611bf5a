import DurableFiles
import EventStream
import Testing

@Suite struct CorpusTests {
    let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    @Test func readsBackWhatWasImported() throws {
        let events = [
            TestEvent(visitor: "b", seconds: 10, page: "x/ä", amount: 2.5), TestEvent(visitor: "a", seconds: 20, page: nil),
            TestEvent(visitor: "a", seconds: 21, page: ""), TestEvent(visitor: "a", seconds: 22, page: "x/ä", user: "u"),
        ]
        let summary = try importEvents(events, folder)
        let corpus = try Corpus.open(folder("corpus"))
        #expect(corpus.sessionCount == 2 && corpus.visitorCount == 2 && corpus.eventCount == 4)
        #expect(corpus.readSessions.map(\.key) == ["a:1", "b:1"])
        #expect(corpus.readSessions.map(\.pages) == [[nil, "", "x/ä"], ["x/ä"]])
        #expect(Array(corpus.codes("page")!) == [0, 1, 2, 2])
        #expect(corpus.numbers("amount")![3] == 2.5 && corpus.numbers("amount")![0].isNaN)
        #expect(corpus.codes("amount") == nil && corpus.numbers("page") == nil && corpus.dictionary("nothing") == nil)
        #expect(corpus.digest == summary.digest && corpus.digest.count == 64)
        try corpus.verifyDigest()
        #expect(corpus.schema.counts == summary.counts)
        #expect(try folder.names() == ["corpus"])
        #expect(try folder.names("corpus").allSatisfy { !$0.hasPrefix(".") })
    }

    @Test func fieldNamesBecomeSafeFileNames() {
        #expect(EventSchema.Field(name: "page", kind: .text).stem == "field_page")
        #expect(EventSchema.Field(name: "../a b", kind: .text).stem == "field_%2E%2E%2Fa%20b")
        let long = String(repeating: "/", count: 500)
        let stems = [long + "a", long + "b"].map { EventSchema.Field(name: $0, kind: .text).stem }
        #expect(stems[0] != stems[1] && stems[0].utf8.count < 200)
    }

    @Test func theDigestIsThatOfSha256sum() throws {
        try importEvents([TestEvent(seconds: 1)], folder)
        var lines = ""
        for name in try folder.names("corpus") where name.hasSuffix(".npy") {
            lines += SHA256Digest.hex(of: try folder.bytes("corpus/" + name)) + "  " + name + "\n"
        }
        #expect(try Corpus.open(folder("corpus")).digest == SHA256Digest.hex(of: Array(lines.utf8)))
    }

    func write(_ bytes: [UInt8], _ name: String) throws { try AtomicFile.write(bytes, to: folder("corpus/" + name)) }

    @Test func everyTruncationIsAnError() throws {
        try importEvents(randomEvents(3, count: 60), folder)
        for name in try folder.names("corpus") {
            let whole = try folder.bytes("corpus/" + name)
            for length in [0, 1, 9, 64, 127, 128, whole.count / 2, whole.count - 1] where length < whole.count {
                // The schema ends in a newline it can do without.
                if name == "schema.json" && length == whole.count - 1 { continue }
                try write(Array(whole.prefix(length)), name)
                let error = #expect(throws: CorpusError.self, "\(name) of \(length) bytes") { try Corpus.open(folder("corpus")) }
                #expect(error?.description.contains(name) == true, "\(name) of \(length) bytes: \(String(describing: error))")
            }
            try write(whole, name)
        }
        _ = try Corpus.open(folder("corpus"))
    }

    @Test func everyMissingFileIsAnError() throws {
        try importEvents(randomEvents(3, count: 60), folder)
        for name in try folder.names("corpus") {
            let whole = try folder.bytes("corpus/" + name)
            try FileSystem.live.removeFile(folder("corpus/" + name))
            #expect(throws: CorpusError.self, "\(name)") { try Corpus.open(folder("corpus")) }
            try write(whole, name)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func anyChangedByteIsAnErrorOrHarmless(_ seed: UInt64) throws {
        try importEvents(randomEvents(3, count: 20), folder)
        var random = TestRandom(seed)
        let name = try folder.names("corpus").randomElement(using: &random)!
        var bytes = try folder.bytes("corpus/" + name)
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        try write(bytes, name)
        // What opens can be read from end to end; a trap here would end the run.
        guard let corpus = try? Corpus.open(folder("corpus")) else { return }
        _ = corpus.readSessions
        for field in corpus.schema.fields { _ = (0..<corpus.eventCount).map { corpus.text(field.name, $0) } }
    }

    @Test func aPossibleChangeIsFoundByTheDigest() throws {
        try importEvents(randomEvents(3, count: 20), folder)
        var bytes = try folder.bytes("corpus/time_us.npy")
        bytes[130] ^= 1
        try write(bytes, "time_us.npy")
        let corpus = try Corpus.open(folder("corpus"))
        #expect(throws: CorpusError.self) { try corpus.verifyDigest() }
    }

    @Test func whatIsNoCorpusIsNamed() throws {
        #expect(throws: CorpusError.notACorpus(path: folder.path)) { try Corpus.open(folder.path) }
        let missing = #expect(throws: CorpusError.self) { try Corpus.open(folder("none")) }
        #expect(missing?.description.contains("check its spelling") == true)
        try importEvents([TestEvent(seconds: 1)], folder)
        let text = String(decoding: try folder.bytes("corpus/schema.json"), as: UTF8.self)
        try write(
            Array(text.split(separator: "\n").map { $0.contains("format_version") ? "\"format_version\": 9," : String($0) }.joined().utf8),
            "schema.json")
        let newer = #expect(throws: CorpusError.self) { try Corpus.open(folder("corpus")) }
        #expect(newer?.description.contains("newest known here is 1") == true)
    }

    @Test func differencesOfSchemasAreAllNamed() throws {
        try importEvents([TestEvent(seconds: 1)], folder)
        let schema = try Corpus.open(folder("corpus")).schema
        var other = schema
        #expect(schema.differences(from: other).isEmpty)
        other.fields[0] = EventSchema.Field(name: "title", kind: .text)
        other.fields[1] = EventSchema.Field(name: "amount", kind: .categorical)
        #expect(schema.differences(from: other).count == 3)
    }
}
