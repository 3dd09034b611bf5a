internal import ArgumentParser
internal import DurableFiles
internal import Evaluation
internal import EventStream
internal import SequenceEmbedding
internal import SequenceKernel
internal import Studies

struct EvaluateNext: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next",
        abstract: "Rank the true next item among all items, beside popularity and Markov.",
        discussion: """
            TEST is a file or corpus of test pairs: a prefix, a tab and the item that followed; or sessions whose last event is \
            the target. The baselines need the corpus that the model was trained on; without --train it is looked for, by its \
            digest, in the model's folder.

            Example: tessera evaluate next test_pairs.tsv.gz --model items.model --json
            """)

    @Argument(help: ArgumentHelp("Test pairs: a file, or a corpus directory.", valueName: "test"), completion: .file()) var test: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("Corpus the model was trained on.", valueName: "corpus"), completion: .directory) var train: String?
    @OptionGroup var options: ImportOptions
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        let artifact = try ModelArtifact(model)
        let training = try train.map { try Corpus.open($0) } ?? Self.corpus(withDigest: artifact.card.dataDigest, beside: model)
        if training == nil {
            StandardError.write(
                "evaluate next: the training corpus is not beside the model, so there are no baselines; name it with --train\n")
        }
        if ImportOptions.isCorpus(test) {
            return try judge(artifact, Corpus.open(test), training)
        }
        try TemporaryFolder.with { folder in
            var rejects = RejectCollector()
            _ = try options.run([test], to: "\(folder)/corpus", replacing: false, threads: threads.threads, rejects: &rejects)
            if rejects.total > 0 { StandardError.write("evaluate next: \(Reading.count(rejects.total)) lines refused\n") }
            try judge(artifact, Corpus.open("\(folder)/corpus"), training)
        }
    }

    private func judge(_ artifact: ModelArtifact, _ test: Corpus, _ training: Corpus?) throws {
        let study = try NextItemStudy(
            NextItemModel(artifact, name: model), test: test, training: training, pool: WorkerPool(threads: threads.count))
        let summary = Summary(study)
        if json { return try StandardOutput.print(json: summary) }
        func line(_ name: String, _ rates: Summary.Rates?) -> String {
            guard let rates else { return "  \(name): not known" }
            return "  \(name): hit rate at 20 \(Reading.percent(rates.hit)), mean reciprocal rank at 20 \(Reading.percent(rates.mrr))"
        }
        try StandardOutput.print(
            [
                "\(Reading.count(summary.pairs)) test pairs", line("model", .init(study.model)),
                line("its network alone", study.network.map(Summary.Rates.init)),
                line("without its network", summary.baselines["returns_and_links"] ?? nil),
                line("Markov", summary.baselines["markov"] ?? nil), line("popularity", summary.baselines["popularity"] ?? nil),
            ].joined(separator: "\n"))
    }

    /// The corpus of a digest among the neighbours of a path.
    private static func corpus(withDigest digest: String, beside path: String) -> Corpus? {
        let folder = FileSystem.folder(of: path)
        for name in ((try? FileSystem.live.names(in: folder)) ?? []).sorted() {
            if let corpus = try? Corpus.open("\(folder)/\(name)"), corpus.digest == digest { return corpus }
        }
        return nil
    }

    private struct Summary: Encodable {
        struct Rates: Encodable {
            let hit: Double
            let mrr: Double
            enum CodingKeys: String, CodingKey {
                case hit = "hit@20"
                case mrr = "mrr@20"
            }
            init(_ metrics: RankingMetrics) { (hit, mrr) = (metrics.hit(at: 20), metrics.mrr(at: 20)) }
        }
        let hit: Double
        let mrr: Double
        let pairs: Int
        let baselines: [String: Rates?]
        enum CodingKeys: String, CodingKey {
            case pairs, baselines
            case hit = "hit@20"
            case mrr = "mrr@20"
        }
        init(_ study: NextItemStudy) {
            let rates = Rates(study.model)
            (hit, mrr, pairs) = (rates.hit, rates.mrr, study.pairs)
            var all = ["popularity": study.popularity.map(Rates.init), "markov": study.markov.map(Rates.init)]
            if let counts = study.withoutNetwork { all["returns_and_links"] = Rates(counts) }
            baselines = all
        }
    }
}
