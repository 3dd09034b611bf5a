internal import ArgumentParser
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SettingsFiles
internal import Studies

/// The files of the app that a ranker or predictor reads, beside the clickstream.
struct AppFiles: ParsableArguments {
    @Option(help: ArgumentHelp("Features of customers: customer_id and any columns.", valueName: "file"), completion: .file())
    var customers: String
    @Option(
        help: ArgumentHelp("Table of links between sessions and customers, in place of the log-ins of the corpus.", valueName: "file"),
        completion: .file())
    var links: String?
    @OptionGroup var key: KeyOption

    var files: [String] { [customers, links, key.key].compactMap { $0 } }

    /// The tables as a trained ranker or predictor reads them.
    func tables(
        _ corpus: Corpus, _ inputs: AppInputs, impressions: ImpressionOptions, needsClicks: Bool = true
    ) throws -> AppTables {
        var files = AppTables.Files(
            customers: customers, impressions: impressions.impressions, tiles: impressions.tiles, links: links)
        if let format = impressions.format { files.format = try SettingsFile.read(ImpressionFormat.self, from: format) }
        files.format.needsClicks = needsClicks
        return try read(files, corpus, byVisitor: inputs.byVisitor, windowSeconds: inputs.windowSeconds)
    }

    /// The tables as a trained ranker or predictor reads them.
    func tables(_ corpus: Corpus, _ inputs: AppInputs, decisions: String) throws -> AppTables {
        try read(
            AppTables.Files(customers: customers, decisions: decisions, links: links), corpus, byVisitor: inputs.byVisitor,
            windowSeconds: inputs.windowSeconds)
    }

    func read(_ files: AppTables.Files, _ corpus: Corpus, byVisitor: Bool, windowSeconds: Double) throws -> AppTables {
        let tables = try AppTables(files, corpus: corpus, key: try key.bytes(), byVisitor: byVisitor, windowSeconds: windowSeconds)
        AppOptions.show(tables.rejects)
        return tables
    }
}

/// The files of the app, and how sessions are linked to its customers.
struct AppOptions: ParsableArguments {
    @OptionGroup var sources: AppFiles
    @Flag(help: "Link all sessions of a visitor to whoever logged in there first, from then on until somebody else does.") var byVisitor =
        false
    @Option(help: ArgumentHelp("How far back sessions count.", valueName: "span"))
    var window = TimeSpan(seconds: WebToAppLink.usualWindowSeconds)

    var files: [String] { sources.files }

    func tables(_ corpus: Corpus, impressions: String, tiles: String, format: String?) throws -> AppTables {
        var files = AppTables.Files(customers: sources.customers, impressions: impressions, tiles: tiles, links: sources.links)
        if let format { files.format = try SettingsFile.read(ImpressionFormat.self, from: format) }
        return try sources.read(files, corpus, byVisitor: byVisitor, windowSeconds: window.seconds)
    }

    func tables(_ corpus: Corpus, decisions: String) throws -> AppTables {
        try sources.read(
            AppTables.Files(customers: sources.customers, decisions: decisions, links: sources.links), corpus, byVisitor: byVisitor,
            windowSeconds: window.seconds)
    }

    static func show(_ refused: RejectedRows) {
        guard refused.total > 0 else { return }
        for reject in refused.kept.prefix(3) { StandardError.write("refused \(reject)\n") }
        for (reason, count) in refused.countsByReason.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            StandardError.write("\(Reading.count(count)) rows refused: \(reason)\n")
        }
    }
}

/// The models whose outputs are features.
struct SessionModels: ParsableArguments {
    @Option(help: ArgumentHelp("Model directory: embeddings become features.", valueName: "model"), completion: .directory) var model:
        String?
    @Option(
        help: ArgumentHelp("Classifier directory: labels become features; needs the model.", valueName: "intents"), completion: .directory)
    var intents: String?

    func validate() throws {
        guard intents == nil || model != nil else { throw ValidationError("--intents reads embeddings: name their --model") }
    }

    var paths: [String] { [model, intents].compactMap { $0 } }

    func open() throws -> (encoder: ModelArtifact?, classifier: IntentClassifier?) {
        let encoder = try model.map { try ModelArtifact($0) }
        let classifier = try intents.map { try IntentClassifier($0, encoder: encoder!) }
        return (encoder, classifier)
    }

    /// What they read and give out.
    func use(_ encoder: ModelArtifact?, _ classifier: IntentClassifier?) throws -> ModelUse {
        try (encoder.map { try ModelUse.encoder($0, place: model ?? "") } ?? ModelUse())
            + (classifier.map { try ModelUse.classifier($0, place: intents ?? "") } ?? ModelUse())
    }
}

/// Impressions and the catalogue of their tiles.
struct ImpressionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Impressions of the app.", valueName: "file"), completion: .file()) var impressions: String
    @Option(help: ArgumentHelp("Catalogue of tiles: tile and any columns.", valueName: "file"), completion: .file()) var tiles: String
    @Option(
        help: ArgumentHelp("How the impressions are written, where their columns have other names.", valueName: "file.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var format: String?

    var files: [String] { [impressions, tiles, format].compactMap { $0 } }
}
