internal import ArgumentParser
internal import SequenceEmbedding
internal import SequenceKernel

struct BenchInfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Embed with reference weights: embeddings against the reference, sessions a second, latency of one.",
        discussion: """
            WORKLOAD is a folder as for `bench train`. Embeddings are compared before anything is timed. The median pass over the \
            chosen batches counts; single sessions are embedded one after the other by one thread. Exits with 1, and times nothing, when an embedding \
            differs from the reference, or from the one that the session has alone, by more than 0.001 (in bfloat16 from the reference by \
            more than 1 % of its length).

            Example: tessera bench infer workload --size small --threads 1 --json
            """)

    @Argument(help: ArgumentHelp("Workload folder.", valueName: "workload"), completion: .directory) var workload: String
    @Option(help: ArgumentHelp("Size of model.", valueName: "name")) var size = "small"
    @Option(help: ArgumentHelp("Embed every n-th batch of sessions.", valueName: "n")) var every = 1
    @Option(help: ArgumentHelp("Timed passes.", valueName: "n")) var passes = 5
    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard (1...1000).contains(every) else { throw ValidationError("--every must lie between 1 and 1000") }
        guard (1...10_000).contains(passes) else { throw ValidationError("--passes must lie between 1 and 10000") }
    }

    func run() throws {
        try Bench.requireWorkload(workload)
        let work = try BenchmarkWorkload(workload)
        let model = try work.model(size)
        let weights = try work.referenceWeights(size, model)
        let expected = try work.referenceEmbeddings(size)
        let sessions = work.inferenceSample(share: every)
        guard !sessions.isEmpty else { throw ValidationError("--every \(every) leaves no batch; there are fewer") }
        let dimension = model.configuration.embeddingSize
        let embedder = SessionEmbedder(model, weights, precision: try precision.chosen())
        let scratch = embedder.makeScratch()
        guard expected.count >= dimension else { throw Bench.emptyReference(workload, size) }
        var difference = GreatestDifference()
        var relative = GreatestDifference()
        for (place, session) in work.latencyPlan.prefix(expected.count / dimension).enumerated() {
            let embedding = embedder.embed(work.events, session: session, scratch)
            let exact = expected[place * dimension..<(place + 1) * dimension]
            difference.add(embedding, exact)
            let distance = zip(embedding, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            relative.add(Double(distance / exact.reduce(0) { $0 + $1 * $1 }.squareRoot()))
        }
        let isClose =
            precision.precision == .bfloat16
            ? relative.value <= Double(SessionEmbedder.Precision.bfloat16Accuracy) : difference.value <= Self.tolerance
        guard isClose else {
            StandardError.write(
                "bench infer: embeddings differ from the reference by up to \(difference.value) "
                    + "(\(Reading.decimal(relative.value * 100, 3)) % of their length); nothing was timed\n")
            throw ExitCode(1)
        }
        let pool = WorkerPool(threads: threads.count)
        var before = 0.0
        let (rates, batchDifference) = work.inferencePasses(size, embedder, sessions: sessions, passes: passes, pool: pool) { difference in
            guard difference <= Self.tolerance else { return false }
            before = MachinePeak.gigaflops(pool)
            return true
        }
        guard batchDifference <= Self.tolerance else {
            StandardError.write(
                "bench infer: embeddings differ from those that the sessions have alone by up to \(batchDifference); nothing was timed\n")
            throw ExitCode(1)
        }
        let peak = max(before, MachinePeak.gigaflops(pool))
        let single = work.singleCalls(embedder)
        let summary = Summary(
            size: size, precision: precision.precision.rawValue, threads: threads.count, instructionSet: vectorLoops.name,
            sessionsPerSecond: rates.sessionsPerSecond,
            sessionsPerSecondRange: [
                Double(rates.sessions) / rates.secondsRange.greatest, Double(rates.sessions) / rates.secondsRange.least,
            ],
            eventsPerSecond: rates.eventsPerSecond, gigaflops: rates.gigaflops, peakGigaflops: peak, shareOfPeak: rates.gigaflops / peak,
            medianMilliseconds: single.percentile(0.5) * 1000, p99Milliseconds: single.percentile(0.99) * 1000,
            greatestDifference: difference.value, greatestBatchDifference: batchDifference)
        if json {
            try StandardOutput.print(json: summary)
        } else {
            try StandardOutput.print(
                "\(size), \(summary.threads) threads, \(summary.instructionSet): \(Reading.count(Int(rates.sessionsPerSecond))) sessions a second "
                    + "(passes \(Reading.count(Int(summary.sessionsPerSecondRange[0]))) to \(Reading.count(Int(summary.sessionsPerSecondRange[1])))), "
                    + "\(Reading.percent(summary.shareOfPeak)) of the machine's peak; one session "
                    + "\(Reading.decimal(summary.medianMilliseconds, 3)) ms (median), \(Reading.decimal(summary.p99Milliseconds, 3)) ms (p99); "
                    + "embeddings differ by at most \(difference.value)")
        }
    }

    /// Of one number of an embedding: what another order of sums makes of it in single precision, with room.
    private static let tolerance = 1e-3

    private struct Summary: Encodable {
        let size: String
        let precision: String
        let threads: Int
        let instructionSet: String
        let sessionsPerSecond: Double
        let sessionsPerSecondRange: [Double]
        let eventsPerSecond: Double
        let gigaflops: Double
        let peakGigaflops: Double
        let shareOfPeak: Double
        let medianMilliseconds: Double
        let p99Milliseconds: Double
        let greatestDifference: Double
        let greatestBatchDifference: Double
    }
}
