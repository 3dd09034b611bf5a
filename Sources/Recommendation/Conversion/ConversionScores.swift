public import Evaluation

/// Metrics of a conversion predictor with intervals, or how they differ from another's.
public struct ConversionMetrics: Sendable, Equatable, Codable {
    /// Mean −log of the probability given to what happened (natural logarithm).
    public var logLoss: MetricInterval
    /// AUC of "any product" against "none".
    public var auc: MetricInterval
    /// Average precision of "any product".
    public var averagePrecision: MetricInterval
    /// F1 of the offers over all products together.
    public var microF1: MetricInterval
    /// Mean F1 of the products that occur.
    public var macroF1: MetricInterval
}

/// What a predictor said of decisions whose outcome is known. Customers are resampled with all their decisions.
public struct ConversionScores: Sendable {
    private let outcome: [Int32]
    private let customer: [Int32]
    private let classes: Int
    private let offers: [Int32]
    private let any: [Float]
    private let sorted: DiscriminationScores
    private let losses: [Double]

    /// - Parameters:
    ///   - probabilities: `[D, K]`.
    ///   - offers: `[D]`, the product offered or 0, as by ``ConversionPredictor/offers(_:)``.
    ///   - examples: the decisions with what came of them.
    /// - Throws: ``ConversionError`` where sizes do not agree, or a value is no probability or no class.
    public init(probabilities: [Float], offers: [Int32], of examples: ConversionExamples) throws(ConversionError) {
        let classes = examples.classes.count
        guard examples.count > 0 else { throw .wrongSize(what: "decisions to judge by", found: 0, expected: 1) }
        guard probabilities.count == examples.count * classes else {
            throw .wrongSize(what: "probabilities", found: probabilities.count, expected: examples.count * classes)
        }
        guard offers.count == examples.count else { throw .wrongSize(what: "offers", found: offers.count, expected: examples.count) }
        if let place = probabilities.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
            throw .badRow(row: place / classes + 1, what: "a probability lies outside 0...1", remedy: "score the decisions anew")
        }
        if let row = offers.firstIndex(where: { $0 < 0 || $0 >= classes }) {
            throw .badRow(row: row + 1, what: "the offer is none of the \(classes) classes", remedy: "offer a product, or 0 for none")
        }
        (outcome, customer, self.classes, self.offers) = (examples.outcome, examples.customer, classes, offers)
        any = (0..<examples.count).map { max(0, 1 - probabilities[$0 * classes]) }
        sorted = DiscriminationScores(scores: any, positives: outcome.map { $0 != 0 })
        losses = ClassificationMetrics.logLosses(probabilities: probabilities, right: outcome, classes: classes)
    }

    /// Metrics with intervals. Those that a resample does not have (AUC of one class) are left out of it; NaN where no resample has them.
    public func metrics(_ resampling: Resampling = Resampling()) -> ConversionMetrics { intervals(resampling) { values($0) } }

    /// Metrics less those of another on the same decisions, both resampled together.
    public func differences(from other: ConversionScores, _ resampling: Resampling = Resampling()) -> ConversionMetrics {
        check(other)
        return intervals(resampling) { weights in zip(values(weights), other.values(weights)).map { $0 - $1 } }
    }

    /// Metrics over those of another on the same decisions, less 1, both resampled together.
    public func relativeChanges(from other: ConversionScores, _ resampling: Resampling = Resampling()) -> ConversionMetrics {
        check(other)
        return intervals(resampling) { weights in zip(values(weights), other.values(weights)).map { $0 / $1 - 1 } }
    }

    /// How many of those who took a product the highest scores hold.
    public func lift(parts: Int = 10) -> LiftTable { LiftTable(scores: any, positives: outcome.map { $0 != 0 }, parts: parts) }

    /// Whether "any product" happens as often as it is foretold.
    public func calibration(bins: Int = 10) -> CalibrationMetrics {
        CalibrationMetrics(probabilities: any, happened: outcome.map { $0 != 0 }, bins: bins)
    }

    private func check(_ other: ConversionScores) {
        precondition(
            outcome == other.outcome && customer == other.customer && classes == other.classes,
            "ConversionScores: \(outcome.count) decisions against \(other.outcome.count), or others")
    }

    private func intervals(
        _ resampling: Resampling, _ values: (UnsafeBufferPointer<Int32>) -> [Double]
    ) -> ConversionMetrics {
        let all = resampling.intervals(units: outcome.count, clusters: customer, count: 5, statistics: values)
        return ConversionMetrics(logLoss: all[0], auc: all[1], averagePrecision: all[2], microF1: all[3], macroF1: all[4])
    }

    /// The five metrics of decisions drawn so often.
    private func values(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
        var (sum, count) = (0.0, 0.0)
        for row in losses.indices {
            sum += Double(weights[row]) * losses[row]
            count += Double(weights[row])
        }
        let f1 = ClassificationMetrics(right: outcome, predicted: offers, weights: weights, classes: classes)
        return [sum / count] + sorted.values(weights) + [f1.microF1(background: 0), f1.macroF1(background: 0)]
    }
}
