import BoostedTrees
import CreditRisk
import Evaluation
import SequenceKernel
import Testing

@Suite struct StackedCreditTests {
    /// Applicants whose outcome stands in their records; the table has a weak number of its own.
    static func applicants(_ count: Int, first: Int = 0, seed: UInt64 = 5, twice: Bool = false) throws -> StackedApplicants {
        let single = try PlantedTables.make(count, .category, first: first, seed: seed, configuration())
        let histories = twice ? single.subset((0..<2 * count).map { $0 / 2 }) : single
        return try StackedApplicants(table(histories), histories)
    }

    static func table(_ histories: FrameworkExamples, outcomes: [Float]? = nil) throws -> CreditTable {
        var values: [Float] = []
        for (customer, outcome) in zip(histories.customers, histories.outcomes) {
            var random = RandomSource(customer, 0x57AC)
            values.append(random.uniform() + 0.3 * outcome)
        }
        return try CreditTable(
            customers: histories.customers, outcomes: outcomes ?? histories.outcomes, columns: [.numeric("weak", values)])
    }

    static func configuration() -> FrameworkConfiguration {
        PlantedTables.configuration { ($0.network.epochs, $0.network.folds) = (14, 3) }
    }

    static func settings(guided: Bool) -> StackedCreditSettings {
        var settings = StackedCreditSettings(sequence: configuration())
        settings.top = PlantedTable.settings()
        guard guided else { return settings }
        var own = PlantedTable.settings()
        (own.guideFolds, own.trees.rounds, own.perceptron.preTrainingEpochs) = (3, 20, 3)
        (settings.guided, settings.guidedFolds) = (own, 3)
        return settings
    }

    static func refusal(_ body: () throws -> Void) -> StackedCreditError? {
        do { try body() } catch { return error as? StackedCreditError }
        return nil
    }

