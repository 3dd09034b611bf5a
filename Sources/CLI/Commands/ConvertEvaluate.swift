internal import ArgumentParser
internal import EventStream
internal import Recommendation
internal import SequenceKernel
internal import Studies

struct ConvertEvaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Judge a predictor by decisions of customers who did not teach it, beside the shares of the classes.",
        discussion: """
            Judged by decisions from the end of what was learnt from, or from --from TIME, of the customers that `tessera convert train \
            --judges` set aside; where it set none aside, of those without an earlier decision in the file. Decisions whose horizon is not over \
            are counted and left out. Applications for products that the predictor does not know are counted, and whatever was offered in \
            their place is a miss. Prints F1 of the offers, log loss, AUC and average precision of any product with paired 95 % intervals \
            by customer, and how many of those who took a product the highest tenths hold.

            Example: tessera convert evaluate bank.corpus --predictor bank.predictor --model bank.model --decisions app/decisions.csv \
            --applications app/applications.csv --customers app/customers.csv --links app/links.csv
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Directory that `tessera convert train` wrote.", valueName: "predictor"), completion: .directory)
    var predictor: String
    @OptionGroup var asked: OutcomeOptions
    @OptionGroup var scoring: AppScoring
    @Option(help: ArgumentHelp("Judge by what happened from this time on.", valueName: "time")) var from: Moment?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let trained = try ConversionPredictor(predictor)
        let inputs = try AppInputs(predictor: predictor)
        let events = try Corpus.open(corpus)
        let tables = try scoring.app.tables(events, inputs, decisions: asked.decisions)
        let split = try inputs.split(tables, from: from)
        let blocks = try scoring.floats(tables, inputs, serving: false, pool: WorkerPool(threads: scoring.threads.count))
        let known = try asked.examples(
            tables, blocks, inputs.customers, horizon: inputs.horizon ?? ConversionWindow.thirtyDays,
            products: Array(trained.classes.dropFirst()), settings: inputs.link)
        let judging = Set(split.test)
        let examples = known.examples.selecting(known.decisions.indices.filter { judging.contains(known.decisions[$0]) })
        let study = try ConversionStudy(
            trained, examples, leftOut: tables.decisions.count - split.test.count, censored: split.test.count - examples.count)
        if json { return try StandardOutput.print(json: study) }
        try StandardOutput.print(study.text)
    }
}
