import Evaluation
import Testing

@Suite struct RepeatedDiscriminationTests {
    /// Scores with a signal of a given strength, the same every time.
    static func scores(_ positives: [Bool], _ strength: Float, salt: UInt64) -> [Float] {
        var state = salt
        return positives.map { isPositive in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let noise = Float(state >> 40) / Float(1 << 24)
            return (noise + (isPositive ? strength : 0)) / (1 + strength)
        }
    }

    let positives = (0..<300).map { $0 % 3 == 0 }

    @Test func oneSplitOfAllUnitsIsThePlainInterval() {
        let (first, second) = (Self.scores(positives, 0.5, salt: 1), Self.scores(positives, 0.2, salt: 2))
        var repeated = RepeatedDiscrimination(scorers: 2, units: 300)
        repeated.append(tested: Array(0..<300), positives: positives, probabilities: [first, second])
        let resampling = Resampling(rounds: 200)
        let found = repeated.summaries(differences: [(0, 1), (0, 0)], resampling)
        let (a, b) = (DiscriminationScores(scores: first, positives: positives), DiscriminationScores(scores: second, positives: positives))
        let own = a.intervals(resampling), difference = a.differences(from: b, resampling)
        #expect(found.scorers[0].auc == own.auc && found.scorers[0].ks == own.ks)
        #expect(found.scorers[0].averagePrecision == own.averagePrecision && found.differences[0].auc == difference.auc)
        #expect(found.differences[1].auc == MetricInterval(estimate: 0, lower: 0, upper: 0))
        let losses = zip(first, positives).map { ScoreCalibration.logLoss(Double($0), happened: $1) }
        #expect(found.scorers[0].logLoss == MetricInterval.mean(losses, resampling))
    }

    @Test func splitsAreAveragedAndUnitsStayTogether() {
        let first = Self.scores(positives, 0.5, salt: 1), other = Self.scores(positives, 0.1, salt: 3)
        func summary(_ splits: [(tested: [Int], scores: [Float])]) -> RepeatedDiscrimination.Summary {
            var repeated = RepeatedDiscrimination(scorers: 1, units: 300)
            for split in splits {
                repeated.append(
                    tested: split.tested, positives: split.tested.map { positives[$0] },
                    probabilities: [split.tested.map { split.scores[$0] }])
            }
            return repeated.summaries(Resampling(rounds: 300)).scorers[0]
        }
        let all = Array(0..<300)
        let (once, twice) = (summary([(all, first)]), summary([(all, first), (all, first)]))
        // The same units twice are no more evidence: the interval stays as wide.
        #expect(abs(once.auc.lower - twice.auc.lower) < 1e-12 && abs(once.auc.upper - twice.auc.upper) < 1e-12)
        let both = summary([(all, first), (all, other)])
        #expect(abs(both.auc.estimate - (once.auc.estimate + summary([(all, other)]).auc.estimate) / 2) < 1e-12)
        // The order of the tested units does not matter, and halves of the units tell less than all of them.
        let turned = summary([(Array(all.reversed()), first)])
        #expect(abs(turned.auc.upper - once.auc.upper) < 1e-12)
        let half = summary([(Array(0..<150), first)])
        #expect(half.auc.upper - half.auc.lower > once.auc.upper - once.auc.lower)
    }

    /// Folds have models of their own: what one adds to all its scores must not matter, as it would in one order of all.
    @Test func foldsAreJudgedApartAndMakeOneRun() {
        let scores = Self.scores(positives, 0.5, salt: 1)
        func repeated(_ shift: Float) -> RepeatedDiscrimination {
            var own = RepeatedDiscrimination(scorers: 1, units: 300)
            for run in 0..<2 {
                for fold in 0..<3 {
                    let tested = (0..<300).filter { ($0 / 7 + run) % 3 == fold }
                    own.append(
                        tested: tested, positives: tested.map { positives[$0] },
                        probabilities: [tested.map { scores[$0] / 2 + (fold == 0 ? shift : 0) }], run: run)
                }
            }
            return own
        }
        let (plain, shifted) = (repeated(0), repeated(0.5))
        #expect(plain.runCount == 2 && plain.aucs(of: 0) == shifted.aucs(of: 0))
        let a = plain.summaries(Resampling(rounds: 50)).scorers[0], b = shifted.summaries(Resampling(rounds: 50)).scorers[0]
        #expect(a.auc == b.auc && a.ks == b.ks && a.averagePrecision == b.averagePrecision)
        let aucs = plain.aucs(of: 0)
        #expect(abs(a.auc.estimate - (aucs[0] + aucs[1]) / 2) < 1e-12)
        // By hand, of the first run: the mean of its folds.
        let folds = (0..<3).map { fold in
            let tested = (0..<300).filter { $0 / 7 % 3 == fold }
            return DiscriminationMetrics(scores: tested.map { scores[$0] }, positives: tested.map { positives[$0] }).auc
        }
        #expect(abs(aucs[0] - folds.reduce(0, +) / 3) < 1e-12)
    }

