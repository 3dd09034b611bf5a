internal import Evaluation

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Probability to fall overdue ↔ points of a scorecard, the more the better (Siddiqi, 2006, chapter 6):
///
/// ```
/// score = offset + factor × ln(odds),  odds = (1 − p) / p,  factor = points to double / ln 2,  offset = base score − factor × ln(base odds)
/// ```
public struct PointsScale: Sendable, Equatable, Codable {
    /// Points at ``baseOdds``.
    public let baseScore: Double
    /// Good to bad at the base score: 50 means one of 51 overdue.
    public let baseOdds: Double
    /// Points that double the odds.
    public let pointsToDouble: Double

    /// Points of one natural logarithm of odds.
    public var factor: Double { pointsToDouble / log(2.0) }
    /// Points at odds of 1.
    public var offset: Double { baseScore - factor * log(baseOdds) }

    /// 600 points at 50 to 1, 20 to double, unless told otherwise.
    /// - Throws: ``RiskReportError/badSetting(name:expected:)``.
    public init(baseScore: Double = 600, baseOdds: Double = 50, pointsToDouble: Double = 20) throws(RiskReportError) {
        guard baseScore.isFinite, abs(baseScore) <= 1e6 else { throw .badSetting(name: "baseScore", expected: "a number within a million") }
        guard baseOdds >= 1e-6, baseOdds <= 1e6 else { throw .badSetting(name: "baseOdds", expected: "good to bad, between 1e-6 and 1e6") }
        guard pointsToDouble >= 1e-3, pointsToDouble <= 1e4 else {
            throw .badSetting(name: "pointsToDouble", expected: "between 0.001 and 10000")
        }
        (self.baseScore, self.baseOdds, self.pointsToDouble) = (baseScore, baseOdds, pointsToDouble)
    }

    private enum CodingKeys: String, CodingKey { case baseScore, baseOdds, pointsToDouble }

    /// Decodes and checks.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            baseScore: values.decode(Double.self, forKey: .baseScore), baseOdds: values.decode(Double.self, forKey: .baseOdds),
            pointsToDouble: values.decode(Double.self, forKey: .pointsToDouble))
    }

    /// Points of an overdue probability, not rounded; probabilities are held 1e-7 away from 0 and 1, NaN stays NaN.
    public func score(_ probability: Double) -> Double {
        probability.isNaN ? .nan : offset - factor * ScoreCalibration.logOdds(probability)
    }

    /// The overdue probability at so many points: the way back.
    public func probability(_ score: Double) -> Double { ScoreCalibration.none.probability((offset - score) / factor) }

    /// What each term of the log odds to fall overdue takes from the points, in the order of the terms: with the points of the bias,
    /// ``score(logOdds:)``, they add up to the score of the sum.
    public func points(_ terms: some Sequence<Float>) -> [Double] { terms.map { -factor * Double($0) } }

    /// Points of log odds to fall overdue.
    public func score(logOdds: Double) -> Double { offset - factor * logOdds }
}
