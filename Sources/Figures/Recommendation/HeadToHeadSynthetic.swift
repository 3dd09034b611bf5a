internal import DurableFiles
internal import Evaluation
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies
internal import SyntheticBank

/// What tools/figures.d/headtohead-synthetic.yaml holds.
private struct HeadToHeadSettings: Decodable {
    /// A simulated bank that differs from the default in these settings.
    struct World: Decodable {
        var name: String
        var intentStrength: Double?
        var sentLinkShare: Double?
        var linkShare: Double?
        var slip: Double?
        var idleSlip: Double?

        func apply(to configuration: inout BankConfiguration) {
            if let intentStrength { configuration.app.intentStrength = intentStrength }
            if let sentLinkShare { configuration.app.sentLinkShare = sentLinkShare }
            if let linkShare { configuration.app.linkShare = linkShare }
            if let slip { configuration.annotation.a.slip = slip }
            if let idleSlip { configuration.annotation.a.idleSlip = idleSlip }
        }
    }

    var visitors: Int
    var arrivalDays: Int
    /// Home pages of a customer of usual activity that have nothing to do with a web session.
    var meanOpens: Double
    /// Banks of the first world.
    var seeds: [UInt64]
    /// Banks of each other world.
    var otherSeeds: [UInt64]
    /// Most sessions that the encoder is trained on.
    var encoderSessions: Int
    /// Most labelled sessions that the student learns from.
    var taughtSessions: Int
    /// Share of the impressions before the boundary between learning and judging.
    var trainingTime: Double
    /// Share of the customers who judge.
    var judges: Double
    var facts: FactSettings
    var distillation: DistillationSettings
    var ranker: TileRankerSettings
    var conversion: ConversionSettings
    var worlds: [World]
}

extension Figure {
    /// {worlds: {name: {tiles: table, conversion: table, seeds: …}}, …}; all on simulated banks.
    static let headToHeadSynthetic = Figure(
        pattern: "headtohead-synthetic",
        summary:
            "tiles and conversions on simulated banks: business features, with supplied labels, distilled labels, the embedding, and both, "
            + "over several seeds and worlds"
    ) { context in
        let settings = try SettingsFile.read(HeadToHeadSettings.self, from: context.settings("headtohead-synthetic.yaml"))
        let started = FigureContext.now()
        var worlds: [String: FigureValue] = [:]
        for (number, world) in (context.quick ? Array(settings.worlds.prefix(1)) : settings.worlds).enumerated() {
            let seeds = number == 0 ? settings.seeds : settings.otherSeeds
            var (tiles, withSession, conversions): (HeadToHead?, HeadToHead?, HeadToHead?) = (nil, nil, nil)
            var (runs, simulator): ([String: FigureValue], String) = ([:], "")
            for seed in context.quick ? Array(seeds.prefix(1)) : seeds {
                let run = try context.withScratchFolder { folder in
                    try SimulatedBankRun(context, settings, world, seed: seed, in: folder).result()
                }
                simulator = run.simulator
                runs["seed \(seed)"] = .object(
                    run.summary.merging([
                        "embedding": [
                            "tiles": Self.changes(run.tiles), "tiles_with_session": Self.changes(run.withSession),
                            "conversion": Self.changes(run.conversions),
                        ]
                    ]) { $1 })
                if tiles?.append(run.tiles) == nil { tiles = run.tiles }
                if withSession?.append(run.withSession) == nil { withSession = run.withSession }
                if conversions?.append(run.conversions) == nil { conversions = run.conversions }
            }
            let resampling = Resampling(rounds: context.quick ? 100 : 1000)
            worlds[world.name] = [
                "tiles": FigureContext.value(tiles!.table(resampling)),
                "tiles_with_session": FigureContext.value(withSession!.table(resampling)),
                "conversion": FigureContext.value(conversions!.table(resampling)),
                "seeds": .object(runs), "simulator": .text(simulator),
            ]
        }
        return [
            "worlds": .object(worlds), "synthetic": .truth(true), "quick": .truth(context.quick),
            "seconds": .number(FigureContext.now() - started),
        ]
    }

    /// What the embedding changes on one bank alone, without an interval.
    private static func changes(_ head: HeadToHead) -> FigureValue {
        let line = head.table(Resampling(rounds: 100)).lines.first { $0.name == FeatureRow.embedding.name }
        return .object((line?.changes ?? [:]).mapValues { .number($0.estimate) })
    }
}

