import Evaluation
import Foundation
import Testing

@Suite struct ListMetricsTests {
    @Test func ranksLossesAndListsWithoutAChoice() {
        // Chosen: second of three with the middle score; nothing; the only one; both of two, and one of equals.
        let lists = [0..<3, 3..<5, 5..<6, 6..<9]
        let clicked = [false, true, false, false, false, true, true, false, true]
        let scores: [Float] = [2, 1, 0, 5, 5, -3, 0, 1, 0]
        let metrics = ListMetrics(lists: lists, clicked: clicked, scores: scores)
        #expect(metrics.lists == [0, 2, 3] && metrics.withoutChoice == 1)
        #expect(metrics.ranking.ranks == [2, 1, 3])
        let sum = exp(2.0) + exp(1.0) + 1
        #expect(abs(metrics.logLosses[0] - log(sum / exp(1.0))) < 1e-6)
        #expect(metrics.logLosses[1] == 0)
        #expect(abs(metrics.logLosses[2] - log(2 + exp(1.0))) < 1e-6)
        #expect(abs(metrics.logLoss - (metrics.logLosses[0] + metrics.logLosses[2]) / 3) < 1e-12)
        #expect(metrics.probabilities.count == 7 && metrics.chosen.count { $0 } == 4)
        // Probabilities are their own softmax.
        let again = ListMetrics(
            lists: [0..<3, 3..<4, 4..<7], clicked: metrics.chosen, probabilities: metrics.probabilities)
        #expect(again.ranking == metrics.ranking)
        #expect(zip(again.logLosses, metrics.logLosses).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func calibrationSeesTooMuchConfidence() {
        let lists = (0..<100).map { 2 * $0..<2 * $0 + 2 }
        // The first is chosen in three of four.
        let clicked = (0..<200).map { $0 % 8 < 6 ? $0 % 2 == 0 : $0 % 2 == 1 }
        func error(_ probability: Float) -> Double {
            ListMetrics(lists: lists, clicked: clicked, probabilities: (0..<200).map { $0 % 2 == 0 ? probability : 1 - probability })
                .calibration().expectedError
        }
        #expect(error(0.75) < 0.001)
        #expect(abs(error(0.95) - 0.2) < 0.001)
    }
}