    /// Unlike runs widen the interval of a scorer and not of its difference from itself; by Student's t.
    @Test(arguments: [2, 3, 6]) func runsAreDrawn(count: Int) {
        func repeated(_ strengths: [Float]) -> RepeatedDiscrimination {
            var own = RepeatedDiscrimination(scorers: 1, units: 300)
            for strength in strengths {
                own.append(tested: Array(0..<300), positives: positives, probabilities: [Self.scores(positives, strength, salt: 1)])
            }
            return own
        }
        let resampling = Resampling(rounds: 300)
        func width(_ own: RepeatedDiscrimination, _ drawn: RepeatedDiscrimination.Drawn) -> Double {
            let auc = own.summaries(drawing: drawn, resampling).scorers[0].auc
            return auc.upper - auc.lower
        }
        let unlike = repeated((0..<count).map { $0.isMultiple(of: 2) ? 0.1 : 0.9 })
        let alike = repeated([Float](repeating: 0.5, count: count))
        #expect(width(unlike, .unitsAndRuns) > 1.5 * width(unlike, .units))
        // Equal runs add nothing: what is left is a normal interval in place of percentiles, of 300 resamples.
        #expect(abs(width(alike, .unitsAndRuns) / width(alike, .units) - 1) < 0.15)
        let zero = unlike.summaries(differences: [(0, 0)], drawing: .unitsAndRuns, resampling).differences[0]
        #expect(zero.auc == MetricInterval(estimate: 0, lower: 0, upper: 0))
        #expect(unlike.randomness(.unitsAndRuns).contains("Student's t"))
        #expect(unlike.randomness(.units).contains("other runs are not in it"))
        if count == 2 {
            // Where the runs differ much more than units matter, two runs are one degree of freedom: 12.7 standard errors.
            let aucs = unlike.aucs(of: 0), error = abs(aucs[0] - aucs[1]) / 2
            #expect(width(unlike, .unitsAndRuns) > 0.8 * 2 * 12.706 * error)
        }
    }

    /// Few runs that differ: 95 % intervals hold the truth about as often; those of units alone hardly ever do.
    @Test(arguments: [3, 5, 10]) func fewRunsAreNotTooNarrow(runs: Int) {
        var random = Numbers(state: 5)
        var (held, heldByUnits) = (0, 0)
        // Noise is uniform on 0...1, the positives' shifted by the strength s: 1 - (1 - s)² / 2 of the pairs stand in order. Its mean over
        // strengths of mean 0.5 and deviation 0.25 (few leave 0...1):
        let truth = 1 - (0.5 * 0.5 + 0.25 * 0.25) / 2
        for trial in 0..<120 {
            var own = RepeatedDiscrimination(scorers: 1, units: 900)
            let truths = (0..<900).map { $0 % 3 == 0 }
            for run in 0..<runs {
                let strength = Float(0.5 + 0.25 * random.normal())
                own.append(
                    tested: Array(0..<900), positives: truths,
                    probabilities: [Self.scores(truths, strength, salt: UInt64(1_000 * trial + run + 7))])
            }
            let both = own.summaries(drawing: .unitsAndRuns, Resampling(rounds: 40)).scorers[0].auc
            let units = own.summaries(drawing: .units, Resampling(rounds: 40)).scorers[0].auc
            if both.lower <= truth, both.upper >= truth { held += 1 }
            if units.lower <= truth, units.upper >= truth { heldByUnits += 1 }
        }
        // 95 % of 120 is 114; three standard errors of such a count are 7, and AUC is no line.
        #expect(held >= 104 && heldByUnits < 90, "\(held) and \(heldByUnits) of 120")
    }

    struct Numbers {
        var state: UInt64
        mutating func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + uniform() } }
    }

    @Test func unitsHaveNumbers() {
        let (units, count) = RepeatedDiscrimination.numbered([[7, 9, 7], [9, 4]])
        #expect(units == [[0, 1, 0], [1, 2]] && count == 3)
        // What a unit has twice is drawn together: all doubled, the interval stays.
        let scores = Self.scores(positives, 0.5, salt: 1)
        func auc(_ copies: Int) -> MetricInterval {
            var own = RepeatedDiscrimination(scorers: 1, units: 300)
            own.append(
                tested: (0..<copies).flatMap { _ in 0..<300 }, positives: (0..<copies).flatMap { _ in positives },
                probabilities: [(0..<copies).flatMap { _ in scores }])
            return own.summaries(Resampling(rounds: 100)).scorers[0].auc
        }
        #expect(abs(auc(1).lower - auc(2).lower) < 1e-12 && abs(auc(1).upper - auc(2).upper) < 1e-12)
    }
}
