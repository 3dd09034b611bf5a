internal import CreditRisk
internal import Evaluation
internal import SequenceKernel
internal import SettingsFiles

extension Figure {
    /// {logistic: {auc, ks, interval, …}, mlp, guided, xgboost, forest, best_baseline, differences: {"guided - logistic": {…}, …}}.
    ///
    /// Five parts, each judged by models of the other four, drawn anew ten times; a metric is taken within each part, as each has models
    /// of its own, and averaged over parts and repeats. Intervals draw rows and repeats. Small: a sanity row, not a claim.
    static let creditGerman = Figure(
        pattern: "credit-german",
        summary: "bad loans among 1,000 (Statlog German credit), repeated 5-fold: logistic regression, perceptron, tree-guided perceptron, "
            + "boosted trees, random forest"
    ) { context in
        let settings = try SettingsFile.read(CreditFigureSettings.self, from: context.settings("credit-german.yaml"))
        return try CreditGermanRun(context, settings).figure()
    }
}

/// The baselines by their keys.
enum CreditKinds {
    static let all: [(name: String, kind: CreditBaselineKind)] = [
        ("logistic", .logisticRegression), ("mlp", .perceptron), ("guided", .guided), ("xgboost", .boostedTrees),
        ("forest", .randomForest),
    ]

    /// Each with each of the others that a reader asks for.
    static let pairs =
        ["mlp", "logistic", "xgboost", "forest"].map { ("guided", $0) }
        + [("xgboost", "logistic"), ("xgboost", "forest"), ("forest", "logistic"), ("mlp", "logistic"), ("mlp", "xgboost")]

    /// What each says of the tested rows.
    static func probabilities(
        _ split: CreditSplit, _ table: CreditTable, tested: CreditTable, _ settings: CreditBaselineSettings, pool: WorkerPool
    ) throws -> [String: [Float]] {
        var result: [String: [Float]] = [:]
        let (learnt, validation) = (table.selecting(split.learnt), table.selecting(split.validation))
        for (name, kind) in all {
            let model = try CreditBaseline.train(kind, learnt, validation: validation, settings, pool: pool)
            result[name] = try model.probabilities(tested.selecting(split.tested), pool: pool)
        }
        return result
    }

    /// The figure with the best of those that are no networks, and how far it lies above and below each.
    static func withBest(_ figure: [String: FigureValue]) -> FigureValue {
        func auc(_ name: String) -> Double {
            guard case .object(let own)? = figure[name], case .number(let value)? = own["auc"] else { return 0 }
            return value
        }
        var figure = figure
        let best = ["logistic", "xgboost", "forest"].max { auc($0) < auc($1) }!
        figure["best_baseline"] = .text(best)
        if case .object(let differences)? = figure["differences"] { figure["guided_less_best_baseline"] = differences["guided - \(best)"] }
        return .object(figure)
    }
}

private struct CreditGermanRun {
    let context: FigureContext
    let settings: CreditFigureSettings
    let table: CreditTable
    let others: CreditTable?
    let pool = WorkerPool(threads: FigureContext.timedThreads)

    init(_ context: FigureContext, _ settings: CreditFigureSettings) throws {
        (self.context, self.settings) = (context, settings)
        table = try Self.read(context.data)
        others = context.hasTestData ? try Self.read(context.testData!) : nil
    }

    private static func read(_ root: String) throws -> CreditTable {
        let path = "\(root)/german_credit/german.data.gz"
        guard FigureContext.exists(path) else {
            throw FigureError(code: 66, description: "\(path): it is not there; name the root of the sets with --data")
        }
        let names = (1...20).map { "A\($0)" } + ["class"]
        let rows = try DelimitedTable(path, delimiter: " ", names: names)
        let columns = names.indices.map { column in rows.rows.map { Optional($0[column]) } }
        return try PlainTable(names: names, columns: columns, PlainTableSettings(target: "class", positive: "2")).table
    }

    func figure() throws -> FigureValue {
        let repeats = context.quick ? 1 : settings.seeds
        let tested = others ?? table
        var contest = CreditContest(
            models: CreditKinds.all.map(\.name), pairs: CreditKinds.pairs, clients: tested.count,
            resamples: context.quick ? 200 : settings.resamples)
        for seed in 1...repeats {
            FigureContext.say("credit-german: repeat \(seed) of \(repeats)")
            let splits =
                others == nil
                ? try CreditSplit.folds(table, seed: seed, validationShare: settings.validationShare)
                : [
                    try CreditSplit(
                        seed: seed, training: Array(0..<table.count), tested: Array(0..<tested.count), of: table,
                        validationShare: settings.validationShare)
                ]
            for split in splits {
                let own = try CreditKinds.probabilities(split, table, tested: tested, settings.baseline(seed: seed), pool: pool)
                contest.append(split, tested, own)
            }
        }
        var figure = contest.figure()
        figure["quick"] = .truth(context.quick)
        figure["protocol"] = [
            "rows": .integer(table.count), "repeats": .integer(repeats), "folds": .integer(others == nil ? 5 : 1),
            "resamples": .integer(contest.resamples),
            "metrics": .text(others == nil ? "taken within each part, means over parts and repeats" : "means over the repeats"),
        ]
        return CreditKinds.withBest(figure)
    }
}
