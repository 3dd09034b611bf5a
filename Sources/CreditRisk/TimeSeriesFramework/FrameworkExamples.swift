/// Applicants with the records of every table before and after their decisions, and what became of them. What is read of it ends at each
/// decision: see ``FrameworkEncoder``.
public struct FrameworkExamples: Sendable {
    /// What was found when applicants and records were brought together: nothing is left out without being counted.
    public struct Counts: Sendable, Equatable, Codable {
        /// Records of each table, by its name.
        public var records: [String: Int] = [:]
        /// Records of keys that no applicant has.
        public var withoutApplicant: [String: Int] = [:]
        /// Records that were given after a later one of the same key; they are read in the order of time.
        public var backwards: [String: Int] = [:]

        /// Nothing yet.
        public init() {}
    }

    /// What the tables hold.
    let applicants: FrameworkConfiguration.Applicants
    /// See ``applicants``.
    let tables: [FrameworkConfiguration.Table]
    /// By which records belong to applicants, `[B]`.
    public let keys: [String]
    /// Numbers that tell customers apart, `[B]`; one may have applied several times.
    public let customers: [UInt64]
    /// Times of the decisions, microseconds since 1970, `[B]`.
    public let decisions: [Int64]
    /// Times of the next decision on the same key, microseconds since 1970; nil where there is none, `[B]`.
    let nextDecisions: [Int64?]
    /// 1 overdue, 0 not, NaN not known, `[B]`.
    public private(set) var outcomes: [Float]
    /// When each outcome came to be known, microseconds since 1970; nil where that is not recorded, `[B]`.
    public private(set) var outcomeTimes: [Int64?]
    /// What was found.
    public let counts: Counts
    let profile: SharedColumns
    /// Rows of ``profile``, `[B]`.
    let profileRows: [Int]
    /// By table.
    let records: [SharedColumns]
    /// By table: rows of each applicant in the order of time, `[B]` each.
    let ranges: [[Range<Int>]]

    /// Applicants (B).
    public var count: Int { customers.count }

    /// Brings applicants and records together by their keys.
    /// - Throws: ``FrameworkError`` where tables are not those of the configuration.
    public init(
        _ configuration: FrameworkConfiguration, _ own: ApplicantTable, _ given: [RecordTable]
    ) throws(FrameworkError) {
        try configuration.validate()
        guard own.configuration == configuration.applicants, given.map(\.configuration) == configuration.tables else {
            throw .otherTables("they are not those of the configuration; give all of them in its order")
        }
        (applicants, tables) = (configuration.applicants, configuration.tables)
        (keys, customers, outcomes, profile) = (own.keys, own.customers, own.outcomes, SharedColumns(own.profile))
        (decisions, outcomeTimes) = (own.profile.times, own.outcomeTimes)
        profileRows = Array(0..<own.count)
        nextDecisions = Self.next(own.keys, own.profile.times)
        let known = Set(own.keys)
        var (counts, records, ranges): (Counts, [SharedColumns], [[Range<Int>]]) = (Counts(), [], [])
        for table in given {
            let sorted = table.sorted(), name = table.configuration.name
            counts.records[name] = table.count
            counts.backwards[name] = sorted.backwards
            counts.withoutApplicant[name] = sorted.ranges.reduce(0) { $0 + (known.contains($1.key) ? 0 : $1.value.count) }
            records.append(SharedColumns(sorted.columns))
            ranges.append(own.keys.map { sorted.ranges[$0] ?? 0..<0 })
        }
        (self.counts, self.records, self.ranges) = (counts, records, ranges)
    }

    private static func next(_ keys: [String], _ decisions: [Int64]) -> [Int64?] {
        var next = [Int64?](repeating: nil, count: keys.count)
        for own in Dictionary(grouping: keys.indices, by: { keys[$0] }).values where own.count > 1 {
            var (later, latest): (Int64?, Int64?) = (nil, nil)
            for applicant in own.sorted(by: { decisions[$0] > decisions[$1] }) {
                if latest != decisions[applicant] { (later, latest) = (latest, decisions[applicant]) }
                next[applicant] = later
            }
        }
        return next
    }

    /// Some of the applicants, by number, with the same records.
    public func subset(_ chosen: [Int]) -> FrameworkExamples { FrameworkExamples(self, chosen) }

