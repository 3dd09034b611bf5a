internal import ArgumentParser
internal import DurableFiles
internal import Evaluation
internal import EventStream
internal import FoundationEssentials
internal import Glibc
internal import IntentTaxonomy
internal import ReportPage
internal import SequenceEmbedding
internal import SequenceKernel
internal import Studies

struct Report: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Write one self-contained HTML page about a corpus and its model.",
        discussion: """
            Counts and refused rows, the training curve, a map of the sessions, nearest neighbours as readable journeys, and, with \
            --probe, what the embedding reveals. With --intents also the taxonomy and ten sessions with their intents and evidence; with \
            --labels how far annotators agree, and with --intents-study how well intents are told beside baselines. With --tiles-study \
            and --conversion-study what labels and embeddings add to home pages and to forecasts of applications.

            Example: tessera report bank.corpus --model bank.model --truth bank/truth --probe probe.json --out report.html
            Example: tessera report bank.corpus --model bank.model --intents bank.intents --labels bank.labels --out report.html
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("The page to write.", valueName: "file.html"), completion: .file()) var out: String
    @Option(
        help: ArgumentHelp("Truth folder of a simulated export: colours the map and names the journeys.", valueName: "dir"),
        completion: .directory)
    var truth: String?
    @Option(help: ArgumentHelp("What `evaluate probe --json` printed.", valueName: "file.json"), completion: .file()) var probe: String?
    @Option(help: ArgumentHelp("Classifier that `tessera intents train` or `pack` wrote.", valueName: "intents"), completion: .directory)
    var intents: String?
    @Option(help: ArgumentHelp("Label set of this corpus, under the classifier's taxonomy.", valueName: "labels"), completion: .directory)
    var labels: String?
    @Option(help: ArgumentHelp("What `intents evaluate --json` printed of this classifier.", valueName: "file.json"), completion: .file())
    var intentsStudy: String?
    @Option(help: ArgumentHelp("What `evaluate tiles --out` wrote of this corpus.", valueName: "file.json"), completion: .file())
    var tilesStudy: String?
    @Option(help: ArgumentHelp("What `evaluate conversion --out` wrote of this corpus.", valueName: "file.json"), completion: .file())
    var conversionStudy: String?
    @Option(help: ArgumentHelp("Title of the page.", valueName: "text")) var title = "Session embeddings"
    @OptionGroup var threads: ThreadsOption

    var outputs: [String] { [out] }
    var outputFiles: [String] { [out] }
    var inputs: [String] {
        [corpus, model] + [truth, probe, intents, labels, intentsStudy, tilesStudy, conversionStudy].compactMap { $0 }
    }

    func validate() throws {
        guard intents != nil || (labels == nil && intentsStudy == nil) else {
            throw ValidationError("--labels and --intents-study need --intents, the classifier they belong to")
        }
    }

    func run() throws {
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let corpus = try Corpus.open(corpus)
        let truth = try truth.map { folder in try HiddenTruth(folder: folder, for: corpus) }
        let embedded = try EmbeddedSessions(corpus, modelAt: model, threads: threads.count)
        var report = SessionReport(
            corpus: corpus, card: embedded.artifact.card, modelID: embedded.artifact.id, embeddings: embedded.floats,
            dimension: embedded.dimension, truth: truth, probe: try probe.map(Self.readProbe))
        if let intents {
            let classifier = try IntentClassifier(intents, encoder: embedded.artifact)
            let study = try intentsStudy.map { path in
                let study = try ClassifierStudy(file: path)
                try study.check(classifier, corpus: corpus, place: path)
                return study
            }
            report.intents = try IntentReport(
                classifier, encoder: embedded.artifact, corpus: corpus, labels: try labels.map { try LabelSet($0) },
                labelsPlace: labels ?? "", study: study, truth: truth, pool: WorkerPool(threads: threads.count))
        }
        report.recommendation = RecommendationReport(
            tiles: try tilesStudy.map { try Self.study($0, .tiles, corpus, embedded.artifact) },
            conversion: try conversionStudy.map { try Self.study($0, .conversion, corpus, embedded.artifact) })
        let html = report.page(title: title, synthetic: truth != nil).html()
        try AtomicFile.write(Array(html.utf8), to: out)
        try StandardOutput.print("\(out): \(Reading.count(html.utf8.count)) bytes")
    }

    private static func study(
        _ path: String, _ task: HeadToHead.Task, _ corpus: Corpus, _ encoder: ModelArtifact
    ) throws -> HeadToHead.Study {
        let study = try HeadToHead.Study(file: path, task: task)
        try study.check(corpus: corpus, encoder: encoder.id, place: path)
        return study
    }

    private static func readProbe(_ path: String) throws -> ProbeStudy {
        let bytes = try FileSystem.live.contents(of: path)
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            struct Summary: Decodable { let study: ProbeStudy }
            let study = try decoder.decode(Summary.self, from: Data(bytes)).study
            let metrics = [
                study.embedding, study.pageCounts, study.lastPage, study.difference, study.bestPossible, study.shareOfPossibleGain,
            ]
            // A file edited by hand may hold anything; a chart needs ends in order.
            if metrics.allSatisfy({ $0.map { $0.estimate.isFinite && $0.lower <= $0.upper } ?? true }) { return study }
        } catch {}  // said below
        throw CommandFault(
            code: EX_DATAERR, place: path, reason: "it is not what evaluate probe prints",
            remedy: "write it with: tessera evaluate probe … --json > \(path)")
    }
}
