import Evaluation
import Recommendation
import SequenceKernel
import Testing

@Suite struct ConversionScoreTests {
    @Test func metricsAreThoseOfTheirDefinitionsAndPairsCancel() throws {
        let predictor = try ConversionPredictor.train(
            ConversionSample.examples(600), ConversionSample.settings(.softmax), pool: WorkerPool(threads: 1)
        ).predictor
        let judged = try ConversionSample.examples(600, seed: 2)
        let probabilities = try predictor.probabilities(judged)
        let offers = predictor.offers(probabilities)
        let scores = try ConversionScores(probabilities: probabilities, offers: offers, of: judged)
        let metrics = scores.metrics(Resampling(rounds: 100))
        let losses = ClassificationMetrics.logLosses(probabilities: probabilities, right: judged.outcome, classes: 4)
        let any = DiscriminationMetrics(
            scores: (0..<600).map { 1 - probabilities[$0 * 4] }, positives: judged.outcome.map { $0 != 0 })
        let f1 = ClassificationMetrics(right: judged.outcome, predicted: offers, classes: 4)
        #expect(abs(metrics.logLoss.estimate - losses.reduce(0, +) / 600) < 1e-9)
        #expect(abs(metrics.auc.estimate - any.auc) < 1e-9 && abs(metrics.averagePrecision.estimate - any.averagePrecision) < 1e-9)
        #expect(metrics.microF1.estimate == f1.microF1(background: 0) && metrics.macroF1.estimate == f1.macroF1(background: 0))
        #expect(scores.lift().rows.count == 10 && scores.lift().rows[0].lift > 1.2)

        let shares = [Float]((0..<600).flatMap { _ in [0.25, 0.25, 0.25, 0.25] as [Float] })
        let blind = try ConversionScores(probabilities: shares, offers: [Int32](repeating: 1, count: 600), of: judged)
        let ahead = scores.differences(from: blind, Resampling(rounds: 100))
        #expect(ahead.auc.isAboveZero && ahead.microF1.isAboveZero && ahead.logLoss.upper < 0)
        #expect(abs(ahead.auc.estimate - (any.auc - 0.5)) < 1e-9)
        let relative = scores.relativeChanges(from: blind, Resampling(rounds: 100))
        #expect(abs(relative.auc.estimate - (any.auc / 0.5 - 1)) < 1e-9 && relative.logLoss.upper < 0)
        let none = scores.differences(from: scores, Resampling(rounds: 50))
        #expect(none.macroF1.lower == 0 && none.macroF1.upper == 0 && none.logLoss.upper == 0)
        #expect(scores.calibration().expectedError < 0.1 && blind.calibration().expectedError > 0.1)
    }

    @Test func whatIsNoProbabilityIsRefused() throws {
        let examples = try ConversionSample.examples(2)
        let good: [Float] = [0.7, 0.1, 0.1, 0.1, 0.7, 0.1, 0.1, 0.1]
        #expect(throws: Never.self) { try ConversionScores(probabilities: good, offers: [0, 1], of: examples) }
        #expect { _ = try ConversionScores(probabilities: good.dropLast() + [.nan], offers: [0, 1], of: examples) } throws: {
            "\($0)".contains("row 2")
        }
        #expect(throws: ConversionError.self) { try ConversionScores(probabilities: good, offers: [0, 4], of: examples) }
        #expect(throws: ConversionError.self) { try ConversionScores(probabilities: good, offers: [0], of: examples) }
        #expect(throws: ConversionError.self) { try ConversionScores(probabilities: [], offers: [], of: examples.selecting([])) }
    }
}
