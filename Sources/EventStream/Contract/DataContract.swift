/// What an export must be like: limits that a file may set. Those that it leaves out keep their defaults.
///
/// ```yaml
/// rows: {refused: 0.001, duplicates: 0.05, without_session: 0.2}
/// times: {from: 2026-01-01, to: 2026-12-31}
/// sessions: {longest_seconds: 86400, most_events: 2500}
/// fields:
///   - {name: event, kind: categorical, missing: 0, values: [page_view, page_ping, search]}
///   - {name: price, missing: 0.9, minimum: 0, maximum: 100000}
/// ```
public struct DataContract: Sendable, Equatable, Codable {
    /// Shares of the rows that are borne.
    public struct Rows: Sendable, Equatable, Codable {
        /// Refused (0.01).
        public var refused = 0.01
        /// Dropped as repetitions (0.05).
        public var duplicates = 0.05
        /// Without a session id where the export has such ids (0.05).
        public var withoutSession = 0.05

        enum CodingKeys: String, CodingKey {
            case refused, duplicates
            case withoutSession = "without_session"
        }

        /// The defaults.
        public init() {}

        /// Decodes what is present.
        public init(from decoder: any Decoder) throws {
            let entries = try decoder.container(keyedBy: CodingKeys.self)
            refused = try entries.decodeIfPresent(Double.self, forKey: .refused) ?? refused
            duplicates = try entries.decodeIfPresent(Double.self, forKey: .duplicates) ?? duplicates
            withoutSession = try entries.decodeIfPresent(Double.self, forKey: .withoutSession) ?? withoutSession
        }
    }

    /// When events may have happened.
    public struct Times: Sendable, Equatable, Codable {
        /// ISO 8601, the first moment (2000-01-01).
        public var from = "2000-01-01"
        /// ISO 8601, the first moment no longer; nil for a day from now.
        public var to: String?

        enum CodingKeys: String, CodingKey { case from, to }

        /// The defaults.
        public init() {}

        /// Decodes what is present.
        public init(from decoder: any Decoder) throws {
            let entries = try decoder.container(keyedBy: CodingKeys.self)
            from = try entries.decodeIfPresent(String.self, forKey: .from) ?? from
            to = try entries.decodeIfPresent(String.self, forKey: .to)
        }
    }

    /// What a session may be like.
    public struct Sessions: Sendable, Equatable, Codable {
        /// Seconds from first event to last (a day).
        public var longestSeconds = 86_400.0
        /// Events (10,000).
        public var mostEvents = 10_000

        enum CodingKeys: String, CodingKey {
            case longestSeconds = "longest_seconds"
            case mostEvents = "most_events"
        }

        /// The defaults.
        public init() {}

        /// Decodes what is present.
        public init(from decoder: any Decoder) throws {
            let entries = try decoder.container(keyedBy: CodingKeys.self)
            longestSeconds = try entries.decodeIfPresent(Double.self, forKey: .longestSeconds) ?? longestSeconds
            mostEvents = try entries.decodeIfPresent(Int.self, forKey: .mostEvents) ?? mostEvents
        }
    }

    /// What a field must be like.
    public struct Field: Sendable, Equatable, Codable {
        /// The field's name in the mapping.
        public var name: String
        /// How it is stored; nil for any.
        public var kind: EventSchema.Kind?
        /// Share of the events that may lack it; nil for any.
        public var missing: Double?
        /// The only values it may have; nil for any.
        public var values: [String]?
        /// Most different values; nil for any number.
        public var distinct: Int?
        /// Least number; nil for any.
        public var minimum: Double?
        /// Greatest number; nil for any.
        public var maximum: Double?
        /// Whether personal data are meant to be in it, so that nobody looks for them (false).
        public var personal: Bool?

        enum CodingKeys: String, CodingKey { case name, kind, missing, values, distinct, minimum, maximum, personal }

        /// A field of which nothing is asked but that it is there.
        public init(name: String) { self.name = name }
    }

    /// Shares of the rows.
    public var rows = Rows()
    /// When.
    public var times = Times()
    /// Sessions.
    public var sessions = Sessions()
    /// Fields; those that are not named may be as they like.
    public var fields: [Field] = []
    /// Whether texts and addresses are looked through for e-mail addresses, card numbers and the like (true).
    public var personal = true

