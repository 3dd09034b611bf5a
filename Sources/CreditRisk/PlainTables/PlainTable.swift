public import DurableFiles
internal import EventStream

/// What is meant by the columns of a plain table.
public struct PlainTableSettings: Sendable, Equatable {
    /// Column of what became of an applicant.
    public var target: String
    /// Its value that counts as 1; nil for the one that says so (1 beside 0, yes, true, bad, default and the like), or else the rarer of two.
    public var positive: String?
    /// Column of the time of the decision; it orders rows and is no feature. Nil for none.
    public var time: String?
    /// What stands for a missing value, beside an empty field.
    public var missing: Set<String> = ["NA", "N/A", "na", "n/a", "NaN", "nan", "NULL", "null", "?"]
    /// Rows of either outcome that are needed (20).
    public var leastOfEach = 20

    /// See the properties.
    public init(target: String, positive: String? = nil, time: String? = nil) {
        (self.target, self.positive, self.time) = (target, positive, time)
    }
}

/// Takes: any delimited table with a header (comma, semicolon, tab or pipe; quotes as in RFC 4180; plain, gzip or zstd).   Gives: applicants as a
/// ``CreditTable``, each row a customer of its own.
///
/// A column whose values are all numbers is one of numbers, with a decimal comma where the delimiter is another; any other is one of
/// categories. Where all but a few of many values are numbers, the few texts count as missing and are said in ``readAsMissing``. Columns
/// that describe no applicant are left out and said in ``leftOut``. Rows that cannot be read are counted in ``refused``.
public struct PlainTable: Sendable {
    /// Why a column is no feature.
    public enum Reason: String, Sendable, Equatable, Codable {
        /// All its values are missing.
        case empty
        /// All its values are the same, none is missing.
        case constant
        /// It names rows: (almost) all its texts differ, or it numbers them.
        case identifier
    }

    /// A row that was refused; it never holds the row's content.
    public struct Refusal: Sendable, Equatable {
        /// The line on which the row starts, from 1.
        public let line: Int
        /// What was wrong, and what to do.
        public let reason: String
    }

    /// The applicants, in the order of the file.
    public let table: CreditTable
    /// The value of the target that counts as 1.
    public let positive: String
    /// When each was decided, only to be compared with one another, `[B]`; nil without a column of times.
    public let times: [Double]?
    /// Columns that are no features, in the order of the file.
    public let leftOut: [(column: String, reason: Reason)]
    /// Texts among numbers that count as missing, by column.
    public let readAsMissing: [String: Int]
    /// Rows without an outcome: they are not among the applicants.
    public let withoutOutcome: Int
    /// Rows that could not be read.
    public let refused: Int
    /// The first 100 of them.
    public let refusals: [Refusal]

    /// Reads a file; `-` is standard input.
    /// - Throws: ``PlainTableError``.
    public init(_ path: String, _ settings: PlainTableSettings, in fileSystem: FileSystem = .live) throws(PlainTableError) {
        try self.init(text: Self.text(path, fileSystem), path: path, settings)
    }

    private static func text(_ path: String, _ fileSystem: FileSystem) throws(PlainTableError) -> [UInt8] {
        do throws(ExportError) { return try ExportInput(path: path, in: fileSystem).wholeText() } catch {
            throw PlainTableError(place: error.place, reason: error.reason, remedy: error.remedy)
        }
    }

    private static func header(_ text: [UInt8], _ path: String, _ target: String) throws(PlainTableError) -> DelimitedText {
        do throws(FrameworkError) { return try DelimitedText(text, path: path, needed: target) } catch {
            throw PlainTableError(error, path, "name each column once in the first line, and give the target's name as it stands there")
        }
    }

    private static func table(
        _ rows: [Int], _ outcomes: [Float], _ features: [CreditTable.Column], _ path: String
    ) throws(PlainTableError) -> CreditTable {
        do throws(CreditBaselineError) {
            return try CreditTable(customers: rows.map { UInt64($0) }, outcomes: outcomes, columns: features)
        } catch { throw PlainTableError(place: path, reason: error.description, remedy: "correct the table") }
    }

