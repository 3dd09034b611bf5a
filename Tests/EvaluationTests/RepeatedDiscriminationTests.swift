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
}
