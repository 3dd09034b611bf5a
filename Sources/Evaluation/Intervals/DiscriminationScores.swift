/// Scores of a yes-or-no question, sorted once, so that resampling examples costs one pass over them a round.
///
/// Ties are treated as in ``DiscriminationMetrics``: equal scores are taken together.
public struct DiscriminationScores: Sendable {
    /// AUC and average precision with their intervals, or the differences of two scorers.
    public struct Intervals: Sendable, Equatable {
        /// Area under the ROC curve.
        public var auc: MetricInterval
        /// Mean precision over the positives.
        public var averagePrecision: MetricInterval
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
        Self.named(resampling.intervals(units: truth.count, clusters: clusters, count: 2) { values($0) })
    }

    /// Intervals of this scorer's metrics less those of another on the same examples, both resampled together.
    public func differences(
        from other: DiscriminationScores, clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()
    ) -> Intervals {
        precondition(
            truth == other.truth, "DiscriminationScores.differences: \(truth.count) against \(other.truth.count), or another truth")
        return Self.named(
            resampling.intervals(units: truth.count, clusters: clusters, count: 2) { weights in
                zip(values(weights), other.values(weights)).map { $0 - $1 }
            })
    }

    private static func named(_ intervals: [MetricInterval]) -> Intervals {
        Intervals(auc: intervals[0], averagePrecision: intervals[1])
    }

    /// AUC and average precision of examples drawn so often.
    package func values(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        var (found, missed, here, wrong, area, precision) = (0, 0, 0, 0, 0.0, 0.0)
        for place in examples.indices {
            let weight = Int(weights[Int(examples[place])])
            if positive[place] { here += weight } else { wrong += weight }
            guard isLast[place] else { continue }
            area += Double(wrong) * (Double(found) + Double(here) / 2)
            found += here
            missed += wrong
            if here > 0 { precision += Double(here) * Double(found) / Double(found + missed) }
            (here, wrong) = (0, 0)
        }
        return [
            found > 0 && missed > 0 ? area / (Double(found) * Double(missed)) : .nan, found > 0 ? precision / Double(found) : .nan,
        ]
    }
}
