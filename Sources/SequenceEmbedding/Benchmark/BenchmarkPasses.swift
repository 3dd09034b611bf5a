public import SequenceKernel

/// What repeated passes over the same part of a workload took.
public struct BenchmarkPasses: Sendable {
    /// Losses of the first steps, from the starting weights.
    public var losses: [Double] = []
    /// Events of a pass.
    public var events = 0
    /// Sessions of a pass.
    public var sessions = 0
    /// Useful operations of a pass: two for each multiply-add of the model's products over real events.
    public var operations = 0.0
    /// Seconds of a pass: the sum of its steps' medians over all passes, or the median pass.
    public var seconds = 0.0
    /// Seconds of the fastest and of the slowest pass, counted as ``seconds``.
    public var secondsRange = (least: 0.0, greatest: 0.0)
    /// Seconds of making the batches of a pass, which are not in ``seconds``.
    public var batchSeconds = 0.0

    /// Events a second.
    public var eventsPerSecond: Double { Double(events) / seconds }
    /// Sessions a second.
    public var sessionsPerSecond: Double { Double(sessions) / seconds }
    /// Thousand million useful operations a second.
    public var gigaflops: Double { operations / seconds / 1e9 }
}

extension BenchmarkWorkload {
    private static func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock.now
        body()
        return (ContinuousClock.now - clock) / .seconds(1)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Operations that the forward pass over whole sessions cannot do without, each event attending to its own session: the input's
    /// projection, the layers' matrices, attention's two products; with `training`, the heads on the hidden share of the events, and
    /// twice as much again for the backward pass. Additions, norms and exponentials are not counted.
    public func operations(_ size: Size, sessions: some Sequence<Int>, training: Bool) -> Double {
        let width = Double(size.d)
        let inputs = events.plan.lookups.reduce(0) { $0 + $1.width } + events.plan.scalars.count
        let classes = hiddenClasses.reduce(0, +)
        let heads = training ? hiddenShare * 2 * width * Double(classes) : 0
        let matrices = Double(2 * (4 * size.d * size.d + 2 * size.d * size.ff))
        var sum = 0.0
        for session in sessions {
            let length = Double(events.events(ofSession: session).count)
            let event = 2 * Double(inputs) * width + Double(size.layers) * (matrices + 4 * length * width) + heads
            sum += length * event
        }
        return training ? 3 * sum : sum
    }

    /// Trains from the given weights, which change: first the steps whose losses are kept, not timed, then `passes` passes over the
    /// first `batches` batches of the plan.
    /// - Parameter accepts: is given the losses; where it says no nothing is timed.
    public func trainingPasses(
        _ name: String, _ weights: ParameterVector, _ model: SequenceModel, batches: Int, passes: Int, compared: Int = 20, shards: Int = 8,
        pool: WorkerPool, accepts: ([Double]) -> Bool = { _ in true }
    ) throws(Fault) -> BenchmarkPasses {
        let batcher = batcher(shardCount: shards, pool: pool)
        let trainer = Trainer(
            objective(model, shardCount: shards), weights: weights, pool: pool, optimizer: Self.optimizer, clipNorm: nil, seed: 1,
            tiedTables: [])
        let batch = PackedBatch(plan: model.plan, shardCount: shards)
        let count = min(batches, trainingPlan.count)
        var result = BenchmarkPasses()
        for step in 0..<min(max(compared, count), trainingPlan.count) {
            batcher.fill(batch, sessions: trainingPlan[step], key: 0)
            result.losses.append(Double(trainer.step(batch, learningRate: 1e-3).loss))
        }
        guard accepts(result.losses) else { return result }
        var steps = [[Double]](repeating: [], count: count)
        var fills = steps
        for _ in 0..<max(1, passes) {
            for step in 0..<count {
                fills[step].append(Self.seconds { batcher.fill(batch, sessions: trainingPlan[step], key: 0) })
                steps[step].append(Self.seconds { _ = trainer.step(batch, learningRate: 1e-3) })
            }
        }
        result.seconds = steps.reduce(0) { $0 + Self.median($1) }
        let sums = (0..<max(1, passes)).map { pass in steps.reduce(0) { $0 + $1[pass] } }
        result.secondsRange = (sums.min() ?? .nan, sums.max() ?? .nan)
        result.batchSeconds = fills.reduce(0) { $0 + Self.median($1) }
        let sessions = trainingPlan[..<count].joined()
        result.sessions = sessions.count
        result.events = sessions.reduce(0) { $0 + events.events(ofSession: $1).count }
        result.operations = sizes[name].map { operations($0, sessions: sessions, training: true) } ?? .nan
        return result
    }

