import CreditRisk
import Evaluation
import Foundation
import SequenceKernel
import Testing

@Suite struct RiskReportTests {
    static func refusal(_ body: () throws -> Void) -> RiskReportError? {
        do { try body() } catch { return error as? RiskReportError }
        return nil
    }

    @Test func pointsGoThereAndBack() throws {
        let scale = try PointsScale(baseScore: 600, baseOdds: 50, pointsToDouble: 20)
        #expect(abs(scale.score(1.0 / 51) - 600) < 1e-9)
        #expect(abs(scale.score(1.0 / 101) - 620) < 1e-9 && abs(scale.score(1.0 / 26) - 580) < 1e-9)
        #expect(abs(scale.factor - 28.85390081777927) < 1e-12 && abs(scale.offset - 487.1228762045055) < 1e-9)
        for probability in [0.001, 0.02, 0.3, 0.5, 0.99] { #expect(abs(scale.probability(scale.score(probability)) - probability) < 1e-12) }
        #expect(scale.score(0).isFinite && scale.score(1).isFinite && scale.score(0) > scale.score(1) && scale.score(.nan).isNaN)
        // Points of terms add up to the points of the sum.
        let terms: [Float] = [0.5, -1.25, 0.25]
        let sum = scale.score(logOdds: -2) + scale.points(terms).reduce(0, +)
        #expect(abs(sum - scale.score(logOdds: -2.5)) < 1e-9)
        #expect(try JSONDecoder().decode(PointsScale.self, from: JSONEncoder().encode(scale)) == scale)
        let impossible: [(Double, Double, Double)] = [(600, 0, 20), (600, 50, 0), (.nan, 50, 20), (600, -1, 20), (600, 50, .infinity)]
        for (base, odds, double) in impossible {
            #expect(Self.refusal { _ = try PointsScale(baseScore: base, baseOdds: odds, pointsToDouble: double) } != nil)
        }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(PointsScale.self, from: Data(#"{"baseScore":600,"baseOdds":50,"pointsToDouble":0}"#.utf8))
        }
    }

    @Test func replayOfASmallCase() throws {
        // The current score approves 1 and 2 of four, one overdue; the challenger 1 and 3, none.
        let replay = try PolicyReplay(
            current: [1, 2, 3, 4], challenger: [1, 3, 2, 4], outcomes: [0, 1, 0, 1], approvalRates: [0.5, 0.75, 1], Resampling(rounds: 50))
        #expect(replay.rows.map(\.current.estimate) == [0.5, 1.0 / 3, 0.5] && replay.rows.map(\.challenger.estimate) == [0, 1.0 / 3, 0.5])
        #expect(replay.rows.map(\.difference.estimate) == [-0.5, 0, 0] && replay.rows[0].relativeChange.estimate == -1)
        #expect(replay.overdueRate == 0.5 && replay.applicants == 4)
        // Everybody approved: no score makes a difference, on no draw.
        #expect(replay.rows[2].difference.lower == 0 && replay.rows[2].difference.upper == 0)
        // Ties are shared out, whatever their order: one, then half of two of whom one is overdue.
        for outcomes: [Float] in [[0, 1, 0, 1], [0, 0, 1, 1]] {
            let tied = try PolicyReplay(
                current: [1, 2, 2, 3], challenger: [0, 0, 0, 0], outcomes: outcomes, approvalRates: [0.5], Resampling(rounds: 20))
            #expect(tied.rows[0].current.estimate == 0.25 && tied.rows[0].challenger.estimate == 0.5)
        }
        // Nobody overdue.
        let none = try PolicyReplay(current: [1, 2], challenger: [2, 1], outcomes: [0, 0], approvalRates: [0.5], Resampling(rounds: 20))
        #expect(none.rows[0].difference.estimate == 0 && none.rows[0].relativeChange.estimate.isNaN)
        for bad in [
            Self.refusal { _ = try PolicyReplay(current: [1], challenger: [1, 2], outcomes: [0, 1]) },
            Self.refusal { _ = try PolicyReplay(current: [1, .nan], challenger: [1, 2], outcomes: [0, 1]) },
            Self.refusal { _ = try PolicyReplay(current: [1, 2], challenger: [1, 2], outcomes: [0, .nan]) },
            Self.refusal { _ = try PolicyReplay(current: [], challenger: [], outcomes: []) },
            Self.refusal { _ = try PolicyReplay(current: [1, 2], challenger: [1, 2], outcomes: [0, 1], customers: [1]) },
            Self.refusal { _ = try PolicyReplay(current: [1, 2], challenger: [1, 2], outcomes: [0, 1], approvalRates: [0]) },
        ] { #expect(bad != nil) }
    }

    @Test func replayDecidesBetweenScoresAndDrawsCustomersWhole() throws {
        var random = RandomSource(3, 1)
        var (current, challenger, outcomes, customers): ([Float], [Float], [Float], [UInt64]) = ([], [], [], [])
        for customer in 0..<800 {
            let risk = random.uniform()
            let overdue: Float = random.uniform() < 0.9 * risk ? 1 : 0
            let (good, poor) = (risk + 0.1 * random.uniform(), risk + 2 * random.uniform())
            // Four equal applications each: they tell no more than one.
            for _ in 0..<4 {
                current.append(poor)
                challenger.append(good)
                outcomes.append(overdue)
                customers.append(UInt64(customer))
            }
        }
        func replay(_ customers: [UInt64]?) throws -> PolicyReplay.Row {
            try PolicyReplay(
                current: current, challenger: challenger, outcomes: outcomes, customers: customers, approvalRates: [0.6],
                Resampling(rounds: 300)
            ).rows[0]
        }
        let (whole, apart) = try (replay(customers), replay(nil))
        let again = try replay(customers)
        #expect(whole.difference.upper < 0 && whole.difference == again.difference)
        // Four copies of each: half the width, were they independent.
        let ratio = (whole.difference.upper - whole.difference.lower) / (apart.difference.upper - apart.difference.lower)
        #expect(ratio > 1.6 && ratio < 2.5, "\(ratio)")
    }

    @Test func reasonsAreTheWorstColumnsInOrder() throws {
        let parts = CreditContributions(
            columns: ["income", "age", "debt"], bias: [0, 0, 0], values: [0.5, -1, 0.75, -1, -2, -3, 0.25, 0.25, 0])
        let catalog = ReasonCatalog(["debt": .init(code: "R01", text: "Debts are high for the income")])
        let reasons = try ReasonCodes.of(parts, most: 2, catalog: catalog)
        #expect(reasons[0].reasons.map(\.code) == ["R01", "income"] && reasons[0].reasons.map(\.contribution) == [0.75, 0.5])
        #expect(reasons[0].reasons[0].text == "Debts are high for the income")
        #expect(reasons[1].reasons.isEmpty)
        // Equal ones in the order of the columns.
        #expect(reasons[2].reasons.map(\.code) == ["income", "age"])
        #expect(Self.refusal { _ = try ReasonCodes.of(parts, most: 0) } != nil)
        #expect(Self.refusal { _ = try ReasonCodes.of(CreditContributions(columns: ["x"], bias: [0], values: [.nan])) } != nil)
    }

    @Test func stabilityIsTheOverlapOfReasons() throws {
        func model(_ values: [Float]) -> CreditContributions {
            CreditContributions(columns: ["a", "b", "c"], bias: [0, 0], values: values)
        }
        let one = model([3, 2, 1, -1, -1, -1]), two = model([2, 1, 3, -1, -1, -1]), three = model([3, 2, 1, 1, -1, -1])
        // First two of {a, b} and {c, a}: one in common of two; none in both: agreed.
        let pair = try ReasonCodes.stability([one, two], most: 2)
        #expect(pair.overlap == 0.75 && pair.sameFirst == 0.5 && pair.models == 2 && pair.applicants == 2)
        #expect(try ReasonCodes.stability([one, one], most: 2).overlap == 1)
        // Pairs 1-2: (1/2 + 1)/2, 1-3: (1 + 0)/2, 2-3: (1/2 + 0)/2.
        let all = try ReasonCodes.stability([one, two, three], most: 2)
        #expect(abs(all.overlap - (0.75 + 0.5 + 0.25) / 3) < 1e-12)
        #expect(Self.refusal { _ = try ReasonCodes.stability([one]) } != nil)
        #expect(
            Self.refusal { _ = try ReasonCodes.stability([one, CreditContributions(columns: ["a"], bias: [0, 0], values: [1, 2])]) } != nil)
    }

    @Test func reasonsOfSeedsAgreeOnWhatWasPlanted() throws {
        let (training, validation) = try (PlantedTable.make(600, seed: 1), PlantedTable.make(300, first: 10_000, seed: 2))
        let pool = WorkerPool(threads: 1)
        let models = try (1...3).map { seed in
            var settings = PlantedTable.settings()
            settings.seed = UInt32(seed)
            return try CreditBaseline.train(.boostedTrees, training, validation: validation, settings, pool: pool).contributions(validation)
        }
        let stability = try ReasonCodes.stability(models, most: 2)
        print("stability of reasons over 3 seeds, first 2 of 5 columns: overlap \(stability.overlap), same first \(stability.sameFirst)")
        // Two of five drawn by chance overlap by 0.4 at most.
        #expect(stability.overlap > 0.7 && stability.models == 3)
    }

    @Test func metricsAndComparisonsOfPlantedScores() throws {
        var random = RandomSource(9, 2)
        let truth = (0..<600).map { _ in random.uniform() * 0.6 }
        let outcomes: [Float] = truth.map { random.uniform() < $0 ? 1 : 0 }
        let noisy = truth.map { min(max($0 + 1.2 * (random.uniform() - 0.5), 0.01), 0.99) }
        let customers = truth.indices.map { UInt64($0 / 2) }
        let own = try RiskMetrics(probabilities: truth, outcomes: outcomes, customers: customers, Resampling(rounds: 200))
        let plain = DiscriminationMetrics(scores: truth, positives: outcomes.map { $0 == 1 })
        #expect(abs(own.discrimination.auc.estimate - plain.auc) < 1e-12 && own.customers == 300 && own.applicants == 600)
        #expect(own.deciles.count == 10 && own.calibration.count == 10 && own.deciles.map(\.ks).max()! <= plain.ks + 1e-12)
        #expect(own.overdue == Int(own.deciles.reduce(0.0) { $0 + $1.row.positives }.rounded()) && own.expectedCalibrationError < 0.1)
        let both = try RiskComparison(truth, noisy, outcomes: outcomes, customers: customers, Resampling(rounds: 200))
        #expect(both.discrimination.auc.isAboveZero && both.logLoss.upper < 0 && both.brier.upper < 0)
        // DeLong's test knows no customers: it is there only where each has one application.
        #expect(both.deLong == nil)
        let once = try RiskComparison(truth, noisy, outcomes: outcomes, Resampling(rounds: 200))
        let test = try #require(once.deLong)
        #expect(test.pValue < 0.05)
        #expect(abs(test.difference.estimate - both.discrimination.auc.estimate) < 1e-12)
        // One outcome only: nothing to order, the rest as it is.
        let one = try RiskMetrics(probabilities: [0.1, 0.2], outcomes: [0, 0], Resampling(rounds: 20))
        #expect(one.discrimination.auc.estimate.isNaN && one.discrimination.ks.estimate.isNaN && abs(one.brier.estimate - 0.025) < 1e-7)
        #expect(Self.refusal { _ = try RiskMetrics(probabilities: [1.5, 0], outcomes: [1, 0]) } != nil)
    }

    @Test func aCardIsWrittenAndReadToTheByte() throws {
        let table = try PlantedTable.make(60, seed: 4, applications: 2)
        var card = CreditModelCard(name: "applications", kind: "boostedTrees", outcome: "60 days late within 12 months")
        card.parts = [try .init("training", table, decisionTimes: (0..<120).map { Int64($0) })]
        #expect(card.parts[0].customers == 60 && card.parts[0].lastDecision == 119)
        card.metrics["test"] = try RiskMetrics(probabilities: [0.1, 0.2], outcomes: [0, 0], Resampling(rounds: 20))
        card.comparisons["forest"] = try RiskComparison([0.1, 0.4, 0.2], [0.3, 0.1, 0.2], outcomes: [0, 1, 0], Resampling(rounds: 20))
        card.stability["score"] = PopulationStability(expected: [1, 2, 3], actual: [1, 2, .nan], bins: 3)
        (card.calibration, card.points) = (.isotonic(scores: [1, 2], probabilities: [0.1, 0.4]), try PointsScale())
        card.leaks = try LeakCheck(table)
        card.replay = try PolicyReplay(
            current: [1, 2], challenger: [2, 1], outcomes: [0, 1], approvalRates: [0.5], Resampling(rounds: 20))
        card.settings = ["depth": "4"]
        let bytes = card.bytes()
        let again = try CreditModelCard(bytes: bytes)
        #expect(again.bytes() == bytes && again.points == card.points && again.calibration == card.calibration)
        #expect(again.metrics["test"]?.discrimination.auc.estimate.isNaN == true)
        let text = String(decoding: bytes, as: UTF8.self)
        let newer = text.replacingOccurrences(of: "\"format\" : 1", with: "\"format\" : 2")
        #expect(newer != text && Self.refusal { _ = try CreditModelCard(bytes: Array(newer.utf8)) } != nil)
        #expect(Self.refusal { _ = try CreditModelCard(bytes: Array(bytes.dropLast(9))) } != nil)
        let place = FileManager.default.temporaryDirectory.appending(path: "card-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: place) }
        try card.write(to: place)
        #expect(FileManager.default.contents(atPath: place).map { Array($0) } == bytes)
        #expect(Self.refusal { try card.write(to: place + "/nowhere/card.json") } != nil)
    }
}
