import BoostedTrees
import Foundation
import Testing

@Suite struct FoldTests {
    static let groups = (0..<120).map { UInt64($0 % 50) }

    @Test func aGroupIsInOnePartAndPartsAreOfASize() throws {
        let positives = Self.groups.map { $0 % 5 == 0 }
        let folds = try GroupFolds(groups: Self.groups, positives: positives, count: 5, seed: 7)
        for group in Set(Self.groups) {
            let parts = Set(Self.groups.indices.filter { Self.groups[$0] == group }.map { folds.fold[$0] })
            #expect(parts.count == 1, "group \(group)")
        }
        for part in 0..<5 {
            let own = Set(folds.rows(in: part).map { Self.groups[$0] })
            #expect(own.count == 10 && own.count { $0 % 5 == 0 } == 2)
            #expect(folds.rows(in: part).count + folds.rows(outside: part).count == 120)
        }
        // The same whatever the order of examples; other with another seed.
        let turned = try GroupFolds(groups: Self.groups.reversed(), positives: positives.reversed(), count: 5, seed: 7)
        #expect(turned.fold == folds.fold.reversed())
        #expect(try GroupFolds(groups: Self.groups, positives: positives, count: 5, seed: 8) != folds)
    }

    @Test func whatCannotBeParted() {
        #expect(RefusalTests.refusal { _ = try GroupFolds(groups: [1, 1], count: 2, seed: 1) } != nil)
        #expect(RefusalTests.refusal { _ = try GroupFolds(groups: [1, 2], count: 1, seed: 1) } != nil)
        #expect(RefusalTests.refusal { _ = try GroupFolds(groups: [], count: 2, seed: 1) } != nil)
        #expect(
            RefusalTests.refusal { _ = try GroupFolds(groups: [1, 2], positives: [true], count: 2, seed: 1) }
                == .wrongSize(what: "classes of grouped examples", found: 1, expected: 2))
    }

    @Test func noScoreKnowsItsGroup() throws {
        // A column that names the group, and outcomes by group that nothing else tells: trees learn them by heart.
        var source = TestSource(4)
        let outcome = (0..<60).map { _ in Float(source.unit() < 0.5 ? 1 : 0) }
        let groups = (0..<600).map { UInt64($0 % 60) }
        let features = groups.flatMap { [Float($0 * 7 % 60), source.unit()] }
        let examples = TreeExamples(features: try .dense(features, columns: 2), targets: groups.map { outcome[Int($0)] })
        var settings = BoostedTrees.Settings()
        (settings.rounds, settings.depth, settings.learningRate) = (30, 6, 0.5)
        let folds = try GroupFolds(groups: groups, count: 4, seed: 1)
        func accuracy(_ scores: [Float]) -> Double {
            Double(zip(scores, examples.targets).count { ($0 > 0.5) == ($1 > 0.5) }) / 600
        }
        let byHeart = try BoostedTrees.train(examples, settings).predict(features)
        let one = try OutOfFoldTrees.train(examples, folds: folds, settings)
        #expect(accuracy(byHeart) > 0.95 && accuracy(one.scores) < 0.75)
        #expect(one.boosters.count == 4 && one.scores.allSatisfy { $0 > 0 && $0 < 1 })
        // Each score is that of the booster that did not see it; the same at any number of threads, and twice.
        for part in 0..<4 {
            let all = try one.boosters[part].predict(features)
            #expect(folds.rows(in: part).allSatisfy { one.scores[$0] == all[$0] })
        }
        let crowd = try OutOfFoldTrees.train(examples, folds: folds, settings, threads: 3)
        #expect(crowd.scores == one.scores)
        for (a, b) in zip(crowd.boosters, one.boosters) { #expect(try a.bytes() == b.bytes()) }
        // A row's own outcome does not move its score, with early stopping neither.
        settings.earlyStoppingRounds = 3
        let stopped = try OutOfFoldTrees.train(examples, folds: folds, settings)
        var turned = examples.targets
        for row in folds.rows(in: 2) { turned[row] = 1 - turned[row] }
        let other = try OutOfFoldTrees.train(TreeExamples(features: examples.features, targets: turned), folds: folds, settings)
        #expect(folds.rows(in: 2).allSatisfy { stopped.scores[$0] == other.scores[$0] })
        #expect(stopped.scores != other.scores)
        #expect(
            RefusalTests.refusal {
                _ = try OutOfFoldTrees.train(examples, folds: GroupFolds(groups: groups, count: 2, seed: 1), settings)
            } != nil)
    }

    @Test func foldsOfSparseTables() throws {
        let set = ExclusiveOr(100, seed: 3)
        let groups = (0..<100).map { UInt64($0) }
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        for row in 0..<100 {
            columns += (0..<4).map { Int32($0) }
            values += set.features[row * 4..<row * 4 + 4]
            offsets.append(values.count)
        }
        let sparse = try TreeFeatures.sparse(offsets: offsets, columnIndices: columns, values: values, columns: 4)
        var settings = BoostedTrees.Settings()
        settings.rounds = 5
        let folds = try GroupFolds(groups: groups, count: 3, seed: 1)
        let one = try OutOfFoldTrees.train(set.examples, folds: folds, settings)
        let other = try OutOfFoldTrees.train(TreeExamples(features: sparse, targets: set.targets), folds: folds, settings)
        #expect(one.scores == other.scores)
    }
}

