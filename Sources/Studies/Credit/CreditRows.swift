internal import DurableFiles
internal import EventStream

/// Rows of a comma-separated table with a header, read one after the other: for tables of which all rows are wanted.
struct CreditRows: Sendable {
    let path: String
    let names: [String]
    private let bytes: [UInt8]

    /// One row.
    struct Row {
        fileprivate let fields: [ArraySlice<UInt8>]

        func text(_ column: Int) -> String { String(decoding: fields[column], as: UTF8.self) }

        func bytes(_ column: Int) -> ArraySlice<UInt8> { fields[column] }

        func isEmpty(_ column: Int) -> Bool { fields[column].isEmpty }

        /// NaN where there is nothing; nil for what is no number.
        func number(_ column: Int) -> Double? { fields[column].isEmpty ? .nan : Double(text(column)) }

        /// A whole number; nil for what is none.
        func whole(_ column: Int) -> Int64? {
            var (value, isNegative): (Int64, Bool) = (0, false)
            guard (1...19).contains(fields[column].count) else { return nil }
            for (place, byte) in fields[column].enumerated() {
                if place == 0, byte == UInt8(ascii: "-"), fields[column].count > 1 {
                    isNegative = true
                    continue
                }
                guard (0x30...0x39).contains(byte), value < 100_000_000_000_000_000 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return isNegative ? -value : value
        }
    }

    /// - Throws: ``StudyError/badTable(file:line:reason:)`` for a file that cannot be read or has no header.
    init(_ path: String, in fileSystem: FileSystem) throws(StudyError) {
        do throws(ExportError) {
            try self.init(path, text: ExportInput(path: path, in: fileSystem).wholeText())
        } catch {
            throw .badTable(file: path, line: 1, reason: error.description)
        }
    }

    init(_ path: String, text: [UInt8]) {
        var table = TableText(text, delimiter: UInt8(ascii: ","))
        (self.path, bytes) = (path, text)
        names = table.next()?.fields?.map { String(decoding: $0, as: UTF8.self) } ?? []
    }

    /// Where a column stands.
    func column(_ name: String) throws(StudyError) -> Int {
        guard let place = names.firstIndex(of: name) else {
            throw .badTable(file: path, line: 1, reason: "there is no column \(name)")
        }
        return place
    }

    /// - Throws: what `body` throws, and ``StudyError/badTable(file:line:reason:)`` for a row of another length.
    func forEach(_ body: (_ line: Int, _ row: Row) throws -> Void) throws {
        var table = TableText(bytes, delimiter: UInt8(ascii: ","))
        _ = table.next()
        while let record = table.next() {
            guard let fields = record.fields, fields.count == names.count else {
                throw StudyError.badTable(
                    file: path, line: record.line, reason: "the row has not \(names.count) fields, as the header has")
            }
            try body(record.line, Row(fields: fields))
        }
    }
}
