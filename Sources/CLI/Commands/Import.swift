internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import SettingsFiles

struct Import: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Read export files into a corpus of events and sessions.",
        discussion: """
            CSV and TSV in any dialect, JSON Lines, and one session a line; plain, gzip or zstd; `-` is standard input. Parquet, Arrow and \
            Feather files with the Arrow plugin. Exports of GA4 (BigQuery), Segment, RudderStack, Amplitude, Mixpanel, Adobe XDM and OTTO \
            as JSON Lines, Snowplow's enriched events, Adobe's data feed (the folder, or a file of hits) and warehouses' tables of \
            Snowplow, GA4, Segment, RudderStack and Amplitude are recognised by their content and need no mapping; --explain shows what is \
            read from where. Rows that cannot be read are counted by reason and never vanish. The corpus is written whole or not at all. Memory stays below \
            300 MiB whatever the size of the files, unless --memory allows more.

            Example: tessera import clicks.csv.gz --mapping clicks.yaml --out bank.corpus --rejects refused.csv
            """)

    @Argument(
        help: ArgumentHelp(
            "Export files of one kind, folders of them or of Adobe's data feed, or - for standard input.", valueName: "file"),
        completion: .file())
    var files: [String]
    @Option(help: ArgumentHelp("Corpus directory to write; may be left out with --explain.", valueName: "corpus"), completion: .directory)
    var out: String?
    @OptionGroup var options: ImportOptions
    @OptionGroup var threads: ThreadsOption
    @Option(
        help: ArgumentHelp("Write refused rows as CSV: file, line, column, byte offset, reason, hint.", valueName: "file"),
        completion: .file())
    var rejects: String?
    @Flag(help: "Print which column each part of an event is read from, how often it is there and examples; identifiers are not shown.")
    var explain = false
    @Flag(help: "Replace a corpus that is there already.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { (out.map { [$0] } ?? []) + outputFiles }
    var outputFiles: [String] { rejects.map { [$0] } ?? [] }
    var inputs: [String] { files + options.files }

    func validate() throws {
        guard out != nil || explain else { throw ValidationError("give --out CORPUS, or --explain to see only what would be read") }
        guard out == nil || !explain || !files.contains("-") else {
            throw ValidationError("standard input can be read only once: leave out --explain or --out")
        }
        guard !explain || !json else { throw ValidationError("--explain prints text: leave out --json") }
    }

    func run() throws {
        if explain { try printExplanation() }
        guard let out else { return }
        Interruption.watch()
        // Two runs with one rejects file would write into each other.
        let lock = try rejects.map { try OutputLock(for: $0) }
        defer { lock?.release() }
        let file = try rejects.map { try RejectFile(path: $0) }
        var collector = RejectCollector(sink: file)
        let (summary, format): (ImportSummary, String)
        do {
            (summary, format) = try options.run(
                files, to: out, replacing: replace, threads: threads.threads, showsGuess: !explain, rejects: &collector
            ) {
                () throws(ImportError) in
                do throws(ExportError) { try file?.finish() } catch { throw .export(error) }
            }
        } catch ImportError.noEvents(let count) where count > 0 {
            try file?.finish()
            showRejects(collector)
            throw ImportError.noEvents(rejects: count)
        }
        showRejects(collector)
        showCounts(summary.counts)
        if json {
            try StandardOutput.print(json: Summary(summary, format, collector))
        } else {
            let counts = summary.counts
            try StandardOutput.print(
                "\(out): \(Reading.count(counts.events)) events, \(Reading.count(counts.sessions)) sessions, "
                    + "\(Reading.count(counts.visitors)) visitors; \(Reading.count(collector.total)) rows refused, "
                    + "\(Reading.count(counts.duplicates)) duplicates dropped; format \(format)")
        }
    }

    private func printExplanation() throws {
        let (input, mapping) = try options.sample(of: files)
        let explanation = try ExportReaders.explain(input, mapping: mapping, identifiers: Set(options.identifier))
        var lines = ["\(input.path): the first \(Reading.count(explanation.rows)) rows"]
        for part in explanation.parts {
            let values =
                part.isHidden ? "(identifiers are not shown)" : part.examples.map { "`\($0)`" }.joined(separator: ", ")
            lines.append(
                "\(part.name): \(Reading.percent(part.filled)) of rows, from \(part.columns.map { $0.joined(separator: ", else ") }.joined(separator: " and "))"
            )
            if !values.isEmpty { lines.append("    \(values)") }
        }
        if !explanation.unread.isEmpty { lines.append("not read: " + explanation.unread.joined(separator: ", ")) }
        lines.append("the mapping, to keep and change:\n" + (try SettingsFile.yaml(mapping)))
        try StandardOutput.print(lines.joined(separator: "\n"))
    }

    private func showCounts(_ counts: EventSchema.Counts) {
        for (reason, count) in counts.skipped.sorted(by: { $0.key < $1.key }) {
            StandardError.write("import: \(Reading.count(count)) rows left out: \(reason)\n")
        }
        guard counts.withoutSession > 0 else { return }
        StandardError.write(
            "import: \(Reading.count(counts.withoutSession)) rows without a session id: \(Reading.count(counts.joinedSession)) joined the "
                + "session that their visitor had open, the others were cut by the \(Reading.duration(options.gap.seconds)) rule\n")
    }

    private func showRejects(_ collector: RejectCollector) {
        guard collector.total > 0 else { return }
        for reject in collector.first.prefix(3) { StandardError.write("import: refused \(reject)\n") }
        for (reason, count) in collector.countsByReason.sorted(by: { ($0.value, $1.key.rawValue) > ($1.value, $0.key.rawValue) }) {
            StandardError.write("import: \(Reading.count(count)) rows refused: \(reason.rawValue)\n")
        }
        if rejects == nil { StandardError.write("import: --rejects FILE lists every refused row\n") }
    }

    private struct Summary: Encodable {
        /// A vendor's format by its name where one was recognised, else how the files are written.
        let format: String
        let events: Int
        let sessions: Int
        let visitors: Int
        let rejects: Int
        let rejectsByReason: [String: Int]
        let duplicates: Int
        let skipped: [String: Int]
        let withoutSession: Int
        let joinedSession: Int
        let digest: String
        let seconds: Double

        init(_ summary: ImportSummary, _ format: String, _ collector: RejectCollector) {
            self.format = format
            (events, sessions, visitors) = (summary.counts.events, summary.counts.sessions, summary.counts.visitors)
            rejects = collector.total
            rejectsByReason = summary.counts.rejects
            duplicates = summary.counts.duplicates
            (skipped, withoutSession) = (summary.counts.skipped, summary.counts.withoutSession)
            joinedSession = summary.counts.joinedSession
            (digest, seconds) = (summary.digest, summary.seconds)
        }
    }
}
