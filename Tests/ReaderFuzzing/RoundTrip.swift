import EventStream

extension Exports {
    /// The bytes are fields and rows; written down in a dialect by the obvious rules they must be read back as they were.
    static let roundTrip: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 2 else { return }
        let delimiter: UInt8 = [0x2C, 0x3B, 0x09, 0x7C, 0x20, 0x01][Int(bytes[0]) % 6]
        let quote: UInt8 = [0x22, 0x27][Int(bytes[0] / 6) % 2]
        let escape: UInt8 = bytes[0] & 128 == 0 ? 0 : 0x5C
        let lineEnd: [UInt8] = [[0x0A], [0x0D, 0x0A], [0x0D]][Int(bytes[1]) % 3]
        let endsWell = bytes[1] & 128 == 0
        let isAlwaysQuoted = bytes[1] & 64 == 0

        // 0xFE ends a field and 0xFF a row; three fields make a row. Neither byte occurs in UTF-8.
        var rows: [[[UInt8]]] = []
        for row in bytes.dropFirst(2).split(separator: 0xFF, omittingEmptySubsequences: false).prefix(40) {
            var fields = row.split(separator: 0xFE, omittingEmptySubsequences: false).prefix(3).map { part in
                // Only what text may hold: a broken character or a zero byte is refused, which other targets look at.
                Array(String(decoding: part.filter { $0 != 0 }, as: UTF8.self).utf8)
            }
            while fields.count < 3 { fields.append([]) }
            // Without a visitor a row is refused.
            fields[0] = Array("v".utf8) + fields[0]
            rows.append(fields)
        }

        var text: [UInt8] = []
        for (index, row) in rows.enumerated() {
            for (place, field) in row.enumerated() {
                if place > 0 { text.append(delimiter) }
                let needsQuotes = field.contains { $0 == delimiter || $0 == quote || $0 == 0x0A || $0 == 0x0D }
                let isQuoted = needsQuotes || isAlwaysQuoted
                if isQuoted { text.append(quote) }
                for byte in field {
                    if byte == escape, escape != 0 {
                        text.append(escape)
                    } else if byte == quote, isQuoted {
                        text.append(escape == 0 ? quote : escape)
                    }
                    text.append(byte)
                }
                if isQuoted { text.append(quote) }
            }
            if index + 1 < rows.count || endsWell { text += lineEnd }
        }

        var mapping = ExportMapping()
        mapping.format = .csv
        mapping.delimiter = String(decoding: [delimiter], as: UTF8.self)
        mapping.quote = String(decoding: [quote], as: UTF8.self)
        // Left open, an escape would be guessed from backslashes before quotes.
        mapping.escape = escape == 0 ? "" : "\\"
        mapping.header = false
        mapping.columns = ["a", "b", "c"]
        mapping.visitor = "a"
        mapping.missing = []
        mapping.fields = [.init(name: "b", kind: .text), .init(name: "c", kind: .text)]
        let reading = agreed(text, mapping, rowBytes: 1 << 20)
        promise(reading.error == nil, "written by the rules and refused: \(reading.error ?? "")")
        promise(reading.rejectCount == 0, "a row written by the rules is refused: \(reading.rejects)")
        let found = reading.rows.map { row in
            [row.visitor ?? []]
                + row.fields.map { field in
                    if case .text(let text) = field { return text ?? [] }
                    return []
                }
        }
        promise(found == rows, "written \(rows), read \(found)")
    }
}