    /// Reads from memory; `path` is a name for messages.
    /// - Throws: ``PlainTableError``.
    public init(text: [UInt8], path: String, _ settings: PlainTableSettings) throws(PlainTableError) {
        let own = try Self.header(text, path, settings.target)
        var columns = [[String?]](repeating: [], count: own.names.count)
        var (refused, refusals) = (0, [Refusal]())
        own.rows { row throws(DelimitedText.Fault) in
            for column in columns.indices {
                let text = String(PlainColumns.trimmed(row.text(column)))
                columns[column].append(text.isEmpty || settings.missing.contains(text) ? nil : text)
            }
        } refuse: { line, reason in
            refused += 1
            if refusals.count < 100 { refusals.append(Refusal(line: line, reason: reason)) }
        }
        let names = own.names.enumerated().map { $1.isEmpty ? "column \($0 + 1)" : $1 }
        try self.init(names: names, columns, path, decimalComma: own.delimiter != UInt8(ascii: ","), settings, refused, refusals)
    }

    /// From texts, for tables without a header.
    /// - Parameters:
    ///   - names: of the columns, each once.
    ///   - columns: `[C][B]`; nil where missing.
    /// - Throws: ``PlainTableError``.
    public init(names: [String], columns: [[String?]], _ settings: PlainTableSettings) throws(PlainTableError) {
        guard names.count == columns.count, Set(columns.map(\.count)).count < 2, Set(names).count == names.count else {
            throw PlainTableError(
                place: "table", reason: "columns have different lengths, or names do not fit them",
                remedy: "give each column a name of its own and a value for each row")
        }
        try self.init(names: names, columns, "table", decimalComma: false, settings, 0, [])
    }

    private init(
        names: [String], _ columns: [[String?]], _ path: String, decimalComma: Bool, _ settings: PlainTableSettings, _ refused: Int,
        _ refusals: [Refusal]
    ) throws(PlainTableError) {
        func place(_ name: String, _ what: String) throws(PlainTableError) -> Int {
            guard let place = names.firstIndex(of: name) else {
                throw PlainTableError(
                    place: path, reason: "there is no column `\(name)` for the \(what)",
                    remedy: "give the column's name as the first line has it")
            }
            return place
        }
        let target = try place(settings.target, "target")
        let outcome = try PlainOutcome(columns[target], settings, path)
        let rows = outcome.values.indices.filter { !outcome.values[$0].isNaN }
        var used: Set<Int> = [target]
        if let time = settings.time {
            let column = try place(time, "time")
            guard column != target else {
                throw PlainTableError(place: path, reason: "one column is both target and time", remedy: "name two")
            }
            used.insert(column)
            times = try PlainTimes.read(rows.map { columns[column][$0] }, name: time, path)
        } else {
            times = nil
        }
        var (features, leftOut, readAsMissing) = ([CreditTable.Column](), [(column: String, reason: Reason)](), [String: Int]())
        for column in columns.indices where !used.contains(column) {
            switch PlainColumns.read(rows.map { columns[column][$0] }, name: names[column], decimalComma: decimalComma) {
            case .leftOut(let reason): leftOut.append((names[column], reason))
            case .feature(let feature, let unread):
                features.append(feature)
                if unread > 0 { readAsMissing[names[column]] = unread }
            }
        }
        guard !features.isEmpty else {
            throw PlainTableError(
                place: path, reason: "beside the target no column describes an applicant",
                remedy: "add columns that are neither constant nor different in every row")
        }
        table = try Self.table(rows, rows.map { outcome.values[$0] }, features, path)
        (positive, self.leftOut, self.readAsMissing) = (outcome.positive, leftOut, readAsMissing)
        (withoutOutcome, self.refused, self.refusals) = (outcome.values.count - rows.count, refused, refusals)
    }
}

/// Why a plain table cannot be read. No message holds a value of a row.
public struct PlainTableError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public let place: String
    /// What is wrong.
    public let reason: String
    /// What to do.
    public let remedy: String

    init(place: String, reason: String, remedy: String) { (self.place, self.reason, self.remedy) = (place, reason, remedy) }

    init(_ error: FrameworkError, _ path: String, _ remedy: String) {
        if case .table(_, _, let reason, _) = error {
            self.init(place: path, reason: reason, remedy: remedy)
        } else {
            self.init(place: path, reason: error.description, remedy: remedy)
        }
    }

    /// Place, reason, remedy.
    public var description: String { "\(place): \(reason); \(remedy)" }
}
