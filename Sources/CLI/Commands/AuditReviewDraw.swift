internal import ArgumentParser
internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import IntentTaxonomy
internal import Studies

struct AuditReviewDraw: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "draw",
        abstract: "Draw labelled sessions for people to judge, and write a sheet for each of them.",
        discussion: """
            Sessions are drawn by chance from strata of intent, how sure the label is and, with --by, a field such as device; of sessions \
            without an intent, too, for only they show what was missed. Every session has a known chance, which is kept in design.json, so \
            that estimates hold for all sessions and not for the sample alone. With --first uncertain more is drawn where labels are less \
            sure. The same labels and seed draw the same sample.

            The folder gets NAME.csv for each reviewer, intents.csv with the definitions, README.txt with what reviewers must know, and \
            design.json, which names sessions and stays with whoever reads the sheets.

            Example: tessera audit review draw labels.jsonl --corpus bank.corpus --taxonomy retail-bank.yaml --reviewers anna,ben \
            --overlap 2 --out march.review
            """)

    @Argument(help: ArgumentHelp("Labels that `tessera label` wrote as JSON Lines.", valueName: "labels"), completion: .file())
    var labels: String?
    @Option(help: ArgumentHelp("Ledger whose labels are reviewed, in place of a file.", valueName: "file"), completion: .file())
    var ledger: String?
    @OptionGroup var vaultKey: VaultKeyOption
    @Option(help: ArgumentHelp("Corpus of the labelled sessions, for their journeys.", valueName: "corpus"), completion: .directory)
    var corpus: String
    @Option(
        help: ArgumentHelp("Taxonomy that the labels name.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var taxonomy: String
    @Option(help: ArgumentHelp("Folder to write; it must not be there.", valueName: "folder"), completion: .directory) var out: String
    @Option(help: ArgumentHelp("Sessions to draw; more where --per-intent asks for them.", valueName: "n")) var size = 200
    @Option(help: ArgumentHelp("Sessions to draw of each intent, at least.", valueName: "n")) var perIntent = 20
    @Option(help: ArgumentHelp("What the draw prefers: uncertain or random.", valueName: "what"))
    var first = ReviewDesign.Preference.uncertain
    @Option(help: ArgumentHelp("A field by whose values the sample is spread, such as device.", valueName: "field")) var by: String?
    @Option(help: ArgumentHelp("Reviewers' names, parted by commas.", valueName: "names")) var reviewers = "reviewer"
    @Option(help: ArgumentHelp("Reviewers that judge each session.", valueName: "n")) var overlap = 1
    @Flag(help: "Do not show what was given: reviewers choose the intents.") var blind = false
    @Option(help: ArgumentHelp("Same seed, same sample.", valueName: "n")) var seed: UInt64 = 1
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { [out] }
    var inputs: [String] { [labels, ledger, corpus, taxonomy].compactMap { $0 } }

    func validate() throws {
        guard (labels == nil) != (ledger == nil) else { throw ValidationError("name a file of labels, or a ledger with --ledger") }
    }

    func run() throws {
        let words = try TaxonomyFile.valid(taxonomy)
        let intents = words.assignable.map { ReviewDesign.Intent(id: $0.id, name: $0.name, definition: $0.definition) }
        var population =
            if let labels { try ReviewPopulation(labels: labels) } else {
                try recorded(ledger!)
            }
        guard population.source.taxonomyDigest == words.digest else {
            throw ReviewError.otherTaxonomy(
                path: taxonomy, reason: "the labels were given under \(population.source.taxonomy) with other words")
        }
        let events = try Corpus.open(corpus)
        if let by, events.codes(by) == nil {
            throw CommandFault(
                code: EX_USAGE, place: "--by", reason: "the corpus has no such field of words",
                remedy: "choose from \(events.schema.readableFields.filter { $0.kind != .numeric }.map(\.name).joined(separator: ", "))")
        }
        let journeys = ReviewJourneys(events)
        if let by { population.slice { journeys.value(of: by, $0) } }
        let design = try ReviewDesign(
            population, intents: intents,
            ReviewDesign.Settings(
                size: size, perIntent: perIntent, first: first, by: by ?? "",
                reviewers: reviewers.split(separator: ",").map { String($0.filter { $0 != " " }) }, overlap: overlap, isBlind: blind,
                seed: seed))
        let known = journeys.count(of: design.items.map(\.session))
        guard known > 0 else {
            throw CommandFault(
                code: EX_CONFIG, place: corpus, reason: "it holds none of the sessions drawn", remedy: "give the corpus that was labelled")
        }
        if known < design.items.count {
            StandardError.write("review: the corpus does not hold \(design.items.count - known) of the sessions drawn\n")
        }
        if design.items.count > size {
            StandardError.write(
                "review: more than --size \(size) are drawn, so that there are \(perIntent) of each intent (--per-intent) and enough without one\n"
            )
        }
        try design.publish(to: out, journey: journeys.text, evidence: population.evidence(for: design))
        try show(design)
    }

    /// The labels of a ledger, with the sessions that are kept with their inputs.
    private func recorded(_ path: String) throws -> ReviewPopulation {
        let vault = try vaultKey.key().flatMap { try VaultKeyOption.vault(besides: path, .readOnly, $0) }
        if vault == nil {
            StandardError.write("review: without the vault's key (--vault-key) the sessions of recorded labels are not known\n")
        }
        var passed: [LedgerError.Kind: Int] = [:]
        let population = try ReviewPopulation(ledger: Ledger(at: path, .readOnly)) { entry in
            do throws(LedgerError) {
                guard let opened = try vault?.open(entry) else { return nil }
                return try? DecisionInput(json: opened.input).id
            } catch {
                passed[error.kind, default: 0] += 1
                return nil
            }
        }
        for (kind, count) in passed.sorted(by: { ($1.value, "\($0.key)") < ($0.value, "\($1.key)") }) {
            let why =
                switch kind {
                case .erased: "of erased subjects"
                case .notStored: "whose input was not kept"
                default: "whose input cannot be opened: run tessera audit verify \(path)"
                }
            StandardError.write("review: passed over \(Reading.count(count)) labels \(why)\n")
        }
        return population
    }

    private func show(_ design: ReviewDesign) throws {
        let sessions = design.strata.reduce(0) { $0 + $1.population }
        let weights = design.items.map(\.weight)
        if json {
            struct Summary: Encodable {
                let design: String
                let sessions: Int
                let drawn: Int
                let strata: Int
                let rowsByReviewer: [String: Int]
                let smallestWeight: Double
                let largestWeight: Double
            }
            let rows = design.settings.reviewers.enumerated().map { who, name in
                (name, design.items.count { $0.reviewers.contains(who) })
            }
            return try StandardOutput.print(
                json: Summary(
                    design: design.id, sessions: sessions, drawn: design.items.count, strata: design.strata.count,
                    rowsByReviewer: Dictionary(uniqueKeysWithValues: rows), smallestWeight: weights.min() ?? 0,
                    largestWeight: weights.max() ?? 0))
        }
        let names = design.settings.reviewers.map { "\($0).csv" }.joined(separator: ", ")
        try StandardOutput.print(
            "\(out): \(Reading.count(design.items.count)) of \(Reading.count(sessions)) sessions in \(design.strata.count) strata; each stands "
                + "for \(Reading.count(Int((weights.min() ?? 0).rounded()))) to \(Reading.count(Int((weights.max() ?? 0).rounded())))\n"
                + "Give \(names) to the reviewers with README.txt and intents.csv; keep design.json. Then:\n"
                + "tessera audit review read \(out)/design.json "
                + design.settings.reviewers.map { "\(out)/\($0).csv" }.joined(separator: " "))
    }
}
