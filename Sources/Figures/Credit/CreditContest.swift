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

    /// `{model: {auc, ks, log_loss, average_precision, interval, …}, differences: {"a - b": {…}}}`; intervals resample clients and average
    /// over the splits: see ``RepeatedDiscrimination``. `parts` that follow one another are judged as one (the five
    /// of a seed).
    func figure(joining parts: Int = 1) -> [String: FigureValue] {
        var repeated = RepeatedDiscrimination(scorers: models.count, units: clients)
        let joined = stride(from: 0, to: judged.count, by: parts).map { first in
            let own = judged[first..<min(first + parts, judged.count)]
            return (
                seed: own[first].split.seed, tested: own.flatMap(\.split.tested), positives: own.flatMap(\.positives),
                probabilities: models.indices.map { model in own.flatMap { $0.probabilities[model] } }
            )
        }
        for one in joined { repeated.append(tested: one.tested, positives: one.positives, probabilities: one.probabilities) }
        let places = pairs.map { (models.firstIndex(of: $0.0)!, models.firstIndex(of: $0.1)!) }
        let (own, differences) = repeated.summaries(differences: places, Resampling(rounds: resamples))
        var figure: [String: FigureValue] = [:]
        for (place, model) in models.enumerated() {
            var value = Self.value(own[place])
            value["auc_by_seed"] = .list(
                joined.map { .number(DiscriminationMetrics(scores: $0.probabilities[place], positives: $0.positives).auc) })
            figure[model] = .object(value)
        }
        var compared: [String: FigureValue] = [:]
        for (place, pair) in pairs.enumerated() {
            var value = Self.value(differences[place])
            value["auc_by_seed"] = .list(
                joined.map { one in
                    let both = [places[place].0, places[place].1].map {
                        DeLong(scores: one.probabilities[$0], positives: one.positives)
                    }
                    let difference = both[0].comparison(with: both[1]).difference
                    return .object([
                        "seed": .integer(one.seed), "difference": .number(difference.estimate), "interval": .interval(difference),
                    ])
                })
            compared["\(pair.0) - \(pair.1)"] = .object(value)
        }
        figure["differences"] = .object(compared)
        return figure
    }

    private static func value(_ summary: RepeatedDiscrimination.Summary) -> [String: FigureValue] {
        [
            "auc": .number(summary.auc.estimate), "interval": .interval(summary.auc), "ks": .number(summary.ks.estimate),
            "ks_interval": .interval(summary.ks), "log_loss": .number(summary.logLoss.estimate),
            "log_loss_interval": .interval(summary.logLoss), "average_precision": .number(summary.averagePrecision.estimate),
        ]
    }
}
