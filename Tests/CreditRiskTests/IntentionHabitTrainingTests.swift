import CreditRisk
import Evaluation
import Foundation
import SequenceKernel
import Testing

@Suite struct IntentionHabitTrainingTests {
    static func data(
        old: Int = 300, new: Int = 300, guided: Bool = true, fromProfile: Float = 1
    ) throws -> IntentionHabitData {
        func part(_ count: Int, _ first: UInt64, _ withHistories: Bool) throws -> IntentionHabitData.Part {
            IntentionHabitData.Part(
                training: try PlantedApplicants.make(
                    count, first: first, seed: first + 1, withHistories: withHistories, fromProfile: fromProfile),
                validation: try PlantedApplicants.make(
                    count / 2, first: first + 100_000, seed: first + 2, withHistories: withHistories, fromProfile: fromProfile))
        }
        let oldPart = old > 0 ? try part(old, 1_000_000, false) : nil
        let guides = oldPart.map { part in part.training.outcomes.map { 0.2 + 0.6 * $0 } } ?? []
        return IntentionHabitData(old: oldPart, guides: guided ? guides : [], new: new > 0 ? try part(new, 0, true) : nil)
    }

    static func train(
        _ data: IntentionHabitData, threads: Int = 2, _ change: (inout IntentionHabitSettings) -> Void = { _ in }
    ) throws -> IntentionHabitModel {
        try IntentionHabitModel.train(
            data, vocabulary: try PlantedApplicants.vocabulary(), PlantedApplicants.settings(change), pool: WorkerPool(threads: threads))
    }

