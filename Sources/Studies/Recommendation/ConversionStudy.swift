public import Evaluation
public import Recommendation

/// How well a predictor foretells conversions of customers who did not teach it, beside the shares of the classes in its training.
public struct ConversionStudy: Sendable, Equatable, Encodable {
    /// Decisions judged by.
    public let decisions: Int
    /// Their customers.
    public let customers: Int
    /// Decisions by outcome.
    public let outcomes: [String: Int]
    /// Decisions whose customer took a product that the predictor does not know. They are judged: whatever was offered is a miss, and the
    /// probability of what happened is 0, which the log loss holds above 1e-7. In ``outcomes`` they are a class of their own.
    public let unknownProduct: Int
    /// Decisions of customers who taught the predictor, or from before the period: they do not judge.
    public let leftOut: Int
    /// Decisions whose horizon is not over.
    public let censored: Int
    /// With 95 % intervals by customer.
    public let predictor: ConversionMetrics
    /// The shares of the classes in training, said of everybody.
    public let classShares: ConversionMetrics
    /// The predictor less the shares, paired.
    public let gains: ConversionMetrics
    /// Mean distance of probability and frequency of "any product" over ten parts.
    public let calibrationError: Double
    /// How many of those who took a product the highest tenths hold.
    public let lift: [LiftTable.Row]

    /// Judges a predictor.
    /// - Parameters:
    ///   - examples: with the features that it reads; classes beyond the predictor's own are products that it does not know.
    ///   - leftOut: decisions that do not judge, to be told.
    ///   - censored: decisions whose outcome nobody knows yet, to be told.
    /// - Throws: ``StudyError/tooLittle(what:found:needed:)`` without a decision, and what prediction throws.
    public init(
        _ predictor: ConversionPredictor, _ examples: ConversionExamples, leftOut: Int, censored: Int,
        resampling: Resampling = Resampling(rounds: 1000)
    ) throws {
        guard examples.count > 0 else {
            throw StudyError.tooLittle(
                what: "decisions whose outcome is known, of customers who did not teach", found: 0, needed: 1)
        }
        let known = predictor.classes.count
        guard examples.classes.starts(with: predictor.classes) else {
            throw ConversionError.badSetting(
                name: "classes", found: "others than the predictor's", expected: "the predictor's, and unknown ones behind them")
        }
        /// Nothing for classes that the predictor does not know.
        func scores(_ probabilities: [Float]) throws(ConversionError) -> ConversionScores {
            let none = [Float](repeating: 0, count: examples.classes.count - known)
            return try ConversionScores(
                probabilities: (0..<examples.count).flatMap { probabilities[$0 * known..<($0 + 1) * known] + none },
                offers: predictor.offers(probabilities), of: examples)
        }
        let own = try scores(try predictor.probabilities(examples))
        let line = predictor.shares.map { Float($0) }
        let simple = try scores((0..<examples.count).flatMap { _ in line })
        unknownProduct = examples.outcome.count { $0 >= known }
        (decisions, customers) = (examples.count, Set(examples.customer).count)
        var counts: [String: Int] = [:]
        for outcome in examples.outcome { counts[examples.classes[Int(outcome)], default: 0] += 1 }
        (outcomes, self.leftOut, self.censored) = (counts, leftOut, censored)
        self.predictor = own.metrics(resampling)
        (classShares, gains) = (simple.metrics(resampling), own.differences(from: simple, resampling))
        (calibrationError, lift) = (own.calibration().expectedError, own.lift().rows)
    }
}
