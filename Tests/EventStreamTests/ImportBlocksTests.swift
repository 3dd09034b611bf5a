import DurableFiles
import EventStream
import Testing

/// A file shared among threads gives the corpus and the rejects that reading it from front to back gives.
@Suite struct ImportBlocksTests {
    struct Outcome: Equatable {
        var corpus: [String: [UInt8]]
        var rejects: [UInt8]
        var total: Int
    }

    static func mapping(_ format: ExportMapping.Format, time: Bool = true) -> ExportMapping {
        var mapping = ExportMapping()
        mapping.format = format
        mapping.visitor = "visitor"
        mapping.session = "session"
        if time { mapping.time = .init(column: "time", unit: .iso8601) }
        mapping.fields = [
            .init(name: "page", kind: .categorical), .init(name: "title", kind: .text), .init(name: "value", kind: .numeric),
        ]
        return mapping
    }

    static func run(
        _ file: String, _ mapping: ExportMapping, _ folder: ImportFolder, _ limits: ExportLimits, threads: Int?,
        _ change: (inout ImportSettings) -> Void = { _ in }
    ) throws -> Outcome {
        var settings = ImportSettings()
        settings.threads = threads ?? 1
        settings.readsInBlocks = threads != nil
        settings.replacesCorpus = true
        change(&settings)
        let rejectFile = try RejectFile(path: folder("rejects.csv"))
        var rejects = RejectCollector(sink: rejectFile)
        let reader = try ExportReaders.open(folder(file), mapping: mapping, limits: limits)
        _ = try ExportImporter(settings).run(sources: [reader], to: folder("corpus"), rejects: &rejects)
        try rejectFile.finish()
        return Outcome(corpus: try folder.corpusBytes("corpus"), rejects: try folder.bytes("rejects.csv"), total: rejects.total)
    }

    /// Rows of every kind: quotes around line ends, both line ends, characters of several bytes, broken rows, very long ones.
    static func delimited(
        _ seed: UInt64, rows: Int, isClosed: Bool, hasQuotes: Bool = true, isWellQuoted: Bool = false
    ) -> [UInt8] {
        var random = TestRandom(seed)
        var text = Array("visitor,session,time,page,title,value\n".utf8)
        for row in 0..<rows {
            let minute = row % 60 < 10 ? "0\(row % 60)" : "\(row % 60)"
            let hour = row / 60 % 24 < 10 ? "0\(row / 60 % 24)" : "\(row / 60 % 24)"
            var line = "v\(Int.random(in: 0..<9, using: &random)),s\(row / 40),2026-02-0\(1 + row / 1440)T\(hour):\(minute):00"
            line += Bool.random(using: &random) ? "Z,p\(Int.random(in: 0..<30, using: &random))," : ".250Z,,"
            let kind = Int.random(in: hasQuotes ? 0..<14 : 6..<14, using: &random)
            switch isWellQuoted && (1...3).contains(kind) ? 4 : kind {
            case 0: line += "\"one\ntwo, \"\"three\"\"\r\nfour\","
            case 1: line += "\"broken\"text,"
            case 2: line += "\"broken\nover lines\"text,"
            case 3: line += "in\"side,"
            case 4: line += "\"" + String(repeating: "lång \n", count: 60) + "\","
            case 5: line += "\"\r\n\r\r\n\","
            case 6: line += "größe €😀,"
            case 7: line += "too,many,"
            case 8: line += "x" + String(repeating: "y", count: 700) + ","
            default: line += "plain,"
            }
            text += Array((line + (row % 5 == 0 ? "1.5" : row % 7 == 0 ? "no number" : "")).utf8)
            if row % 31 == 0 { text += [0xFF] }
            if row % 37 == 0 { text += [0] }
            text += row % 3 == 0 ? [0x0D, 0x0A] : row % 11 == 0 ? [0x0D] : row % 13 == 0 ? [0x0A, 0x0A] : [0x0A]
        }
        if !isClosed { text += Array("v1,s1,2026-02-01T00:00:00Z,p,\"never closed,1\nv1,s1,2026-02-01T00:00:01Z,p,t,1\n".utf8) }
        return text
    }

