/// Several labels may be right for one example: K yes-or-no questions on each of S examples, answered by scores.
///
/// An answer is yes where the score is at least the label's threshold. Means over labels leave out those that no example has, as nothing can
/// be found of them; what a scorer says of them still counts in the micro metrics and in calibration.
public struct MultiLabelMetrics: Sendable, Equatable {
    /// One label.
    public struct PerLabel: Sendable, Equatable {
        /// Examples that have it.
        public var support: Int
        /// Examples said to have it.
        public var predicted: Int
        /// Share of those said to have it that have it, with Wilson's interval; NaN where none is said to.
        public var precision: MetricInterval
        /// Share of those that have it that are said to, with Wilson's interval; NaN where none has it.
        public var recall: MetricInterval
        /// Harmonic mean of both; 0 where nothing was found, and where there is nothing to find.
        public var f1: Double
        /// Step-wise area under precision against recall, without interpolation, equal scores taken together; NaN where no example has it.
        public var averagePrecision: Double
        /// Expected calibration error of its scores.
        public var expectedCalibrationError: Double
    }

    /// Labels (K).
    public let labels: Int
    /// Examples (S).
    public let examples: Int
    /// Each label by itself, `[K]`.
    public let perLabel: [PerLabel]
    /// F1 of all pairs of example and label taken together; NaN where none is present or said to be.
    public let microF1: Double
    /// Mean F1 of the labels that at least one example has; NaN without any.
    public let macroF1: Double
    /// Mean of ``PerLabel/averagePrecision`` over the labels that at least one example has; NaN without any.
    public let meanAveragePrecision: Double
    /// Average precision of all pairs of example and label in one list by score; NaN where none is present.
    public let microAveragePrecision: Double
    /// Expected calibration error of all pairs of example and label: the distance of mean score and frequency in ten bins of equal width,
    /// weighted by their pairs (Naeini et al., 2015).
    public let expectedCalibrationError: Double

    /// - Parameters:
    ///   - present: `[S, K]`, whether the example has the label.
    ///   - scores: `[S, K]`, between 0 and 1.
    ///   - thresholds: `[K]`; 0.5 by default.
    ///   - bins: parts of equal width for calibration.
    /// - Complexity: O(S K log(S K)).
    public init(present: [Bool], scores: [Float], labels: Int, thresholds: [Float]? = nil, bins: Int = 10) {
        let scorer = MultiLabelScores(present: present, scores: scores, labels: labels, thresholds: thresholds, bins: bins)
        self.init(scorer)
    }

    /// The metrics of prepared scores.
    public init(_ scorer: MultiLabelScores) {
        (labels, examples) = (scorer.labels, scorer.examples)
        let weights = [Int32](repeating: 1, count: scorer.examples)
        let (values, tallies) = weights.withUnsafeBufferPointer { weights in
            (scorer.values(weights), (0..<scorer.labels).map { scorer.tally($0, weights) })
        }
        func value(_ metric: MultiLabelMetric) -> Double { values[metric.place] }
        microF1 = value(.microF1)
        macroF1 = value(.macroF1)
        meanAveragePrecision = value(.meanAveragePrecision)
        microAveragePrecision = value(.microAveragePrecision)
        expectedCalibrationError = value(.expectedCalibrationError)
        perLabel = tallies.map { tally in
            let (found, support, predicted) = (Int(tally.found), Int(tally.support), Int(tally.predicted))
            return PerLabel(
                support: support, predicted: predicted, precision: .wilson(successes: found, of: predicted),
                recall: .wilson(successes: found, of: support),
                f1: support + predicted == 0 ? 0 : 2 * Double(found) / Double(support + predicted),
                averagePrecision: tally.averagePrecision, expectedCalibrationError: tally.calibrationError)
        }
    }
}

/// The metrics of all labels together, as ``MultiLabelMetrics`` defines them.
public enum MultiLabelMetric: String, Sendable, Codable, CaseIterable {
    /// F1 of all pairs together.
    case microF1
    /// Mean F1 of the labels that occur.
    case macroF1
    /// Mean average precision of the labels that occur.
    case meanAveragePrecision
    /// Average precision of all pairs together.
    case microAveragePrecision
    /// Expected calibration error of all pairs together; the lower the better.
    case expectedCalibrationError

    var place: Int {
        switch self {
        case .microF1: 0
        case .macroF1: 1
        case .meanAveragePrecision: 2
        case .microAveragePrecision: 3
        case .expectedCalibrationError: 4
        }
    }
}
