import EventStream
import Foundation
import Testing

/// What a mapping says beyond one column a field: alternatives, keys of several columns, rows left out, repetitions by key.
@Suite struct ImportSelectionTests {
    let folder: ImportFolder
    let scratch = ScratchDirectory()

    init() throws { folder = try ImportFolder() }

    func run(
        _ name: String, _ text: String, _ mapping: ExportMapping, _ change: (inout ImportSettings) -> Void = { _ in }
    ) throws -> (Corpus, ImportSummary, RejectCollector) {
        var settings = ImportSettings()
        settings.replacesCorpus = true
        change(&settings)
        var rejects = RejectCollector()
        let source = try ExportReaders.open(scratch.file(name, text), mapping: mapping)
        let summary = try ExportImporter(settings).run(sources: [source], to: folder("corpus"), rejects: &rejects)
        return (try Corpus.open(folder("corpus")), summary, rejects)
    }

    @Test("Of several columns the first with a value counts, in delimited text too, where some may be absent")
    func alternatives() throws {
        let mapping = plainMapping { mapping in
            mapping.format = .csv
            mapping.delimiter = ","
            mapping.visitor = ["u", "device", "not there"]
            mapping.timeAlternatives = [.init(column: "ms", unit: .milliseconds)]
            mapping.fields = [.init(name: "p", columns: ["p", "q"], kind: .categorical)]
            mapping.missing = ["", "-"]
        }
        let rows = try readAll(scratch.file("a.csv", "u,device,t,ms,p,q\na,b,1,,x,y\n-,b,,2500,-,y\n,,3,,x,y\na,b,,,x,y\n"), mapping)
        #expect(rows.visitors == ["a", "b"] && rows.times == [1_000_000, 2_500_000] && rows.fields == [["x", "y"]])
        #expect(rows.reasons == [.missingIdentity, .missingTime])
        #expect(rows.rejects.first.map(\.column) == [1, 3])
        var absent = mapping
        absent.visitor = ["nowhere", "neither"]
        #expect(throws: ExportError.self) { try readAll(scratch.file("b.csv", "u,t,ms,p,q\na,1,,x,y\n"), absent) }
    }

    @Test("Rows are left out by what a column holds or does not, and counted")
    func skipping() throws {
        let mapping = plainMapping { mapping in
            mapping.format = .csv
            mapping.delimiter = ","
            mapping.skip = [.init("excluded", "x", not: ["0"]), .init("internal", "who", is: ["bot", ""])]
        }
        let text = "u,t,p,x,who\na,1,k,0,me\na,2,k,1,me\na,3,k,,me\na,4,k,0,bot\na,5,k,0,\n,6,k,2,me\n,7,k,0,me\n"
        for inBlocks in [true, false] {
            let (corpus, summary, rejects) = try run("s.csv", text, mapping) { $0.readsInBlocks = inBlocks }
            #expect(summary.counts.skipped == ["excluded": 3, "internal": 2], "in blocks: \(inBlocks)")
            #expect(corpus.schema.counts.skipped == summary.counts.skipped)
            #expect(corpus.eventCount == 1 && rejects.total == 1)
        }
    }

    @Test("Rows with the key of an earlier row are dropped wherever they stand, at any memory and number of threads")
    func repetitions() throws {
        var text = "u,t,p,id\n"
        var expected = 0
        var seen = Set<Int>()
        var random = TestRandom(5)
        for index in 0..<5_000 {
            let id = Int.random(in: 0..<3_000, using: &random)
            let isNamed = index % 10 != 0
            if !isNamed || seen.insert(id).inserted { expected += 1 }
            text += "v\(id % 7),\(index),k\(index),\(isNamed ? "m\(id)" : "")\n"
        }
        let mapping = plainMapping { mapping in
            mapping.format = .csv
            mapping.delimiter = ","
            mapping.duplicates = ["id"]
        }
        var digests = Set<String>()
        for (memory, threads, inBlocks) in [(192 << 20, 2, true), (1, 2, true), (1 << 16, 1, true), (192 << 20, 1, false)] {
            let (corpus, summary, _) = try run("d.csv", text, mapping) {
                ($0.memoryLimit, $0.threads, $0.readsInBlocks) = (memory, threads, inBlocks)
            }
            #expect(corpus.eventCount == expected && summary.counts.duplicates == 5_000 - expected, "memory \(memory)")
            digests.insert(summary.digest)
        }
        #expect(digests.count == 1)
        let (kept, _, _) = try run("d.csv", text, mapping) { $0.dropsDuplicates = false }
        #expect(kept.eventCount == 5_000)
    }

