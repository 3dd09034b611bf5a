public import EventStream

/// Takes: a corpus, by its log-ins or with a table of links.   Gives: the customer of each session, and since when that is known.
///
/// Deterministic stitching: a session belongs to the customer who logged in during it. Where two logged in, it is a conflict and nobody's.
/// With `byVisitor` the other sessions of a visitor (one browser) who only ever logged in as one customer are that customer's, too; they are
/// known to be so from the visitor's first log-in on and not before, so that a decision never uses a link that was made later.
public struct SessionCustomers: Sendable {
    /// How the sessions were shared out.
    public struct Counts: Sendable, Equatable, Codable {
        /// Sessions of the corpus.
        public var sessions = 0
        /// Sessions with exactly one customer of their own: by log-in, or named in the table.
        public var identified = 0
        /// Sessions with two customers or more, which are linked to none.
        public var conflicts = 0
        /// Sessions linked because of their visitor.
        public var byVisitor = 0
        /// Visitors with more than one customer, whose other sessions are linked to none.
        public var sharedVisitors = 0
        /// Sessions linked in the end.
        public var linked = 0

        /// Nothing counted yet.
        public init() {}
    }

    /// The number of each session's customer, −1 for none. `[S]`.
    public internal(set) var customers: [Int32]
    /// Microseconds since 1970 from which on the link is known; `Int64.min` where it always was. `[S]`.
    public internal(set) var knownFrom: [Int64]
    /// How the sessions were shared out.
    public internal(set) var counts: Counts
    /// Whether they come from log-ins of the corpus and not from a table.
    public internal(set) var isFromLogins = false

    /// By the log-ins of the corpus. The numbers are those of ``CustomerIndex``.
    /// - Throws: ``LinkingError`` where the corpus holds no customers or no times.
    public init(_ corpus: Corpus, byVisitor: Bool = false) throws(LinkingError) {
        guard let logins = corpus.customers else { throw .noCustomers(corpus: corpus.path) }
        guard corpus.schema.hasTime else { throw .noTimes(corpus: corpus.path) }
        var claims = [Claim](repeating: .none, count: corpus.sessionCount)
        for session in claims.indices {
            for event in corpus.events(ofSession: session) where logins.codes[event] > 0 {
                claims[session].add(logins.codes[event] - 1, from: corpus.timesMicroseconds[event])
            }
        }
        let visitors = (0..<corpus.sessionCount).map { corpus.visitor(ofSession: $0) }
        self.init(claims, visitors: visitors, visitorCount: corpus.visitorCount, byVisitor: byVisitor, visitorClaims: [:])
        isFromLogins = true
    }

    /// What is known of a session or visitor.
    enum Claim: Equatable {
        case none
        case one(Int32, from: Int64)
        case several

        mutating func add(_ customer: Int32, from time: Int64) {
            switch self {
            case .none: self = .one(customer, from: time)
            case .one(customer, let first): self = .one(customer, from: min(first, time))
            case .one, .several: self = .several
            }
        }
    }

    /// - Parameters:
    ///   - claims: of each session.
    ///   - visitors: of each session.
    ///   - visitorClaims: visitors that a table names; their sessions are linked whether `byVisitor` says so or not.
    init(_ claims: [Claim], visitors: [Int], visitorCount: Int, byVisitor: Bool, visitorClaims: [Int: Claim]) {
        customers = Array(repeating: -1, count: claims.count)
        knownFrom = Array(repeating: .min, count: claims.count)
        counts = Counts()
        counts.sessions = claims.count
        var ofVisitor = [Claim](repeating: .none, count: visitorCount)
        for (visitor, claim) in visitorClaims { ofVisitor[visitor] = claim }
        if byVisitor {
            for (session, claim) in claims.enumerated() {
                switch claim {
                case .none: break
                case .one(let customer, let time): ofVisitor[visitors[session]].add(customer, from: time)
                case .several: ofVisitor[visitors[session]] = .several
                }
            }
        }
        counts.sharedVisitors = ofVisitor.count { $0 == .several }
        for (session, claim) in claims.enumerated() {
            switch claim {
            case .one(let customer, let time):
                (customers[session], knownFrom[session]) = (customer, time)
                counts.identified += 1
            case .several: counts.conflicts += 1
            case .none:
                guard case .one(let customer, let time) = ofVisitor[visitors[session]] else { continue }
                (customers[session], knownFrom[session]) = (customer, time)
                counts.byVisitor += 1
            }
        }
        counts.linked = counts.identified + counts.byVisitor
    }
}
