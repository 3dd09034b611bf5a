internal import CSimdJSON

/// Reads one JSON object a line. A mapped column is a member's name or a dotted path (`device.category`, `items.0.id`); strings
/// and numbers are both taken where a number is wanted, arrays and objects as their JSON text, null as missing.
/// Lists that a field is looked up in may be arrays.
struct JSONLinesReader: EventSource {
    let mapping: ExportMapping
    let hasPairs = false
    private let input: ExportInput?
    private let path: String
    let limits: ExportLimits
    private(set) var cursor: LineCursor
    private(set) var assembler: RowAssembler
    private let parser: JSONLineParser
    private let row: RowTexts

    init(window: InputWindow, path: String, mapping: ExportMapping, limits: ExportLimits, input: ExportInput?) {
        self.mapping = mapping
        self.input = input
        self.path = path
        self.limits = limits
        cursor = LineCursor(window, maximumBytes: limits.maximumRowBytes)
        assembler = RowAssembler(mapping)
        parser = JSONLineParser(
            paths: assembler.columns, isList: assembler.isList, rows: mapping.rows, maximumNesting: limits.maximumNesting)
        row = RowTexts(count: assembler.slotCount)
    }

    var progress: ExportProgress { input?.progress ?? ExportProgress(bytesRead: cursor.offset, bytesTotal: nil) }

    mutating func read(into batch: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        assembler.begin(batch)
        defer { assembler.finish(&batch) }
        let before = rejects.total
        while assembler.count + (rejects.total - before) < limits.batchRows {
            guard try step(&rejects) else { return assembler.count > 0 || rejects.total > before }
        }
        return true
    }

    /// All rows of the window, which is whole, or those that are left; gives its lines, or nil when the collector is full before its end.
    mutating func readAll(goingOn: Bool, _ rejects: inout RejectCollector) throws(ExportError) -> Int? {
        if !goingOn {
            assembler.begin()
            cursor = LineCursor(cursor.window, maximumBytes: limits.maximumRowBytes)
        }
        while try step(&rejects) {
            if rejects.isFull { return nil }
        }
        return cursor.number - 1
    }

    /// One line; false at the end of the input.
    private mutating func step(_ rejects: inout RejectCollector) throws(ExportError) -> Bool {
        switch try cursor.next() {
        case .end: return false
        case .tooLong: refuse(.lineTooLong, tooLong, &rejects)
        case .text(let start, let count):
            let line = UnsafeBufferPointer(start: cursor.window.bytes + start, count: count)
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return true }
            if let (reason, hint) = parser.parse(line, into: row) {
                refuse(reason, hint, &rejects)
            } else if mapping.rows == nil {
                take(&rejects)
            } else {
                for index in 0..<parser.rowCount {
                    if let (reason, hint) = parser.parse(row: index, of: line, into: row) {
                        refuse(reason, hint, &rejects)
                    } else {
                        take(&rejects)
                    }
                }
            }
        }
        return true
    }

    private mutating func take(_ rejects: inout RejectCollector) {
        switch assembler.append(row.texts) {
        case .taken: break
        case .skipped(let rule): rejects.skip(assembler.skipReasons[rule])
        case .refused(let fault):
            let column = fault.slot.map { " (column `\(assembler.columns[$0])`)" } ?? ""
            refuse(fault.reason, fault.hint + column, &rejects)
        }
    }

    var tooLong: String { "the line is longer than \(limits.maximumRowBytes) bytes" }

    func refusal(_ reason: RejectReason, _ hint: String, byteOffset: Int) -> Reject {
        Reject(reason, file: path, line: 0, byteOffset: byteOffset, hint: hint)
    }

    /// A reader of the same lines in other windows, with scratch of its own.
    init(_ other: JSONLinesReader, window: InputWindow) {
        self.init(window: window, path: other.path, mapping: other.mapping, limits: other.limits, input: nil)
    }

    private func refuse(_ reason: RejectReason, _ hint: String, _ rejects: inout RejectCollector) {
        rejects.record(Reject(reason, file: path, line: cursor.number, byteOffset: cursor.offset, hint: hint))
    }
}

/// simdjson with the paths of one mapping.
final class JSONLineParser {
    private let parser: OpaquePointer
    private let texts: UnsafeMutablePointer<csimdjson_text>
    private let count: Int
    private let hasRows: Bool
    /// Rows of the last line, where a list holds them.
    private(set) var rowCount = 0

