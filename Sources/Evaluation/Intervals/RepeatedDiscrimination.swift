/// Several scorers under several splits of the same units (say, clients) into those learnt from and those tested: what each reaches on
/// average over the splits, and how far that may be from the truth.
///
/// Each split has models of its own, so that a metric is taken within a split and averaged: scores of two models never stand in one order.
/// A unit may be tested in several splits, so splits are not independent: neither their spread nor their number says how sure a mean is.
/// Units are resampled instead, each with all that is tested of it: a resample draws all units with replacement, and every split counts its
/// own as often as they were drawn. Two scorers are compared within each resample, so that what makes a unit hard cancels.
///
/// Splits may belong together to a run, as the five folds of a repeat. See ``Drawn`` for whether other runs are in the interval as well.
public struct RepeatedDiscrimination: Sendable {
    /// Mean metrics over the runs, with intervals; or the differences of two scorers.
    public struct Summary: Sendable, Equatable, Codable {
        /// Area under the ROC curve.
        public var auc: MetricInterval
        /// Mean precision over the positives.
        public var averagePrecision: MetricInterval
        /// Largest distance between the distributions of scores of both classes.
        public var ks: MetricInterval
        /// Mean log loss of the probabilities, natural logarithm. Scores below 0 and above 1 count as these.
        public var logLoss: MetricInterval
    }

    /// Which randomness an interval holds.
    public enum Drawn: Sendable {
        /// Other units, judged by these models: the runs stay as they are.
        case units
        /// Other units, and other runs with models of other seeds, splits or data.
        ///
        /// The variance of the mean is that of drawing units, and beside it the variance between the R runs over R, with the t quantile of the
        /// degrees of freedom that both have together (Satterthwaite, 1946; Welch, 1947). A bootstrap that draws runs as well (the pigeonhole
        /// bootstrap: Owen, 2007) takes the variance between runs for (R − 1) / R of what it is, and for known: of three runs that differ
        /// much its 95 % covers 77 %, of ten some 90 %. Where runs have units of their own, their variance is counted twice, and the interval
        /// is wider than it should be. With one run, other units only.
        case unitsAndRuns
    }

    private struct Split {
        let units: [Int]
        let positives: [Bool]
        /// By scorer.
        let scores: [DiscriminationScores]
        /// By scorer, of each tested row.
        let losses: [[Double]]
    }

    /// Scorers (M).
    public let scorers: Int
    /// Units in all.
    public let units: Int
    private var runs: [[Split]] = []
    private var places: [Int: Int] = [:]

    /// No splits yet.
    public init(scorers: Int, units: Int) {
        precondition(scorers > 0 && units > 0, "RepeatedDiscrimination: \(scorers) scorers of \(units) units")
        (self.scorers, self.units) = (scorers, units)
    }

    /// Numbers for units that are told apart by ids, the same in all splits.
    /// - Parameter ids: of the rows of each split.
    public static func numbered(_ ids: [[UInt64]]) -> (units: [[Int]], count: Int) {
        var numbers: [UInt64: Int] = [:]
        let units = ids.map { own in
            own.map { id in
                let number = numbers[id] ?? numbers.count
                numbers[id] = number
                return number
            }
        }
        return (units, numbers.count)
    }

    /// Adds a split.
    /// - Parameters:
    ///   - tested: numbers of the units of the rows tested; a unit may have several, `[N]`.
    ///   - positives: `[N]`.
    ///   - probabilities: `[M][N]`, in the same order; not NaN.
    ///   - run: splits with the same number are one run; nil makes a run of this alone.
    public mutating func append(tested: [Int], positives: [Bool], probabilities: [[Float]], run: Int? = nil) {
        precondition(
            probabilities.count == scorers && positives.count == tested.count && probabilities.allSatisfy { $0.count == tested.count },
            "RepeatedDiscrimination.append: \(probabilities.count) scorers of \(tested.count) units for \(scorers) scorers")
        precondition(tested.allSatisfy { (0..<units).contains($0) }, "RepeatedDiscrimination.append: a unit is not among \(units)")
        let split = Split(
            units: tested, positives: positives, scores: probabilities.map { DiscriminationScores(scores: $0, positives: positives) },
            losses: probabilities.map { own in
                zip(own, positives).map { ScoreCalibration.logLoss(Double($0), happened: $1) }
            })
        if let run, let place = places[run] {
            runs[place].append(split)
        } else {
            if let run { places[run] = runs.count }
            runs.append([split])
        }
    }

