internal import SequenceEmbedding
public import SequenceKernel

/// The framework's network and its training: a file may leave out what keeps its default. 8 floats, 2 heads and 1 layer are enough for
/// credit risk (systems.md 4.3).
public struct FrameworkSettings: Codable, Sendable, Equatable {
    /// Floats of a field, an item and a history: E (8).
    public var width = 8
    /// Attention heads (2).
    public var heads = 2
    /// Transformer layers over items, and over the records of an item where items are sequences (1).
    public var layers = 1
    /// Hidden floats of their feed-forward parts; 0 for 4 E (0).
    public var feedForward = 0
    /// On both branches of the Transformer's layers (0.1).
    public var dropout: Float = 0.1
    /// How items become one vector (mean).
    public var pooling = PoolingKind.mean
    /// Whether places, counted from the latest item, are added as sines and cosines (true).
    public var positions = true
    /// Hidden floats of the head; 0 for a linear one (0).
    public var headWidth = 0
    /// Whether missing values have vectors of their own; else they are read as 0 and as an unknown category (true).
    public var missingCodes = true
    /// Categories seen less often among the records learnt from are unknown (2).
    public var leastCount = 2
    /// Most categories of a field, the frequent ones (10000).
    public var categories = 10_000
    /// Passes of self-supervised pre-training, in which hidden records are told from those around them by all applicants, also those without a
    /// known outcome; 0 for none (0).
    public var preTrainingEpochs = 0
    /// Share of the records that it hides (0.15).
    public var hiddenShare: Float = 0.15
    /// Applicants in a batch (128).
    public var batchApplicants = 128
    /// Most passes (40).
    public var epochs = 40
    /// Passes without a better AUC of the validation part before training stops (5).
    public var patience = 5
    /// Adam's learning rate (0.003).
    public var learningRate = 0.003
    /// Decoupled decay of weights (0.01).
    public var weightDecay = 0.01
    /// Parts of the out-of-fold scores (5).
    public var folds = 5
    /// Share of the customers of a fold's training that say when to stop (0.15).
    public var validationShare = 0.15
    /// What every random choice comes from (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case width, heads, layers, feedForward, dropout, pooling, positions, headWidth, missingCodes, leastCount, categories
        case preTrainingEpochs, hiddenShare, batchApplicants, epochs, patience, learningRate, weightDecay, folds, validationShare, seed
    }

    /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.width, into: &width)
        try values.read(.heads, into: &heads)
        try values.read(.layers, into: &layers)
        try values.read(.feedForward, into: &feedForward)
        try values.read(.dropout, into: &dropout)
        try values.read(.pooling, into: &pooling)
        try values.read(.positions, into: &positions)
        try values.read(.headWidth, into: &headWidth)
        try values.read(.missingCodes, into: &missingCodes)
        try values.read(.leastCount, into: &leastCount)
        try values.read(.categories, into: &categories)
        try values.read(.preTrainingEpochs, into: &preTrainingEpochs)
        try values.read(.hiddenShare, into: &hiddenShare)
        try values.read(.batchApplicants, into: &batchApplicants)
        try values.read(.epochs, into: &epochs)
        try values.read(.patience, into: &patience)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.weightDecay, into: &weightDecay)
        try values.read(.folds, into: &folds)
        try values.read(.validationShare, into: &validationShare)
        try values.read(.seed, into: &seed)
    }

    /// Refuses values that cannot be meant.
    public func validate() throws(FrameworkError) {
        try Self.check("width", width, 1...1_024)
        try Self.check("heads", heads, 1...64)
        guard width.isMultiple(of: heads) else {
            throw FrameworkConfiguration.bad(
                "network.heads", "they do not divide the width", "choose a width that is a multiple of the heads")
        }
        try Self.check("layers", layers, 1...16)
        try Self.check("feedForward", feedForward, 0...8_192)
        try Self.check("dropout", dropout, 0...0.95)
        try Self.check("headWidth", headWidth, 0...4_096)
        try Self.check("leastCount", leastCount, 1...1_000_000)
        try Self.check("categories", categories, 1...1_000_000)
        try Self.check("preTrainingEpochs", preTrainingEpochs, 0...100_000)
        try Self.check("hiddenShare", hiddenShare, 0.01...0.9)
        try Self.check("batchApplicants", batchApplicants, 1...1_000_000)
        try Self.check("epochs", epochs, 1...100_000)
        try Self.check("patience", patience, 1...100_000)
        try Self.check("learningRate", learningRate, 1e-9...10)
        try Self.check("weightDecay", weightDecay, 0...100)
        try Self.check("folds", folds, 2...100)
        try Self.check("validationShare", validationShare, 0.01...0.5)
    }

    private static func check<Value: Comparable>(
        _ name: String, _ value: Value, _ range: ClosedRange<Value>
    ) throws(FrameworkError) {
        guard range.contains(value) else {
            throw FrameworkConfiguration.bad(
                "network.\(name)", "not possible", "give a value between \(range.lowerBound) and \(range.upperBound)")
        }
    }

    /// The Transformer over items, or over the records of an item.
    var encoder: TransformerEncoder.Settings {
        TransformerEncoder.Settings(
            width: width, heads: heads, layers: layers, hidden: feedForward == 0 ? 4 * width : feedForward, dropout: dropout)
    }
}
