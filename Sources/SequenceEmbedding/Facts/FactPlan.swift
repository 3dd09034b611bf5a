/// The facts of a session, fitted once on training sessions: which values have facts of their own, and by which mean and scale each
/// fact is standardised. ``SessionFacts`` reads sessions by it.
///
/// Facts that no training session differs in are left out. The plan holds values of fields that at least
/// ``FactSettings/minimumSessions`` sessions share, as a vocabulary does.
public struct FactPlan: Codable, Sendable, Equatable {
    /// How the facts of a field are made.
    public enum Form: String, Codable, Sendable, CaseIterable {
        /// Categorical or url, few values in training: count, share, first and last for each kept value.
        case few
        /// Categorical or url, many values: count for each kept value; concentration, changes and returns.
        case many
        /// Text with a separator: presence of each kept value.
        case list
        /// Text without: presence of each kept word.
        case words
        /// Numeric.
        case number
    }

    /// A field with facts of its own.
    public struct Field: Codable, Sendable, Equatable {
        /// Its name in the mapping.
        public let name: String
        /// How its facts are made.
        public let form: Form
        /// Kept values or words, those of most training sessions first; empty for numbers.
        public let values: [String]
        /// What stands between the values of a list; nil for every other form.
        public let separator: String?
        /// A number's two tertiles over the training events; empty for every other form, and for a number without a finite value.
        public let tertiles: [Double]
    }

    /// A pair of fields.
    public struct Pair: Codable, Sendable, Equatable {
        /// The field whose values are looked at.
        public let of: String
        /// The field that parts the events.
        public let by: String
        /// Kept values of `by`.
        public let values: [String]
    }

    /// One fact.
    public struct Fact: Codable, Sendable, Equatable {
        /// What it is, in words.
        public let name: String
        /// Its place in the list of all facts that fields, pairs and times give.
        public let column: Int
        /// Its mean over the training sessions that have it.
        public let mean: Double
        /// Its standard deviation (of the population) over these sessions, greater than 0.
        public let scale: Double
    }

    /// Whether there are facts of time.
    public let hasTime: Bool
    /// A gap of at most so many seconds is short.
    public let shortGapSeconds: Double
    /// Fields with facts of their own, in the order of the schema.
    public let fields: [Field]
    /// Pairs of fields, in the order of the settings.
    public let pairs: [Pair]
    /// The facts, in the order in which they are written.
    public let facts: [Fact]

    /// Floats of a session.
    public var count: Int { facts.count }
    /// What each float says, in words. They contain values of fields: not for messages.
    public var names: [String] { facts.map(\.name) }
    /// Standardised facts are cut at ± this, so that one absurd session cannot take over a batch.
    public static let limit: Float = 4
    /// The longest gap that can be called short, a century in seconds.
    static let greatestShortGap = 3_155_760_000.0

    init(hasTime: Bool, shortGapSeconds: Double, fields: [Field], pairs: [Pair], facts: [Fact]) {
        self.hasTime = hasTime
        self.shortGapSeconds = shortGapSeconds
        self.fields = fields
        self.pairs = pairs
        self.facts = facts
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case hasTime, shortGapSeconds, fields, pairs, facts }

    /// Decodes a plan and ``check()``s it. Throws ``ConfigurationError`` for an unknown key and ``FactPlanFault`` for a plan that does not
    /// hang together.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        self.init(
            hasTime: try values.decode(Bool.self, forKey: .hasTime),
            shortGapSeconds: try values.decode(Double.self, forKey: .shortGapSeconds),
            fields: try values.decode([Field].self, forKey: .fields), pairs: try values.decode([Pair].self, forKey: .pairs),
            facts: try values.decode([Fact].self, forKey: .facts))
        try check()
    }
}

extension FactPlan.Field {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, form, values, separator, tertiles }

    /// Decodes a field; throws ``ConfigurationError`` for an unknown key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        self.init(
            name: try values.decode(String.self, forKey: .name), form: try values.decode(FactPlan.Form.self, forKey: .form),
            values: try values.decode([String].self, forKey: .values),
            separator: try values.decodeIfPresent(String.self, forKey: .separator),
            tertiles: try values.decode([Double].self, forKey: .tertiles))
    }
}

extension FactPlan.Pair {
    private enum CodingKeys: String, CodingKey, CaseIterable { case of, by, values }

    /// Decodes a pair; throws ``ConfigurationError`` for an unknown key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        self.init(
            of: try values.decode(String.self, forKey: .of), by: try values.decode(String.self, forKey: .by),
            values: try values.decode([String].self, forKey: .values))
    }
}

extension FactPlan.Fact {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, column, mean, scale }

    /// Decodes a fact; throws ``ConfigurationError`` for an unknown key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        self.init(
            name: try values.decode(String.self, forKey: .name), column: try values.decode(Int.self, forKey: .column),
            mean: try values.decode(Double.self, forKey: .mean), scale: try values.decode(Double.self, forKey: .scale))
    }
}
