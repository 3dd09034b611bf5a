public import SequenceEmbedding
internal import SequenceKernel

/// What ranking next items needs of a model, whether it was read from a directory or has just been trained.
public struct NextItemModel: Sendable {
    /// For messages.
    public let name: String
    let model: SequenceModel
    let weights: ParameterVector
    let encoding: FeatureEncoding
    let prior: NextItemPrior?

    /// A model read from a directory.
    public init(_ artifact: ModelArtifact, name: String) {
        self.name = name
        (model, weights, encoding, prior) = (artifact.model, artifact.weights, artifact.encoding, artifact.prior)
    }

    /// A model that has just been trained.
    public init(_ result: Pretraining.Result, name: String) {
        self.name = name
        (model, weights, encoding, prior) = (result.model, result.weights, result.encoding, result.prior)
    }
}
