/// Takes: event sequences.   Gives: tensors, a pre-trained encoder, and a compact embedding for each session.
///
/// Everything a person chooses about a model. What is left out of a file keeps its default; a word that is no setting is
/// refused. The value is stored in the model's `config.json` as it was used.
public struct ModelConfiguration: Codable, Sendable, Equatable {
    /// What runs over the events of a session.
    public enum Encoder: String, Codable, Sendable, CaseIterable {
        /// Pre-norm layers of attention and feed-forward, with a final norm.
        case transformer
        /// A gated recurrent unit, one step an event; always causal.
        case gru
    }
    /// Which events an event may look at.
    public enum Attention: String, Codable, Sendable, CaseIterable {
        /// All of its session: best for session embeddings.
        case bidirectional
        /// Itself and what came before: for next-item scores in the middle of a session.
        case causal
    }
    /// How a session's rows become one.
    public enum Pooling: String, Codable, Sendable, CaseIterable {
        /// The mean of the rows.
        case mean
        /// The greatest value of each column.
        case max
        /// The last row.
        case last
        /// A weighted mean with learned weights.
        case attention
    }
    /// How the place in the session is told.
    public enum Positions: String, Codable, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// A learned vector for each place, counted from the session's first kept event.
        case learned
        /// Fixed sines and cosines.
        case sinusoidal
    }
    /// How an event's fields become one vector.
    public enum Aggregation: String, Codable, Sendable, CaseIterable {
        /// Laid side by side and projected to the width.
        case concatenate
        /// Attention among the fields (all as wide as the model), then the mean.
        case attention
        /// The only field's vector as it is (one categorical field as wide as the model): needed for a tied output.
        case identity
    }

    /// What runs over the events (Transformer).
    public var encoder = Encoder.transformer
    /// Which events an event may look at (all).
    public var attention = Attention.bidirectional
    /// Floats of an event's vector and of a hidden row (64).
    public var width = 64
    /// Attention heads (4).
    public var heads = 4
    /// Layers (2).
    public var layers = 2
    /// Width inside the feed-forward part (256).
    public var feedForward = 256
    /// Floats of a session's embedding (64). Hidden rows are projected to it when it is not the width.
    public var embeddingSize = 64
    /// How rows become one embedding (mean).
    public var pooling = Pooling.mean
    /// Share of hidden values dropped in training (0.1).
    public var dropout: Float = 0.1
    /// Share of an event vector's values dropped in training before the encoder (0).
    public var inputDropout: Float = 0
    /// How the place is told (learned).
    public var positions = Positions.learned
    /// Events of a session that are read, the most recent ones (64).
    public var maximumEvents = 64
    /// How fields become a vector (concatenate and project).
    public var aggregation = Aggregation.concatenate
    /// Vocabulary sizes, widths and bins.
    public var fields = FieldSettings()
    /// What an event knows of time.
    public var time = TimeSettings()
    /// What is learned.
    public var objectives = ObjectiveSettings()
    /// How it is learned.
    public var training = TrainingSettings()

    /// The defaults, which are the preset `small`.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case encoder, attention, width, heads, layers, feedForward, embeddingSize, pooling, dropout, inputDropout, positions
        case maximumEvents, aggregation, fields, time, objectives, training
    }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.encoder, into: &encoder)
        try values.read(.attention, into: &attention)
        try values.read(.width, into: &width)
        try values.read(.heads, into: &heads)
        try values.read(.layers, into: &layers)
        try values.read(.feedForward, into: &feedForward)
        try values.read(.embeddingSize, into: &embeddingSize)
        try values.read(.pooling, into: &pooling)
        try values.read(.dropout, into: &dropout)
        try values.read(.inputDropout, into: &inputDropout)
        try values.read(.positions, into: &positions)
        try values.read(.maximumEvents, into: &maximumEvents)
        try values.read(.aggregation, into: &aggregation)
        try values.read(.fields, into: &fields)
        try values.read(.time, into: &time)
        try values.read(.objectives, into: &objectives)
        try values.read(.training, into: &training)
    }

    /// True when a row never depends on later rows.
    public var isCausal: Bool { attention == .causal || encoder == .gru }

    /// The time settings without what tells a causal encoder its future: the gap to the latest event, and the dwell, which is
    /// the gap to the next.
    public var effectiveTime: TimeSettings {
        var settings = time
        if isCausal { (settings.latestGap, settings.dwell) = (false, false) }
        return settings
    }

    /// Refuses settings that cannot work, before anything is read or trained.
    public func validate() throws(ConfigurationError) {
        try Self.check("width", width, 1...4096)
        try Self.check("heads", heads, 1...256)
        try Self.check("layers", layers, 1...64)
        try Self.check("feedForward", feedForward, 1...16384)
        try Self.check("embeddingSize", embeddingSize, 1...4096)
        try Self.check("maximumEvents", maximumEvents, 1...65_536)
        try Self.check("dropout", dropout, 0...0.95)
        try Self.check("inputDropout", inputDropout, 0...0.95)
        if encoder == .transformer, !width.isMultiple(of: heads) {
            throw .headsDoNotDivideWidth(heads: heads, width: width)
        }
        try fields.validate()
        try objectives.validate()
        try training.validate()
        if objectives.nextEvent.tiedField != nil {
            if aggregation != .identity {
                throw .conflict(
                    first: "objectives.nextEvent.tiedField", second: "aggregation \(aggregation.rawValue)",
                    remedy: "set aggregation to identity, or leave tiedField out")
            }
            if embeddingSize != width {
                throw .conflict(
                    first: "objectives.nextEvent.tiedField", second: "embeddingSize \(embeddingSize) other than width \(width)",
                    remedy: "make them equal")
            }
        }
    }

    static func check<Value: Comparable>(_ setting: String, _ value: Value, _ range: ClosedRange<Value>) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw .outOfRange(setting: setting, value: "\(value)", allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension ModelConfiguration {
    /// Sizes by name.
    public enum Preset: String, Codable, Sendable, CaseIterable {
        /// Width 8, 2 heads, 1 layer, feed-forward 32: for tests and looks.
        case tiny
        /// Width 64, 4 heads, 2 layers, feed-forward 256: the default.
        case small
        /// Width 128, 4 heads, 4 layers, feed-forward 512.
        case base
        /// One categorical field, next item over the whole vocabulary with cosine scores: causal, width 64, 2 layers.
        case nextItem = "next-item"
        /// As `next-item`, for sessions of dozens of items.
        case nextItemLong = "next-item-long"
    }

    /// The settings of a preset.
    public init(preset: Preset) {
        self.init()
        switch preset {
        case .tiny: (width, heads, layers, feedForward, embeddingSize) = (8, 2, 1, 32, 8)
        case .small: break
        case .base: (width, heads, layers, feedForward) = (128, 4, 4, 512)
        case .nextItem, .nextItemLong:
            attention = .causal
            pooling = .last
            aggregation = .identity
            heads = 2
            time = .none
            dropout = 0.2
            inputDropout = 0.2
            maximumEvents = 50
            fields.categoricalWidth = 64
            objectives.maskedEvent.weight = 0
            objectives.nextEvent.weight = 1
            objectives.nextEvent.tiedField = "item"
            objectives.nextEvent.prior = preset == .nextItem ? NextItemSettings() : .longSessions
            training.epochs = 6
            training.learningRate = 2e-3
            // Epochs were chosen on a validation part; what came last in training tells most of what comes next, so none is set aside.
            training.validationShare = 0
            training.patience = 0
        }
    }
}
