import EventStream

/// Readers of exports: whatever the bytes, rows and refusals are the same in batches of any size, and nothing but an
/// `ExportError` is thrown.
enum Exports {
    /// One row as a reader gave it.
    struct Row: Equatable {
        var visitor: [UInt8]?
        var session: [UInt8]?
        var time: Int64
        var orders: [Int64]
        var fields: [Value]
    }
    enum Value: Equatable {
        case number(UInt64)
        case text([UInt8]?)
    }
    /// All that a reader gave.
    struct Reading: Equatable {
        var rows: [Row] = []
        var rejects: [Reject] = []
        var rejectCount = 0
        var error: String?
    }

    /// Limits that a short input can reach.
    static func limits(batchRows: Int = 16_384, rowBytes: Int = 2_000) -> ExportLimits {
        var limits = ExportLimits()
        limits.batchRows = batchRows
        limits.windowBytes = 4096
        limits.sampleBytes = 4096
        limits.maximumRowBytes = rowBytes
        limits.maximumNesting = 8
        limits.maximumColumns = 64
        limits.bombCheckBytes = 1 << 20
        return limits
    }

    static func read(_ file: MemoryFile, _ mapping: ExportMapping, _ limits: ExportLimits) -> Reading {
        var reading = Reading()
        do {
            var source = try ExportReaders.open(file.path, mapping: mapping, limits: limits)
            var batch = source.mapping.emptyBatch()
            var rejects = RejectCollector()
            while true {
                batch.removeAll()
                guard try source.read(into: &batch, rejects: &rejects) else { break }
                append(batch, to: &reading.rows)
            }
            promise(batch.count == 0, "rows in the batch behind the end")
            (reading.rejects, reading.rejectCount) = (rejects.first, rejects.total)
            for reject in rejects.first { promise(!"\(reject)".isEmpty, "a refusal says nothing") }
        } catch {
            reading.error = "\(error)"
        }
        return reading
    }

    private static func append(_ batch: EventBatch, to rows: inout [Row]) {
        func entry(_ column: ByteColumn, _ index: Int) -> [UInt8]? {
            column.isMissing[index] ? nil : Array(column.bytes[column.offsets[index]..<column.offsets[index + 1]])
        }
        promise(batch.visitor.count == batch.count, "visitors \(batch.visitor.count) of \(batch.count)")
        promise(batch.timeMicroseconds.count == batch.count, "times \(batch.timeMicroseconds.count) of \(batch.count)")
        for index in 0..<batch.count {
            rows.append(
                Row(
                    visitor: entry(batch.visitor, index), session: batch.session.count == 0 ? nil : entry(batch.session, index),
                    time: batch.timeMicroseconds[index], orders: batch.orders.map { $0[index] },
                    fields: batch.fields.map { field in
                        switch field {
                        case .numbers(let values): .number(values[index].bitPattern)
                        case .strings(let values): .text(entry(values, index))
                        }
                    }))
        }
    }

    /// Reads in batches of several sizes; gives what they agree on.
    @discardableResult
    static func agreed(_ bytes: some Sequence<UInt8>, _ mapping: ExportMapping, rowBytes: Int = 2_000) -> Reading {
        let file = MemoryFile(bytes)
        let whole = read(file, mapping, limits(rowBytes: rowBytes))
        let parts = read(file, mapping, limits(batchRows: 3, rowBytes: rowBytes))
        // Damage found in the middle may come after other batches have been handed over.
        promise(whole.error == parts.error, "batches of 3 end otherwise: \(whole.error ?? "well") or \(parts.error ?? "well")")
        if whole.error == nil { promise(whole == parts, "batches of 3 give other rows") }
        return whole
    }

    private static func pick<Choice>(_ byte: UInt8?, _ choices: [Choice]) -> Choice { choices[Int(byte ?? 0) % choices.count] }

