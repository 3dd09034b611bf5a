extension FrameworkConfiguration {
    /// Refuses what cannot be meant: names used twice, tables in no history, and columns that would tell the outcome.
    public func validate() throws(FrameworkError) {
        try network.validate()
        guard !tables.isEmpty, tables.count <= 64 else { throw Self.bad("tables", "\(tables.count) of them", "name 1 to 64") }
        try Self.refuseTwice(tables.map(\.name), "tables")
        for table in tables { try validate(table) }
        try validateApplicants()
        var used: [String] = []
        for (place, history) in sequences.enumerated() {
            let entry = "histories[\(place)]"
            guard !history.tables.isEmpty else { throw Self.bad(entry, "it has no tables", "name those whose records it holds") }
            for name in history.tables where !tables.contains(where: { $0.name == name }) {
                throw Self.bad(entry, "there is no table \"\(name)\"", "name one of the tables")
            }
            used += history.tables
            // Attention keeps a float for each pair of items.
            for (name, value) in [("items", history.items), ("records", history.records)] {
                guard (1...4_096).contains(value) else { throw Self.bad("\(entry).\(name)", "not possible", "give 1 to 4096") }
            }
            guard history.pause.map({ $0.isFinite && (0...3e9).contains($0) }) ?? true else {
                throw Self.bad("\(entry).pause", "not possible", "give seconds between 0 and 3e9")
            }
        }
        try Self.refuseTwice(used, "histories")
        if let left = tables.first(where: { !used.contains($0.name) }) {
            throw Self.bad("histories", "none holds the table \"\(left.name)\"", "add it to one, or remove the table")
        }
    }

    private func validate(_ table: Table) throws(FrameworkError) {
        let entry = "tables.\(table.name)"
        guard !table.name.isEmpty else { throw Self.bad("tables", "one has no name", "name it") }
        // A column may be a category and a number at once: a status that is also a count of months.
        for names in [table.categorical, table.numeric, table.times, table.vectors.map(\.name)] { try Self.refuseTwice(names, entry) }
        guard table.fieldCount <= 1_000 else { throw Self.bad(entry, "it has more than 1000 fields", "leave some out") }
        for vector in table.vectors {
            guard (1...4_096).contains(vector.columns.count) else {
                throw Self.bad("\(entry).vectors.\(vector.name)", "\(vector.columns.count) columns", "name 1 to 4096")
            }
        }
        for column in table.columns where column == table.key {
            throw Self.bad(entry, "the key is also a field", "leave it out: it would make every customer a category of his own")
        }
    }

    private func validateApplicants() throws(FrameworkError) {
        let own = applicants, features = own.categorical + own.numeric
        for names in [own.categorical, own.numeric] { try Self.refuseTwice(names, "applicants") }
        for name in features where name == own.outcome || name == own.outcomeTime {
            throw Self.bad("applicants", "the outcome is also a feature", "leave \"\(name)\" out of the features")
        }
        for name in features where name == own.key || name == own.customer {
            throw Self.bad("applicants", "the key is also a feature", "leave \"\(name)\" out of the features")
        }
        guard own.outcome == nil || own.outcome != own.decision else {
            throw Self.bad("applicants.outcome", "it is the decision's time", "name the column of what became of it")
        }
    }

    static func bad(_ entry: String, _ reason: String, _ remedy: String) -> FrameworkError {
        .configuration(entry: entry, reason: reason, remedy: remedy)
    }

    private static func refuseTwice(_ names: [String], _ entry: String) throws(FrameworkError) {
        var seen = Set<String>()
        for name in names where !seen.insert(name).inserted { throw bad(entry, "\"\(name)\" is there twice", "name it once") }
    }
}

extension FrameworkConfiguration.Table {
    /// Columns that are read as fields.
    var columns: [String] { categorical + numeric + times + vectors.flatMap(\.columns) }
    /// Fields as they are written in the configuration.
    var fieldCount: Int { categorical.count + numeric.count + times.count + vectors.count }
}
