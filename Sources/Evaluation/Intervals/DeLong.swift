#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// How far an AUC may be from the truth, and whether two AUCs of the same examples differ (DeLong, DeLong and Clarke-Pearson, 1988;
/// by midranks as Sun and Xu, 2014).
///
/// Examples count as independent: where a customer has several, take ``DiscriminationScores`` with clusters. Nothing is drawn, so the
/// answer is at once and the same every time. Ties count half, as everywhere.
public struct DeLong: Sendable, Equatable {
    /// The AUC; NaN with one class.
    public let auc: Double
    /// Its variance; NaN with fewer than two examples of a class, 0 where the classes are wholly apart or all scores equal.
    public let variance: Double
    /// For each positive the share of negatives below it, for each negative the share of positives above it, equals counting half; by number of
    /// the example.
    private let placements: [Double]
    private let positives: [Bool]

    /// Square root of ``variance``.
    public var standardError: Double { variance.squareRoot() }

    /// - Parameters:
    ///   - scores: `[N]`, higher means more likely positive; not NaN.
    ///   - positives: `[N]`.
    /// - Complexity: O(N log N).
    public init(scores: [Float], positives: [Bool]) {
        precondition(scores.count == positives.count, "DeLong: \(scores.count) scores for \(positives.count) classes")
        precondition(scores.allSatisfy { !$0.isNaN }, "DeLong: a score is not a number")
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        let total = positives.count { $0 }
        let others = scores.count - total
        var placements = [Double](repeating: .nan, count: scores.count)
        var (place, found, missed) = (0, 0, 0)
        while place < order.count {
            var (end, here) = (place, 0)
            while end < order.count && scores[order[end]] == scores[order[place]] {
                if positives[order[end]] { here += 1 }
                end += 1
            }
            let wrong = end - place - here
            for example in order[place..<end] {
                placements[example] =
                    positives[example]
                    ? (Double(missed) + Double(wrong) / 2) / Double(others)
                    : (Double(total - found - here) + Double(here) / 2) / Double(total)
            }
            found += here
            missed += wrong
            place = end
        }
        (self.placements, self.positives) = (placements, positives)
        guard total > 0 && others > 0 else {
            (auc, variance) = (.nan, .nan)
            return
        }
        auc = Self.mean(placements, of: true, positives)
        variance = Self.covariance(placements, placements, positives)
    }

    /// The AUC with a normal interval, held in 0...1.
    public func interval(confidence: Double = 0.95) -> MetricInterval {
        let half = Self.quantile(confidence) * standardError
        // Without a variance there are no ends, and `max` would make some up.
        guard !half.isNaN else { return MetricInterval(estimate: auc, lower: .nan, upper: .nan) }
        return MetricInterval(estimate: auc, lower: max(0, auc - half), upper: min(1, auc + half))
    }

    /// Two scorers of the same examples.
    public struct Comparison: Sendable, Equatable, Codable {
        /// AUC of the first less that of the second, with a normal interval.
        public var difference: MetricInterval
        /// Of the difference.
        public var standardError: Double
        /// Difference over standard error; 0 where both are 0, infinite where only the error is.
        public var z: Double
        /// Chance of so large a difference either way were there none: two-sided, normal.
        public var pValue: Double
    }

    /// Whether this scorer's AUC differs from another's.
    /// - Parameter other: scores of the same examples in the same order.
    /// - Returns: NaN throughout with fewer than two examples of a class.
    /// - Complexity: O(N).
    public func comparison(with other: DeLong, confidence: Double = 0.95) -> Comparison {
        precondition(
            positives == other.positives, "DeLong.comparison: \(positives.count) against \(other.positives.count), or other classes")
        let difference = auc - other.auc
        // The variance of the differences of placements: what cancels in exact arithmetic cancels here.
        let differences = zip(placements, other.placements).map { $0 - $1 }
        let error = Self.covariance(differences, differences, positives).squareRoot()
        let half = Self.quantile(confidence) * error
        let z: Double = error == 0 && difference == 0 ? 0 : difference / error
        return Comparison(
            difference: MetricInterval(estimate: difference, lower: difference - half, upper: difference + half), standardError: error,
            z: z,
            pValue: erfc(abs(z) / 2.0.squareRoot()))
    }

    private static func mean(_ values: [Double], of own: Bool, _ positives: [Bool]) -> Double {
        var (sum, count) = (0.0, 0.0)
        for (value, isPositive) in zip(values, positives) where isPositive == own {
            sum += value
            count += 1
        }
        return sum / count
    }

    /// S₁₀ / m + S₀₁ / n of placements.
    private static func covariance(_ a: [Double], _ b: [Double], _ positives: [Bool]) -> Double {
        var result = 0.0
        for own in [true, false] {
            let (meanA, meanB) = (mean(a, of: own, positives), mean(b, of: own, positives))
            var (sum, count) = (0.0, 0.0)
            for place in positives.indices where positives[place] == own {
                sum += (a[place] - meanA) * (b[place] - meanB)
                count += 1
            }
            result += count < 2 ? .nan : sum / (count - 1) / count
        }
        return result
    }

    /// How many standard errors a normal interval of this confidence reaches either way, by bisection.
    static func quantile(_ confidence: Double) -> Double {
        precondition(confidence > 0 && confidence < 1, "DeLong: confidence \(confidence) must lie between 0 and 1")
        var (low, high) = (0.0, 10.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if erfc(middle / 2.0.squareRoot()) > 1 - confidence { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
