import BoostedTrees
import Foundation
import Testing

/// What cannot be trained, predicted or read is refused by a typed error, and never reaches the library.
@Suite struct RefusalTests {
    typealias Settings = BoostedTrees.Settings

    static func refusal(_ body: () throws -> Void) -> BoostedTreesError? {
        do { try body() } catch { return error as? BoostedTreesError }
        return nil
    }

    @Test func sizesThatDoNotAgree() throws {
        let set = ExclusiveOr(20, seed: 1)
        let table = try set.table
        func train(_ targets: [Float], _ weights: [Float]? = nil, validation: TreeExamples? = nil) -> BoostedTreesError? {
            Self.refusal {
                _ = try BoostedTrees.train(TreeExamples(features: table, targets: targets, weights: weights), validation: validation)
            }
        }
        #expect(train(set.targets) == nil)
        #expect(train(Array(set.targets.dropLast())) == .wrongSize(what: "training targets", found: 19, expected: 20))
        #expect(train(set.targets, [1]) == .wrongSize(what: "training weights", found: 1, expected: 20))
        let narrow = TreeExamples(features: try .dense([1, 2], columns: 1), targets: [0, 1])
        #expect(train(set.targets, validation: narrow) == .wrongSize(what: "columns of validation features", found: 1, expected: 4))
        #expect(Self.refusal { _ = try TreeFeatures.dense([1, 2, 3], columns: 2) } != nil)
        #expect(Self.refusal { _ = try TreeFeatures.dense([], columns: 0) } != nil)
        let sparse: [([Int], [Int32], [Float])] = [
            ([], [], []), ([0, 2], [0], [1]), ([0, 2, 1], [0], [1]), ([0, 1], [2], [1]), ([0, 1], [-1], [1]), ([0, 2], [1, 1], [1, 1]),
            ([0, -1, 1], [0], [1]), ([0, 1], [0], [.nan]), ([0, 5, 1], [0], [1]),
        ]
        for (offsets, columns, values) in sparse {
            #expect(
                Self.refusal { _ = try TreeFeatures.sparse(offsets: offsets, columnIndices: columns, values: values, columns: 2) } != nil,
                "\(offsets) \(columns)")
        }
        let trees = try BoostedTrees.train(set.examples)
        #expect(
            Self.refusal { _ = try trees.predict(.dense([1, 2, 3], columns: 3)) }
                == .wrongSize(what: "columns of features to predict from", found: 3, expected: 4))
        #expect(try trees.predict([]) == [])
        let none = TreeExamples(features: try .dense([], columns: 4), targets: [])
        #expect(Self.refusal { _ = try BoostedTrees.train(none) } == .wrongSize(what: "training examples", found: 0, expected: 1))
    }

    @Test func valuesThatAreNotPossible() throws {
        let set = ExclusiveOr(10, seed: 2)
        func train(_ target: Float, _ weight: Float = 1, _ objective: BoostedTrees.Objective = .logistic) -> BoostedTreesError? {
            var (targets, weights) = (set.targets.map { _ in Float(1) }, set.targets.map { _ in Float(1) })
            (targets[3], weights[3]) = (target, weight)
            return Self.refusal {
                _ = try BoostedTrees.train(TreeExamples(features: set.table, targets: targets, weights: weights), Settings(objective))
            }
        }
        #expect(train(0) == nil && train(1) == nil && train(0.5, 0) == nil && train(-4, 1, .squaredError) == nil)
        #expect(train(1.01) == .badElement(what: "the targets", index: 3, expected: "in 0...1"))
        #expect(train(.nan) != nil && train(.nan, 1, .squaredError) != nil && train(.infinity, 1, .squaredError) != nil)
        #expect(train(2, 1, .softmax(classes: 2)) != nil && train(0.5, 1, .softmax(classes: 2)) != nil)
        #expect(train(1, -1) != nil && train(1, .nan) != nil)
        #expect(Self.refusal { _ = try TreeFeatures.dense([1, .infinity], columns: 1) } != nil)
    }

    @Test func settingsThatAreNotPossible() throws {
        let set = ExclusiveOr(10, seed: 3)
        let changes: [(String, (inout Settings) -> Void)] = [
            ("rounds", { $0.rounds = 0 }), ("rounds", { $0.rounds = .max }), ("depth", { $0.depth = 0 }), ("depth", { $0.depth = 31 }),
            ("learning rate", { $0.learningRate = 0 }), ("learning rate", { $0.learningRate = .nan }),
            ("subsample", { $0.subsample = 1.1 }),
            ("column sample", { $0.columnSample = -1 }), ("minimum child weight", { $0.minimumChildWeight = -1 }),
            ("lambda", { $0.lambda = .infinity }), ("threads", { $0.threads = 0 }), ("classes", { $0.objective = .softmax(classes: 1) }),
            ("early stopping rounds", { $0.earlyStoppingRounds = 0 }), ("early stopping rounds", { $0.earlyStoppingRounds = 3 }),
        ]
        for (name, change) in changes {
            var settings = Settings()
            change(&settings)
            guard case .badSetting(let found, _, _)? = Self.refusal({ _ = try BoostedTrees.train(set.examples, settings) }) else {
                Issue.record("\(name) was not refused")
                continue
            }
            #expect(found == name)
        }
        #expect(Self.refusal { _ = try BoostedTreesPerTarget.train(set.examples, [Settings()], targets: 0) } != nil)
        #expect(Self.refusal { _ = try BoostedTreesPerTarget.train(set.examples, [Settings()], targets: 2) } != nil)
        #expect(Self.refusal { _ = try BoostedTreesPerTarget.train(set.examples, [], targets: 1) } != nil)
    }

    @Test func moreThanMemoryHolds() throws {
        // 2.6 million bins in 800 nodes of 16 bytes: refused before the library asks for anything.
        let table = try TreeFeatures.dense([Float](repeating: 1, count: 4_000_000), columns: 10_000)
        var settings = Settings()
        settings.depth = 12
        let failure = Self.refusal {
            _ = try BoostedTrees.train(TreeExamples(features: table, targets: [Float](repeating: 1, count: 400)), settings)
        }
        guard case .tooLarge? = failure else {
            Issue.record("not refused")
            return
        }
        #expect(Self.refusal { _ = try TreeFeatures.dense([1], columns: 1_000_001) } != nil)
    }

    @Test func damagedModels() throws {
        let set = ExclusiveOr(100, seed: 4)
        var settings = Settings()
        settings.rounds = 2
        let trees = try BoostedTrees.train(set.examples, settings)
        let text = String(decoding: try trees.bytes(), as: UTF8.self)
        for cut in stride(from: 0, to: text.utf8.count, by: 97) {
            #expect(Self.refusal { _ = try BoostedTrees(bytes: Array(text.utf8.prefix(cut))) } != nil, "cut at \(cut)")
        }
        let damages = [
            (#""left_children":["#, #""left_children":[7777,"#), (#""split_indices":["#, #""split_indices":[-1,"#),
            (#""name":"gbtree""#, #""name":"dart""#), (#""num_feature":"4","num_target""#, #""num_feature":"1","num_target""#),
            (#""name":"binary:logistic""#, #""name":"count:poisson""#), (#""tree_info":[0"#, #""tree_info":[1"#),
            (#""base_score":"#, #""base_score":"NaN","other":"#), (#""num_class":"0""#, #""num_class":"2""#),
            (#""categories":[]"#, #""categories":[1]"#), (#""num_class":"0""#, #""num_class":"-1""#),
        ]
        for (from, to) in damages {
            #expect(text.contains(from), "\(from)")
            let damaged = text.replacingOccurrences(of: from, with: to)
            guard case .badModel? = Self.refusal({ _ = try BoostedTrees(bytes: Array(damaged.utf8)) }) else {
                Issue.record("\(to) was not refused")
                continue
            }
        }
        // A tree that leads back to its root.
        let cycle = #""left_children":[1,"#
        #expect(text.contains(cycle))
        #expect(
            Self.refusal { _ = try BoostedTrees(bytes: Array(text.replacingOccurrences(of: cycle, with: #""left_children":[0,"#).utf8)) }
                != nil)
        // Any one byte changed: refused, or still a model that predicts.
        let bytes = Array(text.utf8)
        for place in stride(from: 0, to: bytes.count, by: 41) {
            var changed = bytes
            changed[place] = changed[place] &+ 1
            guard let read = try? BoostedTrees(bytes: changed), read.columns == ExclusiveOr.columns else { continue }
            _ = try read.predict(set.table)
            _ = try read.contributions(set.table)
        }
    }

    @Test func aReasonAndNotATrace() {
        for error: BoostedTreesError in [
            .badModel(reason: "x"), .tooLarge(what: "x", found: 2, limit: 1), .library(operation: "x", message: "y"),
        ] {
            #expect(error.description.hasPrefix("boosted trees: "))
        }
    }
}
