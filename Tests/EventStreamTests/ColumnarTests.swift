import ArrowExchange
import EventStream
import Glibc
import Testing

/// Parquet files as exports. They are written by the plugin itself; where it is not installed that is said, and nothing is tested.
@Suite struct ColumnarTests {
    let scratch = ScratchDirectory()

    private func plugin() throws -> ArrowPlugin? {
        do throws(ArrowError) { return try ArrowPlugin() } catch {
            guard case .missingPlugin = error else { throw error }
            print("skipped: the Arrow plugin is not installed (tools/install-arrow)")
            return nil
        }
    }

    private func file(_ plugin: ArrowPlugin, _ name: String, _ fields: [ArrowField], _ batches: [[ArrowValues]]) throws -> String {
        let path = scratch.keep(name)
        var left = batches[...]
        try plugin.writeParquet(to: path, fields: fields) { () throws(ArrowError) in left.popFirst() }
        return path
    }

    private let word = ArrowField("p", .utf8, isNullable: true)

    @Test func aFlatFileIsGuessed() throws {
        guard let plugin = try plugin() else { return }
        let fields = [
            ArrowField("visitor_id", .utf8), ArrowField("timestamp", .timestamp(.microseconds, zone: "UTC")),
            ArrowField("page", .utf8, isNullable: true, dictionaryIndex: .integer(bytes: 4, signed: true)),
            ArrowField("price", .float(bytes: 8), isNullable: true),
        ]
        let batch: [ArrowValues] = [
            .utf8(["v", "w", "v"]), .timestamps([1_795_253_400_000_001, 1_795_253_401_000_000, 0]),
            .dictionary([1, nil, 0], words: ["home", "cards"]), .float64([0.5, nil, 12]),
        ]
        let path = try file(plugin, "flat.parquet", fields, [batch, batch.map { $0.slice(1..<3) }])
        let guess = try ExportReaders.guess(ExportInput(path: path))
        #expect(guess.mapping.format == .parquet && guess.mapping.visitor == "visitor_id")
        #expect(guess.mapping.time == .init(column: "timestamp", unit: .iso8601))
        #expect(guess.mapping.fields.map(\.name) == ["page", "price"] && guess.mapping.fields[1].kind == .numeric)
        let rows = try readAll(path, guess.mapping)
        #expect(rows.visitors == ["v", "w", "v", "w", "v"] && rows.rejects.total == 0)
        #expect(rows.times == [1_795_253_400_000_001, 1_795_253_401_000_000, 0, 1_795_253_401_000_000, 0])
        #expect(rows.fields[0] == ["cards", nil, "home", nil, "home"])
        #expect(rows.numbers[1].map(\.bitPattern) == [0.5, .nan, 12, .nan, 12].map(\.bitPattern))
    }

