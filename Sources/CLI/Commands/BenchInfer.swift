internal import ArgumentParser
internal import SequenceEmbedding
internal import SequenceKernel

struct BenchInfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Embed with reference weights: embeddings against the reference, sessions a second, latency of one.",
        discussion: """
            WORKLOAD is a folder as for `bench train`.

            Example: tessera bench infer workload --size small --threads 1 --json
            """)

    @Argument(help: ArgumentHelp("Workload folder.", valueName: "workload"), completion: .directory) var workload: String
    @Option(help: ArgumentHelp("Size of model.", valueName: "name")) var size = "small"
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        try Bench.requireWorkload(workload)
        let work = try BenchmarkWorkload(workload)
        let model = try work.model(size)
        let weights = try work.referenceWeights(size, model)
        let expected = try work.referenceEmbeddings(size)
        let dimension = model.configuration.embeddingSize
        let embedder = SessionEmbedder(model, weights)
        let scratch = embedder.makeScratch()
        var difference: Float = 0
        for (place, session) in work.latencyPlan.prefix(expected.count / dimension).enumerated() {
            let embedding = embedder.embed(work.events, session: session, scratch)
            for index in 0..<dimension { difference = max(difference, abs(embedding[index] - expected[place * dimension + index])) }
        }
        let rates = work.inferenceRates(weights, model, pool: WorkerPool(threads: threads.count))
        let single = work.latencies(weights, model)
        let summary = Summary(
            size: size, threads: threads.count, instructionSet: vectorLoops.name, sessionsPerSecond: rates.sessionsPerSecond,
            eventsPerSecond: rates.eventsPerSecond, medianMilliseconds: single.percentile(0.5) * 1000,
            p99Milliseconds: single.percentile(0.99) * 1000, greatestDifference: Double(difference))
        if json {
            try StandardOutput.print(json: summary)
        } else {
            try StandardOutput.print(
                "\(size), \(summary.threads) threads, \(summary.instructionSet): \(Reading.count(Int(rates.sessionsPerSecond))) sessions a second; "
                    + "one session \(Reading.decimal(summary.medianMilliseconds, 3)) ms (median), "
                    + "\(Reading.decimal(summary.p99Milliseconds, 3)) ms (p99); embeddings differ by at most \(difference)")
        }
        if difference > 1e-3 { throw ExitCode(1) }
    }

    private struct Summary: Encodable {
        let size: String
        let threads: Int
        let instructionSet: String
        let sessionsPerSecond: Double
        let eventsPerSecond: Double
        let medianMilliseconds: Double
        let p99Milliseconds: Double
        let greatestDifference: Double
    }
}