    static func lines(_ seed: UInt64, rows: Int) -> [UInt8] {
        var random = TestRandom(seed)
        var text: [UInt8] = []
        for row in 0..<rows {
            let head = "{\"visitor\":\"v\(Int.random(in: 0..<9, using: &random))\",\"session\":\"s\(row / 40)\","
            let time = "\"time\":\"2026-02-01T00:\(10 + row % 50):00Z\","
            switch Int.random(in: 0..<9, using: &random) {
            case 0: text += Array((head + time + "\"page\":\"a\\nb €\",\"title\":\"\\u00e9\",\"value\":2}").utf8)
            case 1: text += Array((head + "\"title\":null,\"value\":0.5,\"page\":\"p\"," + time.dropLast() + "}").utf8)
            case 2: text += Array((head + time + "\"page\":\"first\",\"page\":\"second\"}").utf8)
            case 3: text += Array("{\"broken\":".utf8)
            case 4: text += Array("[1]".utf8)
            case 5: text += Array((head + time + "\"title\":\"" + String(repeating: "z", count: 900) + "\"}").utf8)
            case 6: break
            default: text += Array((head + time + "\"page\":{\"deep\":[1,2]},\"value\":1e3,\"other\":[{}]}").utf8)
            }
            text += row % 3 == 0 ? [0x0D, 0x0A] : [0x0A]
        }
        return text
    }

    static func write(_ bytes: [UInt8], _ folder: ImportFolder, _ name: String) throws {
        let writer = try FileWriter(creating: folder(name))
        try writer.write(bytes)
        try writer.finish(sync: false)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func delimitedTextIsReadTheSameInBlocks(seed: UInt64) throws {
        let folder = try ImportFolder()
        let bytes = Self.delimited(seed, rows: 500, isClosed: seed % 2 == 0, hasQuotes: seed != 4, isWellQuoted: seed > 4)
        try Self.write(bytes, folder, "export.csv")
        var mapping = Self.mapping(.csv)
        if seed == 3 { mapping.escape = "\\" }
        let expected = try Self.run("export.csv", mapping, folder, ExportLimits(), threads: nil)
        #expect(expected.total > 50)
        for (blockBytes, threads) in [(1 << 20, 1), (1, 3), (7, 2), (100, 4), (1000, 3), (10_000, 2)] {
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            let found = try Self.run("export.csv", mapping, folder, limits, threads: threads)
            #expect(found == expected, "blocks of \(blockBytes) bytes, \(threads) threads")
        }
    }

    @Test func linesOfJSONAreReadTheSameInBlocks() throws {
        let folder = try ImportFolder()
        try Self.write(Self.lines(5, rows: 600), folder, "export.jsonl")
        let expected = try Self.run("export.jsonl", Self.mapping(.jsonl), folder, ExportLimits(), threads: nil)
        #expect(expected.total > 50)
        for (blockBytes, threads) in [(1 << 20, 2), (1, 3), (333, 4), (5000, 2)] {
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            let found = try Self.run("export.jsonl", Self.mapping(.jsonl), folder, limits, threads: threads)
            #expect(found == expected, "blocks of \(blockBytes) bytes, \(threads) threads")
        }
    }

    @Test(arguments: ["gzip", "zstd"]) func compressedTextIsReadTheSameInBlocks(form: String) throws {
        let folder = try ImportFolder()
        // Several windows of the reader, and a last block that ends within one.
        let bytes = Self.delimited(9, rows: 12_000, isClosed: true)
        try Self.write(bytes, folder, "export")
        let expected = try Self.run("export", Self.mapping(.csv), folder, ExportLimits(), threads: nil)
        let pieces = stride(from: 0, to: bytes.count, by: 100_000).map { (Array(bytes[$0..<min(bytes.count, $0 + 100_000)]), false) }
        try FileSystem.live.removeFile(folder("export"))
        // Under the same name, which stands in the rejects.
        try Self.write(form == "gzip" ? gzipStored(bytes) : zstdFrame(pieces), folder, "export")
        for (blockBytes, threads) in [(1 << 20, 2), (5000, 3), (20_000, 1)] {
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            let found = try Self.run("export", Self.mapping(.csv), folder, limits, threads: threads)
            #expect(found == expected, "blocks of \(blockBytes) of \(bytes.count) bytes, \(threads) threads")
        }
    }

    @Test(arguments: [ExportMapping.Format.csv, .jsonl])
    func rowsOverTheLimitAreRefusedInTheSamePlace(format: ExportMapping.Format) throws {
        let folder = try ImportFolder()
        // Longer than the window a reader looks through, in the middle, so that it is skipped unread.
        let part = format == .csv ? Self.delimited(6, rows: 50, isClosed: true) : Self.lines(6, rows: 50)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20) + [0x0A]
        let quoted = Array("v1,s1,2026-02-01T00:00:00Z,p,\"".utf8) + [UInt8](repeating: 0x0A, count: 2 << 20)
        let rest = format == .csv ? Array(part.dropFirst(38)) : part
        try Self.write(part + long + rest + (format == .csv ? quoted + Array("\n".utf8) + rest : []), folder, "export")
        var limits = ExportLimits()
        limits.maximumRowBytes = 600
        let expected = try Self.run("export", Self.mapping(format), folder, limits, threads: nil)
        for (blockBytes, threads) in [(1 << 20, 2), (64, 3)] {
            limits.blockBytes = blockBytes
            let found = try Self.run("export", Self.mapping(format), folder, limits, threads: threads)
            #expect(found == expected, "blocks of \(blockBytes) bytes, \(threads) threads")
        }
    }

