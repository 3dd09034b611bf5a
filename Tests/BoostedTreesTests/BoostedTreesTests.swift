import BoostedTrees
import Evaluation
import Foundation
import Testing

/// Repeatable numbers (SplitMix64).
struct TestSource: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
    mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }
}

/// Two features whose signs decide together, and noise: nothing linear sees it.
struct ExclusiveOr {
    var features: [Float] = []
    var targets: [Float] = []
    static let columns = 4
    var table: TreeFeatures { get throws { try .dense(features, columns: Self.columns) } }
    var examples: TreeExamples { get throws { try TreeExamples(features: table, targets: targets) } }

    init(_ count: Int, seed: UInt64, missing: Float = 0) {
        var source = TestSource(seed)
        for _ in 0..<count {
            let row = (0..<Self.columns).map { _ in source.unit() * 2 - 1 }
            targets.append((row[0] > 0) == (row[1] > 0) ? 0.9 : 0.1)
            features += row.map { source.unit() < missing ? .nan : $0 }
        }
    }

    func accuracy(_ predictions: [Float]) -> Double {
        Double(zip(predictions, targets).count { ($0 > 0.5) == ($1 > 0.5) }) / Double(targets.count)
    }
}

@Suite struct BoostedTreesTests {
    static func settings(_ change: (inout BoostedTrees.Settings) -> Void = { _ in }) -> BoostedTrees.Settings {
        var settings = BoostedTrees.Settings()
        settings.rounds = 60
        change(&settings)
        return settings
    }

    @Test func treesSeeWhatNothingLinearDoes() throws {
        let (training, test) = (ExclusiveOr(1000, seed: 1), ExclusiveOr(500, seed: 2))
        let trees = try BoostedTrees.train(training.examples, Self.settings())
        let predictions = try trees.predict(test.features)
        #expect(test.accuracy(predictions) > 0.95)
        // Soft targets come back as such, not as 0 and 1.
        #expect(predictions.allSatisfy { $0 > 0.03 && $0 < 0.97 })
        func table(_ set: ExclusiveOr) -> FeatureTable { .dense(set.features, columns: ExclusiveOr.columns) }
        func labels(_ set: ExclusiveOr) -> [Int32] { set.targets.map { $0 > 0.5 ? 1 : 0 } }
        let probe = FrozenProbe.fit(
            training: table(training), labels: labels(training), validation: table(test), validationLabels: labels(test), classes: 2)
        #expect(test.accuracy(probe.predictions(table(test)).map(Float.init)) < 0.65)
    }

    @Test func stopsEarlyAndKeepsTheBestRounds() throws {
        let (training, other) = (ExclusiveOr(120, seed: 3), ExclusiveOr(400, seed: 4))
        let hard = try TreeExamples(features: training.table, targets: training.targets.map { $0 > 0.5 ? 1 : 0 })
        let judged = try other.examples
        let settings = Self.settings {
            $0.rounds = 400
            $0.learningRate = 0.5
            $0.earlyStoppingRounds = 8
        }
        let trees = try BoostedTrees.train(hard, validation: judged, settings)
        #expect(trees.rounds == trees.bestRound && trees.validationLosses.count == trees.rounds + 8 && trees.rounds < 300)
        #expect(trees.validationLosses[trees.rounds - 1] == trees.validationLosses.min())
        // The loss it stopped by is that of its own predictions.
        let predictions = try trees.predict(other.table)
        let loss = zip(predictions, other.targets).reduce(0.0) { sum, pair in
            let (p, t) = (min(max(Double(pair.0), 1e-7), 1 - 1e-7), Double(pair.1))
            return sum - t * log(p) - (1 - t) * log(1 - p)
        }
        // The same float predictions; only the library's way of adding them up, at once or by rounds, may differ.
        #expect(abs(loss / 400 - trees.validationLosses[trees.rounds - 1]) < 1e-5)
        // As many rounds from the start are the same trees.
        let same = try BoostedTrees.train(hard, Self.settings { ($0.rounds, $0.learningRate) = (trees.rounds, 0.5) })
        #expect(try same.predict(other.table) == predictions)
        // Without a patience all rounds are kept, and the best is told.
        let all = try BoostedTrees.train(hard, validation: judged, Self.settings { ($0.rounds, $0.learningRate) = (40, 0.5) })
        #expect(all.rounds == 40 && all.bestRound == trees.bestRound)
    }

    @Test(arguments: [BoostedTrees.Objective.logistic, .squaredError, .softmax(classes: 3)])
    func savedAndRead(objective: BoostedTrees.Objective) throws {
        let set = ExclusiveOr(300, seed: 5, missing: 0.1)
        let targets = set.targets.enumerated().map { index, target in
            objective.groups > 1 ? Float(index % 2 + (target > 0.5 ? 1 : 0)) : target
        }
        let examples = try TreeExamples(features: set.table, targets: targets)
        let trees = try BoostedTrees.train(examples, Self.settings { ($0.objective, $0.rounds) = (objective, 12) })
        let bytes = try trees.bytes()
        let again = try BoostedTrees(bytes: bytes)
        #expect(again.objective == objective && again.rounds == 12 && again.columns == ExclusiveOr.columns)
        #expect(try again.predict(set.table) == trees.predict(set.table))
        #expect(try again.margins(set.table) == trees.margins(set.table))
        #expect(try again.contributions(set.table) == trees.contributions(set.table))
        #expect(try BoostedTrees(bytes: again.bytes()).predict(set.table) == trees.predict(set.table))
        #expect(try again.predict(set.table).count == 300 * objective.groups)
    }

