internal import EventStream
internal import Evaluation
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles

/// What tools/figures.d/tiles.yaml holds.
private struct TilesSettings: Decodable {
    /// Click-outs before are learnt from; the others judge.
    var testFrom: String
    var ranker: TileRankerSettings
    /// Principal components of the embedding that rankers read, fitted on the training click-outs.
    var components: Int
    var xgboost: TileRankerSettings.Trees
}

extension Figure {
    /// {tessera: {mrr, recall@1, log_loss, …}, baselines: {shown, last_touched, xgboost, …}, differences, without_embedding, …}.
    static let tiles = Figure(
        pattern: "tiles",
        summary:
            "the clicked hotel among those shown, on the day after the one that was learnt from, beside the shown order, the hotel touched "
            + "last first, and boosted trees on the same features", by: TilesRun.self)
}

/// One run of the figure `tiles`.
private struct TilesRun: FigureRun {
    let context: FigureContext
    let folder: String
    let settings: TilesSettings
    let pool = WorkerPool(threads: FigureContext.timedThreads)
    let days: TrainingAndNextDay<HotelClickouts>

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        settings = try SettingsFile.read(TilesSettings.self, from: context.settings("tiles.yaml"))
        days = try TrainingAndNextDay(
            testFrom: settings.testFrom, train: try HotelClickouts(context, data: context.data, in: "\(folder)/train"),
            isTestApart: context.hasTestData
        ) { _ in try HotelClickouts(context, data: context.testData ?? context.data, in: "\(folder)/test") }
    }

    private var train: HotelClickouts { days.train }
    private var test: HotelClickouts { days.test }

    func figure() throws -> FigureValue {
        let started = FigureContext.now()
        let judged = test.clickouts.filter { test.time($0) >= days.boundary }
        guard !judged.isEmpty else {
            throw FigureError(code: 65, description: "no click-out of the test part is of \(settings.testFrom) or later")
        }
        let isOfNobodyJudged = days.sessionsOfOthers(than: judged.map(\.session))
        var learnt = train.clickouts.filter { train.time($0) < days.boundary && isOfNobodyJudged($0.session) }
        if context.quick { learnt = Array(learnt.prefix(1_000)) }
        // A session that goes on after midnight is of the test day.
        let sessions = train.sessions.indices.filter { train.sessions[$0].last.map { Int64($0.time * 1e6) < days.boundary } ?? false }
        FigureContext.say(
            "tiles: \(learnt.count) click-outs to learn from, \(judged.count) to judge by, \(sessions.count) sessions to pre-train on")
        let encoder = try context.encoder("tiles.pretraining.yaml", train.table, sessions: sessions, label: "tiles", pool: pool, in: folder)
        let size = encoder.configuration.embeddingSize
        func embeddings(_ data: HotelClickouts, _ clickouts: [HotelClickouts.Clickout]) throws -> [Float] {
            EmbeddingTable.make(
                SessionEmbedder(encoder), try EncodedEvents(SessionsBefore(data, clickouts), encoder.encoding),
                sessions: 0..<clickouts.count, pool: pool)
        }
        // Some thousand click-outs are too few to learn which of all directions matter.
        let vectors = try embeddings(train, learnt)
        let axes = PrincipalComponents(vectors, columns: size, components: settings.components)
        let training = try HotelTileFeatures(train).examples(learnt, embedding: axes.project(vectors), size: settings.components)
        let judging = try HotelTileFeatures(test).examples(
            judged, embedding: axes.project(embeddings(test, judged)), size: settings.components)
        let plain = training.contextNames.filter { !$0.hasPrefix("embedding.") }
        let features = training.tileFeatureNames.filter { $0 != "last_touched_first" }
        func chosen(_ examples: RankingExamples, embedding: Bool) throws -> RankingExamples {
            try examples.selecting(context: embedding ? nil : plain, tileFeatures: features)
        }
        var ranker = settings.ranker
        if context.quick {
            (ranker.members, ranker.epochs) = (1, 3)
            ranker.trees?.members = 1
        }
        var judgements: [(name: String, metrics: ListMetrics)] = []
        func judge(_ name: String, _ probabilities: [Float]) {
            let lists = (0..<judging.count).map { judging.rows($0) }
            let metrics = ListMetrics(lists: lists, clicked: judging.clicked, probabilities: probabilities)
            judgements.append((name, metrics))
            FigureContext.say("tiles: \(name): MRR \(metrics.ranking.mrr(at: .max)), log loss \(metrics.logLoss)")
        }
        var heldOut: [String: FigureValue] = [:]
        var logLosses: [Double] = []
        for (name, embedding) in [("with_embedding", true), ("without_embedding", false)] {
            let trained = try TileRanker.train(chosen(training, embedding: embedding), ranker, pool: pool)
            judge(name, try trained.ranker.probabilities(chosen(judging, embedding: embedding), pool: pool))
            let card = trained.ranker.card
            logLosses.append(card.heldOutLogLoss)
            heldOut[name] = [
                "mrr": .number(card.heldOutReciprocalRank), "log_loss": .number(card.heldOutLogLoss),
                "network_share": .number(card.networkShare), "linear_share": .number(card.linearShare),
                "tree_share": .number(card.treeShare),
            ]
            FigureContext.say(
                "tiles: \(name): on unseen visitors of the training day MRR \(card.heldOutReciprocalRank), log loss \(card.heldOutLogLoss)")
        }
        // Which of the two is Tessera's is decided on the training day.
        let best = logLosses[0] <= logLosses[1] ? 0 : 1
        if best == 1 { judgements.swapAt(0, 1) }
        let without = (try chosen(training, embedding: false), try chosen(judging, embedding: false))
        // As many models that differ in their seed as Tessera's own trees are.
        var bagged = settings.xgboost
        bagged.members = ranker.trees?.members ?? 1
        let baselines: [(String, RankingBaseline)] = [
            ("shown", .shownOrder), ("xgboost", .listwiseTrees(settings.xgboost)), ("xgboost_bagged", .listwiseTrees(bagged)),
            ("xgboost_ndcg", .rankingTrees(settings.xgboost)), ("logistic", .logistic),
        ]
        for (name, baseline) in baselines { judge(name, try baseline.probabilities(training: without.0, test: without.1)) }
        // The same trees on all that Tessera's row with the embedding reads.
        judge(
            "xgboost_with_embedding",
            try RankingBaseline.listwiseTrees(settings.xgboost).probabilities(
                training: chosen(training, embedding: true), test: chosen(judging, embedding: true)))
        let simple = (
            try without.0.selecting(context: HotelTileFeatures.plainContext, tileFeatures: HotelTileFeatures.plainOfTiles),
            try without.1.selecting(context: HotelTileFeatures.plainContext, tileFeatures: HotelTileFeatures.plainOfTiles)
        )
        judge("xgboost_plain", try RankingBaseline.listwiseTrees(settings.xgboost).probabilities(training: simple.0, test: simple.1))
        judge("last_touched", try RankingBaseline.order(by: "last_touched_first").probabilities(training: training, test: judging))
        let report = report(judgements, customers: judging.customer, hotels: judged.map { $0.tiles[$0.clicked] })
        return .object(
            report.merging([
                "held_out": .object(heldOut), "seconds": .number(FigureContext.now() - started), "quick": .truth(context.quick),
                "tie_rule": .text("a tile stands behind every other one with its score"),
                "macro_rule": .text("mean over the hotels clicked of the share of their click-outs with the hotel on the first place"),
                "xgboost_bagged_members": .integer(bagged.members),
                "clickouts": [
                    "training": .integer(learnt.count), "test": .integer(judged.count),
                    "refused_training": .integer(train.refused), "refused_test": .integer(test.refused),
                    "pretraining_sessions": .integer(sessions.count),
                ],
                "rows_refused": ["refused_training": .integer(train.rowsRefused), "refused_test": .integer(test.rowsRefused)],
            ]) { $1 })
    }

    /// - Parameters:
    ///   - customers: whose each click-out is.
    ///   - hotels: the clicked one of each.
    private func report(
        _ judgements: [(name: String, metrics: ListMetrics)], customers: [Int32], hotels: [Int32]
    ) -> [String: FigureValue] {
        let resampling = Resampling(rounds: context.quick ? 200 : 2000)
        let clusters = judgements[0].metrics.lists.map { customers[$0] }
        let classes = judgements[0].metrics.lists.map { hotels[$0] }
        func macroRecall(_ metrics: ListMetrics, less other: ListMetrics? = nil) -> MetricInterval {
            metrics.ranking.macroRecallInterval(at: 1, classes: classes, less: other?.ranking, clusters: clusters, resampling)
        }
        func values(_ metrics: ListMetrics) -> FigureValue {
            let macro = macroRecall(metrics)
            return [
                "mrr": .number(metrics.ranking.mrr(at: .max)), "recall@1": .number(metrics.ranking.hit(at: 1)),
                "macro_recall@1": .number(macro.estimate), "log_loss": .number(metrics.logLoss),
                "recall@3": .number(metrics.ranking.hit(at: 3)), "ndcg@10": .number(metrics.ranking.ndcg(at: 10)),
                "calibration_error": .number(metrics.calibration().expectedError),
                "intervals": [
                    "mrr": .interval(.mean(metrics.ranking.reciprocalRanks(at: .max), clusters: clusters, resampling)),
                    "recall@1": .interval(.mean(metrics.ranking.hits(at: 1), clusters: clusters, resampling)),
                    "log_loss": .interval(.mean(metrics.logLosses, clusters: clusters, resampling)), "macro_recall@1": .interval(macro),
                ],
            ]
        }
        /// The first less the second.
        func difference(_ a: ListMetrics, _ b: ListMetrics) -> FigureValue {
            func told(_ interval: MetricInterval) -> FigureValue {
                ["estimate": .number(interval.estimate), "interval": .interval(interval)]
            }
            func one(_ a: [Double], _ b: [Double]) -> FigureValue {
                told(PairedInterval.difference(a, b, clusters: clusters, resampling))
            }
            return [
                "mrr": one(a.ranking.reciprocalRanks(at: .max), b.ranking.reciprocalRanks(at: .max)),
                "recall@1": one(a.ranking.hits(at: 1), b.ranking.hits(at: 1)), "log_loss": one(a.logLosses, b.logLosses),
                "macro_recall@1": told(macroRecall(a, less: b)),
            ]
        }
        let tessera = judgements[0].metrics
        let (with, without) = judgements[0].name == "with_embedding" ? (judgements[0], judgements[1]) : (judgements[1], judgements[0])
        let baselines = judgements.dropFirst(2)
        return [
            "tessera": values(tessera),
            "tessera_reads_embedding": .truth(with.name == judgements[0].name),
            "with_embedding": values(with.metrics), "without_embedding": values(without.metrics),
            "added_by_embedding": difference(with.metrics, without.metrics),
            "baselines": .object(Dictionary(uniqueKeysWithValues: baselines.map { ($0.name, values($0.metrics)) })),
            "differences": .object(Dictionary(uniqueKeysWithValues: baselines.map { ($0.name, difference(tessera, $0.metrics)) })),
        ]
    }
}
