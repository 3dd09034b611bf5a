import DurableFiles
import Evaluation
import Foundation
import Recommendation
import SequenceKernel
import Testing

@Suite struct RankingRefusalTests {
    /// Three impressions of two tiles; what is changed is what is tried.
    static func examples(
        offsets: [Int] = [0, 2, 4, 6], context: [Float] = [1, 2, 3], tile: [Int32] = [0, 1, 0, 1, 0, -1],
        clicked: [Bool] = [true, false, false, true, false, false], propensity: [Float]? = nil, customer: [Int32] = [1, 2, 3]
    ) throws -> RankingExamples {
        try RankingExamples(
            contextNames: ["age"], context: context, offsets: offsets, catalogue: ["a", "b"], tile: tile, tileFeatureNames: ["price"],
            tileFeatures: [1, 2, 3, 4, 5, 6], position: [1, 2, 1, 2, 1, 2], clicked: clicked, propensity: propensity, customer: customer,
            time: [0, 0, 0])
    }

    @Test func whatCannotBeIsRefused() throws {
        func message(_ make: () throws -> Any) -> String {
            do { return "accepted \(try make())" } catch { return "\(error)" }
        }
        #expect(try Self.examples().clickedDecisions == [0, 1])
        #expect(message { try Self.examples(offsets: [0, 2, 2, 6]) }.contains("every impression shows a tile"))
        #expect(message { try Self.examples(context: [1, 2]) }.contains("values of context: found 2, expected 3"))
        #expect(message { try Self.examples(context: [1, 2, .infinity]) }.contains("element 2 of the context is not finite"))
        #expect(message { try Self.examples(tile: [0, 1, 0, 2, 0, 1]) }.contains("element 3 of the tiles"))
        #expect(message { try Self.examples(propensity: [1, 0, 1, 1, 1, 1]) }.contains("element 1 of the propensities"))
        #expect(message { try Self.examples(customer: [1]) }.contains("customers: found 1, expected 3"))
        #expect(message { try Self.examples().selecting(context: ["income"]) }.contains("lack income"))
    }

    @Test func trainingSaysWhatIsMissing() throws {
        let pool = WorkerPool(threads: 1)
        func message(_ examples: RankingExamples, _ settings: TileRankerSettings = TileRankerSettings()) -> String {
            do throws(RankingError) {
                _ = try TileRanker.train(examples, settings, pool: pool)
                return "trained"
            } catch { return error.description }
        }
        let none = try Self.examples(clicked: [Bool](repeating: false, count: 6))
        #expect(message(none).contains("no impression has a click"))
        #expect(try message(Self.examples()).contains("2 customers clicked on a tile, and 5 parts"))
        var settings = TileRankerSettings()
        settings.epochs = 0
        #expect(try message(Self.examples(), settings).contains("`epochs`"))
        (settings.epochs, settings.folds, settings.trees) = (1, 2, .init())
        settings.trees!.depth = 99
        #expect(try message(Self.examples(), settings).contains("depth is 99"))
    }

    @Test func settingsAreReadStrictly() throws {
        func read(_ text: String) throws -> TileRankerSettings { try JSONDecoder().decode(TileRankerSettings.self, from: Data(text.utf8)) }
        let settings = try read(#"{"hidden": 9, "trees": {"rounds": 3}}"#)
        #expect(settings.hidden == 9 && settings.width == TileRankerSettings().width && settings.trees?.rounds == 3)
        #expect(throws: (any Error).self) { try read(#"{"hiden": 9}"#) }
        #expect(throws: (any Error).self) { try read(#"{"trees": {"round": 3}}"#) }
    }

    @Test func damagedFoldersAreRefused() throws {
        var settings = TileRankerSettings()
        (settings.epochs, settings.folds, settings.members, settings.hidden) = (1, 2, 1, 4)
        let ranker = try TileRanker.train(Self.examples(), settings, pool: WorkerPool(threads: 1)).ranker
        #expect(ranker.card.withoutClick == 1 && ranker.card.impressions == 2)
        let folder = try scratchFolder()
        let path = "\(folder.path)/ranker"
        try ranker.write(to: path)
        func message() -> String {
            do throws(RankingError) {
                _ = try TileRanker(path)
                return "read"
            } catch { return error.description }
        }
        #expect(message() == "read")
        for name in ["config.json", "ranker.safetensors", "catalogue.json"] {
            let place = URL(fileURLWithPath: "\(path)/\(name)")
            let whole = try Data(contentsOf: place)
            try whole.dropLast(3).write(to: place)
            #expect(message().contains("\(name): \(whole.count - 3) bytes"))
            try whole.write(to: place)
        }
        #expect(message() == "read")
        #expect(throws: RankingError.self) { try TileRanker("\(folder.path)/nothing") }
    }

    @Test func baselinesRankAndSayProbabilities() throws {
        let (training, test) = (RuledImpressions(400, seed: 11), RuledImpressions(200, seed: 12, firstCustomer: 5_000))
        var trees = TileRankerSettings.Trees()
        (trees.rounds, trees.columnSample) = (30, 1)
        let shown = test.metrics(try RankingBaseline.shownOrder.probabilities(training: training.examples, test: test.examples))
        #expect(
            shown.ranking.ranks.indices.allSatisfy { list in
                let rows = test.examples.rows(list)
                return rows.lowerBound + Int(shown.ranking.ranks[list]) - 1 == rows.first { test.examples.clicked[$0] }
            })
        for baseline in [RankingBaseline.popularityByPosition, .logistic, .rankingTrees(trees), .listwiseTrees(trees)] {
            let probabilities = try baseline.probabilities(training: training.examples, test: test.examples)
            let sums = (0..<200).map { probabilities[test.examples.rows($0)].reduce(0, +) }
            #expect(sums.allSatisfy { abs($0 - 1) < 1e-4 })
            #expect(test.metrics(probabilities).logLoss < log(4) + 0.01, "\(baseline)")
            if case .listwiseTrees = baseline { #expect(test.metrics(probabilities).logLoss < shown.logLoss - 0.1) }
        }
        let order = try RankingBaseline.order(by: "quality").probabilities(training: training.examples, test: test.examples)
        let rows = test.examples.rows(0)
        let least = rows.min { test.examples.tileFeatures[$0 * 2] < test.examples.tileFeatures[$1 * 2] }!
        #expect(order[least] == order[rows].max())
        #expect(throws: RankingError.self) {
            try RankingBaseline.order(by: "rank").probabilities(training: training.examples, test: test.examples)
        }
    }
}
