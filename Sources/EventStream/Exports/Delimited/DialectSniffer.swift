/// Finds out how delimited text is written, from its beginning: the dialect in which most records have the same number of fields.
struct DialectSniffer {
    let path: String
    let sample: InputSample

    /// The mapping with delimiter, quote, escape and header filled in where it leaves them open.
    func complete(_ mapping: ExportMapping) throws(ExportError) -> ExportMapping {
        var mapping = mapping
        let dialect = try sniff(mapping)
        mapping.delimiter = String(UnicodeScalar(dialect.delimiter))
        mapping.quote = dialect.quote == 0 ? "" : String(UnicodeScalar(dialect.quote))
        if dialect.escape != 0 { mapping.escape = String(UnicodeScalar(dialect.escape)) }
        mapping.format = dialect.delimiter == 0x09 ? .tsv : .csv
        if mapping.header == nil { mapping.header = hasHeader(mapping, sample.records(dialect, limit: 50).rows) }
        return mapping
    }

    private func sniff(_ mapping: ExportMapping) throws(ExportError) -> DelimitedDialect {
        let delimiters: [UInt8] =
            mapping.delimiter.map { [$0.utf8.first!] } ?? (mapping.format == .tsv ? [0x09] : [0x2C, 0x3B, 0x09, 0x7C])
        let quotes: [UInt8] = mapping.quote.map { [$0.utf8.first ?? 0] } ?? [0x22, 0, 0x27]
        let escapes: [UInt8] = mapping.escape.map { [$0.utf8.first ?? 0] } ?? (holdsEscapedQuote ? [0, 0x5C] : [0])
        var best: (score: Double, width: Int, dialect: DelimitedDialect)?
        var rival: UInt8?
        for delimiter in delimiters {
            for quote in quotes where mapping.quote != nil || isPlausible(quote, delimiter) {
                for escape in escapes {
                    let dialect = DelimitedDialect(delimiter: delimiter, quote: quote, escape: escape)
                    let (score, width) = fitness(dialect)
                    if let known = best, score < known.score || (score == known.score && width <= known.width) {
                        if score == known.score, width == known.width, width > 1, delimiter != known.dialect.delimiter { rival = delimiter }
                        continue
                    }
                    best = (score, width, dialect)
                    rival = nil
                }
            }
        }
        if let rival, let best {
            func name(_ byte: UInt8) -> String { byte == 0x09 ? "tab" : "`\(UnicodeScalar(byte))`" }
            throw ExportError(
                .ambiguous, place: path, reason: "\(name(best.dialect.delimiter)) and \(name(rival)) split the rows equally well",
                remedy: "write `delimiter: \"…\"` into the mapping")
        }
        return best!.dialect
    }

    /// Share of records with the commonest number of fields, and that number. One field is no structure and scores nothing.
    private func fitness(_ dialect: DelimitedDialect) -> (Double, Int) {
        let (rows, faults) = sample.records(dialect, limit: 200)
        var widths: [Int: Int] = [:]
        for row in rows { widths[row.count, default: 0] += 1 }
        guard let (width, count) = widths.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }), width > 1 else { return (0, 1) }
        return (Double(count) / Double(rows.count + faults), width)
    }

    private var holdsEscapedQuote: Bool { zip(sample.text, sample.text.dropFirst()).contains { $0 == 0x5C && $1 == 0x22 } }

    /// Double quotes are given up only for a clear reason: a broken row at the beginning must not turn the quotes of all later rows
    /// into characters. Tab-separated text is often written without any.
    private func isPlausible(_ quote: UInt8, _ delimiter: UInt8) -> Bool {
        switch quote {
        case 0x27: return holdsSingleQuotes(delimiter)
        case 0:
            let (rows, faults) = sample.records(DelimitedDialect(delimiter: delimiter), limit: 200)
            return delimiter == 0x09 ? faults > 0 : faults >= max(3, rows.count / 10)
        default: return true
        }
    }

    private func holdsSingleQuotes(_ delimiter: UInt8) -> Bool {
        var hits = 0
        for (a, b) in zip(sample.text.prefix(1 << 16), sample.text.prefix(1 << 16).dropFirst()) where b == 0x27 && a == delimiter {
            hits += 1
        }
        return hits >= 2
    }

    private func hasHeader(_ mapping: ExportMapping, _ rows: [[[UInt8]]]) -> Bool {
        guard let first = rows.first else { return true }
        let names = first.map { String(decoding: $0, as: UTF8.self) }
        if let columns = mapping.columns { return names == columns }
        let wanted = Set(RowAssembler(mapping).columns)
        if !wanted.isDisjoint(with: names) { return true }
        if wanted.contains(where: { $0.hasPrefix("column") && Int($0.dropFirst(6)) != nil }) { return false }
        return !first.contains { isValue($0) }
    }

    /// A number or a date: nothing that names a column.
    private func isValue(_ cell: [UInt8]) -> Bool {
        cell.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            let text = TextSlice(base, bytes.count)
            if decimalNumber(text) != nil { return true }
            return EventTime.readISO8601(text, 0) != .fault(.badTime)
        }
    }
}
