internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles

struct IntentsTrain: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a classifier of intents on supplied labels.",
        discussion: """
            Reads the embeddings of a model and plain facts about each session, learns the annotators' confidences, calibrates \
            probabilities and chooses thresholds on sessions whose visitors the student did not see. Intents on which annotators \
            disagree, or of which there are too few examples, are held back and named. No language model is needed, then or later.

            Example: tessera intents train bank.corpus --model bank.model --labels bank.labels --out bank.intents
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("Label set, as `tessera labels import` wrote it.", valueName: "labels"), completion: .directory) var labels:
        String
    @Option(help: ArgumentHelp("Directory to write.", valueName: "intents"), completion: .directory) var out: String
    @Option(
        help: ArgumentHelp("Settings that differ from the defaults: `distillation:` and `facts:`.", valueName: "c.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
    @Option(help: ArgumentHelp("What is taught: linear, perceptron or fine-tuned (with the encoder).", valueName: "kind"))
    var student: DistillationSettings.Student?
    @Option(name: .customLong("inputs"), help: ArgumentHelp("What it reads: embedding, facts or both.", valueName: "kind"))
    var reads: DistillationSettings.Inputs?
    @Option(help: ArgumentHelp("What thresholds are chosen for: f1, micro-f1, or a precision such as 0.9.", valueName: "aim"))
    var aim: DistillationSettings.Aim?
    @Option(help: ArgumentHelp("What every random choice comes from.", valueName: "n")) var seed: UInt64?
    @OptionGroup var period: SessionPeriod
    @OptionGroup var merge: MergeOptions
    @OptionGroup var gate: GateOptions
    @OptionGroup var serves: TrainingPurpose
    @Flag(help: "Intents that are banned for the purpose teach nothing and are left out.") var leaveOutBanned = false
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Replace a classifier that is there already.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var inputs: [String] { [corpus, model, labels] + (config.map { [$0] } ?? []) + serves.files }

    func run() throws {
        Interruption.watch()
        let lock = try OutputLock(for: out + ".training")
        defer { lock.release() }
        // Told before the work, not after it.
        if !replace, let there = try FileSystem.live.status(of: out),
            try there.kind != .directory || !FileSystem.live.names(in: out).isEmpty
        {
            throw FileError(.rename, out, code: EEXIST)
        }
        let settings = try settings()
        let events = try Corpus.open(corpus)
        let artifact = try ModelArtifact(model)
        let allowed = try serves.opened()
        try allowed.check(
            ModelUse.encoder(artifact, place: model)
                + (settings.distillation.inputs.readFacts ? .facts(settings.facts, corpus: events.schema) : ModelUse())
                + ModelUse(models: [.init(.intents, place: out)]))
        let set = try LabelSet(labels)
        try set.check(corpus: events)
        if !set.taxonomy.isApproved {
            StandardError.write(
                "intents: taxonomy \(set.taxonomy.id) \(set.taxonomy.version) is not approved as it is: the classifier can be judged, not served\n"
            )
        }
        let (chosen, shared) = try period.trainingSessions(of: events, labels: set)
        if shared > 0 {
            StandardError.write(
                "intents: \(Reading.count(shared)) labelled sessions are left out: their visitors have others outside of the period\n")
        }
        let supplied = try allowedLabels(
            IntentTraining.Labels(set, merge: merge.merge, gate: gate.gate, sessions: chosen), allowed)
        for verdict in supplied.verdicts where !verdict.isTrained {
            let reasons = verdict.reasons.map { $0.rawValue.replacingUnderscores }.joined(separator: ", ")
            // Nothing overrides a ban.
            let remedy = verdict.reasons.contains(.banned) ? "" : " (--train \(verdict.intent) trains it all the same)"
            StandardError.write("intents: \(verdict.intent) is not trained: \(reasons)\(remedy)\n")
        }
        let line = ProgressLine("intents")
        let pool = WorkerPool(threads: threads.count)
        let table = CorpusTable(events)
        var training = IntentTraining(settings.distillation, facts: settings.facts, sessions: chosen)
        training.describe = { card in
            card.corpus = events.digest
            card.labels = set.manifest.digest
            card.annotators = set.manifest.annotators
            card.merge = merge.merge
            card.split = period.text
        }
        let result = try training.run(supplied, table: table, encoder: artifact, pool: pool, progress: line.goesOn)
        let id = try result.classifier.write(to: out, with: allowed.record, replacing: replace)
        let card = result.classifier.card
        line.finish("\(Reading.count(card.sessions)) sessions in \(Reading.duration(line.elapsed))")
        if json { return try StandardOutput.print(json: Summary(id: id, result.classifier)) }
        try StandardOutput.print(
            "\(out): classifier \(id.prefix(12)) of \(result.classifier.count) intents, taught on \(Reading.count(card.sessions)) sessions of "
                + "\(Reading.count(card.visitors)) visitors; on unseen ones micro F1 \(Reading.decimal(card.heldOutMicroF1, 3)), mean average precision "
                + "\(Reading.decimal(card.heldOutAveragePrecision, 3)), log loss \(Reading.decimal(card.heldOutLogLoss, 4)) "
                + "(shares alone \(Reading.decimal(card.heldOutLogLossOfShares, 4)))")
    }

    /// Refuses banned intents, or leaves them out where that is wished.
    private func allowedLabels(_ all: IntentTraining.Labels, _ allowed: PurposeGuard) throws -> IntentTraining.Labels {
        let remedy = "leave it out with --leave-out-banned"
        let own =
            leaveOutBanned
            ? try all.leavingOut(allowed.bannedIntents(.intents(all.trained, of: all.taxonomy, remedy: remedy))) : all
        // Nobody prohibits anything where no purpose was named.
        try allowed.check(.intents(own.trained, of: own.taxonomy, remedy: remedy))
        return own
    }

    private struct Settings: Decodable {
        var distillation = DistillationSettings()
        var facts = FactSettings()

        init() {}

        enum CodingKeys: String, CodingKey, CaseIterable { case distillation, facts }

        init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.distillation, into: &distillation)
            try values.read(.facts, into: &facts)
        }
    }

    private func settings() throws -> (distillation: DistillationSettings, facts: FactSettings) {
        var settings = Settings()
        if let config { settings = try SettingsFile.read(Settings.self, from: config) }
        if let student { settings.distillation.student = student }
        if let reads { settings.distillation.inputs = reads }
        if let aim { settings.distillation.aim = aim }
        if let seed { settings.distillation.seed = seed }
        do { try settings.distillation.validate() } catch { throw IntentTrainingError.distillation(error) }
        return (settings.distillation, settings.facts)
    }

    private struct Summary: Encodable {
        let classifierId: String
        let encoderId: String
        let taxonomy: TaxonomyReference
        let approved: Bool
        let intents: [String]
        let heldBack: [String]
        let thresholds: [String: Double]
        let calibration: [String: String]
        let card: ClassifierCard

        init(id: String, _ classifier: IntentClassifier) {
            let settings = classifier.settings
            (classifierId, encoderId, taxonomy, approved) = (id, settings.encoder, settings.taxonomy, classifier.taxonomy.isApproved)
            (intents, heldBack, card) = (settings.intents, settings.heldBack.map(\.intent), classifier.card)
            thresholds = Dictionary(uniqueKeysWithValues: zip(settings.intents, settings.thresholds))
            calibration = Dictionary(uniqueKeysWithValues: zip(settings.intents, settings.calibration.map(\.name)))
        }
    }
}

extension String {
    /// A reason's name as words.
    var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
