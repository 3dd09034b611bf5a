public import EventStream

/// A table of links that somebody else made: `session_id`, or in its place `visitor_id`, `customer_id`, and optionally `time_ms`, from which on the link
/// was known. CSV with a header; plain, gzip or zstd.
public struct LinkTable: Sendable {
    /// Rows that were refused.
    public private(set) var rejects = RejectedRows()
    /// Rows read, refused ones too.
    public private(set) var rows = 0
    /// Who the sessions belong to.
    public let sessions: SessionCustomers

    /// Reads a table for the sessions of a corpus. A session or visitor with two customers is a conflict: it is linked to the first until
    /// the second is known, and then to none. A session that is named itself is not asked for its visitor. Without a time a link counts as
    /// known from the beginning.
    /// - Parameters:
    ///   - customers: numbers the customers.
    ///   - key: the key of the import, where visitors were replaced by digests.
    ///   - byVisitor: whether other sessions of a visitor are linked as its named ones are, too.
    public init(
        _ path: String, corpus: Corpus, customers: inout CustomerIndex, key: [UInt8]? = nil, byVisitor: Bool = false
    ) throws(TableError) {
        try self.init(
            try DelimitedTable(path, needed: "customer_id"), corpus: corpus, customers: &customers, key: key, byVisitor: byVisitor)
    }

    package init(
        _ table: DelimitedTable, corpus: Corpus, customers: inout CustomerIndex, key: [UInt8]? = nil, byVisitor: Bool = false
    ) throws(TableError) {
        let (ofSession, ofVisitor) = (table.column("session_id"), table.column("visitor_id"))
        guard ofSession != nil || ofVisitor != nil else {
            throw .badHeader(file: table.path, reason: "the table needs `session_id` or `visitor_id`", remedy: "add one of these columns")
        }
        let (customerColumn, timeColumn) = (try table.require("customer_id"), table.column("time_ms"))
        let pseudonym = corpus.schema.pseudonymised.isEmpty ? nil : key.map { SubjectPseudonym(key: $0) }
        let places =
            ofSession != nil
            ? Places((0..<corpus.sessionCount).map { corpus.sessionKey($0) }, pseudonym)
            : Places((0..<corpus.visitorCount).map { corpus.visitorKey($0) }, pseudonym)
        var claims = [CustomerClaim](repeating: .none, count: corpus.sessionCount)
        var visitorClaims: [Int: CustomerClaim] = [:]
        var refused = RejectedRows()
        var taken = LinkRows(areOfSessions: ofSession != nil, byVisitor: byVisitor)
        var index = customers
        table.rows(&refused) { row, rejects in
            func refuse(_ reason: RowRejectReason, _ hint: String) { rejects.record(reason, file: table.path, line: row.line, hint) }
            let customer = row.text(customerColumn)
            let id = row.text(ofSession ?? ofVisitor)
            guard !customer.isEmpty, !id.isEmpty else { return refuse(.missingIdentity, "expected two ids, one of a customer") }
            var time = Int64.min
            if let timeColumn, !row.isEmpty(timeColumn) {
                guard let found = TableTimeUnit.milliseconds.microseconds(row.integer(timeColumn)) else {
                    return refuse(.badTime, "expected whole milliseconds since 1970, or nothing")
                }
                time = found
            }
            switch places.find(id) {
            case .none:
                refuse(
                    ofSession != nil ? .unknownSession : .unknownVisitor,
                    "the corpus has none of this id; a corpus imported with a key needs the same key")
            case .some(nil): refuse(.ambiguousSession, "several sessions have this id; link their visitors instead")
            case .some(.some(let place)):
                let number = index.number(of: customer)
                taken.rows.append((place, number, time))
                if ofSession != nil {
                    claims[place].add(number, from: time)
                } else {
                    visitorClaims[place, default: .none].add(number, from: time)
                }
            }
        }
        customers = index
        (rows, rejects) = (taken.rows.count + refused.total, refused)
        // A corpus without sessions has none to be named: of a decision that is made again there may have been no session.
        guard !taken.rows.isEmpty || (corpus.sessionCount == 0 && refused.total == 0) else {
            throw .nothingRead(file: table.path, rejects: refused)
        }
        var sessions = SessionCustomers(claims, corpus, byVisitor: byVisitor, visitorClaims: visitorClaims)
        sessions.rows = taken
        self.sessions = sessions
    }

    /// Where sessions or visitors stand by their ids.
    private struct Places {
        /// Nil for an id that several have.
        private var places: [String: Int?] = [:]
        private let pseudonym: SubjectPseudonym?

        init(_ ids: [String], _ pseudonym: SubjectPseudonym?) {
            self.pseudonym = pseudonym
            places.reserveCapacity(ids.count)
            for (place, id) in ids.enumerated() { places[id] = .some(places[id] == nil ? place : nil) }
        }

        /// Nil for none, `.some(nil)` for several.
        func find(_ id: String) -> Int?? {
            if let place = places[id] { return .some(place) }
            guard let pseudonym else { return .none }
            if let place = places[pseudonym.pseudonym(of: id)] { return .some(place) }
            // A computed session id is the visitor's with a number behind.
            guard let colon = id.lastIndex(of: ":") else { return .none }
            return places[pseudonym.pseudonym(of: String(id[..<colon])) + id[colon...]].map { .some($0) } ?? .none
        }
    }
}

/// Rows of a table of links that were taken, in the order of the file.
struct LinkRows: Sendable {
    /// Whether they name sessions, and not visitors.
    let areOfSessions: Bool
    /// Whether what they say of sessions holds for other sessions of the visitor, too.
    let byVisitor: Bool
    /// Sessions or visitors, who they are said to be, and since when, in microseconds since 1970.
    var rows: [(place: Int, customer: Int32, time: Int64)] = []

    init(areOfSessions: Bool, byVisitor: Bool) { (self.areOfSessions, self.byVisitor) = (areOfSessions, byVisitor) }
}
