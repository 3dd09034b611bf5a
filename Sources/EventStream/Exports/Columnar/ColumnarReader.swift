internal import ArrowExchange

/// Reads the rows of a Parquet or Arrow file. Memory is that of a batch, and of the page of each mapped column that is being read.
struct ColumnarReader: EventSource {
    let mapping: ExportMapping
    let hasPairs = false
    private let file: ColumnarFile
    private let stream: ArrowStream
    private let paths: [ColumnarPath?]
    private var assembler: RowAssembler
    private let row: RowTexts
    /// A text for each column, where its value does not lie in the batch as it is wanted.
    private let scratch: [ArrowText]
    private let times: [ArrowTimeText]
    private var batch: ArrowBatch?
    private var place = 0
    /// Rows before the batch.
    private var rowsBefore = 0

    init(_ file: ColumnarFile, mapping given: ExportMapping) throws(ExportError) {
        var mapping = given
        switch given.format {
        case .auto, .jsonl, .parquet: mapping.format = .parquet
        case .csv, .tsv, .items:
            throw ExportError(
                .badMapping, place: "mapping, `format`", reason: "\(file.path) is a Parquet or Arrow file, not \(given.format.rawValue)",
                remedy: "write `format: parquet`, or remove the line")
        }
        try mapping.validate()
        self.mapping = mapping
        self.file = file
        assembler = RowAssembler(mapping)
        (stream, paths) = try file.stream(assembler.columns, isLenient: given.format == .jsonl)
        row = RowTexts(count: assembler.columns.count)
        scratch = assembler.columns.map { _ in ArrowText() }
        let timeColumns = mapping.time?.columns ?? []
        let unit: ArrowTimeText =
            switch mapping.time?.unit {
            case .seconds: .epoch(microsecondsPerUnit: 1_000_000)
            case .milliseconds: .epoch(microsecondsPerUnit: 1_000)
            case .microseconds: .epoch(microsecondsPerUnit: 1)
            case .iso8601, nil: .iso8601
            }
        times = assembler.columns.map { timeColumns.contains($0) ? unit : .iso8601 }
    }

    var progress: ExportProgress {
        guard let rows = file.rows, let size = file.size, rows > 0 else { return ExportProgress(bytesRead: 0, bytesTotal: nil) }
        return ExportProgress(bytesRead: Int(Double(size) * Double(rowsBefore + place) / Double(rows)), bytesTotal: size)
    }

    mutating func read(into rows: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        assembler.begin(rows)
        defer { assembler.finish(&rows) }
        while batch == nil || place == batch!.count {
            rowsBefore += batch?.count ?? 0
            place = 0
            do throws(ArrowError) { batch = try stream.next() } catch { throw ExportError(error) }
            if batch == nil { return false }
        }
        guard let batch else { return false }
        let columns = paths.map { $0.map { batch.columns[$0.column] } }
        let end = min(batch.count, place + file.limits.batchRows)
        while place < end {
            if let slot = fill(columns, place) {
                refuse(.invalidText, "Parquet and Arrow texts are UTF-8", slot, &rejects)
            } else {
                switch assembler.append(row.texts) {
                case .taken: break
                case .skipped(let rule): rejects.skip(assembler.skipReasons[rule])
                case .refused(let fault): refuse(fault.reason, fault.hint, fault.slot, &rejects)
                }
            }
            place += 1
        }
        return true
    }

    private func refuse(_ reason: RejectReason, _ hint: String, _ slot: Int?, _ rejects: inout RejectCollector) {
        let column = slot.map { " (column `\(assembler.columns[$0])`)" } ?? ""
        rejects.record(Reject(reason, file: file.path, line: rowsBefore + place + 1, byteOffset: 0, hint: hint + column))
    }

    /// Sets the texts of a row; the slot whose text is not UTF-8, if there is one.
    private func fill(_ columns: [ArrowColumn?], _ number: Int) -> Int? {
        for slot in columns.indices {
            let text = scratch[slot]
            text.clear()
            row.texts[slot] = TextSlice(Self.pointer(text.bytes), -1)
            guard let root = columns[slot], let (column, at) = paths[slot]?.value(in: root, row: number) else { continue }
            if let bytes = column.text(at) {
                if bytes.count > 0 {
                    let start = Self.pointer(bytes)
                    guard isUTF8(start, 0, bytes.count) else { return slot }
                    row.texts[slot] = TextSlice(start, bytes.count)
                } else {
                    row.texts[slot].count = 0
                }
            } else if assembler.isList[slot], isListed(column) {
                list(column, at, text)
                row.texts[slot] = TextSlice(Self.pointer(text.bytes), text.count)
            } else if column.write(at, to: text, times: times[slot]) {
                if column.field.type.isNested, !isUTF8(Self.pointer(text.bytes), 0, text.count) { return slot }
                row.texts[slot] = TextSlice(Self.pointer(text.bytes), text.count)
            }
        }
        return nil
    }

    private func isListed(_ column: ArrowColumn) -> Bool {
        switch column.field.type {
        case .list, .largeList, .fixedSizeList: true
        default: false
        }
    }

    /// A list's entries as ``ListedTexts`` wants them.
    private func list(_ column: ArrowColumn, _ row: Int, _ text: ArrowText) {
        for element in column.elements(at: row) {
            text.append(ListedTexts.arrayMark)
            column.children[0].write(element, to: text)
        }
    }

    @inline(__always)
    private static func pointer(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
        bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
    }
}
