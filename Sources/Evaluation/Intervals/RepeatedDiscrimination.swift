/// Several scorers under several splits of the same units (say, clients) into those learnt from and those tested: what each reaches on
/// average over the splits, and how far that may be from the truth.
///
/// A unit may be tested in several splits, so splits are not independent, and neither their spread nor their number says how sure a mean is.
/// Units are resampled instead: a resample draws all units with replacement, every split counts its own tested units as often as they were
/// drawn, and the metric is averaged over the splits. Two scorers are compared within each resample, so that what makes a unit hard
/// cancels. The interval covers the draw of units and averages over the draws of splits and seeds; models are not trained anew.
public struct RepeatedDiscrimination: Sendable {
    /// Mean metrics over the splits, with intervals; or the differences of two scorers.
    public struct Summary: Sendable, Equatable, Codable {
        /// Area under the ROC curve.
        public var auc: MetricInterval
        /// Mean precision over the positives.
        public var averagePrecision: MetricInterval
        /// Largest distance between the distributions of scores of both classes.
        public var ks: MetricInterval
        /// Mean log loss of the probabilities, natural logarithm.
        public var logLoss: MetricInterval
    }

    private struct Split {
        let units: [Int]
        let positives: [Bool]
        /// By scorer.
        let scores: [DiscriminationScores]
        /// By scorer, of each tested unit.
        let losses: [[Double]]
    }

    /// Scorers (M).
    public let scorers: Int
    /// Units in all.
    public let units: Int
    private var splits: [Split] = []

    /// No splits yet.
    public init(scorers: Int, units: Int) {
        precondition(scorers > 0 && units > 0, "RepeatedDiscrimination: \(scorers) scorers of \(units) units")
        (self.scorers, self.units) = (scorers, units)
    }

    /// Adds a split.
    /// - Parameters:
    ///   - tested: numbers of the units tested, each once, `[N]`.
    ///   - positives: `[N]`.
    ///   - probabilities: `[M][N]`, in the same order.
    public mutating func append(tested: [Int], positives: [Bool], probabilities: [[Float]]) {
        precondition(
            probabilities.count == scorers && positives.count == tested.count && probabilities.allSatisfy { $0.count == tested.count },
            "RepeatedDiscrimination.append: \(probabilities.count) scorers of \(tested.count) units for \(scorers) scorers")
        precondition(tested.allSatisfy { (0..<units).contains($0) }, "RepeatedDiscrimination.append: a unit is not among \(units)")
        splits.append(
            Split(
                units: tested, positives: positives, scores: probabilities.map { DiscriminationScores(scores: $0, positives: positives) },
                losses: probabilities.map { own in
                    zip(own, positives).map { ScoreCalibration.logLoss(Double($0), happened: $1) }
                }))
    }

    /// Summaries of scorers, and of pairs of them (the first less the second), from one set of resamples.
    /// - Complexity: O(rounds × scorers × tested units of all splits).
    public func summaries(
        differences pairs: [(Int, Int)] = [], _ resampling: Resampling = Resampling()
    ) -> (scorers: [Summary], differences: [Summary]) {
        precondition(!splits.isEmpty, "RepeatedDiscrimination.summaries: no split was added")
        precondition(
            pairs.allSatisfy { (0..<scorers).contains($0.0) && (0..<scorers).contains($0.1) },
            "RepeatedDiscrimination.summaries: a pair names a scorer that is not there")
        let found = resampling.intervals(
            units: units, count: 4 * (scorers + pairs.count), centred: Set((0..<scorers).map { 4 * $0 + 2 })
        ) { weights in
            let means = means(weights)
            return means + pairs.flatMap { first, second in (0..<4).map { means[4 * first + $0] - means[4 * second + $0] } }
        }
        let all = (0..<scorers + pairs.count).map { place in
            Summary(auc: found[4 * place], averagePrecision: found[4 * place + 1], ks: found[4 * place + 2], logLoss: found[4 * place + 3])
        }
        return (Array(all[..<scorers]), Array(all[scorers...]))
    }

    /// Means over the splits, `[M, 4]`; a split whose resample has one class only is NaN, and so is then the mean.
    private func means(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        var sums = [Double](repeating: 0, count: 4 * scorers)
        for split in splits {
            let own = split.units.map { weights[$0] }
            own.withUnsafeBufferPointer { own in
                for scorer in 0..<scorers {
                    let values = split.scores[scorer].measured(own) + [weightedMean(split.losses[scorer], own)]
                    for (place, value) in values.enumerated() { sums[4 * scorer + place] += value }
                }
            }
        }
        return sums.map { $0 / Double(splits.count) }
    }
}
