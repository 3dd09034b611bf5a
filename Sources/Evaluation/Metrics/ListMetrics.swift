#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Takes: lists of items with scores, and which of them were chosen. Gives: how well the scores rank and foretell the choice.
///
/// Lists without a choice say nothing about an order: they are counted in ``withoutChoice`` and are in no metric. A list of one item counts
/// as it is. With several chosen items the rank is that of the best of them, and the log loss their mean.
///
/// **Tie rule.** As in ``RankingMetrics``: an item stands behind every other one with its score.
public struct ListMetrics: Sendable, Equatable {
    /// Places of the lists that have a choice, in order; all arrays below have one entry for each.
    public let lists: [Int]
    /// Lists without a choice.
    public let withoutChoice: Int
    /// Rank of the best chosen item.
    public let ranking: RankingMetrics
    /// Minus the logarithm of the probability of the chosen item, natural, where probabilities are the softmax of the scores over the list,
    /// held 1e-9 away from 0.
    public let logLosses: [Double]
    /// Probability of each item and whether it was chosen, over all lists that have a choice.
    public let probabilities: [Float]
    /// See ``probabilities``.
    public let chosen: [Bool]

    /// - Parameters:
    ///   - lists: rows of each list.
    ///   - clicked: whether an item was chosen, by row.
    ///   - scores: by row; probabilities are taken for their logarithms with ``init(lists:clicked:probabilities:)``.
    public init(lists ranges: [Range<Int>], clicked: [Bool], scores: [Float]) {
        var (kept, ranks, losses): ([Int], [Int32], [Double]) = ([], [], [])
        var (all, truths): ([Float], [Bool]) = ([], [])
        for (place, rows) in ranges.enumerated() {
            let wanted = rows.filter { clicked[$0] }
            guard !wanted.isEmpty else { continue }
            kept.append(place)
            let best = scores.withUnsafeBufferPointer { scores in
                let own = UnsafeBufferPointer(rebasing: scores[rows])
                return wanted.map { RankingMetrics.rank(of: $0 - rows.lowerBound, in: own) }.min()!
            }
            ranks.append(best)
            let greatest = rows.reduce(-Float.infinity) { max($0, scores[$1]) }
            let sum = rows.reduce(0.0) { $0 + exp(Double(scores[$1] - greatest)) }
            var loss = 0.0
            for row in rows {
                let probability = exp(Double(scores[row] - greatest)) / sum
                if clicked[row] { loss -= log(max(probability, 1e-9)) / Double(wanted.count) }
                all.append(Float(probability))
                truths.append(clicked[row])
            }
            losses.append(loss)
        }
        (lists, withoutChoice, ranking) = (kept, ranges.count - kept.count, RankingMetrics(ranks: ranks))
        (logLosses, probabilities, chosen) = (losses, all, truths)
    }

    /// From probabilities that add up to 1 in each list.
    public init(lists: [Range<Int>], clicked: [Bool], probabilities: [Float]) {
        self.init(lists: lists, clicked: clicked, scores: probabilities.map { log(max($0, 1e-12)) })
    }

    /// Mean log loss over the lists that have a choice.
    public var logLoss: Double { logLosses.isEmpty ? .nan : logLosses.reduce(0, +) / Double(logLosses.count) }

    /// How well probabilities agree with choices, item by item.
    public func calibration(bins: Int = 10) -> CalibrationMetrics {
        CalibrationMetrics(probabilities: probabilities, happened: chosen, bins: bins)
    }
}
