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
    @Option(
        help: ArgumentHelp("Format of the files by its name, in place of what is found in them or a mapping.", valueName: "name"))
    var format: VendorFormat?
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
        guard mapping == nil || format == nil else { throw ValidationError("--mapping says all that --format would: give one of them") }
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

    /// All files of an export, by one mapping, and what they are.
    private func open(_ files: [String], showsGuess: Bool) throws -> (sources: [any EventSource], format: String) {
        let parts = try Self.parts(of: files, tells: showsGuess)
        if let mapping {
            let sources = try parts.sources(mapping: asKept(Self.read(mapping)))
            return (sources, sources[0].mapping.format.rawValue)
        }
        var guess = try guess(parts.sample, shows: showsGuess)
        guess.mapping = asKept(guess.mapping)
        return (try parts.sources(guess), guess.vendor?.rawValue ?? guess.mapping.format.rawValue)
    }

    /// The first of the files that has rows, and the mapping that was given or one for it.
    func sample(of files: [String]) throws -> (input: ExportInput, mapping: ExportMapping) {
        let input = try Self.parts(of: files, tells: true).sample
        return (input, asKept(try mapping.map(Self.read) ?? guess(input, shows: true).mapping))
    }

    /// The mapping with what the options say of it.
    private func asKept(_ mapping: ExportMapping) -> ExportMapping {
        var mapping = mapping
        if keepPings { mapping.pings = nil }
        return mapping
    }

    private static func parts(of files: [String], tells: Bool) throws -> ExportParts {
        let parts = try ExportParts(files.flatMap { try ExportReaders.files(of: $0) })
        if tells, !parts.empty.isEmpty {
            let more = parts.empty.count > 3 ? " and \(Reading.count(parts.empty.count - 3)) more" : ""
            StandardError.write("import: left out, as they are empty: \(parts.empty.prefix(3).joined(separator: ", "))\(more)\n")
        }
        return parts
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

    /// - Parameter shows: whether the mapping is printed on standard error as a mapping file.
    private func guess(_ input: ExportInput, shows: Bool) throws -> MappingGuess {
        let guess = try ExportReaders.guess(input, format: format)
        guard shows else { return guess }
        if guess.vendor != nil {
            StandardError.write(
                guess.reasons.map { "import: \($0)\n" }.joined() + "import: `tessera import --explain` shows what is read from where\n")
            return guess
        }
        StandardError.write(
            "import: no mapping was given; this one was guessed. Keep it in a file, change it, and give it with --mapping:\n\n"
                + guess.reasons.map { "# \($0)\n" }.joined() + (try SettingsFile.yaml(guess.mapping)) + "\n")
        return guess
    }

    /// Imports files into a corpus at `path`, with progress.
    /// - Parameters:
    ///   - threads: as many as there are processors when nil.
    ///   - readsInBlocks: see ``ImportSettings``.
    ///   - memoryLimit: bytes in place of --memory.
    ///   - willPublish: called before the corpus can be seen.
    /// - Returns: what was done, and the format of the files: a vendor's by its name where one was recognised, else how they are written.
    func run(
        _ files: [String], to path: String, replacing: Bool, threads: Int?, readsInBlocks: Bool = true, memoryLimit: Int? = nil,
        showsGuess: Bool = true, rejects: inout RejectCollector, willPublish: () throws(ImportError) -> Void = {}
    ) throws -> (summary: ImportSummary, format: String) {
        var settings = try settings()
        settings.replacesCorpus = replacing
        settings.threads = threads ?? ImportSettings.processors
        settings.readsInBlocks = readsInBlocks
        if let memoryLimit { settings.memoryLimit = memoryLimit }
        let (sources, format) = try open(files, showsGuess: showsGuess)
        let line = ProgressLine("import")
        do throws(ImportError) {
            let summary = try ExportImporter(settings).run(
                sources: sources, to: path, rejects: &rejects, willPublish: willPublish, isCancelled: { Interruption.isRequested },
                progress: { progress in line.update(Self.text(progress, files: sources.count, seconds: line.elapsed)) })
            line.finish(
                "\(Reading.count(summary.counts.events)) events in \(Reading.duration(summary.seconds)), "
                    + "\(Reading.count(Int(Double(summary.counts.events) / max(summary.seconds, 1e-3)))) a second")
            return (summary, format)
        } catch {
            // Not as a pattern of the catch: compiler 6.3 fails on it.
            guard case .cancelled = error else { throw error }
            throw Interrupted(remedy: "nothing was kept; run the command again")
        }
    }

    /// Opens a corpus directory, or imports export files into one that lasts as long as `body`.
    /// - Parameter command: who tells of refused rows.
    func withCorpus(_ inputs: [String], threads: Int?, command: String, _ body: (Corpus) throws -> Void) throws {
        var rejects = RejectCollector()
        try withCorpus(inputs, threads: threads, rejects: &rejects) { corpus, rejects in
            let refused = corpus.schema.counts.rejects.values.reduce(0, +)
            if !rejects.isEmpty {
                StandardError.write("\(command): \(Reading.count(refused)) rows refused; tessera import lists them\n")
            }
            try body(corpus)
        }
    }

    /// The same with the refused rows of an import, of which `body` gets the first; none of a corpus that was there.
    func withCorpus(
        _ inputs: [String], threads: Int?, rejects: inout RejectCollector, _ body: (Corpus, [Reject]) throws -> Void
    ) throws {
        if inputs.count == 1, Self.isCorpus(inputs[0]) { return try body(Corpus.open(inputs[0]), []) }
        try TemporaryFolder.with { folder in
            _ = try run(inputs, to: "\(folder)/corpus", replacing: false, threads: threads, rejects: &rejects)
            try body(Corpus.open("\(folder)/corpus"), rejects.first)
        }
    }

    /// Whether a path is that of a corpus; any other folder may hold an export.
    static func isCorpus(_ path: String) -> Bool { path != "-" && CorpusFormat.isCorpus(path) }

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
