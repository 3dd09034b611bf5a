internal import ArgumentParser
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceKernel
internal import Studies

struct ConvertTrain: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a predictor of the product that a customer applies for, or none.",
        discussion: """
            The outcome of a decision is the customer's first application within the horizon after it. Decisions whose horizon is not over, or \
            reaches beyond --before, are left out. Features are those of the customer and of the web sessions finished before the decision: \
            counts of pages, with --model embeddings, with --intents labels (of sessions that taught the classifier, what students said \
            that had not seen their visitor). Everything that is chosen is chosen on customers not seen.

            Example: tessera convert train bank.corpus --model bank.model --decisions app/decisions.csv --applications app/applications.csv \
            --customers app/customers.csv --links app/links.csv --before 2026-02-01 --judges 0.3 --out bank.predictor
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @OptionGroup var asked: DecisionOptions
    @OptionGroup var training: AppTraining

    var outputs: [String] { [training.out] }
    var inputs: [String] { [corpus] + asked.files + training.inputs }

    func run() throws { try training.run("convert", corpus: corpus, train) }

    private func train(_ settings: ConversionSettings, _ events: Corpus, _ line: ProgressLine, _ pool: WorkerPool) throws {
        let tables = try training.app.tables(events, decisions: asked.decisions)
        let horizon = asked.horizonMicroseconds
        let split = training.split(tables, outcomeAfter: horizon)
        var (inputs, blocks) = try training.floats(
            events, tables, split, end: training.before?.microseconds ?? .max, kind: .predictor, pool: pool)
        let known = try asked.examples(tables, blocks, inputs.customers)
        let chosen = Set(split.training)
        let examples = known.examples.selecting(known.decisions.indices.filter { chosen.contains(known.decisions[$0]) })
        if training.before == nil {
            inputs.before = (examples.time.max() ?? .min).advancedBySaturating(horizon).advancedBySaturating(1)
        }
        inputs.horizon = horizon
        let trained = try ConversionPredictor.train(examples, settings, pool: pool, progress: line.goesOn).predictor
        let id = try trained.write(to: training.out, with: training.extra(inputs), replacing: training.replace)
        let card = trained.card
        line.finish("\(Reading.count(card.decisions)) decisions in \(Reading.duration(line.elapsed))")
        if training.json {
            return try StandardOutput.print(
                json: Printed(
                    predictorId: id, blocks: inputs.blocks.map(\.rawValue), encoderId: inputs.encoder, classifierId: inputs.classifier,
                    classes: trained.classes, threshold: trained.threshold, censored: known.censored,
                    leftOut: tables.decisions.count - examples.count, rejects: tables.rejects.total, card: card))
        }
        try StandardOutput.print(
            "\(training.out): predictor \(id.prefix(12)) of \(trained.classes.count - 1) products and none, taught on "
                + "\(Reading.count(card.decisions)) decisions of \(Reading.count(card.customers)) customers "
                + "(\(Reading.count(tables.decisions.count - card.decisions)) left out); on unseen ones log loss "
                + "\(Reading.decimal(card.heldOutLogLoss, 4)) (shares alone \(Reading.decimal(card.heldOutLogLossOfShares, 4)))"
                + (card.heldOutAUC.map { ", AUC of any product \(Reading.decimal($0, 3))" } ?? ""))
    }

    private struct Printed: Encodable {
        let predictorId: String
        let blocks: [String]
        let encoderId: String?
        let classifierId: String?
        let classes: [String]
        let threshold: Double
        let censored: Int
        let leftOut: Int
        let rejects: Int
        let card: ConversionCard
    }
}
