/// Applicants with what is known of them at their decisions, and what became of them.
public struct IntentionHabitExamples: Sendable {
    /// Numbers that tell customers apart, `[B]`; one may have applied several times.
    public let customers: [UInt64]
    /// 1 overdue, 0 not, NaN not known, `[B]`.
    public let outcomes: [Float]
    /// What is known without the app.
    public let profile: ProfileTable
    /// What they did in the app; nil for old applicants of whom nothing was recorded.
    public let histories: SessionHistories?

    /// Applicants (B).
    public var count: Int { customers.count }

    /// - Throws: ``IntentionHabitError`` where tables differ in size or an outcome is neither 0, 1 nor NaN.
    public init(
        customers: [UInt64], outcomes: [Float]? = nil, profile: ProfileTable, histories: SessionHistories? = nil
    ) throws(IntentionHabitError) {
        let outcomes = outcomes ?? [Float](repeating: .nan, count: customers.count)
        guard profile.count == customers.count, outcomes.count == customers.count else {
            throw .table(
                "\(customers.count) customers, \(profile.count) profiles and \(outcomes.count) outcomes; give one of each an applicant")
        }
        if let histories, histories.count != customers.count {
            throw .table(
                "\(customers.count) applicants and \(histories.count) histories; append one for each, empty where nothing was done")
        }
        if let place = outcomes.firstIndex(where: { !$0.isNaN && $0 != 0 && $0 != 1 }) {
            throw .applicant(number: place, reason: "the outcome is neither 0 nor 1", remedy: "1 is overdue, 0 is not, NaN is not known")
        }
        (self.customers, self.outcomes, self.profile, self.histories) = (customers, outcomes, profile, histories)
    }

    /// Refuses examples that nothing can be learnt from.
    func refuseUnlearnable(_ what: String) throws(IntentionHabitError) {
        let known = outcomes.filter { !$0.isNaN }
        guard known.count == count else {
            throw .examples("\(count - known.count) of \(what) have no outcome; leave them out, or give them their outcome")
        }
        guard known.contains(0), known.contains(1) else {
            throw .examples("\(what) all have the same outcome; give some of both")
        }
    }

    /// Refuses a profile that holds the outcome under another name.
    func refuseOutcome() throws(IntentionHabitError) {
        for group in ProfileTable.Group.allCases {
            let values = profile.floats(group), width = profile.widths[group] ?? 0
            for column in 0..<width {
                let isOutcome = OutcomeCopy.isOne(of: outcomes) { applicant in
                    let value = values[applicant * width + column]
                    return value.isNaN ? nil : value
                }
                guard !isOutcome else {
                    throw .examples("feature \(column) (from 0) of the \(group.rawValue) is the outcome itself; take it out")
                }
            }
        }
    }

    /// Refuses customers that are in both.
    func refuseShared(with others: IntentionHabitExamples, _ what: String) throws(IntentionHabitError) {
        let own = Set(customers)
        let shared = others.customers.reduce(0) { $0 + (own.contains($1) ? 1 : 0) }
        guard shared == 0 else {
            throw .examples("\(shared) applicants of \(what) are also among those learnt from; split by customer")
        }
    }
}
