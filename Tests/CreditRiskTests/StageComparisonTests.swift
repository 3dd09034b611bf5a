import CreditRisk
import Evaluation
import Testing

@Suite struct StageComparisonTests {
    static let scores: [Float] = [0.9, 0.8, 0.8, 0.4, 0.3, 0.3, 0.2, 0.1]
    static let outcomes: [Float] = [1, 1, 0, 1, 0, 0, 1, 0]
    static let customers: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]
    static let few = Resampling(rounds: 200)

    /// The estimates are those of the metrics of the whole, ties included, and log loss that of its definition.
    @Test func estimates() throws {
        let found = try StageScores(probabilities: [Self.scores], customers: Self.customers, outcomes: Self.outcomes).metrics(Self.few)
        let expected = DiscriminationMetrics(scores: Self.scores, positives: Self.outcomes.map { $0 == 1 })
        #expect(abs(found.auc.estimate - expected.auc) < 1e-12 && abs(found.ks.estimate - expected.ks) < 1e-12)
        // -(ln .9 + ln .8 + ln .2 + ln .4 + ln .7 + ln .7 + ln .2 + ln .9) / 8
        #expect(abs(found.logLoss.estimate - 0.6602976) < 1e-6)
        #expect(found.auc.lower < found.auc.estimate && found.auc.estimate < found.auc.upper)
    }

    /// A scorer less itself is nothing; seeds are drawn, too, so that unlike seeds widen the interval of one and not of the difference.
    @Test func differences() throws {
        let worse = Self.scores.map { 1 - $0 }
        let both = try StageScores(probabilities: [Self.scores, worse], customers: Self.customers, outcomes: Self.outcomes)
        let same = try both.differences(from: both, Self.few)
        #expect(same.auc == MetricInterval(estimate: 0, lower: 0, upper: 0) && same.ks == same.auc)
        let one = try StageScores(probabilities: [Self.scores, Self.scores], customers: Self.customers, outcomes: Self.outcomes)
        let wide = both.metrics(Self.few).auc, narrow = one.metrics(Self.few).auc
        #expect(wide.upper - wide.lower > narrow.upper - narrow.lower)
        #expect(abs(wide.estimate - 0.5) < 1e-12 && abs(both.deviationOfAUC - (2 * narrow.estimate - 1) / 2.0.squareRoot()) < 1e-9)
        let gain = try one.differences(from: both, Self.few)
        #expect(abs(gain.auc.estimate - (narrow.estimate - 0.5)) < 1e-12)
    }

    /// Applications of one customer are drawn together: two alike tell no more than one.
    @Test func byCustomer() throws {
        let doubled = Self.customers + Self.customers
        let single = try StageScores(probabilities: [Self.scores], customers: Self.customers, outcomes: Self.outcomes)
        let twice = try StageScores(
            probabilities: [Self.scores + Self.scores], customers: doubled, outcomes: Self.outcomes + Self.outcomes)
        let (a, b) = (single.metrics(Self.few), twice.metrics(Self.few))
        #expect(abs(a.auc.lower - b.auc.lower) < 1e-9 && abs(a.ks.upper - b.ks.upper) < 1e-9)
    }

    @Test func refusals() throws {
        func message(_ probabilities: [[Float]], _ outcomes: [Float] = Self.outcomes) -> String {
            StageRefusalTests.message { _ = try StageScores(probabilities: probabilities, customers: Self.customers, outcomes: outcomes) }
        }
        #expect(message([]).contains("differ in number") && message([[0.5]]).contains("differ in number"))
        #expect(message([Self.scores.map { $0 * 2 }]).contains("not a probability"))
        #expect(message([[.nan] + Self.scores.dropFirst()]).contains("not a probability"))
        #expect(message([Self.scores], [Float](repeating: 1, count: 8)).contains("all the same"))
        let one = try StageScores(probabilities: [Self.scores], customers: Self.customers, outcomes: Self.outcomes)
        let two = try StageScores(probabilities: [Self.scores, Self.scores], customers: Self.customers, outcomes: Self.outcomes)
        #expect(throws: StageDistillationError.self) { try one.differences(from: two, Self.few) }
    }
}
