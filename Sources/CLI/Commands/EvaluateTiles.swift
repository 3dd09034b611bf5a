internal import ArgumentParser
internal import EventStream
internal import Recommendation
internal import SequenceKernel
internal import Studies

struct EvaluateTiles: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "tiles",
        abstract: "Compare what a tile ranker gains from labels and embeddings, head to head.",
        discussion: """
            Trains a ranker on business features and counts of pages, and again with supplied labels, with distilled labels, with the \
            embedding, and with both; judges all of them on later impressions of other customers. Each row stands beside its \
            change against the first, with a paired 95 % interval by customer. Encoder and classifier should have been trained on what lies \
            before --from; distilled labels of sessions that taught the classifier are what students said that had not seen their visitor.

            Example: tessera evaluate tiles bank.corpus --model bank.model --intents bank.intents --labels bank.labels \
            --impressions app/impressions.csv --tiles app/tiles.csv --customers app/customers.csv --links app/links.csv
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @OptionGroup var shown: ImpressionOptions
    @OptionGroup var table: HeadToHeadOptions

    var outputs: [String] { table.outputs }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus] + shown.files + table.inputs }

    func run() throws {
        let events = try Corpus.open(corpus)
        let settings: TileRankerSettings = try table.settings()
        let tables = try table.app.tables(events, impressions: shown.impressions, tiles: shown.tiles, format: shown.format)
        let split = table.split(tables)
        let blocks = try table.blocks(events, tables, split)
        let examples = try tables.rankingExamples(
            blocks, tables.customerEncoder(learntFrom: split.training), training: split.training)
        let (head, _, withoutClick) = try HeadToHead.tiles(
            examples, tiles: tables.log!.tiles, names: tables.log!.tileNames, training: split.training, test: split.test,
            rows: table.rows(blocks), settings: settings, seeds: table.seedNumbers(from: settings.seed),
            truth: try table.truth.map { try AppTruth.tiles($0, tables) }, pool: table.pool, say: { StandardError.write("tiles: \($0)\n") })
        StandardError.write(
            "tiles: \(Reading.count(split.training.count)) impressions to learn from, \(Reading.count(split.test.count)) to judge by, of which "
                + "\(Reading.count(withoutClick)) have no click; \(Reading.count(split.leftOut)) left out, so that rankers share neither people nor times\n"
        )
        try table.print(head, task: .tiles, corpus: events, learnt: split.training.count)
    }
}

struct EvaluateConversion: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "conversion",
        abstract: "Compare what a conversion predictor gains from labels and embeddings, head to head.",
        discussion: """
            Which product a customer applies for within the horizon of a decision, or none. Trains a predictor on business features and counts \
            of pages, and again with supplied labels, with distilled labels, with the embedding, and with both; learns from decisions whose \
            outcome is known before --from and judges by later ones of other customers. Distilled labels of sessions that taught the \
            classifier are what students said that had not seen their visitor.

            Example: tessera evaluate conversion bank.corpus --model bank.model --intents bank.intents --decisions app/decisions.csv \
            --applications app/applications.csv --customers app/customers.csv --links app/links.csv
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @OptionGroup var asked: DecisionOptions
    @OptionGroup var table: HeadToHeadOptions

    var outputs: [String] { table.outputs }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus] + asked.files + table.inputs }

    func run() throws {
        let events = try Corpus.open(corpus)
        let settings: ConversionSettings = try table.settings()
        let tables = try table.app.tables(events, decisions: asked.decisions)
        let split = table.split(tables, outcomeAfter: asked.horizonMicroseconds)
        let blocks = try table.blocks(events, tables, split)
        let known = try asked.examples(tables, blocks, tables.customerEncoder(learntFrom: split.training))
        let places = Dictionary(uniqueKeysWithValues: known.decisions.enumerated().map { ($1, $0) })
        let (training, test) = (split.training.compactMap { places[$0] }, split.test.compactMap { places[$0] })
        let head = try HeadToHead.conversions(
            known.examples, training: training, test: test, rows: table.rows(blocks), settings: settings,
            seeds: table.seedNumbers(from: settings.seed),
            truth: try table.truth.map { try AppTruth.decisions($0, tables, classes: known.examples.classes, known.decisions) },
            pool: table.pool,
            say: { StandardError.write("conversion: \($0)\n") })
        StandardError.write(
            "conversion: \(Reading.count(training.count)) decisions to learn from, \(Reading.count(test.count)) to judge by; "
                + "\(Reading.count(known.censored)) left out, as their horizon is not over\n")
        try table.print(head, task: .conversion, corpus: events, learnt: training.count)
    }
}
