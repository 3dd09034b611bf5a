internal import ArgumentParser
internal import CreditRisk
internal import DurableFiles
internal import Evaluation
internal import Glibc
internal import IntentTaxonomy
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

struct CreditTrain: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a scorecard on applicants whose outcome is known.",
        discussion: """
            The file names the raw tables (CSV, TSV or the like, plain, gzip or zstd), the key, times, categorical and numeric fields, \
            the decision and the outcome. Records at or after a decision are counted and never read. A network reads the records; its \
            scores of customers that it did not see join hand-made features in a business model; probabilities are calibrated on customers \
            that neither saw. Columns that tell the outcome stop the training (--leaks warn goes on). --judges sets customers aside, by \
            their ids (a fifth unless said), and --before TIME later decisions, for `tessera credit evaluate`. Outcomes known only at that \
            time or later teach nothing then: nobody had them; --known-later lets them teach, and the card says so. The business model is \
            boosted trees unless the file says `business: {kind: logisticRegression}`; values of categories that fewer than \
            `business: {leastCustomers: 10}` customers have are pooled, so that no column or reason tells of single people. The directory \
            holds the preprocessing, the models \
            and what the run says of them, model-card.md and model-card.json; what was there stays unless --replace is given. The same \
            input and seed give the same bytes at any number of threads.

            Example: tessera credit train bank/credit/framework.yaml --judges 0.3 --out credit.model
            Example: tessera credit train bank/credit/mgkd.yaml --file service=service-2025.csv.gz --out student.model
            """)

    @Argument(
        help: ArgumentHelp("What is read, and how.", valueName: "credit.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var settings: String
    @OptionGroup var files: CreditFiles
    @Option(help: ArgumentHelp("framework, huihen or mgkd, in place of the file's.", valueName: "name")) var preset: CreditPreset?
    @Option(help: ArgumentHelp("Share of the customers that is not learnt from, so that evaluate can judge by them.", valueName: "share"))
    var judges = 0.2
    @Option(help: ArgumentHelp("Learn from decisions before this time whose outcome was known by then.", valueName: "time"))
    var before: Moment?
    @Flag(help: "Let outcomes that became known only at the time of --before or later teach, too.") var knownLater = false
    @Option(help: ArgumentHelp("refuse or warn: what to do about columns that seem to tell the outcome.", valueName: "what"))
    var leaks = CreditLeaks.refuse
    @Option(help: ArgumentHelp("What every random choice comes from.", valueName: "n")) var seed: UInt64?
    @Option(help: ArgumentHelp("Directory to write.", valueName: "dir")) var out: String
    @OptionGroup var serves: TrainingPurpose
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Replace a model that is there already.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var inputs: [String] { [settings] + files.paths + serves.files }

    func validate() throws {
        guard judges >= 0, judges < 1 else { throw ValidationError("--judges must be 0 or lie between 0 and 1") }
        guard !knownLater || before != nil else { throw ValidationError("--known-later needs --before") }
    }

    func run() throws {
        Interruption.watch()
        let lock = try OutputLock(for: out + ".training")
        defer { lock.release() }
        if !replace, let there = try FileSystem.live.status(of: out) {
            if try there.kind != .directory || !FileSystem.live.names(in: out).isEmpty { throw FileError(.rename, out, code: EEXIST) }
        }
        var own = try SettingsFile.read(CreditConfiguration.self, from: settings)
        if let preset { own.preset = preset.value }
        if let seed { own.seed = seed }
        let allowed = try serves.opened()
        try allowed.check(.scorecard(own, place: nil))
        let line = ProgressLine("credit")
        let folder = settings.contains("/") ? FileSystem.folder(of: settings) : ""
        let data = try CreditData(own, folder: files.data ?? folder, files: files.files, training: true, needsOutcomes: true)
        data.tell(outcomes: true)
        let trained = try train(own, data, line)
        let id = try trained.write(to: out, with: allowed.record, replacing: replace)
        try data.tell(trained)
        line.finish("\(Reading.count(data.counts.applicants)) applicants in \(Reading.duration(line.elapsed))")
        if json {
            return try StandardOutput.print(json: Printed(modelId: id, preset: own.preset.rawValue, read: data.counts, card: trained.card))
        }
        let card = trained.card
        try StandardOutput.print(
            "\(out): scorecard \(id.prefix(12)) (\(card.kind)), "
                + card.parts.map { "\($0.name) \(Reading.count($0.applicants))" }.joined(separator: ", ")
                + (card.metrics["scorecard"].map {
                    "; on those judged AUC \(Reading.decimal($0.discrimination.auc.estimate, 4)), KS "
                        + Reading.decimal($0.discrimination.ks.estimate, 4)
                } ?? "") + "; see \(out)/model-card.md")
    }

    private func train(_ own: CreditConfiguration, _ data: CreditData, _ line: ProgressLine) throws -> CreditScorecard {
        do {
            return try CreditScorecard.train(
                own, data, name: FileSystem.name(of: out),
                judges: .init(share: judges, before: before?.microseconds, knownLater: knownLater), leaks: leaks.value,
                pool: WorkerPool(threads: threads.count), warn: { StandardError.write("warning: \($0)\n") }, progress: line.goesOn)
        } catch {
            guard Interruption.isRequested else { throw error }
            throw Interrupted(remedy: "nothing was written; run the command again")
        }
    }

    private struct Printed: Encodable {
        let modelId: String
        let preset: String
        let read: CreditData.Counts
        let card: CreditModelCard
    }
}

/// See ``CreditConfiguration/Preset``.
struct CreditPreset: ExpressibleByArgument {
    let value: CreditConfiguration.Preset

    init?(argument: String) {
        guard let value = CreditConfiguration.Preset(rawValue: argument) else { return nil }
        self.value = value
    }

    static var allValueStrings: [String] { CreditConfiguration.Preset.allCases.map(\.rawValue) }
}

/// See ``CreditScorecard/Leaks``.
enum CreditLeaks: String, ExpressibleByArgument, CaseIterable {
    case refuse, warn

    var value: CreditScorecard.Leaks { self == .refuse ? .refuse : .warn }
}
