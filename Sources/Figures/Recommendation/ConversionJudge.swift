internal import Evaluation
internal import Recommendation

/// Judges scores of decisions on the test days, beside those of the day that choices were made by.
struct ConversionJudge {
    private let outcome: [Bool]
    private let users: [Int32]
    private let landmarks: [Int]
    private let validation: [Int]
    private let test: [Int]
    private let resampling: Resampling

    init(_ examples: ConversionExamples, validation: [Int], test: [Int], landmarks: [Int], resampling: Resampling) {
        outcome = examples.outcome.map { $0 != 0 }
        users = examples.customer
        (self.landmarks, self.validation, self.test, self.resampling) = (landmarks, validation, test, resampling)
    }

    /// What is set against what.
    private static let pairs = [
        ("counts_and_embedding", "counts"), ("counts_and_embedding_xgboost", "counts_xgboost"), ("counts_and_embedding", "counts_xgboost"),
        ("counts_and_embedding", "counts_and_categories"), ("counts_and_embedding", "counts_and_categories_xgboost"),
    ]

    /// Every model and the differences.
    func figure(_ scored: [String: [Float]]) -> [String: FigureValue] {
        var figure: [String: FigureValue] = [:]
        for (name, scores) in scored { figure[name] = judged(scores) }
        figure["rate"] = .number(Double(test.count { outcome[$0] }) / Double(test.count))
        figure["differences"] = .object(differences(scored))
        return figure
    }

    /// Differences where a share of the users taught.
    func point(_ scored: [String: [Float]], share: Double, rows: Int) -> FigureValue {
        var values = differences(scored)
        values["share_of_users"] = .number(share)
        values["training_decisions"] = .integer(rows)
        for (name, scores) in scored {
            let metrics = metrics(scores, test)
            values[name] = ["auc": .number(metrics.auc), "average_precision": .number(metrics.averagePrecision)]
        }
        return .object(values)
    }

    /// Rows of a share of the users, the same ones at every call.
    func users(share: Double, of rows: [Int]) -> [Int] {
        let all = Set(rows.map { users[$0] }).sorted { (Self.mixed($0), $0) < (Self.mixed($1), $1) }
        let chosen = Set(all.prefix(Int((Double(all.count) * share).rounded())))
        return rows.filter { chosen.contains(users[$0]) }
    }

    private static func mixed(_ user: Int32) -> UInt64 {
        var z = (UInt64(UInt32(bitPattern: user)) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return z ^ (z >> 27)
    }

    private func metrics(_ scores: [Float], _ rows: [Int]) -> DiscriminationMetrics {
        DiscriminationMetrics(scores: rows.map { scores[$0] }, positives: rows.map { outcome[$0] })
    }

    private func losses(_ scores: [Float], _ rows: [Int]) -> [Double] {
        ClassificationMetrics.logLosses(
            probabilities: rows.flatMap { [1 - scores[$0], scores[$0]] }, right: rows.map { outcome[$0] ? 1 : 0 }, classes: 2)
    }

    private func sorted(_ scores: [Float]) -> DiscriminationScores {
        DiscriminationScores(scores: test.map { scores[$0] }, positives: test.map { outcome[$0] })
    }

    private var clusters: [Int32] { test.map { users[$0] } }

    private func judged(_ scores: [Float]) -> FigureValue {
        let (own, earlier) = (metrics(scores, test), metrics(scores, validation))
        let intervals = sorted(scores).intervals(clusters: clusters, resampling)
        let loss = MetricInterval.mean(losses(scores, test), clusters: clusters, resampling)
        let before = losses(scores, validation)
        let lift = LiftTable(scores: test.map { scores[$0] }, positives: test.map { outcome[$0] })
        return [
            "auc": .number(own.auc), "average_precision": .number(own.averagePrecision), "log_loss": .number(loss.estimate),
            "intervals": [
                "auc": .interval(intervals.auc), "average_precision": .interval(intervals.averagePrecision), "log_loss": .interval(loss),
            ],
            "validation": [
                "auc": .number(earlier.auc), "average_precision": .number(earlier.averagePrecision),
                "log_loss": .number(before.reduce(0, +) / Double(max(1, before.count))),
            ],
            "auc_by_landmark": .object(
                Dictionary(
                    uniqueKeysWithValues: Set(landmarks).map { landmark in
                        ("\(landmark)", .number(metrics(scores, test.filter { landmarks[$0] == landmark }).auc))
                    })),
            "lift_of_the_highest_tenth": .number(lift.rows.first?.lift ?? .nan),
        ]
    }

    private func differences(_ scored: [String: [Float]]) -> [String: FigureValue] {
        var values: [String: FigureValue] = [:]
        for (name, base) in Self.pairs {
            guard let a = scored[name], let b = scored[base] else { continue }
            let own = sorted(a).differences(from: sorted(b), clusters: clusters, resampling)
            let loss = PairedInterval.difference(losses(a, test), losses(b, test), clusters: clusters, resampling)
            func value(_ interval: MetricInterval) -> FigureValue {
                [
                    "estimate": .number(interval.estimate), "interval": .interval(interval),
                    "includes_zero": .truth(interval.lower <= 0 && interval.upper >= 0),
                ]
            }
            values["\(name)_less_\(base)"] = [
                "auc": value(own.auc), "average_precision": value(own.averagePrecision), "log_loss": value(loss),
            ]
        }
        return values
    }
}
