public import Evaluation
#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Items that were drawn alike and judged: a simple random sample of one part of a population.
public struct ReviewCell: Sendable, Equatable {
    /// Items of the part (N).
    public var population: Int
    /// Those that were drawn and judged (n), at most `population`.
    public var judged: Int
    /// Those of them found positive (x).
    public var positive: Int

    /// - Precondition: 0 ≤ positive ≤ judged ≤ population.
    public init(population: Int, judged: Int, positive: Int) {
        precondition(
            0 <= positive && positive <= judged && judged <= population, "ReviewCell: \(positive) of \(judged) of \(population)")
        (self.population, self.judged, self.positive) = (population, judged, positive)
    }
}

/// Intervals of proportions and ratios from stratified samples, by inverting a score test.
///
/// A value θ of the proportion or ratio says that a weighted sum of the cells' shares is a constant, Σ c(θ) p = d(θ). θ lies in the
/// interval unless the sum of the seen shares lies further from d than z standard errors. The errors are those under θ: of all shares for
/// which the equation holds, the most likely ones. With one cell this is Wilson's interval (Wilson, 1927); for two cells and a difference
/// that of Mee (1984) and Miettinen and Nurminen (1985, Statistics in Medicine 4, 213–226, also for ratios); with a ratio the equation is
/// Fieller's (1954). As nothing is estimated at the edge, it holds where no error or no missed item was seen, and it never leaves 0 to 1.
///
/// A cell of two or three items that all agree says little about how much its items differ: for the errors each share is drawn towards
/// that of its group by a quarter of an item. A group of one cell is not moved by this.
///
/// Drawing without replacement is allowed for by counting a cell's n items as n (N − 1) / (N − n): a cell that was judged whole is known
/// (Cochran, 1977, Sampling Techniques, 3rd edition, chapters 2 and 5). Of what was not judged whole items are right or wrong, so that the
/// ends lie further out by half an item, times the share that was judged: it matters where few are left.
///
/// Cells nobody judged are taken to be like the judged ones of their group, which are collapsed with them (Cochran, section 5A.12): each
/// judged cell stands for r N items, where r is the group's items over those of its judged cells, and its n items are a sample of those.
/// With M items in the group they count as n · rN / (rN − n) · (M − 1) / M, which is never without end, whole or not. As only one in r of
/// what the cell stands for is its own, its share is for the errors mixed so with that of the group: strata of one session, a few of
/// which were judged, count as the simple random sample that they are.
public enum ScoreInterval {
    /// Items of the group's share that are added to each cell where errors are estimated.
    private static let pull = 0.25

    /// A share with weights: Σ N x/n over Σ N.
    /// - Parameter z: standard errors that the interval reaches.
    /// - Returns: nil where nothing was judged.
    public static func proportion(_ cells: [ReviewCell], z: Double = 1.959963984540054) -> MetricInterval? {
        let samples = samples(cells)
        guard !samples.isEmpty else { return nil }
        let total = samples.reduce(0) { $0 + $1.weight }
        let estimate = samples.reduce(0) { $0 + $1.weight * $1.share } / total
        return interval(estimate, z, step: step(cells) / total) { theta in
            statistic(samples, samples.map { $0.weight / total }, theta)
        }
    }

    /// The share of the positive items of all cells that lie in `found`: Σ N x/n over `found`, by the same over all.
    /// - Returns: nil where no positive item was seen, and where one of the two has items and none of them was judged: nothing is known of
    ///   those, neither that all are positive nor that none is.
    public static func share(found: [ReviewCell], missed: [ReviewCell], z: Double = 1.959963984540054) -> MetricInterval? {
        let inside = samples(found), outside = samples(missed)
        guard isKnown(found, inside), isKnown(missed, outside) else { return nil }
        let hits = inside.reduce(0) { $0 + $1.weight * $1.share }
        let misses = outside.reduce(0) { $0 + $1.weight * $1.share }
        guard hits + misses > 0 else { return nil }
        let all = inside + outside
        let scale = all.reduce(0) { $0 + $1.weight }
        return interval(hits / (hits + misses), z, step: step(found + missed) / (hits + misses)) { theta in
            statistic(
                all, inside.map { (1 - theta) * $0.weight / scale } + outside.map { -theta * $0.weight / scale }, 0)
        }
    }

    /// Items of a simple random sample that would say as much of the share: (Σ w)² / Σ w²/n over what the judged cells stand for (Kish,
    /// 1965, Survey Sampling, section 11.7). As many as were judged where all stand for equally many, fewer else; 0 where nothing was
    /// judged.
    package static func effectiveCount(_ cells: [ReviewCell]) -> Double {
        let judged = cells.filter { $0.judged > 0 }.map { (weight: Double($0.population), count: Double($0.judged)) }
        let total = judged.reduce(0) { $0 + $1.weight }
        return judged.isEmpty ? 0 : total * total / judged.reduce(0) { $0 + $1.weight * $1.weight / $1.count }
    }

