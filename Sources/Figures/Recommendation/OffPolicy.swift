internal import Evaluation
internal import Recommendation

extension Figure {
    /// {bts_from_random, random_from_bts}: each {on_policy, ips, snips, doubly_robust, effective_sample_size, …}.
    static let offPolicy = Figure(
        pattern: "off-policy",
        summary: "click rate of one policy of fashion tiles (open_bandit, men) estimated from the log of the other, both ways, beside the "
            + "rate in its own log"
    ) { context in
        let random = try BanditLog(context, "random")
        let thompson = try BanditLog(context, "bts")
        return [
            "bts_from_random": try random.figure(of: thompson, policy: thompson.frequencies, context),
            "random_from_bts": try thompson.figure(of: random, policy: random.uniform, context),
            "policies": [
                "random": .text("every tile alike at each position: its rule"),
                "bts": .text(
                    "shares of the tiles at each position in its own log, clicks unseen: it looks at no features, and learns over the "
                        + "week, so this is its mean over the week"),
            ],
            "quick": .truth(context.quick),
        ]
    }
}

/// Shown tiles with clicks and the probability of showing them.
private struct BanditLog {
    static let tiles = 34
    static let positions = 3
    let tile: [Int32]
    let position: [Int32]
    let clicks: [Float]
    let probabilities: [Float]
    /// Visitors who look alike in the log, which knows no others.
    let lookalikes: [Int32]

    init(_ context: FigureContext, _ policy: String) throws {
        let path = try context.input(context.data, "open_bandit", "\(policy)_men", endings: ["csv.gz", "csv"])
        let table = try DelimitedTable(path, delimiter: ",")
        tile = try table.numbers("item_id").map { Int32($0) }
        position = try table.numbers("position").map { Int32($0) - 1 }
        clicks = try table.numbers("click")
        probabilities = try table.numbers("propensity_score")
        var numbers: [String: Int32] = [:]
        let users = table.names.indices.filter { table.names[$0].hasPrefix("user") }
        lookalikes = table.rows.map { row in
            let key = users.map { row[$0] }.joined(separator: " ")
            let number = numbers[key] ?? Int32(numbers.count)
            numbers[key] = number
            return number
        }
    }

    /// `[positions, tiles]`.
    var uniform: [Float] { [Float](repeating: 1 / Float(Self.tiles), count: Self.positions * Self.tiles) }

    /// How often each tile was shown at each position, `[positions, tiles]`.
    var frequencies: [Float] {
        var counts = [Float](repeating: 0, count: Self.positions * Self.tiles)
        var totals = [Float](repeating: 0, count: Self.positions)
        for (tile, position) in zip(tile, position) {
            counts[Int(position) * Self.tiles + Int(tile)] += 1
            totals[Int(position)] += 1
        }
        return counts.indices.map { counts[$0] / max(1, totals[$0 / Self.tiles]) }
    }

    /// Estimates another policy's click rate from this log.
    /// - Parameter policy: `[positions, tiles]`.
    func figure(of other: BanditLog, policy: [Float], _ context: FigureContext) throws -> FigureValue {
        let evaluated = zip(tile, position).map { policy[Int($1) * Self.tiles + Int($0)] }
        let expected = try TileClickRates.crossFitted(
            tile: tile, position: position, rewards: clicks, tiles: Self.tiles, positions: Self.positions, policy: policy)
        let settings = OffPolicySettings(resampling: Resampling(rounds: context.quick ? 200 : 2000))
        let log = try OffPolicyLog(rewards: clicks, logged: probabilities, evaluated: evaluated)
        let estimate = try OffPolicyEstimate(log, expected: expected, settings)
        let grouped = try OffPolicyEstimate(
            OffPolicyLog(
                rewards: clicks, logged: probabilities, evaluated: evaluated, groups: lookalikes, groupName: "groups of like visitors"),
            expected: expected, settings)
        let onPolicy = MetricInterval.mean(other.clicks.map(Double.init), settings.resampling)
        func value(_ row: MetricInterval, _ group: MetricInterval) -> FigureValue {
            [
                "estimate": .number(row.estimate), "interval": .interval(row), "interval_by_visitors": .interval(group),
                "on_policy_inside": .truth(row.lower <= onPolicy.estimate && onPolicy.estimate <= row.upper),
            ]
        }
        return [
            "on_policy": ["estimate": .number(onPolicy.estimate), "interval": .interval(onPolicy)],
            "logging_policy": .number(estimate.loggingPolicy.estimate),
            "ips": value(estimate.inversePropensity, grouped.inversePropensity),
            "snips": value(estimate.selfNormalised, grouped.selfNormalised),
            "doubly_robust": value(estimate.doublyRobust!, grouped.doublyRobust!),
            "model_alone": .number(estimate.model!.estimate), "effective_sample_size": .number(estimate.effectiveSampleSize),
            "mean_weight": .number(estimate.meanWeight), "largest_weight": .number(estimate.largestWeight),
            "rows": .integer(estimate.rows), "clicks": .integer(estimate.rewarded), "interval_over": .text(estimate.resampled),
            "interval_by_visitors_over": .text(grouped.resampled),
        ]
    }
}
