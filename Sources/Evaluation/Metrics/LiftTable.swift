/// How many of the positives the highest scores hold: what a campaign that reaches only part of its customers would find.
public struct LiftTable: Sendable, Equatable {
    /// One part of the examples, by falling score.
    public struct Row: Sendable, Equatable, Codable {
        /// Examples of the part.
        public var examples: Int
        /// Positives that are expected in it: examples of equal score count alike, in whatever part they fall.
        public var positives: Double
        /// Share of the part that is positive.
        public var rate: Double
        /// ``rate`` over the rate of all examples; NaN without positives.
        public var lift: Double
        /// Share of all positives in this part and those above it; NaN without positives.
        public var captured: Double
        /// The lowest score in the part.
        public var lowestScore: Double
    }

    /// The parts, highest scores first.
    public let rows: [Row]
    /// Examples.
    public let examples: Int
    /// Positives among them.
    public let positives: Int

    /// At the lower border of each part: how far the share of all positives found so far stands above that of all others. Its largest value is
    /// KS at the borders, at most ``DiscriminationMetrics/ks``; NaN with one class.
    public var ks: [Double] {
        let others = Double(examples - positives)
        var missed = 0.0
        return rows.map { row in
            missed += Double(row.examples) - row.positives
            return positives == 0 || others == 0 ? .nan : row.captured - missed / others
        }
    }

    /// Cuts the examples into parts of nearly equal size (sizes differ by one at most; parts without examples are left out).
    ///
    /// Examples of equal score that a border runs through are shared out: each part gets its number of them, with their mean share of
    /// positives, so that nothing depends on the order in which they came.
    /// - Parameters:
    ///   - scores: higher means more likely positive; not NaN.
    ///   - parts: ten for deciles.
    /// - Complexity: O(n log n).
    public init(scores: [Float], positives: [Bool], parts: Int = 10) {
        precondition(scores.count == positives.count, "LiftTable: \(scores.count) scores for \(positives.count) classes")
        precondition(parts > 0, "LiftTable: \(parts) parts")
        precondition(scores.allSatisfy { !$0.isNaN }, "LiftTable: a score is not a number")
        let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
        // The mean outcome of all examples with this score, at each place.
        var shares = [Double](repeating: 0, count: order.count)
        var place = 0
        while place < order.count {
            var (end, found) = (place, 0)
            while end < order.count && scores[order[end]] == scores[order[place]] {
                if positives[order[end]] { found += 1 }
                end += 1
            }
            for index in place..<end { shares[index] = Double(found) / Double(end - place) }
            place = end
        }
        let total = positives.count { $0 }
        let rate = Double(total) / Double(max(1, order.count))
        var (rows, seen) = ([Row](), 0.0)
        for part in 0..<parts {
            let range = order.count * part / parts..<order.count * (part + 1) / parts
            guard !range.isEmpty else { continue }
            let found = shares[range].reduce(0, +)
            seen += found
            let own = found / Double(range.count)
            rows.append(
                Row(
                    examples: range.count, positives: found, rate: own, lift: total == 0 ? .nan : own / rate,
                    captured: total == 0 ? .nan : seen / Double(total), lowestScore: Double(scores[order[range.upperBound - 1]])))
        }
        (self.rows, examples, self.positives) = (rows, order.count, total)
    }
}
