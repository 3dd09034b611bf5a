import DurableFiles
import SequenceEmbedding
import SequenceKernel
import Testing

/// Training end to end: the same bytes however it is run.
@Suite struct PretrainingTests {
    static let configuration = Samples.configuration {
        $0.dropout = 0.1
        $0.objectives.nextEvent.weight = 0.5
        $0.objectives.sliceContrast.weight = 0.5
        $0.training.checkpointSteps = 1
    }

    private func run(
        _ configuration: ModelConfiguration = configuration, threads: Int = 1, checkpoint: String? = nil, resumes: Bool = false,
        stopAfter: Int = .max
    ) throws -> Pretraining.Result {
        var steps = 0
        return try Pretraining.run(
            Samples.table(sessions: 60, seed: 31), dataDigest: "digest", configuration, pool: WorkerPool(threads: threads),
            checkpoint: checkpoint, resumes: resumes, progress: { _ in steps += 1 }, isCancelled: { steps >= stopAfter })
    }

    private func bytes(_ weights: ParameterVector) -> [Float] { Array(UnsafeBufferPointer(start: weights.base, count: weights.count)) }

    @Test func threadsDoNotShow() throws {
        let one = try run(threads: 1)
        let three = try run(threads: 3)
        #expect(bytes(one.weights) == bytes(three.weights))
        #expect(one.card.trainLosses == three.card.trainLosses && one.card.validationLosses == three.card.validationLosses)
    }

    @Test func tiedThreadsDoNotShow() throws {
        let configuration = Samples.itemConfiguration()
        #expect(bytes(try run(configuration, threads: 1).weights) == bytes(try run(configuration, threads: 2).weights))
    }

    @Test func resumedEqualsUninterrupted() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state.safetensors"
        let whole = try run()
        let first = try run(checkpoint: path, stopAfter: 4)
        #expect(first.outcome.reason == .cancelled && first.outcome.steps == 4)
        let second = try run(checkpoint: path, resumes: true)
        #expect(bytes(whole.weights) == bytes(second.weights))
        #expect(second.outcome.steps == whole.outcome.steps && second.outcome.validationLoss == whole.outcome.validationLoss)
        var other = Self.configuration
        other.training.learningRate *= 2
        #expect(throws: Pretraining.Failure.self) { try run(other, checkpoint: path, resumes: true) }
    }

    @Test func lossFalls() throws {
        let result = try run(
            Samples.configuration {
                $0.training.epochs = 25
                $0.training.patience = 0
            })
        let losses = result.card.trainLosses
        #expect(losses.count == 25 && losses.last! < 0.85 * losses[0], "\(losses)")
    }

    @Test func nobodyIsOnBothSides() {
        for withTime in [true, false] {
            let table = Samples.table(sessions: 40, seed: 8, withTime: withTime)
            let split = SessionSplit(table, sessions: Array(0..<40), share: 0.1)
            let training = Set(split.training.map { table.visitor(ofSession: $0) })
            let validation = Set(split.validation.map { table.visitor(ofSession: $0) })
            #expect(training.isDisjoint(with: validation) && split.validation.count == 4 && split.training.count == 36)
            if !withTime { #expect(split.validation == [36, 37, 38, 39]) }
        }
        let none = SessionSplit(Samples.table(sessions: 2, seed: 8), sessions: [0, 1], share: 0.5)
        #expect(none.training == [0, 1] && none.validation.isEmpty, "one visitor cannot be parted")
    }

    @Test func emptyCorpusIsRefused() {
        let table = MemoryTable(fields: Samples.fields, sessions: [[], []])
        #expect(throws: Pretraining.Failure.self) {
            try Pretraining.run(table, dataDigest: "", Samples.configuration(), pool: WorkerPool(threads: 1))
        }
    }
}
