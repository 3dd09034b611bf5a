internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import Glibc
internal import InferenceService
internal import IntentTaxonomy

/// A corpus and what `tessera pack` made of models that were hardly trained: how fast and how alike they answer does not hang on that.
struct ServedModels {
    /// Folder of all of it.
    let folder: String
    /// The sessions.
    let corpus: Corpus
    /// What they are of.
    let source: String
    /// Where sessions are sent, here and at the peer.
    static let scoreRoute = "/v1/sessions:score"
    private let context: FigureContext
    private let labelling: [String]

    /// The parts.
    var encoder: String { "\(folder)/model" }
    var intents: String { "\(folder)/intents" }
    var packed: String { "\(folder)/serving" }
    var bundle: String { "\(folder)/bundle" }
    var corpusPath: String { "\(folder)/corpus" }

    /// The sample of the synthetic bank that the project ships.
    static func bank(_ context: FigureContext, in folder: String) throws -> ServedModels {
        let sample = "\(context.repository)/corpora/synthetic-bank"
        return try ServedModels(
            context, in: folder, source: "synthetic (the sample of the synthetic bank)", files: files(sample, "clicks."),
            mapping: "\(sample)/mapping.yaml", labels: files("\(sample)/labels", "annotators."),
            taxonomy: "\(context.repository)/taxonomy/retail-bank.yaml", settings: "\(context.repository)/tools/demo-intents.yaml")
    }

    /// Hotel-search sessions, with the labels that language models gave them.
    static func hotels(_ context: FigureContext, in folder: String) throws -> ServedModels {
        let events = try context.input(context.data, HotelLabels.set, "events", endings: ["csv.gz", "csv"])
        let labels = try context.input(context.labels, HotelLabels.set, "labels", endings: ["jsonl.gz", "jsonl"])
        // Approved for nothing but to be packed here: the file goes with the folder.
        var taxonomy = try HotelLabels.taxonomy(context, labels: context.labels)
        taxonomy.approval = Approval(by: "tools/figures", at: "2026-01-01T00:00:00Z", digest: taxonomy.digest, note: "for this figure only")
        let place = "\(folder)/taxonomy.yaml"
        try AtomicFile.write(Array(try JSONEncoder().encode(taxonomy)), to: place)
        return try ServedModels(
            context, in: folder, source: "real (\(HotelLabels.set))", files: [events],
            mapping: context.settings("\(HotelLabels.set).mapping.yaml"), labels: [labels], taxonomy: place,
            settings: "\(context.repository)/tools/demo-intents.yaml")
    }

    private init(
        _ context: FigureContext, in folder: String, source: String, files: [String], mapping: String, labels: [String], taxonomy: String,
        settings: String
    ) throws {
        (self.context, self.folder, self.source) = (context, folder, source)
        @discardableResult
        func run(_ arguments: [String]) throws -> ChildRun { try context.tessera(arguments).checked() }
        FigureContext.say("a small encoder and intents, \(source)")
        let (path, model, labelSet) = ("\(folder)/corpus", "\(folder)/model", "\(folder)/labels")
        try run(["import"] + files + ["--mapping", mapping, "--out", path])
        try run(["pretrain", path, "--config", context.settings("serve.yaml"), "--out", model])
        try run(["labels", "import"] + labels + ["--corpus", path, "--taxonomy", taxonomy, "--out", labelSet])
        labelling = ["intents", "train", path, "--model", model, "--labels", labelSet, "--config", settings]
        try run(labelling + ["--out", "\(folder)/intents"])
        try run(["intents", "pack", "\(folder)/intents", "--model", model, "--taxonomy", taxonomy, "--out", "\(folder)/serving"])
        corpus = try Corpus.open(path)
        try pack(to: "\(folder)/bundle")
    }

    /// Packs a bundle of encoder and intents.
    /// - Parameters:
    ///   - serving: packed intents; nil for the usual ones.
    ///   - ranker: a folder, with the file of its tiles.
    func pack(to path: String, serving: String? = nil, ranker: (path: String, tiles: String)? = nil) throws {
        try context.tessera(packing(to: path, serving: serving, ranker: ranker)).checked()
    }

    /// The arguments that pack a bundle.
    func packing(to path: String, serving: String? = nil, ranker: (path: String, tiles: String)? = nil) -> [String] {
        ["pack", "--corpus", corpusPath, "--model", encoder, "--intents", serving ?? packed, "--out", path, "--replace"]
            + (ranker.map { ["--ranker", $0.path, "--tiles", $0.tiles] } ?? [])
    }

    /// Other intents of the same sessions: taught with another seed, and packed.
    func otherIntents() throws -> String {
        let (trained, serving) = ("\(folder)/intents.other", "\(folder)/serving.other")
        try context.tessera(labelling + ["--seed", "2", "--out", trained]).checked()
        try context.tessera(
            [
                "intents", "pack", trained, "--model", encoder, "--taxonomy", "\(context.repository)/taxonomy/retail-bank.yaml", "--out",
                serving,
            ]
        ).checked()
        return serving
    }

    /// A ranker of the sample's home pages, and the file of its tiles.
    func ranker() throws -> (path: String, tiles: String) {
        let app = "\(context.repository)/corpora/synthetic-bank/app"
        let (path, settings) = ("\(folder)/ranker", "\(folder)/ranker.yaml")
        try AtomicFile.write(Array("{ members: 1, epochs: 2, folds: 2, hidden: 16, width: 8 }\n".utf8), to: settings)
        try context.tessera(
            [
                "rank", "train", corpusPath, "--impressions", "\(app)/impressions.csv.gz", "--tiles", "\(app)/tiles.csv", "--customers",
                "\(app)/customers.csv.gz", "--links", "\(app)/links.csv.gz", "--model", encoder, "--intents", packed, "--config", settings,
                "--before", "2025-10-30", "--out", path,
            ]
        ).checked()
        return (path, "\(app)/tiles.csv")
    }

    private static func files(_ folder: String, _ start: String) throws -> [String] {
        try FileSystem.live.names(in: folder).filter { $0.hasPrefix(start) }.sorted().map { "\(folder)/\($0)" }
    }

    // MARK: Requests

    /// Numbers of so many sessions at most, spread evenly over the corpus.
    func sessions(_ most: Int) -> [Int] {
        let count = min(most, corpus.sessionCount)
        return (0..<count).map { $0 * corpus.sessionCount / count }
    }

    /// The middle one of the sessions ordered by length, and how many events it has.
    var medianSession: (session: Int, events: Int) {
        let lengths = (0..<corpus.sessionCount).map { corpus.events(ofSession: $0).count }
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        let session = order[order.count / 2]
        return (session, lengths[session])
    }

    /// So many of the longest sessions that a request may have.
    func longestSessions(_ count: Int, most events: Int = 100) -> [Int] {
        let lengths = (0..<corpus.sessionCount).map { corpus.events(ofSession: $0).count }
        return Array(lengths.indices.filter { lengths[$0] <= events }.sorted { (lengths[$1], $0) < (lengths[$0], $1) }.prefix(count))
    }

    /// The body of a request: a session, with members behind its own, such as `"evidence":3`.
    func body(_ session: Int, _ members: String = "") -> [UInt8] {
        let text = SessionText.json(of: session, in: corpus)
        return members.isEmpty ? text : text.dropLast() + Array(",\(members)}".utf8)
    }
}
