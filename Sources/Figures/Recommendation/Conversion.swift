internal import Evaluation
internal import EventStream
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles

/// What tools/figures.d/conversion.yaml holds.
struct ConversionFigureSettings: Decodable {
    /// Days in UTC.
    var from: String
    var validationFrom: String
    var testFrom: String
    var until: String
    /// Numbers of events after which a session is looked at.
    var landmarks: [Int]
    /// Categories whose counts a baseline reads.
    var categories: Int
    var softmax: ConversionSettings
    var trees: ConversionSettings
}

extension Figure {
    /// {counts, counts_trees, embedding, …: {auc, average_precision, log_loss, intervals}, differences, learning_curve, protocol}.
    static let conversion = Figure(
        pattern: "conversion",
        summary: "whether a shop session buys later (taobao_userbehavior_head), from what can be counted and with the embedding, on days "
            + "after those learnt from", by: ConversionRun.self)
}

/// One run of the figure `conversion`.
private struct ConversionRun: FigureRun {
    static let set = "taobao_userbehavior_head"
    let context: FigureContext
    let settings: ConversionFigureSettings
    let pool = WorkerPool(threads: FigureContext.timedThreads)
    let shop: ShopSessions
    let digest: String
    let refused: Int

    init(_ context: FigureContext, _ folder: String) throws {
        self.context = context
        settings = try SettingsFile.read(ConversionFigureSettings.self, from: context.settings("conversion.yaml"))
        let file = try context.input(context.data, Self.set, "user_behavior", endings: ["csv.gz", "csv"])
        let (corpus, refused) = try context.corpus([file], mapping: "\(Self.set).mapping.yaml", at: "\(folder)/shop")
        (shop, digest, self.refused) = (ShopSessions(corpus), corpus.digest, refused)
    }

    /// What a model reads.
    private enum Input {
        case counts
        /// Counts, and those of the most frequent categories: what page counts are elsewhere.
        case categories
        case embedding
        case both
    }

    /// A model: what it reads and what predicts.
    private struct Model {
        let name: String
        let head: ConversionSettings
        var reads: Input
    }

    private var models: [Model] {
        [
            Model(name: "counts", head: settings.softmax, reads: .counts),
            Model(name: "counts_xgboost", head: settings.trees, reads: .counts),
            Model(name: "counts_and_categories", head: settings.softmax, reads: .categories),
            Model(name: "counts_and_categories_xgboost", head: settings.trees, reads: .categories),
            Model(name: "embedding", head: settings.softmax, reads: .embedding),
            Model(name: "counts_and_embedding", head: settings.softmax, reads: .both),
            Model(name: "counts_and_embedding_xgboost", head: settings.trees, reads: .both),
        ]
    }

