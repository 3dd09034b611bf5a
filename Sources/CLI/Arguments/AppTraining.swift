internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

/// What a training of a ranker or predictor reads of the sessions, whom it learns from, and where the result goes.
struct AppTraining: ParsableArguments {
    @OptionGroup var app: AppOptions
    @OptionGroup var models: SessionModels
    @Flag(inversion: .prefixedNo, help: "Counts of pages and other values become features.") var pages = true
    @Option(help: ArgumentHelp("Learn from what was known before this time.", valueName: "time")) var before: Moment?
    @Option(
        help: ArgumentHelp(
            "Share of the customers that is not learnt from, so that evaluate can judge by them (0: all teach, and those who come later judge).",
            valueName: "share"))
    var judges = 0.0
    @Option(
        help: ArgumentHelp("Settings that differ from the defaults.", valueName: "c.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
    @Option(help: ArgumentHelp("What every random choice comes from.", valueName: "n")) var seed: UInt64?
    @Option(help: ArgumentHelp("Directory to write.", valueName: "dir")) var out: String
    @OptionGroup var serves: TrainingPurpose
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Replace one that is there already.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var inputs: [String] { app.files + models.paths + [config].compactMap { $0 } + serves.files }

    func validate() throws {
        guard judges >= 0, judges < 1 else { throw ValidationError("--judges must be 0 or lie between 0 and 1") }
    }

    private func refuseExisting() throws {
        guard !replace, let there = try FileSystem.live.status(of: out) else { return }
        if try there.kind != .directory || !FileSystem.live.names(in: out).isEmpty { throw FileError(.rename, out, code: EEXIST) }
    }

    /// Trains with the settings that were asked for, alone with the output; an output that is there already is told before the work.
    /// - Parameter train: given the settings, the corpus, a line of progress and threads.
    func run<Settings: AppModelSettings>(
        _ label: String, corpus: String, _ train: (Settings, Corpus, ProgressLine, WorkerPool) throws -> Void
    ) throws {
        Interruption.watch()
        let lock = try OutputLock(for: out + ".training")
        defer { lock.release() }
        try refuseExisting()
        var settings = try config.map { try SettingsFile.read(Settings.self, from: $0) } ?? Settings()
        if let seed { settings.seed = seed }
        try settings.validate()
        try train(settings, try Corpus.open(corpus), ProgressLine(label), WorkerPool(threads: threads.count))
    }

    /// Files that the model's folder has beside its own.
    func extra(_ inputs: AppInputs) throws -> [String: [UInt8]] {
        try serves.opened().record.merging([AppInputs.file: inputs.json]) { own, _ in own }
    }

    /// What may be learnt from.
    func split(_ tables: AppTables, outcomeAfter: Int64 = 0) -> AppSplit {
        AppSplit(
            tables.decisions, boundary: before?.microseconds ?? .max, judges: judges > 0 ? tables.judges(share: judges) : [],
            outcomeAfter: outcomeAfter)
    }

    /// Settles what is read and makes it of all sessions, embeddings and labels of those that decisions to learn from are linked to. Nothing of
    /// it is learnt from sessions of customers who judge, or from later ones.
    /// - Parameters:
    ///   - end: nothing from this time on was learnt from, in microseconds since 1970.
    ///   - kind: what is trained; what the rules ban of it stops here.
    func floats(
        _ corpus: Corpus, _ tables: AppTables, _ split: AppSplit, end: Int64, kind: ModelUse.Kind, pool: WorkerPool
    ) throws -> (inputs: AppInputs, blocks: [SessionFloats]) {
        let table = CorpusTable(corpus)
        let hidden = tables.sessions(of: judges > 0 ? tables.judges(share: judges) : [])
        let early = (0..<corpus.sessionCount).filter { tables.link.ends[$0] < min(split.boundary, end) && !hidden.contains($0) }
        let (encoder, classifier) = try models.open()
        var blocks: [SessionBlock] = pages ? [.pages] : []
        if classifier != nil { blocks.append(.labels) }
        if encoder != nil { blocks.append(.embedding) }
        if let classifier, !classifier.taxonomy.isApproved {
            StandardError.write(
                "the classifier's taxonomy is not approved as it is: what is trained on its labels can be judged, not served; "
                    + "train it on what `tessera intents pack` wrote\n")
        }
        let inputs = AppInputs(
            blocks: blocks, pages: pages ? PageCounts(table, sessions: early) : nil,
            customers: tables.customerEncoder(learntFrom: split.training), link: LinkedVectorSettings(), windowSeconds: app.window.seconds,
            byVisitor: app.byVisitor, encoder: encoder?.id, classifier: classifier?.id, before: end, judges: judges)
        var shown = inputs
        shown.catalogue = tables.catalogue?.encoder
        try serves.opened().check(models.use(encoder, classifier) + ModelUse.app(shown, kind: kind, place: nil))
        classifier?.tellWhoTaught(corpus)
        return (
            inputs,
            try inputs.floats(
                table, corpus: corpus.digest, sessions: tables.linkedSessions(of: split.training), encoder: encoder, classifier: classifier,
                pool: pool)
        )
    }
}

/// Settings of a ranker or predictor, as a file gives them.
protocol AppModelSettings: Decodable {
    init()
    var seed: UInt64 { get set }
    func validate() throws
}

extension TileRankerSettings: AppModelSettings {}

extension ConversionSettings: AppModelSettings {
    init() { self.init(.softmax) }
}

/// What a trained ranker or predictor scores with.
struct AppScoring: ParsableArguments {
    @OptionGroup var app: AppFiles
    @OptionGroup var models: SessionModels
    @OptionGroup var threads: ThreadsOption

    var files: [String] { app.files + models.paths }

    /// Floats of sessions as the training made them, embeddings and labels of those that decisions are linked to. Where labels are read, it
    /// says what is made of those of sessions that taught the classifier.
    /// - Parameters:
    ///   - serving: refuses labels of a taxonomy that nobody approved.
    ///   - check: of what encoder and classifier use; refuses what is not for the purpose.
    func floats(
        _ tables: AppTables, _ inputs: AppInputs, serving: Bool, pool: WorkerPool, check: (ModelUse) throws -> Void = { _ in }
    ) throws -> [SessionFloats] {
        let (encoder, classifier) = try models.open()
        try check(models.use(encoder, classifier))
        if serving, inputs.blocks.contains(.labels), let classifier { try classifier.checkServable(place: models.intents ?? "") }
        if inputs.blocks.contains(.labels) { classifier?.tellWhoTaught(tables.corpus) }
        return try inputs.floats(
            CorpusTable(tables.corpus), corpus: tables.corpus.digest, part: tables.corpus.schema.part,
            sessions: tables.linkedSessions(of: 0..<tables.decisions.count),
            encoder: encoder, classifier: classifier, pool: pool)
    }
}

extension IntentClassifier {
    /// Says whether sessions of a corpus taught the classifier, and what is made of their labels.
    func tellWhoTaught(_ corpus: Corpus) {
        guard let taught = taughtScores(ofCorpus: corpus.digest, part: corpus.schema.part) else {
            return StandardError.write(
                "the classifier was taught on another corpus; labels of sessions that are in both are surer than those of others\n"
            )
        }
        StandardError.write(
            "the classifier was taught by \(Reading.count(taught.sessions.count)) sessions of this corpus; "
                + (heldOut.isEmpty
                    ? "it did not keep what students said that had not seen them, so their labels count as missing: train it anew\n"
                    : "their labels are those of students that saw no session of their visitor\n"))
    }
}

extension AppInputs {
    /// Decisions to judge by: from a time on, of customers who did not teach; and those before it, for baselines.
    /// - Throws: `CommandFault` where the time lies before the end of what was learnt from.
    func split(_ tables: AppTables, from: Moment?, outcomeAfter: Int64 = 0) throws -> AppSplit {
        let boundary = from?.microseconds ?? before
        guard boundary >= before else {
            throw CommandFault(
                code: EX_CONFIG, place: "--from \(from?.text ?? "")", reason: "the training learnt from later times than that",
                remedy: "name a later time, or train with --before \(from?.text ?? "")")
        }
        let decisions = tables.decisions
        // Without a share that was set aside, everybody who was there before may have taught.
        let old = judges > 0 ? [] : Set((0..<decisions.count).filter { decisions.times[$0] < boundary }.map { decisions.customers[$0] })
        guard judges > 0 || !old.isEmpty else {
            throw CommandFault(
                code: EX_DATAERR, place: "the decisions", reason: "none lies before the end of the training, so nobody knows who taught",
                remedy: "give those of the training, too, or train with --judges")
        }
        let unseen = judges > 0 ? tables.judges(share: judges) : Set(decisions.customers).subtracting(old)
        return AppSplit(decisions, boundary: boundary, judges: unseen, outcomeAfter: outcomeAfter)
    }
}
