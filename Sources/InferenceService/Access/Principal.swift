internal import DurableFiles

/// Who asks: a system with a key or a token, never a person whose session is scored.
public struct Principal: Sendable, Hashable {
    /// The name in logs, by which rates are counted and sessions are remembered: that of a key as its file has it, 1 to 64 letters, digits,
    /// `.`, `_` or `-` (ASCII); that of a token `token:` and its subject, which no key can be called.
    public let name: String
    /// What it may ask for.
    public let scopes: ScopeSet
    /// How much it may ask; nil for the service's own rate.
    public let rate: RequestRate?

    /// A principal.
    public init(name: String, scopes: ScopeSet, rate: RequestRate? = nil) {
        precondition(Self.isName(name), "Principal: a name has 1 to 64 letters, digits, '.', '_' or '-'")
        (self.name, self.scopes, self.rate) = (name, scopes, rate)
    }

    /// Who presents a token. A subject that cannot stand in a log, such as a mail address, is named by its digest.
    public init(tokenOf subject: String, scopes: ScopeSet, rate: RequestRate? = nil) {
        name = Self.isName(subject) ? "token:\(subject)" : "token:sha256:\(SHA256Digest.hex(of: Array(subject.utf8)).prefix(32))"
        (self.scopes, self.rate) = (scopes, rate)
    }

    /// Whoever asks a service that wants no key: everything but the admin's scope.
    public static let anonymous = Principal(
        name: "anonymous", scopes: ScopeSet([.embed, .intents, .rank, .convert, .credit, .metrics]))

    /// Whether a text can name a key, and so stand in a log without harm.
    public static func isName(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        return (1...64).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
