import DurableFiles
import FaultTestSupport
import SequenceEmbedding
import SequenceKernel
import Testing

/// Every file operation of training, packing, reading and embedding fails in turn.
@Suite struct FaultTests {
    static let configuration = Samples.configuration {
        $0.objectives.nextEvent.weight = 0.5
        $0.training.epochs = 2
        $0.training.checkpointSteps = 1
    }

    /// Trains as the command does: goes on from what is there, publishes the model, removes the checkpoint. Times on the clock are left out.
    private static func train(_ folder: String, _ fileSystem: FileSystem) throws {
        let state = folder + "/state"
        let isBegun = try fileSystem.status(of: state) != nil
        let result = try Pretraining.run(
            Samples.table(sessions: 40, seed: 31), dataDigest: "digest", configuration, pool: WorkerPool(threads: 1), checkpoint: state,
            resumes: isBegun, in: fileSystem)
        var card = result.card
        (card.seconds, card.eventsPerSecond) = (0, 0)
        try ModelArtifact.write(
            result.model, result.weights, result.encoding, card, prior: result.prior, to: folder + "/model", in: fileSystem)
        try fileSystem.removeFile(state)
    }

    @Test func trainingIsResumedToTheSameBytes() throws {
        let faults = try EveryFault()
        faults.passing = ["state"]
        faults.kinds = [.full, .death]
        #expect(try faults.check("training", Self.train) > 100)
    }

    @Test func models() throws {
        let bench = try Bench(Samples.table(sessions: 8, seed: 2), Samples.configuration(), shards: 1, seed: 4)
        func write(_ card: String) -> (String, FileSystem) throws -> Void {
            { folder, fileSystem in
                var text = ModelCard()
                text.dataDigest = card
                try ModelArtifact.write(bench.model, bench.weights, bench.encoding, text, to: folder + "/model", in: fileSystem)
            }
        }
        let faults = try EveryFault()
        #expect(try faults.check("packing", prepare: { try write("old")($0, .live) }, write("new")) > 40)

        let shelf = try TemporaryFolder()
        try write("read")(shelf.path, .live)
        #expect(try faults.check("reading") { _ = try ModelArtifact(shelf.path + "/model", in: $1) } > 15)
    }

    @Test(arguments: EmbeddingFormat.allCases) func embeddings(_ format: EmbeddingFormat) throws {
        let table = Samples.table(sessions: 20, seed: 12)
        let bench = try Bench(table, Samples.configuration(), shards: 1, seed: 3)
        let operations = try EveryFault().check(
            "\(format)", prepare: { try AtomicFile.write([1, 2, 3], to: $0 + "/all") },
            { folder, fileSystem in
                _ = try EmbeddingTable.write(
                    SessionEmbedder(bench.model, bench.weights), bench.events, table, to: folder + "/all", format: format,
                    pool: WorkerPool(threads: 1), in: fileSystem)
            })
        #expect(operations >= 8)
    }

    @Test func weightsThatAreNoNumbersAreRefused() throws {
        let bench = try Bench(Samples.table(sessions: 8, seed: 2), Samples.configuration(), shards: 1, seed: 4)
        let folder = try TemporaryFolder()
        let last = bench.weights.parameters.last!
        bench.weights.pointer(last)[last.count - 1] = .nan
        try ModelArtifact.write(bench.model, bench.weights, bench.encoding, ModelCard(), to: folder.path + "/model")
        let error = #expect(throws: ModelError.self) { try ModelArtifact(folder.path + "/model") }
        #expect(error?.description.contains(last.name) == true, "\(String(describing: error))")
    }
}