/// One simulated bank: from its clicks to both tables.
private struct SimulatedBankRun {
    let context: FigureContext
    let settings: HeadToHeadSettings
    let folder: String
    let label: String
    let pool = WorkerPool(threads: FigureContext.timedThreads)
    let corpus: Corpus
    let table: CorpusTable
    let shown: AppTables
    let asked: AppTables

    init(_ context: FigureContext, _ settings: HeadToHeadSettings, _ world: HeadToHeadSettings.World, seed: UInt64, in folder: String)
        throws
    {
        (self.context, self.settings, self.folder) = (context, settings, folder)
        label = "headtohead-synthetic, \(world.name), seed \(seed)"
        FigureContext.say("\(label): simulating")
        corpus = try context.bank(in: folder, visitors: context.quick ? 600 : settings.visitors, seed: seed) {
            $0.arrivalDays = settings.arrivalDays
            $0.app.meanOpens = settings.meanOpens
            world.apply(to: &$0)
        }
        table = CorpusTable(corpus)
        let app = "\(folder)/bank-\(seed)/app"
        let files = AppTables.Files(
            customers: "\(app)/customers.csv", impressions: "\(app)/impressions.csv", tiles: "\(app)/tiles.csv", links: "\(app)/links.csv")
        var others = files
        (others.impressions, others.tiles, others.decisions) = (nil, nil, "\(app)/decisions.csv")
        shown = try AppTables(files, corpus: corpus, byVisitor: true)
        asked = try AppTables(others, corpus: corpus, byVisitor: true)
    }

    private var bank: String { String(corpus.path.dropLast(".corpus".count)) }

    func result() throws -> (
        tiles: HeadToHead, withSession: HeadToHead, conversions: HeadToHead, summary: [String: FigureValue], simulator: String
    ) {
        // Whoever is judged by taught nothing, and nothing from after the boundary is learnt from.
        let boundary = AppSplit.boundary(shown.decisions, share: settings.trainingTime)
        let judges = (shown.judges(share: settings.judges), asked.judges(share: settings.judges))
        let ofTiles = AppSplit(shown.decisions, boundary: boundary, judges: judges.0)
        let ofDecisions = AppSplit(asked.decisions, boundary: boundary, judges: judges.1, outcomeAfter: ConversionWindow.thirtyDays)
        let hidden = shown.sessions(of: judges.0).union(asked.sessions(of: judges.1))
        let early = (0..<corpus.sessionCount).filter { shown.link.ends[$0] < ofTiles.boundary && !hidden.contains($0) }
        let encoder = try context.encoder(
            "headtohead-synthetic.pretraining.yaml", table, sessions: Self.some(settings.encoderSessions, of: early), label: label,
            pool: pool, in: folder)
        let (blocks, taught) = try blocks(encoder, early)
        let tiles = try tiles(blocks, ofTiles)
        let conversions = try conversions(blocks, ofDecisions)
        func matched(_ tables: AppTables, _ decisions: [Int]) -> FigureValue {
            .number(Double(decisions.count { !tables.linked[$0].isEmpty }) / Double(max(1, decisions.count)))
        }
        return (
            tiles.head, tiles.head.selecting(tiles.judged.indices.filter { !shown.linked[tiles.judged[$0]].isEmpty }), conversions,
            [
                "sessions": .integer(corpus.sessionCount), "pretrained_on": .integer(min(early.count, settings.encoderSessions)),
                "taught_by": .integer(taught),
                "impressions": [
                    "training": .integer(ofTiles.training.count), "test": .integer(ofTiles.test.count),
                    "test_without_click": .integer(tiles.withoutClick), "test_with_session": matched(shown, ofTiles.test),
                ],
                "decisions": [
                    "training": .integer(ofDecisions.training.count), "test": .integer(ofDecisions.test.count),
                    "test_with_session": matched(asked, ofDecisions.test),
                ],
            ], String(decoding: try FileSystem.live.contents(of: "\(bank)/configuration.json"), as: UTF8.self)
        )
    }

