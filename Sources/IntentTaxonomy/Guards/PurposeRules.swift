public import DurableFiles
internal import FoundationEssentials

/// What models may not be used for, and may not use, by purpose: a reviewed file beside the taxonomy.
///
/// A purpose that the file does not name is refused, and one without bans has to say why: what nobody thought of is not allowed by silence.
public struct PurposeRules: Sendable, Equatable, Codable {
    /// Id of the whole, formed like an intent's.
    public var id: String
    /// Three numbers: 1.0.0.
    public var version: String
    /// What it is for.
    public var description: String
    /// What holds for each purpose that it names.
    public var purposes: [Purpose: PurposeRule]

    /// Rules by their parts.
    public init(id: String, version: String, description: String = "", purposes: [Purpose: PurposeRule]) {
        (self.id, self.version, self.description, self.purposes) = (id, version, description, purposes)
    }

    enum CodingKeys: String, CodingKey {
        case version, description, purposes
        case id = "rules"
    }

    /// Reads rules, strictly.
    /// - Throws: ``PurposeError/rules(path:reason:remedy:)`` for what they must not say; `DecodingError` for another form.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        version = try values.decode(String.self, forKey: .version)
        description = try values.decodeIfPresent(String.self, forKey: .description) ?? ""
        guard Intent.isWellFormed(id: id) else {
            throw PurposeError.rules(
                path: ["rules"], reason: "an id has small letters, digits and single - or _", remedy: "write one such as retail-bank")
        }
        let numbers = version.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            throw PurposeError.rules(
                path: ["version"], reason: "a version has three numbers", remedy: "write one such as \"1.0.0\", in quotes")
        }
        purposes = [:]
        for (name, rule) in try values.decodeIfPresent([String: PurposeRule].self, forKey: .purposes) ?? [:] {
            guard let purpose = Purpose(rawValue: name) else {
                throw PurposeError.rules(
                    path: ["purposes", name], reason: "there is no purpose of this name",
                    remedy: "choose from \(Purpose.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            purposes[purpose] = rule
        }
        guard !purposes.isEmpty else {
            throw PurposeError.rules(
                path: ["purposes"], reason: "no purpose is named, so that everything would be refused", remedy: "name one with its bans")
        }
    }

    /// Writes rules as they are read.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(version, forKey: .version)
        if !description.isEmpty { try values.encode(description, forKey: .description) }
        try values.encode(Dictionary(uniqueKeysWithValues: purposes.map { ($0.key.rawValue, $0.value) }), forKey: .purposes)
    }

    /// SHA-256 over the content as JSON with sorted keys, 64 hexadecimal digits: the name of this content in models. Comments and layout of
    /// the file do not count.
    public var digest: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, numbers and lists only: nothing of this can be refused.
        guard let bytes = try? encoder.encode(self) else { preconditionFailure("PurposeRules.digest: cannot be encoded") }
        return SHA256Digest.hex(of: Array(bytes))
    }

    /// How models name them.
    public var reference: PurposeRecord.Rules { .init(id: id, version: version, digest: digest) }
}

/// Why rules or what they say of a model stop something.
public enum PurposeError: Error, Sendable, Equatable, CarriesFileError, CustomStringConvertible {
    /// Rules say what they must not; `path` are the keys from the top of the file to the place.
    case rules(path: [String], reason: String, remedy: String)
    /// Something is not allowed for its purpose. `place` is the rules' file, or the model where none was given.
    case refused(place: String, breaches: [PurposeBreach])
    /// A model's record of its purposes is not what was written.
    case record(model: String, reason: String)
    /// Leaving intents out leaves none.
    case nothingLeft(model: String)
    /// The system refused.
    case file(FileError)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .rules(_, let reason, let remedy): "\(reason); \(remedy)"
        case .refused(let place, let breaches):
            "\(place): \(breaches.first.map(\.description) ?? "refused")"
                + (breaches.count > 1 ? "; and \(breaches.count - 1) more: \(Self.names(breaches.dropFirst()))" : "")
        case .record(let model, let reason):
            "\(model)/\(PurposeRecord.file): \(reason); copy the model again or train it anew"
        case .nothingLeft(let model):
            "\(model): every intent is banned for this purpose, so that none would be left; use another classifier or purpose"
        case .file(let error): error.description
        }
    }

    private static func names(_ breaches: ArraySlice<PurposeBreach>) -> String {
        breaches.prefix(8).map { "\($0.subject.rawValue) \($0.name)" }.joined(separator: ", ") + (breaches.count > 8 ? ", …" : "")
    }
}
