internal import ArgumentParser
internal import ArrowExchange
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel

struct Label: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Write the intents of each session, with the events that caused them.",
        discussion: """
            One JSON object a line: intents with calibrated probability, threshold, name and definition, the set that holds every intent \
            with the promised coverage, taxonomy and model ids, and as evidence the events without which the probability falls most. A \
            session without intent says why. Intents that are suspended (`tessera audit review`) are not told. Where the name ends in .parquet a row a session is written as Parquet (with the Arrow \
            plugin), without groups and gradients. Export files are read as by `tessera import`. The same input gives the same bytes.

            Example: tessera label bank.corpus --model bank.model --intents bank.serving --out labels.jsonl
            """)

    @Argument(help: ArgumentHelp("A corpus directory, or export files.", valueName: "corpus|file"), completion: .file())
    var sources: [String]
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(
        help: ArgumentHelp("Packed classifier (or, with --for-evaluation, a trained one).", valueName: "intents"), completion: .directory)
    var intents: String
    @Option(help: ArgumentHelp("File to write, JSON Lines, or Parquet where it ends in .parquet.", valueName: "file"), completion: .file())
    var out: String
    @Option(help: ArgumentHelp("Events told as evidence for each intent; 0 for none.", valueName: "n")) var evidence = 3
    @Flag(help: "Tell each event's integrated gradient, too: a second opinion on the evidence.") var gradients = false
    @Flag(help: "Write the probabilities of all intents.") var all = false
    @Flag(help: "Label although the taxonomy is not approved, and tell suspended intents: for judging, not for serving.")
    var forEvaluation = false
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("A field that names an event in evidence, the most telling first. May be repeated.", valueName: "field"))
    var fields: [String] = []
    @Option(help: ArgumentHelp("Visitors that must share a word before evidence shows it.", valueName: "n")) var fewestVisitors = 3
    @Option(
        help: ArgumentHelp(
            "The words in which events may be told, of a bundle (BUNDLE/words.json): evidence then reads as the service's.",
            valueName: "words.json"), completion: .file(extensions: ["json"]))
    var words: String?
    @Option(help: ArgumentHelp("Words of events in evidence, as they were recorded.", visibility: .private)) var wording: String?
    @Option(help: ArgumentHelp("The suspended intents, as they were recorded.", visibility: .private)) var suspended: String?
    @OptionGroup var serves: ServingPurpose
    @OptionGroup var ledger: LedgerOptions
    @Option(
        help: ArgumentHelp(
            "Field of words that says what the visitor agreed to (yes, granted, no, denied …); in place of --consent.", valueName: "field"))
    var consentField: String?
    @OptionGroup var options: ImportOptions
    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var outputFiles: [String] { [out] }
    var inputs: [String] { sources + [model, intents] + options.files + serves.files + [words].compactMap { $0 } }

    func validate() throws {
        guard !gradients || !ParquetOutput.isNamed(by: out) else { throw ValidationError("--gradients is for JSON Lines only") }
        guard (0...100).contains(evidence) else { throw ValidationError("--evidence must lie between 0 and 100") }
        try ledger.check(output: out)
        guard words == nil || (fields.isEmpty && fewestVisitors == 3) else {
            throw ValidationError("--words says what --field and --fewest-visitors would: leave these out")
        }
        guard consentField == nil || ledger.ledger != nil else { throw ValidationError("--consent-field is for --ledger") }
        guard (1...1000).contains(fewestVisitors) else { throw ValidationError("--fewest-visitors must lie between 1 and 1,000") }
    }

    func run() throws {
        Interruption.watch()
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let plugin = try ParquetOutput.plugin(for: out)
        let artifact = try ModelArtifact(model)
        var classifier = try IntentClassifier(intents, encoder: artifact)
        if forEvaluation {
            // What is suspended can be judged anew only by who sees it.
            classifier.suspensions = IntentSuspensions()
        } else {
            try classifier.checkServable(place: intents)
        }
        if let suspended {
            classifier.suspensions = IntentSuspensions()
            for intent in suspended.split(separator: ",") {
                classifier.suspensions.suspend(
                    String(intent), classifier: classifier.id, reason: "recorded", by: "recorded", at: "recorded")
            }
        }
        if suspended == nil, !forEvaluation { try withhold(&classifier) }
        if !classifier.withheld.isEmpty {
            let names = classifier.withheld.map { classifier.settings.intents[$0] }.joined(separator: ", ")
            StandardError.write("label: suspended and not told: \(names)\n")
        }
        try serves.opened().check(
            ModelUse.encoder(artifact, place: model) + ModelUse.classifier(classifier, place: intents))
        try options.withCorpus(sources, threads: threads.threads, command: "label") {
            try label($0, artifact, classifier, plugin)
        }
    }

    /// Withholds also what the ledger says is suspended for this classifier: the file in its directory may be that of an older copy, or
    /// lost.
    private func withhold(_ classifier: inout IntentClassifier) throws {
        let known = Set(classifier.suspensions.inForce)
        let held = try ledger.suspended(classifier: classifier.id, taxonomy: classifier.settings.taxonomy.digest)
        for intent in held where !known.contains(intent) {
            StandardError.write("label: \(intent) is suspended in the ledger and not in \(intents)/\(IntentSuspensions.file)\n")
            classifier.suspensions.suspend(
                intent, classifier: classifier.id, reason: "suspended in the ledger", by: "ledger", at: Date().formatted(.iso8601))
        }
    }

    private func label(_ corpus: Corpus, _ artifact: ModelArtifact, _ classifier: IntentClassifier, _ plugin: ArrowPlugin?) throws {
        var wishes = SessionLabeller.Options()
        (wishes.evidence, wishes.gradients, wishes.fewestVisitors) = (evidence, gradients, fewestVisitors)
        if let words {
            do { wishes.words = try JSONDecoder().decode(EventWording.self, from: Data(FileSystem.live.contents(of: words))) } catch {
                if error is FileError { throw error }
                throw CommandFault(
                    code: 65, place: words, reason: "it holds no words of events",
                    remedy: "name the words.json of what `tessera pack` wrote")
            }
        }
        wishes.wording = try wording.map { try JSONDecoder().decode([String: [String]].self, from: Data(FileSystem.live.contents(of: $0))) }
        for field in fields where corpus.codes(field) == nil {
            throw CommandFault(
                code: 64, place: "--field", reason: "the corpus has no such field of words",
                remedy: "choose from \(corpus.schema.readableFields.filter { $0.kind != .numeric }.map(\.name).joined(separator: ", "))")
        }
        if !fields.isEmpty { wishes.fields = fields }
        let consents = try consentField.map { try RecordedConsent($0, of: corpus) }
        let labeller = try SessionLabeller(classifier, encoder: artifact, corpus: corpus, precision: precision.chosen(), wishes)
        let recorder = try ledger.recorder(
            try recordedRun(corpus, artifact, classifier), model: classifier.id, taxonomy: classifier.settings.taxonomy.digest,
            purpose: serves.purpose?.rawValue ?? LedgerOptions.unnamedPurpose, key: options.key.bytes())
        let line = ProgressLine("label")
        let total = labeller.sessionCount
        func progress(_ done: Int) -> Bool {
            let rate = Double(done) / max(line.elapsed, 1e-6)
            line.update(
                "\(Reading.count(done)) of \(Reading.count(total)) sessions, \(Reading.count(Int(rate))) a second, "
                    + "\(Reading.duration(Double(total - done) / max(rate, 1e-6))) left")
            return !Interruption.isRequested
        }
        let pool = WorkerPool(threads: threads.count)
        let written =
            if let plugin {
                try labeller.writeParquet(
                    to: out, encoder: artifact.id, showsAll: all, plugin: plugin, pool: pool, progress: progress)
            } else {
                try labeller.write(
                    to: out, lines: LabelLines(classifier, encoder: artifact.id, showsAll: all), pool: pool,
                    recording: { sessions, texts in
                        recorder?.record(Self.decisions(sessions, texts, corpus, labeller, consents, pool)) ?? true
                    }, progress: progress)
            }
        try recorder?.finish()
        guard let written else { throw Interrupted(remedy: "nothing was written; run the command again") }
        line.finish("\(Reading.count(written.sessions)) sessions in \(Reading.duration(line.elapsed))")
        if json { return try StandardOutput.print(json: written) }
        try StandardOutput.print(
            "\(out): \(Reading.count(written.sessions)) sessions, \(Reading.count(written.labelled)) labelled, "
                + "\(Reading.count(written.abstained)) without an intent")
    }
}