    /// Same seed, same bytes, at any number of threads; another seed, others. Whoever stands beside an applicant does not matter.
    @Test func sameBytes() throws {
        let data = try Self.data()
        let (one, two) = (try Self.train(data, threads: 1), try Self.train(data, threads: 3))
        let applicants = try #require(data.new?.validation)
        let scores = try one.probabilities(applicants, pool: WorkerPool(threads: 1))
        #expect(scores == (try two.probabilities(applicants, pool: WorkerPool(threads: 2))))
        #expect(one.card == two.card && scores.allSatisfy { $0 > 0 && $0 < 1 })
        let other = try Self.train(data) { $0.seed = 2 }
        #expect(scores != (try other.probabilities(applicants, pool: WorkerPool(threads: 2))))
        // The first block alone, of another size than the blocks that scoring makes.
        let scratch = IntentionHabitModel.Scratch()
        for applicant in [0, 40, 149] { #expect(try one.probability(of: applicant, in: applicants, scratch) == scores[applicant]) }
        let before = scratch.allocationCount
        for applicant in [0, 40, 149] { _ = try one.probability(of: applicant, in: applicants, scratch) }
        #expect(scratch.allocationCount == before)
        let fewer = try PlantedApplicants.make(7, first: 100_000, seed: 2, withHistories: true)
        #expect(try one.probabilities(fewer, pool: WorkerPool(threads: 1)) == Array(scores[0..<7]))
    }

    /// Step 1 leaves what the sequences alone would reach as it began, and moves the rest.
    @Test func firstStepLeavesSequencesAlone() throws {
        let model = try Self.train(try Self.data(new: 0)) { $0.weightDecay = 0.1 }
        #expect(!model.readsHistories && model.card.newApplicants == 0 && model.card.guided == 300)
        let start = ParameterVector(model.network.parameters, seed: 1)
        let slopes = model.weights.parameters.filter { !$0.name.hasPrefix("interaction") && !$0.name.hasPrefix("profile") }
        #expect(slopes.count > 8)
        for parameter in slopes { #expect(model.weights[parameter] == start[parameter], "\(parameter.name) moved") }
        let first = try #require(model.weights.parameters.first { $0.name == "interaction.layers.0.weight" })
        let (before, after) = (start[first], model.weights[first])
        // [12, 2 * 6 + 3 * 4]: the first twelve columns are intention and habit.
        for row in 0..<12 {
            #expect(before[row * 24..<row * 24 + 12] == after[row * 24..<row * 24 + 12])
            #expect(before[row * 24 + 12..<row * 24 + 24] != after[row * 24 + 12..<row * 24 + 24])
        }
        for parameter in model.weights.parameters where parameter.name.hasSuffix("slope") {
            #expect(start[parameter] == [0.5] && model.weights[parameter] != [0.5])
        }
    }

    /// The second step begins where the first ended: its only step of Adam moves no weight further than the learning rate from there.
    @Test func secondStepBeginsAtTheFirst() throws {
        var data = try Self.data(old: 0)
        // The same people in both steps, so that both trainings scale their profiles alike.
        data.old = data.new
        data.old?.validation = try PlantedApplicants.make(150, first: 3_000_000, seed: 9)
        let rate = 0.002
        func change(_ settings: inout IntentionHabitSettings) {
            (settings.epochs, settings.preTrainingEpochs, settings.patience) = (1, 6, 6)
            (settings.batchApplicants, settings.learningRate, settings.dropout) = (300, rate, 0)
        }
        let both = try Self.train(data, change)
        data.new = nil
        let first = try Self.train(data, change)
        let start = ParameterVector(first.network.parameters, seed: 1)
        var moved: (first: Float, second: Float) = (0, 0)
        for parameter in first.weights.parameters {
            for (before, (one, two)) in zip(start[parameter], zip(first.weights[parameter], both.weights[parameter])) {
                moved = (max(moved.first, abs(one - before)), max(moved.second, abs(two - one)))
            }
        }
        #expect(moved.first > 2.5 * Float(rate) && moved.second > 0 && moved.second < 1.01 * Float(rate), "\(moved)")
    }

    /// Switches of the training change what is learnt.
    @Test func trainingSwitches() throws {
        let data = try Self.data()
        let applicants = try #require(data.new?.validation)
        func scores(_ change: (inout IntentionHabitSettings) -> Void) throws -> [Float] {
            try Self.train(data, change).probabilities(applicants, pool: WorkerPool(threads: 2))
        }
        let whole = try scores { _ in }
        #expect(try scores { $0.preTraining = false } != whole)
        let unguided = try scores { $0.treeGuidance = false }, withoutWeight = try scores { $0.guidance = 0 }
        #expect(unguided != whole && unguided == withoutWeight)
        #expect(try scores { $0.learnsGuidance = true } != whole)
        #expect(try Self.train(data) { $0.preTraining = false }.card.oldApplicants == 0)
    }

    /// Hesitation is in the histories and nowhere else: whoever reads them finds it.
    @Test func learnsWhatIsPlanted() throws {
        let data = try Self.data(old: 0, new: 2_000, fromProfile: 0)
        let model = try Self.train(data) { ($0.epochs, $0.patience, $0.dropout, $0.learningRate) = (25, 25, 0.1, 0.01) }
        let applicants = try PlantedApplicants.make(500, first: 5_000_000, seed: 77, fromProfile: 0)
        let scores = try model.probabilities(applicants, pool: WorkerPool(threads: 2))
        let found = DiscriminationMetrics(scores: scores, positives: applicants.outcomes.map { $0 == 1 })
        #expect(found.auc > 0.8)
        #expect(try #require(model.card.validationAUC) > 0.8)
        #expect(model.card.histories?.kept ?? 0 > 1_000)
    }

    /// Applicants who did nothing in the app are learnt from as they are, and a history of 100,000 behaviours is cut to its latest sessions.
    @Test func emptyAndEndlessHistories() throws {
        var data = try Self.data(old: 0)
        let vocabulary = try PlantedApplicants.vocabulary(), rules = PlantedApplicants.settings().rules
        func without(_ examples: IntentionHabitExamples) throws -> IntentionHabitExamples {
            var histories = try SessionHistories(vocabulary, rules)
            for applicant in 0..<examples.count {
                let behaviour = AppBehaviour("loan.open", at: 1_000_000)
                try histories.append(applicant.isMultiple(of: 2) ? [] : [behaviour, behaviour, behaviour], before: 2_000_000)
            }
            return try IntentionHabitExamples(
                customers: examples.customers, outcomes: examples.outcomes, profile: examples.profile, histories: histories)
        }
        let new = try #require(data.new)
        data.new = IntentionHabitData.Part(training: try without(new.training), validation: try without(new.validation))
        let model = try Self.train(data)
        let scores = try model.probabilities(try without(new.validation), pool: WorkerPool(threads: 1))
        #expect(scores.allSatisfy { $0 > 0 && $0 < 1 } && Set(scores).count > 100)

        var endless = try SessionHistories(vocabulary, rules)
        // A pause after every thousandth.
        let behaviours = (0..<100_000).map { AppBehaviour("loan.open", at: Int64($0 + $0 / 1_000 * 10_000)) }
        try endless.append(behaviours, before: 10_000_000)
        let examples = try IntentionHabitExamples(
            customers: [1], profile: ProfileTable(count: 1, user: [0, 0, 0, 0], device: [0, 0], item: [0, 0, 0]), histories: endless)
        #expect(endless.counts.kept == rules.sessions * rules.behaviours && endless.counts.sessions == 100)
        #expect(try model.probabilities(examples, pool: WorkerPool(threads: 1))[0].isFinite)
        let forgotten = try IntentionHabitExamples(customers: [1], profile: examples.profile)
        #expect(throws: IntentionHabitError.self) { try model.probabilities(forgotten, pool: WorkerPool(threads: 1)) }
    }

    /// After the first epoch a step asks for no memory but what the largest batch needs.
    @Test func steadyMemory() throws {
        let settings = PlantedApplicants.settings()
        let examples = try PlantedApplicants.make(64, seed: 5)
        let vocabulary = try PlantedApplicants.vocabulary()
        let inputs = IntentionHabitInputs([examples], vocabulary, settings)
        let network = IntentionHabitNetwork(settings, columns: [5, 2, 3], vocabulary: vocabulary.entries.count)
        let objective = IntentionHabitObjective(network, inputs, examples, withHistory: true)
        let trainer = Trainer(objective, weights: ParameterVector(network.parameters, seed: 1), pool: WorkerPool(threads: 1), seed: 1)
        let batch = ApplicantBatch()
        batch.applicants = Array(0..<64)
        for _ in 0..<4 { _ = trainer.step(batch, learningRate: 0.001) }
        let before = trainer.allocationCount
        for _ in 0..<5 { _ = trainer.step(batch, learningRate: 0.001) }
        #expect(trainer.allocationCount == before)
    }

    @Test func refusals() throws {
        func message(_ data: @autoclosure () throws -> IntentionHabitData, _ change: (inout IntentionHabitSettings) -> Void = { _ in })
            -> String
        {
            do {
                _ = try Self.train(try data(), change)
                return "trained"
            } catch { return "\(error)" }
        }
        let whole = try Self.data()
        func changed(_ change: (inout IntentionHabitData) -> Void) -> IntentionHabitData {
            var data = whole
            change(&data)
            return data
        }
        #expect(message(IntentionHabitData()).contains("neither old nor new"))
        let shared = changed { $0.new?.validation = whole.new!.training }
        #expect(message(shared).contains("split by customer"))
        #expect(message(changed { $0.guides = [0.5] }).contains("1 probabilities of trees for 300"))
        #expect(message(changed { $0.guides[3] = 1.5 }).contains("probabilities, not margins"))
        #expect(message(changed { $0.new = $0.old }).contains("no histories"))
        let same = try IntentionHabitExamples(
            customers: [1, 2], outcomes: [0, 0],
            profile: ProfileTable(count: 2, user: [1, 2, 3, 4, 5, 6, 7, 8], device: [1, 2, 3, 4], item: [1, 2, 3, 4, 5, 6]))
        let alike = changed { $0.old?.training = same }
        #expect(message(alike).contains("the same outcome"))
        #expect(message(whole) { $0.hidden = [] }.contains("hidden"))
        #expect(message(whole) { $0.timeGate = "sometimes" }.contains("timeGate"))
        #expect(message(whole) { $0.rules.pause = 60 }.contains("other rules"))
        #expect(throws: IntentionHabitError.self) {
            try IntentionHabitExamples(customers: [1], outcomes: [2], profile: ProfileTable(count: 1, user: [1]))
        }
        #expect(throws: IntentionHabitError.self) { try ProfileTable(count: 2, user: [1, .infinity]) }
        #expect(throws: IntentionHabitError.self) { try ProfileTable(count: 2, user: [1, 2, 3]) }
        let model = try Self.train(whole)
        let narrow = try IntentionHabitExamples(customers: [1], profile: ProfileTable(count: 1, user: [1]))
        #expect(throws: IntentionHabitError.otherProfile(group: "user", expected: 4, found: 1)) {
            try model.probabilities(narrow, pool: WorkerPool(threads: 1))
        }
    }

    @Test func cancelling() throws {
        #expect(throws: IntentionHabitError.cancelled) {
            try IntentionHabitModel.train(
                try Self.data(), vocabulary: try PlantedApplicants.vocabulary(), PlantedApplicants.settings(), pool: WorkerPool(threads: 1)
            ) { step, _ in step == 1 }
        }
    }
}
