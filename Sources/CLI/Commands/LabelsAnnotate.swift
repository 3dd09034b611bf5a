internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import Glibc
internal import IntentTaxonomy
internal import SequenceKernel

struct LabelsAnnotate: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "annotate",
        abstract: "Let a language model, or a person, say which intents sessions show.",
        discussion: """
            Readable summaries of sessions, without identifiers, are shown with the taxonomy; answers that are malformed, invent an intent \
            or leave a session out are asked for again and then refused. Accepted answers are kept: after a stop (time, budget, Ctrl-C) the same \
            command goes on where it was. The output is JSON Lines for `tessera labels import`.

            Example: tessera labels annotate bank.corpus --taxonomy taxonomy/retail-bank.yaml --out labels.jsonl --sample 500 --dry-run
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Taxonomy file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"])) var taxonomy: String
    @Option(help: ArgumentHelp("Label file to write.", valueName: "file.jsonl"), completion: .file()) var out: String
    @Option(help: ArgumentHelp("Sessions drawn at random (default: all).", valueName: "n")) var sample: Int?
    @Option(help: ArgumentHelp("Sessions of one question.", valueName: "n")) var batch = 10
    @Option(help: ArgumentHelp("Questions asked at the same time.", valueName: "n")) var parallel = 4
    @Option(help: ArgumentHelp("What the sample comes from.", valueName: "n")) var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Name of the annotator (default: the model's name).", valueName: "name")) var annotator: String?
    @Option(
        help: ArgumentHelp(
            "Time to write into each label; none unless given, so that a repeated run gives the same bytes.", valueName: "time"))
    var time: String?
    @OptionGroup var summary: SummaryOptions
    @OptionGroup var endpoint: EndpointOptions
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] + endpoint.folders(for: out) }
    var outputFiles: [String] { [out] }
    var inputs: [String] { [corpus, taxonomy] + (endpoint.keyFile.map { [$0] } ?? []) }

    func validate() throws {
        if let sample, sample < 1 { throw ValidationError("--sample must be at least 1") }
        if !(1...200).contains(batch) { throw ValidationError("--batch must lie between 1 and 200") }
        if !(1...64).contains(parallel) { throw ValidationError("--parallel must lie between 1 and 64") }
    }

    func run() throws {
        Interruption.watch()
        let source = try TaxonomyFile(taxonomy)
        try source.refuseErrors()
        let corpus = try Corpus.open(corpus)
        let opened = endpoint.dryRun ? nil : try endpoint.open(for: out)
        var settings = AnnotationRun.Settings()
        (settings.sample, settings.batchSessions, settings.attempts, settings.seed) = (sample, batch, endpoint.attempts, seed)
        let run = AnnotationRun(corpus, taxonomy: source.taxonomy, summary: try summary.make(corpus), settings)
        if run.cutSessions > 0 {
            StandardError.write(
                "annotate: \(Reading.count(run.cutSessions)) sessions left out: the import cut them into parts, and `labels import` refuses "
                    + "labels of the first part; import without cutting to label them\n")
        }
        guard let (answering, budget) = opened else {
            if json { return try StandardOutput.print(json: EstimateSummary(run.estimate(), endpoint.prices)) }
            return try StandardOutput.print(
                "\(Reading.count(run.sessions.count)) sessions, \(Reading.count(run.batches)) questions\n\(endpoint.text(run.estimate()))")
        }
        let line = ProgressLine("annotate")
        let progress = Progress(line)
        let result = run.run(
            answering, pool: WorkerPool(threads: endpoint.files == nil ? parallel : 1), progress: progress.show,
            isCancelled: { Interruption.isRequested })
        line.finish((budget.map { endpoint.text($0) + ", " } ?? "") + "\(Reading.count(result.annotations.count)) sessions answered")
        try tell(result)
        try run.write(result.annotations, annotator: annotator ?? answering.name, time: time, to: out)
        if json {
            try StandardOutput.print(
                json: Summary(
                    sessions: result.sessions, annotated: result.annotations.count, refusedRequests: result.refused.count,
                    cutSessions: run.cutSessions, annotatorVersion: run.version))
        } else {
            try StandardOutput.print("\(out): \(Reading.count(result.annotations.count)) of \(Reading.count(result.sessions)) sessions")
        }
        if !result.refused.isEmpty { throw ExitCode(EX_DATAERR) }
    }

    /// Ends the command where questions are open; refused ones are told and left out.
    private func tell(_ result: AnnotationRun.Result) throws {
        for failure in result.refused { StandardError.write("annotate: \(failure.sessions) sessions left out: \(failure.error)\n") }
        if let stopped = result.stopped {
            StandardError.write(
                "annotate: \(Reading.count(result.annotations.count)) of \(Reading.count(result.sessions)) sessions are answered and kept\n"
            )
            throw stopped
        }
        if let first = result.awaiting.first {
            StandardError.write("annotate: \(Reading.count(result.awaiting.count)) questions wait for an answer, the first of them:\n")
            throw first.error
        }
    }

    /// Several threads report here.
    private final class Progress: @unchecked Sendable {
        private let line: ProgressLine
        private let lock: UnsafeMutablePointer<pthread_mutex_t>

        init(_ line: ProgressLine) {
            self.line = line
            lock = .allocate(capacity: 1)
            pthread_mutex_init(lock, nil)
        }

        deinit {
            pthread_mutex_destroy(lock)
            lock.deallocate()
        }

        @Sendable func show(_ answered: Int, _ of: Int) {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            line.update("\(Reading.count(answered)) of \(Reading.count(of)) questions")
        }
    }

    private struct Summary: Encodable {
        let sessions: Int
        let annotated: Int
        let refusedRequests: Int
        let cutSessions: Int
        let annotatorVersion: String
    }
}
