import Evaluation
import Recommendation
import SequenceKernel
import Studies
import Testing

/// Judging a predictor by what it knows and by what it does not.
@Suite struct ConversionStudyTests {
    /// Who has much takes the loan.
    static func examples(_ outcomes: [Int32], classes: [String]) throws -> ConversionExamples {
        try ConversionExamples(
            names: ["balance"], features: outcomes.enumerated().map { ($1 == 1 ? 2 : 0) + Float($0 % 5) / 4 }, classes: classes,
            outcome: outcomes, customer: outcomes.indices.map { Int32($0) }, time: outcomes.map { _ in 0 })
    }

    @Test func aProductThatNobodyTaughtIsAMiss() throws {
        let taught = try Self.examples((0..<60).map { $0 % 2 }, classes: ["none", "loan"])
        let predictor = try ConversionPredictor.train(taught, pool: WorkerPool(threads: 1)).predictor
        let resampling = Resampling(rounds: 20)
        func study(_ outcomes: [Int32], _ classes: [String]) throws -> ConversionStudy {
            try ConversionStudy(predictor, Self.examples(outcomes, classes: classes), leftOut: 0, censored: 0, resampling: resampling)
        }
        let (known, all) = ([0, 1, 1, 0] as [Int32], ["none", "loan", "(unknown)"])
        let plain = try study(known, ["none", "loan"])
        let same = try study(known, all)
        #expect(plain == same && plain.unknownProduct == 0 && plain.predictor.microF1.estimate == 1)
        let judged = try study([0, 1, 2, 0], all)
        #expect(judged.unknownProduct == 1 && judged.outcomes == ["none": 2, "loan": 1, "(unknown)": 1])
        // One loan is found; the other product is missed, and nothing was offered in its place: 2 · 1 / (1 + 2).
        #expect(abs(judged.predictor.microF1.estimate - 2.0 / 3) < 1e-12 && judged.predictor.macroF1.estimate == 0.5)
        let offered = try study([0, 1, 2, 2], all)
        #expect(offered.predictor.logLoss.estimate > 16.11 / 2, "−ln 1e-7 is 16.12")
        #expect(judged.text.contains("1 customers took a product that the predictor does not know"))
        #expect(!plain.text.contains("does not know"))
        #expect(throws: ConversionError.self) { try study(known, ["none", "card"]) }
        #expect(throws: ConversionError.self) { try study(known, ["loan", "none", "card"]) }
    }
}
