/// Reads delimited text in one dialect: finds records by scanning bytes, looks only at mapped columns, and refuses what it cannot
/// read row by row.
struct DelimitedReader: EventSource {
    let mapping: ExportMapping
    let hasPairs = false
    private let input: ExportInput?
    let path: String
    let limits: ExportLimits
    let window: InputWindow
    let scanner: RecordScanner
    private(set) var assembler: RowAssembler
    private(set) var line = 1
    private var columnCount = 0
    /// For every needed column, where it stands in a record; -1 where it is absent or part of a cell.
    private var places: [Int] = []
    /// The same with the cell's place where it is part of one.
    private var placesInTable: [Int] = []
    private var cells: JSONCells?
    private let row: RowTexts
    private let lookups: LookupTables?
    /// Hints by the number of fields.
    private var countHints: [Int: String] = [:]

    /// A reader at the beginning of `window`. The mapping must say delimiter, quote and header.
    init(
        window: InputWindow, path: String, mapping: ExportMapping, limits: ExportLimits, input: ExportInput?,
        lookups: LookupTables? = nil
    ) throws(ExportError) {
        self.mapping = mapping
        self.input = input
        self.path = path
        self.limits = limits
        self.window = window
        self.lookups = lookups
        scanner = RecordScanner(mapping.dialect, maximumColumns: limits.maximumColumns)
        assembler = RowAssembler(mapping, lookups: lookups)
        row = RowTexts(count: assembler.slotCount)
        try readColumns()
    }

    /// A reader of the same rows in other windows, with scratch of its own.
    init(_ other: DelimitedReader, window: InputWindow) {
        mapping = other.mapping
        input = nil
        path = other.path
        limits = other.limits
        lookups = other.lookups
        self.window = window
        scanner = RecordScanner(mapping.dialect, maximumColumns: limits.maximumColumns)
        assembler = RowAssembler(mapping, lookups: lookups)
        row = RowTexts(count: assembler.slotCount)
        columnCount = other.columnCount
        places = other.places
        placesInTable = other.placesInTable
        cells = other.cells.map { JSONCells($0) }
    }

    var progress: ExportProgress { input?.progress ?? ExportProgress(bytesRead: window.offset, bytesTotal: nil) }

    mutating func read(into batch: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        assembler.begin(batch)
        defer { assembler.finish(&batch) }
        let before = rejects.total
        // Rejects count towards the batch too, so that a hopeless file still comes back to its caller from time to time.
        while assembler.count + (rejects.total - before) < limits.batchRows {
            guard try step(&rejects) else { break }
        }
        return assembler.count > 0 || rejects.total > before
    }

    /// All rows of the window, which is whole, or those that are left; gives its physical lines, or nil when the collector is full before
    /// its end.
    mutating func readAll(goingOn: Bool, _ rejects: inout RejectCollector) throws(ExportError) -> Int? {
        if !goingOn {
            assembler.begin()
            line = 1
        }
        while try step(&rejects) {
            if rejects.isFull { return nil }
        }
        return line - 1
    }

    /// One record; false at the end of the input.
    private mutating func step(_ rejects: inout RejectCollector) throws(ExportError) -> Bool {
        guard window.start < window.end || !window.isLast else { return false }
        switch scanner.scan(window.bytes, from: window.start, to: window.end, isLast: window.isLast) {
        case .record(let length, let lines):
            if length > limits.maximumRowBytes {
                refuse(.lineTooLong, nil, tooLong, &rejects)
            } else if !scanner.isBlank {
                takeRecord(&rejects)
            }
            window.consume(length)
            line += lines
        case .needsMore(let insideQuotes):
            if try window.extend() { break }
            try skipLongRecord(insideQuotes: insideQuotes, &rejects)
        case .fault(let reason, let field):
            refuse(reason, field, hint(for: reason), &rejects)
            try window.skipLine()
            line += 1
        }
        return true
    }

    /// The record does not fit: either a quote was never closed and has swallowed what follows, or it is one endless line.
    private mutating func skipLongRecord(insideQuotes: Bool, _ rejects: inout RejectCollector) throws(ExportError) {
        let fault = longRow(insideQuotes: insideQuotes)
        refuse(fault.reason, nil, fault.hint, &rejects)
        try window.skipLine()
        line += 1
    }

    func longRow(insideQuotes: Bool) -> (reason: RejectReason, field: Int?, hint: String) {
        let holdsLines = (window.start..<window.end).contains { window.bytes[$0] == 0x0A || window.bytes[$0] == 0x0D }
        return insideQuotes && holdsLines ? (.unclosedQuote, nil, hint(for: .unclosedQuote)) : (.lineTooLong, nil, tooLong)
    }

