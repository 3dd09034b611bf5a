internal import ArgumentParser
internal import EventStream
internal import Recommendation
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

struct RankEvaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Judge a ranker by impressions of customers who did not teach it, beside simple orders.",
        discussion: """
            Judged by impressions from the end of what was learnt from, or from --from TIME, of the customers that `tessera rank train --judges` \
            set aside; where it set none aside, of those without an earlier impression in the file. Beside it stand the order in which tiles \
            were shown and the share of clicks of each tile at each place, both learnt from earlier impressions of the same file, with paired \
            95 % intervals by customer; --baselines adds logistic regression and boosted trees. Impressions without a click are counted \
            and say nothing of an order.

            Where the log tells with which probability the tile on the first place stood there, it is also estimated how often that \
            place would be clicked if the ranker's best tile stood there: inverse propensity, self-normalised and doubly robust, beside \
            the rate as logged, from all impressions that judge. The ranker chooses among all tiles that the log had shown to anybody \
            before, as far as --rules allow them: the probability is that over all draws of a page, not of what one draw happened to \
            show. Without probabilities there is no estimate.

            Example: tessera rank evaluate bank.corpus --ranker bank.ranker --model bank.model --impressions app/impressions.csv \
            --tiles app/tiles.csv --customers app/customers.csv --links app/links.csv
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Directory that `tessera rank train` wrote.", valueName: "ranker"), completion: .directory) var ranker:
        String
    @OptionGroup var shown: ImpressionOptions
    @OptionGroup var scoring: AppScoring
    @Option(help: ArgumentHelp("Judge by what happened from this time on.", valueName: "time")) var from: Moment?
    @Option(help: ArgumentHelp("Places that recall and the discounted gain (NDCG) look at.", valueName: "n")) var places = 5
    @Flag(help: "Learn logistic regression and boosted trees on the same impressions, too, and show them beside the ranker.")
    var baselines =
        false
    @Option(
        help: ArgumentHelp("Rules of eligibility for the estimate of the first place.", valueName: "rules.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var rules: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...1000).contains(places) else { throw ValidationError("--places must lie between 1 and 1,000") }
    }

    func run() throws {
        let trained = try TileRanker(ranker)
        let inputs = try AppInputs(ranker: ranker)
        let wanted = try rules.map { try SettingsFile.read(EligibilityRules.self, from: $0) }
        let events = try Corpus.open(corpus)
        let tables = try scoring.app.tables(events, inputs, impressions: shown)
        let eligibility = try wanted.map { try Eligibility($0, tables.catalogue!, customers: tables.customers) }
        let split = try inputs.split(tables, from: from)
        let pool = WorkerPool(threads: scoring.threads.count)
        let examples = try tables.rankingExamples(try scoring.floats(tables, inputs, serving: false, pool: pool), inputs)
        var study = try RankerStudy(
            trained, examples, tiles: tables.log!.tiles, split: split, places: places, learntBaselines: baselines, pool: pool)
        study.firstPlace = try FirstPlaceStudy(
            trained, tables, examples, inputs, impressions: split.test, rules: eligibility, pool: pool)
        if json { return try StandardOutput.print(json: study) }
        try StandardOutput.print(study.text)
    }
}
