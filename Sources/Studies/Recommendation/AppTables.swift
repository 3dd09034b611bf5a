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
        if files.impressions != nil, files.tiles == nil {
            throw StudyError.missingFile(what: "a catalogue of tiles", option: "--tiles")
        }
        let sources = Sources(
            customers: .file(files.customers), impressions: files.impressions.map { .file($0) },
            decisions: files.decisions.map { .file($0) }, links: files.links.map { .file($0) }, format: files.format)
        try self.init(sources, corpus: corpus, key: key, byVisitor: byVisitor, windowSeconds: windowSeconds) {
            try TileCatalogue(files.tiles ?? "")
        }
    }

    /// A table in a file, or the text that a file of it would hold, with a name for messages.
    package enum Table: Sendable {
        /// In a file.
        case file(String)
        /// In memory.
        case text(String, name: String)

        fileprivate func opened(needed: String) throws(TableError) -> DelimitedTable {
            switch self {
            case .file(let path): try DelimitedTable(path, needed: needed)
            case .text(let text, let name): try DelimitedTable(Array(text.utf8), path: name, needed: needed)
            }
        }
    }

    /// Where the tables are.
    package struct Sources: Sendable {
        /// Features of customers.
        package var customers: Table
        /// Impressions of home pages.
        package var impressions: Table?
        /// Decisions, in place of impressions.
        package var decisions: Table?
        /// Links, in place of log-ins of the corpus.
        package var links: Table?
        /// How the impressions are written.
        package var format: ImpressionFormat

        /// Tables of an app.
        package init(
            customers: Table, impressions: Table? = nil, decisions: Table? = nil, links: Table? = nil,
            format: ImpressionFormat = ImpressionFormat()
        ) {
            (self.customers, self.impressions, self.decisions) = (customers, impressions, decisions)
            (self.links, self.format) = (links, format)
        }
    }

    /// Reads the tables, wherever they are, and links decisions to sessions.
    /// - Parameter tiles: the catalogue; asked for where there are impressions, once they are read.
    package init(
        _ sources: Sources, corpus: Corpus, key: [UInt8]? = nil, byVisitor: Bool, windowSeconds: Double,
        tiles: () throws -> TileCatalogue
    ) throws {
        var index = CustomerIndex(corpus, key: key)
        var rejects = RejectedRows()
        if let impressions = sources.impressions {
            let format = sources.format
            let log = try ImpressionLog(impressions.opened(needed: format.impression), format: format, customers: &index)
            rejects.add(log.rejects)
            (self.log, decisions, catalogue) = (log, log.decisions, try tiles())
        } else {
            guard let given = sources.decisions else { throw StudyError.missingFile(what: "decisions", option: "--decisions") }
            let table = try DecisionTable(given.opened(needed: "decision_id"), customers: &index)
            rejects.add(table.rejects)
            (log, decisions, catalogue) = (nil, table.decisions, nil)
        }
        let stitched: SessionCustomers
        if let links = sources.links {
            let table = try LinkTable(
                links.opened(needed: "customer_id"), corpus: corpus, customers: &index, key: key, byVisitor: byVisitor)
            rejects.add(table.rejects)
            stitched = table.sessions
        } else {
            stitched = try SessionCustomers(corpus, byVisitor: byVisitor)
            try index.refuseMissingKey(corpus, decisions: decisions)
        }
        customers = try AttributeTable(sources.customers.opened(needed: "customer_id"), id: "customer_id")
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
