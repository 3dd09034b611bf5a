internal import EventStream

/// A small table with a header: comma, semicolon, tab or pipe between the fields, quotes as in RFC 4180; plain, gzip or zstd.
///
/// For tables beside an export (tiles, customers, impressions), which are read whole.
package struct DelimitedTable: Sendable {
    /// The file as it was named.
    package let path: String
    /// The columns' names.
    package let names: [String]
    private let bytes: [UInt8]
    private let delimiter: UInt8

    /// Reads a file; `-` is standard input.
    /// - Parameter needed: a column that must be there: it tells the delimiter.
    package init(_ path: String, needed: String) throws(TableError) {
        let text: [UInt8]
        do { text = try ExportInput(path: path).wholeText() } catch { throw .input(error) }
        try self.init(text, path: path, needed: needed)
    }

    /// Reads from memory; `path` is the name in messages.
    package init(_ text: [UInt8], path: String, needed: String) throws(TableError) {
        let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
        let found = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")].compactMap { delimiter in
            var table = TableText(text, delimiter: delimiter)
            let names = table.next()?.fields?.map { String(decoding: $0, as: UTF8.self) }
            return names.flatMap { names in names.contains(needed) ? (delimiter, names) : nil }
        }
        guard let (delimiter, names) = found.max(by: { $0.1.count < $1.1.count }) else {
            // The first line may be data and not a header; then it is not to be shown.
            throw .badHeader(
                file: path, reason: "there is no column `\(needed)`", remedy: "name the columns in the first line, as the help says")
        }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw .badHeader(file: path, reason: "column \(twice + 1) has the name of an earlier one", remedy: "name each column once")
        }
        (self.path, self.names, bytes, self.delimiter) = (path, names, text, delimiter)
    }

    /// Where a column stands, or nil.
    package func column(_ name: String) -> Int? { names.firstIndex(of: name) }

    /// Where a column stands that must be there.
    package func require(_ name: String) throws(TableError) -> Int {
        guard let column = column(name) else {
            throw .badHeader(file: path, reason: "there is no column `\(name)`", remedy: "add it, or say in the mapping how it is called")
        }
        return column
    }

    /// One row.
    package struct Row {
        /// The line on which it starts, from 1.
        package let line: Int
        private let fields: [ArraySlice<UInt8>]

        fileprivate init(_ line: Int, _ fields: [ArraySlice<UInt8>]) { (self.line, self.fields) = (line, fields) }

        /// The text of a column, empty where the column is missing.
        package func text(_ column: Int?) -> String { column.map { String(decoding: fields[$0], as: UTF8.self) } ?? "" }
        /// True where the field is empty.
        package func isEmpty(_ column: Int) -> Bool { fields[column].isEmpty }
        /// The finite number of a column; nil where it is none.
        package func number(_ column: Int) -> Double? { DelimitedTable.number(text(column)) }
        /// The whole number of a column; nil where it is none.
        package func integer(_ column: Int) -> Int64? { Int64(text(column)) }
    }

    /// No feature is larger; squares and sums of what is smaller stay finite, in single precision too.
    static let greatestNumber = 1e18

    /// A number of at most ``greatestNumber``, or nil.
    package static func number(_ text: String) -> Double? {
        guard let value = Double(text), value.magnitude <= greatestNumber else { return nil }
        return value
    }

    /// Gives the rows in their order; those that are none go to `rejects`.
    package func rows(_ rejects: inout RejectedRows, _ body: (Row, inout RejectedRows) -> Void) {
        var table = TableText(bytes, delimiter: delimiter)
        _ = table.next()
        while let record = table.next() {
            guard let fields = record.fields else {
                rejects.record(.badQuoting, file: path, line: record.line, "expected quotes around a whole field, doubled inside")
                continue
            }
            guard fields.count == names.count else {
                rejects.record(
                    .wrongFieldCount, file: path, line: record.line, "\(fields.count) fields, the header has \(names.count)")
                continue
            }
            guard fields.allSatisfy({ String(validating: $0, as: UTF8.self) != nil }) else {
                rejects.record(.invalidText, file: path, line: record.line, "expected UTF-8")
                continue
            }
            body(Row(record.line, fields), &rejects)
        }
    }
}

/// How a table writes a time.
public enum TableTimeUnit: String, Sendable, Codable, CaseIterable {
    /// Seconds since 1970 UTC.
    case seconds = "s"
    /// Milliseconds since 1970 UTC.
    case milliseconds = "ms"
    /// Microseconds since 1970 UTC.
    case microseconds = "us"

    /// Microseconds since 1970 of a whole number in this unit; nil where there is none or it lies more than 9,000 years away.
    package func microseconds(_ value: Int64?) -> Int64? {
        let factor: Int64 =
            switch self {
            case .seconds: 1_000_000
            case .milliseconds: 1_000
            case .microseconds: 1
            }
        guard let value, value.magnitude <= 300_000_000_000_000_000 / factor.magnitude else { return nil }
        return value * factor
    }
}
