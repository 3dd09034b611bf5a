import Audit
import DecisionRecords
import DurableFiles
import EventStream
import Foundation
import Testing

/// What a decision was made of, as it is kept and read back.
@Suite struct DecisionRecordsTests {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "tessera-records-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true) }

    private func corpus(_ text: String, name: String = "c") throws -> Corpus {
        let file = scratch.appending(path: "\(name).csv")
        try Data(text.utf8).write(to: file)
        var mapping = ExportMapping()
        mapping.visitor = "u"
        mapping.customer = "login"
        mapping.session = "s"
        mapping.time = .init(column: "t", unit: .milliseconds)
        mapping.fields = [
            .init(name: "page", kind: .url), .init(name: "amount", kind: .numeric), .init(name: "bought", kind: .outcome),
        ]
        mapping.format = .csv
        mapping.delimiter = ","
        var rejects = RejectCollector()
        let place = scratch.appending(path: "\(name).corpus").path
        _ = try ExportImporter().run(sources: [try ExportReaders.open(file.path, mapping: mapping)], to: place, rejects: &rejects)
        #expect(rejects.total == 0)
        return try Corpus.open(place)
    }

    private static let rows = """
        u,s,t,page,amount,login,bought
        a,1,1000,/cards,0.1,c1,no
        a,1,2501,"/say ""hi""\\n",,,
        a,2,90001000,/größe,1e-7,,yes
        b,,5000,,123456789.125,,
        b,,3605000,/cards,-0,c2,no

        """

    @Test("A corpus made of records holds the same events, bit for bit, and says of what it is a part")
    func sessionsReadBack() throws {
        let corpus = try corpus(Self.rows)
        #expect(corpus.sessionCount == 4)
        for chosen in [[0, 1, 2, 3], [2], [3, 0]] {
            let records = try chosen.map { try SessionRecord(json: SessionRecord.json(of: $0, in: corpus)) }
            var schema = corpus.schema
            schema.part = EventSchema.Part(digest: corpus.digest, sessions: chosen)
            let place = scratch.appending(path: "part-\(chosen.count).corpus").path
            try SessionRecord.write(records, schema: schema, to: place)
            let part = try Corpus.open(place)
            try part.verifyDigest()
            #expect(part.schema.part?.sessions == chosen && part.sessionCount == chosen.count)
            for (number, session) in chosen.enumerated() {
                #expect(part.sessionKey(number) == corpus.sessionKey(session))
                #expect(part.visitorKey(part.visitor(ofSession: number)) == corpus.visitorKey(corpus.visitor(ofSession: session)))
                #expect(SessionRecord.json(of: number, in: part) == SessionRecord.json(of: session, in: corpus))
                for (here, there) in zip(part.events(ofSession: number), corpus.events(ofSession: session)) {
                    #expect(part.timesMicroseconds[here] == corpus.timesMicroseconds[there])
                    #expect(
                        part.gaps[here].bitPattern == corpus.gaps[there].bitPattern || part.gaps[here].isNaN && corpus.gaps[there].isNaN)
                    #expect(part.dwells[here] == corpus.dwells[there] || part.dwells[here].isNaN && corpus.dwells[there].isNaN)
                    #expect(part.hours[here] == corpus.hours[there] && part.weekdays[here] == corpus.weekdays[there])
                    let (own, other) = (try #require(part.numbers("amount"))[here], try #require(corpus.numbers("amount"))[there])
                    #expect(own.bitPattern == other.bitPattern || own.isNaN && other.isNaN)
                }
            }
        }
    }

    @Test(arguments: [
        "{}", "", "[1]",
        #"{"session":"s","visitor":"v","time_us":[1],"gap_s":[],"dwell_s":[1],"hour":[1],"weekday":[1],"texts":{},"numbers":{}}"#,
        #"{"session":"s","visitor":"v","time_us":[1],"gap_s":[1],"dwell_s":[1],"hour":[99],"weekday":[1],"texts":{},"numbers":{}}"#,
        #"{"session":"s","visitor":"v","time_us":[1],"gap_s":[1],"dwell_s":[1],"hour":[1],"weekday":[1],"texts":{"p":["a","b"]},"numbers":{}}"#,
        #"{"session":"s","visitor":"v","time_us":[],"gap_s":[],"dwell_s":[],"hour":[],"weekday":[],"texts":{},"numbers":{}}"#,
    ])
    func recordsThatFitNothingAreRefused(text: String) {
        #expect(throws: (any Error).self) { try SessionRecord(json: Array(text.utf8)) }
    }

