import FoundationEssentials
import SequenceEmbedding
import SequenceKernel
import Testing

/// The shared workload's embeddings and losses, where its folder is at hand (named by TESSERA_BENCH).
@Suite struct BenchmarkTests {
    static let folder = ProcessInfo.processInfo.environment["TESSERA_BENCH"]

    @Test(.enabled(if: folder != nil, "TESSERA_BENCH names no workload folder"), arguments: ["tiny", "small", "base"])
    func reference(_ size: String) throws {
        let workload = try BenchmarkWorkload(Self.folder!)
        let model = try workload.model(size)
        let weights = try workload.referenceWeights(size, model)
        let embedder = SessionEmbedder(model, weights)
        let scratch = embedder.makeScratch()
        let expected = try workload.referenceEmbeddings(size)
        let found = (0..<8).flatMap { embedder.embed(workload.events, session: workload.latencyPlan[$0], scratch) }
        // Single precision through up to four layers, sums in another order.
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 5e-6 } && found.count == expected.count)
        let losses = try workload.trainingPasses(size, weights, model, batches: 1, passes: 1, pool: WorkerPool(threads: 2)).losses
        for (step, pair) in zip(losses, try workload.referenceLosses(size)).enumerated() {
            #expect(abs(pair.0 - pair.1) < 1e-3, "\(size), step \(step): \(pair.0), reference \(pair.1)")
        }
    }
}