@Suite struct ForestTests {
    @Test(arguments: [BoostedTrees.Objective.logistic, .softmax(classes: 3)])
    func aForestIsTheMeanOfItsTrees(objective: BoostedTrees.Objective) throws {
        let (set, test) = (ExclusiveOr(600, seed: 8, missing: 0.05), ExclusiveOr(300, seed: 9))
        let targets = set.targets.enumerated().map { place, target in
            objective.groups > 1 ? Float(place % 2 + (target > 0.5 ? 1 : 0)) : (target > 0.5 ? Float(1) : 0)
        }
        var settings = BoostedTrees.Settings.randomForest(objective, trees: 60)
        (settings.depth, settings.columnSamplePerSplit) = (8, 0.75)
        let examples = try TreeExamples(features: set.table, targets: targets)
        let forest = try BoostedTrees.train(examples, settings)
        #expect(forest.rounds == 1 && forest.parallelTrees == 60)
        let found = try forest.predict(test.table)
        if objective == .logistic { #expect(test.accuracy(found) > 0.85) }
        // The same twice; other trees with another seed; and many trees agree more with one another than few.
        #expect(try BoostedTrees.train(examples, settings).bytes() == forest.bytes())
        func predictions(_ trees: Int, _ seed: UInt32) throws -> [Float] {
            var own = settings
            (own.parallelTrees, own.seed) = (trees, seed)
            return try BoostedTrees.train(examples, own).predict(test.table)
        }
        func distance(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(a.count) }
        let (few, many) = try (distance(predictions(2, 1), predictions(2, 2)), distance(predictions(60, 1), predictions(60, 2)))
        #expect(many > 0 && many < 0.5 * few)
        // Saved and read, with what each feature adds.
        let again = try BoostedTrees(bytes: forest.bytes())
        #expect(again.rounds == 1 && again.parallelTrees == 60)
        #expect(try again.predict(test.table) == forest.predict(test.table))
        #expect(try BoostedTrees(bytes: again.bytes()).predict(test.table) == forest.predict(test.table))
        let (margins, parts) = try (forest.margins(test.table), forest.contributions(test.table))
        for (place, margin) in margins.enumerated() { #expect(abs(parts[place * 5..<place * 5 + 5].reduce(0, +) - margin) < 1e-4) }
    }

    @Test func keepsWholeRoundsOfABoostedForest() throws {
        let (set, other) = (ExclusiveOr(120, seed: 3), ExclusiveOr(400, seed: 4))
        var settings = BoostedTrees.Settings()
        (settings.rounds, settings.parallelTrees, settings.learningRate, settings.earlyStoppingRounds) = (200, 3, 0.8, 4)
        settings.subsample = 0.7
        let hard = try TreeExamples(features: set.table, targets: set.targets.map { $0 > 0.5 ? 1 : 0 })
        let trees = try BoostedTrees.train(hard, validation: other.examples, settings)
        #expect(trees.rounds == trees.bestRound && trees.rounds < 190)
        let again = try BoostedTrees(bytes: trees.bytes())
        #expect(again.rounds == trees.rounds && again.parallelTrees == 3)
        #expect(try again.predict(other.table) == trees.predict(other.table))
    }

    @Test func stopsByTheAreaUnderTheCurve() throws {
        let (set, other) = (ExclusiveOr(200, seed: 3), ExclusiveOr(400, seed: 4))
        let hard = try TreeExamples(features: set.table, targets: set.targets.map { $0 > 0.5 ? 1 : 0 })
        let truth = other.targets.map { Float($0 > 0.5 ? 1 : 0) }
        let judge = try TreeExamples(features: other.table, targets: truth, weights: truth.indices.map { Float(1 + $0 % 3) })
        var settings = BoostedTrees.Settings()
        (settings.rounds, settings.learningRate, settings.earlyStoppingRounds, settings.validationLoss) = (300, 0.4, 6, .areaUnderCurve)
        let trees = try BoostedTrees.train(hard, validation: judge, settings)
        // All weighted pairs of its own predictions.
        let scores = try trees.predict(other.table)
        var (area, weight) = (0.0, 0.0)
        for x in truth.indices where truth[x] == 1 {
            for y in truth.indices where truth[y] == 0 {
                let own = Double((1 + x % 3) * (1 + y % 3))
                area += own * (scores[x] > scores[y] ? 1 : scores[x] == scores[y] ? 0.5 : 0)
                weight += own
            }
        }
        let best = try #require(trees.bestRound)
        // The library adds trees up in another order while it grows: a few equal scores may come apart.
        #expect(trees.rounds == best && abs(trees.validationLosses[best - 1] - (1 - area / weight)) < 1e-3)
        let one = try TreeExamples(features: other.table, targets: truth.map { _ in 1 })
        #expect(RefusalTests.refusal { _ = try BoostedTrees.train(hard, validation: one, settings) } != nil)
        #expect(RefusalTests.refusal { _ = try BoostedTrees.train(hard, validation: other.examples, settings) } != nil)
        settings.objective = .squaredError
        #expect(RefusalTests.refusal { try settings.validate() } != nil)
    }

    @Test func settingsOfForestsThatAreNotPossible() throws {
        let changes: [(inout BoostedTrees.Settings) -> Void] = [
            { $0.parallelTrees = 0 }, { $0.parallelTrees = 10_001 }, { ($0.rounds, $0.parallelTrees) = (1_000, 101) },
            { $0.columnSamplePerSplit = 0 }, { ($0.objective, $0.parallelTrees) = (.listwise, 2) },
        ]
        for (number, change) in changes.enumerated() {
            var settings = BoostedTrees.Settings()
            change(&settings)
            #expect(RefusalTests.refusal { try settings.validate() } != nil, "change \(number)")
        }
        // A file may not claim other rounds than its trees make up.
        var settings = BoostedTrees.Settings.randomForest(trees: 4)
        settings.depth = 2
        let text = String(decoding: try BoostedTrees.train(ExclusiveOr(50, seed: 1).examples, settings).bytes(), as: UTF8.self)
        for claim in ["3", "-1", "x"] {
            let damaged = text.replacingOccurrences(of: #""num_parallel_tree":"4""#, with: #""num_parallel_tree":"\#(claim)""#)
            #expect(damaged != text && RefusalTests.refusal { _ = try BoostedTrees(bytes: Array(damaged.utf8)) } != nil)
        }
    }
}