    @Test func parametersByKeyAndPath() throws {
        guard let plugin = try plugin() else { return }
        let value = ArrowField(
            "value", .structure,
            children: [
                ArrowField("string_value", .utf8, isNullable: true),
                ArrowField("int_value", .integer(bytes: 8, signed: true), isNullable: true),
            ])
        let entry = ArrowField("element", .structure, children: [ArrowField("key", .utf8), value])
        let fields = [
            ArrowField("user_pseudo_id", .utf8, isNullable: true), ArrowField("event_timestamp", .integer(bytes: 8, signed: true)),
            ArrowField("device", .structure, children: [ArrowField("category", .utf8), ArrowField("unused", .utf8)]),
            ArrowField("event_params", .list, children: [entry]),
        ]
        let parameters = ArrowValues.list(
            [0, 2, 2, 4],
            of: .structure(
                [
                    .utf8(["page_location", "session_engaged", "session_engaged", "page_location"]),
                    .structure([.utf8(["/a", nil, "1", "/c"]), .int64([nil, 1, nil, nil])], count: 4),
                ], count: 4))
        let path = try file(
            plugin, "ga4.parquet", fields,
            [
                [
                    .utf8(["u", "u", nil]), .int64([1_795_253_400_000_000, 1_795_253_400_000_001, 1_795_253_400_000_002]),
                    .structure([.utf8(["mobile", "desktop", "tablet"]), .utf8(["x", "x", "x"])], count: 3), parameters,
                ]
            ])
        var mapping = ExportMapping()
        mapping.visitor = "user_pseudo_id"
        mapping.time = .init(column: "event_timestamp", unit: .microseconds)
        mapping.fields = [
            .init(name: "page", column: "event_params[page_location]", kind: .url),
            .init(name: "engaged", column: "event_params[session_engaged]", kind: .categorical),
            .init(name: "device", column: "device.category", kind: .categorical),
            .init(name: "first", column: "event_params.0.key", kind: .categorical),
            .init(name: "nobody", column: "event_params[absent]", kind: .text),
        ]
        let rows = try readAll(path, mapping)
        #expect(rows.fields[0] == ["/a", nil] && rows.fields[1] == ["1", nil], "an int in one row, a string in the next")
        #expect(rows.fields[2] == ["mobile", "desktop"] && rows.fields[3] == ["page_location", nil] && rows.fields[4] == [nil, nil])
        #expect(rows.reasons == [.missingIdentity] && rows.rejects.first[0].line == 3)
        // What a vendor's mapping of JSON Lines names, a Parquet file of the vendor may lack.
        mapping.fields.append(.init(name: "more", column: "privacy_info.ads_storage", kind: .categorical))
        #expect(throws: ExportError.self) { try readAll(path, mapping) }
        mapping.format = .jsonl
        #expect(try readAll(path, mapping).fields[5] == [nil, nil])
    }

