internal import CAllocationCount
internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel

extension Figure {
    /// {tiny, small, every_objective: {threads_1, threads_2: {training_step, training_batch}, single_embedding}}, each with calls and allocations,
    /// and {gru, large_tables, bfloat16: {single_embedding}}, the last where the processor has it.
    static let allocations = Figure(
        pattern: "allocations",
        summary: "blocks of memory asked for in the steady state of training and of embedding, counted at malloc and its kin"
    ) { context in
        guard allocation_count() >= 0 else {
            throw FigureError(code: EX_UNAVAILABLE, description: "allocations are counted with glibc and without sanitizers only")
        }
        // The count must be seen to move, or a zero says nothing.
        let before = allocation_count()
        let probe = UnsafeMutablePointer<Int>.allocate(capacity: 64 << 10)
        probe.initialize(repeating: 1, count: 64 << 10)
        guard probe[allocation_count() > before ? 1 : 2] == 1, allocation_count() > before else {
            throw FigureError(code: EX_SOFTWARE, description: "the count of allocations does not move: another allocator stands before it")
        }
        probe.deallocate()

        var result: [String: FigureValue] = ["quick": .truth(context.quick)]
        for (name, small, everyObjective) in [("tiny", false, false), ("small", true, false), ("every_objective", true, true)] {
            let sessions = SyntheticSessions(
                lengths: SyntheticSessions.usualLengths(1280), small: small, everyObjective: everyObjective)
            var value: [String: FigureValue] = [:]
            for threads in [1, 2] {
                let pool = WorkerPool(threads: threads)
                let training = countTraining(sessions, pool)
                value["threads_\(threads)"] = [
                    "training_step": training.steps.figure, "training_batch": training.batches.figure,
                ]
            }
            value["single_embedding"] = countEmbedding(sessions, SessionEmbedder(sessions.model, sessions.weights)).figure
            result[name] = .object(value)
        }
        let lengths = SyntheticSessions.usualLengths(1280)
        let sessions = SyntheticSessions(lengths: lengths)
        func alone(_ sessions: SyntheticSessions, _ embedder: SessionEmbedder) -> FigureValue {
            ["single_embedding": countEmbedding(sessions, embedder).figure]
        }
        let recurrent = SyntheticSessions(lengths: lengths, encoder: .gru)
        result["gru"] = alone(recurrent, SessionEmbedder(recurrent.model, recurrent.weights))
        // No table may be multiplied by the projection beforehand, as with tables that are too large for it.
        result["large_tables"] = alone(sessions, SessionEmbedder(sessions.model, sessions.weights, foldedBytes: 0))
        if SessionEmbedder.Precision.bfloat16.isSupported {
            result["bfloat16"] = alone(sessions, SessionEmbedder(sessions.model, sessions.weights, precision: .bfloat16))
        }
        return .object(result)
    }

    private struct Counted {
        var calls = 0
        var allocations = 0
        var figure: FigureValue { ["calls": .integer(calls), "allocations": .integer(allocations)] }

        mutating func add(_ body: () -> Void) {
            let before = allocation_count()
            body()
            allocations += allocation_count() - before
            calls += 1
        }
    }

    /// After two epochs every buffer has the size of the largest batch; the third is counted. Its first batch also makes the epoch's
    /// order of sessions, and is left out.
    private static func countTraining(_ sessions: SyntheticSessions, _ pool: WorkerPool) -> (steps: Counted, batches: Counted) {
        let (trainer, batcher) = sessions.trainer(pool, batchSessions: 128)
        var steps = Counted()
        var batches = Counted()
        // The same order in every epoch, so that no epoch has a larger batch than the one before.
        for pass in 0..<3 {
            for number in 0..<batcher.batchCount(epoch: 0) {
                var filled: PackedBatch?
                var (step, batch) = (Counted(), Counted())
                batch.add { filled = batcher.batch(number, epoch: 0) }
                guard let filled else { continue }
                step.add { _ = trainer.step(filled, learningRate: 1e-3) }
                guard pass == 2, number > 0 else { continue }
                steps.calls += 1
                steps.allocations += step.allocations
                batches.calls += 1
                batches.allocations += batch.allocations
            }
        }
        return (steps, batches)
    }

    private static func countEmbedding(_ sessions: SyntheticSessions, _ embedder: SessionEmbedder) -> Counted {
        let scratch = embedder.makeScratch()
        let output = UnsafeMutablePointer<Float>.allocate(capacity: sessions.model.configuration.embeddingSize)
        defer { output.deallocate() }
        for session in sessions.lengths.indices { embedder.embed(sessions.events, session: session, scratch, into: output) }
        var calls = Counted()
        for session in sessions.lengths.indices {
            calls.add { embedder.embed(sessions.events, session: session, scratch, into: output) }
        }
        return calls
    }
}
