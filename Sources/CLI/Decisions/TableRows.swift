internal import DurableFiles
internal import EventStream
internal import Recommendation

/// The rows of a table by the value of one column, as text that reads back the same: what a decision keeps of the table.
struct TableRows {
    /// The table as it is read: names of columns, then rows.
    private let header: String
    private let rows: [String: [String]]
    private let others: [String: [String]]

    /// Reads a table.
    /// - Parameters:
    ///   - key: the column that says whose a row is.
    ///   - other: a column of which the first value for each key is kept.
    init(_ path: String, key: String, other: String? = nil) throws {
        let table = try DelimitedTable(path, needed: key)
        let (column, second) = (try table.require(key), other.flatMap { table.column($0) })
        header = table.names.map(CSVText.quoted).joined(separator: ",") + "\n"
        var found: [String: [String]] = [:]
        var others: [String: [String]] = [:]
        var rejects = RejectedRows()
        table.rows(&rejects) { row, _ in
            let text = table.names.indices.map { CSVText.quoted(row.text($0)) }.joined(separator: ",") + "\n"
            found[row.text(column), default: []].append(text)
            if let second { others[row.text(column), default: []].append(row.text(second)) }
        }
        (rows, self.others) = (found, others)
    }

    /// The header and the rows of one key; the header alone where there are none.
    func text(_ key: String) -> String { header + (rows[key]?.joined() ?? "") }

    /// The other column's first value for a key.
    func other(_ key: String) -> String? { others[key]?.first }
}
