public import EventStream

/// Takes: a corpus, by its log-ins or with a table of links.   Gives: the customer of each session, and since when that is known.
///
/// Deterministic stitching: a session belongs to the customer who logged in during it. Where two logged in, it is a conflict and nobody's.
/// With `byVisitor` the other sessions of a visitor (one browser) are the customer's who first logged in there, too: for decisions after this
/// log-in and, where somebody else logs in there later, not after that. So a decision never uses a link that was made later, and never
/// loses one to what happened later. Tables of links that name several customers at different times are read alike.
public struct SessionCustomers: Sendable {
    /// How the sessions were shared out.
    public struct Counts: Sendable, Equatable, Codable {
        /// Sessions of the corpus.
        public var sessions = 0
        /// Sessions with exactly one customer of their own: by log-in, or named in the table.
        public var identified = 0
        /// Sessions with two customers or more, which are linked to none once the second is known.
        public var conflicts = 0
        /// Sessions linked because of their visitor, be it until somebody else logs in there.
        public var byVisitor = 0
        /// Visitors with more than one customer, whose other sessions are linked to none once the second is known.
        public var sharedVisitors = 0
        /// Sessions that are linked for some time at least.
        public var linked = 0

        /// Nothing counted yet.
        public init() {}
    }

    /// The number of each session's customer, −1 for none. `[S]`.
    public package(set) var customers: [Int32]
    /// Microseconds since 1970 from which on the link is known; `Int64.min` where it always was. `[S]`.
    public package(set) var knownFrom: [Int64]
    /// The last decision time in microseconds since 1970 for which the link holds, when somebody else was named;
    /// `Int64.max` for ever. `[S]`.
    public package(set) var knownUntil: [Int64]
    /// How the sessions were shared out.
    public internal(set) var counts: Counts
    /// Where they come from a table, its rows as they were read, for the check of finished links; nil where they come from log-ins.
    var rows: LinkRows?

    /// Whether a decision at a time may know whose the session is.
    func isKnown(_ session: Int, at time: Int64) -> Bool { knownFrom[session] < time && time <= knownUntil[session] }

    /// By the log-ins of the corpus. The numbers are those of ``CustomerIndex``.
    /// - Throws: ``LinkingError`` where the corpus holds no customers or no times.
    public init(_ corpus: Corpus, byVisitor: Bool = false) throws(LinkingError) {
        guard let logins = corpus.customers else { throw .noCustomers(corpus: corpus.path) }
        guard corpus.schema.hasTime else { throw .noTimes(corpus: corpus.path) }
        var claims = [CustomerClaim](repeating: .none, count: corpus.sessionCount)
        for session in claims.indices {
            for event in corpus.events(ofSession: session) where logins.codes[event] > 0 {
                claims[session].add(logins.codes[event] - 1, from: corpus.timesMicroseconds[event])
            }
        }
        self.init(claims, corpus, byVisitor: byVisitor)
    }

    /// - Parameters:
    ///   - claims: of each session.
    ///   - visitorClaims: visitors that a table names; their sessions are linked whether `byVisitor` says so or not.
    init(_ claims: [CustomerClaim], _ corpus: Corpus, byVisitor: Bool, visitorClaims: [Int: CustomerClaim] = [:]) {
        let visitors = claims.indices.map { corpus.visitor(ofSession: $0) }
        let ends = corpus.schema.hasTime ? WebToAppLink.ends(of: corpus) : Array(repeating: .max, count: claims.count)
        customers = Array(repeating: -1, count: claims.count)
        knownFrom = Array(repeating: .min, count: claims.count)
        knownUntil = Array(repeating: .max, count: claims.count)
        counts = Counts()
        counts.sessions = claims.count
        var ofVisitor = [CustomerClaim](repeating: .none, count: corpus.visitorCount)
        for (visitor, claim) in visitorClaims { ofVisitor[visitor] = claim }
        if byVisitor { for (session, claim) in claims.enumerated() { ofVisitor[visitors[session]].add(claim) } }
        counts.sharedVisitors = ofVisitor.count { $0.second != nil }
        for (session, own) in claims.enumerated() {
            let claim = own.first == nil ? ofVisitor[visitors[session]] : own
            guard let first = claim.first else { continue }
            if own.second != nil { counts.conflicts += 1 } else if own.first != nil { counts.identified += 1 }
            guard claim.isOnesOwn(after: ends[session]) else { continue }
            (customers[session], knownFrom[session]) = (first.customer, first.time)
            knownUntil[session] = claim.second?.time ?? .max
            if own.first == nil { counts.byVisitor += 1 }
        }
        counts.linked = customers.count { $0 >= 0 }
    }
}

/// Who a session or visitor is said to be, and since when: the two customers named first, the earlier one first. What is said later takes
/// nothing back of what was known before, whatever the order in which it is added.
struct CustomerClaim: Equatable {
    typealias Name = (customer: Int32, time: Int64)

    /// The customer named first; nil where there is none.
    private(set) var first: Name?
    /// The first of all others; nil where there is none.
    private(set) var second: Name?

    static let none = CustomerClaim()

    static func == (a: CustomerClaim, b: CustomerClaim) -> Bool {
        func same(_ a: Name?, _ b: Name?) -> Bool { a?.customer == b?.customer && a?.time == b?.time }
        return same(a.first, b.first) && same(a.second, b.second)
    }

    /// Whether there is a moment after a session's end at which one customer alone is known.
    func isOnesOwn(after end: Int64) -> Bool {
        guard let first else { return false }
        return second.map { $0.time > max(first.time, end) } ?? true
    }

    mutating func add(_ customer: Int32, from time: Int64) {
        var names = [first, second].compactMap { $0 }
        if let place = names.firstIndex(where: { $0.customer == customer }) {
            names[place].time = min(names[place].time, time)
        } else {
            names.append((customer, time))
        }
        names.sort { ($0.time, $0.customer) < ($1.time, $1.customer) }
        (first, second) = (names[0], names.count > 1 ? names[1] : nil)
    }

    mutating func add(_ other: CustomerClaim) {
        for name in [other.first, other.second].compactMap({ $0 }) { add(name.customer, from: name.time) }
    }
}
