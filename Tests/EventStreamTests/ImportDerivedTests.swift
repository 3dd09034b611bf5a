import DurableFiles
import EventStream
import Testing

/// Derived fields through whole imports, and what a corpus says of them.
@Suite struct ImportDerivedTests {
    static func mapping(_ format: ExportMapping.Format) -> ExportMapping {
        let click = ExportMapping.Condition(column: "action", is: ["click", "look"])
        var mapping = ExportMapping()
        mapping.format = format
        mapping.visitor = "visitor"
        mapping.session = "session"
        mapping.order = ["step"]
        mapping.fields = ExportMapping.Listed.Give.allCases.map { give in
            .init(
                name: give.rawValue, column: "ref", kind: .numeric, when: give == .rank ? click : nil,
                listed: .init(in: "shown", values: give.needsValues ? "prices" : nil, give: give))
        }
        mapping.fields += [
            .init(name: "item", column: "ref", kind: .categorical, when: click),
            .init(name: "query", column: "ref", kind: .text, when: .init(column: "action", is: ["search"])),
            .init(name: "shown", kind: .text, separator: "|"),
        ]
        return mapping
    }

    /// Rows in all forms: lists that fit and do not, numbers that cannot be read, and rows that are refused.
    static func rows(_ seed: UInt64, _ format: ExportMapping.Format, count: Int) -> [UInt8] {
        var random = TestRandom(seed)
        var text = format == .csv ? "visitor,session,step,action,ref,shown,prices\n" : ""
        for row in 0..<count {
            let length = Int.random(in: 0...80, using: &random)
            let ids = (0..<length).map { _ in "t\(Int.random(in: 0..<90, using: &random))" }
            var prices = ids.map { _ in "\(Int.random(in: 0..<40, using: &random))" }
            if row % 7 == 0 { prices.append("1") }
            if row % 11 == 0, length > 0 { prices[0] = "free" }
            let ref = "t\(Int.random(in: 0..<90, using: &random))"
            let action = ["click", "look", "search", ""][Int.random(in: 0..<4, using: &random)]
            let step = row % 13 == 0 ? "no number" : "\(row)"
            let (visitor, session) = ("v\(row / 40 % 9)", "s\(row / 40)")
            if format == .csv {
                let quoted = row % 3 == 0 ? "\"\(ids.joined(separator: "|"))\"" : ids.joined(separator: "|")
                text += "\(visitor),\(session),\(step),\(action),\(ref),\(quoted),\(prices.joined(separator: "|"))\n"
            } else {
                func written(_ entries: [String], asText: Bool) -> String {
                    asText ? "\"\(entries.joined(separator: "|"))\"" : "[\(entries.map { "\"\($0)\"" }.joined(separator: ","))]"
                }
                let list = written(ids, asText: row % 2 == 0)
                let numbers = written(prices, asText: row % 5 == 0)
                text += "{\"visitor\":\"\(visitor)\",\"session\":\"\(session)\",\"step\":\"\(step)\",\"action\":\"\(action)\","
                text += "\"ref\":\"\(ref)\",\"shown\":\(list),\"prices\":\(numbers)}\n"
            }
        }
        return Array(text.utf8)
    }

    @Test("In blocks on several threads as from front to back", arguments: [ExportMapping.Format.csv, .jsonl])
    func blocks(format: ExportMapping.Format) throws {
        let folder = try ImportFolder()
        try ImportBlocksTests.write(Self.rows(3, format, count: 700), folder, "export")
        var mapping = Self.mapping(format)
        if format == .csv { (mapping.delimiter, mapping.quote, mapping.header) = (",", "\"", true) }
        let expected = try ImportBlocksTests.run("export", mapping, folder, ExportLimits(), threads: nil)
        #expect(expected.total == 54)
        let corpus = try Corpus.open(folder("corpus"))
        for field in mapping.fields where field.isNumeric {
            let numbers = try #require(corpus.numbers(field.name))
            let known = (0..<corpus.eventCount).count { !numbers[$0].isNaN }
            #expect(known > 50 && known < corpus.eventCount, "\(field.name): \(known)")
        }
        for (blockBytes, threads) in [(1 << 20, 2), (1, 3), (333, 4), (5000, 2)] {
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            let found = try ImportBlocksTests.run("export", mapping, folder, limits, threads: threads)
            #expect(found == expected, "blocks of \(blockBytes) bytes, \(threads) threads")
        }
    }

    @Test("A corpus keeps its mapping; without derived fields it is written as it was before there were any")
    func schemas() throws {
        let folder = try ImportFolder()
        try ImportBlocksTests.write(Self.rows(4, .csv, count: 30), folder, "export")
        _ = try ImportBlocksTests.run("export", Self.mapping(.csv), folder, ExportLimits(), threads: 1)
        let schema = try Corpus.open(folder("corpus")).schema
        #expect(schema.mapping.fields == Self.mapping(.csv).fields)
        #expect(schema.fields.map(\.kind) == [.numeric, .numeric, .numeric, .numeric, .numeric, .categorical, .text, .text])

        var plain = Self.mapping(.csv)
        plain.fields = [.init(name: "ref", kind: .categorical), .init(name: "shown", kind: .text, separator: "|")]
        _ = try ImportBlocksTests.run("export", plain, folder, ExportLimits(), threads: 1)
        let text = String(decoding: try folder.bytes("corpus/schema.json"), as: UTF8.self)
        #expect(text.contains("\"mapping\"") && !text.contains("\"when\"") && !text.contains("\"listed\""))
        #expect(try Corpus.open(folder("corpus")).schema.mapping.fields == plain.fields)
    }

    @Test(
        .enabled(if: ImportRealDataTests.has(ImportRealDataTests.trivago), "no \(ImportRealDataTests.trivago) under TESSERA_DATA"))
    func hotelsClicked() throws {
        let folder = try ImportFolder()
        let click = ExportMapping.Condition(column: "action_type", is: ["clickout item"])
        var mapping = ExportMapping()
        mapping.format = .csv
        mapping.visitor = "user_id"
        mapping.session = "session_id"
        mapping.time = .init(column: "timestamp", unit: .seconds)
        mapping.order = ["step"]
        mapping.fields = ExportMapping.Listed.Give.allCases.map { give in
            .init(
                name: give.rawValue, column: "reference", kind: .numeric, when: click,
                listed: .init(in: "impressions", values: give.needsValues ? "prices" : nil, give: give))
        }
        var rejects = RejectCollector()
        let source = try ExportReaders.open(ImportRealDataTests.root + "/" + ImportRealDataTests.trivago, mapping: mapping)
        let summary = try ExportImporter().run(sources: [source], to: folder("corpus"), rejects: &rejects)
        #expect([summary.counts.events, summary.counts.sessions, rejects.total] == [67_661, 5_037, 0])
        let corpus = try Corpus.open(folder("corpus"))
        func known(_ give: ExportMapping.Listed.Give) throws -> [Double] {
            let numbers = try #require(corpus.numbers(give.rawValue))
            return (0..<corpus.eventCount).map { numbers[$0] }.filter { !$0.isNaN }
        }
        // 8,954 click-outs, one of a hotel that was not listed; sums by a few lines of Python over the same file.
        let positions = try known(.position)
        #expect(positions.count == 8_953 && positions.count { $0 == 0 } == 2_767)
        #expect(try known(.length).reduce(0, +) == 206_283)
        #expect(try known(.value).count == 8_953)
        // Sums of nine thousand doubles in another order.
        #expect(abs(try known(.rank).reduce(0, +) - 3563.184945533359) < 1e-6)
        #expect(abs(try known(.ratio).reduce(0, +) - 9806.312188858094) < 1e-6)
    }
}
