public import SequenceEmbedding
public import SequenceKernel

/// Speed of labelling: the classifier by itself, and from events to labels, on the workload that embedding is measured on.
///
/// Weights of the classifier are random: what it costs does not depend on them.
public struct LabelBenchmark: Sendable {
    /// What was measured.
    public struct Rates: Sendable {
        /// Embeddings → probabilities, sessions a second, the median pass.
        public var headSessionsPerSecond = 0.0
        /// One embedding → probabilities, seconds: median and 99th percentile.
        public var headSeconds = (median: 0.0, p99: 0.0)
        /// Events → labels, sessions a second, the median pass.
        public var sessionsPerSecond = 0.0
        /// The slowest and the fastest pass.
        public var sessionsPerSecondRange = (least: 0.0, greatest: 0.0)
        /// Events of one session → labels, seconds: median and 99th percentile.
        public var sessionSeconds = (median: 0.0, p99: 0.0)
        /// Sessions of a pass.
        public var sessions = 0
        /// Events of a pass.
        public var events = 0
        /// Greatest difference between the probability that a session has in a batch and alone.
        public var greatestDifference = 0.0
    }

    private let work: BenchmarkWorkload
    private let scorer: SessionScorer
    private let pool: WorkerPool

    /// A classifier `E → hidden → intents` over an embedder of the workload.
    public init(_ work: BenchmarkWorkload, _ embedder: SessionEmbedder, hidden: Int, intents: Int, pool: WorkerPool) {
        let size = embedder.model.configuration.embeddingSize
        let network = StudentNetwork(inputs: size, hidden: hidden, outputs: intents)
        let taxonomy = Taxonomy(
            id: "benchmark", version: "1.0.0", description: "Names for columns of random weights.",
            intents: (0..<intents).map { Intent(id: "intent-\($0)", name: "Intent \($0)", definition: "Column \($0).") })
        let settings = IntentClassifier.Settings(
            taxonomy: TaxonomyReference(taxonomy), intents: taxonomy.intents.map(\.id), heldBack: [], encoder: "", embeddingSize: size,
            inputs: .embedding, hidden: hidden,
            calibration: [IntentCalibration](repeating: .temperature(scale: 0.9, bias: -0.1), count: intents),
            thresholds: [Double](repeating: 0.5, count: intents), conformal: ConformalSets(coverage: 0.9, threshold: 0.1),
            distillation: DistillationSettings())
        let classifier = IntentClassifier(
            settings, taxonomy: taxonomy, student: TrainedStudent(network, ParameterVector(network.parameters, seed: 1)), facts: nil,
            card: ClassifierCard())
        (self.work, self.pool) = (work, pool)
        scorer = SessionScorer(classifier, embedder, work.events, nil)
    }

    /// Measures `passes` passes over some sessions of the workload.
    public func run(sessions: [Int], passes: Int) -> Rates {
        var rates = Rates()
        measureHead(passes, &rates)
        measureSessions(sessions, passes, &rates)
        measureOne(&rates)
        return rates
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock.now
        body()
        return (ContinuousClock.now - clock) / .seconds(1)
    }

    private func measureHead(_ passes: Int, _ rates: inout Rates) {
        let (count, width, step) = (1 << 17, scorer.classifier.inputs, 512)
        var random = RandomSource(1, 2)
        let table = (0..<(1 << 12) * width).map { _ in 2 * random.uniform() - 1 }
        let workspaces = (0..<pool.threads).map { _ in Workspace() }
        let output = UnsafeMutablePointer<Float>.allocate(capacity: count * scorer.classifier.count)
        defer { output.deallocate() }
        nonisolated(unsafe) let target = output
        func pass() -> Double {
            Self.seconds {
                table.withUnsafeBufferPointer { table in
                    nonisolated(unsafe) let table = table.baseAddress!
                    pool.run(count / step) { block, worker in
                        let workspace = workspaces[worker]
                        workspace.reset()
                        let features = workspace.rows(step, width)
                        features.base.update(from: table + block * step % (1 << 12) * width, count: step * width)
                        let rows = scorer.classifier.probabilities(features, workspace)
                        (target + block * step * rows.width).update(from: rows.base, count: rows.scalarCount)
                    }
                }
            }
        }
        _ = pass()
        let times = (0..<max(3, passes)).map { _ in pass() }.sorted()
        rates.headSessionsPerSecond = Double(count) / times[times.count / 2]
        let workspace = workspaces[0]
        var calls: [Double] = []
        calls.reserveCapacity(20_000)
        for call in 0..<21_000 {
            let time = Self.seconds {
                workspace.reset()
                let features = workspace.rows(1, width)
                table.withUnsafeBufferPointer { features.base.update(from: $0.baseAddress! + call % 4096 * width, count: width) }
                target[call & 1] = scorer.classifier.probabilities(features, workspace).base[0]
            }
            if call >= 1000 { calls.append(time) }
        }
        calls.sort()
        rates.headSeconds = (calls[calls.count / 2], calls[calls.count * 99 / 100])
    }

    private func measureSessions(_ sessions: [Int], _ passes: Int, _ rates: inout Rates) {
        let ordered = Array(sessions.reversed())
        let (intents, step) = (scorer.classifier.count, SessionScorer.block * 2)
        let scratch = (0..<pool.threads).map { _ in scorer.makeScratch() }
        let output = UnsafeMutablePointer<Float>.allocate(capacity: ordered.count * intents)
        defer { output.deallocate() }
        nonisolated(unsafe) let target = output
        func pass() -> Double {
            Self.seconds {
                pool.run((ordered.count + step - 1) / step) { block, worker in
                    let range = block * step..<min((block + 1) * step, ordered.count)
                    scorer.score(ordered[range], scratch[worker], into: target + range.lowerBound * intents)
                    for place in range {
                        let values = UnsafeBufferPointer(start: target + place * intents, count: intents)
                        _ = scorer.classifier.label(session: ordered[place], events: 1, probabilities: values)
                    }
                }
            }
        }
        _ = pass()
        for place in stride(from: 0, to: ordered.count, by: max(1, ordered.count / 200)) {
            let alone = scorer.probabilities(of: [ordered[place]], pool: WorkerPool(threads: 1))
            for (k, value) in alone.enumerated() {
                rates.greatestDifference = max(rates.greatestDifference, Double(abs(value - output[place * intents + k])))
            }
        }
        let times = (0..<max(1, passes)).map { _ in pass() }.sorted()
        (rates.sessions, rates.events) = (ordered.count, ordered.reduce(0) { $0 + work.events.events(ofSession: $1).count })
        rates.sessionsPerSecond = Double(ordered.count) / times[times.count / 2]
        rates.sessionsPerSecondRange = (Double(ordered.count) / times.last!, Double(ordered.count) / times[0])
    }

    private func measureOne(_ rates: inout Rates) {
        let scratch = scorer.makeScratch()
        var output = [Float](repeating: 0, count: scorer.classifier.count)
        var calls: [Double] = []
        for (call, session) in (work.latencyPlan.prefix(200) + work.latencyPlan.prefix(700) + work.latencyPlan.prefix(700)).enumerated() {
            let time = Self.seconds {
                output.withUnsafeMutableBufferPointer { scorer.score(session..<session + 1, scratch, into: $0.baseAddress!) }
                _ = scorer.classifier.label(session: session, events: 1, probabilities: output)
            }
            if call >= 200 { calls.append(time) }
        }
        calls.sort()
        rates.sessionSeconds = (calls[calls.count / 2], calls[calls.count * 99 / 100])
    }
}
