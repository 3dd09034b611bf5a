/// Tables as spreadsheets read and write them (RFC 4180), and what their cells must not do.
enum SheetText {
    /// Marks the file as UTF-8 for spreadsheets that would take it for something else.
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// One row with its end. Every cell is quoted, so that line breaks and separators in it are its own.
    static func row(_ cells: [String]) -> String {
        cells.map { "\"" + defused($0).replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",") + "\r\n"
    }

    /// A cell that no spreadsheet takes for a formula, also where the formula stands behind spaces: an apostrophe stands before it.
    static func defused(_ cell: String) -> String {
        guard let first = cell.unicodeScalars.first(where: { !$0.properties.isWhitespace }) else { return cell }
        let starts: [Unicode.Scalar] = ["=", "+", "-", "@", "|", "%", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"]
        let isUnsafe = starts.contains(first) || cell.first == "\t" || cell.first == "\r" || cell.first == "\r\n" || cell.first == "\n"
        return isUnsafe ? "'" + cell : cell
    }

    /// One row of a table as it was read.
    struct Row: Equatable {
        /// The line on which it begins, from 1.
        var line: Int
        var cells: [String]
    }

    /// The rows of a table; nil for the text after a quote that nobody closed. Commas, semicolons or tabs part the cells, whichever the
    /// first line has most of. Rows without a letter are left out.
    static func rows(of bytes: [UInt8]) -> (rows: [Row], openQuote: Int?) {
        var bytes = bytes[...]
        if bytes.starts(with: mark) { bytes = bytes.dropFirst(3) }
        let head = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        let separator = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09].max { a, b in head.count { $0 == a } < head.count { $0 == b } }!
        var rows: [Row] = []
        var cells: [String] = [], cell: [UInt8] = []
        var line = 1, start = 1, opened: Int?
        var isQuoted = false
        func text() -> String { String(decoding: cell, as: UTF8.self) }
        func endRow() {
            cells.append(text())
            if cells.contains(where: { $0.contains { !$0.isWhitespace } }) { rows.append(Row(line: start, cells: cells)) }
            (cells, cell) = ([], [])
        }
        var place = bytes.startIndex
        while place < bytes.endIndex {
            let byte = bytes[place]
            let next = place + 1 < bytes.endIndex ? bytes[place + 1] : nil
            if byte == 0x0A || (byte == 0x0D && next != 0x0A) { line += 1 }
            if isQuoted {
                if byte == UInt8(ascii: "\""), next == UInt8(ascii: "\"") {
                    cell.append(byte)
                    place += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                    opened = nil
                } else {
                    cell.append(byte)
                }
            } else if byte == UInt8(ascii: "\""), cell.isEmpty {
                isQuoted = true
                opened = line
            } else if byte == separator {
                cells.append(text())
                cell = []
            } else if byte == 0x0A || byte == 0x0D {
                if byte == 0x0D, next == 0x0A {
                    place += 1
                    line += 1
                }
                endRow()
                start = line
            } else {
                cell.append(byte)
            }
            place += 1
        }
        if opened == nil, !cell.isEmpty || !cells.isEmpty { endRow() }
        return (rows, opened)
    }
}
