#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One right class and one predicted class per example.
public struct ClassificationMetrics: Sendable, Equatable {
    /// One class against all others.
    public struct PerClass: Sendable, Equatable {
        /// Examples of the class.
        public var support: Int
        /// Share of predictions of the class that are right, with Wilson's interval; NaN where it was never predicted.
        public var precision: MetricInterval
        /// Share of examples of the class that were found, with Wilson's interval; NaN where there are none.
        public var recall: MetricInterval
        /// Harmonic mean of both; 0 where nothing was found.
        public var f1: Double
    }

    /// Number of classes.
    public let classes: Int
    /// Number of examples.
    public let examples: Int
    /// Examples by right and predicted class, `[classes, classes]`.
    public let confusion: [Int]

    /// - Parameters: `right` and `predicted` hold classes from 0, one per example.
    public init(right: [Int32], predicted: [Int32], classes: Int) {
        precondition(right.count == predicted.count, "ClassificationMetrics: \(right.count) right, \(predicted.count) predicted classes")
        var confusion = [Int](repeating: 0, count: classes * classes)
        for (a, b) in zip(right, predicted) {
            precondition(
                a >= 0 && a < classes && b >= 0 && b < classes, "ClassificationMetrics: classes \(a) and \(b) must lie in 0..<\(classes)")
            confusion[Int(a) * classes + Int(b)] += 1
        }
        (self.classes, self.examples, self.confusion) = (classes, right.count, confusion)
    }

    /// Examples that count so often, for resamples.
    package init(right: [Int32], predicted: [Int32], weights: UnsafeBufferPointer<Int32>, classes: Int) {
        var (confusion, examples) = ([Int](repeating: 0, count: classes * classes), 0)
        for (index, (a, b)) in zip(right, predicted).enumerated() {
            confusion[Int(a) * classes + Int(b)] += Int(weights[index])
            examples += Int(weights[index])
        }
        (self.classes, self.examples, self.confusion) = (classes, examples, confusion)
    }

    /// Share of right predictions. With one class per example this is micro F1, micro precision and micro recall at once.
    public var accuracy: Double {
        examples == 0 ? .nan : Double((0..<classes).reduce(0) { $0 + confusion[$1 * classes + $1] }) / Double(examples)
    }

    /// Equal to ``accuracy`` in this single-label setting.
    public var microF1: Double { accuracy }

    /// Mean of the F1 of all classes that occur among the right ones.
    public var macroF1: Double {
        let scores = perClass.filter { $0.support > 0 }.map(\.f1)
        return scores.isEmpty ? .nan : scores.reduce(0, +) / Double(scores.count)
    }

    /// Precision, recall and F1 of every class.
    public var perClass: [PerClass] {
        (0..<classes).map { label in
            let found = confusion[label * classes + label]
            let support = (0..<classes).reduce(0) { $0 + confusion[label * classes + $1] }
            let predicted = (0..<classes).reduce(0) { $0 + confusion[$1 * classes + label] }
            return PerClass(
                support: support, precision: .wilson(successes: found, of: predicted), recall: .wilson(successes: found, of: support),
                f1: support + predicted == 0 ? 0 : 2 * Double(found) / Double(support + predicted))
        }
    }

    /// 1 or 0 per example, for intervals.
    public static func hits(right: [Int32], predicted: [Int32]) -> [Double] {
        precondition(
            right.count == predicted.count, "ClassificationMetrics.hits: \(right.count) right, \(predicted.count) predicted classes")
        return zip(right, predicted).map { $0 == $1 ? 1 : 0 }
    }

    /// −log of the probability given to the right class per example (natural logarithm), probabilities held above 1e-7.
    /// - Parameter probabilities: `[examples, classes]`.
    public static func logLosses(probabilities: [Float], right: [Int32], classes: Int) -> [Double] {
        precondition(
            probabilities.count == right.count * classes,
            "ClassificationMetrics.logLosses: \(probabilities.count) probabilities for [\(right.count), \(classes)]")
        return right.indices.map { -log(max(Double(probabilities[$0 * classes + Int(right[$0])]), 1e-7)) }
    }

    /// Macro F1 with its interval by resampling examples or clusters.
    public static func macroF1Interval(
        right: [Int32], predicted: [Int32], classes: Int, clusters: [Int32]? = nil, _ resampling: Resampling = Resampling(rounds: 500)
    ) -> MetricInterval {
        precondition(right.count == predicted.count, "macroF1Interval: \(right.count) right, \(predicted.count) predicted classes")
        var (found, support, all) = ([Double](repeating: 0, count: classes), [0.0], [0.0])
        return resampling.interval(units: right.count, clusters: clusters) { weights in
            found = [Double](repeating: 0, count: classes)
            support = found
            all = found
            for (unit, weight) in weights.enumerated() where weight != 0 {
                let (a, b, w) = (Int(right[unit]), Int(predicted[unit]), Double(weight))
                support[a] += w
                all[a] += w
                all[b] += w
                if a == b { found[a] += w }
            }
            let present = (0..<classes).filter { support[$0] > 0 }
            return present.reduce(0) { $0 + 2 * found[$1] / all[$1] } / Double(present.count)
        }
    }
}