    private mutating func takeRecord(_ rejects: inout RejectCollector) {
        guard scanner.count == columnCount else {
            let reason: RejectReason = scanner.count < columnCount ? .tooFewFields : .tooManyFields
            return refuse(reason, min(scanner.count, columnCount), countHint(reason), &rejects)
        }
        guard !scanner.holdsNUL else { return refuse(.nulByte, nil, hint(for: .nulByte), &rejects) }
        let base = window.bytes + window.start
        if scanner.mayHoldNonASCII, let field = invalidField(base) { return refuse(.invalidText, field, hint(for: .invalidText), &rejects) }
        for slot in places.indices {
            let place = places[slot]
            row.texts[slot] = place < 0 ? TextSlice(base, -1) : text(place, base)
        }
        if let cells, let (reason, hint, place) = cells.fill(row.texts, { text($0, base) }) { return refuse(reason, place, hint, &rejects) }
        switch assembler.append(row.texts) {
        case .taken: break
        case .skipped(let rule): rejects.skip(assembler.skipReasons[rule])
        case .refused(let fault):
            refuse(fault.reason, fault.slot.map { placesInTable[$0] }.flatMap { $0 < 0 ? nil : $0 }, fault.hint, &rejects)
        }
    }

    /// A field of the record, its escapes removed.
    @inline(__always)
    private func text(_ place: Int, _ base: UnsafeMutablePointer<UInt8>) -> TextSlice {
        var field = scanner[place]
        if field.hasEscapes { field = scanner.unescape(place, in: base) }
        return TextSlice(base + field.start, field.end - field.start)
    }

    private func invalidField(_ base: UnsafePointer<UInt8>) -> Int? {
        (0..<scanner.count).first { !isUTF8(base, scanner[$0].start, scanner[$0].end) }
    }

    /// The same text for all rows with as many fields: in a file with another delimiter that is nearly every row.
    private mutating func countHint(_ reason: RejectReason) -> String {
        if let known = countHints[scanner.count] { return known }
        if countHints.count >= 64 { countHints.removeAll(keepingCapacity: true) }
        let text = "\(scanner.count) fields for \(columnCount) columns; \(hint(for: reason))"
        countHints[scanner.count] = text
        return text
    }

    private func refuse(_ reason: RejectReason, _ field: Int?, _ hint: String, _ rejects: inout RejectCollector) {
        rejects.record(Reject(reason, file: path, line: line, column: field.map { $0 + 1 }, byteOffset: window.offset, hint: hint))
    }

    var tooLong: String { "the row is longer than \(limits.maximumRowBytes) bytes" }

    func hint(for reason: RejectReason) -> String {
        switch reason {
        case .tooFewFields where scanner.dialect.quote == 0: "the row is cut short, or of another version of the format"
        case .tooManyFields where scanner.dialect.quote == 0:
            "a delimiter stands inside a field, or the row is of another version of the format"
        case .tooFewFields: "a line end inside a field needs quotes; see `delimiter` and `quote` in the mapping"
        case .tooManyFields: "a delimiter inside a field needs quotes; see `delimiter` and `quote` in the mapping"
        case .badQuoting:
            "after a closing quote only a delimiter or line end may follow; write `quote: \"\"` if quotes are plain characters"
        case .unclosedQuote: "the quote is never closed; write `quote: \"\"` if quotes are plain characters"
        case .nulByte: "the row holds a zero byte"
        case .invalidText: "the bytes are not text in \(mapping.encoding.rawValue); see `encoding` in the mapping"
        default: ""
        }
    }

    // MARK: Columns

    private mutating func readColumns() throws(ExportError) {
        var names = mapping.columns
        if mapping.header == true {
            let found = try readHeader()
            if names == nil { try refuseRepeated(found) }
            names = names ?? found
            if found.count != names!.count {
                throw ExportError(
                    .badMapping, place: "\(path), line 1",
                    reason: "the header has \(found.count) columns, `columns` in the mapping \(names!.count)",
                    remedy: "remove `columns` from the mapping or correct it")
            }
        } else if names == nil {
            let width = try firstWidth()
            names = (0..<width).map { "column\($0 + 1)" }
        }
        columnCount = names!.count
        var placeOf: [String: Int] = [:]
        for (index, name) in names!.enumerated() { placeOf[name] = index }
        findColumns(placeOf)
        let found = zip(assembler.columns, placesInTable).filter { $0.1 >= 0 }.map(\.0)
        let absent = assembler.absentColumns(among: Set(found))
        guard absent.isEmpty else { throw missingColumns(absent, names!) }
    }

    private mutating func findColumns(_ placeOf: [String: Int]) {
        let names = Set(placeOf.keys)
        var inCells: [(place: Int, path: String, slot: Int)] = []
        placesInTable = assembler.columns.indices.map { slot in
            let column = assembler.columns[slot]
            if let place = placeOf[column] { return place }
            guard let (name, path) = JSONCells.cell(of: column, among: names), let place = placeOf[name] else { return -1 }
            inCells.append((place, path, slot))
            return place
        }
        places = placesInTable
        for cell in inCells { places[cell.slot] = -1 }
        if !inCells.isEmpty { cells = JSONCells(inCells, mapping: mapping, maximumNesting: limits.maximumNesting) }
    }

