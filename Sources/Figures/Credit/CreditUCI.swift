internal import CreditRisk
internal import Evaluation
internal import SequenceKernel
internal import SettingsFiles

extension Figure {
    /// {mlp: {auc, ks, interval, log_loss, …}, guided, xgboost, xgboost_features, sequence, stacked, differences: {"guided - mlp": {…}, …}}.
    ///
    /// Ten splits, 70 % of each outcome to learn from (of which a share chooses and stops), the rest to judge. A metric is the mean over the
    /// splits. Its interval draws clients with replacement; every split counts its own tested clients as often as they were drawn, and the mean
    /// over the splits is taken again. Differences are taken within each draw. By seed: DeLong's interval on that split alone.
    static let creditUCI = Figure(
        pattern: "credit-uci",
        summary:
            "default of card clients (UCI): perceptron, tree-guided perceptron, XGBoost, sequence model over six months, and all stacked"
    ) { context in
        let settings = try SettingsFile.read(CreditFigureSettings.self, from: context.settings("credit-uci.yaml"))
        return try CreditUCIRun(context, settings).figure()
    }
}

/// The models of `credit-uci` under its splits.
struct CreditUCIRun {
    static let models = ["mlp", "guided", "xgboost", "xgboost_features", "sequence", "stacked"]
    static let pairs = [
        ("guided", "mlp"), ("guided", "xgboost"), ("stacked", "xgboost"), ("sequence", "xgboost"), ("stacked", "xgboost_features"),
    ]

    let context: FigureContext
    let settings: CreditFigureSettings
    let clients: CardClients
    /// Clients of the test root, where there is one.
    let others: CardClients?
    private let pool = WorkerPool(threads: FigureContext.timedThreads)

    init(_ context: FigureContext, _ settings: CreditFigureSettings) throws {
        (self.context, self.settings) = (context, settings)
        guard let sequence = settings.sequence, sequence.tables.count == 1 else {
            throw FigureError(code: 65, description: "\(context.settings("credit-uci.yaml")): `sequence` needs one table")
        }
        clients = try CardClients(root: context.data, sequence)
        others = context.hasTestData ? try CardClients(root: context.testData!, sequence) : nil
    }

    func figure() throws -> FigureValue {
        let seeds = context.quick ? 1 : settings.seeds
        let tested = others ?? clients
        var contest = CreditContest(
            models: Self.models, pairs: Self.pairs, clients: tested.count, resamples: context.quick ? 200 : settings.resamples)
        for seed in 1...seeds {
            let split: CreditSplit
            if others == nil {
                split = try .stratified(clients.plain, seed: seed, validationShare: settings.validationShare)
            } else {
                split = try CreditSplit(
                    seed: seed, training: Array(0..<clients.count), tested: Array(0..<tested.count), of: clients.plain,
                    validationShare: settings.validationShare)
            }
            contest.append(split, tested.plain, try probabilities(split))
        }
        var figure = contest.figure()
        figure["quick"] = .truth(context.quick)
        figure["protocol"] = [
            "rows": .integer(clients.count), "seeds": .integer(seeds), "resamples": .integer(contest.resamples),
            "learnt_from": .integer(contest.judged[0].split.learnt.count), "validation": .integer(contest.judged[0].split.validation.count),
            "tested": .integer(contest.judged[0].split.tested.count), "test_of_another_file": .truth(others != nil),
            "metrics": .text("means over the seeds' splits"),
        ]
        figure["published"] = ["mlp": .number(0.7692), "guided": .number(0.7829), "of": .text("Guo et al., 2020 (arXiv:2008.07796)")]
        return .object(figure)
    }

    /// What each model says of the tested rows.
    private func probabilities(_ split: CreditSplit) throws -> [String: [Float]] {
        let tested = others ?? clients
        var result: [String: [Float]] = [:]
        func baseline(_ kind: CreditBaselineKind, _ own: KeyPath<CardClients, CreditTable>, _ name: String) throws {
            let (table, test) = (clients[keyPath: own], tested[keyPath: own].selecting(split.tested))
            let started = FigureContext.now()
            let model = try CreditBaseline.train(
                kind, table.selecting(split.learnt), validation: table.selecting(split.validation), settings.baseline(seed: split.seed),
                pool: pool)
            result[name] = try model.probabilities(test, pool: pool)
            say(name, split, test.outcomes, result[name]!, started)
        }
        try baseline(.perceptron, \.plain, "mlp")
        try baseline(.guided, \.plain, "guided")
        try baseline(.boostedTrees, \.plain, "xgboost")
        try baseline(.boostedTrees, \.featured, "xgboost_features")
        let started = FigureContext.now()
        var own = StackedCreditSettings(sequence: settings.sequence!)
        own.sequence.network.seed = UInt64(split.seed)
        own.top = settings.baseline(seed: split.seed, trees: settings.stackedTrees)
        if settings.stacksGuided { own.guided = settings.baseline(seed: split.seed) }
        let rows = split.training
        let judges = Set(split.validation)
        let stacked = try StackedCredit.train(
            clients.stacked(rows), validation: rows.indices.filter { judges.contains(rows[$0]) }, own, pool: pool)
        let test = try tested.stacked(split.tested)
        result["sequence"] = try stacked.sequence.probabilities(test.histories, pool: pool)
        result["stacked"] = try stacked.probabilities(test, pool: pool)
        for name in ["sequence", "stacked"] { say(name, split, test.table.outcomes, result[name]!, started) }
        return result
    }

    private func say(_ name: String, _ split: CreditSplit, _ outcomes: [Float], _ scores: [Float], _ started: Double) {
        let auc = DiscriminationMetrics(scores: scores, positives: outcomes.map { $0 == 1 }).auc
        let seconds = Int(FigureContext.now() - started)
        FigureContext.say("credit-uci, split \(split.seed): \(name) \(Float(auc)) after \(seconds) s")
    }
}
