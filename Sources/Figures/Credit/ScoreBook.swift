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

    /// What one model said of those it was tried on.
    struct Trial {
        let scores: [Float]
        let outcomes: [Float]
        let customers: [UInt64]
        /// Trials of the same number are parts of one run; nil makes a run of this alone.
        let run: Int?
    }

    private(set) var runs: [String: [Trial]] = [:]
    let resampling: Resampling

    init(_ resampling: Resampling) { self.resampling = resampling }

    /// Adds a trial and tells its AUC.
    mutating func add(
        _ name: String, _ scores: [Float], _ outcomes: [Float], _ customers: [UInt64], run: Int? = nil, seconds: Double? = nil
    ) throws {
        guard scores.count == outcomes.count, customers.count == outcomes.count, scores.allSatisfy(\.isFinite),
            outcomes.allSatisfy({ $0 == 0 || $0 == 1 }), Set(outcomes).count == 2
        else {
            throw FigureError(
                code: 65, description: "\(name): scores, outcomes and customers differ in number, or outcomes are unknown or all the same")
        }
        runs[name, default: []].append(Trial(scores: scores, outcomes: outcomes, customers: customers, run: run))
        let metrics = DiscriminationMetrics(scores: scores, positives: outcomes.map { $0 == 1 })
        func digits(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
        let time = seconds.map { " in \(Int($0.rounded())) s" } ?? ""
        FigureContext.say("\(name): AUC \(digits(metrics.auc)), KS \(digits(metrics.ks))\(time)")
    }

    /// Ways of modelling side by side, on the same applicants in the same runs.
    func repeated(_ names: [String]) throws -> RepeatedDiscrimination {
        let own = try names.map { name in
            guard let own = runs[name] else { throw FigureError(code: 70, description: "there is no run called \(name)") }
            return own
        }
        for (name, trials) in zip(names, own) {
            guard trials.count == own[0].count,
                zip(trials, own[0]).allSatisfy({ $0.outcomes == $1.outcomes && $0.customers == $1.customers && $0.run == $1.run })
            else { throw FigureError(code: 70, description: "\(name) and \(names[0]) were tried on other applicants") }
        }
        let (units, count) = RepeatedDiscrimination.numbered(own[0].map(\.customers))
        var repeated = RepeatedDiscrimination(scorers: names.count, units: count)
        for (place, first) in own[0].enumerated() {
            repeated.append(
                tested: units[place], positives: first.outcomes.map { $0 == 1 }, probabilities: own.map { $0[place].scores },
                run: first.run)
        }
        return repeated
    }

    /// Metrics of one way; customers and runs are drawn.
    func summary(_ name: String) throws -> RepeatedDiscrimination.Summary {
        try repeated([name]).summaries(drawing: .unitsAndRuns, resampling).scorers[0]
    }

    /// Metrics of one way less those of another, both on the same draws.
    func difference(_ first: String, _ second: String) throws -> RepeatedDiscrimination.Summary {
        try repeated([first, second]).summaries(differences: [(0, 1)], drawing: .unitsAndRuns, resampling).differences[0]
    }

    /// AUC, KS and average precision of one way with their intervals.
    func metrics(_ name: String) throws -> FigureValue { Self.value(try summary(name)) }

    static func value(_ metrics: RepeatedDiscrimination.Summary) -> FigureValue {
        func one(_ metric: MetricInterval) -> FigureValue { ["estimate": .number(metric.estimate), "interval": .interval(metric)] }
        return ["auc": one(metrics.auc), "ks": one(metrics.ks), "average_precision": one(metrics.averagePrecision)]
    }

    /// A row: both ways, their paired difference, whether the direction is as published, and the best that could be reached.
    func row(
        _ what: String, _ first: String, _ second: String, expecting: Expectation = .better, bound: String? = nil
    ) throws -> FigureValue {
        let both = try repeated([first, second])
        let (own, differences) = both.summaries(differences: [(0, 1)], drawing: .unitsAndRuns, resampling)
        let difference = differences[0], outcomes = (runs[first] ?? []).flatMap(\.outcomes)
        var row: [String: FigureValue] = [
            "what": .text(what), "first": .text(first), "second": .text(second), "difference": Self.value(difference),
            "metrics": [first: Self.value(own[0]), second: Self.value(own[1])],
            "auc_direction_as_published": .text(Self.direction(difference.auc, expecting)),
            "ks_direction_as_published": .text(Self.direction(difference.ks, expecting)),
            "customers_judged": .integer(both.units), "scores": .integer(outcomes.count),
            "scores_of_overdue": .integer(outcomes.count { $0 == 1 }),
            "runs": .integer(both.runCount), "intervals": .text("95 %, \(both.randomness(.unitsAndRuns))"),
        ]
        if let bound {
            let aucs = try repeated([bound]).aucs(of: 0)
            row["auc_of_the_known_truth"] = .number(aucs.reduce(0, +) / Double(aucs.count))
        }
        return .object(row)
    }

    /// A row of which nothing is published.
    func unpublished(_ what: String, _ first: String, _ second: String, bound: String? = nil) throws -> FigureValue {
        guard case .object(var row) = try row(what, first, second, bound: bound) else { return [:] }
        row["auc_direction_as_published"] = .text("nothing is published")
        row["ks_direction_as_published"] = .text("nothing is published")
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
