/// Scores of several labels, sorted once, so that resampling examples costs one pass over them a round.
///
/// A resample says how often each example was drawn; all metrics follow from these counts. In a resample a label that no drawn example has
/// is left out of means over labels, as it is in the estimate.
public struct MultiLabelScores: Sendable {
    /// Labels (K).
    public let labels: Int
    /// Examples (S).
    public let examples: Int

    /// A pair of example and label.
    private struct Pair {
        /// The example.
        let example: Int32
        /// Whether it has the label.
        let isPresent: Bool
        /// Whether the next pair has another score.
        var isLast = true
    }

    // Pairs by falling score: of each label, `[K, S]`, and of all together, `[S × K]`.
    private let sorted: [Pair]
    private let pooled: [Pair]
    private let present: [Bool]
    private let predicted: [Bool]
    private let bins: [UInt8]
    private let scores: [Float]
    private let binCount: Int

    /// - Parameters:
    ///   - present: `[S, K]`, whether the example has the label.
    ///   - scores: `[S, K]`, between 0 and 1.
    ///   - thresholds: `[K]`, from which a score means yes; 0.5 by default.
    ///   - bins: parts of equal width for calibration, at most 255.
    public init(present: [Bool], scores: [Float], labels: Int, thresholds: [Float]? = nil, bins: Int = 10) {
        precondition(
            labels > 0 && present.count == scores.count && scores.count.isMultiple(of: labels) && !scores.isEmpty,
            "MultiLabelScores: \(present.count) truths and \(scores.count) scores for [examples, \(labels)]")
        precondition(scores.allSatisfy { $0 >= 0 && $0 <= 1 }, "MultiLabelScores: a score lies outside 0...1")
        precondition(
            thresholds == nil || thresholds!.count == labels, "MultiLabelScores: \(thresholds!.count) thresholds for \(labels) labels")
        precondition((1...255).contains(bins), "MultiLabelScores: \(bins) bins must lie in 1...255")
        let examples = scores.count / labels
        (self.labels, self.examples, self.present, self.scores, binCount) = (labels, examples, present, scores, bins)
        predicted = scores.indices.map { scores[$0] >= (thresholds?[$0 % labels] ?? 0.5) }
        self.bins = scores.map { UInt8(min(bins - 1, Int($0 * Float(bins)))) }
        func order(_ places: [Int]) -> [Pair] {
            let falling = places.sorted { (scores[$0], $1) > (scores[$1], $0) }
            return falling.indices.map { index in
                Pair(
                    example: Int32(falling[index] / labels), isPresent: present[falling[index]],
                    isLast: index + 1 == falling.count || scores[falling[index + 1]] != scores[falling[index]])
            }
        }
        sorted = (0..<labels).flatMap { label in order((0..<examples).map { $0 * labels + label }) }
        pooled = labels == 1 ? sorted : order(Array(scores.indices))
    }

    /// Each metric with its interval by resampling examples, or whole clusters of them (say, the sessions of one visitor).
    ///
    /// Percentile bootstrap as in ``Resampling``, all metrics on the same resamples.
    /// - Complexity: O(rounds × S K).
    public func intervals(clusters: [Int32]? = nil, _ resampling: Resampling = Resampling(rounds: 1000)) -> [MultiLabelMetric:
        MetricInterval]
    {
        Self.named(resampling.intervals(units: examples, clusters: clusters, count: MultiLabelMetric.allCases.count) { values($0) })
    }

    /// Interval of each metric of this scorer less that of another on the same examples, both resampled together.
    /// - Parameter other: scores of as many examples and labels, with the same truth.
    public func differences(
        from other: MultiLabelScores, clusters: [Int32]? = nil, _ resampling: Resampling = Resampling(rounds: 1000)
    ) -> [MultiLabelMetric: MetricInterval] {
        precondition(
            labels == other.labels && present == other.present,
            "MultiLabelScores.differences: [\(examples), \(labels)] against [\(other.examples), \(other.labels)], or another truth")
        return Self.named(
            resampling.intervals(units: examples, clusters: clusters, count: MultiLabelMetric.allCases.count) { weights in
                zip(values(weights), other.values(weights)).map { $0 - $1 }
            })
    }