    @Test func theModelOnTopLearnsFromScoresOutOfFoldAlone() throws {
        let (whole, judged) = try (Self.applicants(240), Self.applicants(120, first: 5_000_000, seed: 9))
        let pool = WorkerPool(threads: 2)
        let settings = Self.settings(guided: true)
        let validation = Array(stride(from: 0, to: 240, by: 5)), learnt = (0..<240).filter { $0 % 5 != 0 }
        let model = try StackedCredit.train(whole, validation: validation, settings, pool: pool)
        // The same by hand, from scores that are out of fold by name.
        let scores = try StackedCredit.outOfFold(whole, settings, pool: pool)
        #expect(try scores.sequence == FrameworkFolds(settings.sequence, whole.histories, pool: pool).scores)
        #expect(
            try scores.guided == CreditBaseline.outOfFold(.guided, whole.table, folds: 3, settings.guided!, pool: pool))
        func stacked(_ table: CreditTable, _ sequence: [Float], _ guided: [Float]) throws -> CreditTable {
            func column(_ name: String, _ values: [Float]) -> CreditTable.Column {
                .numeric(name, values.map { Float(ScoreCalibration.logOdds(Double($0))) })
            }
            return try CreditTable(
                customers: table.customers, outcomes: table.outcomes,
                columns: table.columns + [column("sequence score", sequence), column("guided score", guided)])
        }
        let table = try stacked(whole.table, scores.sequence, scores.guided!)
        let top = try CreditBaseline.train(
            .boostedTrees, table.selecting(learnt), validation: table.selecting(validation), settings.top, pool: pool)
        let own = try stacked(
            judged.table, model.sequence.probabilities(judged.histories, pool: pool), model.guided!.probabilities(judged.table, pool: pool))
        let (found, expected) = try (model.probabilities(judged, pool: pool), top.probabilities(own, pool: pool))
        // Log odds are taken in another precision here: a split may lie between.
        #expect(zip(found, expected).count { abs($0 - $1) > 1e-5 } <= 2)
        // What stands in the records reaches the score on top.
        let positives = judged.table.outcomes.map { $0 == 1 }
        #expect(DiscriminationMetrics(scores: found, positives: positives).auc > 0.8)
        let terms = try model.contributions(judged, pool: pool)
        #expect(terms.columns == ["weak", "sequence score", "guided score"])
    }

    @Test func noScoreOutOfFoldKnowsItsCustomer() throws {
        // Two applications each; the table of one customer gets another outcome, the records keep theirs out of the way.
        let whole = try Self.applicants(150, twice: true)
        let pool = WorkerPool(threads: 2)
        var settings = Self.settings(guided: true).guided!
        settings.trees.rounds = 30
        let scores = try CreditBaseline.outOfFold(.guided, whole.table, folds: 3, settings, pool: pool)
        // One application of an overdue customer is turned: the parts stay as they are.
        let row = try #require(whole.table.outcomes.firstIndex(of: 1))
        var outcomes = whole.table.outcomes
        outcomes[row] = 0
        let turned = try CreditBaseline.outOfFold(
            .guided, Self.table(whole.histories, outcomes: outcomes), folds: 3, settings, pool: pool)
        #expect(turned[row] == scores[row] && turned[row ^ 1] == scores[row ^ 1])
        #expect(turned != scores)
    }

    @Test func sameSeedSameBytes() throws {
        let (whole, judged) = try (Self.applicants(150), Self.applicants(60, first: 5_000_000, seed: 9))
        let settings = Self.settings(guided: false)
        let validation = Array(0..<40)
        let found = try [1, 3].map { threads in
            let pool = WorkerPool(threads: threads)
            return try StackedCredit.train(whole, validation: validation, settings, pool: pool).probabilities(judged, pool: pool)
        }
        #expect(found[0] == found[1] && Set(found[0]).count > 10)
        let pool = WorkerPool(threads: 2)
        let model = try StackedCredit.train(whole, validation: validation, settings, pool: pool)
        #expect(try model.probabilities(judged.selecting([7, 3]), pool: pool) == [found[0][7], found[0][3]])
        // Whole again from its parts, and not from parts of others.
        let again = try StackedCredit(sequence: model.sequence, guided: nil, top: model.top)
        #expect(try again.probabilities(judged, pool: pool) == found[0])
        let other = try CreditBaseline.train(
            .logisticRegression, whole.table.selecting(Array(40..<150)), validation: whole.table.selecting(validation), settings.top,
            pool: pool)
        #expect(Self.refusal { _ = try StackedCredit(sequence: model.sequence, guided: nil, top: other) } != nil)
        #expect(Self.refusal { _ = try StackedCredit(sequence: model.sequence, guided: other, top: model.top) } != nil)
        var asked = 0
        let stopped = Self.refusal {
            _ = try StackedCredit.train(whole, validation: validation, settings, pool: pool) { _ in
                asked += 1
                return asked < 3
            }
        }
        #expect(stopped == .sequence(.cancelled))
    }

    @Test func whatDoesNotBelongTogetherIsRefused() throws {
        let whole = try Self.applicants(60)
        let pool = WorkerPool(threads: 1)
        #expect(Self.refusal { _ = try StackedApplicants(whole.table.selecting([0, 1]), whole.histories) } != nil)
        let order = Array((0..<60).reversed())
        #expect(Self.refusal { _ = try StackedApplicants(whole.table.selecting(order), whole.histories) } != nil)
        for validation in [[0, 0, 1], [60], [-1]] {
            let fault = Self.refusal {
                _ = try StackedCredit.train(whole, validation: validation, Self.settings(guided: false), pool: pool)
            }
            guard case .applicants? = fault else {
                Issue.record("\(validation): \(String(describing: fault))")
                continue
            }
        }
        guard case .table? = Self.refusal({ _ = try StackedCredit.train(whole, validation: [], Self.settings(guided: false), pool: pool) })
        else {
            Issue.record("an empty validation part was taken")
            return
        }
    }
}

