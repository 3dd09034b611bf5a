internal import EventStream

/// A small table of plain texts with a header: what figures read that is no stream of events.
struct DelimitedTable {
    let names: [String]
    /// Row by row, as many texts as names.
    let rows: [[String]]
    private let path: String

    /// Reads a file, compressed or not. Quotes around a value are taken off; a value holds no delimiter, and several
    /// blanks part like one.
    init(_ path: String, delimiter: Character, names given: [String]? = nil) throws {
        let text = String(decoding: try ExportInput(path: path).wholeText(), as: UTF8.self)
        var lines = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: delimiter, omittingEmptySubsequences: delimiter == " ").map { value in
                value.count >= 2 && value.first == "\"" && value.last == "\"" ? String(value.dropFirst().dropLast()) : String(value)
            }
        }
        guard given != nil || !lines.isEmpty else { throw FigureError(code: 65, description: "\(path): it is empty") }
        let names = given ?? lines.removeFirst()
        if let row = lines.firstIndex(where: { $0.count != names.count }) {
            throw FigureError(code: 65, description: "\(path): row \(row + 1) has \(lines[row].count) values, not \(names.count)")
        }
        (self.names, rows, self.path) = (names, lines, path)
    }

    /// Texts of a column.
    func texts(_ name: String) throws -> [String] {
        guard let column = names.firstIndex(of: name) else {
            throw FigureError(code: 65, description: "\(path): there is no column \(name)")
        }
        return rows.map { $0[column] }
    }

    /// Numbers of a column.
    func numbers(_ name: String) throws -> [Float] {
        try texts(name).enumerated().map { row, text in
            guard let value = Float(text) else {
                throw FigureError(code: 65, description: "\(path): row \(row + 1) of \(name) is not a number")
            }
            return value
        }
    }
}
