/// One intent: what a visitor tries to do, in words people agree on.
public struct Intent: Sendable, Equatable, Codable {
    /// Stable id: small letters, digits, and single `-` or `_` between them, a letter first, at most 64. Labels and models know the intent by it.
    public var id: String
    /// A few words for people.
    public var name: String
    /// What counts as this intent, in a sentence or two.
    public var definition: String
    /// Id of the intent above; nil at the top.
    public var parent: String?
    /// True where the intent only gathers others and is never assigned itself.
    public var isGroup: Bool
    /// What counts although one may doubt it.
    public var include: [String]
    /// What does not count although it looks like it, best with the intent to use instead.
    public var exclude: [String]
    /// Sessions in words.
    public var examples: [String]
    /// The role (not the person) that answers for the definition.
    public var owner: String?
    /// How carefully it has to be handled.
    public var sensitivity: Sensitivity
    /// What it must not be used for.
    public var prohibitedFor: [Purpose]
    /// Ids of an earlier version that this intent stands for: one when renamed, several when merged.
    public var replaces: [String]

    /// An intent; what is left out is empty and ordinary.
    public init(
        id: String, name: String, definition: String, parent: String? = nil, isGroup: Bool = false, include: [String] = [],
        exclude: [String] = [], examples: [String] = [], owner: String? = nil, sensitivity: Sensitivity = .ordinary,
        prohibitedFor: [Purpose] = [], replaces: [String] = []
    ) {
        (self.id, self.name, self.definition, self.parent, self.isGroup) = (id, name, definition, parent, isGroup)
        (self.include, self.exclude, self.examples, self.owner) = (include, exclude, examples, owner)
        (self.sensitivity, self.prohibitedFor, self.replaces) = (sensitivity, prohibitedFor, replaces)
    }

    enum CodingKeys: String, CodingKey {
        case id, name, definition, parent, include, exclude, examples, owner, sensitivity, replaces
        case isGroup = "group"
        case prohibitedFor = "prohibited_for"
    }

    /// Reads an intent. Only the id has to be there; what else is missing is told by ``Taxonomy/issues()``, all at once.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        name = try values.decodeIfPresent(String.self, forKey: .name) ?? ""
        definition = try values.decodeIfPresent(String.self, forKey: .definition) ?? ""
        parent = try values.decodeIfPresent(String.self, forKey: .parent)
        isGroup = try values.decodeIfPresent(Bool.self, forKey: .isGroup) ?? false
        include = try values.decodeIfPresent([String].self, forKey: .include) ?? []
        exclude = try values.decodeIfPresent([String].self, forKey: .exclude) ?? []
        examples = try values.decodeIfPresent([String].self, forKey: .examples) ?? []
        owner = try values.decodeIfPresent(String.self, forKey: .owner)
        sensitivity = try Self.choice(values, .sensitivity) ?? .ordinary
        prohibitedFor = try Self.choices(values, .prohibitedFor)
        replaces = try values.decodeIfPresent([String].self, forKey: .replaces) ?? []
    }

    /// Writes what differs from the defaults, so that a file says no more than it has to and a new key leaves old digests alone.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(name, forKey: .name)
        try values.encode(definition, forKey: .definition)
        try values.encodeIfPresent(parent, forKey: .parent)
        if isGroup { try values.encode(true, forKey: .isGroup) }
        for (list, key) in [(include, CodingKeys.include), (exclude, .exclude), (examples, .examples)] where !list.isEmpty {
            try values.encode(list, forKey: key)
        }
        try values.encodeIfPresent(owner, forKey: .owner)
        if sensitivity != .ordinary { try values.encode(sensitivity, forKey: .sensitivity) }
        if !prohibitedFor.isEmpty { try values.encode(prohibitedFor, forKey: .prohibitedFor) }
        if !replaces.isEmpty { try values.encode(replaces, forKey: .replaces) }
    }

    /// Whether an id has the form of ``id``.
    public static func isWellFormed(id: String) -> Bool {
        guard let first = id.utf8.first, (0x61...0x7A).contains(first), id.utf8.count <= 64 else { return false }
        var previous = first
        for byte in id.utf8.dropFirst() {
            switch byte {
            case 0x61...0x7A, 0x30...0x39: break
            case 0x2D, 0x5F: if previous == 0x2D || previous == 0x5F { return false }
            default: return false
            }
            previous = byte
        }
        return previous != 0x2D && previous != 0x5F
    }

    /// True for the intent that stands for "none of the others": `other`, or an id that begins with `other-` or `other_`.
    public var isOther: Bool { !isGroup && (id == "other" || id.hasPrefix("other-") || id.hasPrefix("other_")) }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ values: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = try values.decodeIfPresent(String.self, forKey: key) else { return nil }
        guard let choice = Choice(rawValue: text) else { throw unknown(Choice.self, key, values.codingPath) }
        return choice
    }

    private static func choices<Choice: RawRepresentable & CaseIterable>(
        _ values: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws -> [Choice] where Choice.RawValue == String {
        try (values.decodeIfPresent([String].self, forKey: key) ?? []).map { text in
            guard let choice = Choice(rawValue: text) else { throw unknown(Choice.self, key, values.codingPath) }
            return choice
        }
    }

    private static func unknown<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type, _ key: CodingKeys, _ path: [any CodingKey]
    ) -> DecodingError where Choice.RawValue == String {
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return .dataCorrupted(DecodingError.Context(codingPath: path + [key], debugDescription: "expected one of \(choices)"))
    }
}