    /// Runs.
    public var runCount: Int { runs.count }

    /// AUCs of a scorer, one of each run: the mean of its splits'.
    public func aucs(of scorer: Int) -> [Double] {
        precondition((0..<scorers).contains(scorer), "RepeatedDiscrimination.aucs: scorer \(scorer) of \(scorers)")
        return [Int32](repeating: 1, count: units).withUnsafeBufferPointer { weights in
            runs.indices.map { values(of: $0, weights)[4 * scorer] }
        }
    }

    /// In words, for whoever prints an interval: which randomness it holds.
    /// - Parameter units: what the units are, in the plural.
    public func randomness(_ drawn: Drawn = .units, of units: String = "customers") -> String {
        switch drawn {
        case .unitsAndRuns where runs.count > 1:
            "drawing \(units); other runs by the spread between the \(runs.count) (Student's t)"
        case .units where runs.count > 1: "drawing \(units), judged by the \(runs.count) runs as they are; other runs are not in it"
        default: "drawing \(units), judged by one run; other runs are not in it"
        }
    }

    /// Summaries of scorers, and of pairs of them (the first less the second), from one set of resamples.
    /// - Complexity: O(rounds × scorers × tested rows of all splits).
    public func summaries(
        differences pairs: [(Int, Int)] = [], drawing drawn: Drawn = .units, _ resampling: Resampling = Resampling()
    ) -> (scorers: [Summary], differences: [Summary]) {
        precondition(!runs.isEmpty, "RepeatedDiscrimination.summaries: no split was added")
        precondition(
            pairs.allSatisfy { (0..<scorers).contains($0.0) && (0..<scorers).contains($0.1) },
            "RepeatedDiscrimination.summaries: a pair names a scorer that is not there")
        func withDifferences(_ values: [Double]) -> [Double] {
            values + pairs.flatMap { first, second in (0..<4).map { values[4 * first + $0] - values[4 * second + $0] } }
        }
        let countsRuns = drawn == .unitsAndRuns && runs.count > 1
        // The first call is the estimate, on all runs as they are; each further one a resample.
        var (round, spread) = (0, RunSpread())
        var found = resampling.intervals(
            units: units, count: 4 * (scorers + pairs.count), centred: Set((0..<scorers).map { 4 * $0 + 2 })
        ) { weights in
            let own = runs.indices.map { withDifferences(values(of: $0, weights)) }, mean = Self.mean(own)
            if countsRuns {
                if round == 0 { spread = RunSpread(own, mean) } else { spread.add(mean) }
            }
            round += 1
            return mean
        }
        if countsRuns { found = spread.intervals(resampling.confidence) }
        let all = (0..<scorers + pairs.count).map { place in
            Summary(auc: found[4 * place], averagePrecision: found[4 * place + 1], ks: found[4 * place + 2], logLoss: found[4 * place + 3])
        }
        return (Array(all[..<scorers]), Array(all[scorers...]))
    }

    /// Means over the splits of a run, `[M, 4]`; NaN where a split's resample has one class only.
    private func values(of run: Int, _ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        Self.mean(
            runs[run].map { split in
                split.units.map { weights[$0] }.withUnsafeBufferPointer { own in
                    (0..<scorers).flatMap { split.scores[$0].measured(own) + [weightedMean(split.losses[$0], own)] }
                }
            })
    }

    private static func mean(_ rows: [[Double]]) -> [Double] {
        var sums = [Double](repeating: 0, count: rows.first?.count ?? 0)
        for row in rows { for (place, value) in row.enumerated() { sums[place] += value } }
        return sums.map { $0 / Double(rows.count) }
    }
}
