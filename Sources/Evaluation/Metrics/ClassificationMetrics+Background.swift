/// F1 where one class means that nothing happened: what is asked is how well the others are found.
extension ClassificationMetrics {
    /// F1 over all examples and all classes but `background` together: harmonic mean of the share of predicted events that are right and the
    /// share of events that were found. 0 where there are events or predictions and none agree, NaN where there are neither.
    public func microF1(background: Int) -> Double {
        precondition(background >= 0 && background < classes, "microF1: background \(background) of \(classes) classes")
        var (found, sum) = (0, 0)
        for right in 0..<classes {
            for predicted in 0..<classes {
                let count = confusion[right * classes + predicted]
                if right == predicted && right != background { found += count }
                sum += count * ((right == background ? 0 : 1) + (predicted == background ? 0 : 1))
            }
        }
        return sum == 0 ? .nan : 2 * Double(found) / Double(sum)
    }

    /// Mean F1 of the classes but `background` that occur among the right ones; NaN where none does.
    public func macroF1(background: Int) -> Double {
        let scores = perClass.enumerated().filter { $0.offset != background && $0.element.support > 0 }.map(\.element.f1)
        return scores.isEmpty ? .nan : scores.reduce(0, +) / Double(scores.count)
    }

    /// ``microF1(background:)`` and ``macroF1(background:)`` of `a`, less those of `b` where given, by resampling examples or whole clusters.
    /// - Parameters:
    ///   - right: `[N]`, classes from 0.
    ///   - a: `[N]`, predicted classes.
    ///   - b: `[N]`, predicted classes of another on the same examples.
    public static func backgroundF1Intervals(
        right: [Int32], predicted a: [Int32], less b: [Int32]? = nil, classes: Int, background: Int, clusters: [Int32]? = nil,
        _ resampling: Resampling = Resampling()
    ) -> (micro: MetricInterval, macro: MetricInterval) {
        precondition(
            right.count == a.count && (b == nil || b!.count == right.count),
            "backgroundF1Intervals: \(right.count) right, \(a.count) predicted")
        func values(_ predicted: [Int32], _ weights: UnsafeBufferPointer<Int32>) -> [Double] {
            let metrics = ClassificationMetrics(right: right, predicted: predicted, weights: weights, classes: classes)
            return [metrics.microF1(background: background), metrics.macroF1(background: background)]
        }
        let intervals = resampling.intervals(units: right.count, clusters: clusters, count: 2) { weights in
            let own = values(a, weights)
            return b.map { other in zip(own, values(other, weights)).map { $0 - $1 } } ?? own
        }
        return (intervals[0], intervals[1])
    }
}
