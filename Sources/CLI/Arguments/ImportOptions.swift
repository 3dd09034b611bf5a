internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import SettingsFiles

/// How export files are read and cut into sessions; the same wherever a command takes files.
struct ImportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Mapping file: which column is what. Without one the mapping is guessed and printed.", valueName: "m.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var mapping: String?
    @Option(help: ArgumentHelp("A longer pause begins a new session, where the export has no session ids.", valueName: "span"))
    var gap = TimeSpan(seconds: 1800)
    @Option(help: ArgumentHelp("Longest session; the rest begins a new one.", valueName: "span")) var maxLength: TimeSpan?
    @Option(help: ArgumentHelp("Most events of a session; the rest begins a new one.", valueName: "n")) var maxEvents: Int?
    @Option(help: ArgumentHelp("A change of this field to another known value begins a new session. May be repeated.", valueName: "field"))
    var splitOn: [String] = []
    @Option(help: ArgumentHelp("Longest dwell that is believed.", valueName: "span")) var dwellCap = TimeSpan(seconds: 1800)
    @Option(
        help: ArgumentHelp("A field that identifies people and is replaced by digests like visitors. May be repeated.", valueName: "field"))
    var identifier: [String] = []
    @Flag(help: "Keep rows that are equal in everything the mapping keeps.") var keepDuplicates = false
    @Flag(help: "Keep page pings as events of their own, in place of folding them into the dwell of their page.") var keepPings = false
    @Option(
        help: ArgumentHelp(
            "Memory for rows and distinct values, in megabytes; beyond it both are sorted on disk. The program takes some 60 besides, "
                + "whatever the file's size.",
            valueName: "n"))
    var memory = 192
    @OptionGroup var key: KeyOption

    /// Files that are read beside the export.
    var files: [String] { (mapping.map { [$0] } ?? []) + (key.key.map { [$0] } ?? []) }

    func validate() throws {
        guard memory >= 1, memory < 1 << 30 else { throw ValidationError("--memory must be at least 1 megabyte") }
        if let maxEvents, maxEvents < 1 { throw ValidationError("--max-events must be at least 1") }
    }

    func settings() throws -> ImportSettings {
        var settings = ImportSettings()
        settings.sessions = SessionRules(
            gapSeconds: gap.seconds, maximumLengthSeconds: maxLength?.seconds, maximumEvents: maxEvents, splitOnChange: splitOn)
        settings.dwellCapSeconds = dwellCap.seconds
        settings.identifierFields = identifier
        settings.dropsDuplicates = !keepDuplicates
        settings.memoryLimit = memory << 20
        settings.pseudonymKey = try key.bytes()
        return settings
    }

    /// Opens every file with one mapping. A guessed one is printed on standard error as a mapping file, unless told otherwise.
    /// - Parameter format: the vendor's format that is asked for; nil to find out.
    func open(_ files: [String], format: VendorFormat? = nil, showsGuess: Bool = true) throws -> [any EventSource] {
        let inputs = try files.flatMap { try ExportReaders.files(of: $0) }.map { try ExportInput(path: $0) }
        let columns = try mapping(of: inputs[0], format: format, showsGuess: showsGuess)
        var sources: [any EventSource] = []
        for (number, input) in inputs.enumerated() {
            sources.append(try ExportReaders.open(input, mapping: columns, fileNumber: number + 1))
        }
        return sources
    }

    /// The mapping that was given, or one for the input.
    func mapping(of input: ExportInput, format: VendorFormat?, showsGuess: Bool) throws -> ExportMapping {
        var mapping = try mapping.map { try Self.read($0) } ?? guess(input, format, shows: showsGuess)
        if keepPings { mapping.pings = nil }
        return mapping
    }

    private static func read(_ file: String) throws -> ExportMapping {
        let mapping = try SettingsFile.read(ExportMapping.self, from: file)
        do {
            try mapping.validate()
        } catch {
            throw ExportError(error.kind, place: "\(file): \(error.place)", reason: error.reason, remedy: error.remedy)
        }
        return mapping
    }

    private func guess(_ input: ExportInput, _ format: VendorFormat?, shows: Bool) throws -> ExportMapping {
        let guess = try ExportReaders.guess(input, format: format)
        guard shows else { return guess.mapping }
        if guess.vendor != nil {
            StandardError.write(
                guess.reasons.map { "import: \($0)\n" }.joined() + "import: `tessera import --explain` shows what is read from where\n")
            return guess.mapping
        }
        StandardError.write(
            "import: no mapping was given; this one was guessed. Keep it in a file, change it, and give it with --mapping:\n\n"
                + guess.reasons.map { "# \($0)\n" }.joined() + (try SettingsFile.yaml(guess.mapping)) + "\n")
        return guess.mapping
    }

    /// Imports files into a corpus at `path`, with progress.
    /// - Parameters:
    ///   - format: the vendor's format that is asked for; nil to find out.
    ///   - threads: as many as there are processors when nil.
    ///   - readsInBlocks: see ``ImportSettings``.
    ///   - memoryLimit: bytes in place of --memory.
    ///   - willPublish: called before the corpus can be seen.
    func run(
        _ files: [String], to path: String, format: VendorFormat? = nil, replacing: Bool, threads: Int?, readsInBlocks: Bool = true,
        memoryLimit: Int? = nil,
        showsGuess: Bool = true, rejects: inout RejectCollector, willPublish: () throws(ImportError) -> Void = {}
    ) throws -> ImportSummary {
        var settings = try settings()
        settings.replacesCorpus = replacing
        settings.threads = threads ?? ImportSettings.processors
        settings.readsInBlocks = readsInBlocks
        if let memoryLimit { settings.memoryLimit = memoryLimit }
        let sources = try open(files, format: format, showsGuess: showsGuess)
        let line = ProgressLine("import")
        do throws(ImportError) {
            let summary = try ExportImporter(settings).run(
                sources: sources, to: path, rejects: &rejects, willPublish: willPublish, isCancelled: { Interruption.isRequested },
                progress: { progress in line.update(Self.text(progress, files: files.count, seconds: line.elapsed)) })
            line.finish(
                "\(Reading.count(summary.counts.events)) events in \(Reading.duration(summary.seconds)), "
                    + "\(Reading.count(Int(Double(summary.counts.events) / max(summary.seconds, 1e-3)))) a second")
            return summary
        } catch {
            // Not as a pattern of the catch: compiler 6.3 fails on it.
            guard case .cancelled = error else { throw error }
            throw Interrupted(remedy: "nothing was kept; run the command again")
        }
    }

    /// Opens a corpus directory, or imports export files into one that lasts as long as `body`.
    /// - Parameter command: who tells of refused rows.
    func withCorpus(_ inputs: [String], threads: Int?, command: String, _ body: (Corpus) throws -> Void) throws {
        try withCorpus(inputs, threads: threads) { corpus, rejects in
            let refused = corpus.schema.counts.rejects.values.reduce(0, +)
            if !rejects.isEmpty {
                StandardError.write("\(command): \(Reading.count(refused)) rows refused; tessera import lists them\n")
            }
            try body(corpus)
        }
    }

    /// The same with the first refused rows of an import; none of a corpus that was there.
    func withCorpus(_ inputs: [String], threads: Int?, _ body: (Corpus, [Reject]) throws -> Void) throws {
        if inputs.count == 1, inputs[0] != "-", try FileSystem.live.status(of: inputs[0])?.kind == .directory {
            return try body(Corpus.open(inputs[0]), [])
        }
        try TemporaryFolder.with { folder in
            var rejects = RejectCollector()
            _ = try run(inputs, to: "\(folder)/corpus", replacing: false, threads: threads, rejects: &rejects)
            try body(Corpus.open("\(folder)/corpus"), rejects.first)
        }
    }

    private static func text(_ progress: ImportProgress, files: Int, seconds: Double) -> String {
        let rejected = progress.rejects > 0 ? ", \(Reading.count(progress.rejects)) refused" : ""
        switch progress.phase {
        case .reading:
            let rate = Int(Double(progress.rows) / max(seconds, 1e-3))
            let share = progress.bytes.bytesTotal.map { total in
                total > 0 ? ", \(Reading.percent(min(1, Double(progress.bytes.bytesRead) / Double(total))))" : ""
            }
            let file = files > 1 ? " of file \(progress.file + 1) of \(files)" : ""
            return "\(Reading.count(progress.rows)) rows\(share ?? "")\(file), \(Reading.count(rate)) a second\(rejected)"
        case .writing:
            let share = progress.rowsTotal.map { Reading.percent(Double(progress.rows) / Double(max(1, $0))) } ?? ""
            return "writing \(Reading.count(progress.rows)) events, \(share)\(rejected)"
        }
    }
}
