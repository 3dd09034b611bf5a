public import EventStream

/// Finds the sessions that labels speak of: by the ids of the export, or by those of the corpus where it was pseudonymised.
public struct SessionIndex: Sendable {
    private let visitors: [String]
    private let visitorOfSession: [Int32]
    private var first: [String: Int32] = [:]
    private var others: [String: [Int32]] = [:]
    private let hasNativeIDs: Bool
    private let key: [UInt8]?

    /// An index of all sessions of a corpus.
    /// - Parameter key: the key under which the corpus was imported, if its visitors were replaced by keyed digests.
    public init(_ corpus: Corpus, key: [UInt8]? = nil) {
        let sessions = (0..<corpus.sessionCount).map { (key: corpus.sessionKey($0), visitor: Int32(corpus.visitor(ofSession: $0))) }
        self.init(
            sessions: sessions, visitors: (0..<corpus.visitorCount).map { corpus.visitorKey($0) },
            hasNativeIDs: corpus.schema.mapping.session != nil, key: corpus.schema.pseudonymised.isEmpty ? nil : key)
    }

    package init(sessions: [(key: String, visitor: Int32)], visitors: [String], hasNativeIDs: Bool, key: [UInt8]? = nil) {
        (self.visitors, self.hasNativeIDs, self.key) = (visitors, hasNativeIDs, key)
        visitorOfSession = sessions.map(\.visitor)
        first.reserveCapacity(sessions.count)
        for (number, session) in sessions.enumerated() {
            if first[session.key] == nil {
                first[session.key] = Int32(number)
            } else {
                others[session.key, default: []].append(Int32(number))
            }
        }
    }

    /// What an id leads to.
    enum Found: Equatable {
        case session(Int)
        case unknown
        case ambiguous
        /// The id names the first of several parts.
        case cut
    }

    /// Finds sessions one after the other; holds scratch, so one for each task.
    struct Finder {
        let index: SessionIndex
        let pseudonym: SubjectPseudonym?

        init(_ index: SessionIndex) {
            self.index = index
            pseudonym = index.key.flatMap { $0.isEmpty ? nil : SubjectPseudonym(key: $0) }
        }

        func callAsFunction(_ session: String, visitor: String?) -> Found {
            let found = index.find(session, visitors: visitor.map { [$0] + (pseudonym.map { [$0.pseudonym(of: visitor!)] } ?? []) })
            guard found == .unknown, let pseudonym else { return found }
            if index.hasNativeIDs {
                return index.find(
                    pseudonym.pseudonym(of: session), visitors: visitor.map { [$0, pseudonym.pseudonym(of: $0)] })
            }
            // A computed id is the visitor's with a number behind.
            guard let colon = session.lastIndex(of: ":") else { return .unknown }
            return index.find(pseudonym.pseudonym(of: String(session[..<colon])) + session[colon...], visitors: nil)
        }
    }

    private func find(_ session: String, visitors names: [String]?) -> Found {
        guard let one = first[session] else { return .unknown }
        var candidates = [Int(one)] + (others[session]?.map(Int.init) ?? [])
        if let names { candidates = candidates.filter { names.contains(visitors[Int(visitorOfSession[$0])]) } }
        guard let only = candidates.first else { return .unknown }
        if candidates.count > 1 { return .ambiguous }
        if hasNativeIDs, let part = first[session + ":2"] {
            let parts = [part] + (others[session + ":2"] ?? [])
            if parts.contains(where: { visitorOfSession[Int($0)] == visitorOfSession[only] }) { return .cut }
        }
        return .session(only)
    }
}
