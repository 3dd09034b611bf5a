import Evaluation
import Recommendation
import SequenceKernel
import Studies
import Testing

/// Judging a ranker beside simple orders and learnt ones.
@Suite struct RankerStudyTests {
    /// Three tiles in turn; whoever has taste k clicks tile k, which a feature of the web tells and a business feature does not.
    static func examples(_ count: Int) throws -> RankingExamples {
        var random = RandomSource(5, 0x57D1)
        var (context, features, clicked, tile): ([Float], [Float], [Bool], [Int32]) = ([], [], [], [])
        for impression in 0..<count {
            let taste = random.below(3)
            context += [random.uniform()] + (0..<3).map { $0 == taste ? 1 : 0 }
            for place in 0..<3 {
                tile.append(Int32((impression + place) % 3))
                features += (0..<3).map { $0 == tile[tile.count - 1] ? 1 : 0 }
                clicked.append(Int(tile[tile.count - 1]) == taste)
            }
        }
        return try RankingExamples(
            contextNames: ["customer.age"] + (0..<3).map { "latest.embedding.\($0)" }, context: context,
            offsets: (0...count).map { $0 * 3 }, catalogue: ["a", "b", "c"], tile: tile,
            tileFeatureNames: ["tile.a", "tile.b", "tile.c"], tileFeatures: features,
            position: (0..<3 * count).map { Int32($0 % 3 + 1) }, clicked: clicked, customer: (0..<count).map { Int32($0 / 2) },
            time: (0..<count).map { Int64($0) })
    }

    @Test func learntBaselinesStandBesideTheRankerWithAndWithoutTheWeb() throws {
        let all = try Self.examples(600)
        let split = AppSplit(
            Decisions(ids: (0..<600).map { "\($0)" }, times: all.time, customers: all.customer), boundary: 400,
            judges: Set(200..<300))
        #expect(split.training.count == 400 && split.test.count == 200)
        var settings = TileRankerSettings()
        (settings.members, settings.epochs, settings.hidden, settings.folds) = (1, 6, 8, 2)
        let pool = WorkerPool(threads: 1)
        let rich = try TileRanker.train(all.decisions(split.training), settings, pool: pool).ranker
        func study(_ ranker: TileRanker, _ learnt: Bool, places: Int) throws -> RankerStudy {
            try RankerStudy(
                ranker, all, tiles: all.tile, split: split, places: places, learntBaselines: learnt, resampling: .init(rounds: 20),
                pool: pool)
        }
        let full = try study(rich, true, places: 2)
        let business = ", business features and page counts"
        let kinds = ["logistic regression", "boosted trees for NDCG", "boosted trees for the click"]
        #expect(full.rows.map(\.name) == ["ranker", "shown order", "popularity by position"] + kinds + kinds.map { $0 + business })
        func value(_ study: RankerStudy, _ row: Int, _ metric: RankerStudy.Metric) -> Double {
            study.rows[row].metrics[metric.rawValue]?.estimate ?? .nan
        }
        // Trees find who likes what by what the web tells; without it nobody does.
        for row in [4, 5] { #expect(value(full, row, .recallAt1) > 0.9, "\(full.rows[row].name)") }
        for row in 6..<9 { #expect(value(full, row, .recallAt1) < 0.6, "\(full.rows[row].name)") }
        // Each tile stands in each place as often: two of three places hold about two thirds of the clicks in the order shown.
        #expect(abs(value(full, 1, .recallAtK) - 2.0 / 3) < 0.12 && abs(value(full, 1, .recallAt1) - 1.0 / 3) < 0.12)
        #expect(try value(study(rich, false, places: 3), 1, .recallAtK) == 1)
        #expect(try study(rich, false, places: 2).rows.count == 3)
        #expect(full.text.contains("Recall@2") && full.text.contains("boosted trees for the click" + business))
        let poor = try TileRanker.train(all.decisions(split.training).selecting(context: ["customer.age"]), settings, pool: pool).ranker
        #expect(try study(poor, true, places: 2).rows.map(\.name) == ["ranker", "shown order", "popularity by position"] + kinds)
    }
}
