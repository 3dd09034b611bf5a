internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import IntentTaxonomy

struct LabelsImport: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read label files for the sessions of a corpus into a label set.",
        discussion: """
            JSON Lines ({"session_id": …, "annotator": …, "intents": {"card-compare": 0.9}}), a table with the columns intent and \
            confidence, or a table with a column for each intent; plain, gzip or zstd. Optional: user_id, annotator_version, time, \
            rationale, taxonomy_digest. Rows that cannot be used are counted by reason and never vanish. Where \
            the corpus was imported with a key, the same key finds its sessions by the ids of the export.

            Example: tessera labels import labels.jsonl --corpus bank.corpus --taxonomy taxonomy/retail-bank.yaml --out bank.labels
            """)

    @Argument(help: ArgumentHelp("Label files, or - for standard input.", valueName: "file"), completion: .file()) var files: [String]
    @Option(help: ArgumentHelp("Corpus whose sessions are labelled.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(
        help: ArgumentHelp("Taxonomy under which they were labelled.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var taxonomy: String
    @Option(help: ArgumentHelp("Label set to write, a directory.", valueName: "labels"), completion: .directory) var out: String
    @Option(help: ArgumentHelp("Who labelled, where the rows do not say.", valueName: "name")) var annotator: String?
    @Option(
        help: ArgumentHelp(
            "Take over labels given under an older taxonomy with this digest, its ids by `replaces`. May be repeated.",
            valueName: "digest"))
    var acceptTaxonomy: [String] = []
    @Flag(help: "Where one annotator labelled a session twice, the row with the latest time holds.") var latest = false
    @Option(help: ArgumentHelp("Write refused rows as CSV: file, line, reason, hint.", valueName: "file"), completion: .file())
    var rejects: String?
    @Option(
        help: ArgumentHelp("Write the sessions that people should decide, worst first, as JSON Lines.", valueName: "file"),
        completion: .file())
    var conflicts: String?
    @OptionGroup var key: KeyOption
    @Flag(help: "Replace a label set that is there already.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] + outputFiles }
    var outputFiles: [String] { [rejects, conflicts].compactMap { $0 } }
    var inputs: [String] { files + [taxonomy] + (key.key.map { [$0] } ?? []) }

    func run() throws {
        // Two runs with one file of rejects or conflicts would write over each other.
        let locks = try [rejects, conflicts].compactMap(\.self).map { try OutputLock(for: $0) }
        defer { locks.forEach { $0.release() } }
        let intents = try TaxonomyFile.valid(taxonomy)
        if !intents.isApproved {
            StandardError.write("labels: \(taxonomy): \(TaxonomyCheck.approval(intents)); what is trained on it cannot be served\n")
        }
        let events = try Corpus.open(corpus)
        var settings = LabelImport.Settings()
        settings.acceptedDigests = Set(acceptTaxonomy)
        settings.latestHolds = latest
        let (labels, refused) = try LabelSet.read(
            files, for: events, taxonomy: intents, key: try key.bytes(), annotator: annotator, settings: settings)
        if let rejects { try AtomicFile.write(Array(LabelReject.csv(refused).utf8), to: rejects) }
        show(refused)
        guard !labels.annotations.isEmpty else { throw LabelError.nothingLabelled(rejects: refused.count) }
        try labels.publish(to: out, replacing: replace)
        let queue = ConflictQueue(labels)
        if let conflicts { try AtomicFile.write(Array(queue.jsonLines.utf8), to: conflicts) }
        let merged = try labels.merged()
        let missing = zip(merged.intents, merged.positives).filter { $0.1 == 0 }.map(\.0)
        if json {
            try StandardOutput.print(json: Summary(labels, rejects: refused.count, missing: missing, conflicts: queue.entries.count))
            return
        }
        if labels.manifest.rowsWithoutDigest > 0 {
            StandardError.write(
                "labels: \(Reading.count(labels.manifest.rowsWithoutDigest)) rows do not say under which taxonomy they were given "
                    + "(taxonomy_digest); they are taken for \(labels.taxonomy.id) \(labels.taxonomy.version)\n")
        }
        if !missing.isEmpty { StandardError.write("labels: no session shows \(missing.joined(separator: ", "))\n") }
        let manifest = labels.manifest
        try StandardOutput.print(
            "\(out): \(Reading.count(manifest.annotations)) annotations of \(Reading.count(manifest.sessions)) sessions by "
                + "\(manifest.annotators.count) annotators; \(Reading.count(refused.count)) rows refused, "
                + "\(Reading.count(manifest.repeats)) repeats; \(Reading.count(queue.entries.count)) sessions to be decided")
    }

    private func show(_ refused: [LabelReject]) {
        guard !refused.isEmpty else { return }
        for reject in refused.prefix(3) { StandardError.write("labels: refused \(reject)\n") }
        var counts: [String: Int] = [:]
        for reject in refused { counts[reject.reason.rawValue, default: 0] += 1 }
        for (reason, count) in counts.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            StandardError.write("labels: \(Reading.count(count)) rows refused: \(reason)\n")
        }
        if rejects == nil { StandardError.write("labels: --rejects FILE lists every refused row\n") }
    }

    private struct Summary: Encodable {
        let taxonomy: TaxonomyReference
        let approved: Bool
        let rows: Int
        let annotations: Int
        let sessions: Int
        let annotators: [String: Int]
        let repeats: Int
        let rejects: Int
        let rejectsByReason: [String: Int]
        let conflicts: Int
        let intentsWithoutPositive: [String]
        let rowsWithoutDigest: Int

        init(_ labels: LabelSet, rejects: Int, missing: [String], conflicts: Int) {
            let manifest = labels.manifest
            (taxonomy, approved) = (manifest.taxonomy, labels.taxonomy.isApproved)
            (rows, annotations, sessions) = (manifest.rows, manifest.annotations, manifest.sessions)
            (annotators, repeats, rejectsByReason) = (manifest.annotators, manifest.repeats, manifest.rejects)
            (self.rejects, self.conflicts, intentsWithoutPositive) = (rejects, conflicts, missing)
            rowsWithoutDigest = manifest.rowsWithoutDigest
        }
    }
}
