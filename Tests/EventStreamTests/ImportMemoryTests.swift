import DurableFiles
import EventStream
import Testing

/// Tables of distinct values that do not fit into the memory are put aside, and the corpus is the same.
@Suite struct ImportMemoryTests {
    enum Shape: CaseIterable {
        case sessionsByPause, nativeSessions, sessionsAlone, orderOnly, noTime, pseudonyms, changes
    }

    static func mapping(_ shape: Shape) -> ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .csv
        if shape != .sessionsAlone { mapping.visitor = "visitor" }
        if shape != .sessionsByPause && shape != .changes { mapping.session = "session" }
        if shape != .noTime && shape != .orderOnly { mapping.time = .init(column: "time", unit: .seconds) }
        if shape == .orderOnly { mapping.order = ["time"] }
        mapping.fields = [
            .init(name: "page", kind: .url), .init(name: "value", kind: .numeric), .init(name: "device", kind: .categorical),
        ]
        return mapping
    }

    /// Many values, some of which come back much later; visitors without a session id, empty fields and repeated rows among them.
    static func text(_ seed: UInt64, rows: Int) -> [UInt8] {
        var random = TestRandom(seed)
        var text = "visitor,session,time,page,value,device\n"
        for row in 0..<rows {
            let visitor = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<rows / 9, using: &random) : row / 9
            let session = Int.random(in: 0..<9, using: &random) == 0 ? "" : "s\(visitor / 2)-\(Int.random(in: 0..<3, using: &random))"
            let page = Int.random(in: 0..<2, using: &random) == 0 ? row : Int.random(in: 0..<rows, using: &random)
            let long = row % 501 == 0 ? String(repeating: "/long", count: 2000) : ""
            let line =
                "v\(visitor * 7919 % 1000)-\(visitor),\(session),\(1_700_000_000 + Int.random(in: 0..<9000, using: &random)),"
                + "\(row % 17 == 0 ? "" : "/p/\(page * 31 % 977)/\(page)\(long)"),\(row % 5).5,\(row % 3 == 0 ? "mobile" : "desktop")\n"
            text += line
            if row % 13 == 0 { text += line }
        }
        return Array(text.utf8)
    }

    @Test(arguments: Shape.allCases) func tablesPutAsideChangeNothing(shape: Shape) throws {
        let folder = try ImportFolder()
        try ImportBlocksTests.write(Self.text(11, rows: 6000), folder, "export.csv")
        func run(memory: Int, blockBytes: Int, threads: Int) throws -> ImportBlocksTests.Outcome {
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            return try ImportBlocksTests.run("export.csv", Self.mapping(shape), folder, limits, threads: threads) {
                $0.memoryLimit = memory
                if shape == .pseudonyms {
                    $0.pseudonymKey = Array("a key of this test".utf8)
                    $0.identifierFields = ["page"]
                }
                if shape == .changes { $0.sessions.splitOnChange = ["page"] }
            }
        }
        let expected = try run(memory: 1 << 28, blockBytes: 1 << 20, threads: 1)
        #expect(try Corpus.open(folder("corpus")).dictionary("page")?.count ?? 0 > 3000)
        // From a table for every block to two, with and without room for the numbers of the values.
        for (memory, blockBytes, threads) in [(1, 20_000, 2), (40_000, 4000, 3), (300_000, 4000, 1), (700_000, 30_000, 2)] {
            let found = try run(memory: memory, blockBytes: blockBytes, threads: threads)
            #expect(found == expected, "memory of \(memory) bytes, blocks of \(blockBytes)")
        }
    }

    @Test func itemSequencesPutAsideKeepTheirOrder() throws {
        let folder = try ImportFolder()
        var random = TestRandom(12)
        let lines = (0..<30_000).map { line in
            (0..<3).map { _ in "item-\(Int.random(in: 0..<line + 5, using: &random))" }.joined(separator: " ") + "\n"
        }
        try ImportBlocksTests.write(Array(lines.joined().utf8), folder, "export.txt")
        var mapping = ExportMapping()
        mapping.format = .items
        let expected = try ImportBlocksTests.run("export.txt", mapping, folder, ExportLimits(), threads: 1)
        let found = try ImportBlocksTests.run("export.txt", mapping, folder, ExportLimits(), threads: 2) { $0.memoryLimit = 1 }
        #expect(found == expected)
    }
}
