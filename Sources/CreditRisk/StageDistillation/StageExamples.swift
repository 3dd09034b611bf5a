/// Named numbers of applicants that do not change until the decision.
///
/// - Shapes: `[B, C]`, row by row.
public struct ProfileFeatures: Sendable {
    /// Columns (C).
    public let names: [String]
    /// Applicants (B).
    public let count: Int
    /// NaN where a value is missing, `[B, C]`.
    package let values: [Float]

    /// - Parameter values: `[B, C]`, NaN where missing.
    /// - Throws: ``StageDistillationError`` where sizes do not fit, a name is given twice or a value is infinite.
    public init(names: [String], count: Int, values: [Float]) throws(StageDistillationError) {
        guard count > 0, !names.isEmpty, values.count == count * names.count else {
            throw .table("\(values.count) values of \(names.count) features for \(count) applicants; give every applicant each feature")
        }
        guard Set(names).count == names.count, !names.contains("") else {
            throw .table("a feature of the profile has no name or the name of another; name each once")
        }
        if let place = values.firstIndex(where: { $0.isInfinite }) {
            throw .applicant(
                number: place / names.count, reason: "\(names[place % names.count]) is infinite",
                remedy: "give a number, or NaN where it is missing")
        }
        (self.names, self.count, self.values) = (names, count, values)
    }
}

/// Applicants as they are known before the service: all that a student reads.
public struct PreServiceExamples: Sendable {
    /// Numbers that tell customers apart, `[B]`; one may have applied several times, at different times.
    public let customers: [UInt64]
    /// When it was decided, seconds since 1970-01-01T00:00:00Z, `[B]`.
    public let decisions: [Int64]
    /// 1 overdue, 0 not, NaN not known, `[B]`.
    public let outcomes: [Float]
    /// When each outcome came to be known, nil where that is not told, `[B]`; those that are told are checked.
    public let outcomeTimes: [Int64?]
    /// Fixed features.
    public let profile: ProfileFeatures
    /// What happened before the decisions; nil where no table has it.
    public let records: PreServiceRecords?
    /// Whether a profile that holds the outcome is refused (true); not where who calls has looked for leaks and goes on.
    package var refusesOutcome = true

    /// Applicants (B).
    public var count: Int { customers.count }

    /// - Throws: ``StageDistillationError`` where tables differ in size or in decisions, an outcome is neither 0, 1 nor NaN or was known
    ///   when it was decided, or a customer has two decisions at the same time.
    public init(
        customers: [UInt64], decisions: [Int64], outcomes: [Float]? = nil, outcomeTimes: [Int64?]? = nil, profile: ProfileFeatures,
        records: PreServiceRecords? = nil
    ) throws(StageDistillationError) {
        let outcomes = outcomes ?? [Float](repeating: .nan, count: customers.count)
        let outcomeTimes = outcomeTimes ?? [Int64?](repeating: nil, count: customers.count)
        let sizes = [customers.count, decisions.count, outcomes.count, profile.count]
        guard sizes.allSatisfy({ $0 == sizes[0] }), outcomeTimes.count == customers.count else {
            throw .table(
                "\(sizes[0]) customers, \(sizes[1]) decisions, \(sizes[2]) outcomes, \(outcomeTimes.count) times of outcomes and "
                    + "\(sizes[3]) profiles; give one of each an applicant"
            )
        }
        if let place = decisions.firstIndex(where: { !(-StageColumns.span / 2...StageColumns.span / 2).contains($0) }) {
            throw .applicant(number: place, reason: "the decision lies thousands of years away", remedy: "give seconds since 1970")
        }
        if let records, records.columns.decisions != decisions {
            throw .table("the records are of \(records.count) applicants or of other decisions; append one list an applicant, in order")
        }
        if let place = outcomes.firstIndex(where: { !$0.isNaN && $0 != 0 && $0 != 1 }) {
            throw .applicant(number: place, reason: "the outcome is neither 0 nor 1", remedy: "1 is overdue, 0 is not, NaN is not known")
        }
        if let place = outcomeTimes.indices.first(where: { row in outcomeTimes[row].map { $0 <= decisions[row] } ?? false }) {
            throw .applicant(
                number: place, reason: "the outcome was known when it was decided", remedy: "leave the applicant out or correct the times")
        }
        var seen = Set<Application>()
        if let place = customers.indices.first(where: { !seen.insert(Application(customers[$0], decisions[$0])).inserted }) {
            throw .applicant(number: place, reason: "an earlier row has the same customer and decision", remedy: "give each decision once")
        }
        (self.customers, self.decisions, self.outcomes, self.outcomeTimes) = (customers, decisions, outcomes, outcomeTimes)
        (self.profile, self.records) = (profile, records)
    }

    /// Which decision of which customer.
    var applications: [Application] { customers.indices.map { Application(customers[$0], decisions[$0]) } }

    /// Overdue or not, `[B]`.
    var positives: [Bool] { outcomes.map { $0 == 1 } }
}

/// A customer and one decision.
struct Application: Hashable, Sendable, Comparable {
    let customer: UInt64
    let decision: Int64

    init(_ customer: UInt64, _ decision: Int64) { (self.customer, self.decision) = (customer, decision) }

    static func < (a: Application, b: Application) -> Bool { (a.customer, a.decision) < (b.customer, b.decision) }
}

/// Applicants as they are known while the service runs: all that a teacher reads. It is no kind of ``PreServiceExamples``: what a student
/// is given has to be taken out of it by name.
public struct InServiceExamples: Sendable {
    /// The same applicants before the service.
    public let preService: PreServiceExamples
    /// What they did afterwards.
    public let records: InServiceRecords

    /// Applicants (B).
    public var count: Int { preService.count }

    /// - Throws: ``StageDistillationError`` where the records are of other applicants, or an outcome is known to have been known before outcomes
    ///   begin to count.
    public init(_ preService: PreServiceExamples, records: InServiceRecords) throws(StageDistillationError) {
        guard records.columns.decisions == preService.decisions else {
            throw .table("the records of the service are of \(records.count) applicants or other decisions; append one list an applicant")
        }
        let times = preService.outcomeTimes
        if let place = times.indices.first(where: { row in
            times[row].map { $0 < records.grants[row] + records.window.outcomesFrom } ?? false
        }) {
            throw .applicant(
                number: place, reason: "the outcome was known before outcomes begin to count",
                remedy: "leave the applicant out, or let the window close and outcomes count earlier")
        }
        (self.preService, self.records) = (preService, records)
    }
}
