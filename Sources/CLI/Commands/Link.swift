internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import Recommendation
internal import SettingsFiles

struct Link: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Find the sessions a customer had before each impression or decision of the app.",
        discussion: """
            A session belongs to the customer who logged in during it (`customer: COLUMN` in the mapping of the import), or to whom a table \
            of links names: session_id or visitor_id, customer_id, and optionally time_ms. Only sessions that ended before the decision and \
            within the window count, latest last; a check looks at every finished link again. Impressions have the columns impression_id, \
            time_ms, customer_id, tile, position, clicked and probability, or lists in tiles and clicked_tile; decisions have decision_id, \
            time_ms and customer_id. The output is CSV, or JSON Lines where its name ends in .jsonl.

            Example: tessera link bank.corpus --impressions app/impressions.csv --customers app/customers.csv --out links.csv
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Impressions of the app.", valueName: "file"), completion: .file()) var impressions: String?
    @Option(
        help: ArgumentHelp("How the impressions are written, where their columns have other names.", valueName: "file.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var format: String?
    @Option(help: ArgumentHelp("Decisions, in place of impressions.", valueName: "file"), completion: .file()) var decisions: String?
    @Option(help: ArgumentHelp("Table of links, in place of the log-ins of the corpus.", valueName: "file"), completion: .file())
    var links: String?
    @Option(
        help: ArgumentHelp("Features of customers, to tell how decisions with and without a session differ.", valueName: "file"),
        completion: .file())
    var customers: String?
    @Option(help: ArgumentHelp("Catalogue of tiles, to count those shown that it lacks.", valueName: "file"), completion: .file())
    var tiles: String?
    @Flag(help: "Link all sessions of a visitor to whoever logged in there first, from then on until somebody else does.") var byVisitor =
        false
    @Option(help: ArgumentHelp("How far back sessions count.", valueName: "span"))
    var window = TimeSpan(seconds: WebToAppLink.usualWindowSeconds)
    @Option(help: ArgumentHelp("File to write, .csv or .jsonl.", valueName: "file"), completion: .file()) var out: String
    @Option(help: ArgumentHelp("Write refused rows as CSV: file, line, reason, hint.", valueName: "file"), completion: .file())
    var rejects: String?
    @OptionGroup var key: KeyOption
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] + (rejects.map { [$0] } ?? []) }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus] + [impressions, format, decisions, links, customers, tiles, key.key].compactMap { $0 } }

    func validate() throws {
        guard (impressions == nil) != (decisions == nil) else { throw ValidationError("give either --impressions or --decisions") }
        guard impressions != nil || (format == nil && tiles == nil) else {
            throw ValidationError("--format and --tiles go with --impressions")
        }
    }

    func run() throws {
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let corpus = try Corpus.open(corpus)
        let secret = try key.bytes()
        var index = CustomerIndex(corpus, key: secret)
        var refused = RejectedRows()
        let asked: Asked
        let stitched: SessionCustomers
        do {
            asked = try readDecisions(&index)
            refused.add(asked.rejects)
            if let links {
                let table = try LinkTable(links, corpus: corpus, customers: &index, key: secret, byVisitor: byVisitor)
                refused.add(table.rejects)
                stitched = table.sessions
            } else {
                stitched = try SessionCustomers(corpus, byVisitor: byVisitor)
                try index.refuseMissingKey(corpus, decisions: asked.decisions)
            }
        } catch TableError.nothingRead(let file, let rejects) {
            refused.add(rejects)
            try show(refused)
            throw TableError.nothingRead(file: file, rejects: rejects)
        }
        let features = try customers.map { try Self.features($0, of: asked.decisions, &index, &refused) }
        let link = try WebToAppLink(corpus, stitched, windowSeconds: window.seconds)
        let linked = try link.sessions(of: asked.decisions)
        try LinkLines(linked, of: asked.decisions, link: link).write(to: out)
        try show(refused)
        let summary = LinkSummary(linked, of: asked.decisions, link: link, features: features)
        if json {
            try StandardOutput.print(
                json: Printed(
                    links: summary, impressions: asked.counts, unknownTiles: asked.unknownTiles, rejects: refused.total,
                    rejectsByReason: refused.countsByReason))
        } else {
            try StandardOutput.print(
                "\(out): " + LinkText(summary, asked.counts, unknownTiles: asked.unknownTiles, refused: refused.total).text)
        }
    }

    private struct Asked {
        var decisions: Decisions
        var rejects: RejectedRows
        var counts: ImpressionLog.Counts?
        var unknownTiles: Int?
    }

    private func readDecisions(_ index: inout CustomerIndex) throws -> Asked {
        guard let impressions else {
            let table = try DecisionTable(decisions ?? "", customers: &index)
            return Asked(decisions: table.decisions, rejects: table.rejects)
        }
        let form = try format.map { try SettingsFile.read(ImpressionFormat.self, from: $0) } ?? ImpressionFormat()
        let log = try ImpressionLog(impressions, format: form, customers: &index)
        let unknown = try tiles.map { try TileCatalogue($0).look(up: log.tiles, in: log.tileNames).unknown }
        return Asked(decisions: log.decisions, rejects: log.rejects, counts: log.counts, unknownTiles: unknown)
    }

    /// Features as they are, of all customers asked for: they describe, and nothing is learned from them.
    private static func features(
        _ path: String, of decisions: Decisions, _ index: inout CustomerIndex, _ refused: inout RejectedRows
    ) throws -> (names: [String], floats: [Float]) {
        let table = try AttributeTable(path, id: "customer_id")
        refused.add(table.rejects)
        let encoder = FeatureEncoder(table, rows: Array(table.ids.indices), standardises: false)
        let features = CustomerFeatures(table, customers: &index, encoder: encoder)
        let lacking = features.withoutRow(decisions.customers)
        if lacking > 0 { StandardError.write("link: \(Reading.count(lacking)) decisions of customers without features\n") }
        return (features.names, features.floats(decisions.customers))
    }

    private func show(_ refused: RejectedRows) throws {
        if let rejects { try AtomicFile.write(Array(refused.csv.utf8), to: rejects) }
        guard refused.total > 0 else { return }
        for reject in refused.kept.prefix(3) { StandardError.write("link: refused \(reject)\n") }
        for (reason, count) in refused.countsByReason.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            StandardError.write("link: \(Reading.count(count)) rows refused: \(reason)\n")
        }
        if rejects == nil { StandardError.write("link: --rejects FILE lists every refused row\n") }
    }

    private struct Printed: Encodable {
        let links: LinkSummary
        let impressions: ImpressionLog.Counts?
        let unknownTiles: Int?
        let rejects: Int
        let rejectsByReason: [String: Int]
    }
}
