/// How well a score separates two classes, whatever its scale. Equal scores are taken together, never in the order they came.
public struct DiscriminationMetrics: Sendable, Equatable {
    /// Probability that a positive example scores above a negative one, equals counting half (Mann and Whitney, 1947). NaN with one class.
    public let auc: Double
    /// Largest distance between the distributions of scores of both classes (Kolmogorov and Smirnov). NaN with one class.
    public let ks: Double
    /// Mean precision over the positives by descending score: the step-wise area under precision against recall. NaN without positives.
    public let averagePrecision: Double

    /// 2 AUC − 1.
    public var gini: Double { 2 * auc - 1 }

    /// - Parameters:
    ///   - scores: higher means more likely positive; not NaN.
    ///   - positives: which examples are positive.
    /// - Complexity: O(n log n).
    public init(scores: [Float], positives: [Bool]) {
        precondition(scores.count == positives.count, "DiscriminationMetrics: \(scores.count) scores for \(positives.count) classes")
        precondition(scores.allSatisfy { !$0.isNaN }, "DiscriminationMetrics: a score is not a number")
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        let total = positives.reduce(0) { $0 + ($1 ? 1 : 0) }
        let others = scores.count - total
        var (found, missed, area, distance, precision) = (0, 0, 0.0, 0.0, 0.0)
        var place = 0
        while place < order.count {
            var (here, wrong) = (0, 0)
            let score = scores[order[place]]
            while place < order.count && scores[order[place]] == score {
                if positives[order[place]] { here += 1 } else { wrong += 1 }
                place += 1
            }
            area += Double(wrong) * (Double(found) + Double(here) / 2)
            found += here
            missed += wrong
            if total > 0 && others > 0 { distance = max(distance, abs(Double(found) / Double(total) - Double(missed) / Double(others))) }
            precision += Double(here) * Double(found) / Double(found + missed)
        }
        let bothClasses = total > 0 && others > 0
        auc = bothClasses ? area / (Double(total) * Double(others)) : .nan
        ks = bothClasses ? distance : .nan
        averagePrecision = total > 0 ? precision / Double(total) : .nan
    }
}
