internal import SequenceEmbedding

/// What a scorecard reads and how it is trained: one file names the raw tables, the fields, the decision and the outcome.
///
/// ```yaml
/// preset: framework
/// files: {applicants: applicants.csv, outcomes: outcomes.csv, bureau: bureau.csv}
/// applicants: {key: applicant_id, decision: decision_time_ms, unit: ms, outcome: overdue, numeric: [age], categorical: [channel]}
/// tables:
///   - {name: bureau, key: applicant_id, time: time_ms, unit: ms, categorical: [kind], numeric: [amount]}
/// ```
public struct CreditConfiguration: Codable, Sendable, Equatable {
    /// Which model reads the sequences.
    public enum Preset: String, Sendable, Codable, CaseIterable {
        /// The unified framework of time series: any tables.
        case framework
        /// The network of intentions and habits: one table of behaviours in the app (Guo et al., 2020).
        case huihen
        /// Stage distillation: a student before the service, taught by teachers that saw it (Liu et al., 2025).
        case mgkd
    }

    /// Which columns of a table say what was done in the app; for the preset `huihen`.
    public struct Behaviours: Codable, Sendable, Equatable {
        /// The table.
        public var table: String
        /// Its categorical column of raw codes.
        public var code: String
        /// Its categorical column of `itemClick`, `transformOperation`, `functionWidget` or `other`; nil where `files.operations` says it.
        public var category: String?
        /// Its numeric column of amounts, of money operations; nil where there is none.
        public var amount: String?

        private enum CodingKeys: String, CodingKey, CaseIterable { case table, code, category, amount }

