internal import CreditRisk
internal import Evaluation
internal import SequenceKernel
internal import SettingsFiles

extension Figure {
    /// {logistic: {auc, ks, interval, …}, mlp, guided, xgboost, forest, differences, columns, warnings, protocol}.
    ///
    /// With a column of times the earliest 70 % of the rows train and the later ones judge; else 70 % of each outcome, drawn anew for each seed.
    static let creditTable = Figure(
        pattern: "credit-table", needsTable: true,
        summary: "any credit file with a header (--target COLUMN [--positive VALUE] [--time COLUMN]): logistic regression, perceptron, "
            + "tree-guided perceptron, boosted trees, random forest"
    ) { context in
        let settings = try SettingsFile.read(CreditFigureSettings.self, from: context.settings("credit-table.yaml"))
        return try CreditTableRun(context, settings).figure()
    }
}

private struct CreditTableRun {
    let context: FigureContext
    let settings: CreditFigureSettings
    let plain: PlainTable
    let pool = WorkerPool(threads: FigureContext.timedThreads)

    init(_ context: FigureContext, _ settings: CreditFigureSettings) throws {
        guard let path = context.table, let target = context.target else {
            throw FigureError(
                code: 64, description: "credit-table: name a file and the column to foretell: credit-table CSV --target COLUMN")
        }
        guard FigureContext.exists(path) else {
            throw FigureError(code: 66, description: "\(path): it is not there, or may not be read; name a delimited file")
        }
        (self.context, self.settings) = (context, settings)
        plain = try Self.read(path, PlainTableSettings(target: target, positive: context.positive, time: context.time))
    }

    private static func read(_ path: String, _ settings: PlainTableSettings) throws -> PlainTable {
        do throws(PlainTableError) { return try PlainTable(path, settings) } catch {
            throw FigureError(code: 65, description: error.description)
        }
    }

    func figure() throws -> FigureValue {
        let table = plain.table
        let timed = try plain.times.map { try bySplitTime($0) }
        // Models differ by their seeds where the split cannot.
        let seeds = context.quick ? 1 : plain.times == nil ? settings.seeds : min(3, settings.seeds)
        var own = settings
        // A pass should have some fifty steps.
        own.perceptron.batchApplicants = min(own.perceptron.batchApplicants, max(16, table.count / 75))
        var contest = CreditContest(
            models: CreditKinds.all.map(\.name), pairs: CreditKinds.pairs, clients: table.count,
            resamples: context.quick ? 200 : settings.resamples)
        for seed in 1...seeds {
            FigureContext.say("credit-table: seed \(seed) of \(seeds)")
            let split =
                try timed.map {
                    try CreditSplit(
                        seed: seed, training: $0.training, tested: $0.tested, of: table, validationShare: settings.validationShare)
                } ?? CreditSplit.stratified(table, seed: seed, validationShare: settings.validationShare)
            contest.append(
                split, table, try CreditKinds.probabilities(split, table, tested: table, own.baseline(seed: seed), pool: pool))
        }
        var figure = contest.figure()
        let first = contest.judged[0].split
        figure["quick"] = .truth(context.quick)
        figure["protocol"] = [
            "rows": .integer(table.count), "positives": .integer(table.outcomes.count { $0 == 1 }), "positive": .text(plain.positive),
            "split": .text(
                plain.times == nil
                    ? "70 % of each outcome trains, the rest judges, drawn anew for each seed"
                    : "rows before a time train, rows from then on judge; seeds differ in what chooses and stops, and in the models"),
            "seeds": .integer(seeds), "learnt_from": .integer(first.learnt.count), "validation": .integer(first.validation.count),
            "tested": .integer(first.tested.count), "tested_positives": .integer(first.tested.count { table.outcomes[$0] == 1 }),
            "resamples": .integer(contest.resamples),
            "metrics": .text("means over the seeds"),
            "rows_without_outcome": .integer(plain.withoutOutcome), "rows_refused": .integer(plain.refused),
        ]
        figure["columns"] = columns
        figure["warnings"] = .list(try warnings(first).map { .text($0) })
        return CreditKinds.withBest(figure)
    }

    private var columns: FigureValue {
        var (numeric, categorical, missing): ([FigureValue], [FigureValue], [String: FigureValue]) = ([], [], [:])
        for column in plain.table.columns {
            switch column.values {
            case .numeric(let values):
                numeric.append(.text(column.name))
                let count = values.count { $0.isNaN }
                if count > 0 { missing[column.name] = .integer(count) }
            case .categorical(let values):
                categorical.append(.text(column.name))
                let count = values.count { $0 == nil }
                if count > 0 { missing[column.name] = .integer(count) }
            }
        }
        return [
            "numeric": .list(numeric), "categorical": .list(categorical), "missing_values": .object(missing),
            "texts_read_as_missing": .object(plain.readAsMissing.mapValues { .integer($0) }),
            "left_out": .list(plain.leftOut.map { .object(["column": .text($0.column), "reason": .text($0.reason.rawValue)]) }),
            "time": context.time.map { .text($0) } ?? .text("none given"),
        ]
    }

    /// Columns that give the answer away, seen in what the first split trains on; rows that were refused.
    private func warnings(_ split: CreditSplit) throws -> [String] {
        let check = try LeakCheck(plain.table.selecting(split.training))
        let refused = plain.refusals.prefix(5).map { "row at line \($0.line) was refused: \($0.reason)" }
        return check.findings.map(\.text) + refused
    }

    /// Rows before the time of the row at 70 % of the order train; rows of one time are never parted.
    private func bySplitTime(_ times: [Double]) throws -> (training: [Int], tested: [Int]) {
        let sorted = times.sorted()
        let cut = sorted[Int(Double(sorted.count) * 0.7)]
        let (training, tested) = (times.indices.filter { times[$0] < cut }, times.indices.filter { times[$0] >= cut })
        func few(_ rows: [Int]) -> Bool {
            let positives = rows.count { plain.table.outcomes[$0] == 1 }
            return min(positives, rows.count - positives) < 10
        }
        guard !few(training), !few(tested) else {
            throw FigureError(
                code: 65,
                description: "\(context.table!): split at 70 % by column `\(context.time!)` one part has fewer than 10 rows of an outcome; "
                    + "give more rows, or leave --time out")
        }
        return (training, tested)
    }
}
