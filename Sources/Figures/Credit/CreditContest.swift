internal import CreditRisk
internal import Evaluation
internal import SequenceKernel

/// Models under several splits of the same clients: what each reaches, and how sure their differences are.
struct CreditContest {
    /// One model by its key.
    struct Judged {
        let split: CreditSplit
        /// `[M][N]`, in the order of the tested rows.
        let probabilities: [[Float]]
        let positives: [Bool]
    }

    let models: [String]
    /// Pairs to compare: the first less the second.
    let pairs: [(String, String)]
    /// Clients in all that may be tested.
    let clients: Int
    let resamples: Int
    private(set) var judged: [Judged] = []

    init(models: [String], pairs: [(String, String)], clients: Int, resamples: Int) {
        (self.models, self.pairs, self.clients, self.resamples) = (models, pairs, clients, resamples)
    }

    /// Adds what the models said of the rows tested in a split.
    mutating func append(_ split: CreditSplit, _ table: CreditTable, _ probabilities: [String: [Float]]) {
        judged.append(
            Judged(
                split: split, probabilities: models.map { probabilities[$0]! }, positives: split.tested.map { table.outcomes[$0] == 1 }))
    }

    /// `{model: {auc, ks, log_loss, average_precision, interval, …}, differences: {"a - b": {…}}, intervals}`; a metric is taken within
    /// each split, whose models are its own, and averaged: see ``RepeatedDiscrimination``. Splits of one seed (five parts) are one run.
    func figure() -> [String: FigureValue] {
        var repeated = RepeatedDiscrimination(scorers: models.count, units: clients)
        for one in judged {
            repeated.append(
                tested: one.split.tested, positives: one.positives, probabilities: one.probabilities, run: one.split.seed)
        }
        let places = pairs.map { (models.firstIndex(of: $0.0)!, models.firstIndex(of: $0.1)!) }
        let (own, differences) = repeated.summaries(differences: places, drawing: .unitsAndRuns, Resampling(rounds: resamples))
        var figure: [String: FigureValue] = [:]
        for (place, model) in models.enumerated() {
            var value = Self.value(own[place])
            value["auc_by_seed"] = .list(repeated.aucs(of: place).map { .number($0) })
            figure[model] = .object(value)
        }
        var seeds: [Int] = []
        for one in judged where !seeds.contains(one.split.seed) { seeds.append(one.split.seed) }
        var compared: [String: FigureValue] = [:]
        for (place, pair) in pairs.enumerated() {
            var value = Self.value(differences[place])
            value["auc_by_seed"] = .list(
                seeds.map { seed in
                    let found = Self.difference(judged.filter { $0.split.seed == seed }, places[place].0, places[place].1)
                    return .object(["seed": .integer(seed), "difference": .number(found.estimate), "interval": .interval(found)])
                })
            compared["\(pair.0) - \(pair.1)"] = .object(value)
        }
        figure["differences"] = .object(compared)
        figure["intervals"] = .text("95 %, \(repeated.randomness(.unitsAndRuns, of: "rows"))")
        return figure
    }

    /// DeLong's difference of the AUCs of one seed: the mean over its parts, which share no row, so that their variances add up.
    private static func difference(_ parts: [Judged], _ first: Int, _ second: Int) -> MetricInterval {
        let found = parts.map { part in
            DeLong(scores: part.probabilities[first], positives: part.positives)
                .comparison(with: DeLong(scores: part.probabilities[second], positives: part.positives)).difference
        }
        let count = Double(found.count), mean = found.reduce(0) { $0 + $1.estimate } / count
        let half = found.reduce(0) { $0 + ($1.upper - $1.estimate) * ($1.upper - $1.estimate) }.squareRoot() / count
        return MetricInterval(estimate: mean, lower: mean - half, upper: mean + half)
    }

    private static func value(_ summary: RepeatedDiscrimination.Summary) -> [String: FigureValue] {
        [
            "auc": .number(summary.auc.estimate), "interval": .interval(summary.auc), "ks": .number(summary.ks.estimate),
            "ks_interval": .interval(summary.ks), "log_loss": .number(summary.logLoss.estimate),
            "log_loss_interval": .interval(summary.logLoss), "average_precision": .number(summary.averagePrecision.estimate),
        ]
    }
}
