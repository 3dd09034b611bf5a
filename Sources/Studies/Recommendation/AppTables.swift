public import EventStream
public import Recommendation

/// What a bank exports of its app, and the web sessions that belong to it.
public struct AppTables: Sendable {
    /// Where the files lie; see `tessera link --help` for their columns.
    public struct Files: Sendable, Equatable {
        /// Features of customers.
        public var customers: String
        /// Impressions of home pages.
        public var impressions: String?
        /// The catalogue of tiles; needed with impressions.
        public var tiles: String?
        /// Decisions, in place of impressions.
        public var decisions: String?
        /// Links, in place of log-ins of the corpus.
        public var links: String?
        /// How the impressions are written.
        public var format = ImpressionFormat()

        /// Files of an app.
        public init(customers: String, impressions: String? = nil, tiles: String? = nil, decisions: String? = nil, links: String? = nil) {
            (self.customers, self.impressions, self.tiles) = (customers, impressions, tiles)
            (self.decisions, self.links) = (decisions, links)
        }
    }

    /// The clickstream.
    public let corpus: Corpus
    /// Numbers of customers over all tables.
    public let index: CustomerIndex
    /// Impressions or decisions (D).
    public let decisions: Decisions
    /// Impressions, where there are.
    public let log: ImpressionLog?
    /// Tiles, where there are impressions.
    public let catalogue: TileCatalogue?
    /// Features of customers as texts.
    public let customers: AttributeTable
    /// Who the sessions belong to.
    public let link: WebToAppLink
    /// The sessions before each decision.
    public let linked: LinkedSessions
    /// Refused rows of all files.
    public let rejects: RejectedRows
    /// Rows of the table of customers, by number.
    private let customerRows: [Int32: Int]

    /// Reads the files and links decisions to sessions.
    /// - Parameter key: the key of the import, where people were replaced by digests.
    public init(
        _ files: Files, corpus: Corpus, key: [UInt8]? = nil, byVisitor: Bool = false,
        windowSeconds: Double = WebToAppLink.usualWindowSeconds
    ) throws {
        var index = CustomerIndex(corpus, key: key)
        var rejects = RejectedRows()
        if let impressions = files.impressions {
            guard let tiles = files.tiles else { throw StudyError.missingFile(what: "a catalogue of tiles", option: "--tiles") }
            let log = try ImpressionLog(impressions, format: files.format, customers: &index)
            rejects.add(log.rejects)
            (self.log, decisions, catalogue) = (log, log.decisions, try TileCatalogue(tiles))
        } else {
            guard let path = files.decisions else { throw StudyError.missingFile(what: "decisions", option: "--decisions") }
            let table = try DecisionTable(path, customers: &index)
            rejects.add(table.rejects)
            (log, decisions, catalogue) = (nil, table.decisions, nil)
        }
        let stitched: SessionCustomers
        if let links = files.links {
            let table = try LinkTable(links, corpus: corpus, customers: &index, key: key, byVisitor: byVisitor)
            rejects.add(table.rejects)
            stitched = table.sessions
        } else {
            stitched = try SessionCustomers(corpus, byVisitor: byVisitor)
            try index.refuseMissingKey(corpus, decisions: decisions)
        }
        customers = try AttributeTable(files.customers, id: "customer_id")
        rejects.add(customers.rejects)
        var rows: [Int32: Int] = [:]
        for (row, id) in customers.ids.enumerated() { rows[index.number(of: id)] = row }
        customerRows = rows
        link = try WebToAppLink(corpus, stitched, windowSeconds: windowSeconds)
        linked = try link.sessions(of: decisions)
        (self.corpus, self.index, self.rejects) = (corpus, index, rejects)
    }

    /// The row of a customer in ``customers``, or nil.
    public func row(of customer: Int32) -> Int? { customerRows[customer] }

    /// Customers who must share a text before a model's files hold it.
    public static let fewestCustomers = 3

    /// How texts of customers become floats, learnt from the customers of some decisions.
    public func customerEncoder(learntFrom decisions: [Int]) -> FeatureEncoder {
        let rows = Set(decisions.compactMap { row(of: self.decisions.customers[$0]) }).sorted()
        return FeatureEncoder(customers, rows: rows, standardises: true, fewestRows: Self.fewestCustomers)
    }

    /// Sessions linked to some decisions, rising: what is known of others reaches no feature of these.
    public func linkedSessions(of decisions: some Sequence<Int>) -> [Int] {
        var isLinked = [Bool](repeating: false, count: corpus.sessionCount)
        for decision in decisions { for session in linked[decision] { isLinked[Int(session)] = true } }
        return isLinked.indices.filter { isLinked[$0] }
    }

    /// Sessions linked to some customers.
    public func sessions(of customers: Set<Int32>) -> Set<Int> {
        Set(link.customers.customers.indices.filter { customers.contains(link.customers.customers[$0]) })
    }
}

/// Decisions to learn from and to judge by, apart in time and in people.
public struct AppSplit: Sendable, Equatable {
    /// Microseconds since 1970: nothing that happened from here on is learnt from.
    public let boundary: Int64
    /// Decisions before it, of customers who do not judge. Rising.
    public let training: [Int]
    /// Decisions from it on, of customers who judge. Rising.
    public let test: [Int]
    /// Decisions of neither.
    public let leftOut: Int

    /// Cuts at a time and between people.
    /// - Parameters:
    ///   - judges: customers who are judged by and never learnt from.
    ///   - outcomeAfter: microseconds until the outcome of a decision is known: none that is known only after the boundary is learnt from.
    public init(_ decisions: Decisions, boundary: Int64, judges: Set<Int32>, outcomeAfter: Int64 = 0) {
        let (latest, overflows) = boundary.subtractingReportingOverflow(outcomeAfter)
        self.boundary = boundary
        training = (0..<decisions.count).filter {
            !overflows && decisions.times[$0] < latest && !judges.contains(decisions.customers[$0])
        }
        test = (0..<decisions.count).filter { decisions.times[$0] >= boundary && judges.contains(decisions.customers[$0]) }
        leftOut = decisions.count - training.count - test.count
    }

    /// The time before which this share of the decisions falls.
    public static func boundary(_ decisions: Decisions, share: Double) -> Int64 {
        let times = decisions.times.sorted()
        return times.isEmpty ? 0 : times[min(times.count - 1, max(0, Int(Double(times.count) * share)))]
    }
}

extension AppTables {
    /// Customers to judge by: about this share of all that any of the tables or the corpus names; see ``CustomerIndex/judges(share:)``.
    public func judges(share: Double) -> Set<Int32> { index.judges(share: share) }
}