    private static func named(_ intervals: [MetricInterval]) -> [MultiLabelMetric: MetricInterval] {
        Dictionary(uniqueKeysWithValues: MultiLabelMetric.allCases.map { ($0, intervals[$0.place]) })
    }

    /// What was counted of one label.
    struct Tally {
        var support: Int32 = 0
        var predicted: Int32 = 0
        var found: Int32 = 0
        var averagePrecision = Double.nan
        var calibrationError = Double.nan
    }

    /// One label among examples drawn so often.
    func tally(_ label: Int, _ weights: UnsafeBufferPointer<Int32>) -> Tally {
        var tally = Tally()
        var sums = [Double](repeating: 0, count: binCount)
        for example in 0..<examples {
            let (place, weight) = (example * labels + label, weights[example])
            if present[place] { tally.support += weight }
            if predicted[place] { tally.predicted += weight }
            if present[place] && predicted[place] { tally.found += weight }
            sums[Int(bins[place])] += Double(weight) * (Double(scores[place]) - (present[place] ? 1 : 0))
        }
        tally.averagePrecision = Self.averagePrecision(sorted[label * examples..<(label + 1) * examples], weights)
        tally.calibrationError = sums.reduce(0) { $0 + abs($1) } / Double(weights.reduce(0) { $0 + Int($1) })
        return tally
    }

    /// All metrics of examples drawn so often, in the order of ``MultiLabelMetric/place``.
    func values(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 3 * labels) { counts in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: binCount) { sums in
                counts.initialize(repeating: 0)
                sums.initialize(repeating: 0)
                var total = 0
                for example in 0..<examples where weights[example] != 0 {
                    let weight = weights[example]
                    total += Int(weight)
                    for label in 0..<labels {
                        let place = example * labels + label
                        let (has, says) = (present[place], predicted[place])
                        if has { counts[3 * label] += weight }
                        if says { counts[3 * label + 1] += weight }
                        if has && says { counts[3 * label + 2] += weight }
                        sums[Int(bins[place])] += Double(weight) * (Double(scores[place]) - (has ? 1 : 0))
                    }
                }
                var (support, predicted, found, occurring, f1, precision) = (0, 0, 0, 0, 0.0, 0.0)
                for label in 0..<labels {
                    let (own, said, both) = (Int(counts[3 * label]), Int(counts[3 * label + 1]), Int(counts[3 * label + 2]))
                    support += own
                    predicted += said
                    found += both
                    guard own > 0 else { continue }
                    occurring += 1
                    f1 += 2 * Double(both) / Double(own + said)
                    precision += Self.averagePrecision(sorted[label * examples..<(label + 1) * examples], weights)
                }
                return [
                    2 * Double(found) / Double(support + predicted), f1 / Double(occurring), precision / Double(occurring),
                    Self.averagePrecision(pooled[...], weights), sums.reduce(0) { $0 + abs($1) } / Double(total * labels),
                ]
            }
        }
    }

    /// Mean precision over the positives by falling score, equal scores taken together; NaN without positives.
    private static func averagePrecision(_ pairs: ArraySlice<Pair>, _ weights: UnsafeBufferPointer<Int32>) -> Double {
        var (found, seen, here, area) = (0, 0, 0, 0.0)
        for pair in pairs {
            let weight = Int(weights[Int(pair.example)])
            seen += weight
            if pair.isPresent { here += weight }
            if pair.isLast && here > 0 {
                found += here
                area += Double(here) * Double(found) / Double(seen)
                here = 0
            }
        }
        return found == 0 ? .nan : area / Double(found)
    }
}
