public import Evaluation

/// What a policy would have approved: the share of applicants with the least risk, and how many of those fell overdue.
///
/// Two scores are compared at the same approval rates on the same applicants, so neither wins by approving fewer. Only applicants whose outcome
/// is known can be replayed, that is, those whom the policy of that time approved: of those it declined nothing is said.
public struct PolicyReplay: Sendable, Equatable, Codable {
    /// One approval rate.
    public struct Row: Sendable, Equatable, Codable {
        /// Share of applicants approved.
        public var approvalRate: Double
        /// Share of the approved that fell overdue, by the score in use.
        public var current: MetricInterval
        /// By the other score.
        public var challenger: MetricInterval
        /// Challenger less current: below 0 where the challenger approves better.
        public var difference: MetricInterval
        /// Difference as a share of the current rate; NaN where the current one is 0.
        public var relativeChange: MetricInterval
    }

    /// In the order of the rates asked for.
    public let rows: [Row]
    /// Applicants replayed.
    public let applicants: Int
    /// Share of them that fell overdue.
    public let overdueRate: Double

    /// Replays both scores. Where a border runs through equal scores, each of those applicants counts with the same share, so that nothing
    /// depends on their order and the approval rate is met exactly.
    /// - Parameters:
    ///   - current: risk by the score in use, `[B]`; higher is worse, any scale.
    ///   - challenger: risk by the other, `[B]`.
    ///   - outcomes: 1 overdue, 0 not, `[B]`.
    ///   - customers: drawn whole, so that applications of one customer stay together; nil draws applicants.
    ///   - approvalRates: each above 0, at most 1.
    ///   - resampling: both scores see the same draws.
    /// - Throws: ``RiskReportError`` where sizes, scores, outcomes or rates are not possible.
    /// - Complexity: O(rounds × B).
    public init(
        current: [Float], challenger: [Float], outcomes: [Float], customers: [UInt64]? = nil,
        approvalRates: [Double] = [0.5, 0.6, 0.7, 0.8, 0.9], _ resampling: Resampling = Resampling(rounds: 1000)
    ) throws(RiskReportError) {
        try RiskArrays.check(scores: current, "current scores", outcomes: outcomes, customers: customers)
        try RiskArrays.check(scores: challenger, "challenger's scores", outcomes: outcomes, customers: customers)
        guard !approvalRates.isEmpty, approvalRates.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
            throw .badSetting(name: "approvalRates", expected: "one or more shares above 0, at most 1")
        }
        let (one, other) = (ApprovalOrder(current, outcomes), ApprovalOrder(challenger, outcomes))
        let intervals = resampling.intervals(
            units: outcomes.count, clusters: RiskArrays.clusters(customers), count: 4 * approvalRates.count
        ) { weights in
            let (a, b) = (one.overdueRates(approvalRates, weights), other.overdueRates(approvalRates, weights))
            return approvalRates.indices.flatMap { [a[$0], b[$0], b[$0] - a[$0], a[$0] > 0 ? b[$0] / a[$0] - 1 : .nan] }
        }
        rows = approvalRates.indices.map { place in
            Row(
                approvalRate: approvalRates[place], current: intervals[4 * place], challenger: intervals[4 * place + 1],
                difference: intervals[4 * place + 2], relativeChange: intervals[4 * place + 3])
        }
        applicants = outcomes.count
        overdueRate = outcomes.reduce(0.0) { $0 + Double($1) } / Double(outcomes.count)
    }
}

/// Applicants by rising risk, sorted once for all resamples.
private struct ApprovalOrder {
    private let order: [Int32]
    private let overdue: [Bool]
    private let isLast: [Bool]

    init(_ risk: [Float], _ outcomes: [Float]) {
        let order = risk.indices.sorted { (risk[$0], $0) < (risk[$1], $1) }
        self.order = order.map { Int32($0) }
        overdue = order.map { outcomes[$0] == 1 }
        isLast = order.indices.map { $0 + 1 == order.count || risk[order[$0 + 1]] != risk[order[$0]] }
    }

    /// Overdue share among the approved at each rate, of applicants drawn so often.
    func overdueRates(_ rates: [Double], _ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        var total = 0
        for applicant in order { total += Int(weights[Int(applicant)]) }
        let approved = rates.map { $0 * Double(total) }
        var result = [Double](repeating: .nan, count: rates.count)
        var (seen, found, here, bad) = (0, 0, 0, 0)
        for place in order.indices {
            let weight = Int(weights[Int(order[place])])
            here += weight
            if overdue[place] { bad += weight }
            guard isLast[place] else { continue }
            for rate in rates.indices where result[rate].isNaN && Double(seen + here) >= approved[rate] && here > 0 {
                let share = (approved[rate] - Double(seen)) / Double(here)
                result[rate] = (Double(found) + share * Double(bad)) / approved[rate]
            }
            (seen, found, here, bad) = (seen + here, found + bad, 0, 0)
        }
        // Rounding may put the last border a hair beyond the last applicant.
        for rate in rates.indices where result[rate].isNaN && total > 0 { result[rate] = Double(found) / Double(total) }
        return result
    }
}
