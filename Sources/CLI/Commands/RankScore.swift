internal import ArgumentParser
internal import ArrowExchange
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

struct RankScore: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Rank the tiles of impressions, the likeliest click first.",
        discussion: """
            Impressions are written as for the training; the column of clicks may be missing or empty, and positions are not looked at. \
            Customers, sessions and tiles that the training never saw are ranked, too: a new tile by its features. Rules of eligibility remove \
            tiles before they are ranked, and JSON Lines tell which and why. The output is CSV (impression_id, rank, tile, probability), or \
            JSON Lines where its name ends in .jsonl. The same input gives the same bytes.

            Example: tessera rank score bank.corpus --ranker bank.ranker --model bank.model --impressions today.csv --tiles app/tiles.csv \
            --customers app/customers.csv --links app/links.csv --rules rules.yaml --top 3 --out ranked.jsonl
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Directory that `tessera rank train` wrote.", valueName: "ranker"), completion: .directory) var ranker:
        String
    @OptionGroup var shown: ImpressionOptions
    @OptionGroup var scoring: AppScoring
    @Option(
        help: ArgumentHelp("Rules of eligibility.", valueName: "rules.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var rules: String?
    @Option(
        help: ArgumentHelp("Purpose rules: what they ban for --purpose is refused before any work.", valueName: "rules.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var purposeRules: String?
    @OptionGroup var serves: PurposeOption
    @Option(help: ArgumentHelp("Write only the first tiles of each impression.", valueName: "n")) var top: Int?
    @Option(help: ArgumentHelp("File to write, .csv, .jsonl or .parquet.", valueName: "file"), completion: .file()) var out: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var consents: ConsentColumn
    @Flag(help: "Use labels although their taxonomy is not approved: for judging, not for serving.") var forEvaluation = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus, ranker] + shown.files + scoring.files + [rules, purposeRules].compactMap { $0 } }

    func validate() throws {
        try ledger.check(output: out)
        try consents.check(ledger)
        try serves.check(purposeRules)
        if let top, top < 1 { throw ValidationError("--top must be 1 or more") }
    }

    func run() throws {
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let plugin = try ParquetOutput.plugin(for: out)
        let agreed = try consents.read(scoring.app.customers, key: "customer_id")
        let trained = try TileRanker(ranker)
        let inputs = try AppInputs(ranker: ranker)
        let wanted = try rules.map { try SettingsFile.read(EligibilityRules.self, from: $0) }
        let events = try Corpus.open(corpus)
        let tables = try scoring.app.tables(events, inputs, impressions: shown, needsClicks: false)
        let eligibility = try wanted.map { try Eligibility($0, tables.catalogue!, customers: tables.customers) }
        let pool = WorkerPool(threads: scoring.threads.count)
        let blocks = try scoring.floats(tables, inputs, serving: !forEvaluation, pool: pool) { sessions in
            try serves.opened(purposeRules).check(ModelUse.app(inputs, kind: .ranker, id: trained.id, place: ranker) + sessions)
        }
        let examples = try tables.rankingExamples(blocks, inputs)
        let probabilities = try trained.probabilities(examples, pool: pool)
        let lines = RankLines(tables.log!, probabilities: probabilities, most: top, rules: eligibility) {
            tables.row(of: tables.decisions.customers[$0])
        }
        let recorder = try ledger.recorder(
            try recordedRun(events, trained.id), model: trained.id, purpose: serves.purpose?.rawValue ?? LedgerOptions.unnamedPurpose,
            key: scoring.app.key.bytes())
        try record(recorder, tables, byVisitor: inputs.byVisitor, agreed, lines)
        let counts =
            if let plugin { try lines.writeParquet(to: out, plugin: plugin) } else { try lines.write(to: out) }
        try recorder?.finish()
        let met = Met(tables, trained: Set(inputs.tiles ?? []), counts)
        if json { return try StandardOutput.print(json: met) }
        try StandardOutput.print(
            "\(out): \(Reading.count(counts.impressions)) impressions, \(Reading.count(counts.tiles)) tiles ranked, "
                + "\(Reading.count(counts.removed)) removed by rules; \(Reading.count(met.withoutSession)) impressions without a web session, "
                + "\(Reading.count(met.newTiles)) tiles not seen in training, \(Reading.count(met.unknownTiles)) not in the catalogue")
    }

    private struct Met: Encodable {
        let ranked: RankLines.Counts
        let withoutSession: Int
        let newTiles: Int
        let unknownTiles: Int
        let rejects: Int

        init(_ tables: AppTables, trained: Set<String>, _ counts: RankLines.Counts) {
            ranked = counts
            withoutSession = (0..<tables.decisions.count).count { tables.linked[$0].isEmpty }
            let shown = tables.log.flatMap { log in tables.catalogue?.look(up: log.tiles, in: log.tileNames, trained: trained) }
            (newTiles, unknownTiles) = (shown?.coldStart ?? 0, shown?.unknown ?? 0)
            rejects = tables.rejects.total
        }
    }
}

extension AppInputs {
    /// What a ranker reads.
    init(ranker path: String) throws {
        try self.init(path, kind: TileRanker.kind, newestVersion: TileRanker.version, command: "tessera rank train")
    }

    /// What a predictor reads.
    init(predictor path: String) throws {
        try self.init(
            path, kind: ConversionPredictor.kind, newestVersion: ConversionPredictor.version, command: "tessera convert train")
    }
}