    /// - Parameters:
    ///   - isList: the paths whose arrays come as ``ListedTexts`` wants them, not as JSON; none when empty.
    ///   - rows: the list whose elements are rows; nil where a line is one.
    init(paths: [String], isList: [Bool] = [], rows: String? = nil, maximumNesting: Int) {
        hasRows = rows != nil
        precondition(isList.isEmpty || isList.count == paths.count, "JSONLineParser: \(isList.count) flags for \(paths.count) paths")
        count = paths.count
        let flags = isList.isEmpty ? Array(repeating: false, count: count) : isList
        texts = .allocate(capacity: max(count, 1))
        let joined = paths.map { Array($0.utf8CString) }
        let starts = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: max(count, 1))
        let lengths = paths.map { $0.utf8.count }
        let copies = joined.map { text in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
            copy.initialize(from: text, count: text.count)
            return copy
        }
        for (index, copy) in copies.enumerated() { starts[index] = UnsafePointer(copy) }
        let count = paths.count
        let created =
            if let rows {
                rows.withCString { csimdjson_create(starts, lengths, flags, count, $0, maximumNesting) }
            } else {
                csimdjson_create(starts, lengths, flags, count, nil, maximumNesting)
            }
        guard let parser = created else { preconditionFailure("JSONLineParser: no memory for \(count) paths") }
        self.parser = parser
        for copy in copies { copy.deallocate() }
        starts.deallocate()
    }

    deinit {
        csimdjson_destroy(parser)
        texts.deallocate()
    }

    /// Sets the texts of a row, or ``rowCount`` where a list holds the rows; nil when the line could be read. Behind the line
    /// ``InputWindow/padding`` bytes must be readable.
    func parse(_ line: UnsafeBufferPointer<UInt8>, into row: RowTexts) -> (RejectReason, String)? {
        var rows = 0
        if let fault = fault(csimdjson_parse(parser, line.baseAddress, line.count, texts, &rows)) { return fault }
        guard !hasRows else {
            rowCount = max(0, rows)
            return rows < 0 ? (.badJSON, "the line does not hold the list that `rows` in the mapping names") : nil
        }
        take(line, into: row)
        return nil
    }

    /// Sets the texts of one of the rows of the line last parsed; nil when it could be read.
    func parse(row index: Int, of line: UnsafeBufferPointer<UInt8>, into row: RowTexts) -> (RejectReason, String)? {
        guard csimdjson_row(parser, index, texts) == CSIMDJSON_OK else {
            return (.badJSON, "a row of the list that `rows` in the mapping names is not an object")
        }
        take(line, into: row)
        return nil
    }

    /// Sets the texts of a cell of a table, an object or an array; nil when it could be read. Behind it ``InputWindow/padding`` bytes must
    /// be readable.
    func parse(cell: UnsafeBufferPointer<UInt8>, into row: RowTexts) -> (RejectReason, String)? {
        if let fault = fault(csimdjson_parse_cell(parser, cell.baseAddress, cell.count, texts)) { return fault }
        take(cell, into: row)
        return nil
    }

    /// The paths of everything in a cell that is not an object, in order; none when the cell cannot be read.
    func paths(inCell cell: UnsafeBufferPointer<UInt8>) -> [String] {
        var list = csimdjson_text()
        guard fault(csimdjson_list_cell_paths(parser, cell.baseAddress, cell.count, &list)) == nil else { return [] }
        return lines(list)
    }

    private func lines(_ list: csimdjson_text) -> [String] {
        UnsafeBufferPointer(start: list.bytes, count: list.count).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }

    private func take(_ line: UnsafeBufferPointer<UInt8>, into row: RowTexts) {
        for index in 0..<count {
            let text = texts[index]
            row.texts[index] = text.count > 0 ? TextSlice(text.bytes, text.count) : TextSlice(line.baseAddress!, text.count)
        }
    }

    /// The dotted paths of everything in a line that is not an object, in order; nil when the line cannot be read.
    func paths(in line: UnsafeBufferPointer<UInt8>) -> [String]? {
        var list = csimdjson_text()
        guard fault(csimdjson_list_paths(parser, line.baseAddress, line.count, &list)) == nil else { return nil }
        return lines(list)
    }

    private func fault(_ status: csimdjson_status) -> (RejectReason, String)? {
        switch status {
        case CSIMDJSON_OK: nil
        case CSIMDJSON_TOO_DEEP: (.nestedTooDeep, "the line is nested deeper than the limit")
        case CSIMDJSON_NOT_UTF8: (.invalidText, "JSON is written in UTF-8; see `encoding` in the mapping")
        case CSIMDJSON_NOT_AN_OBJECT: (.badJSON, "expected one JSON object a line, found another JSON value")
        case CSIMDJSON_NO_MEMORY: (.lineTooLong, "there is no memory for a line of this length")
        default: (.badJSON, "expected one whole JSON object a line")
        }
    }
}