    private static func isKnown(_ cells: [ReviewCell], _ samples: [Sample]) -> Bool {
        !samples.isEmpty || cells.allSatisfy { $0.population == 0 }
    }

    /// A cell as a sample from a population without end.
    private struct Sample {
        /// Items that it stands for.
        var weight: Double
        /// Share of positives.
        var share: Double
        /// Items that it is worth; infinite where all that it stands for were judged.
        var count: Double
        /// Part of what it stands for that is of the cell itself; the rest is of cells nobody judged.
        var own: Double
    }

    /// Half an item times the share that was judged; nothing where all were.
    private static func step(_ cells: [ReviewCell]) -> Double {
        let judged = cells.reduce(0) { $0 + $1.judged }, all = cells.reduce(0) { $0 + $1.population }
        return judged == all ? 0 : 0.5 * Double(judged) / Double(all)
    }

    private static func samples(_ cells: [ReviewCell]) -> [Sample] {
        let judged = cells.filter { $0.judged > 0 }
        let whole = Double(cells.reduce(0) { $0 + $1.population }), seen = Double(judged.reduce(0) { $0 + $1.population })
        return judged.map { cell in
            let n = Double(cell.judged), population = Double(cell.population), share = Double(cell.positive) / n
            guard seen < whole else {
                let count = cell.judged == cell.population ? .infinity : n * (population - 1) / (population - n)
                return Sample(weight: population, share: share, count: count, own: 1)
            }
            let weight = population * whole / seen
            return Sample(weight: weight, share: share, count: n * weight / (weight - n) * (whole - 1) / whole, own: seen / whole)
        }
    }

    /// The square of how many standard errors Σ c (share) lies from `target`, under the most likely shares for which it is `target`.
    private static func statistic(_ samples: [Sample], _ factors: [Double], _ target: Double) -> Double {
        let seen = zip(samples, factors).reduce(0) { $0 + $1.0.share * $1.1 }
        let distance = seen - target
        guard abs(distance) > 1e-12 else { return 0 }
        guard let shares = constrained(samples, factors, target) else { return .infinity }
        var variance = 0.0
        for isAbove in [true, false] {
            let own = samples.indices.filter { (factors[$0] > 0) == isAbove && samples[$0].count.isFinite }
            let weight = own.reduce(0) { $0 + samples[$1].weight }
            guard weight > 0 else { continue }
            let mean = own.reduce(0) { $0 + samples[$1].weight * shares[$1] } / weight
            for place in own {
                let sample = samples[place]
                let stands = sample.own * shares[place] + (1 - sample.own) * mean
                let share = (sample.count * stands + pull * mean) / (sample.count + pull)
                variance += factors[place] * factors[place] * share * (1 - share) / sample.count
            }
        }
        return variance > 0 ? distance * distance / variance : .infinity
    }

    /// The most likely shares with Σ c p = target; nil where there are none.
    ///
    /// Lagrange: x/p − (n − x)/(1 − p) = λ c for each sample, a quadratic equation in p; the sum falls as λ grows.
    private static func constrained(_ samples: [Sample], _ factors: [Double], _ target: Double) -> [Double]? {
        func shares(_ lambda: Double) -> [Double] {
            zip(samples, factors).map { sample, factor in
                let force = lambda * factor
                guard sample.count.isFinite, abs(force) > 1e-300 else { return sample.share }
                let n = sample.count, x = sample.share * n
                let root = max(0, (n + force) * (n + force) - 4 * force * x).squareRoot()
                let share = n + force > 0 ? 2 * x / (n + force + root) : (n + force - root) / (2 * force)
                return min(1, max(0, share))
            }
        }
        func sum(_ lambda: Double) -> Double { zip(shares(lambda), factors).reduce(0) { $0 + $1.0 * $1.1 } }
        // λ is spread as a hyperbolic sine, for it ranges over all sizes.
        var (low, high) = (-60.0, 60.0)
        guard sum(sinh(low)) >= target, sum(sinh(high)) <= target else { return nil }
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if sum(sinh(middle)) > target { low = middle } else { high = middle }
        }
        return shares(sinh((low + high) / 2))
    }

    private static func interval(_ estimate: Double, _ z: Double, step: Double, _ statistic: (Double) -> Double) -> MetricInterval {
        // Where all was judged there is nothing to estimate.
        guard step > 0 else { return MetricInterval(estimate: estimate, lower: estimate, upper: estimate) }
        let limit = z * z
        func end(_ edge: Double) -> Double {
            if statistic(edge) <= limit { return edge }
            var (inside, outside) = (estimate, edge)
            for _ in 0..<40 {
                let middle = (inside + outside) / 2
                if statistic(middle) <= limit { inside = middle } else { outside = middle }
            }
            return (inside + outside) / 2
        }
        let lower = estimate > 0 ? end(0) : 0, upper = estimate < 1 ? end(1) : 1
        return MetricInterval(estimate: estimate, lower: max(0, lower - step), upper: min(1, upper + step))
    }
}
