import Evaluation
import Foundation
import Testing

/// Repeatable numbers in 0..<1 (SplitMix64).
private struct Source {
    var state: UInt64
    mutating func unit() -> Float {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return Float((value ^ (value >> 31)) >> 40) * 0x1p-24
    }
}

@Suite struct OutcomeTests {
    @Test func liftFollowsTheOrderOfScores() {
        let table = LiftTable(scores: [0.9, 0.8, 0.7, 0.6], positives: [true, true, false, false], parts: 2)
        #expect(table.rows.map(\.examples) == [2, 2])
        #expect(table.rows.map(\.positives) == [2, 0])
        #expect(table.rows.map(\.lift) == [2, 0])
        #expect(table.rows.map(\.captured) == [1, 1])
        #expect(abs(table.rows[0].lowestScore - 0.8) < 1e-6)
    }

    @Test func equalScoresAreSharedOutWhateverTheirOrder() {
        let scores: [Float] = [0.5, 0.5, 0.5, 0.5, 0.1]
        let one = LiftTable(scores: scores, positives: [true, true, false, false, false], parts: 5)
        let other = LiftTable(scores: scores, positives: [false, false, true, true, false], parts: 5)
        #expect(one == other)
        #expect(one.rows.map(\.positives) == [0.5, 0.5, 0.5, 0.5, 0])
    }

    @Test func liftOfFewerExamplesThanPartsAndOfNoPositives() {
        let table = LiftTable(scores: [0.2, 0.1], positives: [false, false], parts: 10)
        #expect(table.rows.count == 2 && table.rows.allSatisfy { $0.lift.isNaN && $0.captured.isNaN && $0.examples == 1 })
    }

    @Test func discriminationScoresAgreeWithTheMetricsAndPairsAreNarrower() {
        var source = Source(state: 3)
        let positives = (0..<400).map { _ in source.unit() < 0.3 }
        // Rounded, so that there are ties.
        let scores = positives.map { ($0 ? 0.3 : 0) + (source.unit() * 20).rounded() / 20 }
        let second = scores.map { $0 + 0.05 * source.unit() }
        let metrics = DiscriminationMetrics(scores: scores, positives: positives)
        let own = DiscriminationScores(scores: scores, positives: positives)
        let intervals = own.intervals(Resampling(rounds: 200))
        #expect(abs(intervals.auc.estimate - metrics.auc) < 1e-12)
        #expect(abs(intervals.averagePrecision.estimate - metrics.averagePrecision) < 1e-12)
        #expect(intervals.auc.lower < metrics.auc && metrics.auc < intervals.auc.upper)
        let paired = own.differences(from: DiscriminationScores(scores: second, positives: positives), Resampling(rounds: 200))
        #expect(abs(paired.auc.estimate - (metrics.auc - DiscriminationMetrics(scores: second, positives: positives).auc)) < 1e-12)
        // The same examples are drawn for both, so what they share cancels.
        #expect(paired.auc.upper - paired.auc.lower < 0.5 * (intervals.auc.upper - intervals.auc.lower))
        let self0 = own.differences(from: own, Resampling(rounds: 50))
        #expect(self0.auc.lower == 0 && self0.auc.upper == 0)
    }

    @Test func f1OfEventsLeavesTheBackgroundOut() {
        let right: [Int32] = [0, 0, 0, 0, 1, 1, 2, 2]
        let predicted: [Int32] = [0, 0, 0, 1, 1, 2, 2, 0]
        let metrics = ClassificationMetrics(right: right, predicted: predicted, classes: 4)
        // Two found of four events, four predictions.
        #expect(metrics.microF1(background: 0) == 0.5)
        #expect(metrics.macroF1(background: 0) == 0.5)
        #expect(ClassificationMetrics(right: [0, 0], predicted: [0, 0], classes: 2).microF1(background: 0).isNaN)
        let intervals = ClassificationMetrics.backgroundF1Intervals(
            right: right, predicted: predicted, less: right, classes: 4, background: 0, Resampling(rounds: 100))
        #expect(intervals.micro.estimate == -0.5 && intervals.micro.upper <= 0)
    }

    @Test func softmaxRegressionFindsThePlaneAndTakesMissingForTheMean() {
        var source = Source(state: 9)
        var (features, labels) = ([Float](), [Int32]())
        for _ in 0..<600 {
            let x = source.unit() * 2 - 1
            features += [x * 100 + 1000, source.unit(), 7]
            labels.append(source.unit() < 1 / (1 + expf(-3 * x)) ? 1 : 0)
        }
        let path = SoftmaxRegression.path(features: features, columns: 3, labels: labels, classes: 2, strengths: [0.0001, 1])
        #expect(path.map(\.strength) == [1, 0.0001])
        let fitted = path[1].regression
        #expect(fitted.factors[2] == 0, "a feature that never changes has no weight")
        func margin(_ row: [Float]) -> Float {
            let logits = fitted.logits(row)
            return logits[1] - logits[0]
        }
        // Slope 3 at a spread of 600 draws: its standard error is about 0.25.
        #expect(abs(margin([1100, 0.5, 7]) - margin([1000, 0.5, 7]) - 3) < 0.8)
        #expect(margin([.nan, 0.5, 7]) == margin([fitted.means[0], 0.5, 7]))
        #expect(margin([1050, 0.5, 7]) == margin([1050, 0.5, -1e9]))
        let strong = path[0].regression.weights.map(abs).max()!
        #expect(strong < fitted.weights.map(abs).max()!)
    }
}
