internal import ArgumentParser
internal import EventStream

struct BenchImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import files into a corpus that is thrown away: events a second.",
        discussion: """
            Takes the options of `tessera import`; TMPDIR says where the corpus stands meanwhile. Before anything is timed the files are \
            read once by one thread from front to back, with memory for all rows up to 4 GiB; every timed corpus must have the same digest. The median run counts.

            Example: tessera bench import clicks.csv --mapping clicks.yaml --json
            """)

    @Argument(help: ArgumentHelp("Export files.", valueName: "file"), completion: .file()) var files: [String]
    @OptionGroup var options: ImportOptions
    @OptionGroup var threads: ThreadsOption
    @Option(help: ArgumentHelp("Timed runs.", valueName: "n")) var runs = 3
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must lie between 1 and 1000") }
        guard !files.contains("-") else { throw ValidationError("standard input can be read only once: name a file") }
    }

    func run() throws {
        Interruption.watch()
        // Nothing is put aside on the disk, however little --memory gives the timed runs.
        let ample = max(options.memory << 20, 4 << 30)
        let reference = try importing(threads: 1, readsInBlocks: false, memoryLimit: ample, showsGuess: true)
        var times: [Double] = []
        for _ in 0..<runs {
            let summary = try importing(threads: threads.threads, readsInBlocks: true, showsGuess: false)
            guard summary.digest == reference.digest else {
                StandardError.write("bench import: the corpus differs from the one that one thread makes from front to back\n")
                throw ExitCode(1)
            }
            times.append(max(summary.seconds, 1e-9))
        }
        times.sort()
        let events = Double(reference.counts.events)
        let middle = (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
        let summary = Summary(
            events: reference.counts.events, sessions: reference.counts.sessions, seconds: middle, eventsPerSecond: events / middle,
            eventsPerSecondRange: [events / times[times.count - 1], events / times[0]], digest: reference.digest)
        if json {
            try StandardOutput.print(json: summary)
        } else {
            try StandardOutput.print(
                "\(Reading.count(summary.events)) events in \(Reading.decimal(middle, 3)) s: \(Reading.count(Int(events / middle))) a second "
                    + "(runs \(Reading.count(Int(summary.eventsPerSecondRange[0]))) to \(Reading.count(Int(summary.eventsPerSecondRange[1]))))"
            )
        }
    }

    private func importing(threads: Int?, readsInBlocks: Bool, memoryLimit: Int? = nil, showsGuess: Bool) throws -> ImportSummary {
        try TemporaryFolder.with { folder in
            var rejects = RejectCollector()
            return try options.run(
                files, to: "\(folder)/corpus", replacing: false, threads: threads, readsInBlocks: readsInBlocks,
                memoryLimit: memoryLimit, showsGuess: showsGuess, rejects: &rejects
            ).summary
        }
    }

    private struct Summary: Encodable {
        let events: Int
        let sessions: Int
        let seconds: Double
        let eventsPerSecond: Double
        let eventsPerSecondRange: [Double]
        let digest: String
    }
}
