import BoostedTrees
import CreditRisk
import Evaluation
import Foundation
import SequenceKernel
import Testing

@Suite struct CreditBaselineTests {
    static func refusal(_ body: () throws -> Void) -> CreditBaselineError? {
        do { try body() } catch { return error as? CreditBaselineError }
        return nil
    }

    static func auc(_ scores: [Float], _ table: CreditTable) -> Double {
        DiscriminationMetrics(scores: scores, positives: table.outcomes.map { $0 == 1 }).auc
    }

    @Test func everyKindLearnsWhatItCan() throws {
        let (training, validation) = try (PlantedTable.make(900, seed: 1), PlantedTable.make(300, first: 10_000, seed: 2))
        let test = try PlantedTable.make(800, first: 20_000, seed: 3)
        var found: [CreditBaselineKind: Double] = [:]
        for kind in CreditBaselineKind.allCases {
            let (one, crowd) = (WorkerPool(threads: 1), WorkerPool(threads: 3))
            let model = try CreditBaseline.train(kind, training, validation: validation, PlantedTable.settings(), pool: one)
            let scores = try model.probabilities(test, pool: one)
            #expect(scores.count == 800 && scores.allSatisfy { (0...1).contains($0) })
            found[kind] = Self.auc(scores, test)
            // The same at any number of threads, twice, and whoever stands beside an applicant.
            let again = try CreditBaseline.train(kind, training, validation: validation, PlantedTable.settings(), pool: crowd)
            #expect(try again.probabilities(test, pool: crowd) == scores, "\(kind)")
            #expect(try model.probabilities(test.selecting([7, 3]), pool: one) == [scores[7], scores[3]], "\(kind)")
            // Means of probabilities are near the rate; a perceptron is stopped by its order, which says nothing of the level.
            let rate = test.outcomes.reduce(0, +) / 800
            #expect(abs(scores.reduce(0, +) / 800 - rate) < (kind == .perceptron ? 0.12 : 0.06), "\(kind)")
        }
        // A plain sum of terms cannot see the product; the others can.
        let linear = try #require(found[.logisticRegression])
        #expect(linear > 0.65, "\(found)")
        for kind in [CreditBaselineKind.perceptron, .randomForest, .boostedTrees] { #expect(found[kind]! > linear + 0.02, "\(found)") }
    }

    @Test func contributionsAddUpToTheLogOdds() throws {
        let (training, validation) = try (PlantedTable.make(500, seed: 1), PlantedTable.make(200, first: 10_000, seed: 2))
        let pool = WorkerPool(threads: 1)
        for kind in [CreditBaselineKind.logisticRegression, .randomForest, .boostedTrees] {
            let model = try CreditBaseline.train(kind, training, validation: validation, PlantedTable.settings(), pool: pool)
            let (parts, scores) = try (model.contributions(validation), model.probabilities(validation, pool: pool))
            #expect(parts.columns == ["one", "two", "line", "noise", "job"])
            for applicant in 0..<200 {
                let sum = Double(parts.bias[applicant] + parts.terms(of: applicant).reduce(0, +))
                // Sums of floats in another order, on log odds of a few units.
                #expect(abs(sum - ScoreCalibration.logOdds(Double(scores[applicant]))) < 1e-3, "\(kind) \(applicant)")
            }
            func share(_ column: Int) -> Float { (0..<200).reduce(0) { $0 + abs(parts.values[$1 * 5 + column]) } }
            #expect(share(2) > 1.5 * share(3), "\(kind)")
        }
        let network = try CreditBaseline.train(.perceptron, training, validation: validation, PlantedTable.settings(), pool: pool)
        #expect(Self.refusal { _ = try network.contributions(validation) } == .noContributions(kind: "a perceptron"))
    }

    @Test func categoriesNeverSeenAndMissingNumbersAreScored() throws {
        let (training, validation) = try (PlantedTable.make(500, seed: 1), PlantedTable.make(200, first: 10_000, seed: 2))
        let odd = try CreditTable(
            customers: [1, 2],
            columns: [
                .numeric("one", [.nan, 3e38]), .numeric("two", [.nan, -3e38]), .numeric("line", [.nan, 3e38]),
                .numeric("noise", [.nan, 0]),
                .categorical("job", ["pilot", nil]),
            ])
        let pool = WorkerPool(threads: 1)
        for kind in CreditBaselineKind.allCases {
            let model = try CreditBaseline.train(kind, training, validation: validation, PlantedTable.settings(), pool: pool)
            #expect(try model.probabilities(odd, pool: pool).allSatisfy { $0 > 0 && $0 < 1 }, "\(kind)")
            #expect(try model.probabilities(odd.selecting([]), pool: pool).isEmpty)
        }
    }

    @Test func theEncodingKnowsNoOutcome() throws {
        let jobs: [String?] = ["b", "b", "b", "a", "a", nil, "c"]
        func table(_ outcomes: [Float]) throws -> CreditTable {
            try CreditTable(
                customers: (0..<7).map { UInt64($0) }, outcomes: outcomes,
                columns: [.categorical("job", jobs), .numeric("x", [1, 2, 3, 4, 5, .nan, 7])])
        }
        let encoding = try CreditEncoding(table([0, 0, 0, 1, 1, 1, 1]), minimumCount: 2)
        #expect(try encoding == CreditEncoding(table([1, 1, 1, 0, 0, 0, 0]), minimumCount: 2))
        #expect(encoding.columns[0].categories == ["a", "b"] && encoding.width == 5 && encoding.sources == [0, 0, 0, 0, 1])
        let floats = try encoding.floats(table([0, 0, 0, 1, 1, 1, 1]))
        #expect(Array(floats[0..<5]) == [0, 1, 0, 0, 1] && Array(floats[30..<35]) == [0, 0, 1, 0, 7])
        #expect(Array(floats[25..<29]) == [0, 0, 0, 1] && floats[29].isNaN)
        // One customer who applied often is one customer.
        let often = try CreditTable(customers: [1, 1, 1, 2, 3], columns: [.categorical("c", ["x", "x", "x", "y", "y"])])
        #expect(CreditEncoding(often, minimumCount: 2, leastCustomers: 2).columns[0].categories == ["y"])
        #expect(CreditEncoding(often, minimumCount: 2).columns[0].categories == ["x", "y"])
        #expect(try CreditEncoding(table([0, 0, 0, 1, 1, 1, 1]), minimumCount: 1, maximumCategories: 1).columns[0].categories == ["b"])
        let turned = try CreditTable(customers: [1], columns: [.numeric("x", [1]), .categorical("job", ["a"])])
        let kinds = try CreditTable(customers: [1], columns: [.numeric("job", [1]), .numeric("x", [1])])
        for other in [turned, kinds, try turned.dropping(["x"])] {
            guard case .otherColumns? = Self.refusal({ _ = try encoding.floats(other) }) else {
                Issue.record("other columns were taken")
                continue
            }
        }
    }

    @Test func noScoreOutOfFoldKnowsItsCustomer() throws {
        // Two applications each, much alike: who splits by application scores better than the truth allows.
        let table = try PlantedTable.make(240, seed: 5, applications: 2)
        var settings = PlantedTable.settings()
        settings.trees.rounds = 40
        let pool = WorkerPool(threads: 1)
        for kind in [CreditBaselineKind.logisticRegression, .boostedTrees] {
            let scores = try CreditBaseline.outOfFold(kind, table, folds: 4, settings, pool: pool)
            #expect(scores.allSatisfy { $0 > 0 && $0 < 1 } && Self.auc(scores, table) > 0.55)
            #expect(try CreditBaseline.outOfFold(kind, table, folds: 4, settings, pool: pool) == scores)
            // A customer's own outcomes do not move the customer's scores, and do move those of others.
            let folds = try GroupFolds(
                groups: table.customers, positives: table.outcomes.map { $0 == 1 }, count: 4, seed: UInt64(settings.seed))
            #expect(table.customers.indices.allSatisfy { folds.fold[$0] == folds.fold[$0 ^ 1] })
            var outcomes = table.outcomes
            // The customer stays an overdue one, so that the folds stay.
            let row = try #require(stride(from: 0, to: 480, by: 2).first { outcomes[$0] == 1 && outcomes[$0 + 1] == 1 })
            outcomes[row + 1] = 0
            let other = try CreditTable(customers: table.customers, outcomes: outcomes, columns: table.columns)
            let turned = try CreditBaseline.outOfFold(kind, other, folds: 4, settings, pool: pool)
            #expect(turned[row...row + 1] == scores[row...row + 1])
            #expect(table.customers.indices.contains { folds.fold[$0] != folds.fold[row] && turned[$0] != scores[$0] })
        }
        #expect(Self.refusal { _ = try CreditBaseline.outOfFold(.boostedTrees, table, folds: 2, settings, pool: pool) } != nil)
    }

    @Test func whatNothingCanBeLearntFromIsRefused() throws {
        let good = try PlantedTable.make(60, seed: 1)
        let other = try PlantedTable.make(60, first: 1_000, seed: 2)
        let pool = WorkerPool(threads: 1)
        func train(_ training: CreditTable, _ validation: CreditTable, _ change: (inout CreditBaselineSettings) -> Void = { _ in })
            -> CreditBaselineError?
        {
            var settings = PlantedTable.settings()
            change(&settings)
            return Self.refusal {
                _ = try CreditBaseline.train(.logisticRegression, training, validation: validation, settings, pool: pool)
            }
        }
        func outcomes(_ table: CreditTable, _ outcome: Float) throws -> CreditTable {
            try CreditTable(customers: table.customers, outcomes: table.outcomes.map { _ in outcome }, columns: table.columns)
        }
        #expect(train(good, other) == nil)
        for fault in [
            train(good, good), train(try outcomes(good, 1), other), train(good, try outcomes(other, 0)),
            train(try outcomes(good, .nan), other),
        ] {
            guard case .examples? = fault else {
                Issue.record("\(String(describing: fault))")
                continue
            }
        }
        guard case .otherColumns? = train(good, try other.dropping(["one"])) else {
            Issue.record("other columns were taken")
            return
        }
        #expect(train(good, other) { $0.strengths = [] } != nil && train(good, other) { $0.minimumCategoryCount = 0 } != nil)
        #expect(train(good, other) { $0.trees.objective = .squaredError } != nil && train(good, other) { $0.perceptron.hidden = [] } != nil)
        #expect(train(good, other) { $0.forest.depth = 0 } != nil)
        for columns: [CreditTable.Column] in [
            [], [.numeric("x", [1])], [.numeric("x", [1, .infinity])], [.numeric("x", [1, 2]), .categorical("x", ["a", "b"])],
        ] {
            #expect(Self.refusal { _ = try CreditTable(customers: [1, 2], columns: columns) } != nil)
        }
        #expect(Self.refusal { _ = try CreditTable(customers: [1], outcomes: [0.5], columns: [.numeric("x", [1])]) } != nil)
        #expect(Self.refusal { _ = try good.dropping(["nothing"]) } != nil)
    }
}
