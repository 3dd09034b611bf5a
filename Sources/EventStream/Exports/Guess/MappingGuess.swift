/// A mapping made without one: from the names columns usually have and from the values in the first block.
///
/// It is meant to be printed, read and kept as a mapping file. What could be read in two ways is refused instead, with the line
/// that would settle it.
public struct MappingGuess: Sendable, Equatable {
    /// The mapping, complete: format, dialect, roles and fields.
    public var mapping: ExportMapping
    /// Why it is so, one line an entry.
    public var reasons: [String]
    /// The vendor's format that was recognised or asked for; nil where columns were guessed one by one.
    public var vendor: VendorFormat?
}

extension ExportReaders {
    /// Guesses the mapping of an input from its beginning. The input can still be opened afterwards, standard input too.
    ///
    /// - Parameter format: a vendor's format that the input is said to have; nil to find out.
    public static func guess(_ input: ExportInput, format: VendorFormat? = nil) throws(ExportError) -> MappingGuess {
        var mapping = ExportMapping()
        var reasons: [String] = []
        var sample = try input.sample(.utf8)
        if sample.looksLikeWindows1252 {
            mapping.encoding = .windows1252
            sample = try input.sample(.windows1252)
            reasons.append("encoding: the first block is not UTF-8")
        }
        mapping.format =
            input.columnar == nil ? try FormatSniffer(path: input.path, sample: sample).format(for: mapping) : .parquet
        let hasMembers = mapping.format == .jsonl || mapping.format == .parquet
        let isReadable = mapping.format == .parquet ? format?.mapping.rows == nil : true
        if let format, mapping.format == .items || hasMembers == format.isDelimited || !isReadable {
            throw ExportError(
                .badData, place: input.path, reason: "its first block is not \(format.title)",
                remedy: "leave --format out to have the format found, or give a mapping")
        }
        switch mapping.format {
        case .items:
            mapping.fields = [.init(name: "item", kind: .categorical)]
            reasons.append("format: every line is a list of numbers, one session a line")
            return MappingGuess(mapping: mapping, reasons: reasons)
        case .parquet:
            reasons.append("format: it is a Parquet or Arrow file")
            reasons += input.columnar?.unread ?? []
            let columns = sample.jsonColumns(input.limits)
            if let found = format.map({ ($0, $0.member(columns)) }) ?? VendorFormat.detect(columns), found.0.mapping.rows == nil {
                // The vendor's lines column by column: what a file lacks is empty, as it is in lines.
                var guess = found.0.guess(columns, in: found.1, isAsked: format != nil)
                guess.reasons = reasons + guess.reasons
                return guess
            }
            return try RoleGuess(path: input.path, columns: columns).complete(mapping, reasons)
        case .jsonl:
            let columns = sample.jsonColumns(input.limits)
            if let found = format.map({ ($0, $0.member(columns)) }) ?? VendorFormat.detect(columns) {
                return found.0.guess(columns, in: found.1, isAsked: format != nil)
            }
            reasons.append("format: every line is a JSON object")
            return try RoleGuess(path: input.path, columns: columns).complete(mapping, reasons)
        case .auto, .csv, .tsv:
            guard !AdobeFeed.isLookup(input.path) else {
                throw ExportError(
                    .badData, place: input.path, reason: "it is a table that goes with Adobe's data feed and holds no hits",
                    remedy: "name the feed's folder, or its hit_data.tsv")
            }
            mapping.format = .auto
            if let guess = try VendorTable(path: input.path, sample: sample, limits: input.limits, encoding: mapping.encoding).guess(format)
            {
                return guess
            }
            mapping = try DialectSniffer(path: input.path, sample: sample).complete(mapping)
            reasons.append("delimiter: it splits the first rows into equally many fields")
            return try RoleGuess(path: input.path, columns: sample.delimitedColumns(mapping, path: input.path)).complete(mapping, reasons)
        }
    }
}