    /// Three bytes choose the dialect, the encoding and what is read; the rest is the file.
    static let delimited: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 3 else { return }
        agreed(bytes.dropFirst(3), delimitedMapping(bytes), rowBytes: 200)
    }

    static func delimitedMapping(_ bytes: UnsafeRawBufferPointer) -> ExportMapping {
        var mapping = ExportMapping()
        mapping.format = pick(bytes[0], [.csv, .tsv, .auto])
        mapping.delimiter = pick(bytes[0] / 3, [nil, ",", ";", "\t", "|", " ", "\u{1}"])
        mapping.quote = pick(bytes[0] / 21, [nil, "\"", "'", ""])
        mapping.escape = pick(bytes[1], [nil, "\\", "\"", ""])
        mapping.encoding = pick(bytes[1] / 4, ExportMapping.Encoding.allCases)
        mapping.header = pick(bytes[1] / 24, [nil, true, false])
        if bytes[2] & 1 == 0 || mapping.header == false { mapping.columns = ["a", "b", "c"] }
        mapping.visitor = "a"
        mapping.session = bytes[2] & 2 == 0 ? "b" : nil
        mapping.time = pick(
            bytes[2] / 4,
            [
                nil, .init(column: "c", unit: .iso8601), .init(column: "c", unit: .seconds),
                .init(column: "c", unit: .iso8601, zone: "+02:00"),
                .init(compose: ["b", "c"], pattern: [.date, .time], zone: "UTC"), .init(column: "c", unit: .milliseconds),
            ])
        mapping.order = bytes[2] & 64 == 0 ? [] : ["c"]
        mapping.fields = [
            .init(name: "f", column: "b", kind: .categorical), .init(name: "g", column: "c", kind: bytes[2] & 128 == 0 ? .numeric : .text),
        ]
        if bytes[0] >= 84 { mapping.fields += derivedFields(bytes[0] / 84, own: "a", list: "b", values: "c") }
        return mapping
    }

    /// One object a line.
    static let jsonLines: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let first = bytes.first else { return }
        agreed(bytes.dropFirst(), jsonLinesMapping(first), rowBytes: first & 32 == 0 ? 2_000 : 40)
    }

    static func jsonLinesMapping(_ first: UInt8) -> ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        mapping.visitor = "u"
        mapping.session = first & 1 == 0 ? "s.id" : nil
        mapping.time = pick(first / 2, [nil, .init(column: "t", unit: .iso8601), .init(column: "t", unit: .milliseconds)])
        mapping.order = first & 16 == 0 ? [] : ["n"]
        mapping.fields = [
            .init(name: "p", kind: .categorical), .init(name: "x", column: "a.0.x", kind: .numeric), .init(name: "o", kind: .text),
            .init(name: "n", kind: .numeric),
        ]
        if first >= 64 { mapping.fields += derivedFields(first / 64, own: "p", list: "o", values: "l") }
        // Keys, alternatives and rows within lists, each with others.
        if first & 8 != 0 {
            mapping.visitor = ["u", "e[u]"]
            mapping.duplicates = ["n", "e[]"]
            mapping.fields.append(.init(name: "e", columns: ["e[p]", "p"], kind: .categorical))
        }
        if first & 12 == 12 {
            if mapping.session != nil { mapping.session = .init([.init("u"), .init("s.id", none: ["-1"], between: ["s", "$"])]) }
            mapping.skip = [.init("left", "p", is: ["x", ""])]
        }
        if first & 28 == 28 {
            mapping.rows = "a"
            mapping.fields.append(.init(name: "x2", column: "a.x", kind: .text))
        }
        return mapping
    }

    /// One field of every kind that is worked out, in some rows or in all.
    private static func derivedFields(_ choice: UInt8, own: String, list: String, values: String) -> [ExportMapping.Field] {
        let when: ExportMapping.Condition? = choice & 1 == 0 ? nil : .init(column: own, is: ["1", "v", ""])
        let separator = choice & 2 == 0 ? "|" : ";"
        var fields = ExportMapping.Listed.Give.allCases.map { give in
            ExportMapping.Field(
                name: give.rawValue, column: own, kind: .numeric, when: give == .ratio ? when : nil,
                listed: .init(in: list, values: give.needsValues ? values : nil, separator: separator, give: give))
        }
        fields.append(.init(name: "some", column: list, kind: .categorical, when: when))
        fields.append(.init(name: "number", column: values, kind: .numeric, when: .init(column: own, is: ["7"])))
        return fields
    }

    /// One session a line.
    static let items: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let first = bytes.first else { return }
        var mapping = ExportMapping()
        mapping.format = .items
        mapping.fields = [.init(name: "item", kind: .categorical, separator: pick(first, [nil, " ", ",", ";", "1"]))]
        mapping.encoding = pick(first / 5, ExportMapping.Encoding.allCases)
        agreed(bytes.dropFirst(), mapping, rowBytes: first & 128 == 0 ? 2_000 : 30)
    }

    /// Compressed files, or what begins like one.
    static let packed: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        var mapping = ExportMapping()
        mapping.format = .csv
        mapping.delimiter = ","
        mapping.header = false
        mapping.columns = ["a", "b"]
        mapping.visitor = "a"
        mapping.fields = [.init(name: "b", kind: .text)]
        agreed(bytes, mapping)
    }

    /// Lines read as those of each vendor, whatever they are; the first byte chooses. The mapping is the one made for them.
    static let vendors: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let first = bytes.first else { return }
        let vendor = pick(first, VendorFormat.allCases)
        let file = MemoryFile(bytes.dropFirst())
        var mapping = vendor.mapping
        do throws(ExportError) {
            mapping = try ExportReaders.guess(ExportInput(path: file.path, limits: limits()), format: vendor).mapping
            let explanation = try ExportReaders.explain(ExportInput(path: file.path, limits: limits()), mapping: mapping)
            promise(explanation.parts.allSatisfy { (0...1).contains($0.filled) }, "a share beyond 1")
        } catch {
            promise(!error.remedy.isEmpty, "a refusal without a remedy")
        }
        do { try mapping.validate() } catch { promise(false, "the mapping of \(vendor) is refused: \(error)") }
        agreed(bytes.dropFirst(), mapping, rowBytes: first & 128 == 0 ? 2_000 : 60)
    }

    /// A file nobody described. What is guessed must be a mapping that holds, say so again, and read.
    static let guess: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let file = MemoryFile(bytes)
        var found: ExportMapping?
        do throws(ExportError) {
            let input = try ExportInput(path: file.path, limits: limits())
            let guess = try ExportReaders.guess(input)
            found = guess.mapping
            promise(!guess.reasons.isEmpty, "a guess without reasons")
        } catch {
            promise(!error.remedy.isEmpty, "a refusal without a remedy")
        }
        guard let mapping = found else { return }
        do { try mapping.validate() } catch { promise(false, "the guessed mapping is refused: \(error)") }
        // The YAML library drops the mark U+FEFF where a name begins with it.
        if !"\(mapping)".unicodeScalars.contains("\u{FEFF}") { Settings.isStable(mapping) }
        agreed(bytes, mapping)
    }
}
