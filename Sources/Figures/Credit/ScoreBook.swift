internal import CreditRisk
internal import Evaluation

/// Scores of ways of modelling, run by run, and the comparisons between them.
struct ScoreBook {
    /// What is published of a difference.
    enum Expectation {
        /// The first orders applicants better than the second.
        case better
        /// The first is no worse than the second for all that can be told.
        case noWorse
    }

    private(set) var runs: [String: [RepeatedScores.Run]] = [:]
    let resampling: Resampling

    init(_ resampling: Resampling) { self.resampling = resampling }

    /// Adds a run and tells its AUC.
    mutating func add(_ name: String, _ scores: [Float], _ outcomes: [Float], _ customers: [UInt64], seconds: Double? = nil) throws {
        runs[name, default: []].append(try RepeatedScores.Run(scores: scores, outcomes: outcomes, customers: customers))
        let metrics = DiscriminationMetrics(scores: scores, positives: outcomes.map { $0 == 1 })
        func digits(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
        let time = seconds.map { " in \(Int($0.rounded())) s" } ?? ""
        FigureContext.say("\(name): AUC \(digits(metrics.auc)), KS \(digits(metrics.ks))\(time)")
    }

    func scores(_ name: String) throws -> RepeatedScores {
        guard let own = runs[name] else { throw FigureError(code: 70, description: "there is no run called \(name)") }
        return try RepeatedScores(own)
    }

    /// AUC, KS and average precision of one way with their intervals.
    func metrics(_ name: String) throws -> FigureValue { Self.value(try scores(name).metrics(resampling)) }

    static func value(_ metrics: RepeatedMetrics) -> FigureValue {
        func one(_ metric: MetricInterval) -> FigureValue { ["estimate": .number(metric.estimate), "interval": .interval(metric)] }
        return ["auc": one(metrics.auc), "ks": one(metrics.ks), "average_precision": one(metrics.averagePrecision)]
    }

    /// A row: both ways, their paired difference, whether the direction is as published, and the best that could be reached.
    func row(
        _ what: String, _ first: String, _ second: String, expecting: Expectation = .better, bound: String? = nil
    ) throws -> FigureValue {
        let one = try scores(first), other = try scores(second)
        let difference = try one.differences(from: other, resampling)
        var row: [String: FigureValue] = [
            "what": .text(what), "first": .text(first), "second": .text(second), "difference": Self.value(difference),
            "metrics": [first: try metrics(first), second: try metrics(second)],
            "auc_direction_as_published": .text(Self.direction(difference.auc, expecting)),
            "ks_direction_as_published": .text(Self.direction(difference.ks, expecting)),
            "applicants_judged": .integer(one.applicants), "overdue_among_them": .integer(one.overdue),
            "runs": .integer(runs[first]?.count ?? 0),
        ]
        if let bound {
            row["auc_of_the_known_truth"] = .number(try scores(bound).metrics(Resampling(rounds: 20)).auc.estimate)
        }
        return .object(row)
    }

    /// The first runs of each.
    func keeping(_ count: Int) -> ScoreBook {
        var own = self
        own.runs = runs.mapValues { Array($0.prefix(count)) }
        return own
    }

    /// What is no worse may be worse by this much AUC or KS: less than any published difference of interest.
    private static let margin = 0.005

    /// `yes`, `no`, or `undecided` where the interval has zero inside; of what is only to be no worse, where it has less the margin inside.
    static func direction(_ difference: MetricInterval, _ expecting: Expectation) -> String {
        switch expecting {
        case .better: difference.lower > 0 ? "yes" : difference.upper < 0 ? "no" : "undecided"
        case .noWorse: difference.lower > -margin ? "yes" : difference.upper < 0 ? "no" : "undecided"
        }
    }
}