    private init(_ whole: FrameworkExamples, _ chosen: [Int]) {
        (applicants, tables, counts) = (whole.applicants, whole.tables, whole.counts)
        (profile, records) = (whole.profile, whole.records)
        keys = chosen.map { whole.keys[$0] }
        customers = chosen.map { whole.customers[$0] }
        decisions = chosen.map { whole.decisions[$0] }
        nextDecisions = chosen.map { whole.nextDecisions[$0] }
        outcomes = chosen.map { whole.outcomes[$0] }
        outcomeTimes = chosen.map { whole.outcomeTimes[$0] }
        profileRows = chosen.map { whole.profileRows[$0] }
        ranges = whole.ranges.map { own in chosen.map { own[$0] } }
    }

    /// The same as if no outcome were known.
    public func withoutOutcomes() -> FrameworkExamples {
        var same = self
        same.outcomes = [Float](repeating: .nan, count: count)
        same.outcomeTimes = [Int64?](repeating: nil, count: count)
        return same
    }

    /// Something taken away from an applicant, to see what it was worth.
    enum Removal: Sendable, Equatable {
        /// Nothing.
        case nothing
        /// All records of a table.
        case table(Int)
        /// A record of a table, by row.
        case record(table: Int, row: Int)
        /// A category of the profile.
        case category(Int)
        /// A number of the profile.
        case number(Int)
    }

    /// One applicant several times, each time without something.
    func without(_ removals: [Removal], of applicant: Int) -> FrameworkExamples { FrameworkExamples(self, applicant, removals) }

    private init(_ whole: FrameworkExamples, _ applicant: Int, _ removals: [Removal]) {
        (applicants, tables, counts) = (whole.applicants, whole.tables, whole.counts)
        var profile = whole.profile.columns.ordered(removals.map { _ in whole.profileRows[applicant] })
        for (row, removal) in removals.enumerated() {
            if case .category(let field) = removal { profile.blank(category: field, of: row) }
            if case .number(let field) = removal { profile.blank(number: field, of: row) }
        }
        self.profile = SharedColumns(profile)
        profileRows = Array(removals.indices)
        var (records, ranges): ([SharedColumns], [[Range<Int>]]) = ([], [])
        for table in whole.tables.indices {
            var (order, own): ([Int], [Range<Int>]) = ([], [])
            for removal in removals {
                let first = order.count
                if removal != .table(table) {
                    order += whole.ranges[table][applicant].filter { removal != .record(table: table, row: $0) }
                }
                own.append(first..<order.count)
            }
            records.append(SharedColumns(whole.records[table].columns.ordered(order)))
            ranges.append(own)
        }
        (self.records, self.ranges) = (records, ranges)
        keys = removals.map { _ in whole.keys[applicant] }
        // As if they were several: one customer has one decision at a time.
        customers = removals.indices.map { whole.customers[applicant] &+ UInt64($0) }
        decisions = removals.map { _ in whole.decisions[applicant] }
        nextDecisions = removals.map { _ in whole.nextDecisions[applicant] }
        outcomes = removals.map { _ in whole.outcomes[applicant] }
        outcomeTimes = removals.map { _ in whole.outcomeTimes[applicant] }
    }

    /// Refuses examples that nothing can be learnt from.
    func refuseUnlearnable(_ what: String) throws(FrameworkError) {
        let unknown = outcomes.reduce(0) { $0 + ($1.isNaN ? 1 : 0) }
        guard unknown == 0 else {
            throw .examples("\(unknown) of \(what) have no outcome; leave them out, or give them their outcome")
        }
        guard outcomes.contains(0), outcomes.contains(1) else {
            throw .examples("\(what) all have the same outcome; give some of both")
        }
    }

    /// Refuses examples without outcomes that have some, or are of customers who have some elsewhere.
    func refuseTaught(_ training: FrameworkExamples, _ validation: FrameworkExamples) throws(FrameworkError) {
        let known = outcomes.count { !$0.isNaN }
        guard known == 0 else { throw .examples("\(known) of those without a known outcome have one; let them teach, or take it away") }
        let others = Set(training.customers + validation.customers), shared = customers.count(where: others.contains)
        guard shared == 0 else {
            throw .examples("\(shared) of those without a known outcome are customers who teach or judge by another; leave them out")
        }
    }

    /// Refuses customers that are in both.
    func refuseShared(with others: FrameworkExamples, _ what: String) throws(FrameworkError) {
        let own = Set(customers)
        let shared = others.customers.reduce(0) { $0 + (own.contains($1) ? 1 : 0) }
        guard shared == 0 else {
            throw .examples("\(shared) applicants of \(what) are also among those learnt from; split by customer")
        }
    }
}
