import DurableFiles
import EventStream
import Foundation
import SequenceEmbedding
import SequenceKernel
import Testing

/// How a plan of facts is fitted, kept and refused.
@Suite struct FactPlanTests {
    @Test func isFittedOnTrainingSessionsOnly() throws {
        let training: [[String?]] = [["a", "b"], ["a"], ["b", "b"]]
        var settings = FactSettings()
        settings.minimumSessions = 1
        let alone = try FactPlan.fit(FactTests.table(.categorical, training), sessions: [0, 1, 2], settings)
        let beside = try FactPlan.fit(
            FactTests.table(.categorical, training + [["z", "z", "z", "z"], ["a", "z"]]), sessions: [0, 1, 2], settings)
        #expect(alone == beside && alone.count > 0)
        let all = try FactPlan.fit(FactTests.table(.categorical, training + [["z", "z", "z", "z"]]), sessions: [0, 1, 2, 3], settings)
        #expect(all != alone && all.fields[0].values == ["a", "b", "z"])
    }

    @Test func keepsValuesOfEnoughSessions() throws {
        let table = FactTests.table(.categorical, [["a", "b", "b", "b"], ["c", "a"], ["c", "a", "d"], ["d"]])
        func kept(_ minimum: Int, _ values: Int) throws -> [String] {
            var settings = FactSettings()
            (settings.minimumSessions, settings.values) = (minimum, values)
            return try FactPlan.fit(table, sessions: [0, 1, 2, 3], settings).fields[0].values
        }
        // Sessions and not events: b comes thrice, in one session.
        #expect(try kept(1, 10) == ["a", "c", "d", "b"])
        #expect(try kept(2, 10) == ["a", "c", "d"])
        #expect(try kept(1, 2) == ["a", "c"])
        #expect(try kept(4, 10) == [])
    }

    @Test func factsThatNeverVaryAreLeftOut() throws {
        let table = MemoryTable(
            fields: [TableField(name: "same", kind: .categorical), TableField(name: "number", kind: .numeric)],
            sessions: [1, 2, 3].map { count in
                (0..<count).map { _ in .init(strings: ["same": "x"], numbers: ["number": 0.1]) }
            })
        let facts = try FactReading(table)
        // How many events there are, and nothing of a number whose sums only rounding tells apart.
        #expect(facts.plan.names == ["events", "count of same = x"])
        #expect(try FactPlan.fit(table, sessions: [1]).count == 0)
        #expect(try FactPlan.fit(table, sessions: []).count == 0)
        #expect(try SessionFacts(table, FactPlan.fit(table, sessions: [])).table(sessions: [0, 1], pool: WorkerPool(threads: 1)) == [])
    }

    @Test func factsAreStandardised() throws {
        let table = Samples.table(sessions: 400, seed: 3)
        let facts = try FactReading(table, FactPlan.fit(table, sessions: Array(0..<400)))
        let column = facts.plan.names.firstIndex(of: "events")!
        let values = facts.rows.map { Double($0[column]) }
        let mean = values.reduce(0, +) / 400
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400
        // Singles of size 1, 400 of them.
        #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-5)
    }

    @Test func outcomesAreNeverRead() throws {
        let table = Samples.table(sessions: 50, seed: 8)
        let plan = try FactPlan.fit(table, sessions: Array(0..<50))
        #expect(!plan.fields.isEmpty && plan.fields.allSatisfy { $0.name != "later" })
        for change: (inout FactSettings) -> Void in [
            { $0.fields["later"] = .init(ignored: true) }, { $0.pairs = [.init(of: "later", by: "page")] },
            { $0.pairs = [.init(of: "page", by: "later")] }, { $0.pairs = [.init(of: "amount", by: "page")] },
            { $0.pairs = [.init(of: "page", by: "title")] }, { $0.fields["nowhere"] = .init(values: 3) },
        ] {
            var settings = FactSettings()
            change(&settings)
            let error = #expect(throws: ConfigurationError.self) { try FactPlan.fit(table, sessions: [0], settings) }
            #expect(error?.description.contains("facts.") == true && error?.description.contains("does not have") == true)
        }
    }

