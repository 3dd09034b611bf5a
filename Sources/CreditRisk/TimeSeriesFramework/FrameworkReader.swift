public import DurableFiles
internal import EventStream

/// Raw delimited tables → ``FrameworkExamples``, by configuration alone: comma, semicolon, tab or pipe, quotes as in RFC 4180; plain, gzip
/// or zstd. Rows that cannot be read are refused, counted and shown by line, never dropped in silence.
public struct FrameworkReader: Sendable {
    /// A row that was refused; it never holds the row's content.
    public struct Refusal: Sendable, Equatable, CustomStringConvertible {
        /// The file as it was named.
        public let file: String
        /// The line on which the row starts, from 1.
        public let line: Int
        /// What was wrong, and what to do.
        public let reason: String

        /// `file:line: reason`.
        public var description: String { "\(file):\(line): \(reason)" }
    }

    private let configuration: FrameworkConfiguration
    /// The first 100 refused rows.
    public private(set) var refusals: [Refusal] = []
    /// All refused rows.
    public private(set) var refused = 0

    /// Reads what the configuration says.
    /// - Throws: ``FrameworkError/configuration(entry:reason:remedy:)``.
    public init(_ configuration: FrameworkConfiguration) throws(FrameworkError) {
        try configuration.validate()
        self.configuration = configuration
    }

    /// Outcomes of a file of their own that belong to no applicant.
    public private(set) var outcomesWithoutApplicant = 0
    /// Columns of each file by its path, whether they are read or not.
    public private(set) var headers: [String: [String]] = [:]

    /// Reads the applicants and all tables.
    /// - Parameters:
    ///   - outcomes: the file that has the columns of the outcome, by the applicants' key; nil where the applicants' file has them.
    ///   - tables: paths by the names of the configuration; `-` is standard input.
    ///   - needsOutcomes: whether the columns of the outcome must be there.
    /// - Throws: ``FrameworkError/table(name:row:reason:remedy:)`` for a file that cannot be read, or a column that it does not have.
    public mutating func read(
        applicants: String, outcomes: String? = nil, tables: [String: String], needsOutcomes: Bool = true,
        in fileSystem: FileSystem = .live
    ) throws(FrameworkError) -> FrameworkExamples {
        var texts: [(String, [UInt8])] = []
        for table in configuration.tables {
            guard let path = tables[table.name] else {
                throw .table(name: table.name, row: nil, reason: "no file is given for it", remedy: "name one")
            }
            texts.append((path, try Self.text(path, fileSystem)))
        }
        return try read(
            (applicants, try Self.text(applicants, fileSystem)), texts,
            outcomes.map { (path) throws(FrameworkError) in (path, try Self.text(path, fileSystem)) }, needsOutcomes: needsOutcomes)
    }

    /// Reads the applicants alone, with no record of any table: of former days, of which nothing else was kept.
    public mutating func read(
        applicants: String, outcomes: String?, in fileSystem: FileSystem = .live
    ) throws(FrameworkError) -> FrameworkExamples {
        let text = try Self.text(applicants, fileSystem)
        let known = try outcomes.map { (path) throws(FrameworkError) in (path, try Self.text(path, fileSystem)) }
        let own = try self.applicants(applicants, text, known, needsOutcomes: true)
        return try FrameworkExamples(configuration, own, configuration.tables.map { RecordTable($0) })
    }

    /// Reads from memory: names for messages, and texts.
    package mutating func read(
        _ applicants: (path: String, text: [UInt8]), _ tables: [(path: String, text: [UInt8])],
        outcomes: (path: String, text: [UInt8])? = nil
    ) throws(FrameworkError) -> FrameworkExamples { try read(applicants, tables, outcomes, needsOutcomes: true) }

    /// Reads from memory, where outcomes need not be there.
    mutating func read(
        _ applicants: (path: String, text: [UInt8]), _ tables: [(path: String, text: [UInt8])],
        _ outcomes: (path: String, text: [UInt8])?, needsOutcomes: Bool
    ) throws(FrameworkError) -> FrameworkExamples {
        let own = try self.applicants(applicants.path, applicants.text, outcomes, needsOutcomes: needsOutcomes)
        var records: [RecordTable] = []
        for (table, given) in zip(configuration.tables, tables) { records.append(try self.records(table, given.path, given.text)) }
        return try FrameworkExamples(configuration, own, records)
    }

    /// A file's text, unpacked.
    static func text(_ path: String, _ fileSystem: FileSystem) throws(FrameworkError) -> [UInt8] {
        do throws(ExportError) { return try ExportInput(path: path, in: fileSystem).wholeText() } catch {
            throw .table(name: error.place, row: nil, reason: error.reason, remedy: error.remedy)
        }
    }