extension InputSample {
    /// More lines that are not UTF-8 than lines in which UTF-8 says something beyond ASCII.
    fileprivate var looksLikeWindows1252: Bool {
        var broken = 0
        var meaningful = 0
        for line in text.split(separator: 0x0A) where line.contains(where: { $0 >= 0x80 }) {
            let isText = line.withUnsafeBufferPointer { isUTF8($0.baseAddress!, 0, $0.count) }
            if isText { meaningful += 1 } else { broken += 1 }
        }
        return broken > meaningful
    }

    /// The columns of the first rows of delimited text.
    func delimitedColumns(_ mapping: ExportMapping, path: String) throws(ExportError) -> [ColumnSample] {
        var rows = records(mapping.dialect, limit: 2_000).rows
        guard let first = rows.first else {
            throw ExportError(.badData, place: path, reason: "it holds no rows", remedy: "export again, or give a mapping")
        }
        if mapping.header == false, let names = mapping.columns {
            return names.indices.map { index in
                ColumnSample(name: names[index], values: rows.map { index < $0.count ? $0[index] : [] })
            }
        }
        guard mapping.header == true else {
            throw ExportError(
                .ambiguous, place: path, reason: "the first row holds values, so the columns have no names to guess from",
                remedy:
                    "write `columns: [\((1...first.count).prefix(3).map { "NAME\($0)" }.joined(separator: ", ")), …]` into a mapping file and say which is what"
            )
        }
        rows.removeFirst()
        guard !rows.isEmpty || isWhole else {
            throw ExportError(
                .badData, place: "\(path), line 1", reason: "no line ends within the first \(text.count) bytes",
                remedy: "check that this is an export of rows, and its line ends; otherwise remove the long line")
        }
        guard !rows.isEmpty else {
            throw ExportError(.badData, place: path, reason: "it holds a header and no rows", remedy: "export again, or give a mapping")
        }
        return first.indices.map { index in
            ColumnSample(
                name: String(decoding: first[index], as: UTF8.self),
                values: rows.map { index < $0.count ? $0[index] : [] })
        }
    }

    /// The columns of the first lines of JSON.
    /// - Parameters:
    ///   - paths: which; nil for all there are.
    ///   - rows: the list whose elements are rows; nil where a line is one.
    func jsonColumns(_ limits: ExportLimits, paths: [String]? = nil, rows: String? = nil) -> [ColumnSample] {
        var bytes = text + [UInt8](repeating: 0x0A, count: InputWindow.padding)
        return bytes.withUnsafeMutableBufferPointer { buffer in
            var lines: [UnsafeBufferPointer<UInt8>] = []
            var start = 0
            for i in 0..<text.count where text[i] == 0x0A && lines.count < 1_000 {
                if i > start { lines.append(UnsafeBufferPointer(rebasing: buffer[start..<i])) }
                start = i + 1
            }
            if start < text.count, lines.count < 1_000 { lines.append(UnsafeBufferPointer(rebasing: buffer[start..<text.count])) }
            let lister = JSONLineParser(paths: [], maximumNesting: limits.maximumNesting)
            var names: [String] = []
            var known = Set<String>()
            if let paths {
                names = paths
            } else {
                for line in lines { for name in lister.paths(in: line) ?? [] where known.insert(name).inserted { names.append(name) } }
                names = Array(names.prefix(1_000))
            }
            let parser = JSONLineParser(paths: names, rows: rows, maximumNesting: limits.maximumNesting)
            let row = RowTexts(count: names.count)
            var columns = names.map { ColumnSample(name: $0, values: []) }
            func take() {
                for index in names.indices {
                    let text = row.texts[index]
                    columns[index].values.append(text.count > 0 ? Array(UnsafeBufferPointer(start: text.bytes, count: text.count)) : [])
                }
            }
            for line in lines where parser.parse(line, into: row) == nil {
                if rows == nil { take() }
                for index in 0..<(rows == nil ? 0 : parser.rowCount) where parser.parse(row: index, of: line, into: row) == nil { take() }
            }
            return columns
        }
    }
}
