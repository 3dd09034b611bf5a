public import EventStream

/// Moments at which something is decided for a customer: an impression of the app, or the start of a conversion window.
public struct Decisions: Sendable, Equatable {
    /// What the caller knows them by. `[D]`.
    public var ids: [String]
    /// Microseconds since 1970 UTC. `[D]`.
    public var times: [Int64]
    /// Numbers of ``CustomerIndex``. `[D]`.
    public var customers: [Int32]

    /// Decisions in columns of equal length.
    public init(ids: [String], times: [Int64], customers: [Int32]) {
        precondition(
            ids.count == times.count && ids.count == customers.count,
            "Decisions: \(ids.count) ids, \(times.count) times, \(customers.count) customers")
        (self.ids, self.times, self.customers) = (ids, times, customers)
    }

    /// How many (D).
    public var count: Int { ids.count }
}

/// The sessions of each decision.
public struct LinkedSessions: Sendable, Equatable {
    /// Decision `d` has the sessions `[d] ..< [d + 1]`; none where the two are equal. `[D + 1]`.
    public let offsets: [Int]
    /// Sessions of the corpus, of one decision by the time of their end, latest last.
    public let sessions: [Int32]

    package init(offsets: [Int], sessions: [Int32]) { (self.offsets, self.sessions) = (offsets, sessions) }

    /// The sessions of one decision, latest last; traps outside.
    public subscript(decision: Int) -> ArraySlice<Int32> { sessions[offsets[decision]..<offsets[decision + 1]] }

    /// Decisions (D).
    public var count: Int { offsets.count - 1 }
}

/// Takes: a corpus, whose sessions are whose, and decisions.   Gives: for each decision the sessions of its customer that had ended before.
///
/// A session counts for a decision at time t when its last event lies in [t − window, t), it is the same customer's, and that was known
/// before t, and no other customer of it. Every result is looked at again by ``check(_:_:)``, which reads the corpus anew, before it is
/// given.
public struct WebToAppLink: Sendable {
    /// The sessions' corpus.
    public let corpus: Corpus
    /// Whose they are.
    public let customers: SessionCustomers
    /// How far back sessions count, in seconds.
    public let windowSeconds: Double
    /// Microseconds since 1970 of each session's last event. `[S]`.
    public let ends: [Int64]

    private let sessionsOfCustomer: [Int32: [Int32]]

    /// 30 days.
    public static let usualWindowSeconds = 30.0 * 86_400

    /// Prepares the links of a corpus.
    /// - Parameter windowSeconds: above 0, at most 100 years.
    public init(_ corpus: Corpus, _ customers: SessionCustomers, windowSeconds: Double = usualWindowSeconds) throws(LinkingError) {
        precondition(
            customers.customers.count == corpus.sessionCount,
            "WebToAppLink: customers of \(customers.customers.count) sessions for a corpus of \(corpus.sessionCount)")
        guard corpus.schema.hasTime else { throw .noTimes(corpus: corpus.path) }
        guard windowSeconds > 0, windowSeconds <= 100 * 366 * 86_400 else {
            throw .badSetting(name: "window", reason: "it must lie above 0 and at most at 100 years")
        }
        (self.corpus, self.customers, self.windowSeconds) = (corpus, customers, windowSeconds)
        let ends = Self.ends(of: corpus)
        self.ends = ends
        var sessions: [Int32: [Int32]] = [:]
        for (session, customer) in customers.customers.enumerated() where customer >= 0 {
            sessions[customer, default: []].append(Int32(session))
        }
        sessionsOfCustomer = sessions.mapValues { list in list.sorted { (ends[Int($0)], $0) < (ends[Int($1)], $1) } }
    }

    /// Of each session the time of its last event, in a corpus that has times.
    static func ends(of corpus: Corpus) -> [Int64] {
        (0..<corpus.sessionCount).map { session in
            let events = corpus.events(ofSession: session)
            return events.isEmpty ? .max : corpus.timesMicroseconds[events.upperBound - 1]
        }
    }

    /// The sessions of each decision. Decisions of customers without sessions, and those before any data, have none.
    /// - Throws: ``LinkingError/leak(_:)`` where the check finds a link that must not be.
    public func sessions(of decisions: Decisions) throws(LinkingError) -> LinkedSessions {
        var offsets = [0]
        var linked: [Int32] = []
        offsets.reserveCapacity(decisions.count + 1)
        let window = Int64(windowSeconds * 1e6)
        for (time, customer) in zip(decisions.times, decisions.customers) {
            if let sessions = sessionsOfCustomer[customer] {
                let (earliest, overflows) = time.subtractingReportingOverflow(window)
                let from = sessions.partition { ends[Int($0)] >= (overflows ? .min : earliest) }
                let to = sessions.partition { ends[Int($0)] >= time }
                for session in sessions[from..<max(from, to)] where customers.isKnown(Int(session), at: time) {
                    linked.append(session)
                }
            }
            offsets.append(linked.count)
        }
        let result = LinkedSessions(offsets: offsets, sessions: linked)
        try check(result, decisions)
        return result
    }