@Suite struct GuidedBaselineTests {
    @Test func guidanceIsTheOnlyDifference() throws {
        let (training, validation) = try (PlantedTable.make(500, seed: 1), PlantedTable.make(200, first: 10_000, seed: 2))
        let test = try PlantedTable.make(400, first: 20_000, seed: 3)
        let pool = WorkerPool(threads: 2)
        func scores(_ kind: CreditBaselineKind, _ change: (inout CreditBaselineSettings) -> Void = { _ in }) throws -> [Float] {
            var settings = PlantedTable.settings()
            (settings.guideFolds, settings.trees.rounds, settings.perceptron.preTrainingEpochs) = (3, 60, 8)
            change(&settings)
            return try CreditBaseline.train(kind, training, validation: validation, settings, pool: pool).probabilities(test, pool: pool)
        }
        let (plain, guided) = try (scores(.perceptron), scores(.guided))
        #expect(plain != guided)
        #expect(try scores(.guided) { $0.perceptron.guidance = 0 } == plain)
        #expect(try scores(.guided) { $0.perceptron.treeGuidance = false } == plain)
        // Other trees, other guides.
        #expect(try scores(.guided) { $0.trees.depth = 1 } != guided && scores(.perceptron) { $0.trees.depth = 1 } == plain)
        // Drawn towards what trees say that did not see the applicant, and the more the stronger.
        var settings = PlantedTable.settings()
        (settings.guideFolds, settings.trees.rounds, settings.perceptron.preTrainingEpochs) = (3, 60, 8)
        let guides = try CreditBaseline.outOfFold(.boostedTrees, training, folds: 3, settings, pool: pool)
        let distances = try [Float(0), 1, 20].map { strength in
            settings.perceptron.guidance = strength
            let model = try CreditBaseline.train(.guided, training, validation: validation, settings, pool: pool)
            return zip(try model.probabilities(training, pool: pool), guides).reduce(Float(0)) { $0 + abs($1.0 - $1.1) }
        }
        #expect(distances[0] > distances[1] && distances[1] > distances[2], "\(distances)")
    }

    @Test func depthIsChosenByValidation() throws {
        // A product of two numbers: a tree of one split cannot see it.
        let (training, validation) = try (PlantedTable.make(900, seed: 1), PlantedTable.make(300, first: 10_000, seed: 2))
        let test = try PlantedTable.make(400, first: 20_000, seed: 3)
        func scores(_ threads: Int, depth: Int, _ depths: [Int]) throws -> [Float] {
            var settings = PlantedTable.settings()
            (settings.trees.depth, settings.depths) = (depth, depths)
            let pool = WorkerPool(threads: threads)
            return try CreditBaseline.train(.boostedTrees, training, validation: validation, settings, pool: pool)
                .probabilities(test, pool: pool)
        }
        let chosen = try scores(2, depth: 1, [1, 3])
        #expect(try chosen == scores(1, depth: 3, []) && chosen == scores(1, depth: 1, [3, 3]))
    }

    @Test func numbersAreCutWhereTheTrainingSays() throws {
        let values: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, .nan]
        let table = try CreditTable(
            customers: (0..<9).map { UInt64($0) },
            columns: [
                .numeric("x", values), .numeric("same", [Float](repeating: 3, count: 9)),
                .numeric("none", [Float](repeating: .nan, count: 9)),
            ])
        let encoding = CreditEncoding(table, parts: 2)
        #expect(encoding.columns.map(\.edges) == [[0, 3, 7], [3], []] && encoding.width == 5 && encoding.sources == [0, 0, 0, 1, 2])
        let asked = try CreditTable(
            customers: [1, 2, 3, 4, 5],
            columns: [
                .numeric("x", [-9, 1.5, 5, 3e38, .nan]), .numeric("same", [3, 4, -4, 3e38, .nan]),
                .numeric("none", [1, 2, 3, -3e38, .nan]),
            ])
        #expect(
            try encoding.floats(asked) == [0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1, 0.5, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1])
        // The distance between both ends is no float.
        let wide = try CreditTable(customers: [1, 2], columns: [.numeric("x", [-3e38, 3e38])])
        #expect(try CreditEncoding(wide, parts: 1).floats(wide) == [0, 0, 1, 0])
    }
}
