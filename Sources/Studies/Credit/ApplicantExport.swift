public import CreditRisk
public import DurableFiles

/// Takes: the folder `credit` of an export (of the synthetic bank, or of one in the same form).   Gives: what credit models learn from.
///
/// Applicants stand in the order of their decisions, so that a split by number is a split by time; each applies once.
public struct ApplicantExport: Sendable {
    /// What is known at the decision, by column, with outcomes. Amounts of money are logarithms: log(1 + amount).
    public let applicants: CreditTable
    /// When it was decided, seconds since 1970-01-01T00:00:00Z, `[B]`.
    public let decisions: [Int64]
    /// When each outcome was known, `[B]`.
    public let outcomeTimes: [Int64]
    /// Former applicants, of whom only this is known; nil where there are none.
    public let former: CreditTable?
    /// Codes of the app and what they mean.
    public let operations: [BehaviourVocabulary.Rule]
    /// Names of the applicants in the files, `[B]`.
    public let names: [String]
    let folder: String
    let fileSystem: FileSystem
    /// Place of each name.
    let places: [String: Int]

    /// Applicants (B).
    public var count: Int { decisions.count }

    /// Columns of the profile, by the group that each belongs to.
    public static let groups: [(group: ProfileTable.Group, columns: [String])] = [
        (
            .user, ["age", "income", "job_years", "education", "residence", "city_tier", "dependants", "customer_months"]
        ),
        (.device, ["device_system", "device_price", "device_age_months"]), (.item, ["product", "amount", "term_months", "channel"]),
    ]
    private static let categories: Set = ["education", "residence", "device_system", "product", "channel"]
    private static let money: Set = ["income", "device_price", "amount"]

    /// Reads applicants, outcomes, former applicants and operations; records are read when they are asked for.
    /// - Parameter number: sets the customers of several exports apart: no two have the same below 65,536.
    /// - Throws: ``StudyError`` and ``CreditBaselineError`` where a table is not what it should be.
    public init(folder: String, number: UInt64 = 0, in fileSystem: FileSystem = .live) throws {
        (self.folder, self.fileSystem) = (folder, fileSystem)
        let own = try Applicants(folder, "applicants", "outcomes", number: number, fileSystem)
        (applicants, decisions, outcomeTimes, names) = (own.table, own.decisions, own.outcomeTimes, own.names)
        places = Dictionary(own.names.enumerated().map { ($1, $0) }) { first, _ in first }
        let former = try Applicants(folder, "old_applicants", "old_outcomes", number: number | 1 << 16, fileSystem)
        self.former = former.names.isEmpty ? nil : former.table
        let rows = try CreditRows("\(folder)/operations.csv", in: fileSystem)
        let (code, operation, category) = (try rows.column("code"), try rows.column("operation"), try rows.column("category"))
        var rules: [BehaviourVocabulary.Rule] = []
        try rows.forEach { line, row in
            guard let kind = BehaviourCategory(rawValue: row.text(category)) else {
                throw StudyError.badTable(file: rows.path, line: line, reason: "the category is none of the app's")
            }
            rules.append(BehaviourVocabulary.Rule(code: row.text(code), behaviour: row.text(operation), category: kind))
        }
        operations = rules
    }

    /// Applicants of one file and their outcomes, by decision.
    private struct Applicants {
        var table: CreditTable
        var decisions: [Int64] = []
        var outcomeTimes: [Int64] = []
        var names: [String] = []

        init(_ folder: String, _ name: String, _ outcomes: String, number: UInt64, _ fileSystem: FileSystem) throws {
            let results = try CreditRows("\(folder)/\(outcomes).csv", in: fileSystem)
            var known: [String: (outcome: Float, time: Int64)] = [:]
            let (id, overdue, time) = (
                try results.column("applicant_id"), try results.column("overdue"), try results.column("known_time_ms")
            )
            try results.forEach { line, row in
                guard let outcome = row.whole(overdue), (0...1).contains(outcome), let moment = row.whole(time) else {
                    throw StudyError.badTable(file: results.path, line: line, reason: "the outcome is not 0 or 1, or has no time")
                }
                known[row.text(id)] = (Float(outcome), moment / 1_000)
            }
            let rows = try CreditRows("\(folder)/\(name).csv", in: fileSystem)
            let (key, decided) = (try rows.column("applicant_id"), try rows.column("decision_time_ms"))
            let columns = try ApplicantExport.groups.flatMap(\.columns).map { ($0, try rows.column($0)) }
            var found: [(decision: Int64, name: String, outcome: Float, time: Int64, texts: [String])] = []
            try rows.forEach { line, row in
                guard let decision = row.whole(decided), let result = known[row.text(key)] else {
                    throw StudyError.badTable(file: rows.path, line: line, reason: "there is no time of the decision, or no outcome")
                }
                found.append((decision / 1_000, row.text(key), result.outcome, result.time, columns.map { row.text($0.1) }))
            }
            found.sort { ($0.decision, $0.name) < ($1.decision, $1.name) }
            names = found.map(\.name)
            decisions = found.map(\.decision)
            outcomeTimes = found.map(\.time)
            let values = columns.enumerated().map { place, column -> CreditTable.Column in
                let texts = found.map { $0.texts[place] }
                if ApplicantExport.categories.contains(column.0) {
                    return .categorical(column.0, texts.map { $0.isEmpty ? nil : $0 })
                }
                let isMoney = ApplicantExport.money.contains(column.0)
                return .numeric(column.0, texts.map { text in Float(text).map { isMoney ? HandMade.log($0) : $0 } ?? .nan })
            }
            table = try CreditTable(
                customers: found.indices.map { number << 32 | UInt64($0) }, outcomes: found.map(\.outcome), columns: values)
        }
    }
}