    func figure() throws -> FigureValue {
        let started = FigureContext.now()
        let times = try [settings.from, settings.validationFrom, settings.testFrom, settings.until].map(FigureContext.microseconds)
        let training = shop.between(times[0], times[1])
        let parts = [training, shop.between(times[1], times[2]), shop.between(times[2], times[3])]
        let decisions = parts.map { shop.decisions($0, landmarks: settings.landmarks) }
        let all = decisions.flatMap { $0 }
        FigureContext.say("conversion: \(decisions.map(\.count)) decisions to learn from, to choose by and to judge by")
        let embeddings = try embeddings(training, all)
        let size = embeddings.count / all.count
        let counts = try ConversionExamples(
            names: ShopSessions.countNames, features: all.flatMap(shop.counts), classes: ["none", "buys"],
            outcome: all.map { $0.buysLater ? 1 : 0 }, customer: all.map { shop.sessions[$0.session].user },
            time: all.map { shop.sessions[$0.session].events[$0.events - 1].time })
        let names = (0..<size).map { "embedding_\($0)" }
        let both = try counts.adding(names, embeddings)
        let embedding = try ConversionExamples(
            names: names, features: embeddings, classes: counts.classes, outcome: counts.outcome, customer: counts.customer,
            time: counts.time)
        let frequent = shop.frequentCategories(training, most: settings.categories)
        let categories = try counts.adding(
            frequent.indices.map { "category_\($0)" }, all.flatMap { shop.counts($0, of: frequent) })
        func examples(_ model: Model) -> ConversionExamples {
            switch model.reads {
            case .counts: counts
            case .categories: categories
            case .embedding: embedding
            case .both: both
            }
        }
        let bounds = [0, decisions[0].count, decisions[0].count + decisions[1].count, all.count]
        let study = ConversionJudge(
            counts, validation: Array(bounds[1]..<bounds[2]), test: Array(bounds[2]..<bounds[3]), landmarks: all.map(\.events),
            resampling: Resampling(rounds: context.quick ? 100 : 1000))
        var scored: [String: [Float]] = [:]
        for model in models {
            FigureContext.say("conversion: \(model.name)")
            scored[model.name] = try scores(model, examples(model), Array(0..<bounds[1]))
        }
        var curve: [FigureValue] = []
        for share in context.quick ? [0.5] : [0.25, 0.5] {
            let rows = study.users(share: share, of: Array(0..<bounds[1]))
            var own: [String: [Float]] = [:]
            for model in models where model.reads != .embedding && model.reads != .categories {
                own[model.name] = try scores(model, examples(model), rows)
            }
            curve.append(study.point(own, share: share, rows: rows.count))
        }
        curve.append(study.point(scored, share: 1, rows: bounds[1]))
        var figure = study.figure(scored)
        figure["learning_curve"] = .list(curve)
        figure["protocol"] = .text(Self.told)
        figure["sessions"] = .list(parts.map { .integer($0.count) })
        figure["decisions"] = .list(decisions.map { .integer($0.count) })
        figure["decisions_that_buy"] = .list(decisions.map { .integer($0.count(where: \.buysLater)) })
        figure["landmarks"] = .list(settings.landmarks.map { .integer($0) })
        figure["embedding_size"] = .integer(size)
        figure["seconds"] = .number(FigureContext.now() - started)
        figure["rows_refused"] = .integer(refused)
        figure["quick"] = .truth(context.quick)
        return .object(figure)
    }

    /// Probability of a purchase of every decision, learnt from some rows.
    private func scores(_ model: Model, _ examples: ConversionExamples, _ rows: [Int]) throws -> [Float] {
        var head = model.head
        if context.quick { (head.folds, head.depths, head.rounds, head.strengths) = (2, [3], 50, [0.01]) }
        let trained = try ConversionPredictor.train(examples.selecting(rows), head, pool: pool)
        let probabilities = try trained.predictor.probabilities(examples)
        return (0..<examples.count).map { probabilities[$0 * 2 + 1] }
    }

    /// `[decisions, size]`, by an encoder that saw the training days' sessions up to their first purchase.
    private func embeddings(_ training: [Int], _ decisions: [ShopSessions.Decision]) throws -> [Float] {
        let learnt = training.filter { !shop.sessions[$0].prefix.isEmpty }
        let table = shop.table(
            learnt.map { ($0, shop.sessions[$0].prefix.count) } + decisions.map { ($0.session, $0.events) })
        var configuration = try context.configuration(context.settings("conversion.pretraining.yaml"))
        if context.quick { configuration.training.epochs = 1 }
        let result = try Pretraining.run(
            table, dataDigest: digest, configuration, sessions: Array(learnt.indices), pool: pool,
            progress: context.trainingProgress("conversion"))
        return EmbeddingTable.make(
            SessionEmbedder(result.model, result.weights), try EncodedEvents(table, result.encoding),
            sessions: learnt.count..<learnt.count + decisions.count, pool: pool)
    }

    private static let told =
        "Sessions end with half an hour of silence. A decision falls right after the k-th event of every session that gets so far without a "
        + "purchase, for each k of the landmarks; the label is whether a purchase follows in the session. Whether and when a session is looked at "
        + "follows from its events up to then alone, the same for sessions that buy and that do not: cutting buyers before their purchase and others "
        + "at their end would tell the label by the cut. Nothing of the k-th event looks ahead (not even how long it lasted). The encoder is "
        + "pre-trained without labels on the training days' sessions, cut before their first purchase, so it never sees one. Sessions across a "
        + "border of the parts are left out. Everything is chosen by cross-validation over users of the training days; intervals resample users."
}
