internal import Evaluation
internal import EventStream
internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

extension Figure {
    /// {hit@20, mrr@20, pairs, seconds, baselines: {popularity, markov}, intervals, …}.
    static let nextItem = Figure(
        pattern: "next-item:SET",
        summary: "next item of test pairs, hit rate and mean reciprocal rank at 20, beside popularity and Markov; SET is a folder with "
            + "train_sessions.txt.gz and test_prefix_target.tsv.gz"
    ) { context in
        let started = FigureContext.now()
        let set = context.set ?? ""
        let training = try context.input(context.data, set, "train_sessions")
        let pairs = try context.input(context.testData ?? context.data, set, "test_prefix_target")
        let own = context.settings("next-item.\(set).yaml")
        let settings = FigureContext.exists(own) ? own : context.settings("next-item.default.yaml")
        return try context.withScratchFolder { folder in
            var rejects = RejectCollector()
            let items = context.settings("items.mapping.yaml")
            _ = try ExportFiles([training], mapping: items).makeCorpus(at: "\(folder)/train", rejects: &rejects)
            _ = try ExportFiles([pairs], mapping: items).makeCorpus(at: "\(folder)/test", rejects: &rejects)
            let (train, test) = (try Corpus.open("\(folder)/train"), try Corpus.open("\(folder)/test"))
            var configuration = try context.configuration(settings)
            if context.quick { configuration.training.epochs = 1 }
            let pool = WorkerPool()
            let sessions = context.quick ? Array(max(0, train.sessionCount - 20_000)..<train.sessionCount) : nil
            let result = try Pretraining.run(
                CorpusTable(train), dataDigest: train.digest, configuration, sessions: sessions, pool: pool,
                progress: context.trainingProgress("next-item:\(set)"))
            let study = try NextItemStudy(NextItemModel(result, name: "next-item:\(set)"), test: test, training: train, pool: pool)
            func rates(_ metrics: RankingMetrics) -> FigureValue {
                ["hit@20": .number(metrics.hit(at: 20)), "mrr@20": .number(metrics.mrr(at: 20))]
            }
            var baselines: [String: FigureValue] = [:]
            if let popularity = study.popularity { baselines["popularity"] = rates(popularity) }
            if let markov = study.markov { baselines["markov"] = rates(markov) }
            if let counts = study.withoutNetwork { baselines["returns_and_links"] = rates(counts) }
            let resampling = Resampling(rounds: 500)
            var added: [String: FigureValue] = [:]
            if let counts = study.withoutNetwork {
                added["hit@20"] = .interval(PairedInterval.difference(study.model.hits(at: 20), counts.hits(at: 20), resampling))
                added["mrr@20"] = .interval(
                    PairedInterval.difference(study.model.reciprocalRanks(at: 20), counts.reciprocalRanks(at: 20), resampling))
            }
            return [
                "hit@20": .number(study.model.hit(at: 20)), "mrr@20": .number(study.model.mrr(at: 20)), "pairs": .integer(study.pairs),
                "baselines": .object(baselines), "network_alone": study.network.map(rates) ?? .number(.nan),
                "added_by_network_interval": .object(added),
                "intervals": [
                    "hit@20": .interval(.mean(study.model.hits(at: 20), resampling)),
                    "mrr@20": .interval(.mean(study.model.reciprocalRanks(at: 20), resampling)),
                ],
                "seconds": .number(FigureContext.now() - started), "epochs": .integer(result.card.epochs),
                "validation_loss": .number(result.card.validationLoss ?? .nan), "rejects": .integer(rejects.total),
                "training_sessions": .integer(train.sessionCount), "quick": .truth(context.quick),
            ]
        }
    }
}

extension FigureContext {
    /// A file of a set, compressed or not.
    func input(_ root: String, _ set: String, _ stem: String) throws -> String {
        for pattern in ["\(stem).txt.gz", "\(stem).tsv.gz", "\(stem).txt", "\(stem).tsv", "\(stem).*"] {
            if let file = FileNames.matching("\(root)/\(set)/\(pattern)").first { return file }
        }
        throw FigureError(code: EX_NOINPUT, description: "\(root)/\(set): there is no \(stem) file; name the root of the sets with --data")
    }

    /// Settings of a training: a file that may name a preset.
    func configuration(_ file: String) throws -> ModelConfiguration {
        try SettingsFile.read(
            ModelConfiguration.self, from: file,
            over: { name in
                guard let name else { return ModelConfiguration() }
                return ModelConfiguration.Preset(rawValue: name).map { ModelConfiguration(preset: $0) }
            }, named: "preset")
    }

    /// A calm line every ten seconds.
    func trainingProgress(_ label: String) -> (TrainingProgress) -> Void {
        var last = Self.now()
        return { step in
            guard Self.now() - last >= 10 else { return }
            last = Self.now()
            Self.say(
                "\(label): epoch \(step.epoch + 1), step \(step.step) of \(step.totalSteps), loss \(step.epochLoss), "
                    + "\(Int(step.eventsPerSecond)) events/s, \(Int(step.secondsLeft)) s left")
        }
    }
}

extension FigureValue {
    /// Lower and upper end.
    static func interval(_ metric: MetricInterval) -> FigureValue { .list([.number(metric.lower), .number(metric.upper)]) }
}
