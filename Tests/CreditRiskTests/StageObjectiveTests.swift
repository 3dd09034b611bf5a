import CreditRisk
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct StageObjectiveTests {
    static let cases = [
        "hard", "soft", "cosine", "normed", "fine", "self", "everything", "shared", "no projection", "gru", "attention", "damped", "events",
        "attended events", "own events",
    ]

    static func settings(_ name: String) -> StageDistillationSettings {
        PlantedStages.settings {
            ($0.dropout, $0.rareBelow) = (0, 1)
            let whole = ["everything", "shared", "no projection", "gru", "attention", "damped"].contains(name)
            if name.hasSuffix("events") { $0.eventWeight = 1 }
            if !whole { ($0.softWeight, $0.coarseWeight, $0.fineWeight, $0.selfWeight) = (0, 0, 0, 0) }
            switch name {
            case "soft": $0.softWeight = 1
            case "cosine": $0.coarseWeight = 1
            case "normed": ($0.coarseWeight, $0.coarseDistance) = (1, "normed")
            case "fine": $0.fineWeight = 1
            case "self": $0.selfWeight = 1
            case "shared": $0.projection = "shared"
            case "no projection": ($0.projection, $0.studentWidth) = ("none", 7)
            case "gru": ($0.encoder, $0.pooling) = ("gru", "last")
            case "attention": $0.pooling = "attention"
            case "attended events": ($0.pooling, $0.encoder) = ("attention", "gru")
            case "own events": ($0.projection, $0.studentWidth) = ("none", 7)
            case "damped": $0.reweighting = -1
            default: break
            }
        }
    }

    /// The whole way from the loss to every weight, table and projection, for each part alone and together.
    @Test(arguments: cases) func endToEndGradients(name: String) throws {
        let settings = Self.settings(name)
        let training = try PlantedStages.make(40, seed: 3), validation = try PlantedStages.make(40, first: 1_000, seed: 4)
        let targets = try TeacherTargets.outOfFold(training, validation: validation, settings, pool: WorkerPool(threads: 1))
        let examples = training.preService, source = StageSource(examples)
        let inputs = StageInputs(source, settings), reader = StageReader(source, inputs)
        let network = StageNetwork(inputs, width: settings.studentWidth, settings)
        var scope = network.parameters
        let guidance = settings.readsTeacher ? StageGuidance(targets, examples.outcomes, settings, in: &scope) : nil
        let weights = ParameterVector(scope, seed: 8)
        let average = settings.selfWeight > 0 ? StudentAverage(scope) : nil
        average?.follow(ParameterVector(scope, seed: 9), decay: 0.5)
        let objective = StageObjective(
            network, reader, outcomes: examples.outcomes, rows: Array(0..<40), guidance: guidance, average: average, settings)
        let batch = ApplicantBatch()
        batch.applicants = Array(0..<40)
        let checked = ObjectiveGradients(objective, weights, batch) { objective.lastLoss }
        #expect(checkGradients(checked.variables, seed: 1, samples: 12, loss: checked.loss) == [])
        let projections = weights.parameters.filter { $0.name.hasPrefix("projection") }.count
        let events = weights.parameters.filter { $0.name.hasPrefix("event.") }.count
        #expect(events == (["events", "attended events"].contains(name) ? 4 : 0))
        #expect(
            projections
                == (["hard", "soft", "self", "no projection"].contains(name) || name.hasSuffix("events") ? 0 : name == "shared" ? 2 : 4))
    }

    /// The second teacher begins as the student at the end of the warm-up and follows it slowly.
    @Test func average() {
        var scope = ParameterScope()
        let parameter = scope.declare("w", [2], .zeros)
        let student = ParameterVector(zeros: scope), average = StudentAverage(scope)
        #expect(!average.isActive)
        student[parameter] = [4, 8]
        average.follow(student, decay: 0.75)
        #expect(average.isActive && average.weights[parameter] == [4, 8])
        student[parameter] = [0, 0]
        average.follow(student, decay: 0.75)
        #expect(average.weights[parameter] == [3, 6])
    }

    /// After the first steps a step asks for no memory but what the largest batch needs.
    @Test func steadyMemory() throws {
        let settings = Self.settings("everything")
        let training = try PlantedStages.make(64, seed: 3), validation = try PlantedStages.make(64, first: 1_000, seed: 4)
        let targets = try TeacherTargets.outOfFold(training, validation: validation, settings, pool: WorkerPool(threads: 1))
        let examples = training.preService, source = StageSource(examples)
        let inputs = StageInputs(source, settings)
        let network = StageNetwork(inputs, width: settings.studentWidth, settings)
        var scope = network.parameters
        let guidance = StageGuidance(targets, examples.outcomes, settings, in: &scope)
        let average = StudentAverage(scope), weights = ParameterVector(scope, seed: 1)
        average.follow(weights, decay: 0.9)
        let objective = StageObjective(
            network, StageReader(source, inputs), outcomes: examples.outcomes, rows: Array(0..<64), guidance: guidance, average: average,
            settings)
        let trainer = Trainer(objective, weights: weights, pool: WorkerPool(threads: 1), seed: 1)
        let batch = ApplicantBatch()
        batch.applicants = Array(0..<64)
        for _ in 0..<4 { _ = trainer.step(batch, learningRate: 0.001) }
        let before = trainer.allocationCount
        for _ in 0..<5 { _ = trainer.step(batch, learningRate: 0.001) }
        #expect(trainer.allocationCount == before)
    }
}
