internal import EventStream

/// A raw table with a header, read row by row.
struct DelimitedText {
    private let path: String
    /// Of the columns, in their order.
    let names: [String]
    /// What parts fields.
    let delimiter: UInt8
    private let bytes: [UInt8]

    /// Why a row is refused, and what to do.
    struct Fault: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
        /// The fault of a table that says how many rows it has: the line says where it is.
        init(_ error: FrameworkError) {
            switch error {
            case .table(_, _, let reason, let remedy), .applicant(_, let reason, let remedy): self.reason = "\(reason); \(remedy)"
            default: reason = error.description
            }
        }
    }

    /// - Parameter needed: a column that must be there: it tells the delimiter.
    init(_ text: [UInt8], path: String, needed: String) throws(FrameworkError) {
        let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
        let found = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")].compactMap { delimiter in
            var table = TableText(text, delimiter: delimiter)
            let names = table.next()?.fields?.map { String(decoding: $0, as: UTF8.self) }
            return names.flatMap { names in names.contains(needed) ? (delimiter, names) : nil }
        }
        guard let (delimiter, names) = found.max(by: { $0.1.count < $1.1.count }) else {
            // The first line may be data and not a header; then it is not to be shown.
            throw .table(
                name: path, row: nil, reason: "there is no column `\(needed)`",
                remedy: "name the columns in the first line, or say in the configuration how it is called")
        }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw .table(
                name: path, row: nil, reason: "column \(twice + 1) has the name of an earlier one", remedy: "name each column once")
        }
        (self.path, self.names, bytes, self.delimiter) = (path, names, text, delimiter)
    }

    /// Where a column stands that must be there.
    func require(_ name: String) throws(FrameworkError) -> Int {
        guard let column = names.firstIndex(of: name) else {
            throw .table(
                name: path, row: nil, reason: "there is no column `\(name)`",
                remedy: "add it, or say in the configuration how it is called")
        }
        return column
    }

    func require(_ name: String?) throws(FrameworkError) -> Int? {
        guard let name else { return nil }
        return try require(name) as Int
    }

    func require(_ names: [String]) throws(FrameworkError) -> [Int] {
        var result: [Int] = []
        for name in names { result.append(try require(name)) }
        return result
    }

    /// How times are read.
    struct Clock {
        private let time: EventTime

        init(_ unit: FrameworkConfiguration.TimeUnit) {
            let unit: ExportMapping.Time.Unit =
                switch unit {
                case .seconds: .seconds
                case .milliseconds: .milliseconds
                case .microseconds: .microseconds
                case .iso8601: .iso8601
                }
            time = EventTime(ExportMapping.Time(column: "", unit: unit, zone: "UTC"))
        }

        /// Microseconds since 1970; nil for what is no time between 1970 and 2262.
        func read(_ text: ArraySlice<UInt8>) -> Int64? {
            let outcome = text.withUnsafeBufferPointer { own in
                own.baseAddress.map { time.read(TextSlice($0, own.count)) }
            }
            guard case .microseconds(let time)? = outcome else { return nil }
            return time
        }
    }

    /// One row.
    struct Row {
        /// On which it starts, from 1.
        let line: Int
        fileprivate let fields: [ArraySlice<UInt8>]

        func text(_ column: Int) -> String { String(decoding: fields[column], as: UTF8.self) }

        /// Nil where missing.
        func category(_ column: Int, _ missing: Set<String>) -> String? {
            let text = text(column)
            return text.isEmpty || missing.contains(text) ? nil : text
        }

        /// NaN where missing.
        func number(_ column: Int, _ missing: Set<String>) throws(Fault) -> Double {
            let text = text(column)
            if text.isEmpty || missing.contains(text) { return .nan }
            guard let value = Double(text), value.isNaN || value.isFinite else {
                throw Fault("field \(column + 1) is no finite number; leave it empty where it is missing")
            }
            return value
        }

        /// Microseconds since 1970; nil where missing.
        func time(_ column: Int, _ clock: Clock) throws(Fault) -> Int64? {
            guard !fields[column].isEmpty else { return nil }
            guard let time = clock.read(fields[column]) else {
                throw Fault("field \(column + 1) is no time between 1970 and 2262; see `unit` in the configuration")
            }
            return time
        }
    }

    /// Gives the rows in their order; those that cannot be read go to `refuse` with their lines.
    func rows(_ body: (Row) throws(Fault) -> Void, refuse: (Int, String) -> Void) {
        var table = TableText(bytes, delimiter: delimiter)
        _ = table.next()
        while let record = table.next() {
            guard let fields = record.fields else {
                refuse(record.line, "quotes do not match; put them around a whole field, doubled inside")
                continue
            }
            guard fields.count == names.count else {
                refuse(record.line, "\(fields.count) fields, the header has \(names.count); give as many")
                continue
            }
            guard fields.allSatisfy({ String(validating: $0, as: UTF8.self) != nil }) else {
                refuse(record.line, "it is not UTF-8; convert the file")
                continue
            }
            do throws(Fault) { try body(Row(line: record.line, fields: fields)) } catch { refuse(record.line, error.reason) }
        }
    }
}
