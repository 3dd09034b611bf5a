public import Evaluation

/// How far the annotators of a label set agree, intent by intent, with intervals over sessions.
public struct LabelAgreement: Sendable, Equatable, Codable {
    /// The agreement on one intent.
    public struct IntentRow: Sendable, Equatable, Codable {
        /// Its id.
        public var intent: String
        /// Sessions in which the merged label finds it present.
        public var positives: Int
        /// Sessions in which each annotator finds it present, as ``LabelSet/sources``.
        public var positivesBySource: [Int]
        /// Share of pairs of annotators that agree on it, in sessions with at least two.
        public var observed: Double?
        /// Cohen's kappa; only where there are exactly two annotators.
        public var cohen: MetricInterval?
        /// Fleiss' kappa.
        public var fleiss: MetricInterval?
        /// Krippendorff's alpha of presence.
        public var krippendorff: MetricInterval?
        /// Krippendorff's alpha of the confidences themselves.
        public var krippendorffOfConfidence: Double?
    }

    /// Two annotators side by side.
    public struct Pair: Sendable, Equatable, Codable {
        /// The one taken as the truth.
        public var first: String
        /// The one judged by it.
        public var second: String
        /// Sessions both labelled.
        public var sessions: Int
        /// F1 over all intents and sessions together; the same both ways round.
        public var microF1: MetricInterval?
    }

    /// Annotators with versions, those with the last word left out.
    public var sources: [String]
    /// Labelled sessions.
    public var sessions: Int
    /// Sessions with at least two annotators: those that the coefficients speak of.
    public var sharedSessions: Int
    /// Mean number of intents present in a session.
    public var intentsPerSession: Double
    /// Share of sessions in which "other" is present, or nothing at all.
    public var shareOfOther: MetricInterval
    /// The intents, in the taxonomy's order.
    public var intents: [IntentRow]
    /// Every two annotators with sessions in common.
    public var pairs: [Pair]
    /// How annotations are merged and from which confidence on an intent is present.
    public var merge: LabelMerge

    /// Measures a label set.
    /// - Complexity: O(rounds × shared sessions × intents).
    public init(_ labels: LabelSet, merge: LabelMerge = LabelMerge(), resampling: Resampling = Resampling(rounds: 1000)) throws(LabelError)
    {
        self.merge = merge
        let merged = try labels.merged(merge)
        // Whoever has the last word mostly saw what the others disagreed on, and would lower their agreement.
        func isCounted(_ annotation: Annotation) -> Bool {
            !merge.deciding.contains(annotation.annotator) && !merge.deciding.contains(annotation.source)
        }
        let names = Set(labels.annotations.filter(isCounted).map(\.source)).sorted()
        sources = names
        sessions = merged.sessions.count
        let positives = merged.positives
        intentsPerSession = merged.sessions.isEmpty ? 0 : Double(positives.reduce(0, +)) / Double(merged.sessions.count)
        let others = labels.taxonomy.assignable.map(\.isOther)
        let unnamed = merged.sessions.indices.map { row in
            zip(merged[row], others).contains { $0.0 >= merge.threshold && !$0.1 } ? 0.0 : 1.0
        }
        shareOfOther =
            unnamed.isEmpty ? MetricInterval(estimate: .nan, lower: 0, upper: 1) : MetricInterval.mean(unnamed, resampling)
        let shared = labels.bySession.map { $0.filter(isCounted) }.filter { $0.count >= 2 }
        sharedSessions = shared.count
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        intents = merged.intents.enumerated().map { k, id in
            var bySource = [Int](repeating: 0, count: names.count)
            for annotation in labels.annotations where annotation.confidences[k] >= merge.threshold {
                if let number = numbers[annotation.source] { bySource[number] += 1 }
            }
            let ratings = shared.map { $0.map { ($0.source, $0.confidences[k] >= merge.threshold) } }
            let patterns = RatingPatterns(ratings.map { unit in unit.count { $0.1 } }, of: ratings.map(\.count))
            return IntentRow(
                intent: id, positives: positives[k], positivesBySource: bySource,
                observed: AgreementStatistics.observed(patterns.counts, weights: patterns.weights()),
                cohen: names.count == 2 ? Self.cohen(ratings, first: names[0], resampling) : nil,
                fleiss: patterns.interval(resampling, AgreementStatistics.fleiss),
                krippendorff: patterns.interval(resampling, AgreementStatistics.krippendorff),
                krippendorffOfConfidence: AgreementStatistics.krippendorff(ofValues: shared.map { $0.map { $0.confidences[k] } }))
        }
        var pairs: [Pair] = []
        for (a, first) in names.enumerated() {
            for second in names[(a + 1)...] {
                let both = shared.compactMap { group in
                    group.first { $0.source == first }.flatMap { one in group.first { $0.source == second }.map { (one, $0) } }
                }
                if both.isEmpty { continue }
                pairs.append(
                    Pair(first: first, second: second, sessions: both.count, microF1: Self.microF1(both, merge.threshold, resampling)))
            }
        }
        self.pairs = pairs
    }

