internal import Evaluation
internal import EventStream
internal import SequenceEmbedding
internal import SequenceKernel
internal import Studies

extension Figure {
    /// {embedding, page_counts, last_page, difference_interval, share_of_possible_gain, …}.
    static let probeSynthetic = Figure(
        pattern: "probe-synthetic",
        summary: "a frozen probe for the hidden need on embeddings, beside page counts and the last page; the encoder is trained on one "
            + "simulated bank and judged on another that it never saw"
    ) { context in
        try context.withScratchFolder { folder in
            let pool = WorkerPool()
            let train = try context.bank(in: folder, visitors: context.quick ? 300 : 4_000, seed: 21)
            let judged = try context.bank(in: folder, visitors: context.quick ? 300 : 4_000, seed: 22)
            var configuration = try context.configuration(context.settings("probe-synthetic.yaml"))
            if context.quick { configuration.training.epochs = 2 }
            let result = try Pretraining.run(
                CorpusTable(train), dataDigest: train.digest, configuration, pool: pool,
                progress: context.trainingProgress("probe-synthetic"))
            let events = try EncodedEvents(CorpusTable(judged), result.encoding)
            let embeddings = EmbeddingTable.make(
                SessionEmbedder(result.model, result.weights), events, sessions: 0..<judged.sessionCount, pool: pool)
            let study = try ProbeStudy(
                judged, embeddings: embeddings, dimension: result.model.configuration.embeddingSize,
                truth: HiddenTruth(folder: "\(folder)/bank-22/truth"), pageField: "url")
            let summary = ProbeSummary(study)
            var intervals: [String: FigureValue] = [
                "embedding": .interval(study.embedding), "page_counts": .interval(study.pageCounts), "last_page": .interval(study.lastPage),
            ]
            if let share = study.shareOfPossibleGain { intervals["share_of_possible_gain"] = .interval(share) }
            if let best = study.bestPossible { intervals["best_possible"] = .interval(best) }
            return [
                "embedding": .number(summary.embedding), "page_counts": .number(summary.pageCounts), "last_page": .number(summary.lastPage),
                "difference": .number(study.difference.estimate), "difference_interval": .interval(study.difference),
                "share_of_possible_gain": .number(summary.shareOfPossibleGain ?? .nan),
                "best_possible": .number(summary.bestPossible ?? .nan), "majority": .number(summary.majority),
                "intervals": .object(intervals),
                "sessions": [
                    "training": .integer(study.sessions.training), "validation": .integer(study.sessions.validation),
                    "test": .integer(study.sessions.test),
                ],
                "pretraining_seconds": .number(result.card.seconds), "quick": .truth(context.quick),
            ]
        }
    }
}
