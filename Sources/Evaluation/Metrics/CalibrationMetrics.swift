/// Whether events given a probability happen that often.
public struct CalibrationMetrics: Sendable, Equatable {
    /// Examples whose probability lies in one part of [0, 1].
    public struct Bin: Sendable, Equatable {
        /// The part.
        public var range: ClosedRange<Double>
        /// Examples in it.
        public var count: Int
        /// Their mean probability; NaN without any.
        public var meanProbability: Double
        /// How often it happened, with Wilson's interval.
        public var frequency: MetricInterval
    }

    /// Parts of equal width.
    public let bins: [Bin]
    /// Expected calibration error: mean distance of probability and frequency over the bins, weighted by their examples (Naeini et al., 2015).
    public let expectedError: Double
    /// Mean squared distance of probability and outcome (Brier, 1950).
    public let brier: Double

    /// - Parameters: `probabilities` between 0 and 1, and whether each happened.
    public init(probabilities: [Float], happened: [Bool], bins count: Int = 10) {
        precondition(
            probabilities.count == happened.count, "CalibrationMetrics: \(probabilities.count) probabilities, \(happened.count) outcomes")
        precondition(probabilities.allSatisfy { $0 >= 0 && $0 <= 1 }, "CalibrationMetrics: a probability lies outside 0...1")
        precondition(count > 0, "CalibrationMetrics: \(count) bins")
        var sums = [Double](repeating: 0, count: count)
        var (counts, hits) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
        var squared = 0.0
        for (probability, outcome) in zip(probabilities, happened) {
            let bin = min(count - 1, Int(probability * Float(count)))
            sums[bin] += Double(probability)
            counts[bin] += 1
            if outcome { hits[bin] += 1 }
            let distance = Double(probability) - (outcome ? 1 : 0)
            squared += distance * distance
        }
        bins = (0..<count).map { bin in
            let lower = Double(bin) / Double(count)
            let upper = Double(bin + 1) / Double(count)
            let mean: Double = counts[bin] == 0 ? .nan : sums[bin] / Double(counts[bin])
            return Bin(
                range: lower...upper, count: counts[bin], meanProbability: mean,
                frequency: .wilson(successes: hits[bin], of: counts[bin]))
        }
        let total = Double(probabilities.count)
        var distances = 0.0
        for bin in 0..<count { distances += abs(sums[bin] - Double(hits[bin])) }
        expectedError = total == 0 ? .nan : distances / total
        brier = total == 0 ? .nan : squared / total
    }

    /// Calibration of the most probable class of several.
    /// - Parameter probabilities: `[examples, classes]`.
    public static func ofTopClass(probabilities: [Float], right: [Int32], classes: Int, bins: Int = 10) -> CalibrationMetrics {
        precondition(
            probabilities.count == right.count * classes,
            "CalibrationMetrics.ofTopClass: \(probabilities.count) for [\(right.count), \(classes)]")
        var (tops, hits) = ([Float](), [Bool]())
        for example in right.indices {
            let row = probabilities[example * classes..<(example + 1) * classes]
            let best = row.indices.max { row[$0] < row[$1] }!
            tops.append(min(1, row[best]))
            hits.append(best - example * classes == Int(right[example]))
        }
        return CalibrationMetrics(probabilities: tops, happened: hits, bins: bins)
    }
}