    private static func cohen(_ ratings: [[(String, Bool)]], first: String, _ resampling: Resampling) -> MetricInterval? {
        // Cell of the two by two table: first annotator's word, then the second's.
        let cells = ratings.map { unit in
            (unit.first { $0.0 == first }!.1 ? 2 : 0) + (unit.first { $0.0 != first }!.1 ? 1 : 0)
        }
        return interval(cells.count, resampling) { weights in
            var table = [[0.0, 0.0], [0.0, 0.0]]
            for (cell, weight) in zip(cells, weights) { table[cell / 2][cell % 2] += Double(weight) }
            return AgreementStatistics.cohen(table)
        }
    }

    private static func microF1(_ both: [(Annotation, Annotation)], _ threshold: Double, _ resampling: Resampling) -> MetricInterval? {
        let counts = both.map { one, other in
            var (hits, named) = (0, 0)
            for (a, b) in zip(one.confidences, other.confidences) {
                if a >= threshold, b >= threshold { hits += 1 }
                named += (a >= threshold ? 1 : 0) + (b >= threshold ? 1 : 0)
            }
            return (hits, named)
        }
        return interval(counts.count, resampling) { weights in
            var (hits, named) = (0.0, 0.0)
            for (count, weight) in zip(counts, weights) {
                hits += Double(count.0) * Double(weight)
                named += Double(count.1) * Double(weight)
            }
            return named > 0 ? 2 * hits / named : nil
        }
    }

    static func interval(
        _ units: Int, _ resampling: Resampling, _ statistic: (UnsafeBufferPointer<Int32>) -> Double?
    ) -> MetricInterval? {
        guard units > 0 else { return nil }
        let interval = resampling.interval(units: units) { statistic($0) ?? .nan }
        return interval.estimate.isNaN || interval.lower.isNaN ? nil : interval
    }
}

/// Units with the same numbers of ratings, counted once: what makes resampling tens of thousands of sessions quick.
private struct RatingPatterns {
    /// Ratings against and for, of each pattern.
    let counts: [[Int]]
    private let patternOfUnit: [Int]

    init(_ present: [Int], of totals: [Int]) {
        var numbers: [[Int]: Int] = [:]
        var counts: [[Int]] = []
        patternOfUnit = zip(present, totals).map { present, total in
            let pattern = [total - present, present]
            if let known = numbers[pattern] { return known }
            numbers[pattern] = counts.count
            counts.append(pattern)
            return counts.count - 1
        }
        self.counts = counts
    }

    func weights(_ multiplicities: UnsafeBufferPointer<Int32>? = nil) -> [Double] {
        var weights = [Double](repeating: 0, count: counts.count)
        for (unit, pattern) in patternOfUnit.enumerated() { weights[pattern] += multiplicities.map { Double($0[unit]) } ?? 1 }
        return weights
    }

    func interval(_ resampling: Resampling, _ statistic: ([[Int]], [Double]?) -> Double?) -> MetricInterval? {
        LabelAgreement.interval(patternOfUnit.count, resampling) { statistic(counts, weights($0)) }
    }
}
