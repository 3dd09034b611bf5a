import Evaluation
import Foundation
import Testing

@Suite struct CreditMeasureTests {
    @Test func stabilityOfASmallCase() {
        // Halves at 2; of the second sample one of four lies below.
        let index = PopulationStability(expected: [1, 2, 3, 4], actual: [2, 5, 6, 7], bins: 2)
        #expect(index.bins.map(\.expected) == [2, 2] && index.bins.map(\.actual) == [1, 3] && index.bins[0].upper == 2)
        #expect(abs(index.index - (-0.25 * log(0.5) + 0.25 * log(1.5))) < 1e-12)
        #expect(PopulationStability(expected: [1, 2, 3, 4], actual: [4, 2, 1, 3], bins: 2).index == 0)
        #expect(abs(PopulationStability.index(expectedCounts: [2, 2], actualCounts: [1, 3]) - index.index) < 1e-12)
        // No part without examples of its own sample, however many are asked for.
        #expect(PopulationStability(expected: [1, 2, 3, 4], actual: [1], bins: 50).bins.map(\.expected) == [1, 1, 1, 1])
    }

    @Test func stabilityOfTiesConstantsEmptyPartsAndMissingValues() {
        // Equal values stay together.
        let tied = PopulationStability(expected: [0, 0, 0, 0, 0, 1, 2, 3], actual: [0, 3], bins: 4)
        #expect(tied.bins.map(\.expected) == [5, 1, 2])
        // An empty part counts half an example: (0.5/2 - 2/4) ln(0.5/2 / (2/4)) + (1 - 1/2) ln(1 / (1/2)).
        let empty = PopulationStability(expected: [1, 1, 2, 2], actual: [1, 1], bins: 2)
        #expect(abs(empty.index - ((0.25 - 0.5) * log(0.5) + 0.5 * log(2))) < 1e-12)
        // A constant sees what comes above and below it.
        let constant = PopulationStability(expected: [7, 7, 7], actual: [6, 7, 8])
        #expect(constant.bins.map(\.actual) == [1, 1, 1] && constant.bins.map(\.expected) == [0, 3, 0])
        #expect(PopulationStability(expected: [7, 7], actual: [7, 7, 7]).index == 0)
        // Missing values are a part of their own.
        let missing = PopulationStability(expected: [1, 2, .nan, .nan], actual: [1, 2, 1, 2], bins: 2)
        #expect(missing.hasMissing && missing.bins.last?.expected == 2 && missing.bins.last?.actual == 0 && missing.index > 0.3)
        let allMissing = PopulationStability(expected: [.nan], actual: [.nan, .nan])
        #expect(allMissing.index == 0)
        #expect(PopulationStability(expected: [], actual: [1]).index.isNaN && PopulationStability(expected: [1], actual: []).index.isNaN)
        #expect(PopulationStability.index(expectedCounts: [0], actualCounts: [1]).isNaN)
    }

