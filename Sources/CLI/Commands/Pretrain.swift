internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles

struct Pretrain: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Train a session encoder on a corpus, without labels.",
        discussion: """
            Ctrl-C saves the state beside the model's place, and --resume goes on from it; the result is the same to the last \
            bit, at any number of threads. A configuration file overrides single settings of the preset.

            Example: tessera pretrain bank.corpus --out bank.model --preset small --epochs 5
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory to write.", valueName: "model"), completion: .directory) var out: String
    @Option(
        help: ArgumentHelp("Settings that differ from the preset's; `preset:` may stand in it.", valueName: "c.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
    @Option(help: ArgumentHelp("Size of the model (default: small).", valueName: "preset")) var preset: ModelConfiguration.Preset?
    @Option(help: ArgumentHelp("Passes over the sessions.", valueName: "n")) var epochs: Int?
    @Option(help: ArgumentHelp("What every random choice comes from.", valueName: "n")) var seed: UInt64?
    @OptionGroup var serves: TrainingPurpose
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Go on from the state an interrupted run left, if there is one.") var resume = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out, checkpoint] }
    var outputFiles: [String] { [checkpoint] }
    var inputs: [String] { [corpus] + (config.map { [$0] } ?? []) + serves.files }
    /// Where an interrupted run leaves its state.
    private var checkpoint: String { out.hasSuffix("/") ? String(out.dropLast()) + ".checkpoint" : out + ".checkpoint" }

    func validate() throws {
        if let epochs, epochs < 1 { throw ValidationError("--epochs must be at least 1") }
    }

    func run() throws {
        Interruption.watch()
        let corpus = try Corpus.open(corpus)
        let configuration = try configuration()
        let allowed = try serves.opened()
        try allowed.check(ModelUse.encoder(configuration, corpus: corpus.schema) + ModelUse(models: [.init(.encoder, place: out)]))
        // Held until the model stands, so that two runs cannot share a checkpoint.
        let lock = try OutputLock(for: checkpoint)
        defer { lock.release() }
        let isBegun = try FileSystem.live.status(of: checkpoint) != nil
        if try FileSystem.live.status(of: out) != nil {
            // A run killed between publishing its model and removing its state leaves both.
            guard resume, let finished = try? ModelArtifact(out),
                !isBegun || (finished.card.dataDigest == corpus.digest && finished.configuration == configuration)
            else {
                throw CommandFault(
                    code: EX_CANTCREAT, place: out, reason: "something is there already",
                    remedy: "choose another place, or remove it to train anew")
            }
            if isBegun { try FileSystem.live.removeFile(checkpoint) }
            StandardError.write("pretrain: \(out) is finished; nothing is left to do\n")
            return try show(Summary(id: finished.id, digest: finished.weightsDigest, finished.card, finished.card.outcome))
        }
        if isBegun && !resume {
            throw CommandFault(
                code: EX_CANTCREAT, place: checkpoint, reason: "an earlier run towards this model was interrupted",
                remedy: "go on with --resume, or remove this file to begin anew")
        }

        let line = ProgressLine("pretrain")
        let pool = WorkerPool(threads: threads.count)
        let result = try Pretraining.run(
            CorpusTable(corpus), dataDigest: corpus.digest, configuration, pool: pool, checkpoint: checkpoint, resumes: isBegun,
            progress: { step in line.update(Self.text(step, of: configuration)) }, isCancelled: { Interruption.isRequested })
        if result.outcome.reason == .cancelled {
            throw Interrupted(remedy: "the state is saved in \(checkpoint); go on with the same command and --resume")
        }
        let id = try ModelArtifact.write(
            result.model, result.weights, result.encoding, result.card, prior: result.prior, with: allowed.record, to: out)
        if try FileSystem.live.status(of: checkpoint) != nil { try FileSystem.live.removeFile(checkpoint) }
        line.finish(
            "\(result.outcome.steps) steps in \(Reading.duration(line.elapsed)), "
                + "\(Reading.count(Int(result.outcome.eventsPerSecond))) events a second")
        let digest = try SHA256Digest.hex(ofFileAt: "\(out)/\(ModelFiles.weights)")
        try show(Summary(id: id, digest: digest, result.card, result.outcome.reason.rawValue))
    }

    private func configuration() throws -> ModelConfiguration {
        var configuration: ModelConfiguration
        if let config {
            configuration = try SettingsFile.read(
                ModelConfiguration.self, from: config,
                over: { name in
                    if let preset { return name == nil || name == preset.rawValue ? ModelConfiguration(preset: preset) : nil }
                    guard let name else { return ModelConfiguration() }
                    return ModelConfiguration.Preset(rawValue: name).map { ModelConfiguration(preset: $0) }
                }, named: "preset", check: { try $0.validate() })
        } else {
            configuration = ModelConfiguration(preset: preset ?? .small)
        }
        if let epochs { configuration.training.epochs = epochs }
        if let seed { configuration.training.seed = seed }
        try configuration.validate()
        return configuration
    }

    private static func text(_ step: TrainingProgress, of configuration: ModelConfiguration) -> String {
        var text =
            "epoch \(step.epoch + 1) of \(configuration.training.epochs), step \(Reading.count(step.step)) of \(Reading.count(step.totalSteps)), "
            + "loss \(Reading.decimal(step.epochLoss, 4))"
        if let loss = step.validationLoss { text += ", validation \(Reading.decimal(loss, 4))" }
        return text + ", \(Reading.count(Int(step.eventsPerSecond))) events/s, \(Reading.duration(step.secondsLeft)) left"
    }

    private func show(_ summary: Summary) throws {
        if json { return try StandardOutput.print(json: summary) }
        try StandardOutput.print(
            "\(out): model \(summary.modelId.prefix(12)), \(summary.epochs) epochs, \(Reading.count(summary.steps)) steps, training loss "
                + "\(Reading.decimal(summary.trainLoss, 4)), validation loss \(summary.validationLoss.map { Reading.decimal($0, 4) } ?? "none")"
        )
    }

    private struct Summary: Encodable {
        let modelId: String
        let weightsDigest: String
        let epochs: Int
        let steps: Int
        let eventsPerSecond: Double
        let trainLoss: Double
        let validationLoss: Double?
        let seconds: Double
        let outcome: String

        init(id: String, digest: String, _ card: ModelCard, _ outcome: String) {
            modelId = id
            weightsDigest = digest
            (epochs, steps, eventsPerSecond) = (card.epochs, card.steps, card.eventsPerSecond)
            (trainLoss, validationLoss, seconds) = (card.trainLoss, card.validationLoss, card.seconds)
            self.outcome = outcome
        }
    }
}
