/// Which facts of a session ``FactPlan`` makes. The defaults serve any corpus; a file says only what differs:
///
/// ```yaml
/// values: 64
/// fields:
///   campaign: { values: 100 }
///   browser: { ignored: true }
/// pairs:
///   - { of: item, by: action }
/// ```
public struct FactSettings: Codable, Sendable, Equatable {
    /// Deviations of one field from the common settings.
    public struct Field: Codable, Sendable, Equatable {
        /// Leaves the field's own facts out; pairs may still name it. Nil for no.
        public var ignored: Bool?
        /// Most values, or words, kept of it; nil for the common number.
        public var values: Int?

        /// A deviation; none unless given.
        public init(ignored: Bool? = nil, values: Int? = nil) {
            self.ignored = ignored
            self.values = values
        }
    }

    /// Facts of one field's values within the events that have a certain value of another.
    public struct Pair: Codable, Sendable, Equatable {
        /// The field whose values are looked at: categorical, url, or text without a separator.
        public var of: String
        /// The field that parts the events: categorical or url. Each of its kept values has facts of its own.
        public var by: String

        /// A pair.
        public init(of: String, by: String) {
            self.of = of
            self.by = by
        }
    }

    /// Most values kept of a field, by sessions of the training part that have them, ties by text (64). A categorical or url field with no
    /// more distinct values than this is told in more detail.
    public var values = 64
    /// Training sessions a value must occur in to be kept (5).
    public var minimumSessions = 5
    /// Deviations by field name.
    public var fields: [String: Field] = [:]
    /// Pairs of fields.
    public var pairs: [Pair] = []
    /// A gap of at most so many seconds is short (10).
    public var shortGapSeconds = 10.0

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable { case values, minimumSessions, fields, pairs, shortGapSeconds }

    /// Decodes what is present and keeps defaults for the rest; throws ``ConfigurationError`` for an unknown key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.values, into: &self.values)
        try values.read(.minimumSessions, into: &minimumSessions)
        try values.read(.fields, into: &fields)
        try values.read(.pairs, into: &pairs)
        try values.read(.shortGapSeconds, into: &shortGapSeconds)
    }

    /// Most values that may be kept of a field.
    static let greatestValues = 100_000

    /// Throws where a number lies outside its range, or a pair stands twice or joins a field with itself.
    public func validate() throws(ConfigurationError) {
        try ModelConfiguration.check("facts.values", values, 0...Self.greatestValues)
        try ModelConfiguration.check("facts.minimumSessions", minimumSessions, 1...1_000_000_000)
        guard shortGapSeconds >= 0, shortGapSeconds <= FactPlan.greatestShortGap else {
            throw .outOfRange(setting: "facts.shortGapSeconds", value: "\(shortGapSeconds)", allowed: "0...\(FactPlan.greatestShortGap)")
        }
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
            try ModelConfiguration.check("facts.fields.\(name).values", field.values ?? 0, 0...Self.greatestValues)
        }
        for (index, pair) in pairs.enumerated() {
            if pair.of == pair.by {
                throw .conflict(first: "facts.pairs[\(index)].of", second: "by", remedy: "name two different fields")
            }
            if let first = pairs.firstIndex(of: pair), first < index {
                throw .conflict(first: "facts.pairs[\(first)]", second: "facts.pairs[\(index)]", remedy: "they are the same; remove one")
            }
        }
    }

    /// Most values kept of a field.
    func values(of field: String) -> Int { fields[field]?.values ?? values }
}

extension FactSettings.Field {
    private enum CodingKeys: String, CodingKey, CaseIterable { case ignored, values }

    /// Decodes what is present; throws ``ConfigurationError`` for an unknown key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        self.init(
            ignored: try values.decodeIfPresent(Bool.self, forKey: .ignored), values: try values.decodeIfPresent(Int.self, forKey: .values))
    }
}

extension FactSettings.Pair {
    private enum CodingKeys: String, CodingKey, CaseIterable { case of, by }

    /// Decodes both names; throws ``ConfigurationError`` for an unknown key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        self.init(of: try values.decode(String.self, forKey: .of), by: try values.decode(String.self, forKey: .by))
    }
}