    enum CodingKeys: String, CodingKey { case rows, times, sessions, fields, personal }

    /// The defaults.
    public init() {}

    /// Decodes what is present.
    public init(from decoder: any Decoder) throws {
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        rows = try entries.decodeIfPresent(Rows.self, forKey: .rows) ?? rows
        times = try entries.decodeIfPresent(Times.self, forKey: .times) ?? times
        sessions = try entries.decodeIfPresent(Sessions.self, forKey: .sessions) ?? sessions
        fields = try entries.decodeIfPresent([Field].self, forKey: .fields) ?? fields
        personal = try entries.decodeIfPresent(Bool.self, forKey: .personal) ?? personal
    }

    /// What is wrong with the contract itself: the entry and a sentence; nil where nothing is.
    public var fault: (entry: String, reason: String)? {
        let shares = [("rows.refused", rows.refused), ("rows.duplicates", rows.duplicates), ("rows.without_session", rows.withoutSession)]
        for (entry, share) in shares where !(0...1).contains(share) { return (entry, "a share from 0 to 1 is wanted") }
        for (entry, text) in [("times.from", times.from as String?), ("times.to", times.to)] {
            if let text, Self.moment(text) == nil { return (entry, "a date or time such as 2026-01-31 or 2026-01-31T09:30:00Z is wanted") }
        }
        if let to = times.to.flatMap(Self.moment), let from = Self.moment(times.from), to <= from {
            return ("times.to", "it does not lie after times.from")
        }
        if !(sessions.longestSeconds > 0) { return ("sessions.longest_seconds", "a number above 0 is wanted") }
        if sessions.mostEvents < 1 { return ("sessions.most_events", "1 or more is wanted") }
        var names: Set<String> = []
        for (place, field) in fields.enumerated() {
            if !names.insert(field.name).inserted { return ("fields[\(place)]", "\"\(field.name)\" is there twice") }
            if let missing = field.missing, !(0...1).contains(missing) {
                return ("fields[\(place)].missing", "a share from 0 to 1 is wanted")
            }
            if let least = field.minimum, let most = field.maximum, !(least <= most) {
                return ("fields[\(place)].minimum", "it lies above the maximum")
            }
        }
        return nil
    }

    /// Microseconds since 1970; a date is its first moment in UTC.
    static func moment(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return nil }
            guard case .microseconds(let time) = EventTime.readISO8601(TextSlice(base, bytes.count), 0) else { return nil }
            return time
        }
    }
}

/// One thing that an export is not, and should be.
public struct ContractFinding: Sendable, Equatable, Codable {
    /// How bad it is.
    public enum Severity: String, Sendable, Codable, CaseIterable {
        /// The export must not be used as it is.
        case error
        /// It can be, by who knows of it.
        case warning
    }

    /// Which rule is broken.
    public enum Rule: String, Sendable, Codable, CaseIterable {
        /// Too many rows were refused.
        case refused
        /// Too many rows repeat others.
        case duplicates
        /// Too many rows lack a session id.
        case withoutSession
        /// Events outside of the time allowed.
        case times
        /// Sessions that are longer than any should be.
        case longSessions
        /// Sessions of more events than any should have.
        case largeSessions
        /// A field is not there.
        case absent
        /// A field is of another kind.
        case kind
        /// A field lacks too many values.
        case missing
        /// A field has values that it must not have.
        case values
        /// A field has too many different values.
        case distinct
        /// A number lies outside of its bounds.
        case bounds
        /// A field has no value, or the same one, throughout.
        case constant
        /// A field holds what looks like personal data.
        case personal
    }

    /// How bad it is.
    public var severity: Severity
    /// Which rule is broken.
    public var rule: Rule
    /// Where: rows, times, sessions, or a field by its name.
    public var place: String
    /// What was found, without anybody's data.
    public var what: String
    /// How often: rows, events or sessions.
    public var count: Int
    /// Among how many.
    public var total: Int
    /// One of them: a line, a number in the corpus, or the shape of a value; empty where there is nothing to show.
    public var example: String
    /// What to do about it.
    public var remedy: String
}
