internal import ArgumentParser
internal import SequenceEmbedding
internal import SequenceKernel

struct BenchTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train from reference weights: losses against the reference, events a second, share of the machine's peak.",
        discussion: """
            WORKLOAD is a folder with workload.json, workload.safetensors and reference-SIZE files. The first 20 losses are compared \
            before anything is timed; then each of the first --steps batches is timed in every pass, and its median counts. Making a \
            batch is not timed. Exits with 1, and times nothing, when a loss differs from the reference by more than 0.1 %.

            Example: tessera bench train workload --size small --threads 1 --json
            """)

    @Argument(help: ArgumentHelp("Workload folder.", valueName: "workload"), completion: .directory) var workload: String
    @Option(help: ArgumentHelp("Size of model.", valueName: "name")) var size = "small"
    @Option(help: ArgumentHelp("Batches of a pass.", valueName: "n")) var steps = 20
    @Option(help: ArgumentHelp("Timed passes.", valueName: "n")) var passes = 5
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard (1...100_000).contains(steps) else { throw ValidationError("--steps must lie between 1 and 100000") }
        guard (1...10_000).contains(passes) else { throw ValidationError("--passes must lie between 1 and 10000") }
    }

    func run() throws {
        try Bench.requireWorkload(workload)
        let work = try BenchmarkWorkload(workload)
        let model = try work.model(size)
        let weights = try work.referenceWeights(size, model)
        let reference = try work.referenceLosses(size)
        guard !reference.isEmpty else { throw Bench.emptyReference(workload, size) }
        let pool = WorkerPool(threads: threads.count)
        var before = 0.0
        var greatest = GreatestDifference()
        let rates = try work.trainingPasses(
            size, weights, model, batches: steps, passes: passes, compared: reference.count, pool: pool
        ) { losses in
            for (loss, expected) in zip(losses, reference) { greatest.add(abs(loss - expected) / max(abs(expected), 1e-9)) }
            guard greatest.value <= Self.tolerance else { return false }
            before = MachinePeak.gigaflops(pool)
            return true
        }
        let difference = greatest.value
        guard difference <= Self.tolerance else {
            StandardError.write(
                "bench train: losses differ from the reference by up to \(Reading.decimal(difference * 100, 4)) %; nothing was timed\n")
            throw ExitCode(1)
        }
        let peak = max(before, MachinePeak.gigaflops(pool))
        let summary = Summary(
            size: size, threads: threads.count, instructionSet: vectorLoops.name, eventsPerSecond: rates.eventsPerSecond,
            sessionsPerSecond: rates.sessionsPerSecond,
            eventsPerSecondRange: [
                Double(rates.events) / rates.secondsRange.greatest, Double(rates.events) / rates.secondsRange.least,
            ],
            eventsPerSecondWithBatches: Double(rates.events) / (rates.seconds + rates.batchSeconds),
            gigaflops: rates.gigaflops, peakGigaflops: peak, shareOfPeak: rates.gigaflops / peak, losses: rates.losses,
            greatestRelativeDifference: difference, comparedSteps: min(rates.losses.count, reference.count))
        if json {
            try StandardOutput.print(json: summary)
        } else {
            try StandardOutput.print(
                "\(size), \(summary.threads) threads, \(summary.instructionSet): \(Reading.count(Int(rates.eventsPerSecond))) events a second "
                    + "(passes \(Reading.count(Int(summary.eventsPerSecondRange[0]))) to \(Reading.count(Int(summary.eventsPerSecondRange[1])))), "
                    + "\(Reading.percent(summary.shareOfPeak)) of the machine's peak; \(summary.comparedSteps) losses differ from the "
                    + "reference by at most \(Reading.decimal(difference * 100, 4)) %")
        }
    }

    /// Of a loss, as a share: what another order of sums makes of it in single precision, with room.
    private static let tolerance = 1e-3

    private struct Summary: Encodable {
        let size: String
        let threads: Int
        let instructionSet: String
        let eventsPerSecond: Double
        let sessionsPerSecond: Double
        let eventsPerSecondRange: [Double]
        let eventsPerSecondWithBatches: Double
        let gigaflops: Double
        let peakGigaflops: Double
        let shareOfPeak: Double
        let losses: [Double]
        let greatestRelativeDifference: Double
        let comparedSteps: Int
    }
}