    private mutating func readHeader() throws(ExportError) -> [String] {
        while true {
            switch scanner.scan(window.bytes, from: window.start, to: window.end, isLast: window.isLast) {
            case .record(let length, let lines):
                guard length <= limits.maximumRowBytes else { throw longHeader() }
                let base = window.bytes + window.start
                guard !scanner.holdsNUL, invalidField(base) == nil else { throw badHeader() }
                defer {
                    window.consume(length)
                    line += lines
                }
                if scanner.isBlank, window.start + length < window.end || !window.isLast { continue }
                return (0..<scanner.count).map { index in
                    let field = scanner.unescape(index, in: base)
                    let name = TextSlice(base + field.start, field.end - field.start).trimmed
                    // Tables written with their row names begin with a column that has none.
                    return name.count == 0
                        ? "column\(index + 1)" : String(decoding: UnsafeBufferPointer(start: name.bytes, count: name.count), as: UTF8.self)
                }
            case .needsMore:
                guard try window.extend() else { throw longHeader() }
            case .fault:
                throw badHeader()
            }
        }
    }

    /// Fields of the first record of a file without header; the record is not consumed.
    private func firstWidth() throws(ExportError) -> Int {
        while true {
            switch scanner.scan(window.bytes, from: window.start, to: window.end, isLast: window.isLast) {
            case .record: return scanner.count
            case .needsMore: guard try window.extend() else { throw longHeader() }
            case .fault: throw badHeader()
            }
        }
    }

    private func badHeader() -> ExportError {
        ExportError(
            .badData, place: "\(path), line \(line)", reason: "the first row cannot be read as a row of columns",
            remedy: "give `delimiter`, `quote`, `encoding` and `header` in the mapping")
    }

    private func longHeader() -> ExportError {
        ExportError(
            .badData, place: "\(path), line \(line)", reason: "the first row does not end within \(limits.maximumRowBytes) bytes",
            remedy: "check the line ends, and `quote` in the mapping: a quote that is never closed swallows what follows")
    }

    private func refuseRepeated(_ names: [String]) throws(ExportError) {
        var placeOf: [String: Int] = [:]
        var twice: [String] = []
        let isHeader = isSurelyHeader(names)
        for (index, name) in names.enumerated() {
            if let first = placeOf[name] {
                twice.append((isHeader ? "`\(name)` " : "") + "(\(first + 1) and \(index + 1))")
            } else {
                placeOf[name] = index
            }
        }
        guard !twice.isEmpty else { return }
        throw ExportError(
            .badData, place: "\(path), line 1", reason: "these columns have the same name: \(twice.prefix(10).joined(separator: ", "))",
            remedy: "rename them in the export, or give all names under `columns` in the mapping, with `header: false` if this is no header"
        )
    }

    /// A first row that lacks most mapped names may be no header but somebody's row: its values are not repeated in messages.
    private func isSurelyHeader(_ names: [String]) -> Bool {
        2 * assembler.columns.count { names.contains($0) } > assembler.columns.count
    }

    private func missingColumns(_ absent: [String], _ present: [String]) -> ExportError {
        let names = present.prefix(20).map { "`\($0)`" }.joined(separator: ", ") + (present.count > 20 ? ", …" : "")
        let shown = isSurelyHeader(present) || mapping.header == false ? ": \(names)" : ""
        let delimiter = mapping.delimiter == "\t" ? "tab" : mapping.delimiter ?? ","
        return ExportError(
            .badMapping, place: path,
            reason:
                "no column \(absent.map { "`\($0)`" }.joined(separator: ", ")); split at `\(delimiter)` there are \(present.count)\(shown)",
            remedy: "correct the names in the mapping, or `delimiter` if this is not how the columns are split; "
                + "a file without a header needs `header: false` and `columns`")
    }
}

/// Room for the texts of one row.
final class RowTexts {
    let texts: UnsafeMutablePointer<TextSlice>

    init(count: Int) { texts = .allocate(capacity: max(count, 1)) }

    deinit { texts.deallocate() }
}

extension ExportMapping {
    /// The dialect, once delimiter and quote are known.
    var dialect: DelimitedDialect {
        func byte(_ text: String?, _ otherwise: Character) -> UInt8 {
            guard let text else { return otherwise.asciiValue! }
            return text.utf8.first ?? 0
        }
        return DelimitedDialect(
            delimiter: byte(delimiter, format == .tsv ? "\t" : ","), quote: byte(quote, "\""), escape: escape?.utf8.first ?? 0)
    }
}
