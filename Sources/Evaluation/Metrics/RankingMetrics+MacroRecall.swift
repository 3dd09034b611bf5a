extension RankingMetrics {
    /// ``macroRecall(at:classes:)`` with its interval, less that of another ranking of the same examples where one is given: both are resampled
    /// together. A class of which a resample draws no example does not count in it.
    /// - Parameters:
    ///   - classes: class of each example's right item, `[examples]`.
    ///   - other: ranks of the same examples, paired.
    ///   - clusters: cluster of each example, drawn whole.
    /// - Complexity: O(rounds × (examples + classes)).
    public func macroRecallInterval(
        at k: Int, classes: [Int32], less other: RankingMetrics? = nil, clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()
    ) -> MetricInterval {
        precondition(classes.count == ranks.count, "RankingMetrics.macroRecallInterval: \(classes.count) classes for \(ranks.count) ranks")
        precondition(
            other.map { $0.ranks.count == ranks.count } ?? true,
            "RankingMetrics.macroRecallInterval: \(ranks.count) ranks against \(other?.ranks.count ?? 0)")
        let numbers = Dictionary(uniqueKeysWithValues: Set(classes).sorted().enumerated().map { ($1, $0) })
        let places = classes.map { numbers[$0]! }
        let gained = zip(hits(at: k), other?.hits(at: k) ?? [Double](repeating: 0, count: ranks.count)).map { $0 - $1 }
        return resampling.interval(units: ranks.count, clusters: clusters) { weights in
            var (found, all) = ([Double](repeating: 0, count: numbers.count), [Double](repeating: 0, count: numbers.count))
            for (unit, place) in places.enumerated() where weights[unit] != 0 {
                found[place] += Double(weights[unit]) * gained[unit]
                all[place] += Double(weights[unit])
            }
            var (sum, count) = (0.0, 0.0)
            for place in all.indices where all[place] > 0 {
                sum += found[place] / all[place]
                count += 1
            }
            return sum / count
        }
    }
}
