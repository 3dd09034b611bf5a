/// What a caller may ask for. A key for one purpose does nothing for another: marketing's cannot ask for credit scores.
public enum Scope: String, Sendable, Hashable, CaseIterable, Codable {
    /// Embeddings of sessions.
    case embed
    /// Intents of sessions, with evidence.
    case intents
    /// Order of tiles.
    case rank
    /// Probabilities of conversion.
    case convert
    /// Scores of credit.
    case credit
    /// The service's metrics.
    case metrics
    /// Reloading models and everything else that changes the service.
    case admin
}

/// A set of scopes in one word, cheap to ask for each request.
public struct ScopeSet: Sendable, Hashable, CustomStringConvertible {
    private var bits: UInt32 = 0

    /// These scopes.
    public init(_ scopes: some Sequence<Scope>) { for scope in scopes { bits |= Self.bit(scope) } }

    /// All scopes that ask for predictions: neither metrics nor admin.
    public static let predictions = ScopeSet([.embed, .intents, .rank, .convert, .credit])
    /// The scopes of what is asked of single sessions.
    static let sessions = ScopeSet([.embed, .intents, .convert])
    /// Every scope.
    public static let all = ScopeSet(Scope.allCases)

    /// Scopes separated by commas, as in a key file.
    /// - Returns: nil where a name is none of ``Scope`` or there is none at all.
    public init?(text: String) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        for name in names {
            guard let scope = Scope(rawValue: String(name)) else { return nil }
            bits |= Self.bit(scope)
        }
    }

    /// Whether a scope is in the set.
    public func contains(_ scope: Scope) -> Bool { bits & Self.bit(scope) != 0 }

    /// Whether any of others' scopes is in the set.
    func overlaps(_ others: ScopeSet) -> Bool { bits & others.bits != 0 }

    /// Whether there is none.
    public var isEmpty: Bool { bits == 0 }

    /// The scopes in their own order, separated by commas.
    public var description: String { Scope.allCases.filter(contains).map(\.rawValue).joined(separator: ",") }

    private static func bit(_ scope: Scope) -> UInt32 {
        switch scope {
        case .embed: 1
        case .intents: 2
        case .rank: 4
        case .convert: 8
        case .credit: 16
        case .metrics: 32
        case .admin: 64
        }
    }
}
