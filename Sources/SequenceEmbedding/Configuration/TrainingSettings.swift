/// How a model is trained: AdamW with warm-up, cosine and clipping.
public struct TrainingSettings: Codable, Sendable, Equatable {
    /// Greatest learning rate (0.001).
    public var learningRate: Float = 1e-3
    /// Share of the greatest rate that the cosine ends at (0.05).
    public var finalShare: Float = 0.05
    /// AdamW's decay of weights (0.01); biases and norms do not decay.
    public var weightDecay: Float = 0.01
    /// AdamW's first moment (0.9).
    public var beta1: Float = 0.9
    /// AdamW's second moment (0.999).
    public var beta2: Float = 0.999
    /// Share of the steps in which the rate climbs (0.05).
    public var warmUp: Float = 0.05
    /// Greatest norm of the gradient; 0 for no clipping (1).
    public var clip: Float = 1
    /// Sessions in a batch (256).
    public var batchSessions = 256
    /// Batches whose gradients are added before a step (1).
    public var accumulation = 1
    /// Passes over the training sessions (10).
    public var epochs = 10
    /// Epochs without a better validation loss before training stops; 0 for never (3).
    public var patience = 3
    /// Share of the visitors set aside for validation (0.1).
    public var validationShare: Double = 0.1
    /// Parts that a batch is cut into; more than the threads there will ever be (8).
    public var shards = 8
    /// Sessions of like length come in one batch (off). Packed batches gain nothing from it.
    public var bucketed = false
    /// Steps from one checkpoint to the next (500).
    public var checkpointSteps = 500
    /// What every random choice comes from (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case learningRate, finalShare, weightDecay, beta1, beta2, warmUp, clip, batchSessions, accumulation, epochs, patience
        case validationShare, shards, bucketed, checkpointSteps, seed
    }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.finalShare, into: &finalShare)
        try values.read(.weightDecay, into: &weightDecay)
        try values.read(.beta1, into: &beta1)
        try values.read(.beta2, into: &beta2)
        try values.read(.warmUp, into: &warmUp)
        try values.read(.clip, into: &clip)
        try values.read(.batchSessions, into: &batchSessions)
        try values.read(.accumulation, into: &accumulation)
        try values.read(.epochs, into: &epochs)
        try values.read(.patience, into: &patience)
        try values.read(.validationShare, into: &validationShare)
        try values.read(.shards, into: &shards)
        try values.read(.bucketed, into: &bucketed)
        try values.read(.checkpointSteps, into: &checkpointSteps)
        try values.read(.seed, into: &seed)
    }

    func validate() throws(ConfigurationError) {
        try ModelConfiguration.check("training.learningRate", learningRate, 0...10)
        try ModelConfiguration.check("training.finalShare", finalShare, 0...1)
        try ModelConfiguration.check("training.weightDecay", weightDecay, 0...1)
        try ModelConfiguration.check("training.beta1", beta1, 0...0.9999)
        try ModelConfiguration.check("training.beta2", beta2, 0...0.999999)
        try ModelConfiguration.check("training.warmUp", warmUp, 0...1)
        try ModelConfiguration.check("training.clip", clip, 0...1e9)
        try ModelConfiguration.check("training.batchSessions", batchSessions, 1...1_000_000)
        try ModelConfiguration.check("training.accumulation", accumulation, 1...1000)
        try ModelConfiguration.check("training.epochs", epochs, 1...100_000)
        try ModelConfiguration.check("training.patience", patience, 0...100_000)
        try ModelConfiguration.check("training.validationShare", validationShare, 0...0.9)
        try ModelConfiguration.check("training.shards", shards, 1...1024)
        try ModelConfiguration.check("training.checkpointSteps", checkpointSteps, 1...1_000_000_000)
    }
}
