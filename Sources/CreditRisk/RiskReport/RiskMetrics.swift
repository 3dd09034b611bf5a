public import Evaluation

/// What a credit team asks of a score: how well it orders applicants, and whether its probabilities hold.
///
/// With one outcome only there is nothing to order: AUC, KS and Gini are NaN, the rest is what it is.
public struct RiskMetrics: Sendable, Equatable, Codable {
    /// A tenth of the applicants, the riskiest first.
    public struct Decile: Sendable, Equatable, Codable {
        /// From ``Evaluation/LiftTable``.
        public var row: LiftTable.Row
        /// Share of all overdue found so far less that of all others; NaN with one outcome.
        public var ks: Double
    }

    /// Applicants of nearly the same probability.
    public struct CalibrationPoint: Sendable, Equatable, Codable {
        /// Lowest and highest probability among them.
        public var lowest: Double
        /// See ``lowest``.
        public var highest: Double
        /// How many they are.
        public var applicants: Int
        /// Their mean probability.
        public var expected: Double
        /// The share that fell overdue, with Wilson's interval.
        public var observed: MetricInterval
    }

    /// Applicants judged (B).
    public let applicants: Int
    /// Customers among them.
    public let customers: Int
    /// Applicants that fell overdue.
    public let overdue: Int
    /// AUC, KS, average precision, and Gini by them, drawn by customer.
    public let discrimination: DiscriminationScores.Intervals
    /// Mean log loss, natural logarithm.
    public let logLoss: MetricInterval
    /// Mean squared distance of probability and outcome.
    public let brier: MetricInterval
    /// Over ten parts with as many applicants each.
    public let expectedCalibrationError: Double
    /// Ten parts, the riskiest first.
    public let deciles: [Decile]
    /// Ten parts, the least risky first.
    public let calibration: [CalibrationPoint]

    /// Judges probabilities of applicants that the model did not learn from.
    /// - Parameters:
    ///   - probabilities: to fall overdue, `[B]`.
    ///   - outcomes: 1 overdue, 0 not, `[B]`.
    ///   - customers: drawn whole; nil takes each applicant for a customer.
    /// - Throws: ``RiskReportError/applicants(_:)``.
    /// - Complexity: O(rounds × B).
    public init(
        probabilities: [Float], outcomes: [Float], customers: [UInt64]? = nil, _ resampling: Resampling = Resampling(rounds: 1000)
    ) throws(RiskReportError) {
        try RiskArrays.check(probabilities: probabilities, outcomes: outcomes, customers: customers)
        let positives = outcomes.map { $0 == 1 }
        let clusters = RiskArrays.clusters(customers)
        applicants = outcomes.count
        self.customers = customers.map { Set($0).count } ?? outcomes.count
        overdue = positives.count { $0 }
        discrimination = DiscriminationScores(scores: probabilities, positives: positives).intervals(clusters: clusters, resampling)
        logLoss = .mean(RiskLosses.logLosses(probabilities, positives), clusters: clusters, resampling)
        brier = .mean(RiskLosses.squares(probabilities, positives), clusters: clusters, resampling)
        let curve = CalibrationMetrics.byQuantiles(probabilities: probabilities, happened: positives)
        expectedCalibrationError = curve.expectedError
        calibration = curve.bins.map {
            CalibrationPoint(
                lowest: $0.range.lowerBound, highest: $0.range.upperBound, applicants: $0.count, expected: $0.meanProbability,
                observed: $0.frequency)
        }
        let table = LiftTable(scores: probabilities, positives: positives)
        deciles = zip(table.rows, table.ks).map { Decile(row: $0, ks: $1) }
    }
}

/// Two models on the same applicants: the first less the second, both drawn together by customer.
public struct RiskComparison: Sendable, Equatable, Codable {
    /// Differences of AUC, KS, average precision, and Gini by them.
    public let discrimination: DiscriminationScores.Intervals
    /// The AUCs by DeLong's test, which takes applicants for independent; nil where a customer has several, as it knows no customers.
    public let deLong: DeLong.Comparison?
    /// Difference of mean log losses: below 0 where the first is better.
    public let logLoss: MetricInterval
    /// Difference of Brier scores, likewise.
    public let brier: MetricInterval

    /// - Parameters: probabilities of both, outcomes and customers as for ``RiskMetrics``.
    /// - Throws: ``RiskReportError/applicants(_:)``.
    public init(
        _ first: [Float], _ second: [Float], outcomes: [Float], customers: [UInt64]? = nil,
        _ resampling: Resampling = Resampling(rounds: 1000)
    ) throws(RiskReportError) {
        try RiskArrays.check(probabilities: first, outcomes: outcomes, customers: customers)
        try RiskArrays.check(probabilities: second, outcomes: outcomes, customers: customers)
        let positives = outcomes.map { $0 == 1 }
        let clusters = RiskArrays.clusters(customers)
        discrimination = DiscriminationScores(scores: first, positives: positives)
            .differences(from: DiscriminationScores(scores: second, positives: positives), clusters: clusters, resampling)
        let isOneEach = customers.map { Set($0).count == $0.count } ?? true
        deLong =
            isOneEach ? DeLong(scores: first, positives: positives).comparison(with: DeLong(scores: second, positives: positives)) : nil
        logLoss = PairedInterval.difference(
            RiskLosses.logLosses(first, positives), RiskLosses.logLosses(second, positives), clusters: clusters, resampling)
        brier = PairedInterval.difference(
            RiskLosses.squares(first, positives), RiskLosses.squares(second, positives), clusters: clusters, resampling)
    }
}

/// Losses of single applicants.
private enum RiskLosses {
    static func logLosses(_ probabilities: [Float], _ positives: [Bool]) -> [Double] {
        zip(probabilities, positives).map { ScoreCalibration.logLoss(Double($0), happened: $1) }
    }

    static func squares(_ probabilities: [Float], _ positives: [Bool]) -> [Double] {
        zip(probabilities, positives).map { probability, isPositive in
            let distance = Double(probability) - (isPositive ? 1 : 0)
            return distance * distance
        }
    }
}

extension RiskArrays {
    /// As for scores, and each a probability.
    static func check(probabilities: [Float], outcomes: [Float], customers: [UInt64]?) throws(RiskReportError) {
        try check(scores: probabilities, "probabilities", outcomes: outcomes, customers: customers)
        if let place = probabilities.firstIndex(where: { !(0...1).contains($0) }) {
            throw .applicants("applicant \(place) (from 0): the probability is not between 0 and 1; give probabilities, not margins")
        }
    }
}
