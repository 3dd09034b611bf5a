internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles

/// Labels of hotel-search sessions and the corpus they speak of.
struct HotelLabels {
    let corpus: Corpus
    let table: CorpusTable
    let labels: LabelSet
    /// The annotator who labelled most.
    let first: String
    /// Rows of events and of labels that were refused.
    let refused: (events: Int, labels: Int)

    /// The set's folder, below the roots of data and of labels.
    static let set = "trivago2019"

    /// Imports events and labels into a folder.
    /// - Parameters:
    ///   - part: what its corpus is called in the folder.
    ///   - judge: the first annotator where that is known already.
    init(_ context: FigureContext, data: String, labels root: String, in folder: String, part: String, judge: String? = nil) throws {
        let folder = "\(folder)/\(part)"
        let events = try context.input(data, Self.set, "events", endings: ["csv.gz", "csv"])
        let file = try context.input(root, Self.set, "labels", endings: ["jsonl.gz", "jsonl"])
        let read = try context.corpus([events], mapping: "\(Self.set).mapping.yaml", at: folder)
        corpus = read.corpus
        table = CorpusTable(corpus)
        let taxonomy = try Self.taxonomy(context, labels: root)
        let (labels, refused) = try LabelSet.read([file], for: corpus, taxonomy: try Taxonomy(validating: taxonomy))
        if !refused.isEmpty { FigureContext.say("intents: \(refused.count) label rows refused, the first \(refused[0])") }
        self.labels = labels
        self.refused = (read.refused, refused.count)
        let counts = labels.manifest.annotators
        first = judge ?? counts.keys.sorted().max { counts[$0]! < counts[$1]! } ?? ""
        guard counts[first] != nil else {
            throw FigureError(code: 65, description: "\(file): annotator \(first), whose labels teach, labelled nothing here")
        }
    }

    /// The taxonomy that the annotators had.
    static func taxonomy(_ context: FigureContext, labels root: String) throws -> Taxonomy {
        let words = try context.input(root, set, "taxonomy", endings: ["yaml"])
        return try SettingsFile.read(AnnotatorsTaxonomy.self, from: words).taxonomy
    }

    /// Sessions that the first annotator labelled.
    func merged() throws -> MergedLabels {
        let own = labels.annotations.filter { $0.source == first }
        let intents = labels.taxonomy.assignable.map(\.id)
        return MergedLabels(
            sessions: own.map(\.session), intents: intents, confidences: own.flatMap(\.confidences), threshold: 0.5)
    }

    /// When a session begins, in microseconds since 1970.
    func start(_ session: Int) -> Int64 {
        let events = corpus.events(ofSession: session)
        return events.isEmpty ? .min : corpus.timesMicroseconds[events.lowerBound]
    }
}

/// Training and test sessions in one corpus.
struct JoinedSessions {
    let table: CorpusTable
    private let numbers: [String: Int]?
    private let train: HotelLabels
    private let judged: HotelLabels

    init(_ train: HotelLabels, _ test: HotelLabels, _ context: FigureContext, folder: String) throws {
        (self.train, judged) = (train, test)
        guard train.corpus.digest != test.corpus.digest else {
            (table, numbers) = (train.table, nil)
            return
        }
        let files = try [context.data, context.testData ?? context.data].map {
            try context.input($0, HotelLabels.set, "events", endings: ["csv.gz", "csv"])
        }
        let (corpus, _) = try context.corpus(files, mapping: "\(HotelLabels.set).mapping.yaml", at: "\(folder)/joined")
        table = CorpusTable(corpus)
        var numbers: [String: Int] = [:]
        for session in 0..<corpus.sessionCount { numbers[Self.key(corpus, session)] = session }
        self.numbers = numbers
    }

    /// A training session's number in the joined corpus.
    func training(_ session: Int) -> Int { numbers.map { $0[Self.key(train.corpus, session)]! } ?? session }
    /// A test session's number in the joined corpus.
    func test(_ session: Int) -> Int { numbers.map { $0[Self.key(judged.corpus, session)]! } ?? session }

    private static func key(_ corpus: Corpus, _ session: Int) -> String {
        corpus.visitorKey(corpus.visitor(ofSession: session)) + " " + corpus.sessionKey(session)
    }
}

/// The form in which the annotators had their taxonomy.
private struct AnnotatorsTaxonomy: Decodable {
    struct Group: Decodable {
        let id: String
        let name: String
    }
    struct Leaf: Decodable {
        let id: String
        let parent: String?
        let name: String
        let definition: String
    }
    let taxonomy: Taxonomy

    enum CodingKeys: String, CodingKey { case taxonomy, version, note, parents, intents }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let groups = try values.decodeIfPresent([Group].self, forKey: .parents) ?? []
        let leaves = try values.decode([Leaf].self, forKey: .intents)
        taxonomy = Taxonomy(
            id: try values.decode(String.self, forKey: .taxonomy), version: try values.decode(String.self, forKey: .version),
            description: try values.decodeIfPresent(String.self, forKey: .note) ?? "",
            intents: groups.map { Intent(id: $0.id, name: $0.name, definition: "\($0.name): gathers the intents below it.", isGroup: true) }
                + leaves.map { Intent(id: $0.id, name: $0.name, definition: $0.definition, parent: $0.parent) })
    }
}

extension FigureContext {
    /// Pre-trains an encoder on some sessions and reads it back from its folder, as a user would.
    /// - Parameter epochs: in place of those of the settings.
    func encoder(
        _ settings: String, _ table: CorpusTable, sessions: [Int], epochs: Int? = nil, label: String, pool: WorkerPool, in folder: String
    ) throws -> ModelArtifact {
        var configuration = try configuration(self.settings(settings))
        if let epochs { configuration.training.epochs = epochs }
        if quick { configuration.training.epochs = 1 }
        let result = try Pretraining.run(
            table, dataDigest: table.corpus.digest, configuration, sessions: sessions, pool: pool, progress: trainingProgress(label))
        try ModelArtifact.write(result.model, result.weights, result.encoding, result.card, to: "\(folder)/encoder")
        return try ModelArtifact("\(folder)/encoder")
    }

    /// Files imported by a mapping that stands beside the figures, and how many of their rows were refused, for the figure to tell.
    func corpus(_ files: [String], mapping: String, at folder: String) throws -> (corpus: Corpus, refused: Int) {
        var rejects = RejectCollector()
        _ = try ExportFiles(files, mapping: settings(mapping)).makeCorpus(at: folder, rejects: &rejects)
        return (try Corpus.open(folder), rejects.total)
    }

    /// A file of a set with one of some endings.
    func input(_ root: String, _ set: String, _ stem: String, endings: [String]) throws -> String {
        for ending in endings where Self.exists("\(root)/\(set)/\(stem).\(ending)") { return "\(root)/\(set)/\(stem).\(ending)" }
        throw FigureError(
            code: 66, description: "\(root)/\(set): there is no \(stem).\(endings[0]); name the roots with --data and --labels")
    }
}