    @Test func settingsOutOfRange() {
        for (name, change): (String, (inout FactSettings) -> Void) in [
            ("facts.values", { $0.values = -1 }), ("facts.minimumSessions", { $0.minimumSessions = 0 }),
            ("facts.shortGapSeconds", { $0.shortGapSeconds = .nan }),
            ("facts.fields.f.values", { $0.fields["f"] = .init(values: 1 << 40) }),
            ("facts.pairs[0]", { $0.pairs = [.init(of: "f", by: "f")] }),
            ("facts.pairs[1]", { $0.pairs = [.init(of: "f", by: "g"), .init(of: "f", by: "g")] }),
        ] {
            var settings = FactSettings()
            change(&settings)
            let error = #expect(throws: ConfigurationError.self) { try settings.validate() }
            #expect(error?.description.contains(name) == true, "\(name): \(String(describing: error))")
        }
    }

    @Test func anyNumberOfThreadsGivesTheSameBytes() throws {
        let table = Samples.table(sessions: 1500, seed: 21)
        var settings = FactSettings()
        settings.values = 20
        settings.pairs = [.init(of: "address", by: "page")]
        let sessions = Array(0..<1200)
        let plan = try FactPlan.fit(table, sessions: sessions, settings)
        #expect(plan.fields.map(\.form) == [.few, .words, .many, .number])
        for threads in [2, 3, 5] {
            let pool = WorkerPool(threads: threads)
            #expect(try FactPlan.fit(table, sessions: sessions, settings, pool: pool) == plan)
        }
        let one = try FactReading(table, plan).rows
        #expect(try FactReading(table, plan, threads: 4).rows == one)
        let some = [7, 1400, 7, 0]
        let rows = try SessionFacts(table, plan).table(sessions: some, pool: WorkerPool(threads: 2))
        #expect(rows == some.flatMap { one[$0] })
    }