    @Test(arguments: [BoostedTrees.Objective.logistic, .softmax(classes: 2)])
    func contributionsSumToTheMargin(objective: BoostedTrees.Objective) throws {
        let set = ExclusiveOr(200, seed: 6, missing: 0.2)
        let targets = objective.groups > 1 ? set.targets.map { $0 > 0.5 ? 1 : 0 } : set.targets
        let trees = try BoostedTrees.train(
            TreeExamples(features: set.table, targets: targets), Self.settings { $0.objective = objective })
        let (margins, parts) = try (trees.margins(set.table), trees.contributions(set.table))
        let width = ExclusiveOr.columns + 1
        #expect(parts.count == margins.count * width)
        for (index, margin) in margins.enumerated() {
            let sum = parts[index * width..<(index + 1) * width].reduce(0, +)
            // Floats of up to 60 trees, added in another order.
            #expect(abs(sum - margin) < 1e-4, "example \(index): \(sum), \(margin)")
        }
        // What decides adds more than noise.
        func share(_ column: Int) -> Float { stride(from: column, to: parts.count, by: width).reduce(0) { $0 + abs(parts[$1]) } }
        #expect(min(share(0), share(1)) > 3 * max(share(2), share(3)))
    }

    @Test func missingValuesAndSparseTablesAreOneThing() throws {
        // A missing value tells as much as a present one.
        var source = TestSource(7)
        let targets = (0..<400).map { _ in Float(source.unit() > 0.5 ? 1 : 0) }
        let features = targets.flatMap { [$0 == 1 ? .nan : source.unit(), source.unit()] }
        let examples = TreeExamples(features: try .dense(features, columns: 2), targets: targets)
        let trees = try BoostedTrees.train(examples, Self.settings())
        #expect(try zip(trees.predict(features), targets).allSatisfy { ($0 > 0.5) == ($1 > 0.5) })
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        for row in 0..<400 {
            for column in 0..<2 where !features[row * 2 + column].isNaN {
                columns.append(Int32(column))
                values.append(features[row * 2 + column])
            }
            offsets.append(values.count)
        }
        let sparse = try TreeFeatures.sparse(offsets: offsets, columnIndices: columns, values: values, columns: 2)
        let same = try BoostedTrees.train(TreeExamples(features: sparse, targets: targets), Self.settings())
        #expect(try same.bytes() == trees.bytes())
        #expect(try same.predict(sparse) == trees.predict(features))
    }

    @Test func sameSeedSameBytes() throws {
        let set = ExclusiveOr(500, seed: 8, missing: 0.1)
        func train(_ seed: UInt32, threads: Int) throws -> BoostedTrees {
            try BoostedTrees.train(
                set.examples,
                Self.settings {
                    ($0.seed, $0.threads, $0.subsample, $0.columnSample, $0.rounds) = (seed, threads, 0.7, 0.5, 30)
                })
        }
        let first = try train(9, threads: 1)
        // Another booster between them moves nothing on.
        let other = try train(10, threads: 1)
        let (second, crowd) = try (train(9, threads: 1), train(9, threads: 4))
        #expect(try first.bytes() == second.bytes() && first.bytes() == crowd.bytes() && first.bytes() != other.bytes())
        #expect(try first.predict(set.table) == second.predict(set.table) && first.predict(set.table) == crowd.predict(set.table))
        #expect(try first.contributions(set.table) == crowd.contributions(set.table))
    }

    @Test func manyTargets() throws {
        let set = ExclusiveOr(400, seed: 11)
        let targets = set.targets.enumerated().flatMap { [$1, Float($0 % 3) / 2, 1 - $1] }
        let examples = TreeExamples(features: try set.table, targets: targets)
        let settings = [10, 20, 30].map { rounds in Self.settings { ($0.rounds, $0.subsample) = (rounds, 0.8) } }
        let one = try BoostedTreesPerTarget.train(examples, validation: examples, settings, targets: 3, threads: 1)
        let three = try BoostedTreesPerTarget.train(examples, validation: examples, settings, targets: 3, threads: 3)
        let bytes = try one.bytes()
        #expect(try bytes == three.bytes())
        #expect(
            one.boosters.map(\.rounds) == [10, 20, 30] && one.boosters.map(\.validationLosses) == three.boosters.map(\.validationLosses))
        let predictions = try one.predict(set.table)
        let alone = try BoostedTrees.train(TreeExamples(features: set.table, targets: set.targets), settings[0])
        #expect(try alone.predict(set.table) == stride(from: 0, to: 1200, by: 3).map { predictions[$0] })
        #expect(try BoostedTreesPerTarget(bytes: bytes).predict(set.table) == predictions)
        for cut in [0, 10, 20, 30, bytes.count - 1] {
            #expect(throws: BoostedTreesError.self, "cut at \(cut)") { try BoostedTreesPerTarget(bytes: Array(bytes[..<cut])) }
        }
        #expect(throws: BoostedTreesError.self) { try BoostedTreesPerTarget(bytes: bytes + [0]) }
    }
}
