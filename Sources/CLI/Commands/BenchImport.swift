internal import ArgumentParser
internal import EventStream

struct BenchImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import files into a corpus that is thrown away: events and bytes a second.",
        discussion: """
            Takes the options of `tessera import`; TMPDIR says where the corpus stands meanwhile.

            Example: tessera bench import clicks.csv --mapping clicks.yaml --json
            """)

    @Argument(help: ArgumentHelp("Export files.", valueName: "file"), completion: .file()) var files: [String]
    @OptionGroup var options: ImportOptions
    @Option(help: ArgumentHelp("Runs; the fastest counts.", valueName: "n")) var runs = 3
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        Interruption.watch()
        var best: ImportSummary?
        for number in 0..<max(1, runs) {
            try TemporaryFolder.with { folder in
                var rejects = RejectCollector()
                let summary = try options.run(
                    files, to: "\(folder)/corpus", replacing: false, showsGuess: number == 0, rejects: &rejects)
                if summary.seconds < best?.seconds ?? .infinity { best = summary }
            }
        }
        guard let best else { return }
        let rate = Double(best.counts.events) / max(best.seconds, 1e-9)
        if json {
            try StandardOutput.print(
                json: Summary(
                    events: best.counts.events, sessions: best.counts.sessions, seconds: best.seconds, eventsPerSecond: rate))
        } else {
            try StandardOutput.print(
                "\(Reading.count(best.counts.events)) events in \(Reading.decimal(best.seconds, 3)) s: \(Reading.count(Int(rate))) a second"
            )
        }
    }

    private struct Summary: Encodable {
        let events: Int
        let sessions: Int
        let seconds: Double
        let eventsPerSecond: Double
    }
}