    @Test func settingsAreDecodedStrictly() throws {
        func decode(_ text: String) throws -> FactSettings { try JSONDecoder().decode(FactSettings.self, from: Data(text.utf8)) }
        let settings = try decode(
            #"{"values": 7, "fields": {"a": {"ignored": true}, "b": {"values": 9}}, "pairs": [{"of": "a", "by": "b"}]}"#)
        var wanted = FactSettings()
        wanted.values = 7
        wanted.fields = ["a": .init(ignored: true), "b": .init(values: 9)]
        wanted.pairs = [.init(of: "a", by: "b")]
        #expect(settings == wanted && settings.minimumSessions == 5)
        #expect(try JSONDecoder().decode(FactSettings.self, from: JSONEncoder().encode(wanted)) == wanted)
        for (key, text) in [
            ("valeus", #"{"valeus": 7}"#), ("width", #"{"fields": {"a": {"width": 1}}}"#), ("on", #"{"pairs": [{"of": "a", "on": "b"}]}"#),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try decode(text) }
            #expect(error?.description.contains("unknown key \(key)") == true, "\(String(describing: error))")
        }
    }

    /// A plan with every form, as a file's content.
    private static func plan() throws -> (FactPlan, [String: Any]) {
        let fields = Samples.fields + [TableField(name: "tags", kind: .text, separator: "|")]
        var random = RandomSource(4, 4)
        let sessions = (0..<80).map { _ in
            Samples.events(1 + random.below(9), &random).map { event in
                var event = event
                event.strings["tags"] = "t\(random.below(3))|t\(random.below(5))"
                return event
            }
        }
        var settings = FactSettings()
        settings.values = 20
        settings.pairs = [.init(of: "address", by: "page")]
        let plan = try FactPlan.fit(MemoryTable(fields: fields, sessions: sessions), sessions: Array(0..<80), settings)
        #expect(plan.fields.map(\.form) == [.few, .words, .many, .number, .list])
        return (plan, try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan)) as? [String: Any]))
    }

    private static func decode(_ object: Any) throws -> FactPlan {
        try JSONDecoder().decode(FactPlan.self, from: JSONSerialization.data(withJSONObject: object))
    }

    @Test func aPlanIsReadBackAsItWas() throws {
        let (plan, _) = try Self.plan()
        #expect(try JSONDecoder().decode(FactPlan.self, from: JSONEncoder().encode(plan)) == plan)
        #expect(Set(plan.names).count == plan.count)
        try plan.check()
    }

    @Test func plansThatDoNotHangTogetherAreRefused() throws {
        let (plan, object) = try Self.plan()
        func changed(_ list: String, _ index: Int, _ key: String, _ value: Any?) -> [String: Any] {
            var object = object
            var entries = object[list] as! [[String: Any]]
            entries[index][key] = value
            object[list] = entries
            return object
        }
        var twice = object
        twice["fields"] = (object["fields"] as! [Any]) + [(object["fields"] as! [Any])[0]]
        var fewer = object
        fewer["fields"] = Array((object["fields"] as! [Any]).dropLast())
        var doubled = object
        doubled["facts"] = [(object["facts"] as! [Any])[0], (object["facts"] as! [Any])[0]]
        var pairs = object
        pairs["pairs"] = [(object["pairs"] as! [Any])[0], (object["pairs"] as! [Any])[0]]
        var gap = object
        gap["shortGapSeconds"] = -1
        let values = plan.fields[0].values
        let faults: [(String, [String: Any])] = [
            ("column", changed("facts", 3, "column", 1_000_000)), ("column", changed("facts", 0, "column", -1)), ("column", doubled),
            ("scale", changed("facts", 2, "scale", 0)), ("scale", changed("facts", 2, "scale", -1.5)),
            ("scale", changed("facts", 2, "scale", Double.leastNonzeroMagnitude)), ("name", changed("facts", 2, "name", "secret")),
            ("stands twice", twice), ("column", fewer), ("stands twice", pairs), ("shortGap", gap),
            ("itself", changed("pairs", 0, "by", "address")), ("value stands twice", changed("fields", 0, "values", values + values)),
            ("separator", changed("fields", 0, "separator", "|")), ("separator", changed("fields", 4, "separator", nil)),
            ("separator", changed("fields", 4, "separator", "")), ("tertiles", changed("fields", 3, "tertiles", [1])),
            ("tertiles", changed("fields", 3, "tertiles", [2, 1])), ("tertiles", changed("fields", 0, "tertiles", [1, 2])),
            ("no values", changed("fields", 3, "values", ["1"])), ("name", changed("fields", 0, "values", Array(values.dropLast()))),
        ]
        for (index, (word, object)) in faults.enumerated() {
            let error = #expect(throws: FactPlanFault.self, "\(index): \(word)") { try Self.decode(object) }
            let text = error?.description ?? ""
            #expect(text.contains(word) && !text.contains("secret") && !text.contains("page0"), "\(index): \(word): \(text)")
        }
        var stray = object
        stray["extra"] = 1
        for object in [stray, changed("fields", 0, "extra", 1), changed("pairs", 0, "extra", 1), changed("facts", 0, "extra", 1)] {
            #expect(throws: ConfigurationError.self) { try Self.decode(object) }
        }
        #expect(throws: (any Error).self) { try Self.decode(changed("facts", 0, "mean", "NaN")) }
        #expect(throws: (any Error).self) { try Self.decode(changed("fields", 0, "form", "other")) }
    }

    @Test func tablesThatDoNotFitAreNamed() throws {
        let (plan, _) = try Self.plan()
        let fields = [
            TableField(name: "page", kind: .numeric), TableField(name: "title", kind: .text, separator: ","),
            TableField(name: "address", kind: .url), TableField(name: "tags", kind: .text),
        ]
        let table = MemoryTable(fields: fields, sessions: [[.init(strings: ["title": "secret customer"])]])
        let error = #expect(throws: EncodingMismatch.self) { try SessionFacts(table, plan) }
        let text = error?.description ?? ""
        for part in ["page is numeric", "title is text separated by ,", "amount is missing", "tags is text without", "no time"] {
            #expect(text.contains(part), "\(part): \(text)")
        }
        #expect(!text.contains("secret") && error?.differences.count == 5)
    }

    @Test func corporaAndMemoryAgree() throws {
        let folder = try TemporaryFolder()
        var random = RandomSource(11, 0)
        var text = "visitor,session,time,page,tags,title,amount\n"
        var sessions: [[MemoryTable.Event]] = []
        for session in 0..<60 {
            var time = 1_700_000_000 + session * 40_000
            sessions.append(
                (0..<1 + random.below(8)).map { _ in
                    time += 1 + random.below(30)
                    let page = "page\(random.below(9))"
                    let tags = "t\(random.below(3))|t\(random.below(5))"
                    let amount = random.below(3) == 0 ? nil : Double(random.below(100))
                    text += "v,s\(100 + session),\(time),\(page),\(tags),Title \(page),\(amount.map { "\($0)" } ?? "")\n"
                    return .init(
                        strings: ["page": page, "tags": tags, "title": "Title \(page)"], numbers: amount.map { ["amount": $0] } ?? [:],
                        timeMicroseconds: Int64(time) * 1_000_000)
                })
        }
        try AtomicFile.write(Array(text.utf8), to: folder.path + "/export.csv")
        var mapping = ExportMapping()
        (mapping.format, mapping.delimiter, mapping.header) = (.csv, ",", true)
        (mapping.visitor, mapping.session) = ("visitor", "session")
        mapping.time = .init(column: "time", unit: .seconds)
        mapping.fields = [
            .init(name: "page", kind: .categorical), .init(name: "tags", kind: .text), .init(name: "title", kind: .text),
            .init(name: "amount", kind: .numeric),
        ]
        mapping.fields[1].separator = "|"
        var rejects = RejectCollector()
        _ = try ExportImporter().run(
            sources: [try ExportReaders.open(folder.path + "/export.csv", mapping: mapping)], to: folder.path + "/corpus", rejects: &rejects
        )
        let corpus = CorpusTable(try Corpus.open(folder.path + "/corpus"))
        let memory = MemoryTable(fields: corpus.fields, sessions: sessions)
        var settings = FactSettings()
        settings.pairs = [.init(of: "title", by: "page")]
        let plan = try FactPlan.fit(memory, sessions: Array(0..<60), settings)
        #expect(corpus.sessionCount == 60 && plan.fields[1].form == .list && plan.count > 50)
        #expect(try FactPlan.fit(corpus, sessions: Array(0..<60), settings) == plan)
        #expect(try FactReading(corpus, plan).rows == FactReading(memory, plan).rows)
    }

    @Test func timePerSession() throws {
        var random = RandomSource(2, 0)
        let sessions = (0..<2000).map { _ in Samples.events(20, &random) }
        let table = MemoryTable(fields: Samples.fields, sessions: sessions)
        var settings = FactSettings()
        settings.fields["address"] = .init(values: 200)
        settings.pairs = [.init(of: "address", by: "page")]
        let facts = try SessionFacts(table, FactPlan.fit(table, sessions: Array(0..<2000), settings))
        let scratch = FactScratch()
        let row = UnsafeMutablePointer<Float>.allocate(capacity: facts.count)
        defer { row.deallocate() }
        let clock = ContinuousClock()
        let best = (0..<5).map { _ in clock.measure { for session in 0..<2000 { facts.fill(session: session, scratch, into: row) } } }
            .min()!
        print("session facts: \(facts.count) of 20 events in \(best / 2000)")
        #expect((0..<facts.count).allSatisfy { abs(row[$0]) <= FactPlan.limit })
    }
}