    @Test func decilesCarryKS() {
        let scores: [Float] = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]
        let positives = [true, true, false, true, false, false, false, false]
        let table = LiftTable(scores: scores, positives: positives, parts: 4)
        // Shares of positives 2/3, 1, 1, 1 less those of others 0, 1/5, 3/5, 1... by part of two.
        let expected = [2.0 / 3, 1 - 1.0 / 5, 1 - 3.0 / 5, 0]
        #expect(zip(table.ks, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(table.ks.max()! - DiscriminationMetrics(scores: scores, positives: positives).ks) < 1e-12)
        #expect(LiftTable(scores: [1, 2], positives: [true, true]).ks.allSatisfy { $0.isNaN })
        #expect(LiftTable(scores: [1, 1], positives: [true, false], parts: 2).ks == [0, 0])
    }

    @Test func ksWithIntervals() {
        let positives = (0..<200).map { $0 % 4 == 0 }
        var scores: [Float] = []
        for place in 0..<200 { scores.append(Float(place * 37 % 101) + (positives[place] ? 30 : 0)) }
        let own = DiscriminationScores(scores: scores, positives: positives)
        let metrics = DiscriminationMetrics(scores: scores, positives: positives)
        let intervals = own.intervals(Resampling(rounds: 100))
        #expect(abs(intervals.ks.estimate - metrics.ks) < 1e-12 && intervals.ks.lower < metrics.ks && metrics.ks < intervals.ks.upper)
        #expect(abs(intervals.gini.estimate - metrics.gini) < 1e-12)
        let none = own.differences(from: own, Resampling(rounds: 50))
        #expect(none.ks.lower == 0 && none.ks.upper == 0 && none.gini.estimate == 0)
        let one = DiscriminationScores(scores: [1, 2], positives: [true, true]).intervals(Resampling(rounds: 20))
        #expect(one.ks.estimate.isNaN && one.auc.estimate.isNaN && one.ks.lower.isNaN)
    }

    /// Scores that say nothing of a rare class: noise alone pushes the maximum up in every resample, and the interval stands around the
    /// estimate nevertheless.
    @Test func ksOfNoiseLiesInItsInterval() {
        let positives = (0..<1_200).map { $0 % 100 == 0 }
        let scores = (0..<1_200).map { Float($0 * 7_919 % 1_201) }
        let own = DiscriminationScores(scores: scores, positives: positives)
        let (found, resampling) = (own.intervals(Resampling(rounds: 400)).ks, Resampling(rounds: 400))
        #expect(found.lower < found.estimate && found.estimate < found.upper)
        let plain = resampling.interval(units: 1_200) { own.measured($0)[2] }
        #expect(plain.lower - found.lower > 0.02, "\(plain) \(found)")
        #expect(abs((plain.upper - plain.lower) - (found.upper - found.lower)) < 1e-12)
    }

    @Test func calibrationByQuantiles() {
        let probabilities: [Float] = [0.125, 0.25, 0.5, 0.75]
        let metrics = CalibrationMetrics.byQuantiles(probabilities: probabilities, happened: [false, true, false, true], bins: 2)
        #expect(metrics.bins.map(\.count) == [2, 2] && metrics.bins.map(\.range) == [0.125...0.25, 0.5...0.75])
        #expect(metrics.bins.map(\.meanProbability) == [0.1875, 0.625] && metrics.bins.map(\.frequency.estimate) == [0.5, 0.5])
        // (|0.375 - 1| + |1.25 - 1|) / 4.
        #expect(abs(metrics.expectedError - 0.875 / 4) < 1e-12)
        let loss = -(log(0.875) + log(0.25) + log(0.5) + log(0.75)) / 4
        #expect(abs(metrics.logLoss - loss) < 1e-12)
        let same = CalibrationMetrics(probabilities: probabilities, happened: [false, true, false, true])
        #expect(same.brier == metrics.brier && same.logLoss == metrics.logLoss)
        // Equal probabilities are never parted.
        let tied = CalibrationMetrics.byQuantiles(
            probabilities: [0.5, 0.5, 0.5, 0.5, 0.75], happened: [true, false, true, false, true], bins: 5)
        #expect(tied.bins.map(\.count) == [4, 1])
        #expect(CalibrationMetrics.byQuantiles(probabilities: [], happened: []).bins.isEmpty)
        #expect(CalibrationMetrics.byQuantiles(probabilities: [0], happened: [true]).logLoss < 17)
    }

    @Test func isotonicOfASmallCase() {
        let fitted = ScoreCalibration.isotonic([1, 2, 3, 4, 4, 5], [false, true, false, true, true, true])
        // 2 and 3 are pooled to 2.5; both ends are held half an example away from 0 and 1.
        let floor = 0.5 / 7
        #expect(fitted == .isotonic(scores: [1, 2.5, 4.333333333333333], probabilities: [floor, 0.5, 1 - floor]))
        #expect(fitted.probability(0) == floor && fitted.probability(9) == 1 - floor && fitted.probability(2.5) == 0.5)
        #expect(abs(fitted.probability(1.75) - (floor + 0.5) / 2) < 1e-12 && fitted.probability(.nan).isNaN)
        // Equal scores are one point before neighbours are compared: 2 is 3 of 4, and not pooled with 1 (1 of 2).
        let tied = ScoreCalibration.isotonic([1, 1, 2, 2, 2, 2], [true, false, false, true, true, true])
        #expect(tied == .isotonic(scores: [1, 2], probabilities: [0.5, 0.75]))
        // All the wrong way round: one pool.
        #expect(ScoreCalibration.isotonic([1, 2], [true, false]) == .isotonic(scores: [1.5], probabilities: [0.5]))
    }

    @Test func plattFindsSlopeAndIntercept() throws {
        // Shares as the logistic function of 0.5 x - 1 says, to the example.
        var (scores, positives) = ([Double](), [Bool]())
        for x in -4...8 {
            let share = 1 / (1 + exp(1 - 0.5 * Double(x)))
            for place in 0..<2_000 {
                scores.append(Double(x))
                positives.append(Double(place) < share * 2_000)
            }
        }
        guard case .platt(let slope, let intercept) = ScoreCalibration.platt(scores, positives) else {
            Issue.record("no slope")
            return
        }
        // Counts rounded up by half an example of 2,000 move both by some thousandths.
        #expect(abs(slope - 0.5) < 0.005 && abs(intercept + 1) < 0.005)
        #expect(ScoreCalibration.platt(scores.map { -$0 }, positives) == .none)
        // Wholly apart: finite.
        if case .platt(let steep, _) = ScoreCalibration.platt([1, 2, 3, 4], [false, false, true, true]) {
            #expect(steep.isFinite && steep > 0)
        } else {
            Issue.record("no slope where classes are apart")
        }
        let coded = try JSONDecoder().decode(
            ScoreCalibration.self, from: JSONEncoder().encode(ScoreCalibration.platt(slope: slope, intercept: intercept)))
        #expect(coded == .platt(slope: slope, intercept: intercept))
    }
}
