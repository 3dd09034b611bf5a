internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import ReportPage
internal import Studies

struct SessionsReconcile: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare the export's sessions with a rule's: which agree, split or merge, and why.",
        discussion: """
            Vendors begin sessions at midnight, with a campaign or at a hard limit, and keep them alive by pings from pages left open; a \
            rule looks at pauses alone. Every cut that one makes and the other does not is counted by its cause, with the first few by \
            their numbers in the corpus. Lengths are shown as the export has them, without longer pauses, and by the rule.

            Example: tessera sessions reconcile bank.corpus
            Example: tessera sessions reconcile bank.corpus --gap 1h --utc-offset +01:00 --page sessions.html
            """)

    @Argument(help: ArgumentHelp("Corpus directory of an export that has session ids.", valueName: "corpus"), completion: .directory)
    var corpus: String
    @Option(help: ArgumentHelp("The rule: a longer pause begins a new session.", valueName: "span")) var gap = TimeSpan(seconds: 1800)
    @Option(help: ArgumentHelp("The rule: longest session; the rest begins a new one.", valueName: "span")) var maxLength: TimeSpan?
    @Option(help: ArgumentHelp("The rule: most events of a session; the rest begins a new one.", valueName: "n")) var maxEvents: Int?
    @Option(
        help: ArgumentHelp(
            "The rule: a change of this field to another known value begins a new session. May be repeated.", valueName: "field"))
    var splitOn: [String] = []
    @Option(help: ArgumentHelp("Field that says what kind of event one is; found by its name unless given.", valueName: "field"))
    var eventField: String?
    @Option(
        help: ArgumentHelp(
            "A value of it that open pages send by themselves, as page_ping. May be repeated; found by their names unless given.",
            valueName: "name"))
    var ping: [String] = []
    @Option(
        help: ArgumentHelp(
            "Field of which a change begins a session at the vendor. May be repeated; found by their names unless given.",
            valueName: "field"))
    var campaign: [String] = []
    @Option(help: ArgumentHelp("Offset from UTC of the vendor's calendar, for cuts at midnight.", valueName: "+HH:MM"))
    var utcOffset = UTCOffset(minutes: 0)
    @Option(help: ArgumentHelp("HTML page to write, with the picture.", valueName: "file.html"), completion: .file()) var page: String?
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { [page].compactMap { $0 } }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus] }

    func validate() throws {
        if let maxEvents, maxEvents < 1 { throw ValidationError("--max-events must be at least 1") }
    }

    func run() throws {
        let lock = try page.map { try OutputLock(for: $0) }
        defer { lock?.release() }
        let read = try Corpus.open(corpus)
        guard read.schema.mapping.session != nil else {
            throw CommandFault(
                code: EX_DATAERR, place: corpus, reason: "the export has no session ids, so there is nothing to compare",
                remedy: "import with a mapping that names the column of the session")
        }
        guard read.schema.hasTime else {
            throw CommandFault(
                code: EX_DATAERR, place: corpus, reason: "the events have no times, so a rule cannot cut them",
                remedy: "import with a mapping that names the column of the time")
        }
        try checkImport(read.schema)
        let found = SessionReconciliation(read, try settings(read.schema))
        if let page {
            let html = ReconciliationReport(found, read.schema.counts, corpus: corpus).page.html()
            try AtomicFile.write(Array(html.utf8), to: page)
            StandardError.write("\(page): \(Reading.count(html.utf8.count)) bytes\n")
        }
        if json {
            try StandardOutput.print(json: Summary(found, read.schema.counts))
        } else {
            try StandardOutput.print(ReconciliationText(found, read.schema.counts, corpus: corpus).text)
        }
    }

    /// The sessions must be the export's own, and their pings there.
    private func checkImport(_ schema: EventSchema) throws {
        guard schema.mapping.pings == nil else {
            throw CommandFault(
                code: EX_DATAERR, place: corpus,
                reason: "page pings were folded into the dwell of their pages, so that nobody sees which kept a session alive",
                remedy: "import the export once more with --keep-pings, into another corpus")
        }
        let own = schema.sessions
        guard own.maximumLengthSeconds == nil, own.maximumEvents == nil, own.splitOnChange.isEmpty else {
            throw CommandFault(
                code: EX_DATAERR, place: corpus, reason: "its sessions were cut by rules of the import, not by the export alone",
                remedy: "import once more without --max-length, --max-events and --split-on")
        }
    }

    private func settings(_ schema: EventSchema) throws -> ReconciliationSettings {
        var settings = ReconciliationSettings(schema)
        settings.rules = SessionRules(
            gapSeconds: gap.seconds, maximumLengthSeconds: maxLength?.seconds, maximumEvents: maxEvents, splitOnChange: splitOn)
        settings.zoneMinutes = utcOffset.minutes
        if let eventField { settings.eventField = eventField }
        if !ping.isEmpty { settings.pings = Set(ping) }
        if !campaign.isEmpty { settings.campaignFields = campaign }
        let wanted = [("--event-field", eventField.map { [$0] } ?? []), ("--campaign", campaign), ("--split-on", splitOn)]
        for (option, names) in wanted {
            for name in names where !schema.readableFields.contains(where: { $0.name == name && $0.kind != .numeric }) {
                throw CommandFault(
                    code: EX_USAGE, place: option, reason: "the corpus has no field \"\(name)\" of names or words",
                    remedy: "`tessera inspect \(corpus)` lists its fields")
            }
        }
        return settings
    }

    private struct Summary: Encodable {
        let rule: SessionRules
        let events: Int
        let visitors: Int
        let sessions: SessionReconciliation.Counts
        let causes: [String: Int]
        let examples: [String: [SessionReconciliation.Example]]
        let strays: [Int]
        let lengths: [String: SessionReconciliation.Durations]
        let withoutTime: Int
        let withoutSession: Int
        let duplicates: Int

        init(_ found: SessionReconciliation, _ counts: EventSchema.Counts) {
            (rule, events, visitors, sessions) = (found.settings.rules, found.events, found.visitors, found.counts)
            causes = Dictionary(uniqueKeysWithValues: SessionReconciliation.Cause.allCases.map { ($0.rawValue, found.causes[$0] ?? 0) })
            examples = Dictionary(uniqueKeysWithValues: found.examples.map { ($0.key.rawValue, $0.value) })
            strays = found.strays
            lengths = ["export": found.before, "exportWithoutPauses": found.repaired, "rule": found.ofRule]
            (withoutTime, withoutSession, duplicates) = (found.withoutTime, counts.withoutSession, counts.duplicates)
        }
    }
}

/// An offset from UTC as `+01:00`, `-0530` or `+2`.
struct UTCOffset: ExpressibleByArgument {
    let minutes: Int

    init(minutes: Int) { self.minutes = minutes }

    init?(argument: String) {
        var digits = Substring(argument)
        guard let sign = digits.popFirst(), sign == "+" || sign == "-" else { return nil }
        digits.removeAll { $0 == ":" }
        guard (1...4).contains(digits.count), let number = Int(digits) else { return nil }
        let (hours, rest) = digits.count > 2 ? (number / 100, number % 100) : (number, 0)
        guard hours <= 18, rest < 60 else { return nil }
        minutes = (sign == "-" ? -1 : 1) * (hours * 60 + rest)
    }

    var defaultValueDescription: String { "+00:00" }
}
