public import EventStream
public import DurableFiles
internal import FoundationEssentials
public import IntentTaxonomy
public import Recommendation
public import SequenceEmbedding
public import SequenceKernel

/// What a ranker or predictor of the command line reads, kept with it: the same features at training and at scoring.
public struct AppInputs: Sendable, Equatable, Codable {
    /// Blocks of the web sessions.
    public var blocks: [SessionBlock]
    /// Which values are counted, where pages are a block.
    public var pages: PageCounts?
    /// How texts of customers become floats.
    public var customers: FeatureEncoder
    /// How linked sessions become one vector.
    public var link: LinkedVectorSettings
    /// How far back sessions count, in seconds.
    public var windowSeconds: Double
    /// Whether other sessions of a customer's browser are linked, too.
    public var byVisitor: Bool
    /// Id of the encoder, where the embedding or labels are a block.
    public var encoder: String?
    /// Id of the classifier, where labels are a block.
    public var classifier: String?
    /// Tiles that training showed; nil for a predictor.
    public var tiles: [String]?
    /// How texts of tiles become floats; nil for a predictor.
    public var catalogue: FeatureEncoder?
    /// Microseconds after a decision in which its outcome shows; nil for a ranker.
    public var horizon: Int64?
    /// Nothing from this time on was learnt from; microseconds since 1970.
    public var before: Int64
    /// Share of the customers that was not learnt from, chosen by their ids; 0 where all were.
    public var judges: Double

    /// The file's name in the folder of the ranker or predictor.
    public static let file = "inputs.json"

    /// Inputs of a model.
    public init(
        blocks: [SessionBlock], pages: PageCounts?, customers: FeatureEncoder, link: LinkedVectorSettings, windowSeconds: Double,
        byVisitor: Bool, encoder: String?, classifier: String?, before: Int64, judges: Double, tiles: [String]? = nil,
        catalogue: FeatureEncoder? = nil, horizon: Int64? = nil
    ) {
        (self.blocks, self.pages, self.customers, self.link) = (blocks, pages, customers, link)
        (self.windowSeconds, self.byVisitor) = (windowSeconds, byVisitor)
        (self.encoder, self.classifier, self.before, self.judges) = (encoder, classifier, before, judges)
        (self.tiles, self.catalogue, self.horizon) = (tiles, catalogue, horizon)
    }

    /// As the file of a ranker's or predictor's folder.
    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(self)) + [0x0A]
    }

    /// Reads what a ranker or predictor says of its inputs.
    /// - Parameters:
    ///   - kind: of the folder, as its manifest calls it.
    ///   - command: what trains one, for the remedy.
    /// - Throws: ``StudyError/wrongModel(model:reason:)`` where it says nothing or something that cannot be.
    public init(_ path: String, kind: String, newestVersion: Int, command: String, in fileSystem: FileSystem = .live) throws(StudyError) {
        let bytes: [UInt8]
        do throws(SealedFolder.Fault) {
            bytes = try SealedFolder(path, kind: kind, newestVersion: newestVersion, in: fileSystem).contents(Self.file)
        } catch {
            if case .file(let error) = error { throw .file(error) }
            throw .wrongModel(model: path, reason: "it does not say what it reads; train it with: \(command)")
        }
        guard let inputs = try? JSONDecoder().decode(AppInputs.self, from: Data(bytes)), inputs.isPossible else {
            throw .wrongModel(model: "\(path)/\(Self.file)", reason: "it cannot be read; train it anew with: \(command)")
        }
        self = inputs
    }

    private var isPossible: Bool {
        Set(blocks).count == blocks.count && (0..<1).contains(judges) && windowSeconds > 0 && windowSeconds <= 100 * 366 * 86_400
            && horizon ?? 1 > 0
    }

    /// Floats of sessions, block by block. Labels of sessions that taught the classifier are those of students that saw no session of their
    /// visitor, and missing where the classifier did not keep them: at training and at scoring alike.
    /// - Parameters:
    ///   - corpus: digest of the table's corpus.
    ///   - part: of which corpus the sessions are, where the table's is a part.
    ///   - sessions: those whose embedding and labels are asked for, each once; those of all others are missing.
    /// - Throws: ``StudyError`` where a model is missing or is another one than training read.
    public func floats(
        _ table: any EventTable, corpus: String, part: EventSchema.Part? = nil, sessions: [Int], encoder artifact: ModelArtifact?,
        classifier labels: IntentClassifier?, pool: WorkerPool
    ) throws -> [SessionFloats] {
        try floats(
            table, corpus: corpus, part: part, sessions: sessions, models: PreparedModels(artifact, labels, for: blocks), pool: pool)
    }

    /// The same with models that were made ready before, for whoever asks for few sessions again and again.
    public func floats(
        _ table: any EventTable, corpus: String, part: EventSchema.Part? = nil, sessions: [Int], models: PreparedModels, pool: WorkerPool
    ) throws -> [SessionFloats] {
        try blocks.map { block in
            switch block {
            case .pages: return try wanted(pages).floats(table)
            case .supplied: throw Self.suppliedLabels
            case .labels:
                let prepared = try models.labels(classifier)
                return try .labels(
                    table, prepared, heldOut: prepared.classifier.taughtScores(ofCorpus: corpus, part: part), sessions: sessions,
                    pool: pool)
            case .embedding:
                let (artifact, embedder) = try models.embedding(encoder)
                return try .embedding(table, artifact, embedder, sessions: sessions, pool: pool)
            }
        }
    }

    /// Refuses models that are not those of the training, before any session is there.
    public func check(_ models: PreparedModels) throws(StudyError) {
        for block in blocks {
            switch block {
            case .pages: _ = try wanted(pages)
            case .supplied: throw Self.suppliedLabels
            case .labels: _ = try models.labels(classifier)
            case .embedding: _ = try models.embedding(encoder)
            }
        }
    }

    private static let suppliedLabels = StudyError.wrongModel(
        model: file, reason: "supplied labels are no input of a model that serves; distil them: tessera intents train")

    private func wanted(_ pages: PageCounts?) throws(StudyError) -> PageCounts {
        guard let pages else { throw .wrongModel(model: Self.file, reason: "it counts pages and does not say which") }
        return pages
    }
}