extension ApplicantExport {
    /// Profiles as a network reads them: categories one float each, by an encoding fitted on applicants learnt from.
    public struct ProfileEncoding: Sendable {
        private let encodings: [(group: ProfileTable.Group, encoding: CreditEncoding, others: Set<String>)]

        /// Fitted on some applicants; it looks at no outcome.
        /// - Throws: ``CreditBaselineError`` for a table without the profile's columns.
        public init(_ table: CreditTable) throws(CreditBaselineError) {
            var encodings: [(group: ProfileTable.Group, encoding: CreditEncoding, others: Set<String>)] = []
            for (group, columns) in ApplicantExport.groups {
                let others = Set(table.columns.map(\.name)).subtracting(columns)
                encodings.append((group, CreditEncoding(try table.dropping(others)), others))
            }
            self.encodings = encodings
        }

        /// The three groups of some applicants.
        public func profile(_ table: CreditTable) throws -> ProfileTable {
            var floats: [ProfileTable.Group: [Float]] = [:]
            for (group, encoding, others) in encodings { floats[group] = try encoding.floats(table.dropping(others)) }
            return try ProfileTable(
                count: table.count, user: floats[.user] ?? [], device: floats[.device] ?? [], item: floats[.item] ?? [])
        }
    }

    /// Rules by which every code is a behaviour of its own: what merging is measured against.
    public var unmergedOperations: [BehaviourVocabulary.Rule] {
        operations.map { rule in
            BehaviourVocabulary.Rule(
                code: rule.code, behaviour: rule.code, category: rule.category == .functionWidget ? .itemClick : rule.category)
        }
    }

    /// What each applicant did in the app, by time, `[B]`.
    /// - Throws: ``StudyError`` where the table is not what it should be.
    public func behaviours() throws -> [[AppBehaviour]] {
        let rows = try CreditRows("\(folder)/behaviours.csv", in: fileSystem)
        let (id, time, code, amount) = (
            try rows.column("applicant_id"), try rows.column("time_ms"), try rows.column("code"), try rows.column("amount")
        )
        var behaviours = [[AppBehaviour]](repeating: [], count: count)
        try records(rows, id, time) { _, row, place, time in
            behaviours[place].append(
                AppBehaviour(row.text(code), at: time, amount: row.isEmpty(amount) ? nil : row.number(amount)))
        }
        for place in behaviours.indices { behaviours[place].sort { $0.time < $1.time } }
        return behaviours
    }

    /// Histories of some applicants as sessions.
    /// - Throws: ``IntentionHabitError`` for a behaviour that is not before its decision.
    public func histories(
        _ behaviours: [[AppBehaviour]], of applicants: [Int], _ vocabulary: BehaviourVocabulary, _ rules: SessionRules
    ) throws(IntentionHabitError) -> SessionHistories {
        var histories = try SessionHistories(vocabulary, rules)
        for applicant in applicants { try histories.append(behaviours[applicant], before: decisions[applicant]) }
        return histories
    }

    /// Gives the rows of a table of records with their applicant's place and their time in seconds.
    func records(
        _ rows: CreditRows, _ id: Int, _ time: Int, _ body: (_ line: Int, _ row: CreditRows.Row, _ place: Int, _ time: Int64) throws -> Void
    ) throws {
        var last: (name: [UInt8], place: Int) = ([], -1)
        try rows.forEach { line, row in
            // Rows of an applicant mostly stand together.
            if !row.bytes(id).elementsEqual(last.name) {
                guard let place = places[row.text(id)] else {
                    throw StudyError.badTable(file: rows.path, line: line, reason: "its applicant is not among the applicants")
                }
                last = (Array(row.bytes(id)), place)
            }
            guard let moment = row.whole(time) else {
                throw StudyError.badTable(file: rows.path, line: line, reason: "there is no time")
            }
            try body(line, row, last.place, moment >= 0 ? moment / 1_000 : (moment - 999) / 1_000)
        }
    }
}
