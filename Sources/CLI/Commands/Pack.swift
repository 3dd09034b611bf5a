internal import ArgumentParser
internal import CreditRisk
internal import DurableFiles
internal import EventStream
internal import InferenceService
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SettingsFiles
internal import Studies

struct Pack: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Pack models into one folder that `tessera serve` loads.",
        discussion: """
            A bundle holds copies of the models with all that they need to answer alone: the fields of the corpus, the words in which its \
            events may be told (those that enough visitors share), the catalogue of tiles, rules. Everything is checked first: intents \
            must be packed with an approved taxonomy, ranker and predictor must read this encoder and these intents, and with \
            --rules and --purpose what is banned is refused. The bundle's id is the digest over all of it.

            Example: tessera pack --corpus bank.corpus --model bank.model --intents bank.serving --out bank.bundle
            Example: tessera pack --corpus bank.corpus --model bank.model --intents bank.serving --ranker bank.ranker \
            --tiles app/tiles.csv --eligibility rules.yaml --predictor bank.predictor --out app.bundle
            Example: tessera pack --credit credit.model --out credit.bundle
            """)

    @Option(help: ArgumentHelp("Corpus that the models were made from.", valueName: "corpus"), completion: .directory) var corpus: String?
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String?
    @Option(help: ArgumentHelp("Packed classifier.", valueName: "intents"), completion: .directory) var intents: String?
    @Option(help: ArgumentHelp("Directory that `tessera rank train` wrote.", valueName: "ranker"), completion: .directory)
    var ranker: String?
    @Option(help: ArgumentHelp("Catalogue of tiles, with a ranker.", valueName: "file"), completion: .file()) var tiles: String?
    @Option(
        help: ArgumentHelp("Rules of eligibility, with a ranker.", valueName: "rules.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var eligibility: String?
    @Option(help: ArgumentHelp("Directory that `tessera convert train` wrote.", valueName: "predictor"), completion: .directory)
    var predictor: String?
    @Option(help: ArgumentHelp("Directory that `tessera credit train` wrote.", valueName: "model"), completion: .directory)
    var credit: String?
    @OptionGroup var serves: ServingPurpose
    @Option(help: ArgumentHelp("Visitors that must share a word before evidence shows it.", valueName: "n")) var fewestVisitors = 3
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("A field that names an event in evidence, the most telling first. May be repeated.", valueName: "field"))
    var fields: [String] = []
    @Option(help: ArgumentHelp("Directory to write.", valueName: "bundle"), completion: .directory) var out: String
    @Flag(help: "Replace the bundle that is there.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var inputs: [String] {
        [corpus, model, intents, ranker, tiles, eligibility, predictor, credit].compactMap { $0 } + serves.files
    }

    func validate() throws {
        guard model != nil || credit != nil else { throw ValidationError("there is nothing to pack: name --model, --credit, or both") }
        guard (model == nil) == (corpus == nil) else { throw ValidationError("--model and --corpus go together") }
        for (option, value) in [("--intents", intents), ("--ranker", ranker), ("--predictor", predictor)] where value != nil {
            guard model != nil else { throw ValidationError("\(option) goes with the --model that it reads") }
        }
        guard (ranker == nil) == (tiles == nil) else { throw ValidationError("--ranker and --tiles go together") }
        guard eligibility == nil || ranker != nil else { throw ValidationError("--eligibility goes with --ranker") }
        guard (1...1000).contains(fewestVisitors) else { throw ValidationError("--fewest-visitors must lie between 1 and 1,000") }
    }

    func run() throws {
        var use = ModelUse()
        var parts: [BundleFolder.Part: (path: String, id: String)] = [:]
        var contents = BundleFolder.Contents(
            description: .init(parts: [:], purpose: serves.purpose?.rawValue, software: "tessera \(Version.text)"))
        if let model, let corpus {
            let artifact = try ModelArtifact(model)
            let events = try Corpus.open(corpus)
            // Refuses a corpus of other fields before anything is written.
            _ = try EncodedEvents(CorpusTable(events), artifact.encoding)
            try checkFields(events)
            contents.schema = events.schema
            contents.words = EventWording(events, fields: fields.isEmpty ? nil : fields, fewestVisitors: fewestVisitors)
            parts[.encoder] = (model, artifact.id)
            use = try use + .encoder(artifact, place: model)
            var classifier: IntentClassifier?
            if let intents {
                let own = try IntentClassifier(intents, encoder: artifact)
                try own.checkServable(place: intents)
                parts[.intents] = (intents, own.id)
                use = try use + .classifier(own, place: intents)
                classifier = own
            }
            if let ranker {
                let trained = try TileRanker(ranker)
                let inputs = try AppInputs(ranker: ranker)
                try check(inputs, ranker, artifact, classifier)
                parts[.ranker] = (ranker, trained.id)
                use = try use + .app(inputs, kind: .ranker, id: trained.id, place: ranker)
                // Read once: what is packed is what was looked at.
                let text = try ExportInput(path: tiles!).wholeText()
                let catalogue = try TileCatalogue(text, path: tiles!)
                contents.tiles = text
                if let eligibility {
                    let rules = try SettingsFile.read(EligibilityRules.self, from: eligibility)
                    _ = try Eligibility(rules, catalogue, customers: nil)
                    contents.rules = rules
                }
            }
            if let predictor {
                let trained = try ConversionPredictor(predictor)
                let inputs = try AppInputs(predictor: predictor)
                try check(inputs, predictor, artifact, classifier)
                parts[.predictor] = (predictor, trained.id)
                use = try use + .app(inputs, kind: .predictor, id: trained.id, place: predictor)
            }
        }
        if let credit {
            let card = try CreditScorecard(credit)
            parts[.credit] = (credit, card.id)
            use = try use + .scorecard(card.configuration, id: card.id, place: credit)
        }
        try serves.opened().check(use)
        contents.description.parts = Dictionary(uniqueKeysWithValues: parts.map { ($0.key.rawValue, $0.value.id) })
        let id = try BundleFolder.write(contents, parts: parts.mapValues(\.path), to: out, replacing: replace)
        let names = BundleFolder.Part.allCases.filter { parts[$0] != nil }.map(\.rawValue)
        if json {
            return try StandardOutput.print(
                json: Summary(bundleId: id, parts: contents.description.parts, words: contents.words?.words.count ?? 0))
        }
        try StandardOutput.print("\(out): \(names.joined(separator: ", ")); bundle \(id.prefix(12))…")
    }

    private func checkFields(_ corpus: Corpus) throws {
        for field in fields where corpus.codes(field) == nil {
            throw CommandFault(
                code: 64, place: "--field", reason: "the corpus has no such field of words",
                remedy: "choose from \(corpus.schema.readableFields.filter { $0.kind != .numeric }.map(\.name).joined(separator: ", "))")
        }
    }

    /// Refuses a ranker or predictor that reads other models.
    private func check(_ inputs: AppInputs, _ place: String, _ artifact: ModelArtifact, _ classifier: IntentClassifier?) throws {
        if let wanted = inputs.encoder, wanted != artifact.id {
            throw CommandFault(
                code: 65, place: place,
                reason: "it reads the model \(wanted.prefix(12))…, and \(model ?? "") is \(artifact.id.prefix(12))…",
                remedy: "name the model it was trained with, or train it anew")
        }
        if let wanted = inputs.classifier, wanted != classifier?.id {
            throw CommandFault(
                code: 65, place: place, reason: "it reads the intents \(wanted.prefix(12))…, which are not those of --intents",
                remedy: "name the intents it was trained with, or train it anew")
        }
    }

    private struct Summary: Encodable {
        let bundleId: String
        let parts: [String: String]
        let words: Int
    }
}