    /// Looks at finished links in another way than they were made: every event of every linked session is read again, and whose it is by the
    /// log-ins or by the rows of the table as they were read.
    /// - Throws: ``LinkingError/leak(_:)`` with what was found.
    public func check(_ linked: LinkedSessions, _ decisions: Decisions) throws(LinkingError) {
        var found = LinkViolations()
        found.links = linked.sessions.count
        guard linked.offsets.count == decisions.count + 1, linked.offsets.first == 0, linked.offsets.last == linked.sessions.count else {
            found.malformed = max(1, decisions.count)
            throw .leak(found)
        }
        let named = customers.rows.map { NamedCustomers($0, corpus) } ?? NamedCustomers(loginsOf: corpus)
        for decision in 0..<decisions.count {
            let (from, to) = (linked.offsets[decision], linked.offsets[decision + 1])
            guard from <= to, to <= linked.sessions.count else {
                found.malformed += 1
                continue
            }
            var previous: (end: Int64, session: Int32)?
            for session in linked.sessions[from..<to] {
                guard session >= 0, Int(session) < corpus.sessionCount else {
                    found.malformed += 1
                    continue
                }
                let end = look(Int(session), decisions.times[decision], decisions.customers[decision], named, &found)
                if let previous, previous >= (end, session) { found.outOfOrder += 1 }
                previous = (end, session)
            }
        }
        guard found.isEmpty else { throw .leak(found) }
    }

    /// One link; gives the time of the session's last event.
    private func look(
        _ session: Int, _ time: Int64, _ customer: Int32, _ named: NamedCustomers, _ found: inout LinkViolations
    ) -> Int64 {
        var latest = Int64.min
        for event in corpus.events(ofSession: session) { latest = max(latest, corpus.timesMicroseconds[event]) }
        if latest >= time { found.afterDecision += 1 }
        if Double(time) - Double(latest) > windowSeconds * 1e6 + 1 { found.beforeWindow += 1 }
        let there = named.before(time, session: session, visitor: corpus.visitor(ofSession: session))
        let isTheirs = customer >= 0 && customers.customers[session] == customer && there.isSubset(of: [customer])
        let isKnown = customers.knownFrom[session] < time && !there.isEmpty
        if !isTheirs { found.otherCustomer += 1 }
        if !isKnown { found.notYetKnown += 1 }
        return latest
    }
}

/// Who is named for each session and visitor, and when first: made from the events or from the rows of a table, for the check alone.
private struct NamedCustomers {
    /// Microseconds since 1970 by customer. `[S]`.
    private var ofSession: [[Int32: Int64]]
    /// The same of visitors. `[V]`.
    private var ofVisitor: [[Int32: Int64]]

    /// Customers who were named before a time: for the session, and for its visitor where the session itself is never named.
    func before(_ time: Int64, session: Int, visitor: Int) -> Set<Int32> {
        let named = ofSession[session].isEmpty ? ofVisitor[visitor] : ofSession[session]
        return Set(named.filter { $0.value < time }.keys)
    }

    private init(empty corpus: Corpus) {
        ofSession = Array(repeating: [:], count: corpus.sessionCount)
        ofVisitor = Array(repeating: [:], count: corpus.visitorCount)
    }

    init(loginsOf corpus: Corpus) {
        self.init(empty: corpus)
        guard let codes = corpus.customers?.codes else { return }
        for session in 0..<corpus.sessionCount {
            for event in corpus.events(ofSession: session) where codes[event] > 0 {
                Self.name(codes[event] - 1, corpus.timesMicroseconds[event], in: &ofSession[session])
                Self.name(codes[event] - 1, corpus.timesMicroseconds[event], in: &ofVisitor[corpus.visitor(ofSession: session)])
            }
        }
    }

    init(_ table: LinkRows, _ corpus: Corpus) {
        self.init(empty: corpus)
        for row in table.rows {
            if table.areOfSessions { Self.name(row.customer, row.time, in: &ofSession[row.place]) }
            guard !table.areOfSessions || table.byVisitor else { continue }
            let visitor = table.areOfSessions ? corpus.visitor(ofSession: row.place) : row.place
            Self.name(row.customer, row.time, in: &ofVisitor[visitor])
        }
    }

    private static func name(_ customer: Int32, _ time: Int64, in times: inout [Int32: Int64]) {
        times[customer] = min(times[customer] ?? .max, time)
    }
}

extension [Int32] {
    /// The first place from which on the predicate holds; it must not hold before.
    fileprivate func partition(_ holds: (Int32) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
