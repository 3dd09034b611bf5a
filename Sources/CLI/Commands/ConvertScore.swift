internal import ArgumentParser
internal import ArrowExchange
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceKernel
internal import Studies

struct ConvertScore: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Foretell for each decision which product the customer will apply for, or none.",
        discussion: """
            Writes the probability of each product and of none, and the product to offer: the likeliest one where its probability reaches the \
            threshold of the training. Customers and sessions that the training never saw are scored, too. The output is CSV (decision_id, offer \
            and a column for each class), or JSON Lines where its name ends in .jsonl. The same input gives the same bytes.

            Example: tessera convert score bank.corpus --predictor bank.predictor --model bank.model --decisions today.csv \
            --customers app/customers.csv --links app/links.csv --out foretold.csv
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Directory that `tessera convert train` wrote.", valueName: "predictor"), completion: .directory)
    var predictor: String
    @Option(help: ArgumentHelp("Decisions: decision_id, time_ms, customer_id.", valueName: "file"), completion: .file()) var decisions:
        String
    @OptionGroup var scoring: AppScoring
    @OptionGroup var serves: ServingPurpose
    @Option(help: ArgumentHelp("File to write, .csv, .jsonl or .parquet.", valueName: "file"), completion: .file()) var out: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var consents: ConsentColumn
    @Flag(help: "Use labels although their taxonomy is not approved: for judging, not for serving.") var forEvaluation = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus, predictor, decisions] + scoring.files + serves.files }

    func validate() throws {
        try ledger.check(output: out)
        try consents.check(ledger)
    }

    func run() throws {
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let plugin = try ParquetOutput.plugin(for: out)
        let agreed = try consents.read(scoring.app.customers, key: "customer_id")
        let trained = try ConversionPredictor(predictor)
        let inputs = try AppInputs(predictor: predictor)
        let events = try Corpus.open(corpus)
        let tables = try scoring.app.tables(events, inputs, decisions: decisions)
        let blocks = try scoring.floats(
            tables, inputs, serving: !forEvaluation, pool: WorkerPool(threads: scoring.threads.count)
        ) { sessions in
            try serves.opened().check(ModelUse.app(inputs, kind: .predictor, id: trained.id, place: predictor) + sessions)
        }
        let context = try tables.context(blocks, inputs.customers, settings: inputs.link)
        let probabilities = try trained.probabilities(context.floats, names: context.names)
        let offers = trained.offers(probabilities)
        let lines = ConversionLines(
            ids: tables.decisions.ids, classes: trained.classes, probabilities: probabilities, offers: offers)
        let recorder = try ledger.recorder(
            try recordedRun(events, trained.id), model: trained.id, purpose: serves.purpose?.rawValue ?? LedgerOptions.unnamedPurpose,
            key: scoring.app.key.bytes())
        try record(recorder, tables, byVisitor: inputs.byVisitor, agreed, lines)
        if let plugin { try lines.writeParquet(to: out, plugin: plugin) } else { try lines.write(to: out) }
        try recorder?.finish()
        let met = Met(
            decisions: offers.count, offers: offers.count { $0 != 0 },
            withoutSession: (0..<offers.count).count { tables.linked[$0].isEmpty }, rejects: tables.rejects.total)
        if json { return try StandardOutput.print(json: met) }
        try StandardOutput.print(
            "\(out): \(Reading.count(met.decisions)) decisions, \(Reading.count(met.offers)) offers; "
                + "\(Reading.count(met.withoutSession)) decisions without a web session")
    }

    private struct Met: Encodable {
        let decisions: Int
        let offers: Int
        let withoutSession: Int
        let rejects: Int
    }
}