        /// Table and code are needed; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            table = try values.decode(String.self, forKey: .table)
            code = try values.decode(String.self, forKey: .code)
            category = try values.decodeIfPresent(String.self, forKey: .category)
            amount = try values.decodeIfPresent(String.self, forKey: .amount)
        }
    }

    /// Which features of the applicants are of the device and of the product; all others are of the person. For the preset `huihen`.
    public struct Groups: Codable, Sendable, Equatable {
        /// Of the device.
        public var device: [String] = []
        /// Of the product applied for.
        public var item: [String] = []

        /// No groups.
        public init() {}

        private enum CodingKeys: String, CodingKey, CaseIterable { case device, item }

        /// Decodes what is present; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.device, into: &device)
            try values.read(.item, into: &item)
        }
    }

    /// Which tables are known only while the service runs, and until when they are read; for the preset `mgkd`.
    public struct Stages: Codable, Sendable, Equatable {
        /// Tables of the service: teachers read them, the model that scores never does.
        public var service: [String]
        /// A table whose first record from the decision on says when the service was granted; nil where none does, for the decision.
        public var granted: String?
        /// Days after the grant until which they are read (90).
        public var closes = 90
        /// Days after the grant from which an outcome counts (90).
        public var outcomesFrom = 90

        private enum CodingKeys: String, CodingKey, CaseIterable { case service, granted, closes, outcomesFrom }

        /// The tables are needed; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            service = try values.decode([String].self, forKey: .service)
            granted = try values.decodeIfPresent(String.self, forKey: .granted)
            try values.read(.closes, into: &closes)
            try values.read(.outcomesFrom, into: &outcomesFrom)
        }
    }

    /// The model that reads hand-made features and the score of the sequences.
    public struct Business: Codable, Sendable, Equatable {
        /// `boostedTrees` or `logisticRegression` (boostedTrees).
        public var kind = CreditBaselineKind.boostedTrees
        /// Parts of the customers for scores of sequences that saw nobody they score (3).
        public var folds = 3
        /// Models of other seeds that say how stable reasons are, itself among them (3).
        public var seeds = 3
        /// Customers learnt from that a value of a category needs for a column, and so a reason, of its own; rarer ones are pooled as "other", so
        /// that neither tells of single people (10).
        public var leastCustomers = 10
        /// Trees of the random forest that it is judged beside; all of them lie in the model's folder (100).
        public var forestTrees = 100

        /// The defaults.
        public init() {}

        private enum CodingKeys: String, CodingKey, CaseIterable { case kind, folds, seeds, leastCustomers, forestTrees }

        /// Decodes what is present; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.kind, into: &kind)
            try values.read(.folds, into: &folds)
            try values.read(.seeds, into: &seeds)
            try values.read(.leastCustomers, into: &leastCustomers)
            try values.read(.forestTrees, into: &forestTrees)
        }
    }

    /// How scores become probabilities.
    public enum Calibration: String, Sendable, Codable, CaseIterable {
        /// They are taken as they are.
        case none
        /// By slope and intercept.
        case platt
        /// By a rising function.
        case isotonic
    }

    /// Points of a scorecard; see ``PointsScale``.
    public struct Points: Codable, Sendable, Equatable {
        /// Points at the base odds (600).
        public var baseScore = 600.0
        /// Good to bad (50).
        public var baseOdds = 50.0
        /// Points that double the odds (20).
        public var pointsToDouble = 20.0

        /// The defaults.
        public init() {}

        private enum CodingKeys: String, CodingKey, CaseIterable { case baseScore, baseOdds, pointsToDouble }

        /// Decodes what is present; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.baseScore, into: &baseScore)
            try values.read(.baseOdds, into: &baseOdds)
            try values.read(.pointsToDouble, into: &pointsToDouble)
        }
    }

    /// Which model reads the sequences.
    public var preset = Preset.framework
    /// In words, what the outcome is, for the card.
    public var foretells = "overdue, as the file of outcomes has it"
    /// Paths by name: `applicants`, `outcomes` (where the applicants' file does not have them), each table's, `operations` (which code is
    /// which operation, of which category), `oldApplicants` and `oldOutcomes` (of former days, the same columns and no records).
    public var files: [String: String] = [:]
    /// The table of decisions.
    public var applicants = FrameworkConfiguration.Applicants()
    /// Tables of records.
    public var tables: [FrameworkConfiguration.Table] = []
    /// Sequences of the preset `framework`; empty for one of each table.
    public var histories: [FrameworkConfiguration.History] = []
    /// Of the preset `huihen`.
    public var behaviours: Behaviours?
    /// Of the preset `huihen`.
    public var groups = Groups()
    /// Of the preset `mgkd`.
    public var stages: Stages?
    /// The network of the preset `framework`.
    public var framework = FrameworkSettings()
    /// The network of the preset `huihen`.
    public var huihen = IntentionHabitSettings()
    /// Teachers and student of the preset `mgkd`.
    public var mgkd = StageDistillationSettings()
    /// What is stacked on the sequences.
    public var business = Business()
    /// How scores become probabilities (platt).
    public var calibration = Calibration.platt
    /// How probabilities become points.
    public var points = Points()
    /// What every random choice comes from; the networks' seeds are set by it (1).
    public var seed: UInt64 = 1

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case preset, foretells, files, applicants, tables, histories, behaviours, groups, stages, framework, huihen, mgkd
        case business, calibration, points, seed
    }

    /// The tables are needed; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.preset, into: &preset)
        try values.read(.foretells, into: &foretells)
        try values.read(.files, into: &files)
        try values.read(.applicants, into: &applicants)
        tables = try values.decode([FrameworkConfiguration.Table].self, forKey: .tables)
        try values.read(.histories, into: &histories)
        behaviours = try values.decodeIfPresent(Behaviours.self, forKey: .behaviours)
        try values.read(.groups, into: &groups)
        stages = try values.decodeIfPresent(Stages.self, forKey: .stages)
        try values.read(.framework, into: &framework)
        try values.read(.huihen, into: &huihen)
        try values.read(.mgkd, into: &mgkd)
        try values.read(.business, into: &business)
        try values.read(.calibration, into: &calibration)
        try values.read(.points, into: &points)
        try values.read(.seed, into: &seed)
    }

    /// Tables that may be read before the decision, by name.
    public var tablesBefore: [FrameworkConfiguration.Table] {
        tables.filter { table in preset != .mgkd || stages?.service.contains(table.name) != true && stages?.granted != table.name }
    }

    /// Where one of the files is that it names; nil where it names none so.
    /// - Parameter folder: where relative paths begin; empty for the working directory.
    public func path(of name: String, in folder: String) -> String? {
        guard let own = files[name] else { return nil }
        return own.hasPrefix("/") || folder.isEmpty || own == "-" ? own : "\(folder)/\(own)"
    }

    /// What is read of tables.
    /// - Parameter service: whether those of the service are among them, as for teachers.
    func reading(service: Bool) -> FrameworkConfiguration {
        var own = FrameworkConfiguration(tables: service ? tables : tablesBefore, histories: preset == .framework ? histories : [])
        (own.applicants, own.network) = (applicants, framework)
        own.network.seed = seed
        return own
    }
}
