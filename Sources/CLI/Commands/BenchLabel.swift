internal import ArgumentParser
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel

struct BenchLabel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Label with a classifier of random weights: the classifier by itself, and from events to labels.",
        discussion: """
            WORKLOAD is a folder as for `bench infer`. The median pass counts. Exits with 1 when a session's probabilities in a batch differ from \
            those that it has alone by more than 0.001.

            Example: tessera bench label workload --size small --threads 2 --json
            """)

    @Argument(help: ArgumentHelp("Workload folder.", valueName: "workload"), completion: .directory) var workload: String
    @Option(help: ArgumentHelp("Size of the encoder.", valueName: "name")) var size = "small"
    @Option(help: ArgumentHelp("Hidden floats of the classifier; 0 for a linear one.", valueName: "n")) var hidden = 128
    @Option(help: ArgumentHelp("Intents.", valueName: "n")) var intents = 35
    @Option(help: ArgumentHelp("Label every n-th batch of sessions.", valueName: "n")) var every = 1
    @Option(help: ArgumentHelp("Timed passes.", valueName: "n")) var passes = 5
    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard (0...65_536).contains(hidden) else { throw ValidationError("--hidden must lie between 0 and 65,536") }
        guard (1...10_000).contains(intents) else { throw ValidationError("--intents must lie between 1 and 10,000") }
        guard (1...1000).contains(every) else { throw ValidationError("--every must lie between 1 and 1000") }
        guard (1...10_000).contains(passes) else { throw ValidationError("--passes must lie between 1 and 10000") }
    }

    func run() throws {
        try Bench.requireWorkload(workload)
        let work = try BenchmarkWorkload(workload)
        let model = try work.model(size)
        let embedder = SessionEmbedder(model, try work.referenceWeights(size, model), precision: try precision.chosen())
        let sessions = work.inferenceSample(share: every)
        guard !sessions.isEmpty else { throw ValidationError("--every \(every) leaves no batch; there are fewer") }
        let rates = LabelBenchmark(work, embedder, hidden: hidden, intents: intents, pool: WorkerPool(threads: threads.count)).run(
            sessions: sessions, passes: passes)
        guard rates.greatestDifference <= 1e-3 else {
            StandardError.write("bench label: probabilities in a batch differ from those alone by up to \(rates.greatestDifference)\n")
            throw ExitCode(1)
        }
        let summary = Summary(
            size: size, threads: threads.count, instructionSet: vectorLoops.name, headSessionsPerSecond: rates.headSessionsPerSecond,
            headMedianMicroseconds: rates.headSeconds.median * 1e6, headP99Microseconds: rates.headSeconds.p99 * 1e6,
            sessionsPerSecond: rates.sessionsPerSecond,
            sessionsPerSecondRange: [rates.sessionsPerSecondRange.least, rates.sessionsPerSecondRange.greatest],
            medianMicroseconds: rates.sessionSeconds.median * 1e6, p99Microseconds: rates.sessionSeconds.p99 * 1e6,
            greatestDifference: rates.greatestDifference)
        if json { return try StandardOutput.print(json: summary) }
        try StandardOutput.print(
            "\(size), \(summary.threads) threads, \(summary.instructionSet): classifier \(Reading.count(Int(rates.headSessionsPerSecond))) sessions a "
                + "second, one in \(Reading.decimal(summary.headMedianMicroseconds, 2)) µs (p99 \(Reading.decimal(summary.headP99Microseconds, 2))); "
                + "events to labels \(Reading.count(Int(rates.sessionsPerSecond))) sessions a second, one in "
                + "\(Reading.decimal(summary.medianMicroseconds, 1)) µs (p99 \(Reading.decimal(summary.p99Microseconds, 1)))")
    }

    private struct Summary: Encodable {
        let size: String
        let threads: Int
        let instructionSet: String
        let headSessionsPerSecond: Double
        let headMedianMicroseconds: Double
        let headP99Microseconds: Double
        let sessionsPerSecond: Double
        let sessionsPerSecondRange: [Double]
        let medianMicroseconds: Double
        let p99Microseconds: Double
        let greatestDifference: Double
    }
}
