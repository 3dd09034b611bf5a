internal import Evaluation
internal import Recommendation
internal import SequenceKernel

extension Figure {
    /// {protocol: {tessera: {auc, average_precision, log_loss, intervals}, trees, softmax, chosen_head, reference, …}, …}.
    static let tabular = Figure(
        pattern: "tabular:SET",
        summary: "the conversion predictor on plain tables, without any session, beside boosted trees measured elsewhere; SET is "
            + TabularSet.all.keys.sorted().joined(separator: ", ")
    ) { context in
        guard let set = TabularSet.all[context.set ?? ""] else {
            throw FigureError(
                code: 64,
                description: "no table is called '\(context.set ?? "")'; there are \(TabularSet.all.keys.sorted().joined(separator: ", "))")
        }
        let path = "\(context.data)/\(context.set!)/\(set.file)"
        guard FigureContext.exists(path) else {
            throw FigureError(code: 66, description: "\(path): it is not there; name the root of the sets with --data")
        }
        let table = try DelimitedTable(path, delimiter: set.delimiter, names: set.names)
        var figure: [String: FigureValue] = ["quick": .truth(context.quick), "rows": .integer(table.rows.count)]
        for way in set.protocols { figure[way.name] = try TabularRun(context, set, way, table).figure() }
        return .object(figure)
    }
}

/// One head's figures on one split.
private struct TabularResult {
    var value: FigureValue
    let metrics: DiscriminationMetrics
    let heldOutLogLoss: Double
}

/// One table under one protocol.
private struct TabularRun {
    let context: FigureContext
    let set: TabularSet
    let way: TabularSet.Judging
    let table: DelimitedTable
    let outcome: [Bool]
    let pool = WorkerPool(threads: FigureContext.timedThreads)

    init(_ context: FigureContext, _ set: TabularSet, _ way: TabularSet.Judging, _ table: DelimitedTable) throws {
        (self.context, self.set, self.way, self.table) = (context, set, way, table)
        outcome = try table.texts(set.outcome).map { $0 == set.positive }
    }

    func figure() throws -> FigureValue {
        let seeds: [UInt64] = way.split.isDrawn && !context.quick ? [1, 2, 3, 4, 5] : [1]
        var figure: [String: FigureValue] = [:]
        var runs: [ConversionSettings.Head: [TabularResult]] = [:]
        for head in ConversionSettings.Head.allCases {
            for seed in seeds {
                FigureContext.say("tabular:\(context.set ?? ""), \(way.name): \(head.rawValue), split \(seed)")
                runs[head, default: []].append(try judged(head, seed: seed, withIntervals: seed == seeds[0]))
            }
        }
        // The choice between the heads is made on customers held out of the training part.
        func chosen(_ split: Int) -> ConversionSettings.Head {
            ConversionSettings.Head.allCases.min { runs[$0]![split].heldOutLogLoss < runs[$1]![split].heldOutLogLoss }!
        }
        for (head, results) in runs { figure[head.rawValue] = results[0].value }
        figure["tessera"] = runs[chosen(0)]![0].value
        figure["chosen_head"] = .text(chosen(0).rawValue)
        if seeds.count > 1 {
            let results = seeds.indices.map { runs[chosen($0)]![$0] }
            figure["tessera_by_split"] = [
                "auc": .list(results.map { .number($0.metrics.auc) }),
                "average_precision": .list(results.map { .number($0.metrics.averagePrecision) }),
            ]
        }
        figure["reference"] = [
            "auc": .number(way.auc), "average_precision": .number(way.averagePrecision ?? .nan),
            "of": .text("scikit-learn HistGradientBoosting, default settings, its own draw of the same split"),
        ]
        return .object(figure)
    }

    private func judged(_ head: ConversionSettings.Head, seed: UInt64, withIntervals: Bool) throws -> TabularResult {
        let (training, test) = try way.split.rows(table, outcome: outcome, seed: seed)
        let columns = try self.columns(training)
        let all = try ConversionExamples(
            names: columns.map(\.name),
            features: (0..<table.rows.count).flatMap { row in columns.map { $0.values[row] } },
            classes: ["none", "yes"], outcome: outcome.map { $0 ? 1 : 0 }, customer: (0..<Int32(outcome.count)).map { $0 },
            time: (0..<Int64(outcome.count)).map { $0 })
        var settings = ConversionSettings(head)
        if !way.split.isDrawn { settings.heldOut = .latest }
        if context.quick { (settings.folds, settings.depths, settings.rounds, settings.strengths) = (2, [3], 100, [0.01]) }
        let trained = try ConversionPredictor.train(all.selecting(training), settings, pool: pool)
        let judged = all.selecting(test)
        let probabilities = try trained.predictor.probabilities(judged)
        let scores = (0..<judged.count).map { probabilities[$0 * 2 + 1] }
        let positives = judged.outcome.map { $0 == 1 }
        let metrics = DiscriminationMetrics(scores: scores, positives: positives)
        var result = TabularResult(value: [:], metrics: metrics, heldOutLogLoss: trained.predictor.card.heldOutLogLoss)
        guard withIntervals else { return result }
        let resampling = Resampling(rounds: context.quick ? 100 : 1000)
        let intervals = DiscriminationScores(scores: scores, positives: positives).intervals(resampling)
        let losses = ClassificationMetrics.logLosses(probabilities: probabilities, right: judged.outcome, classes: 2)
        let logLoss = MetricInterval.mean(losses, resampling)
        let card = trained.predictor.card
        result.value = [
            "auc": .number(metrics.auc), "average_precision": .number(metrics.averagePrecision), "log_loss": .number(logLoss.estimate),
            "intervals": [
                "auc": .interval(intervals.auc), "average_precision": .interval(intervals.averagePrecision), "log_loss": .interval(logLoss),
            ],
            "auc_less_reference": .number(metrics.auc - way.auc),
            "average_precision_less_reference": .number(metrics.averagePrecision - (way.averagePrecision ?? .nan)),
            "chosen": [
                "depth": .integer(card.depth ?? 0), "rounds": .integer(card.rounds ?? 0), "strength": .number(card.strength ?? .nan),
                "held_out_auc": .number(card.heldOutAUC ?? .nan), "held_out_log_loss": .number(card.heldOutLogLoss),
            ],
            "training_rows": .integer(training.count), "test_rows": .integer(test.count),
            "test_positives": .integer(positives.count { $0 }),
        ]
        return result
    }

    /// Numbers as they are, texts as one column for each value that a training row has.
    private func columns(_ training: [Int]) throws -> [(name: String, values: [Float])] {
        let dropped = set.dropped.union(way.dropped).union([set.outcome]).union(way.split.column.map { [$0] } ?? [])
        return try table.names.filter { !dropped.contains($0) }.flatMap { name in
            let texts = try table.texts(name)
            let numbers = texts.map { Float($0) }
            if !set.categorical.contains(name), numbers.allSatisfy({ $0 != nil }) { return [(name, numbers.map { $0! })] }
            let values = Set(training.map { texts[$0] }).sorted()
            return values.map { value in ("\(name)=\(value)", texts.map { $0 == value ? Float(1) : 0 }) }
        }
    }
}
