extension CreditData {
    /// A table as a file would hold it, for whoever has rows and no file.
    package struct Table: Sendable {
        /// As the configuration names it; `applicants` for the applicants.
        package var name: String
        /// CSV with a header.
        package var text: [UInt8]
        /// Columns that the rows have beside those of the text. Nothing reads them, and those that are known only while the service runs are
        /// refused.
        package var unread: [String]

        /// A table.
        package init(name: String, text: [UInt8], unread: [String] = []) { (self.name, self.text, self.unread) = (name, text, unread) }
    }

    /// A row that cannot be read: here that is an error and no count.
    package struct RefusedRow: Error, Equatable {
        /// The table.
        package let table: String
        /// The line of its text on which the row begins, from 1.
        package let line: Int
        /// What was wrong, and what to do; no value.
        package let reason: String
    }

    /// Reads what a scoring reads of files: applicants and the tables before the decision, every one of which must be given.
    /// - Throws: as from files, and ``RefusedRow`` for the first row that cannot be read.
    package init(_ configuration: CreditConfiguration, _ given: [Table]) throws {
        try configuration.validate()
        var texts: [String: [UInt8]] = [:]
        for table in given {
            guard table.name == Self.applicants || configuration.tables.contains(where: { $0.name == table.name }) else {
                throw CreditConfiguration.bad("table \(table.name)", "the model has none of this name", "correct the name")
            }
            try Self.refuse(table: table.name, before: configuration)
            texts[table.name] = table.text
        }
        let reading = configuration.reading(service: false)
        func text(_ name: String) throws(ScorecardError) -> (path: String, text: [UInt8]) {
            guard let text = texts[name] else { throw .noFile(name: name) }
            return (name, text)
        }
        var tables: [(path: String, text: [UInt8])] = []
        for table in reading.tables { tables.append(try text(table.name)) }
        var reader = try FrameworkReader(reading)
        let examples = try reader.read(try text(Self.applicants), tables, nil, needsOutcomes: false)
        let columns = reader.headers.keys.sorted().flatMap { reader.headers[$0] ?? [] } + given.flatMap(\.unread)
        try Self.refuse(columns: columns, before: configuration)
        if let first = reader.refusals.first { throw RefusedRow(table: first.file, line: first.line, reason: first.reason) }
        guard examples.count > 0 else { throw ScorecardError.applicants("there are none; give some") }
        self.init(examples)
    }

    /// The table of decisions.
    package static let applicants = "applicants"

    /// Refuses a table that is known only while the service runs: a student decides before.
    static func refuse(table name: String, before configuration: CreditConfiguration) throws(ScorecardError) {
        let isKnown = configuration.tables.contains { $0.name == name }
        guard !isKnown || configuration.tablesBefore.contains(where: { $0.name == name }) else { throw .inServiceTable(name: name) }
    }

    /// Refuses columns that only tables of the service have.
    static func refuse(columns: [String], before configuration: CreditConfiguration) throws(StageDistillationError) {
        let (applicants, tables) = (configuration.applicants, configuration.tablesBefore)
        let before = tables.flatMap(\.columns) + applicants.categorical + applicants.numeric
        let service = configuration.tables.filter { table in !tables.contains { $0.name == table.name } }
        // A name that tables of both stages have tells nothing.
        let later = Set(service.flatMap(\.columns)).subtracting(before)
        let found = columns.filter(later.contains)
        guard found.isEmpty else { throw .inServiceFields(found) }
    }
}