    /// The sessions of every `share`-th batch of ``inferencePlan``, the first of them from the middle of the first `share`.
    public func inferenceSample(share: Int) -> [Int] {
        let starts = stride(from: share / 2 * inferenceBatch, to: inferencePlan.count, by: share * inferenceBatch)
        return starts.flatMap { inferencePlan[$0..<min($0 + inferenceBatch, inferencePlan.count)] }
    }

    /// Embeds the sessions again and again, the longest first, some dozens at a time to a worker. A first pass is not timed; the
    /// median of the others counts.
    ///
    /// - Parameter accepts: is given the difference that is returned; where it says no nothing is timed.
    /// - Returns: the passes, and the greatest difference of an embedding from the one that the session has alone.
    public func inferencePasses(
        _ name: String, _ embedder: SessionEmbedder, sessions: [Int], passes: Int, pool: WorkerPool,
        accepts: (Double) -> Bool = { _ in true }
    ) -> (passes: BenchmarkPasses, difference: Double) {
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        let size = embedder.model.configuration.embeddingSize
        let ordered = Array(sessions.reversed())
        let output = UnsafeMutablePointer<Float>.allocate(capacity: ordered.count * size)
        defer { output.deallocate() }
        nonisolated(unsafe) let target = output
        let step = SessionEmbedder.blockSessions
        func pass() -> Double {
            Self.seconds {
                pool.run((ordered.count + step - 1) / step) { block, worker in
                    let range = block * step..<min((block + 1) * step, ordered.count)
                    embedder.embed(events, sessions: ordered[range], scratch[worker], into: target + range.lowerBound * size)
                }
            }
        }
        _ = pass()
        var difference = GreatestDifference()
        for place in stride(from: 0, to: ordered.count, by: max(1, ordered.count / 500)) {
            let alone = embedder.embed(events, session: ordered[place], scratch[0])
            difference.add(alone, UnsafeBufferPointer(start: output + place * size, count: size))
        }
        var result = BenchmarkPasses()
        guard accepts(difference.value) else { return (result, difference.value) }
        let times = (0..<max(1, passes)).map { _ in pass() }
        result.seconds = Self.median(times)
        result.secondsRange = (times.min() ?? .nan, times.max() ?? .nan)
        result.sessions = ordered.count
        result.events = ordered.reduce(0) { $0 + events.events(ofSession: $1).count }
        result.operations = sizes[name].map { operations($0, sessions: ordered, training: false) } ?? .nan
        return (result, difference.value)
    }

    /// Embeds the first sessions of ``latencyPlan`` one at a time, in `passes` passes; the first 200 calls of all are not timed.
    public func singleCalls(_ embedder: SessionEmbedder, sessions: Int = 700, passes: Int = 3) -> BenchmarkRates {
        let scratch = embedder.makeScratch()
        let chosen = latencyPlan.prefix(sessions)
        let output = UnsafeMutablePointer<Float>.allocate(capacity: embedder.model.configuration.embeddingSize)
        defer { output.deallocate() }
        for session in chosen.prefix(200) { embedder.embed(events, session: session, scratch, into: output) }
        var rates = BenchmarkRates()
        rates.calls.reserveCapacity(chosen.count * passes)
        for _ in 0..<max(1, passes) {
            for session in chosen {
                rates.calls.append(Self.seconds { embedder.embed(events, session: session, scratch, into: output) })
                rates.events += events.events(ofSession: session).count
            }
        }
        rates.sessions = rates.calls.count
        rates.seconds = rates.calls.reduce(0, +)
        rates.calls.sort()
        return rates
    }
}
