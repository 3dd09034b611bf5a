public import SequenceKernel

/// What a benchmark run measured.
public struct BenchmarkRates: Sendable {
    /// Loss of each step.
    public var losses: [Double] = []
    /// Real events worked through; there is no padding.
    public var events = 0
    /// Sessions worked through.
    public var sessions = 0
    /// Seconds of the passes alone, batches not counted.
    public var seconds = 0.0
    /// Seconds of each call, where single calls were measured; rising.
    public var calls: [Double] = []

    /// Events a second.
    public var eventsPerSecond: Double { seconds > 0 ? Double(events) / seconds : 0 }
    /// Sessions a second.
    public var sessionsPerSecond: Double { seconds > 0 ? Double(sessions) / seconds : 0 }

    /// The call time that the given share of calls did not exceed.
    public func percentile(_ share: Double) -> Double {
        calls.isEmpty ? .nan : calls[min(calls.count - 1, Int(share * Double(calls.count)))]
    }
}

extension BenchmarkWorkload {
    private static func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock.now
        body()
        return (ContinuousClock.now - clock) / .seconds(1)
    }

    /// Trains on the first batches of the plan from the given weights, which change; the first `warmUp` steps are not timed.
    public func trainingLosses(
        _ name: String, _ weights: ParameterVector, _ model: SequenceModel, steps: Int = 20, warmUp: Int = 0, shards: Int = 8,
        pool: WorkerPool
    ) throws(Fault) -> BenchmarkRates {
        let objective = objective(model, shardCount: shards)
        let batcher = batcher(shardCount: shards, pool: pool)
        let trainer = Trainer(
            objective, weights: weights, pool: pool, optimizer: Self.optimizer, clipNorm: nil, seed: 1, tiedTables: [])
        let batch = PackedBatch(plan: model.plan, shardCount: shards)
        var rates = BenchmarkRates()
        for step in 0..<min(steps, trainingPlan.count) {
            batcher.fill(batch, sessions: trainingPlan[step], key: 0)
            var loss = 0.0
            let seconds = Self.seconds { loss = Double(trainer.step(batch, learningRate: 1e-3).loss) }
            rates.losses.append(loss)
            guard step >= warmUp else { continue }
            rates.seconds += seconds
            rates.events += batch.rowCount
            rates.sessions += batch.sessionCount
        }
        return rates
    }

    /// Embeds all sessions in the order of ``inferencePlan``, some dozens at a time, shared among the pool's threads.
    ///
    /// Timed from ids and numbers in memory to embeddings in memory: the other programs' batches are made before their clock starts, too.
    /// As there, a pass that is not timed goes first; the median of the passes counts.
    public func inferenceRates(
        _ weights: ParameterVector, _ model: SequenceModel, pool: WorkerPool, passes: Int = 9
    ) -> BenchmarkRates {
        let embedder = SessionEmbedder(model, weights)
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        let size = model.configuration.embeddingSize
        let output = UnsafeMutablePointer<Float>.allocate(capacity: inferencePlan.count * size)
        defer { output.deallocate() }
        nonisolated(unsafe) let target = output
        let step = SessionEmbedder.blockSessions
        let blocks = (inferencePlan.count + step - 1) / step
        var seconds: [Double] = []
        for pass in 0...max(1, passes) {
            let time = Self.seconds {
                pool.run(blocks) { block, worker in
                    let range = block * step..<min((block + 1) * step, inferencePlan.count)
                    embedder.embed(events, sessions: inferencePlan[range], scratch[worker], into: target + range.lowerBound * size)
                }
            }
            if pass > 0 { seconds.append(time) }
        }
        var rates = BenchmarkRates()
        rates.seconds = seconds.sorted()[seconds.count / 2]
        rates.sessions = inferencePlan.count
        rates.events = inferencePlan.reduce(0) { $0 + events.events(ofSession: $1).count }
        return rates
    }

    /// Embeds the sessions of ``latencyPlan`` one at a time, after some hundred that are not timed.
    public func latencies(_ weights: ParameterVector, _ model: SequenceModel) -> BenchmarkRates {
        let embedder = SessionEmbedder(model, weights)
        let scratch = embedder.makeScratch()
        let size = model.configuration.embeddingSize
        let output = UnsafeMutablePointer<Float>.allocate(capacity: size)
        defer { output.deallocate() }
        var rates = BenchmarkRates()
        for session in latencyPlan.prefix(200) { embedder.embed(events, session: session, scratch, into: output) }
        rates.calls.reserveCapacity(latencyPlan.count)
        for session in latencyPlan {
            rates.calls.append(Self.seconds { embedder.embed(events, session: session, scratch, into: output) })
            rates.events += events.events(ofSession: session).count
        }
        rates.sessions = latencyPlan.count
        rates.seconds = rates.calls.reduce(0, +)
        rates.calls.sort()
        return rates
    }
}