    private mutating func applicants(
        _ path: String, _ text: [UInt8], _ given: (path: String, text: [UInt8])?, needsOutcomes: Bool
    ) throws(FrameworkError) -> ApplicantTable {
        let own = configuration.applicants
        let table = try DelimitedText(text, path: path, needed: own.key)
        headers[path] = table.names
        let key = try table.require(own.key), decision = try table.require(own.decision)
        let outcomes = try given.map { (given) throws(FrameworkError) in try knownOutcomes(given, of: table, key, decision) }
        let customer = try table.require(own.customer)
        func found(_ name: String?) throws(FrameworkError) -> Int? {
            guard let name, outcomes == nil, needsOutcomes || table.names.contains(name) else { return nil }
            return try table.require(name) as Int
        }
        let outcome = try found(own.outcome), outcomeTime = try found(own.outcomeTime)
        let categorical = try table.require(own.categorical), numeric = try table.require(own.numeric)
        let clock = DelimitedText.Clock(own.unit)
        var result = ApplicantTable(own)
        table.rows { row throws(DelimitedText.Fault) in
            let time = try row.time(decision, clock)
            guard let time else { throw .init("no time of the decision; give one") }
            var known = Float.nan
            // Whole numbers of a column with gaps are often written as 0.0 and 1.0.
            if let outcome { known = Float(try row.number(outcome, [])) }
            var values: [Double] = []
            for column in numeric { values.append(try row.number(column, [])) }
            var shown = try outcomeTime.flatMap { (column) throws(DelimitedText.Fault) in try row.time(column, clock) }
            if let other = outcomes?.row(row.text(key), time) { (known, shown) = (other.outcome, other.time) }
            let texts = categorical.map { row.category($0, []) }
            do throws(FrameworkError) {
                try result.append(
                    key: row.text(key), customer: customer.map(row.text), decision: time, outcome: known, outcomeTime: shown,
                    categorical: texts, numeric: values)
            } catch { throw .init(error) }
        } refuse: {
            refuse(path, $0, $1)
        }
        if let outcomes { outcomesWithoutApplicant = outcomes.without(result.keys, result.profile.times) }
        return result
    }

    /// Outcomes of a file of their own, for the decisions of a table of applicants. Rows that could be of several decisions are refused.
    private mutating func knownOutcomes(
        _ given: (path: String, text: [UInt8]), of applicants: DelimitedText, _ key: Int, _ decision: Int
    ) throws(FrameworkError) -> KnownOutcomes {
        let clock = DelimitedText.Clock(configuration.applicants.unit)
        var decisions: [String: Set<Int64>] = [:]
        applicants.rows { row throws(DelimitedText.Fault) in
            if let time = try row.time(decision, clock) { decisions[row.text(key), default: []].insert(time) }
        } refuse: { _, _ in
            // Told when the applicants themselves are read.
        }
        var faults: [(line: Int, reason: String)] = []
        let known = try KnownOutcomes(given.text, path: given.path, configuration.applicants, decisions, &faults)
        headers[given.path] = known.names
        for fault in faults { refuse(given.path, fault.line, fault.reason) }
        return known
    }

    private mutating func records(
        _ own: FrameworkConfiguration.Table, _ path: String, _ text: [UInt8]
    ) throws(FrameworkError) -> RecordTable {
        let table = try DelimitedText(text, path: path, needed: own.time)
        headers[path] = table.names
        let key = try table.require(own.key), time = try table.require(own.time)
        let categorical = try table.require(own.categorical), numeric = try table.require(own.numeric)
        let times = try table.require(own.times)
        var vectors: [[Int]] = []
        for vector in own.vectors { vectors.append(try table.require(vector.columns)) }
        let clock = DelimitedText.Clock(own.unit), missing = Set(own.missing)
        var result = RecordTable(own)
        table.rows { row throws(DelimitedText.Fault) in
            guard let known = try row.time(time, clock) else { throw .init("no time; give the time at which it was known") }
            var (numbers, moments, floats): ([Double], [Int64?], [[Float]?]) = ([], [], [])
            for column in numeric { numbers.append(try row.number(column, missing)) }
            for column in times { moments.append(missing.contains(row.text(column)) ? nil : try row.time(column, clock)) }
            for columns in vectors {
                var own: [Float] = []
                for column in columns { own.append(Float(try row.number(column, missing))) }
                floats.append(own.contains(where: \.isNaN) ? nil : own)
            }
            let texts = categorical.map { row.category($0, missing) }
            do throws(FrameworkError) {
                try result.append(
                    key: row.text(key), time: known, categorical: texts, numeric: numbers, times: moments, vectors: floats)
            } catch { throw .init(error) }
        } refuse: {
            refuse(path, $0, $1)
        }
        return result
    }

    private mutating func refuse(_ file: String, _ line: Int, _ reason: String) {
        refused += 1
        if refusals.count < 100 { refusals.append(Refusal(file: file, line: line, reason: reason)) }
    }
}