    /// Rows of two bytes in a file with another delimiter: more rejects in a block than are kept of it at once, with good rows between.
    @Test(arguments: [ExportMapping.Format.csv, .jsonl])
    func aBlockOfManyRejectsHandsThemOverInOrder(format: ExportMapping.Format) throws {
        let folder = try ImportFolder()
        let part = format == .csv ? Self.delimited(9, rows: 30, isClosed: true) : Self.lines(9, rows: 30)
        let bad = (0..<9000).flatMap { row in Array((row % 2 == 0 ? "x;\n" : "a,b\n").utf8) }
        // Said, not guessed: the guess is not what is tested, and takes long.
        var mapping = Self.mapping(format)
        if format == .csv { (mapping.delimiter, mapping.quote, mapping.header) = (",", "\"", true) }
        try Self.write(part + bad + (format == .csv ? Array(part.dropFirst(38)) : part) + bad, folder, "export")
        let expected = try Self.run("export", mapping, folder, ExportLimits(), threads: nil)
        #expect(expected.total > 15_000)
        for (blockBytes, threads) in [(1 << 20, 2), (30_000, 3), (20_000, 1)] {
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            let found = try Self.run("export", mapping, folder, limits, threads: threads)
            #expect(found == expected, "blocks of \(blockBytes) bytes, \(threads) threads")
        }
    }

    @Test func disorderKeysAndLittleMemoryChangeNothing() throws {
        let folder = try ImportFolder()
        let bytes = Self.delimited(7, rows: 900, isClosed: true)
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        let header = lines.removeFirst()
        lines.reverse()
        try Self.write(Array([header] + lines).joined(separator: [0x0A]).map { $0 }, folder, "export.csv")
        for hasTime in [true, false] {
            let mapping = Self.mapping(.csv, time: hasTime)
            func run(_ threads: Int?, _ blockBytes: Int, memory: Int) throws -> Outcome {
                var limits = ExportLimits()
                limits.blockBytes = blockBytes
                return try Self.run("export.csv", mapping, folder, limits, threads: threads) {
                    $0.memoryLimit = memory
                    $0.pseudonymKey = Array("a key of this test".utf8)
                    $0.identifierFields = ["page"]
                }
            }
            let expected = try run(nil, 1 << 20, memory: 1 << 28)
            #expect(try run(4, 500, memory: 1 << 28) == expected)
            #expect(try run(3, 200, memory: 1) == expected)
            #expect(try run(1, 4000, memory: 40_000) == expected)
        }
    }

    @Test func everyFaultOfASharedImportIsReportedAndLeavesNothing() throws {
        let folder = try ImportFolder()
        try Self.write(Self.delimited(8, rows: 12, isClosed: true), folder, "export.csv")
        var mapping = Self.mapping(.csv)
        (mapping.delimiter, mapping.quote, mapping.header) = (",", "\"", true)
        let sure = mapping
        func run(_ plan: FaultPlan) throws {
            var limits = ExportLimits()
            limits.blockBytes = 500
            var settings = ImportSettings()
            settings.threads = 3
            settings.memoryLimit = 1
            settings.fileSystem = .failing(plan)
            var rejects = RejectCollector()
            let reader = try ExportReaders.open(folder("export.csv"), mapping: sure, limits: limits)
            _ = try ExportImporter(settings).run(sources: [reader], to: folder("corpus"), rejects: &rejects)
        }
        try run(FaultPlan(failing: -1, code: 0))
        let whole = try folder.corpusBytes("corpus")
        try FileSystem.live.removeTree(folder("corpus"))
        var operation = 0
        while true {
            defer { operation += 1 }
            let plan = FaultPlan(failing: operation, code: 28, tearsWrites: true)
            // Removing what is left over may fail, too: then the corpus is whole.
            do {
                try run(plan)
                try FileSystem.live.removeTree(folder("corpus"))
                if plan.operationsSeen <= operation { break }
            } catch let error as ImportError {
                guard case .file = error else {
                    Issue.record("operation \(operation): \(error)")
                    continue
                }
                // An empty lock is swept by the next import; what fails once the corpus has its name leaves it whole.
                let left = try folder.names().filter { $0 != "export.csv" && $0 != ".corpus.lock" }
                if left == ["corpus"] {
                    #expect(try folder.corpusBytes("corpus") == whole, "operation \(operation)")
                } else {
                    #expect(left.isEmpty, "operation \(operation): \(left)")
                }
                for name in left { try FileSystem.live.removeTree(folder(name)) }
            }
        }
        #expect(operation > 50)
    }
}
