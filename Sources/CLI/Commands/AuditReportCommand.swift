internal import ArgumentParser
internal import Audit
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

struct AuditReportCommand: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write the audit report of a classifier: one page anybody can read, and the same as JSON.",
        discussion: """
            Headed by what it does, how good it is, where it is weak, who approved it and how to challenge a label; then inventory, data, \
            taxonomy, performance beside baselines, calibration, groups, stability between two periods, reasons and how stable they are, \
            decisions on record, what has changed since the last report, limits and signatures. What only people can say stands in \
            --inventory (model, does, purpose, never, owner, users, tier, design, challenge, monitoring, limits, signatures, status, validation, \
            oversight, fallback, ground, retention, floor); what nobody \
            said is shown as missing. Numbers have 95 % intervals by visitor, and groups of few people are hidden. --at makes the same \
            input give the same bytes.

            Example: tessera audit report bank.corpus --model bank.model --intents bank.serving --labels bank.labels --intents-study \
            intents.json --inventory inventory.yaml --split 2026-02-01 --by device --ledger bank.ledger --key auditor.pub --out audit.html --json > audit.json
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("Classifier directory.", valueName: "intents"), completion: .directory) var intents: String
    @Option(help: ArgumentHelp("The page to write.", valueName: "file.html"), completion: .file()) var out: String
    @Option(
        help: ArgumentHelp("What people say of the model.", valueName: "inventory.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var inventory: String?
    @Option(help: ArgumentHelp("Label set of this corpus, under the classifier's taxonomy.", valueName: "labels"), completion: .directory)
    var labels: String?
    @Option(help: ArgumentHelp("What `intents evaluate --json` printed of this classifier.", valueName: "file.json"), completion: .file())
    var intentsStudy: String?
    @Option(help: ArgumentHelp("Classifier of another seed on the same model. May be repeated.", valueName: "intents"))
    var otherSeed: [String] = []
    @Option(
        name: .customLong("export"), help: ArgumentHelp("Export file the corpus was read from. May be repeated.", valueName: "file"),
        completion: .file())
    var exports: [String] = []
    @Option(
        name: [.customLong("rules"), .customLong("purpose-rules")], help: ArgumentHelp("Purpose rules.", valueName: "rules.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var rules: String?
    @Option(help: ArgumentHelp("What it is used for: \(PurposeFile.names).", valueName: "purpose")) var purpose: Purpose?
    @Option(help: ArgumentHelp("Compare sessions before this time with those from it on.", valueName: "time")) var split: Moment?
    @Option(help: ArgumentHelp("Field whose values are groups.", valueName: "field")) var by: String?
    @Option(help: ArgumentHelp("Ledger of its decisions.", valueName: "file"), completion: .file()) var ledger: String?
    @OptionGroup var trust: LedgerTrust
    @Option(help: ArgumentHelp("What this command printed with --json the last time.", valueName: "file.json"), completion: .file())
    var previous: String?
    @Option(help: ArgumentHelp("The report's date (default: now).", valueName: "time")) var at: Moment?
    @Flag(help: "Say that the data are simulated.") var synthetic = false
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print everything as a JSON object.") var json = false

    var outputs: [String] { [out] }
    var outputFiles: [String] { [out] }
    var inputs: [String] {
        [corpus, model, intents] + otherSeed + exports + [inventory, labels, intentsStudy, rules, ledger, previous].compactMap { $0 }
            + trust.files
    }

    func validate() throws {
        guard ledger != nil || (trust.key.isEmpty && trust.anchor.isEmpty) else {
            throw ValidationError("--key and --anchor are for --ledger")
        }
        guard rules == nil || purpose != nil else { throw ValidationError("--rules hold for a purpose: name it with --purpose") }
    }

    func run() throws {
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let last = try previous.map { try AuditDossier(file: $0) }
        let sources = try sources()
        let pool = WorkerPool(threads: threads.count)
        let line = ProgressLine("audit")
        var dossier = try AuditDossier(sources, program: "tessera \(Version.text)", pool: pool, say: { line.update($0) })
        dossier.ledger = try ledger.map { try AuditDossier.LedgerPart($0, trust.options(), sources.classifier) }
        if let last { dossier = dossier.compared(with: last) }
        let html = AuditReport(dossier).html
        try AtomicFile.write(Array(html.utf8), to: out)
        line.finish("\(out): \(Reading.count(html.utf8.count)) bytes")
        if json { return try StandardOutput.print(String(decoding: dossier.json.dropLast(), as: UTF8.self)) }
        try StandardOutput.print("\(out): \(Reading.count(html.utf8.count)) bytes")
    }

    private func sources() throws -> DossierSources {
        let corpus = try Corpus.open(corpus)
        let encoder = try ModelArtifact(model)
        let classifier = try IntentClassifier(intents, encoder: encoder)
        let said = try inventory.map { try SettingsFile.read(ModelInventory.self, from: $0) }
        let now = Int64(Date().timeIntervalSince1970 * 1e6)
        var sources = DossierSources(
            corpus: corpus, encoder: encoder, classifier: classifier, inventory: said ?? ModelInventory(model: "Intents of sessions"),
            madeAt: at?.microseconds ?? now)
        sources.records = (try PurposeRecord.read(ofModelAt: model), try PurposeRecord.read(ofModelAt: intents))
        sources.others = try otherSeed.map {
            (try IntentClassifier($0, encoder: encoder), try PurposeRecord.read(ofModelAt: $0))
        }
        sources.labels = try labels.map { place in
            let labels = try LabelSet(place)
            try labels.check(corpus: corpus)
            try labels.check(taxonomy: classifier.taxonomy, place: place)
            return labels
        }
        sources.study = try intentsStudy.map { place in
            let study = try ClassifierStudy(file: place)
            try study.check(classifier, corpus: corpus, place: place)
            return study
        }
        sources.files = try exports.map { path in
            AuditDossier.SourceFile(
                name: FileSystem.name(of: path), bytes: try FileSystem.live.status(of: path)?.size ?? 0,
                sha256: try SHA256Digest.hex(ofFileAt: path))
        }
        sources.rules = try rules.map(PurposeFile.read)
        (sources.purpose, sources.boundary, sources.groupField) = (purpose, split?.microseconds, by)
        sources.isSynthetic = synthetic
        return sources
    }
}

extension AuditDossier.LedgerPart {
    /// Walks over a ledger and counts what it holds.
    /// - Parameter classifier: whose decisions are counted.
    init(_ path: String, _ options: LedgerVerification.Options, _ classifier: IntentClassifier) throws {
        let verified = try LedgerVerification.run(at: path, options)
        let verdict = LedgerVerdict(verified, options)
        self.init(isIntact: verified.isIntact, isSigned: verified.isSigned)
        findings = verified.findings.map(\.description)
        keys = verdict.keys.map { Key(key: $0.key, since: $0.since, isTrusted: $0.trusted) }
        (anchors, warnings) = (verdict.anchors, verdict.warnings)
        entries = verified.entries
        var summary = LedgerSummary()
        do {
            let ledger = try Ledger(at: path, .readOnly)
            summary = try LedgerSummary(ledger)
            suspended = try ReviewRecord.suspended(
                in: ledger, classifier: classifier.id, taxonomy: classifier.settings.taxonomy.digest)
        } catch {
            // A broken ledger is told as broken; what it holds may not even be readable.
            guard !verified.isIntact else { throw error }
            return
        }
        entries = summary.entries
        kinds = Dictionary(uniqueKeysWithValues: summary.kinds.map { ($0.key.name, $0.value) })
        purposes = summary.purposes
        decisions = summary.decisions.filter { SHA256Digest.hex($0.key) == classifier.id }.values.reduce(0, +)
        if let times = summary.times { (from, to) = (LedgerTime.text(times.lowerBound), LedgerTime.text(times.upperBound)) }
        verdicts = summary.verdicts
    }
}