    @Test func timesFollowTheMappingsUnit() throws {
        guard let plugin = try plugin() else { return }
        for (type, unit, zone) in [
            (ArrowType.timestamp(.milliseconds, zone: "UTC"), ExportMapping.Time.Unit.milliseconds, nil),
            (.timestamp(.milliseconds, zone: ""), .seconds, nil), (.timestamp(.milliseconds, zone: ""), .iso8601, "UTC"),
            (.integer(bytes: 8, signed: true), .milliseconds, nil),
        ] as [(ArrowType, ExportMapping.Time.Unit, String?)] {
            let path = try file(
                plugin, "times.parquet", [ArrowField("u", .utf8), ArrowField("t", type), word],
                [[.utf8(["v"]), .fixed(type, ArrowBuffer([Int64(1_795_253_400_250)]), count: 1), .utf8(["x"])]])
            let rows = try readAll(path, plainMapping { $0.time = .init(column: "t", unit: unit, zone: zone) })
            #expect(rows.times == [1_795_253_400_250_000], "\(type.format) as \(unit)")
            unlink(path)
        }
        let local = try file(
            plugin, "local.parquet", [ArrowField("visitor_id", .utf8), ArrowField("timestamp", .timestamp(.seconds, zone: ""))],
            [[.utf8(["v"]), .fixed(.timestamp(.seconds, zone: ""), ArrowBuffer([Int64(1_795_253_400)]), count: 1)]])
        do throws(ExportError) {
            _ = try ExportReaders.guess(ExportInput(path: local))
            Issue.record("a time without a zone was guessed")
        } catch { #expect(error.kind == .ambiguous && error.remedy.contains("zone")) }
    }

    @Test func badRowsAndBadFiles() throws {
        guard let plugin = try plugin() else { return }
        let fields = [ArrowField("u", .utf8), ArrowField("t", .integer(bytes: 8, signed: true)), word]
        let path = try file(plugin, "good.parquet", fields, [[.utf8(["v", "w"]), .int64([1, -5]), .utf8(["a", "b"])]])
        #expect(try readAll(path, plainMapping()).reasons == [.timeOutOfRange])
        let file = try #require(fopen(path, "rb"))
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        fclose(file)
        func failure(_ bytes: [UInt8]) -> ExportError? {
            do throws(ExportError) {
                _ = try readAll(scratch.file("bad.parquet", bytes), plainMapping())
                return nil
            } catch { return error }
        }
        #expect(failure(bytes) == nil)
        #expect(failure(bytes.dropLast(9))?.kind == .badData, "a truncated file is told from a whole one")
        for place in stride(from: 4, to: bytes.count, by: 7) {
            var spoilt = bytes
            spoilt[place] ^= 0x55
            _ = failure(spoilt)  // any answer but a crash
        }
        do throws(ExportError) {
            _ = try readAll(path, plainMapping { $0.format = .csv })
            Issue.record("Parquet was read as CSV")
        } catch { #expect(error.kind == .badMapping) }
        do throws(ExportError) {
            _ = try readAll(scratch.file("text.parquet", "u,t,p\nv,1,x\n"), plainMapping { $0.format = .parquet })
            Issue.record("CSV was read as Parquet")
        } catch { #expect(error.kind == .badMapping) }
    }

    /// Rows of every kind in several batches: read by one thread from front to back and by several in blocks.
    @Test func blocksGiveTheSameCorpusAndRejects() throws {
        guard let plugin = try plugin() else { return }
        let folder = try ImportFolder()
        let time = ArrowType.timestamp(.milliseconds, zone: "UTC")
        let fields = [
            ArrowField("visitor", .utf8, isNullable: true), ArrowField("time", time, isNullable: true),
            ArrowField("place", .structure, isNullable: true, children: [ArrowField("page", .utf8, isNullable: true)]),
            ArrowField("old_page", .utf8, isNullable: true), ArrowField("value", .float(bytes: 8), isNullable: true),
            ArrowField("words", .list, children: [ArrowField("element", .utf8, isNullable: true)]),
        ]
        var random = TestRandom(4)
        var batches: [[ArrowValues]] = []
        for batch in 0..<5 {
            let count = 400 + 50 * batch
            func some(_ values: [String?]) -> [String?] { (0..<count).map { _ in values.randomElement(using: &random)! } }
            let stamps = (0..<count).map { row -> Int64 in
                let stamp = 1_795_253_400_000 + 60_000 * Int64(row)
                return row % 41 == 7 ? -stamp : stamp
            }
            let numbers = (0..<count).map { row -> Double? in row % 9 == 0 ? nil : Double(row) / 8 }
            let words = (0..<2 * count).map { word -> String? in word % 7 == 0 ? nil : "w\(word % 5)" }
            let pages = ArrowValues.utf8(some(["/a", "/b", "", nil]))
            let ends = (0...count).map { Int32(2 * $0) }
            let columns: [ArrowValues] = [
                .utf8(some(["v", "w", "größer", nil])), .fixed(time, ArrowBuffer(stamps), count: count),
                .structure([pages], count: count), .utf8(some(["/old", nil])), .float64(numbers), .list(ends, of: .utf8(words)),
            ]
            batches.append(columns)
        }
        var left = batches[...]
        try plugin.writeParquet(to: folder("rows.parquet"), fields: fields) { () throws(ArrowError) in left.popFirst() }
        var mapping = ExportMapping()
        mapping.visitor = "visitor"
        mapping.time = .init(column: "time", unit: .iso8601)
        mapping.fields = [
            .init(name: "page", columns: ["place.page", "old_page"], kind: .url), .init(name: "value", kind: .numeric),
            .init(name: "first", column: "words.0", kind: .categorical), .init(name: "words", column: "words.*", kind: .text),
        ]
        func run(_ threads: Int?, batchRows: Int) throws -> ImportBlocksTests.Outcome {
            var limits = ExportLimits()
            limits.batchRows = batchRows
            return try ImportBlocksTests.run("rows.parquet", mapping, folder, limits, threads: threads)
        }
        let whole = try run(nil, batchRows: 16_384)
        #expect(whole.total > 500, "visitors and times that are missing are refused")
        for (threads, rows) in [(nil, 7), (1, 16_384), (3, 64), (2, 1_000)] as [(Int?, Int)] {
            #expect(try run(threads, batchRows: rows) == whole, "threads \(threads ?? 0), batches of \(rows)")
        }
        let corpus = try Corpus.open(folder("corpus"))
        let words = try #require(corpus.dictionary("words"))
        #expect((0..<words.count).contains { words[$0] == "w1 w2" }, "texts of a list stand with a space between")
    }

    /// Two values that are UTF-8 only together are refused, each in its row; their neighbours are read.
    @Test func halvesOfACharacterAreNoText() throws {
        guard let plugin = try plugin() else { return }
        let fields = [ArrowField("u", .utf8), ArrowField("t", .integer(bytes: 8, signed: true)), word]
        let path = try file(
            plugin, "halves.parquet", fields, [[.utf8(["v", "v", "v", "v"]), .int64([1, 2, 3, 4]), .utf8(["aé", "b", "c", "d"])]])
        let rows = try readAll(path, plainMapping())
        #expect(rows.rejects.total == 0 && rows.fields[0] == ["aé", "b", "c", "d"])
        // The same bytes cut elsewhere; Arrow's writer does not look into texts.
        let values = ArrowValues.utf8(bytes: Array("aébcd".utf8), ends: [0, 2, 4, 5, 6])
        let spoilt = try file(plugin, "spoilt.parquet", fields, [[.utf8(["v", "v", "v", "v"]), .int64([1, 2, 3, 4]), values]])
        let found = try readAll(spoilt, plainMapping())
        #expect(found.reasons == [.invalidText, .invalidText] && found.fields[0] == ["c", "d"])
    }

    /// GA4's table as Parquet: found without a mapping, with its sessions and repetitions.
    @Test func ga4IsRecognised() throws {
        guard let plugin = try plugin() else { return }
        let folder = try ImportFolder()
        let whole = ArrowType.integer(bytes: 8, signed: true)
        let value = ArrowField(
            "value", .structure,
            children: [ArrowField("string_value", .utf8, isNullable: true), ArrowField("int_value", whole, isNullable: true)])
        let entry = ArrowField("element", .structure, children: [ArrowField("key", .utf8), value])
        let fields = [
            ArrowField("event_date", .utf8), ArrowField("event_timestamp", whole), ArrowField("event_name", .utf8),
            ArrowField("user_pseudo_id", .utf8, isNullable: true), ArrowField("event_params", .list, children: [entry]),
        ]
        // The second repeats the first with its parameters the other way round; the last is of another session.
        let keys = ["ga_session_id", "page_location", "page_location", "ga_session_id", "ga_session_id", "page_location"]
        let texts: [String?] = [nil, "/a", "/a", nil, nil, "/b"]
        let numbers: [Int64?] = [1_700_000_000, nil, nil, 1_700_000_000, 1_700_009_000, nil]
        let pairs = ArrowValues.structure([.utf8(keys), .structure([.utf8(texts), .int64(numbers)], count: 6)], count: 6)
        let times: [Int64?] = [1_700_000_000_000_000, 1_700_000_000_000_000, 1_700_000_060_000_000]
        let batch: [ArrowValues] = [
            .utf8(["20231114", "20231114", "20231114"]), .int64(times), .utf8(["page_view", "page_view", "page_view"]),
            .utf8(["v", "v", "v"]), .list([0, 2, 4, 6], of: pairs),
        ]
        var left = [batch][...]
        try plugin.writeParquet(to: folder("events.parquet"), fields: fields) { () throws(ArrowError) in left.popFirst() }
        let input = try ExportInput(path: folder("events.parquet"))
        let guess = try ExportReaders.guess(input)
        #expect(guess.vendor == .ga4 && guess.reasons.contains { $0.contains("Parquet") })
        #expect(try ExportReaders.guess(ExportInput(path: folder("events.parquet")), format: .ga4).vendor == .ga4)
        #expect(throws: ExportError.self) { try ExportReaders.guess(ExportInput(path: folder("events.parquet")), format: .snowplow) }
        var rejects = RejectCollector()
        let source = try ExportReaders.open(input, mapping: guess.mapping)
        let counts = try ExportImporter(ImportSettings()).run(sources: [source], to: folder("ga4"), rejects: &rejects).counts
        #expect(counts.events == 2 && counts.duplicates == 1 && counts.sessions == 2 && counts.withoutSession == 0 && rejects.total == 0)
        let corpus = try Corpus.open(folder("ga4"))
        #expect((0..<2).map { corpus.sessionKey($0) } == ["v/1700000000", "v/1700009000"])
    }
}
