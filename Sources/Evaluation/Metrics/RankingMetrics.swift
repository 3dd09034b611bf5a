#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Takes: scored examples. Gives: metrics with intervals.
///
/// How high the one right item of each example stood in a ranking.
///
/// **Tie rule.** The right item stands behind every other item with the same score (``rank(of:in:)``), so that a model which scores
/// everything alike gains nothing from the order of items. A score that is not a number counts as higher than any other.
public struct RankingMetrics: Sendable, Equatable {
    /// Rank of the right item per example, from 1; 0 where it was not ranked at all.
    public let ranks: [Int32]

    /// - Parameter ranks: from 1; 0 for "not ranked".
    public init(ranks: [Int32]) {
        precondition(ranks.allSatisfy { $0 >= 0 }, "RankingMetrics: ranks start at 1, and 0 says not ranked")
        self.ranks = ranks
    }

    /// Rank of `item` by descending score, from 1, behind all its equals.
    /// - Complexity: O(items).
    public static func rank(of item: Int, in scores: UnsafeBufferPointer<Float>) -> Int32 {
        precondition(scores.indices.contains(item), "RankingMetrics.rank: item \(item) of \(scores.count) scores")
        let own = scores[item]
        var notLower: Int32 = 0
        for score in scores where !(score < own) { notLower += 1 }
        return own.isNaN ? Int32(scores.count) : notLower
    }

    /// Share of examples whose item is among the first `k`. With one right item per example this is also micro recall at `k`.
    public func hit(at k: Int) -> Double { mean(hits(at: k)) }

    /// Mean reciprocal rank, 0 beyond `k`.
    public func mrr(at k: Int) -> Double { mean(reciprocalRanks(at: k)) }

    /// Normalised discounted cumulative gain with one right item: 1 / log2(1 + rank), 0 beyond `k` (Järvelin and Kekäläinen, 2002).
    public func ndcg(at k: Int) -> Double { mean(gains(at: k)) }

    /// Mean over the classes that occur of the share of their examples ranked among the first `k`.
    /// - Parameter classes: class of each example's right item, `[examples]`.
    public func macroRecall(at k: Int, classes: [Int32]) -> Double {
        precondition(classes.count == ranks.count, "RankingMetrics.macroRecall: \(classes.count) classes for \(ranks.count) ranks")
        var found: [Int32: (hits: Int, all: Int)] = [:]
        for (rank, label) in zip(ranks, classes) {
            found[label, default: (0, 0)].all += 1
            if rank >= 1 && rank <= k { found[label]!.hits += 1 }
        }
        // Summed in the order of classes: a dictionary has another order at each run.
        let shares = found.sorted { $0.key < $1.key }.map { Double($0.value.hits) / Double($0.value.all) }
        return shares.isEmpty ? .nan : shares.reduce(0, +) / Double(shares.count)
    }

    /// 1 or 0 per example, for intervals.
    public func hits(at k: Int) -> [Double] { ranks.map { $0 >= 1 && $0 <= k ? 1 : 0 } }

    /// Reciprocal rank per example, for intervals.
    public func reciprocalRanks(at k: Int) -> [Double] { ranks.map { $0 >= 1 && $0 <= k ? 1 / Double($0) : 0 } }

    /// Discounted gain per example, for intervals.
    public func gains(at k: Int) -> [Double] { ranks.map { $0 >= 1 && $0 <= k ? 1 / log2(1 + Double($0)) : 0 } }

    private func mean(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }
}
