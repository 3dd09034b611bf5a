internal import ArgumentParser
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceKernel
internal import Studies

struct RankTrain: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a ranker of tiles on impressions of the app.",
        discussion: """
            Learns from impressions with a click: what is known of the customer, of the tile, and of the web sessions that the customer had \
            finished before: counts of pages, with --model embeddings, with --intents labels (of sessions that taught the classifier, what \
            students said that had not seen their visitor). Where a tile was shown has an effect of its own, which is left out at scoring; \
            probabilities are calibrated on customers not seen. With --before TIME and --judges SHARE later impressions of other customers \
            are left to `tessera rank evaluate`.

            Example: tessera rank train bank.corpus --model bank.model --impressions app/impressions.csv --tiles app/tiles.csv \
            --customers app/customers.csv --links app/links.csv --before 2026-02-01 --judges 0.3 --out bank.ranker
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @OptionGroup var shown: ImpressionOptions
    @OptionGroup var training: AppTraining

    var outputs: [String] { [training.out] }
    var inputs: [String] { [corpus] + shown.files + training.inputs }

    func run() throws { try training.run("rank", corpus: corpus, train) }

    private func train(_ settings: TileRankerSettings, _ events: Corpus, _ line: ProgressLine, _ pool: WorkerPool) throws {
        let tables = try training.app.tables(events, impressions: shown.impressions, tiles: shown.tiles, format: shown.format)
        let split = training.split(tables)
        let latest = split.training.map { tables.decisions.times[$0] }.max() ?? .min
        var (inputs, blocks) = try training.floats(
            events, tables, split, end: training.before?.microseconds ?? latest.advancedBySaturating(1), kind: .ranker, pool: pool)
        (inputs.tiles, inputs.catalogue) = (tables.shownTiles(split.training), tables.catalogue?.encoder)
        let examples = try tables.rankingExamples(blocks, inputs).decisions(split.training)
        let trained = try TileRanker.train(examples, settings, pool: pool, progress: line.goesOn).ranker
        let id = try trained.write(to: training.out, with: training.extra(inputs), replacing: training.replace)
        let card = trained.card
        line.finish("\(Reading.count(examples.count)) impressions in \(Reading.duration(line.elapsed))")
        if training.json {
            return try StandardOutput.print(
                json: Printed(
                    rankerId: id, blocks: inputs.blocks.map(\.rawValue), encoderId: inputs.encoder, classifierId: inputs.classifier,
                    tiles: inputs.tiles ?? [], leftOut: tables.decisions.count - split.training.count, rejects: tables.rejects.total,
                    card: card))
        }
        try StandardOutput.print(
            "\(training.out): ranker \(id.prefix(12)) of \(Reading.count(inputs.tiles?.count ?? 0)) tiles, taught on "
                + "\(Reading.count(card.impressions)) impressions with a click (\(Reading.count(card.withoutClick)) without) of "
                + "\(Reading.count(card.customers)) customers; on unseen ones mean reciprocal rank "
                + "\(Reading.decimal(card.heldOutReciprocalRank, 3)), log loss \(Reading.decimal(card.heldOutLogLoss, 4)); shares of networks "
                + "\(Reading.decimal(card.networkShare, 2)), plain sum \(Reading.decimal(card.linearShare, 2))"
                + (card.treeShare > 0 ? ", trees \(Reading.decimal(card.treeShare, 2))" : ""))
    }

    private struct Printed: Encodable {
        let rankerId: String
        let blocks: [String]
        let encoderId: String?
        let classifierId: String?
        let tiles: [String]
        let leftOut: Int
        let rejects: Int
        let card: RankerCard
    }
}

extension Int64 {
    /// The sum, or the greatest number there is.
    func advancedBySaturating(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