    private func blocks(_ encoder: ModelArtifact, _ early: [Int]) throws -> (floats: [SessionFloats], taught: Int) {
        let taxonomy = try SettingsFile.read(Taxonomy.self, from: "\(context.repository)/taxonomy/retail-bank.yaml")
        let (labels, _) = try LabelSet.read(
            ["\(bank)/labels/annotators.jsonl"], for: corpus, taxonomy: try Taxonomy(validating: taxonomy))
        let teacher = labels.annotations.filter { $0.annotator == "simulated-a" }
        let intents = labels.taxonomy.assignable.map(\.id)
        let merged = MergedLabels(
            sessions: teacher.map(\.session), intents: intents, confidences: teacher.flatMap(\.confidences), threshold: 0.5)
        let labelled = Set(merged.sessions)
        let learnt = Set(Self.some(settings.taughtSessions, of: early.filter { labelled.contains($0) }))
        var distillation = settings.distillation
        if context.quick { (distillation.members, distillation.epochs) = (1, 5) }
        FigureContext.say("\(label): distilling from \(learnt.count) labelled sessions")
        let result = try IntentTraining(distillation, facts: settings.facts, sessions: learnt, factSessions: early).run(
            IntentTraining.Labels(
                merged: merged, verdicts: intents.map { LabelGate.Verdict(intent: $0, reasons: []) }, taxonomy: labels.taxonomy),
            table: table, encoder: encoder, pool: pool)
        return (
            [
                try PageCounts(table, sessions: early).floats(table), .supplied(table, merged),
                try .labels(
                    table, result.classifier, encoder: encoder, heldOut: (sessions: result.sessions, scores: result.heldOut), pool: pool),
                try .embedding(table, encoder, pool: pool),
            ], learnt.count
        )
    }

    /// So many, evenly over all: what an encoder and a student learn grows little with more of them, the time does.
    private static func some(_ count: Int, of all: [Int]) -> [Int] {
        guard all.count > count else { return all }
        return (0..<count).map { all[$0 * all.count / count] }
    }

    private func tiles(_ blocks: [SessionFloats], _ split: AppSplit) throws -> (
        head: HeadToHead, judged: [Int], withoutClick: Int
    ) {
        let examples = try shown.rankingExamples(blocks, shown.customerEncoder(learntFrom: split.training), training: split.training)
        var ranker = settings.ranker
        if context.quick { (ranker.members, ranker.epochs) = (1, 2) }
        return try HeadToHead.tiles(
            examples, tiles: shown.log!.tiles, training: split.training, test: split.test, rows: rows,
            settings: ranker, seeds: [ranker.seed],
            truth: try AppTruth.tiles("\(bank)/truth/impressions.csv", shown),
            reference: try AppTruth.tiles("\(bank)/truth/impressions.csv", shown, given: .sessions), pool: pool,
            say: { FigureContext.say("\(label): \($0)") })
    }

    private let rows = FeatureRow.all(Set(SessionBlock.allCases)) + [FeatureRow.offline]

    private func conversions(_ blocks: [SessionFloats], _ split: AppSplit) throws -> HeadToHead {
        var index = asked.index
        let products = ConversionTable.Product.allCases.filter { $0 != .none }.map(\.rawValue)
        let applications = try ApplicationTable("\(bank)/app/applications.csv", products: products, customers: &index)
        let (examples, decisions, _) = try asked.conversionExamples(
            blocks, asked.customerEncoder(learntFrom: split.training), applications: applications.applications, products: products,
            endOfData: .max)
        let places = Dictionary(uniqueKeysWithValues: decisions.enumerated().map { ($1, $0) })
        return try HeadToHead.conversions(
            examples, training: split.training.compactMap { places[$0] }, test: split.test.compactMap { places[$0] },
            rows: rows, settings: settings.conversion, seeds: [settings.conversion.seed],
            truth: try AppTruth.decisions("\(bank)/truth/decisions.csv", asked, classes: examples.classes, decisions), pool: pool,
            say: { FigureContext.say("\(label): \($0)") })
    }
}

extension FigureContext {
    /// A table of rows as a figure prints it.
    static func value(_ table: HeadToHead.Table) -> FigureValue {
        func metrics(_ values: [String: MetricInterval]) -> FigureValue {
            .object(values.mapValues { ["estimate": .number($0.estimate), "interval": .interval($0)] })
        }
        return [
            "decisions": .integer(table.decisions), "customers": .integer(table.customers),
            "rows": .list(
                table.lines.map { line in
                    [
                        "name": .text(line.name), "metrics": metrics(line.metrics), "change": metrics(line.changes),
                        "share_of_possible": metrics(line.sharesOfPossible),
                    ]
                }),
            "price_of_transparency": metrics(table.priceOfTransparency),
            "distilled_over_supplied": metrics(table.distilledOverSupplied),
            "embedding_over_supplied": metrics(table.embeddingOverSupplied),
        ]
    }
}
