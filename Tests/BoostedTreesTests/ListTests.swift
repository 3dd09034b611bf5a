import BoostedTrees
import Foundation
import Testing

/// Lists in which one row is chosen: by softmax over three times the first feature, which means little across lists, as each list has a shift.
struct ChosenLists {
    var features: [Float] = []
    var targets: [Float] = []
    var lists: [Int] = []

    init(_ count: Int, seed: UInt64) {
        var source = TestSource(seed)
        for _ in 0..<count {
            let rows = 2 + Int(source.unit() * 4)
            let shift = source.unit() * 20
            let own = (0..<rows).map { _ in source.unit() }
            let sum = own.reduce(0) { $0 + exp(3 * $1) }
            var left = source.unit()
            var chosen = rows - 1
            for row in 0..<rows where left >= 0 {
                left -= exp(3 * own[row]) / sum
                if left < 0 { chosen = row }
            }
            for row in 0..<rows {
                features += [own[row], shift, source.unit()]
                targets.append(row == chosen ? 1 : 0)
            }
            lists.append(rows)
        }
    }

    var examples: TreeExamples { get throws { TreeExamples(features: try .dense(features, columns: 3), targets: targets, lists: lists) } }

    /// Share of lists whose chosen row has the highest score alone.
    func hits(_ scores: [Float]) -> Double {
        var (first, hits) = (0, 0)
        for count in lists {
            let rows = first..<first + count
            let chosen = rows.first { targets[$0] == 1 }!
            if rows.allSatisfy({ $0 == chosen || scores[$0] < scores[chosen] }) { hits += 1 }
            first += count
        }
        return Double(hits) / Double(lists.count)
    }
}

@Suite struct ListTests {
    static func settings(_ objective: BoostedTrees.Objective, _ change: (inout BoostedTrees.Settings) -> Void = { _ in })
        -> BoostedTrees.Settings
    {
        var settings = BoostedTrees.Settings(objective)
        (settings.rounds, settings.depth) = (40, 3)
        change(&settings)
        return settings
    }

    @Test(arguments: [BoostedTrees.Objective.ranking, .listwise])
    func listsAreOrdered(objective: BoostedTrees.Objective) throws {
        let (training, test) = (ChosenLists(800, seed: 1), ChosenLists(400, seed: 2))
        let trees = try BoostedTrees.train(training.examples, validation: test.examples, Self.settings(objective))
        let scores = try trees.margins(.dense(test.features, columns: 3))
        let best = test.hits(stride(from: 0, to: test.features.count, by: 3).map { test.features[$0] })
        #expect(test.hits(scores) > best - 0.06, "\(test.hits(scores)) \(best)")
        #expect(trees.validationLosses.count == 40)
        if objective == .listwise {
            // Its scores are logarithms of probabilities: near the loss of the rule itself, and falling on the way.
            var (first, loss) = (0, 0.0)
            for count in test.lists {
                let rows = first..<first + count
                let sum = rows.reduce(0.0) { $0 + exp(Double(3 * test.features[$1 * 3])) }
                for row in rows where test.targets[row] == 1 { loss -= log(exp(Double(3 * test.features[row * 3])) / sum) }
                first += count
            }
            #expect(trees.validationLosses[39] < loss / 400 + 0.08 && trees.validationLosses[39] < trees.validationLosses[0])
        }
        // Saved and read, margins are the same; XGBoost has no name for a softmax over lists.
        let again = try BoostedTrees(bytes: trees.bytes())
        #expect(again.objective == (objective == .ranking ? .ranking : .squaredError))
        #expect(try again.margins(.dense(test.features, columns: 3)) == scores)
    }

    /// Two lists of two rows told apart by one feature, one round, no shrinkage of the leaves but lambda 1. By hand: every row starts at
    /// probability 1/2, so a chosen row has gradient -1/2, another 1/2, each with curvature 1/4; a leaf of two rows is worth
    /// -(2 × ∓1/2) / (2 × 1/4 + 1) = ±2/3.
    @Test func oneTreeByHand() throws {
        let settings = Self.settings(.listwise) {
            ($0.rounds, $0.depth, $0.learningRate, $0.minimumChildWeight) = (1, 1, 1, 0)
        }
        let trees = try BoostedTrees.train(
            features: [1, 0, 0, 1], columns: 1, targets: [1, 0, 0, 1], lists: [2, 2], settings)
        for (found, expected) in zip(try trees.margins(.dense([1, 0], columns: 1)), [Float(2) / 3, -Float(2) / 3]) {
            #expect(abs(found - expected) < 1e-5)
        }
        // A list twice as heavy, and one without a choice, which says nothing.
        let weighted = try BoostedTrees.train(
            features: [1, 0, 0, 1, 1, 1], columns: 1, targets: [1, 0, 0, 1, 0, 0], weights: [2, 2, 2, 2, 1, 1], lists: [2, 2, 2], settings)
        #expect(abs(try weighted.margins(.dense([1], columns: 1))[0] - 2 / (1 + 1)) < 1e-4)
    }

    @Test func everyRoundDrawsAnew() throws {
        let training = ChosenLists(300, seed: 3)
        func train(_ seed: UInt32) throws -> BoostedTrees {
            try BoostedTrees.train(
                training.examples, Self.settings(.listwise) { ($0.subsample, $0.columnSample, $0.seed, $0.rounds) = (0.5, 0.34, seed, 12) })
        }
        let (one, same, other) = (try train(1), try train(1), try train(2))
        #expect(try one.bytes() == same.bytes() && one.bytes() != other.bytes())
        // One column a tree: were the same column drawn for every tree, the others would add nothing.
        let parts = try one.contributions(.dense(training.features, columns: 3))
        let used = (0..<3).filter { column in stride(from: column, to: parts.count, by: 4).contains { parts[$0] != 0 } }
        #expect(used.count >= 2)
    }

    @Test func listsThatCannotBe() throws {
        func message(
            _ objective: BoostedTrees.Objective, _ lists: [Int]?, targets: [Float] = [1, 0, 0, 1], weights: [Float]? = nil
        ) -> String {
            do throws(BoostedTreesError) {
                _ = try BoostedTrees.train(
                    features: [1, 0, 0, 1], columns: 1, targets: targets, weights: weights, lists: lists, Self.settings(objective))
                return "trained"
            } catch { return error.description }
        }
        for objective in [BoostedTrees.Objective.ranking, .listwise] {
            #expect(message(objective, [2, 2]) == "trained")
            #expect(message(objective, nil).contains("found 0, expected 4"))
            #expect(message(objective, [2, 3]).contains("found 5, expected 4"))
            #expect(message(objective, [4, 0]).contains("element 1 of the training lists"))
            #expect(message(objective, [2, 2], weights: [1, 2, 1, 1]).contains("element 1 of the training weights"))
        }
        #expect(message(.ranking, [2, 2], targets: [0.5, 0, 0, 1]).contains("a grade"))
        #expect(message(.listwise, [2, 2], targets: [2, 0, 0, 1]).contains("in 0...1"))
    }
}
