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

    /// The file's name in the folder of the ranker or predictor.
    public static let file = "inputs.json"

    /// Inputs of a model.
    public init(
        blocks: [SessionBlock], pages: PageCounts?, customers: FeatureEncoder, link: LinkedVectorSettings, windowSeconds: Double,
        byVisitor: Bool, encoder: String?, classifier: String?, tiles: [String]? = nil
    ) {
        (self.blocks, self.pages, self.customers, self.link) = (blocks, pages, customers, link)
        (self.windowSeconds, self.byVisitor) = (windowSeconds, byVisitor)
        (self.encoder, self.classifier, self.tiles) = (encoder, classifier, tiles)
    }

    /// Floats of all sessions, block by block.
    /// - Throws: ``StudyError`` where a model is missing or is another one than training read.
    public func floats(
        _ table: any EventTable, encoder artifact: ModelArtifact?, classifier labels: IntentClassifier?, pool: WorkerPool
    ) throws -> [SessionFloats] {
        try blocks.map { block in
            switch block {
            case .pages:
                guard let pages else { throw StudyError.wrongModel(model: Self.file, reason: "it counts pages and does not say which") }
                return try pages.floats(table)
            case .supplied:
                throw StudyError.wrongModel(
                    model: Self.file, reason: "supplied labels are no input of a model that serves; distil them: tessera intents train")
            case .labels:
                guard let artifact, let labels else {
                    throw StudyError.missingFile(what: "encoder and classifier", option: "--model, --intents")
                }
                try Self.check("classifier", labels.id, classifier)
                return try .labels(table, labels, encoder: artifact, pool: pool)
            case .embedding:
                guard let artifact else { throw StudyError.missingFile(what: "an encoder", option: "--model") }
                try Self.check("encoder", artifact.id, encoder)
                return try .embedding(table, artifact, pool: pool)
            }
        }
    }

    private static func check(_ what: String, _ found: String, _ wanted: String?) throws {
        guard wanted == nil || found == wanted else {
            throw StudyError.wrongModel(
                model: "\(what) \(found.prefix(12))", reason: "training read the \(what) \(wanted!.prefix(12)); name that one")
        }
    }
}
