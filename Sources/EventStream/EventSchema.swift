/// What the events of a corpus hold: the fields, how times and sessions were made, and the counts of the import.
///
/// It is the content of `schema.json`. Roles come from here, never from a name.
public struct EventSchema: Sendable, Equatable, Codable {
    /// How a field is stored and read.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// One of a set of names: codes into a dictionary.
        case categorical
        /// A number: 64-bit floats, NaN where missing.
        case numeric
        /// Words: codes into a dictionary of distinct texts.
        case text
        /// An address: codes into a dictionary of distinct addresses.
        case url
    }

    /// What a field may be used for.
    public enum Role: String, Sendable, Codable, CaseIterable {
        /// Seen by models.
        case input
        /// To be predicted; never an input.
        case outcome
        /// Who the person is: links sessions to customers, and is never an input of anything, nor shown.
        case identity
    }

    /// One field of every event.
    public struct Field: Sendable, Equatable, Codable {
        /// Its name in the mapping.
        public var name: String
        /// How it is stored.
        public var kind: Kind
        /// What it may be used for.
        public var role: Role
        /// What stands between the values of a text that holds several, such as filters set together; nil for words.
        public var separator: String?
        /// What the names of its files begin with: `field_` and the name with unusual characters escaped.
        public var stem: String

        /// A field; its files are named after it.
        public init(name: String, kind: Kind, role: Role = .input, separator: String? = nil) {
            self.name = name
            self.kind = kind
            self.role = role
            self.separator = separator
            stem = CorpusFormat.stem(of: name)
        }

        /// A field as a mapping describes it.
        public init(_ field: ExportMapping.Field) {
            let kind: Kind =
                switch field.kind {
                case .categorical: .categorical
                case .numeric: .numeric
                case .text: .text
                case .url: .url
                case .outcome: field.isNumeric ? .numeric : .categorical
                case .identity: .categorical
                }
            let role: Role =
                switch field.kind {
                case .outcome: .outcome
                case .identity: .identity
                case .categorical, .numeric, .text, .url: .input
                }
            self.init(
                name: field.name, kind: kind, role: role,
                separator: kind == .text ? field.separator : nil)
        }
    }

    /// The numbers of an import.
    public struct Counts: Sendable, Equatable, Codable {
        /// Events kept.
        public var events = 0
        /// Sessions they form.
        public var sessions = 0
        /// Distinct visitors.
        public var visitors = 0
        /// Refused rows by reason (raw values of ``RejectReason``).
        public var rejects: [String: Int] = [:]
        /// Repetitions dropped: equal in everything kept, or with the key of an earlier row.
        public var duplicates = 0
        /// Rows left out by rules of the mapping, by reason.
        public var skipped: [String: Int] = [:]
        /// Rows without a session id where the export has such ids: pauses decided where they belong.
        public var withoutSession = 0
        /// Those of them that joined the session which their visitor had open.
        public var joinedSession = 0

        /// Nothing counted yet.
        public init() {}

        enum CodingKeys: String, CodingKey {
            case events, sessions, visitors, rejects, duplicates, skipped
            case withoutSession = "without_session"
            case joinedSession = "joined_session"
        }

        /// Decodes counts; those that older corpora do not have are 0.
        public init(from decoder: any Decoder) throws {
            let entries = try decoder.container(keyedBy: CodingKeys.self)
            events = try entries.decode(Int.self, forKey: .events)
            sessions = try entries.decode(Int.self, forKey: .sessions)
            visitors = try entries.decode(Int.self, forKey: .visitors)
            rejects = try entries.decode([String: Int].self, forKey: .rejects)
            duplicates = try entries.decode(Int.self, forKey: .duplicates)
            skipped = try entries.decodeIfPresent([String: Int].self, forKey: .skipped) ?? [:]
            withoutSession = try entries.decodeIfPresent(Int.self, forKey: .withoutSession) ?? 0
            joinedSession = try entries.decodeIfPresent(Int.self, forKey: .joinedSession) ?? 0
        }
    }

    /// Some sessions of another corpus, in a corpus of their own.
    public struct Part: Sendable, Equatable, Codable {
        /// The other corpus' digest.
        public var digest: String
        /// The number in it of each session here.
        public var sessions: [Int]

        /// Sessions of a corpus.
        public init(digest: String, sessions: [Int]) { (self.digest, self.sessions) = (digest, sessions) }
    }

    /// Of which corpus it is a part; nil for one of its own.
    public var part: Part?
    /// Version of the corpus format.
    public var formatVersion: Int
    /// Digest of the corpus's columns; see ``CorpusFormat``.
    public var digest: String
    /// The numbers of the import.
    public var counts: Counts
    /// The fields, in the order of the mapping.
    public var fields: [Field]
    /// Whether events have times; without them gaps, dwells, hours and weekdays are unknown throughout.
    public var hasTime: Bool
    /// Whether the last event of every session is the target that followed the others.
    public var pairs: Bool
    /// How sessions were cut.
    public var sessions: SessionRules
    /// Longest dwell kept, in seconds.
    public var dwellCapSeconds: Double
    /// Whether visitors (and the fields named here) were replaced by keyed digests.
    public var pseudonymised: [String]
    /// The mapping the export was read by.
    public var mapping: ExportMapping

    enum CodingKeys: String, CodingKey {
        case part, digest, counts, fields, pairs, sessions, pseudonymised, mapping
        case formatVersion = "format_version"
        case hasTime = "has_time"
        case dwellCapSeconds = "dwell_cap_seconds"
    }

    /// The field of a name.
    public func field(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// The fields that may be read and named: all but the customer's id.
    public var readableFields: [Field] { fields.filter { $0.role != .identity } }

    /// What differs between the fields of two schemas, one sentence each; empty where a model of one can read the other.
    public func differences(from other: EventSchema) -> [String] {
        var differences: [String] = []
        for field in other.readableFields {
            guard let own = self.field(field.name) else {
                differences.append("field \(field.name) (\(field.kind.rawValue), \(field.role.rawValue)) is missing")
                continue
            }
            if own.kind != field.kind {
                differences.append("field \(field.name) is \(own.kind.rawValue), expected \(field.kind.rawValue)")
            }
            if own.role != field.role {
                differences.append("field \(field.name) has role \(own.role.rawValue), expected \(field.role.rawValue)")
            }
        }
        for field in readableFields where other.field(field.name) == nil { differences.append("field \(field.name) is not expected") }
        if hasTime != other.hasTime { differences.append(hasTime ? "events have times" : "events have no times") }
        return differences
    }
}
