import CreditRisk
import Evaluation
import Testing

/// Ways of modelling compared over runs.
@Suite struct RepeatedScoresTests {
    static let outcomes: [Float] = (0..<40).map { $0 % 4 == 0 ? 1 : 0 }
    static let customers = (0..<40).map { UInt64($0 / 2) }

    static func run(_ quality: Float, seed: Int = 0, customers: [UInt64] = customers) throws -> RepeatedScores.Run {
        try RepeatedScores.Run(
            scores: outcomes.indices.map { quality * outcomes[$0] + Float(($0 * 7 + seed * 3) % 11) / 11 }, outcomes: outcomes,
            customers: customers)
    }

    @Test func meansOverRuns() throws {
        let scores = try RepeatedScores([Self.run(0.5), Self.run(0.5, seed: 1)])
        let metrics = scores.metrics(Resampling(rounds: 50))
        let single = (0..<2).map { seed in
            DiscriminationMetrics(
                scores: Self.outcomes.indices.map { 0.5 * Self.outcomes[$0] + Float(($0 * 7 + seed * 3) % 11) / 11 },
                positives: Self.outcomes.map { $0 == 1 })
        }
        // Sums of the same terms in another order.
        #expect(abs(metrics.auc.estimate - (single[0].auc + single[1].auc) / 2) < 1e-12)
        #expect(abs(metrics.ks.estimate - (single[0].ks + single[1].ks) / 2) < 1e-12)
        #expect(abs(metrics.averagePrecision.estimate - (single[0].averagePrecision + single[1].averagePrecision) / 2) < 1e-12)
        #expect(metrics.auc.lower < metrics.auc.estimate && metrics.auc.upper > metrics.auc.estimate)
        #expect(scores.applicants == 80 && scores.overdue == 20 && scores.customers == 20)
    }

    @Test func pairsAreDrawnTogether() throws {
        let good = try RepeatedScores([Self.run(0.8), Self.run(0.8, seed: 1)])
        let poor = try RepeatedScores([Self.run(0.2), Self.run(0.2, seed: 1)])
        let same = try good.differences(from: good, Resampling(rounds: 50))
        #expect(same.auc == MetricInterval(estimate: 0, lower: 0, upper: 0))
        let gain = try good.differences(from: poor, Resampling(rounds: 200))
        #expect(gain.auc.isAboveZero && gain.ks.isAboveZero && gain.auc.estimate > 0.2)
        let loss = try poor.differences(from: good, Resampling(rounds: 200))
        #expect(abs(loss.auc.estimate + gain.auc.estimate) < 1e-12 && loss.auc.upper < 0)
    }

    /// What a customer has twice is drawn twice or not at all: an interval over fewer customers is wider.
    @Test func customersAreDrawnWhole() throws {
        func width(_ customers: [UInt64]) throws -> Double {
            let auc = try RepeatedScores([Self.run(0.3, customers: customers)]).metrics(Resampling(rounds: 400)).auc
            return auc.upper - auc.lower
        }
        #expect(try width((0..<40).map { UInt64($0 / 8) }) != width(Self.customers))
        // Runs that share customers do not make them more.
        let shared = try RepeatedScores([Self.run(0.3), Self.run(0.3)]), one = try RepeatedScores([Self.run(0.3)])
        #expect(shared.metrics(Resampling(rounds: 50)).auc == one.metrics(Resampling(rounds: 50)).auc)
    }

    @Test func refusals() throws {
        #expect(throws: RiskReportError.self) { try RepeatedScores([]) }
        #expect(throws: RiskReportError.self) { try RepeatedScores.Run(scores: [1], outcomes: [1, 0], customers: [1, 2]) }
        #expect(throws: RiskReportError.self) { try RepeatedScores.Run(scores: [1, 2], outcomes: [1, 1], customers: [1, 2]) }
        #expect(throws: RiskReportError.self) { try RepeatedScores.Run(scores: [1, .nan], outcomes: [1, 0], customers: [1, 2]) }
        let one = try RepeatedScores([Self.run(0.5)]), two = try RepeatedScores([Self.run(0.5), Self.run(0.5)])
        let others = try RepeatedScores([Self.run(0.5, customers: Self.customers.map { $0 + 1 })])
        #expect(throws: RiskReportError.self) { try one.differences(from: two) }
        #expect(throws: RiskReportError.self) { try one.differences(from: others) }
    }
}
