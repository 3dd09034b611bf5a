/// How fields of a corpus become numbers.
public struct FieldSettings: Codable, Sendable, Equatable {
    /// Deviations of one field from the common settings.
    public struct Override: Codable, Sendable, Equatable {
        /// Floats of its vector; nil for the common width.
        public var width: Int?
        /// Sessions' events a value must occur in; nil for the common count.
        public var minimumCount: Int?
        /// Entries kept, the most frequent; nil for the common size.
        public var maximumSize: Int?
        /// Quantile bins of a numeric field (0: none); nil for the common number.
        public var bins: Int?
        /// Hash buckets of a text or url field; nil for the common number.
        public var buckets: Int?
        /// Takes not the value of a categorical field but which of the session's values it is: so many are told apart in the order of their first
        /// appearance, and new ones from repeated ones. For values that matter by coming again, such as products and places; nil for by value.
        public var withinSession: Int?
        /// Whether objectives predict it; nil for yes.
        public var predicted: Bool?
        /// Leaves the field out of the model.
        public var ignored: Bool?

        /// No deviation.
        public init() {}
    }

    /// Floats of a categorical field's vector (32).
    public var categoricalWidth = 32
    /// Floats of a text or url field's vector (32).
    public var textWidth = 32
    /// Floats of a numeric field's bin vector (8).
    public var binWidth = 8
    /// Events a value must occur in to have its own id (1).
    public var minimumCount = 1
    /// Entries kept of a categorical field, the most frequent (100,000).
    public var maximumSize = 100_000
    /// Entries of a field that a prediction head tells apart, the most frequent; others are left out of the loss (10,000).
    public var maximumClasses = 10_000
    /// Quantile bins of a numeric field (16).
    public var bins = 16
    /// Hash buckets of a text or url field (8,192).
    public var buckets = 8192
    /// Length of the vector that a tied or identity field's rows are brought to, 0 for as they are (0). Cosine models use 4.
    public var normalisedLength: Float = 0
    /// Deviations by field name.
    public var overrides: [String: Override] = [:]

    /// How many of a session's values may be told apart.
    static let withinSessionRange = 1...4096

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case categoricalWidth, textWidth, binWidth, minimumCount, maximumSize, maximumClasses, bins, buckets, normalisedLength
        case overrides
    }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.categoricalWidth, into: &categoricalWidth)
        try values.read(.textWidth, into: &textWidth)
        try values.read(.binWidth, into: &binWidth)
        try values.read(.minimumCount, into: &minimumCount)
        try values.read(.maximumSize, into: &maximumSize)
        try values.read(.maximumClasses, into: &maximumClasses)
        try values.read(.bins, into: &bins)
        try values.read(.buckets, into: &buckets)
        try values.read(.normalisedLength, into: &normalisedLength)
        try values.read(.overrides, into: &overrides)
    }

    func validate() throws(ConfigurationError) {
        try ModelConfiguration.check("fields.categoricalWidth", categoricalWidth, 1...4096)
        try ModelConfiguration.check("fields.textWidth", textWidth, 1...4096)
        try ModelConfiguration.check("fields.binWidth", binWidth, 1...4096)
        try ModelConfiguration.check("fields.minimumCount", minimumCount, 1...1_000_000_000)
        try ModelConfiguration.check("fields.maximumSize", maximumSize, 1...100_000_000)
        try ModelConfiguration.check("fields.maximumClasses", maximumClasses, 1...1_000_000)
        try ModelConfiguration.check("fields.bins", bins, 0...4096)
        try ModelConfiguration.check("fields.buckets", buckets, 1...100_000_000)
        try ModelConfiguration.check("fields.normalisedLength", normalisedLength, 0...1000)
        for (name, override) in overrides.sorted(by: { $0.key < $1.key }) {
            try ModelConfiguration.check("fields.overrides.\(name).width", override.width ?? 1, 1...4096)
            try ModelConfiguration.check("fields.overrides.\(name).minimumCount", override.minimumCount ?? 1, 1...1_000_000_000)
            try ModelConfiguration.check("fields.overrides.\(name).maximumSize", override.maximumSize ?? 1, 1...100_000_000)
            try ModelConfiguration.check("fields.overrides.\(name).bins", override.bins ?? 0, 0...4096)
            try ModelConfiguration.check("fields.overrides.\(name).buckets", override.buckets ?? 1, 1...100_000_000)
            try ModelConfiguration.check("fields.overrides.\(name).withinSession", override.withinSession ?? 1, Self.withinSessionRange)
        }
    }
}

extension FieldSettings.Override {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case width, minimumCount, maximumSize, bins, buckets, withinSession, predicted, ignored
    }

    /// Decodes what is present.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        width = try values.decodeIfPresent(Int.self, forKey: .width)
        minimumCount = try values.decodeIfPresent(Int.self, forKey: .minimumCount)
        maximumSize = try values.decodeIfPresent(Int.self, forKey: .maximumSize)
        bins = try values.decodeIfPresent(Int.self, forKey: .bins)
        buckets = try values.decodeIfPresent(Int.self, forKey: .buckets)
        withinSession = try values.decodeIfPresent(Int.self, forKey: .withinSession)
        predicted = try values.decodeIfPresent(Bool.self, forKey: .predicted)
        ignored = try values.decodeIfPresent(Bool.self, forKey: .ignored)
    }
}

/// What an event knows of time. A corpus without times ignores all of it.
public struct TimeSettings: Codable, Sendable, Equatable {
    /// `log1p` of the seconds since the previous event (on).
    public var previousGap = true
    /// `log1p` of the seconds to the session's latest event (on; off for causal encoders, which must not know it).
    public var latestGap = true
    /// Sine and cosine of hour and weekday (on).
    public var calendar = true
    /// The time spent on the event as a numeric field, binned like the others (on; off for causal encoders, where the gap to the
    /// next event is the future).
    public var dwell = true

    /// The defaults.
    public init() {}

    /// Nothing of time.
    public static var none: TimeSettings {
        var settings = TimeSettings()
        (settings.previousGap, settings.latestGap, settings.calendar, settings.dwell) = (false, false, false, false)
        return settings
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case previousGap, latestGap, calendar, dwell }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.previousGap, into: &previousGap)
        try values.read(.latestGap, into: &latestGap)
        try values.read(.calendar, into: &calendar)
        try values.read(.dwell, into: &dwell)
    }
}
