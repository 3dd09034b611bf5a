public import IntentTaxonomy
public import SequenceEmbedding

/// Encoder and classifier made ready once, for floats of sessions that come one after another: what depends on weights alone is worked out
/// here.
public struct PreparedModels: Sendable {
    /// The encoder.
    public let encoder: ModelArtifact?
    /// Embeds with the encoder's own weights.
    public let embedder: SessionEmbedder?
    /// The classifier with its encoder.
    public let classifier: PreparedClassifier?

    /// Models that are ready, in single precision as the commands have them. Nil for what no block reads.
    public init(encoder: ModelArtifact? = nil, embedder: SessionEmbedder? = nil, classifier: PreparedClassifier? = nil) {
        (self.encoder, self.embedder, self.classifier) = (encoder, embedder, classifier)
    }

    /// Makes ready what some blocks read.
    public init(_ encoder: ModelArtifact?, _ classifier: IntentClassifier?, for blocks: [SessionBlock]) {
        var (embedder, prepared): (SessionEmbedder?, PreparedClassifier?) = (nil, nil)
        if let encoder {
            if blocks.contains(.labels), let classifier { prepared = PreparedClassifier(classifier, encoder: encoder) }
            if blocks.contains(.embedding) {
                // A classifier that did not train the encoder on reads its own weights.
                let shared = classifier?.encoderWeights == nil ? prepared?.embedder : nil
                embedder = shared ?? SessionEmbedder(encoder)
            }
        }
        self.init(encoder: encoder, embedder: embedder, classifier: prepared)
    }

    /// What gives labels; refused where it is missing or not the one of the training.
    func labels(_ wanted: String?) throws(StudyError) -> PreparedClassifier {
        guard let classifier else { throw .missingFile(what: "encoder and classifier", option: "--model, --intents") }
        try Self.check("classifier", classifier.classifier.id, wanted)
        return classifier
    }

    /// What gives embeddings; refused where it is missing or not the one of the training.
    func embedding(_ wanted: String?) throws(StudyError) -> (ModelArtifact, SessionEmbedder) {
        guard let encoder, let embedder else { throw .missingFile(what: "an encoder", option: "--model") }
        try Self.check("encoder", encoder.id, wanted)
        return (encoder, embedder)
    }

    private static func check(_ what: String, _ found: String, _ wanted: String?) throws(StudyError) {
        guard wanted == nil || found == wanted else {
            throw .wrongModel(
                model: "\(what) \(found.prefix(12))", reason: "training read the \(what) \(wanted!.prefix(12)); name that one")
        }
    }
}
