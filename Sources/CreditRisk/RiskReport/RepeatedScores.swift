public import Evaluation
internal import SequenceKernel

/// How well a score orders applicants, or the differences of two scores; means over runs.
public struct RepeatedMetrics: Sendable, Equatable, Codable {
    /// Area under the ROC curve.
    public var auc: MetricInterval
    /// Largest distance between the distributions of scores of both outcomes.
    public var ks: MetricInterval
    /// Mean precision over the overdue ones.
    public var averagePrecision: MetricInterval
}

/// Scores of one way of modelling by several runs, each with a seed, a split or a bank of its own; compared run by run with another way.
///
/// The statistic is the mean over runs of a run's metric, so that scores of different runs never stand in one order. Each round of the
/// bootstrap draws customers, with all their applications in all runs, and runs; both ways are judged on the same draw. An interval so
/// tells of other customers and other runs at once. With few runs it is a little too narrow in the second, as all bootstraps of few are.
public struct RepeatedScores: Sendable {
    /// One run: scores, outcomes (1 overdue, 0 not) and customers of the applicants judged, `[B]` each.
    public struct Run: Sendable {
        let scores: DiscriminationScores
        let outcomes: [Float]
        let customers: [UInt64]

        /// - Parameter scores: higher is riskier; any finite numbers.
        /// - Throws: ``RiskReportError/applicants(_:)`` where sizes differ, a score is not finite, or outcomes are unknown or all the same.
        public init(scores: [Float], outcomes: [Float], customers: [UInt64]) throws(RiskReportError) {
            try RiskArrays.check(scores: scores, "scores", outcomes: outcomes, customers: customers)
            guard outcomes.contains(0), outcomes.contains(1) else {
                throw .applicants("those judged by all have the same outcome; give some of both")
            }
            self.scores = DiscriminationScores(scores: scores, positives: outcomes.map { $0 == 1 })
            (self.outcomes, self.customers) = (outcomes, customers)
        }
    }

    private let runs: [Run]
    /// Number of the customer of each applicant of each run.
    private let clusters: [[Int32]]
    private let customerCount: Int

    /// - Throws: ``RiskReportError/applicants(_:)`` without any run.
    public init(_ runs: [Run]) throws(RiskReportError) {
        guard !runs.isEmpty else { throw .applicants("there is no run; give one or more") }
        var numbers: [UInt64: Int32] = [:]
        clusters = runs.map { run in
            run.customers.map { customer in
                if let known = numbers[customer] { return known }
                let number = Int32(numbers.count)
                numbers[customer] = number
                return number
            }
        }
        (self.runs, customerCount) = (runs, numbers.count)
    }

    /// Applicants judged in all runs together.
    public var applicants: Int { runs.reduce(0) { $0 + $1.outcomes.count } }
    /// Of these overdue.
    public var overdue: Int { runs.reduce(0) { $0 + $1.outcomes.count { $0 == 1 } } }
    /// Different customers among them.
    public var customers: Int { customerCount }

    /// Each metric, mean over the runs.
    public func metrics(_ resampling: Resampling = Resampling(rounds: 1_000)) -> RepeatedMetrics {
        intervals(resampling, centred: [2]) { run, weights in runs[run].scores.measured(weights) }
    }

    /// Each metric less that of another way on the same applicants in the same runs.
    /// - Throws: ``RiskReportError/applicants(_:)`` where the other has other runs or other applicants.
    public func differences(
        from other: RepeatedScores, _ resampling: Resampling = Resampling(rounds: 1_000)
    ) throws(RiskReportError) -> RepeatedMetrics {
        let agree =
            runs.count == other.runs.count
            && zip(runs, other.runs).allSatisfy { $0.outcomes == $1.outcomes && $0.customers == $1.customers }
        guard agree else {
            throw .applicants("two ways are compared in other runs or on other applicants; judge both on the same")
        }
        return intervals(resampling) { run, weights in
            zip(runs[run].scores.measured(weights), other.runs[run].scores.measured(weights)).map { $0 - $1 }
        }
    }

    private func intervals(
        _ resampling: Resampling, centred: Set<Int> = [], _ values: (Int, UnsafeBufferPointer<Int32>) -> [Double]
    ) -> RepeatedMetrics {
        var round: UInt64 = 0
        var own = clusters.map { [Int32](repeating: 1, count: $0.count) }
        let found = resampling.intervals(units: customerCount, count: 3, centred: centred) { drawn in
            for run in runs.indices {
                for (place, customer) in clusters[run].enumerated() { own[run][place] = drawn[Int(customer)] }
            }
            // The first is the estimate, on all runs as they are.
            var random = RandomSource(resampling.seed, 0x5EED, round)
            var sums = [0.0, 0.0, 0.0]
            for run in runs.indices {
                let chosen = round == 0 ? run : random.below(runs.count)
                let metrics = own[chosen].withUnsafeBufferPointer { values(chosen, $0) }
                for index in sums.indices { sums[index] += metrics[index] / Double(runs.count) }
            }
            round += 1
            return sums
        }
        return RepeatedMetrics(auc: found[0], ks: found[2], averagePrecision: found[1])
    }
}
