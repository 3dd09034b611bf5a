/// How far annotators agree beyond chance. Every function takes, for each unit, how many ratings fell into each category; units of the
/// same pattern may be given once with a weight. Nothing that has no value is given as a number: where all ratings are of one
/// category, chance explains everything and the coefficient is nil.
public enum AgreementStatistics {
    /// Share of pairs of ratings of one unit that agree, over units with at least two; nil without such units.
    public static func observed(_ units: [[Int]], weights: [Double]? = nil) -> Double? {
        var (agreeing, total) = (0.0, 0.0)
        for (place, counts) in units.enumerated() {
            let n = Double(counts.reduce(0, +))
            guard n >= 2 else { continue }
            let weight = weights?[place] ?? 1
            agreeing += weight * counts.reduce(0.0) { $0 + Double($1 * ($1 - 1)) } / (n * (n - 1))
            total += weight
        }
        return total > 0 ? agreeing / total : nil
    }

    /// Cohen's kappa of two raters (Cohen, 1960): `table[a][b]` units that the first put into `a` and the second into `b`.
    public static func cohen(_ table: [[Double]]) -> Double? {
        let n = table.reduce(0) { $0 + $1.reduce(0, +) }
        guard n > 0 else { return nil }
        var (agreed, expected) = (0.0, 0.0)
        for category in table.indices {
            agreed += table[category][category] / n
            expected += table[category].reduce(0, +) / n * (table.reduce(0) { $0 + $1[category] } / n)
        }
        return expected < 1 ? (agreed - expected) / (1 - expected) : nil
    }

    /// Fleiss' kappa of any number of raters (Fleiss, 1971). Units may have different numbers of ratings, of at least two; where all have
    /// the same number it is the published coefficient.
    public static func fleiss(_ units: [[Int]], weights: [Double]? = nil) -> Double? {
        guard let observed = observed(units, weights: weights) else { return nil }
        var shares = [Double](repeating: 0, count: units.first?.count ?? 0)
        for (place, counts) in units.enumerated() where counts.reduce(0, +) >= 2 {
            for category in counts.indices { shares[category] += (weights?[place] ?? 1) * Double(counts[category]) }
        }
        let total = shares.reduce(0, +)
        let expected = shares.reduce(0.0) { $0 + ($1 / total) * ($1 / total) }
        return expected < 1 ? (observed - expected) / (1 - expected) : nil
    }

    /// Share of pairs that would agree by chance: of two ratings drawn from all (Fleiss, 1971); 1 without ratings.
    public static func expected(_ units: [[Int]]) -> Double {
        var totals = [Double](repeating: 0, count: units.first?.count ?? 0)
        for counts in units { for category in counts.indices { totals[category] += Double(counts[category]) } }
        let all = totals.reduce(0, +)
        return all > 0 ? totals.reduce(0) { $0 + ($1 / all) * ($1 / all) } : 1
    }

    /// Krippendorff's alpha for names (Krippendorff, 2011, "Computing Krippendorff's alpha-reliability", section C): any number of raters,
    /// missing ratings allowed; units with fewer than two ratings say nothing.
    public static func krippendorff(_ units: [[Int]], weights: [Double]? = nil) -> Double? {
        var totals = [Double](repeating: 0, count: units.first?.count ?? 0)
        var disagreeing = 0.0
        for (place, counts) in units.enumerated() {
            let n = Double(counts.reduce(0, +))
            guard n >= 2 else { continue }
            let weight = weights?[place] ?? 1
            for count in counts { disagreeing += weight * Double(count) * (n - Double(count)) / (n - 1) }
            for category in counts.indices { totals[category] += weight * Double(counts[category]) }
        }
        let n = totals.reduce(0, +)
        let expected = totals.reduce(0.0) { $0 + $1 * (n - $1) }
        return expected > 0 ? 1 - (n - 1) * disagreeing / expected : nil
    }

    /// Krippendorff's alpha for numbers: the difference of two ratings counts by its square (ibid., section D, interval metric).
    /// - Parameter units: the ratings of each unit.
    public static func krippendorff(ofValues units: [[Double]], weights: [Double]? = nil) -> Double? {
        var (disagreeing, sum, squares, n) = (0.0, 0.0, 0.0, 0.0)
        for (place, values) in units.enumerated() where values.count >= 2 {
            let weight = weights?[place] ?? 1
            let count = Double(values.count)
            let unitSum = values.reduce(0, +)
            let unitSquares = values.reduce(0) { $0 + $1 * $1 }
            // The squared differences of all ordered pairs of a unit.
            disagreeing += weight * 2 * (count * unitSquares - unitSum * unitSum) / (count - 1)
            sum += weight * unitSum
            squares += weight * unitSquares
            n += weight * count
        }
        let expected = 2 * (n * squares - sum * sum)
        // What rounding leaves where all ratings are the same is not a difference.
        return n > 1 && expected > 1e-12 * n * max(squares, 1e-300) ? 1 - (n - 1) * disagreeing / expected : nil
    }
}