    @Test("A key of several parts is unambiguous, and a row that lacks a part has none")
    func composedSessions() throws {
        let mapping = plainMapping { mapping in
            mapping.format = .csv
            mapping.delimiter = ","
            mapping.session = SessionKey([.init("u"), .init("s", none: ["-1"], between: ["s", "$"])])
        }
        let text = "u,t,p,s\na/b,1,k,1\na,2,k,b/1\na,3,k,s77$x\na,4,k,-1\na,5,k,\na,6,k,s$x\n"
        let (corpus, summary, _) = try run("k.csv", text, mapping)
        #expect(corpus.readSessions.map(\.key) == ["a/b%2F1", "a/77", "a/s$x", "a%2Fb/1"])
        #expect(summary.counts.withoutSession == 2)
    }
    typealias SessionKey = ExportMapping.SessionKey

    @Test func aMappingIsWrittenBackAsItWasRead() throws {
        let mapping = plainMapping { mapping in
            mapping.format = .jsonl
            mapping.rows = "list"
            mapping.visitor = ["u", "list.v"]
            mapping.customer = ["c", "d"]
            mapping.session = SessionKey([.init(["u", "v"]), .init("s", none: ["-1"], between: ["s", "$"])])
            mapping.timeAlternatives = [.init(column: "ms", unit: .milliseconds)]
            mapping.order = ["n"]
            mapping.orderOptional = true
            mapping.skip = [.init("a", "x", is: ["1"]), .init("b", ["x", "y"], not: ["0", ""])]
            mapping.duplicates = ["id", ["a", "b"]]
            mapping.fields.insert(.init(name: "q", columns: ["q", "r"], kind: .text), at: 0)
        }
        try mapping.validate()
        let back = try JSONDecoder().decode(ExportMapping.self, from: JSONEncoder().encode(mapping))
        #expect(back == mapping)
        for key in ["s", SessionKey([.init(["s", "t"])]), SessionKey([.init("s", none: ["-1"])])] as [SessionKey] {
            var single = mapping
            single.session = key
            #expect(try JSONDecoder().decode(ExportMapping.self, from: JSONEncoder().encode(single)) == single)
        }
        for vendor in VendorFormat.allCases {
            try vendor.mapping.validate()
            #expect(try JSONDecoder().decode(ExportMapping.self, from: JSONEncoder().encode(vendor.mapping)) == vendor.mapping)
        }
    }

    @Test func contradictionsAreNamed() {
        func fault(_ change: (inout ExportMapping) -> Void) -> String? {
            do throws(ExportError) {
                try plainMapping(change).validate()
                return nil
            } catch { return error.place }
        }
        #expect(fault { $0.visitor = [] } == "mapping, `visitor`")
        #expect(fault { $0.visitor = ["a", "a"] } == "mapping, `visitor`")
        #expect(fault { $0.session = [] } == "mapping, `session`")
        #expect(fault { $0.session = SessionKey([.init("s", between: ["s"])]) } == "mapping, `session`")
        #expect(fault { $0.orderOptional = true } == "mapping, `order_optional`")
        #expect(fault { $0.rows = "events" } == "mapping, `rows`")
        #expect(fault { $0.skip = [.init("", "x", is: ["1"])] } == "mapping, `skip`")
        #expect(fault { $0.skip = [.init("bots", "x", is: [])] } == "mapping, `skip: bots`")
        #expect(fault { $0.duplicates = [[]] } == "mapping, `duplicates`")
    }

    @Test("An explanation shows examples, but never of identifiers")
    func explanation() throws {
        let file = scratch.file("e.csv", "u,t,p,email,s\nanna,1,home,a@b,7\nbert,2,home,c@d,8\ncara,3,,e@f,\n")
        let mapping = plainMapping { mapping in
            mapping.format = .csv
            mapping.delimiter = ","
            mapping.session = "s"
            mapping.fields.append(.init(name: "email", kind: .categorical))
        }
        let explanation = try ExportReaders.explain(ExportInput(path: file), mapping: mapping)
        #expect(explanation.rows == 3 && explanation.unread.isEmpty)
        #expect(explanation.parts.map(\.name) == ["visitor", "session", "time (s)", "p (categorical)", "email (categorical)"])
        #expect(explanation.parts.map(\.examples) == [[], [], ["1", "2", "3"], ["home"], []])
        #expect(explanation.parts[3].filled == 2.0 / 3.0)
        #expect(!"\(explanation)".contains("anna") && !"\(explanation)".contains("a@b"))
        let told = scratch.file("told.csv", "u,t,p\nanna,1,/start?mail=anna.b%40host.example\nbert,2,call +44 20 7946 0958\ncara,3,/home\n")
        let plain = plainMapping { ($0.format, $0.delimiter) = (.csv, ",") }
        #expect(try ExportReaders.explain(ExportInput(path: told), mapping: plain).parts[2].examples == ["/home"])
        let hidden = try ExportReaders.explain(ExportInput(path: told), mapping: plain, identifiers: ["p"])
        #expect(hidden.parts[2].isHidden && hidden.parts[2].examples.isEmpty)
    }
}
