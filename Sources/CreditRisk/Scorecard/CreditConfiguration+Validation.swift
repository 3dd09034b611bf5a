extension CreditConfiguration {
    /// Names of files that are no table's.
    static let ownFiles = ["applicants", "outcomes", "operations", "oldApplicants", "oldOutcomes"]

    /// Refuses what cannot be meant: files without a table, columns that are not read, and settings of another preset's kind.
    /// - Throws: ``ScorecardError/configuration(entry:reason:remedy:)``, ``FrameworkError``, ``IntentionHabitError``,
    ///   ``StageDistillationError`` or ``RiskReportError``.
    public func validate() throws {
        for table in tables where Self.ownFiles.contains(table.name) {
            throw Self.bad("tables", "a table is called \"\(table.name)\"", "give it another name: this one is of a file")
        }
        try reading(service: true).validate()
        for name in files.keys.sorted() where !Self.ownFiles.contains(name) && !tables.contains(where: { $0.name == name }) {
            throw Self.bad(
                "files.\(name)", "it is neither a table nor one of \(Self.ownFiles.joined(separator: ", "))", "correct the name")
        }
        guard [.boostedTrees, .logisticRegression].contains(business.kind) else {
            throw Self.bad("business.kind", "it has no terms that add up to its score", "choose boostedTrees or logisticRegression")
        }
        guard (2...20).contains(business.folds) else { throw Self.bad("business.folds", "not possible", "give 2 to 20") }
        guard (1...20).contains(business.seeds) else { throw Self.bad("business.seeds", "not possible", "give 1 to 20") }
        guard (1...1_000).contains(business.forestTrees) else {
            throw Self.bad("business.forestTrees", "not possible", "give 1 to 1,000")
        }
        guard (1...1_000_000).contains(business.leastCustomers) else {
            throw Self.bad("business.leastCustomers", "not possible", "give 1 to 1,000,000")
        }
        guard seed <= UInt64(UInt32.max) - 20 else { throw Self.bad("seed", "it is too large", "give one below 4,294,967,276") }
        _ = try scale
        try validatePreset()
    }

    /// How probabilities become points.
    public var scale: PointsScale {
        get throws {
            try PointsScale(baseScore: points.baseScore, baseOdds: points.baseOdds, pointsToDouble: points.pointsToDouble)
        }
    }

    private func validatePreset() throws {
        switch preset {
        case .framework:
            if stages != nil { throw Self.bad("stages", "the preset framework has none", "remove them, or choose the preset mgkd") }
        case .huihen:
            try huihen.validate()
            guard let behaviours else { throw Self.bad("behaviours", "they are missing", "name the table and its column of codes") }
            guard tables.count == 1, let table = tables.first, table.name == behaviours.table else {
                throw Self.bad("behaviours.table", "huihen reads one table, that of the behaviours", "name it, and no other table")
            }
            for name in [behaviours.code, behaviours.category].compactMap({ $0 }) where !table.categorical.contains(name) {
                throw Self.bad("behaviours", "\"\(name)\" is no categorical field of its table", "name it there, too")
            }
            if let amount = behaviours.amount, !table.numeric.contains(amount) {
                throw Self.bad("behaviours.amount", "\"\(amount)\" is no numeric field of its table", "name it there, too")
            }
            let features = applicants.categorical + applicants.numeric
            for name in groups.device + groups.item where !features.contains(name) {
                throw Self.bad("groups", "\"\(name)\" is no feature of the applicants", "name it there, too, or leave it out")
            }
            for name in groups.device where groups.item.contains(name) {
                throw Self.bad("groups", "\"\(name)\" is of the device and of the product", "leave it in one")
            }
        case .mgkd:
            try mgkd.validate()
            guard let stages, !stages.service.isEmpty else {
                throw Self.bad("stages.service", "no table is known while the service runs", "name those that teachers alone may read")
            }
            for name in stages.service where !tables.contains(where: { $0.name == name }) {
                throw Self.bad("stages.service", "there is no table \"\(name)\"", "name one of the tables")
            }
            if let name = stages.granted, !tables.contains(where: { $0.name == name }) {
                throw Self.bad("stages.granted", "there is no table \"\(name)\"", "name the table that says when the service was granted")
            }
            if let name = stages.granted, stages.service.contains(name) {
                throw Self.bad(
                    "stages.granted", "\"\(name)\" is a table of the service, too",
                    "leave it in one; of a table of grants only the time is read")
            }
            guard stages.closes > 0, stages.closes <= stages.outcomesFrom, stages.outcomesFrom <= 36_500 else {
                throw Self.bad("stages.closes", "the window closes after outcomes begin to count", "give days from 1 to outcomesFrom")
            }
            if let table = tables.first(where: { !$0.vectors.isEmpty }) {
                throw Self.bad("tables.\(table.name).vectors", "mgkd reads none", "leave them out, or choose the preset framework")
            }
        }
    }

    static func bad(_ entry: String, _ reason: String, _ remedy: String) -> ScorecardError {
        .configuration(entry: entry, reason: reason, remedy: remedy)
    }
}
