internal import ArrowExchange

/// Reads the rows of a Parquet or Arrow file. Memory is that of a batch, and of the page of each mapped column that is being read.
struct ColumnarReader: EventSource {
    let mapping: ExportMapping
    let hasPairs = false
    private let file: ColumnarFile
    private let stream: ArrowStream
    private let paths: [ColumnarPath?]
    private(set) var assembler: RowAssembler
    private let row: RowTexts
    /// A text for each column, where its value does not lie in the batch as it is wanted.
    private let scratch: [ArrowText]
    private let times: [ArrowTimeText]
    private let views: ColumnarViews
    private let pairs = ColumnarPairs()
    /// The column of the times, where they need not become texts first, and where they lie in the batch.
    private let instantSlot: Int?
    private var instants: ArrowInstants?
    private var batch: ArrowBatch?
    /// Where the columns of the mapping begin in the batch.
    private var columns: [ArrowColumn?] = []
    private var place = 0
    /// Rows before the batch, and those taken out in blocks.
    private var rowsBefore = 0
    var rowsCut = 0

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
        row = RowTexts(count: assembler.slotCount)
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
        views = ColumnarViews(count: assembler.columns.count)
        instantSlot = assembler.soleTimeSlot
    }

    /// A reader of blocks of the same file, with texts of its own.
    init(rowsOf other: ColumnarReader) {
        (mapping, file, stream, paths, times) = (other.mapping, other.file, other.stream, other.paths, other.times)
        assembler = RowAssembler(mapping)
        row = RowTexts(count: assembler.slotCount)
        scratch = assembler.columns.map { _ in ArrowText() }
        views = ColumnarViews(count: assembler.columns.count)
        instantSlot = other.instantSlot
    }

    var progress: ExportProgress {
        guard let rows = file.rows, let size = file.size, rows > 0 else { return ExportProgress(bytesRead: 0, bytesTotal: nil) }
        return ExportProgress(bytesRead: Int(Double(size) * Double(rowsBefore + rowsCut + place) / Double(rows)), bytesTotal: size)
    }

    mutating func read(into rows: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        assembler.begin(rows)
        defer { assembler.finish(&rows) }
        while batch == nil || place == batch!.count {
            guard let next = try nextBatch() else { return false }
            begin(next)
        }
        readRows(upTo: place + file.limits.batchRows, &rejects)
        return true
    }

    /// The next rows of the file.
    func nextBatch() throws(ExportError) -> ArrowBatch? {
        do throws(ArrowError) { return try stream.next() } catch { throw ExportError(error) }
    }

    /// Goes on with other rows.
    private mutating func begin(_ next: ArrowBatch) {
        rowsBefore += batch?.count ?? 0
        (batch, place) = (next, 0)
        columns = paths.map { $0.map { next.columns[$0.column] } }
        views.begin(next, paths)
        instants = instantSlot.flatMap { slot in paths[slot].flatMap { $0.leaf(of: next.columns[$0.column])?.instants } }
    }

    /// All rows of a batch, counted from 1, or those that are left; gives their number, or nil when the collector is full before.
    mutating func readAll(_ batch: ArrowBatch, goingOn: Bool, _ rejects: inout RejectCollector) -> Int? {
        if !goingOn {
            assembler.begin()
            begin(batch)
            rowsBefore = 0
        }
        readRows(upTo: batch.count, &rejects)
        return place == batch.count ? batch.count : nil
    }

    /// The rows up to a place, fewer when the collector of a block is full.
    private mutating func readRows(upTo limit: Int, _ rejects: inout RejectCollector) {
        let end = min(batch?.count ?? 0, limit)
        while place < end, !rejects.isFull {
            let time = instants?.microseconds(place).flatMap { $0 < EventTime.upperBound ? $0 : nil }
            if let slot = fill(place, hasTime: time != nil) {
                refuse(.invalidText, "Parquet and Arrow texts are UTF-8", slot, &rejects)
            } else {
                switch assembler.append(row.texts, time: time) {
                case .taken: break
                case .skipped(let rule): rejects.skip(assembler.skipReasons[rule])
                case .refused(let fault): refuse(fault.reason, fault.hint, fault.slot, &rejects)
                }
            }
            place += 1
        }
    }

    private func refuse(_ reason: RejectReason, _ hint: String, _ slot: Int?, _ rejects: inout RejectCollector) {
        let column = slot.map { " (column `\(assembler.columns[$0])`)" } ?? ""
        rejects.record(Reject(reason, file: file.path, line: rowsBefore + place + 1, byteOffset: 0, hint: hint + column))
    }

    /// Sets the texts of a row; the slot whose text is not UTF-8, if there is one.
    private func fill(_ number: Int, hasTime: Bool) -> Int? {
        for slot in 0..<views.count {
            switch views[slot] {
            case .texts(let texts):
                let start = texts.start(number)
                row.texts[slot] = TextSlice(texts.bytes + start, texts.isNull(number) ? -1 : texts.start(number + 1) - start)
            case .absent: row.texts[slot] = TextSlice(Self.pointer(scratch[slot].bytes), -1)
            case .values:
                if hasTime, slot == instantSlot { continue }
                if !fill(slot, number) { return slot }
            }
        }
        return nil
    }

    /// Sets one text of a row; false when it is not UTF-8.
    private func fill(_ slot: Int, _ number: Int) -> Bool {
        let text = scratch[slot]
        text.clear()
        row.texts[slot] = TextSlice(Self.pointer(text.bytes), -1)
        guard let root = columns[slot], let path = paths[slot], let (column, at) = path.value(in: root, row: number) else { return true }
        if let bytes = column.text(at) {
            row.texts[slot].count = 0
            guard bytes.count > 0 else { return true }
            let start = Self.pointer(bytes)
            row.texts[slot] = TextSlice(start, bytes.count)
            return isUTF8(start, 0, bytes.count)
        }
        // Texts of a list that readers take apart are compared, not kept.
        var isChecked = !column.field.type.isNested
        if assembler.isList[slot], isListed(column) {
            list(column, at, text)
            isChecked = true
        } else if path.isWords, isListed(column) {
            words(column, at, text)
        } else if let members = path.pairs {
            guard pairs.write(column, at, members, to: text) else { return true }
            isChecked = true
        } else if !column.write(at, to: text, times: times[slot]) {
            return true
        }
        row.texts[slot] = TextSlice(Self.pointer(text.bytes), text.count)
        return isChecked || isUTF8(Self.pointer(text.bytes), 0, text.count)
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

    private func words(_ column: ArrowColumn, _ row: Int, _ text: ArrowText) {
        for element in column.elements(at: row) where !column.children[0].isNull(element) && !column.children[0].field.type.isNested {
            if text.count > 0 { text.append(0x20) }
            column.children[0].write(element, to: text)
        }
    }

    @inline(__always)
    private static func pointer(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
        bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
    }
}
