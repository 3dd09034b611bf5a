/// What is learned without labels: any of three objectives, alone or weighted together. Weight 0 switches one off.
public struct ObjectiveSettings: Codable, Sendable, Equatable {
    /// Events are hidden and their fields predicted from the rest of the session.
    public struct MaskedEvent: Codable, Sendable, Equatable {
        /// Share in the loss (1).
        public var weight: Float = 1
        /// Share of events hidden whole (0.15). Every session of two or more events hides at least one.
        public var eventShare: Float = 0.15
        /// Chance that a field is hidden in all events of a session (0.1).
        public var fieldShare: Float = 0.1
        /// Share of single fields hidden in events that are otherwise seen (0.05).
        public var tokenShare: Float = 0.05
        /// Share of the hidden fields replaced by *unknown* and left out of the loss (0.1), so that unknown values are met in
        /// training.
        public var unknownShare: Float = 0.1
        /// Share in the loss of predicting the same hidden fields from the session's embedding alone (0). What the rows learn of their
        /// surroundings is local; this makes the pooled vector itself say what the session is about, as paragraph
        /// vectors do (Le and Mikolov, 2014).
        public var summaryWeight: Float = 0

        /// The defaults.
        public init() {}
    }

    /// The next event's fields are predicted: at every event by a causal encoder, or for the last event, hidden, by a
    /// bidirectional one.
    public struct NextEvent: Codable, Sendable, Equatable {
        /// Share in the loss (0).
        public var weight: Float = 0
        /// A field predicted over its whole vocabulary by the embedding table itself instead of by a head; nil for none.
        public var tiedField: String?
        /// Scores are this times the cosine of hidden row and item; 0 for plain products (16).
        public var cosineScale: Float = 16
        /// Ranks a tied field's next value with a copy model and counts of neighbours beside the network; nil for the network alone.
        public var prior: NextItemSettings?

        /// The defaults.
        public init() {}
    }

    /// Slices of one visitor's events lie together, slices of different visitors apart (CoLES).
    public struct SliceContrast: Codable, Sendable, Equatable {
        /// Share in the loss (0).
        public var weight: Float = 0
        /// Slices cut out of a session (3).
        public var slices = 3
        /// Fewest events in a slice (2); shorter sessions give slices of their own length.
        public var minimumLength = 2
        /// Most events in a slice (32).
        public var maximumLength = 32
        /// Distance beyond which slices of different visitors no longer push (0.5).
        public var margin: Float = 0.5
        /// Nearest slices of other visitors that count for each slice (5).
        public var hardNegatives = 5

        /// The defaults.
        public init() {}
    }

    /// Masked event.
    public var maskedEvent = MaskedEvent()
    /// Next event.
    public var nextEvent = NextEvent()
    /// Slice contrast.
    public var sliceContrast = SliceContrast()

    /// The defaults: masked event alone.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable { case maskedEvent, nextEvent, sliceContrast }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.maskedEvent, into: &maskedEvent)
        try values.read(.nextEvent, into: &nextEvent)
        try values.read(.sliceContrast, into: &sliceContrast)
    }

    func validate() throws(ConfigurationError) {
        try ModelConfiguration.check("objectives.maskedEvent.weight", maskedEvent.weight, 0...1000)
        try ModelConfiguration.check("objectives.maskedEvent.eventShare", maskedEvent.eventShare, 0...1)
        try ModelConfiguration.check("objectives.maskedEvent.fieldShare", maskedEvent.fieldShare, 0...1)
        try ModelConfiguration.check("objectives.maskedEvent.tokenShare", maskedEvent.tokenShare, 0...1)
        try ModelConfiguration.check("objectives.maskedEvent.unknownShare", maskedEvent.unknownShare, 0...0.9)
        try ModelConfiguration.check("objectives.maskedEvent.summaryWeight", maskedEvent.summaryWeight, 0...1000)
        try ModelConfiguration.check("objectives.nextEvent.weight", nextEvent.weight, 0...1000)
        try ModelConfiguration.check("objectives.nextEvent.cosineScale", nextEvent.cosineScale, 0...1000)
        try ModelConfiguration.check("objectives.sliceContrast.weight", sliceContrast.weight, 0...1000)
        try ModelConfiguration.check("objectives.sliceContrast.slices", sliceContrast.slices, 2...64)
        try ModelConfiguration.check("objectives.sliceContrast.minimumLength", sliceContrast.minimumLength, 1...65_536)
        try ModelConfiguration.check(
            "objectives.sliceContrast.maximumLength", sliceContrast.maximumLength, sliceContrast.minimumLength...65_536)
        try ModelConfiguration.check("objectives.sliceContrast.margin", sliceContrast.margin, 0.001...4)
        try ModelConfiguration.check("objectives.sliceContrast.hardNegatives", sliceContrast.hardNegatives, 1...10_000)
        try nextEvent.prior?.validate()
        guard maskedEvent.weight + nextEvent.weight + sliceContrast.weight > 0 else {
            throw .outOfRange(setting: "objectives", value: "all of weight 0", allowed: "at least one above 0")
        }
    }
}

extension ObjectiveSettings.MaskedEvent {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case weight, eventShare, fieldShare, tokenShare, unknownShare, summaryWeight
    }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.weight, into: &weight)
        try values.read(.eventShare, into: &eventShare)
        try values.read(.fieldShare, into: &fieldShare)
        try values.read(.tokenShare, into: &tokenShare)
        try values.read(.unknownShare, into: &unknownShare)
        try values.read(.summaryWeight, into: &summaryWeight)
    }
}

extension ObjectiveSettings.NextEvent {
    private enum CodingKeys: String, CodingKey, CaseIterable { case weight, tiedField, cosineScale, prior }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.weight, into: &weight)
        tiedField = try values.decodeIfPresent(String.self, forKey: .tiedField)
        prior = try values.decodeIfPresent(NextItemSettings.self, forKey: .prior)
        try values.read(.cosineScale, into: &cosineScale)
    }
}

extension ObjectiveSettings.SliceContrast {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case weight, slices, minimumLength, maximumLength, margin, hardNegatives
    }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.weight, into: &weight)
        try values.read(.slices, into: &slices)
        try values.read(.minimumLength, into: &minimumLength)
        try values.read(.maximumLength, into: &maximumLength)
        try values.read(.margin, into: &margin)
        try values.read(.hardNegatives, into: &hardNegatives)
    }
}
