internal import Recommendation
internal import SequenceKernel

extension Figure {
    /// {median_us, p99_us, scored_per_second: of one network, with_4_members: {the same of the default ranker}, training: {…}, …}.
    static let speedRank = Figure(
        pattern: "speed-rank",
        summary: "ranking 20 tiles for one customer whose embedding is given, scoring many, and training on a million made-up impressions"
    ) { context in
        let pool = WorkerPool(threads: FigureContext.timedThreads)
        var settings = TileRankerSettings()
        // A million impressions need neither an average of networks nor many passes.
        (settings.members, settings.epochs, settings.folds, settings.batchImpressions) = (1, 3, 2, 256)
        let rates = try RankerBenchmark(impressions: context.quick ? 10_000 : 1_000_000, settings: settings, pool: pool).run()
        var members = settings
        (members.members, members.epochs) = (TileRankerSettings().members, 1)
        let several = try RankerBenchmark(impressions: 2_000, settings: members, pool: pool).run()
        func call(_ rates: RankerBenchmark.Rates) -> [String: FigureValue] {
            [
                "median_us": .number(rates.callSeconds.median * 1e6), "p99_us": .number(rates.callSeconds.p99 * 1e6),
                "allocations": .integer(rates.allocations), "greatest_difference": .number(rates.greatestDifference),
                "scored_per_second": .number(rates.scoredPerSecond),
            ]
        }
        let rankers: FigureValue = [
            "median_us": .text("a single network and the plain sum"),
            "with_\(members.members)_members": .text("the default ranker: the mean of \(members.members) networks, and the plain sum"),
        ]
        return .object(
            call(rates).merging([
                "with_\(members.members)_members": .object(call(several)), "rankers": rankers,
                "training": [
                    "impressions": .integer(rates.impressions), "seconds": .number(rates.trainingSeconds),
                    "minutes": .number(rates.trainingSeconds / 60), "trained_per_second": .number(rates.trainedPerSecond),
                    "members": .integer(settings.members), "epochs": .integer(settings.epochs), "folds": .integer(settings.folds),
                    "linear_impressions": .integer(min(rates.impressions, settings.linear.impressions)),
                ],
                "tiles": .integer(rates.tiles), "context": .text("embedding of 64 floats, 16 business features"),
                "tile_features": .integer(8), "threads": .integer(FigureContext.timedThreads), "quick": .truth(context.quick),
            ]) { $1 })
    }
}