    @Test func inputsReadBack() throws {
        let corpus = try corpus(Self.rows)
        let session = SessionRecord.json(of: 1, in: corpus)
        let bytes = DecisionInput.json(
            id: "a/\"1\"", corpusSessions: [1], wording: ["say hi", ""], files: [("--links", "x\n"), ("--customers", "id\n\"a,b\"\n")],
            sessions: [session])
        let input = try DecisionInput(json: bytes)
        #expect(input.id == "a/\"1\"" && input.corpusSessions == [1] && input.wording == ["say hi", ""])
        #expect(input.files == ["--links": "x\n", "--customers": "id\n\"a,b\"\n"])
        #expect(input.sessions == [try SessionRecord(json: session)])
        #expect(
            DecisionInput.json(id: "a", files: [("b", "1"), ("a", "2")]) == DecisionInput.json(id: "a", files: [("a", "2"), ("b", "1")]))
    }

    @Test("The id of a line goes, wherever it stands, and nothing that looks like it")
    func ids() {
        func parted(_ line: String) -> (String?, String) {
            let (id, rest) = DecisionOutput.parted(Array(line.utf8), member: "session")
            return (id, String(decoding: rest, as: UTF8.self))
        }
        #expect(parted(#"{"session":"v1/17","x":1}"#) == ("v1/17", #"{"session":null,"x":1}"#))
        #expect(parted(#"{"points":3,"session":"a\"b\\","z":"session"}"#) == ("a\"b\\", #"{"points":3,"session":null,"z":"session"}"#))
        #expect(parted(#"{"a":"\"session\":\"x\"","session":"y"}"#) == ("y", #"{"a":"\"session\":\"x\"","session":null}"#))
        // The line's own object, not one within, before it or behind it.
        #expect(parted(#"{"a":{"session":"x"},"session":"y"}"#) == ("y", #"{"a":{"session":"x"},"session":null}"#))
        #expect(
            parted(#"{"a":[{"b":"}"},["]"]],"session":"y","c":{"session":"x"}}"#) == (
                "y", #"{"a":[{"b":"}"},["]"]],"session":null,"c":{"session":"x"}}"#
            ))
        #expect(
            parted(#"{"a":"session","b":["session","x"],"session":"y"}"#) == ("y", #"{"a":"session","b":["session","x"],"session":null}"#))
        // As other programs write it, every other byte as it was.
        #expect(parted("\t{ \"x\" : 1.50 ,\r \"session\"\t: \"y\" } \n") == ("y", "\t{ \"x\" : 1.50 ,\r \"session\"\t: null } \n"))
        #expect(parted(#"{"x":true,"s\u0065ssion":"\u00e9\/\ud83d\ude00"}"#) == ("é/😀", #"{"x":true,"s\u0065ssion":null}"#))
        // A number's digits are the id.
        #expect(parted(#"{"session":7,"x":7}"#) == ("7", #"{"session":null,"x":7}"#))
        #expect(parted(#"{"session": -1.50E+3}"#) == ("-1.50E+3", #"{"session": null}"#))
        #expect(parted(#"{"session":""}"#) == ("", #"{"session":null}"#))
        for line in [
            #"{"other":"x"}"#, #"{"session":"never ends"#, #"{"session":"never ends\"#, "", "{", "{}", "[]", #"["session","x"]"#,
            #""session""#,
            #"{"session":null}"#, #"{"session":true}"#, #"{"session":{"session":"x"}}"#, #"{"session":["x"]}"#, #"{"a":{"session":"x"}}"#,
            #"{"session"}"#, #"{"session":}"#, #"{"sessions":"x"}"#, #"{"Session":"x"}"#, #"{"a":["#, #"{"session":1.}"#, #"{"session":-}"#,
        ] {
            #expect(parted(line) == (nil, line))
        }
    }

    @Test func members() {
        func value(_ line: String) -> DecisionOutput.Value { DecisionOutput.value(of: "a", in: Array(line.utf8)) }
        #expect(value(#"{"b":{"a":1},"a":"x\n"}"#) == .text("x\n") && value(#"{"a" : 12.0}"#) == .number("12.0"))
        #expect(value(#"{"a":true}"#) == .word("true") && value(#"{"a":null}"#) == .word("null"))
        #expect(value(#"{"a":{}}"#) == .other && value(#"{"a":["x"]}"#) == .other && value(#"{"a":1.2.3}"#) == .other)
        #expect(value("{}") == .missing && value(#"{"b":"a"}"#) == .missing && value("") == .missing)
        #expect(value(#"{"a":1,"a":1}"#) == .repeated && value(#"{"a":1,"b":2,"\u0061":1}"#) == .repeated)

        func holds(_ text: String, _ line: String) -> Bool { DecisionOutput.holds(text, in: Array(line.utf8)) }
        #expect(holds("x", #"{"a":[{"b":"x"}]}"#) && holds("x", #"{"a":{"x":1}}"#) && holds("x", #"{"a":"\u0078"}"#))
        #expect(holds("a\"b", #"{"a":"a\"b"}"#) && holds("é", #"["\u00e9"]"#) && holds("é", #"["é"]"#))
        #expect(!holds("x", #"{"a":"xy","b":"yx","c":"\"x\""}"#) && !holds("12", #"{"a":12}"#) && !holds("x", #"{"a":"x"#))
    }

    @Test("What is recorded: a run, its decisions without ids, sealed inputs, an end")
    func recording() throws {
        let place = scratch.appending(path: "l.ledger").path
        let ledger = try Ledger(at: place, .create)
        let master = try VaultKey(secret: Array(repeating: 7, count: 32))
        let vault = try SubjectVault(besides: place, .create, master: master)
        let run = DecisionRun(
            command: "label", arguments: ["--all"], models: [.init(option: "--model", path: "m", id: "ab12")], idMember: "session",
            software: "tessera 9")
        let recorder = try DecisionRecorder(
            ledger, vault: vault, run, model: "ab12", taxonomy: "cd", .init(purpose: "marketing", actor: "night job", software: "tessera 9")
        )
        let decisions = (0..<2500).map { number in
            DecisionRecorder.Decision(
                id: "s\(number)", subject: .identifier("v\(number % 40)"), input: DecisionInput.json(id: "s\(number)"),
                output: Array("{\"session\":\"s\(number)\",\"p\":\(number)}\n".utf8))
        }
        #expect(recorder.record(decisions))
        try recorder.finish()
        #expect(recorder.count == 2500)
        let entries = try ledger.entries()
        #expect(entries.count == 2502)
        #expect(DecisionRun(json: entries[0].output) == run)
        let decision = entries[1234]
        #expect(decision.kind == .decision && decision.purpose == "marketing" && decision.actor == "night job")
        #expect(String(decoding: decision.output, as: UTF8.self) == "{\"session\":null,\"p\":1233}\n")
        #expect(String(decoding: decision.evidence, as: UTF8.self) == "{\"run\":1}")
        #expect(decision.model == [0xab, 0x12] && decision.taxonomy == [0xcd])
        #expect(decision.subject == LedgerSubjects(ledger).digest(of: .identifier("v33")))
        #expect(try DecisionInput(json: vault.open(decision).input).id == "s1233")
        #expect(String(decoding: entries[2501].output, as: UTF8.self) == "{\"run_finished\":{\"decisions\":2500}}")
        #expect(LedgerSubjects(ledger).digest(of: .nobody).isEmpty)
        #expect(LedgerSubjects(try Ledger(at: place + "2", .create)).digest(of: .identifier("v33")) != decision.subject)
        // With the key of an import somebody is known here as in its corpora.
        let key = Array("a key of sixteen bytes or more".utf8)
        let digits = SubjectPseudonym(key: key).pseudonym(of: "v33")
        #expect(LedgerSubjects(ledger, key: key).digest(of: .identifier("v33")) == LedgerSubjects(ledger).digest(of: .pseudonym(digits)))
        #expect(LedgerSubjects(ledger).digest(of: .pseudonym(digits)).count == 16)
    }

    @Test("A digest tells nobody without the subject's key what the input was, and goes with it")
    func digestsAlone() throws {
        let place = scratch.appending(path: "d.ledger").path
        let ledger = try Ledger(at: place, .create)
        let vault = try SubjectVault(besides: place, .create, master: try VaultKey(secret: Array(repeating: 7, count: 32)))
        let run = DecisionRun(command: "label", arguments: [], models: [], idMember: "session", software: "tessera 9")
        var settings = DecisionRecorder.Settings(purpose: "marketing", actor: "night job", software: "tessera 9")
        settings.keepsInputs = false
        func record(_ input: [UInt8], _ vault: SubjectVault?) throws -> LedgerEntry {
            let recorder = try DecisionRecorder(ledger, vault: vault, run, model: "ab12", taxonomy: nil, settings)
            var decision = DecisionRecorder.Decision(
                id: "s", subject: .identifier("v"), input: input, output: Array("{\"session\":\"s\"}\n".utf8))
            decision.consent = .withdrawn
            #expect(recorder.record([decision]))
            return try ledger.entry(at: try ledger.count())
        }
        let input = Array("an input".utf8)
        let entry = try record(input, vault)
        #expect(entry.consent == .withdrawn && entry.inputDigest.count == 32)
        #expect(entry.inputDigest != OpenedInput(salt: [], input: input).digest)
        #expect(try vault.isInput(input, of: entry) && !vault.isInput(input + [0], of: entry))
        do throws(LedgerError) {
            _ = try vault.open(entry)
            Issue.record("there is nothing to open")
        } catch { #expect(error.kind == .notStored) }
        #expect(try SubjectAccount(of: entry.subject, in: ledger, vault: vault).items.first?.inputState == .notKept)
        // Without a vault nothing is said of the input, and so without an input.
        for other in [try record(input, nil), try record([], vault)] { #expect(other.inputDigest.isEmpty && other.sealedInput == nil) }
        _ = try vault.erase(entry.subject, in: ledger, purpose: "p", actor: "a", software: "s")
        do throws(LedgerError) {
            _ = try vault.isInput(input, of: entry)
            Issue.record("the key is destroyed")
        } catch { #expect(error.kind == .erased) }
    }
}
