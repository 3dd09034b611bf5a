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

    /// The parts, lowest probabilities first: expected (``Bin/meanProbability``) beside observed (``Bin/frequency``).
    public let bins: [Bin]
    /// Expected calibration error: mean distance of probability and frequency over the bins, weighted by their examples (Naeini et al., 2015).
    public let expectedError: Double
    /// Mean squared distance of probability and outcome (Brier, 1950).
    public let brier: Double
    /// Mean of −log of the probability given to what happened, natural logarithm; probabilities are held 1e-7 away from 0 and 1.
    public let logLoss: Double

    /// Parts of equal width.
    /// - Parameters: `probabilities` between 0 and 1, and whether each happened.
    public init(probabilities: [Float], happened: [Bool], bins count: Int = 10) {
        Self.check(probabilities, happened, count)
        self.init(
            probabilities, happened, bin: probabilities.map { min(count - 1, Int($0 * Float(count))) },
            ranges: (0..<count).map { Double($0) / Double(count)...Double($0 + 1) / Double(count) })
    }

    /// Parts of nearly as many examples each, from the lowest probability to the highest in a part: where few fall overdue, parts of equal
    /// width hold next to all examples in the first. Equal probabilities stay in one part, that of the first of them, so there may be
    /// fewer parts than asked for.
    /// - Parameters: as for ``init(probabilities:happened:bins:)``.
    /// - Complexity: O(n log n).
    public static func byQuantiles(probabilities: [Float], happened: [Bool], bins count: Int = 10) -> CalibrationMetrics {
        check(probabilities, happened, count)
        let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
        var bin = [Int](repeating: 0, count: order.count)
        var (ranges, last) = ([ClosedRange<Double>](), -1)
        for (place, example) in order.enumerated() {
            let value = Double(probabilities[example])
            let own = place * count / order.count
            if own != last && (place == 0 || probabilities[order[place - 1]] != probabilities[example]) {
                ranges.append(value...value)
                last = own
            }
            ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound...value
            bin[example] = ranges.count - 1
        }
        return CalibrationMetrics(probabilities, happened, bin: bin, ranges: ranges)
    }

    private static func check(_ probabilities: [Float], _ happened: [Bool], _ count: Int) {
        precondition(
            probabilities.count == happened.count, "CalibrationMetrics: \(probabilities.count) probabilities, \(happened.count) outcomes")
        precondition(probabilities.allSatisfy { $0 >= 0 && $0 <= 1 }, "CalibrationMetrics: a probability lies outside 0...1")
        precondition(count > 0, "CalibrationMetrics: \(count) bins")
    }

    private init(_ probabilities: [Float], _ happened: [Bool], bin: [Int], ranges: [ClosedRange<Double>]) {
        let count = ranges.count
        var sums = [Double](repeating: 0, count: count)
        var (counts, hits) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
        var (squared, logarithms) = (0.0, 0.0)
        for (example, (probability, outcome)) in zip(probabilities, happened).enumerated() {
            let bin = bin[example]
            sums[bin] += Double(probability)
            counts[bin] += 1
            if outcome { hits[bin] += 1 }
            let distance = Double(probability) - (outcome ? 1 : 0)
            squared += distance * distance
            logarithms += ScoreCalibration.logLoss(Double(probability), happened: outcome)
        }
        bins = (0..<count).map { bin in
            let mean: Double = counts[bin] == 0 ? .nan : sums[bin] / Double(counts[bin])
            return Bin(
                range: ranges[bin], count: counts[bin], meanProbability: mean, frequency: .wilson(successes: hits[bin], of: counts[bin]))
        }
        let total = Double(probabilities.count)
        var distances = 0.0
        for bin in 0..<count { distances += abs(sums[bin] - Double(hits[bin])) }
        expectedError = total == 0 ? .nan : distances / total
        brier = total == 0 ? .nan : squared / total
        logLoss = total == 0 ? .nan : logarithms / total
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
