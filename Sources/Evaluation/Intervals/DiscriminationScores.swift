/// Scores of a yes-or-no question, sorted once, so that resampling examples costs one pass over them a round.
///
/// Ties are treated as in ``DiscriminationMetrics``: equal scores are taken together.
public struct DiscriminationScores: Sendable {
    /// AUC, average precision and KS with their intervals, or the differences of two scorers.
    public struct Intervals: Sendable, Equatable, Codable {
        /// Area under the ROC curve.
        public var auc: MetricInterval
        /// Mean precision over the positives.
        public var averagePrecision: MetricInterval
        /// Largest distance between the distributions of scores of both classes. A maximum over noise: an interval of one scorer lies a little
        /// above the truth, which the difference of two scorers of the same examples largely cancels.
        public var ks: MetricInterval
        /// 2 AUC − 1; of a difference, twice that of the AUC.
        public var gini: MetricInterval {
            let shift: Double = isDifference ? 0 : 1
            return MetricInterval(estimate: 2 * auc.estimate - shift, lower: 2 * auc.lower - shift, upper: 2 * auc.upper - shift)
        }
        /// Whether these are differences of two scorers.
        public var isDifference = false
    }

    private let examples: [Int32]
    private let positive: [Bool]
    private let isLast: [Bool]
    private let truth: [Bool]

    /// - Parameters:
    ///   - scores: `[N]`, higher means more likely positive; not NaN.
    ///   - positives: `[N]`.
    public init(scores: [Float], positives: [Bool]) {
        precondition(scores.count == positives.count, "DiscriminationScores: \(scores.count) scores for \(positives.count) classes")
        precondition(scores.allSatisfy { !$0.isNaN }, "DiscriminationScores: a score is not a number")
        let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
        examples = order.map { Int32($0) }
        positive = order.map { positives[$0] }
        isLast = order.indices.map { $0 + 1 == order.count || scores[order[$0 + 1]] != scores[order[$0]] }
        truth = positives
    }

    /// Intervals by resampling examples, or whole clusters of them (say, a customer's). Resamples with one class only are left out.
    /// - Complexity: O(rounds × N).
    public func intervals(clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()) -> Intervals {
        Self.named(resampling.intervals(units: truth.count, clusters: clusters, count: 3) { measured($0) }, isDifference: false)
    }

    /// Intervals of this scorer's metrics less those of another on the same examples, both resampled together.
    public func differences(
        from other: DiscriminationScores, clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()
    ) -> Intervals {
        precondition(
            truth == other.truth, "DiscriminationScores.differences: \(truth.count) against \(other.truth.count), or another truth")
        return Self.named(
            resampling.intervals(units: truth.count, clusters: clusters, count: 3) { weights in
                zip(measured(weights), other.measured(weights)).map { $0 - $1 }
            }, isDifference: true)
    }

    private static func named(_ intervals: [MetricInterval], isDifference: Bool) -> Intervals {
        Intervals(auc: intervals[0], averagePrecision: intervals[1], ks: intervals[2], isDifference: isDifference)
    }

    /// AUC and average precision of examples drawn so often.
    package func values(_ weights: UnsafeBufferPointer<Int32>) -> [Double] { Array(measured(weights)[..<2]) }

    /// AUC, average precision and KS of examples drawn so often.
    func measured(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        var (total, others) = (0, 0)
        for example in truth.indices {
            if truth[example] { total += Int(weights[example]) } else { others += Int(weights[example]) }
        }
        var (found, missed, here, wrong, area, precision, distance) = (0, 0, 0, 0, 0.0, 0.0, 0.0)
        for place in examples.indices {
            let weight = Int(weights[Int(examples[place])])
            if positive[place] { here += weight } else { wrong += weight }
            guard isLast[place] else { continue }
            area += Double(wrong) * (Double(found) + Double(here) / 2)
            found += here
            missed += wrong
            if here > 0 { precision += Double(here) * Double(found) / Double(found + missed) }
            if total > 0 && others > 0 { distance = max(distance, abs(Double(found) / Double(total) - Double(missed) / Double(others))) }
            (here, wrong) = (0, 0)
        }
        let bothClasses = total > 0 && others > 0
        return [
            bothClasses ? area / (Double(found) * Double(missed)) : .nan, found > 0 ? precision / Double(found) : .nan,
            bothClasses ? distance : .nan,
        ]
    }
}
