internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import Glibc
internal import IntentTaxonomy
internal import SequenceKernel
internal import SettingsFiles

struct TaxonomyPropose: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "propose",
        abstract: "Let a language model, or a person, propose a taxonomy from groups of similar sessions.",
        discussion: """
            Sessions are grouped by their embeddings; readable summaries of some of each group, without identifiers, are shown batch by \
            batch. The first batch gives a list of intents, each further one improves it, a review ends it. Answers that are malformed, or name \
            what was not shown, are asked for again and then refused. Accepted answers are kept, so that the command can be run again.

            With --files the questions are written into a folder as NAME.request.txt; put each answer beside it as NAME.answer.json and \
            run the command again, until nothing is left to answer. The output is a folder with taxonomy.yaml, not approved, and report.json.

            Example: tessera taxonomy propose bank.corpus --model bank.model --out proposal --intents 30 --files questions
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("Directory to write.", valueName: "dir"), completion: .directory) var out: String
    @Option(help: ArgumentHelp("Id of the taxonomy.", valueName: "id")) var id = "proposed"
    @Option(help: ArgumentHelp("Intents at most, `other` among them.", valueName: "n")) var intents = 30
    @Option(help: ArgumentHelp("Groups of sessions (default: three an intent, more for large corpora).", valueName: "n"))
    var clusters: Int?
    @Option(help: ArgumentHelp("Sessions of one question at most.", valueName: "n")) var batch = 200
    @Option(help: ArgumentHelp("What every random choice comes from.", valueName: "n")) var seed: UInt64 = 1
    @OptionGroup var summary: SummaryOptions
    @OptionGroup var endpoint: EndpointOptions
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] + endpoint.folders(for: out) }
    var inputs: [String] { [corpus, model] + (endpoint.keyFile.map { [$0] } ?? []) }

    func validate() throws {
        if !(2...500).contains(intents) { throw ValidationError("--intents must lie between 2 and 500") }
        if let clusters, !(1...100_000).contains(clusters) { throw ValidationError("--clusters must lie between 1 and 100,000") }
        if !(7...5000).contains(batch) { throw ValidationError("--batch must lie between 7 and 5,000") }
        if !Intent.isWellFormed(id: id) { throw ValidationError("--id must be small letters, digits and single dashes") }
    }

    func run() throws {
        Interruption.watch()
        let corpus = try Corpus.open(corpus)
        guard corpus.sessionCount > 0 else {
            throw CommandFault(code: EX_DATAERR, place: self.corpus, reason: "there is no session in it", remedy: "name another corpus")
        }
        // Before the work, so that a slip in an option is not told after it.
        let opened = endpoint.dryRun ? nil : try endpoint.open(for: out)
        let embedded = try EmbeddedSessions(corpus, modelAt: model, threads: threads.count)
        var choice = ProposalPlan.Settings(intents: intents, seed: seed)
        choice.clusters = clusters
        choice.batchSessions = batch
        let plan = ProposalPlan(
            embedded.floats, dimension: embedded.dimension, choice, pool: WorkerPool(threads: threads.count))
        var settings = ProposalRun.Settings(id: id, intents: intents)
        settings.attempts = endpoint.attempts
        let run = ProposalRun(corpus, plan: plan, summary: try summary.make(corpus), settings)
        let shape = "\(Reading.count(plan.clusters.count)) groups of \(Reading.count(plan.sessions)) sessions, \(run.steps) questions"
        guard let (answering, budget) = opened else {
            if json { return try StandardOutput.print(json: EstimateSummary(run.estimate(), endpoint.prices)) }
            return try StandardOutput.print("\(shape)\n\(endpoint.text(run.estimate()))")
        }
        let line = ProgressLine("propose")
        defer { if let budget { line.finish(endpoint.text(budget)) } }
        let result = try run.run(
            answering, progress: { answered, of in line.update("\(answered) of \(of) questions answered") },
            isCancelled: { Interruption.isRequested })
        try write(result)
        let claimed = plan.clusters.count - result.report.clustersWithoutIntent.count
        if json { return try StandardOutput.print(json: result.report) }
        try StandardOutput.print(
            "\(out): \(result.taxonomy.intents.count) intents from \(shape); \(claimed) groups speak for one\n"
                + "read \(out)/taxonomy.yaml, then: tessera taxonomy check \(out)/taxonomy.yaml")
    }

    private func write(_ result: ProposalRun.Result) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let report = try encoder.encode(result.report)
        let yaml = try SettingsFile.yaml(result.taxonomy)
        try DirectoryPublication.publish(at: out, replacing: false) { folder throws(FileError) in
            try AtomicFile.write(Array(yaml.utf8), to: folder + "/taxonomy.yaml")
            try AtomicFile.write(Array(report) + [0x0A], to: folder + "/report.json")
        }
    }
}
