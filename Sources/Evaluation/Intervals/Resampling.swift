/// Random numbers that are the same on every machine (SplitMix64).
struct ResamplingSource {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    mutating func normal() -> Double {
        // A sum of twelve uniform numbers is normal enough to start a power iteration.
        (0..<12).reduce(-6.0) { sum, _ in sum + Double(next() >> 11) * 0x1p-53 }
    }
}

/// Draws units, or whole clusters of units, with replacement.
public struct Resampling: Sendable, Equatable {
    /// Number of resamples.
    public var rounds: Int
    /// Same seed, same interval.
    public var seed: UInt64
    /// Covered share, 0.95 by default.
    public var confidence: Double

    /// 2,000 rounds and 95 % unless told otherwise.
    public init(rounds: Int = 2000, seed: UInt64 = 1, confidence: Double = 0.95) {
        precondition(rounds >= 20, "Resampling: \(rounds) rounds are too few for an interval")
        precondition(confidence > 0 && confidence < 1, "Resampling: confidence \(confidence) must lie between 0 and 1")
        (self.rounds, self.seed, self.confidence) = (rounds, seed, confidence)
    }

    /// Interval of any statistic of weighted units: a resample says how often each unit was drawn.
    ///
    /// Percentile bootstrap (Efron, 1979). With clusters (say, the visitor of each session) whole clusters are drawn, so that what
    /// sessions of one visitor share does not make the interval too narrow.
    /// - Parameters:
    ///   - count: number of units.
    ///   - clusters: cluster of each unit; any numbers.
    ///   - statistic: of the units with these multiplicities, `[count]`.
    public func interval(
        units count: Int, clusters: [Int32]? = nil, statistic: (_ multiplicities: UnsafeBufferPointer<Int32>) -> Double
    ) -> MetricInterval {
        intervals(units: count, clusters: clusters, count: 1) { [statistic($0)] }[0]
    }

    /// Intervals of several statistics of the same resamples; each gives `values` numbers, of which NaN are left out of its interval.
    /// - Parameters:
    ///   - count: number of units.
    ///   - clusters: cluster of each unit; any numbers.
    ///   - values: number of statistics.
    ///   - centred: statistics whose percentiles are moved by how far the mean of the resamples lies from the estimate: those that any noise
    ///     pushes one way, such as a maximum, whose plain percentiles may leave the estimate out.
    ///   - statistics: of the units with these multiplicities, `[count]`; gives `[values]`.
    public func intervals(
        units count: Int, clusters: [Int32]? = nil, count values: Int, centred: Set<Int> = [],
        statistics: (_ multiplicities: UnsafeBufferPointer<Int32>) -> [Double]
    ) -> [MetricInterval] {
        precondition(count > 0, "Resampling.interval: no units")
        precondition(clusters == nil || clusters!.count == count, "Resampling.interval: \(clusters!.count) clusters for \(count) units")
        var weights = [Int32](repeating: 1, count: count)
        let estimates = weights.withUnsafeBufferPointer(statistics)
        let (cluster, clusterCount) = clusters.map(Self.numbered) ?? (Array(0..<Int32(count)), count)
        var drawn = [Int32](repeating: 0, count: clusterCount)
        var source = ResamplingSource(seed: seed)
        var resampled = [[Double]](repeating: [], count: values)
        for _ in 0..<rounds {
            for index in drawn.indices { drawn[index] = 0 }
            for _ in 0..<clusterCount { drawn[source.index(below: clusterCount)] += 1 }
            for unit in 0..<count { weights[unit] = drawn[Int(cluster[unit])] }
            let own = weights.withUnsafeBufferPointer(statistics)
            for (index, value) in own.enumerated() where !value.isNaN { resampled[index].append(value) }
        }
        for index in centred where !resampled[index].isEmpty {
            let bias = resampled[index].reduce(0, +) / Double(resampled[index].count) - estimates[index]
            resampled[index] = resampled[index].map { $0 - bias }
        }
        return (0..<values).map { MetricInterval(estimate: estimates[$0], resampled: resampled[$0], confidence: confidence) }
    }

    private static func numbered(_ clusters: [Int32]) -> ([Int32], Int) {
        var numbers: [Int32: Int32] = [:]
        let result = clusters.map { cluster in
            if let known = numbers[cluster] { return known }
            let number = Int32(numbers.count)
            numbers[cluster] = number
            return number
        }
        return (result, numbers.count)
    }
}

/// A metric and the interval it may lie in.
public struct MetricInterval: Sendable, Equatable, Codable {
    /// The metric on the units as they are.
    public var estimate: Double
    /// Lower end.
    public var lower: Double
    /// Upper end.
    public var upper: Double

    /// An interval from outside.
    public init(estimate: Double, lower: Double, upper: Double) {
        (self.estimate, self.lower, self.upper) = (estimate, lower, upper)
    }

    init(estimate: Double, resampled: [Double], confidence: Double) {
        let sorted = resampled.sorted()
        func percentile(_ share: Double) -> Double {
            guard let last = sorted.indices.last else { return .nan }
            let place = share * Double(last)
            let below = Int(place)
            let above = min(last, below + 1)
            return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
        }
        self.init(estimate: estimate, lower: percentile((1 - confidence) / 2), upper: percentile((1 + confidence) / 2))
    }

    /// Whether the whole interval lies above zero.
    public var isAboveZero: Bool { lower > 0 }

    /// Interval of the mean of `values`.
    public static func mean(_ values: [Double], clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()) -> MetricInterval {
        resampling.interval(units: values.count, clusters: clusters) { weightedMean(values, $0) }
    }

    /// Wilson's interval of a share (Wilson, 1927), for counts too small to resample.
    public static func wilson(successes: Int, of trials: Int, z: Double = 1.959963984540054) -> MetricInterval {
        precondition(successes >= 0 && successes <= trials, "MetricInterval.wilson: \(successes) of \(trials)")
        guard trials > 0 else { return MetricInterval(estimate: .nan, lower: 0, upper: 1) }
        let n = Double(trials)
        let p = Double(successes) / n
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return MetricInterval(estimate: p, lower: max(0, centre - half), upper: min(1, centre + half))
    }
}

func weightedMean(_ values: [Double], _ weights: UnsafeBufferPointer<Int32>) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (value, weight) in zip(values, weights) where weight != 0 {
        sum += value * Double(weight)
        total += Double(weight)
    }
    return sum / total
}
