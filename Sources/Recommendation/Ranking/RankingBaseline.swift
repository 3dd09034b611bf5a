internal import BoostedTrees
internal import Evaluation

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: impressions to learn from and impressions to rank.   Gives: what a ranker has to be better than.
///
/// Scores become probabilities by one temperature, fitted on scores of customers of the training part that the baseline did not see.
public enum RankingBaseline: Sendable, Equatable {
    /// The order in which tiles were shown; probabilities by a learnt effect of each place.
    case shownOrder
    /// Some ready-made order: the smaller the value of a tile feature, the better; probabilities by a learnt effect of each rank.
    case order(by: String)
    /// Smoothed share of clicks of each tile at each place: (clicks + m × share of the place) / (shown + m), m = 20, where the share of a place is
    /// over all tiles.
    case popularityByPosition
    /// Logistic regression of each click on all features, L2-penalised; the penalty is the best on customers not seen.
    case logistic
    /// Boosted trees for the order of the list (`rank:ndcg`).
    case rankingTrees(TileRankerSettings.Trees)
    /// Boosted trees with a softmax over the list.
    case listwiseTrees(TileRankerSettings.Trees)

    /// Probabilities of all tile rows of `test`, `[T]`.
    /// - Parameters:
    ///   - folds: parts of the customers for temperatures and penalties.
    /// - Throws: ``RankingError``.
    public func probabilities(training: RankingExamples, test: RankingExamples, folds count: Int = 5, seed: UInt64 = 1) throws(RankingError)
        -> [Float]
    {
        let learnt = training.clickedDecisions
        guard !learnt.isEmpty else {
            throw .tooFew(reason: "no impression has a click", remedy: "give impressions with clicks, or look at the column of clicks")
        }
        let training = training.decisions(learnt)
        let test = try test.selecting(context: training.contextNames, tileFeatures: training.tileFeatureNames)
        let folds = try CustomerFolds(customers: training.customer, count: count, seed: seed)
        if self == .shownOrder || isOrder {
            // A place's effect is learnt from thousands of clicks: a softmax over it needs no temperature.
            return softmax(try placeEffects(training, test), test)
        }
        var heldOut = [Float](repeating: 0, count: training.rowCount)
        for part in 0..<count {
            let own = (0..<training.count).filter { folds.fold[$0] == part }
            let others = training.decisions((0..<training.count).filter { folds.fold[$0] != part })
            let scores = try self.scores(others, training.decisions(own), seed: seed)
            var place = 0
            for decision in own {
                for row in training.rows(decision) {
                    heldOut[row] = scores[place]
                    place += 1
                }
            }
        }
        let lists = (0..<training.count).map { training.rows($0) }
        let share = RankerBlend.fit([heldOut], lists: lists, clicked: training.clicked)[0]
        let scores = try self.scores(training, test, seed: seed)
        return softmax(scores.map { $0 * Float(share) }, test)
    }

    private var isOrder: Bool { if case .order = self { true } else { false } }

    private func scores(_ training: RankingExamples, _ test: RankingExamples, seed: UInt64) throws(RankingError) -> [Float] {
        switch self {
        case .shownOrder, .order: return try placeEffects(training, test)
        case .popularityByPosition: return Self.popularity(training, test)
        case .logistic: return try Self.logistic(training, test, seed)
        case .rankingTrees(let trees): return try Self.trees(.ranking, trees, training, test, seed)
        case .listwiseTrees(let trees): return try Self.trees(.listwise, trees, training, test, seed)
        }
    }

    /// Ranks of the tiles of each impression in the baseline's order, from 0.
    private func ranks(_ examples: RankingExamples) throws(RankingError) -> [Int] {
        var keys = examples.position.map(Float.init)
        if case .order(let name) = self {
            guard let column = examples.tileFeatureNames.firstIndex(of: name) else {
                throw .otherFeatures(what: "tile features", missing: [name])
            }
            let width = examples.tileFeatureNames.count
            keys = (0..<examples.rowCount).map { examples.tileFeatures[$0 * width + column] }
        }
        var ranks = [Int](repeating: 0, count: keys.count)
        for decision in 0..<examples.count {
            for (rank, row) in examples.rows(decision).sorted(by: { (keys[$0], $0) < (keys[$1], $1) }).enumerated() { ranks[row] = rank }
        }
        return ranks
    }

    /// Logarithm of each rank's smoothed share of clicks; falling, so that the order stays what it is.
    private func placeEffects(_ training: RankingExamples, _ test: RankingExamples) throws(RankingError) -> [Float] {
        let (learnt, asked) = (try ranks(training), try ranks(test))
        let most = max(learnt.max() ?? 0, asked.max() ?? 0) + 1
        var (clicks, shown) = ([Double](repeating: 0.5, count: most), [Double](repeating: 1, count: most))
        for row in 0..<training.rowCount {
            shown[learnt[row]] += 1
            if training.clicked[row] { clicks[learnt[row]] += 1 }
        }
        var effects: [Float] = []
        for rank in 0..<most {
            let own = Float(log(clicks[rank] / shown[rank]))
            effects.append(rank == 0 ? own : min(own, effects[rank - 1] - 1e-3))
        }
        return asked.map { effects[$0] }
    }

    private static func popularity(_ training: RankingExamples, _ test: RankingExamples) -> [Float] {
        struct Key: Hashable {
            let tile: Int32
            let position: Int32
        }
        var (places, pairs): ([Int32: (Double, Double)], [Key: (Double, Double)]) = ([:], [:])
        let numbers = Dictionary(zip(training.catalogue, training.catalogue.indices.map { Int32($0) })) { first, _ in first }
        let renamed = test.renumbered(test.catalogue.map { numbers[$0] ?? -1 }, catalogue: training.catalogue)
        for row in 0..<training.rowCount {
            let click = training.clicked[row] ? 1.0 : 0
            let (place, key) = (training.position[row], Key(tile: training.tile[row], position: training.position[row]))
            places[place, default: (0, 0)].0 += click
            places[place, default: (0, 0)].1 += 1
            pairs[key, default: (0, 0)].0 += click
            pairs[key, default: (0, 0)].1 += 1
        }
        return (0..<renamed.rowCount).map { row in
            let place = places[renamed.position[row]] ?? (0, 0)
            let share = (place.0 + 0.5) / (place.1 + 1)
            // Tiles that the catalogue does not know are not one tile.
            let own = renamed.tile[row] < 0 ? nil : pairs[Key(tile: renamed.tile[row], position: renamed.position[row])]
            let (clicks, shown) = own ?? (0, 0)
            return Float(log((clicks + 20 * share) / (shown + 20)))
        }
    }

    /// Log odds of a click.
    private static func logistic(_ training: RankingExamples, _ test: RankingExamples, _ seed: UInt64) throws(RankingError) -> [Float] {
        let columns = training.tileFeatureNames.count + training.contextNames.count
        let names = (0..<columns).map { "\($0)" }
        let rows = training.treeRows(Array(0..<training.count))
        let inputs = RankerInputs(names, rows, rows: 0..<training.rowCount)
        func table(_ rows: [Float], _ count: Int) -> FeatureTable {
            var floats = [Float](repeating: 0, count: count * inputs.width)
            rows.withUnsafeBufferPointer { rows in
                floats.withUnsafeMutableBufferPointer { floats in
                    guard let source = rows.baseAddress, let target = floats.baseAddress else { return }
                    for row in 0..<count { inputs.write(source + row * columns, to: target + row * inputs.width) }
                }
            }
            return .dense(floats, columns: inputs.width)
        }
        let folds = try CustomerFolds(customers: training.customer, count: 3, seed: seed)
        let ofRows = (0..<training.count).flatMap { [Int](repeating: folds.fold[$0], count: training.rows($0).count) }
        let probe = LogisticCrossValidation(table(rows, training.rowCount), folds: ofRows, standardised: [false])
            .fit(training.clicked.map { $0 ? 1 : 0 }, strengths: [0.01, 0.001, 0.0001])
        return probe.probabilities(table(test.treeRows(Array(0..<test.count)), test.rowCount)).map { probability in
            let held = min(max(probability, 1e-7), 1 - 1e-7)
            return log(held / (1 - held))
        }
    }

    private static func trees(
        _ objective: BoostedTrees.Objective, _ wanted: TileRankerSettings.Trees, _ training: RankingExamples, _ test: RankingExamples,
        _ seed: UInt64
    ) throws(RankingError) -> [Float] {
        let columns = training.tileFeatureNames.count + training.contextNames.count
        var sums = [Float](repeating: 0, count: test.rowCount)
        do throws(BoostedTreesError) {
            let rows = try TreeFeatures.dense(training.treeRows(Array(0..<training.count)), columns: columns)
            let asked = try TreeFeatures.dense(test.treeRows(Array(0..<test.count)), columns: columns)
            let examples = TreeExamples(
                features: rows, targets: training.clicked.map { $0 ? 1 : 0 }, lists: (0..<training.count).map { training.rows($0).count })
            for member in 0..<wanted.members {
                var settings = BoostedTrees.Settings(objective)
                (settings.rounds, settings.depth, settings.learningRate) = (wanted.rounds, wanted.depth, wanted.learningRate)
                (settings.subsample, settings.columnSample, settings.lambda) = (wanted.subsample, wanted.columnSample, wanted.lambda)
                settings.minimumChildWeight = wanted.minimumChildWeight
                settings.seed = UInt32(truncatingIfNeeded: seed &+ UInt64(member))
                let margins = try BoostedTrees.train(examples, settings).margins(asked)
                for row in sums.indices { sums[row] += margins[row] / Float(wanted.members) }
            }
        } catch { throw .trees(error.description) }
        return sums
    }

    private func softmax(_ scores: [Float], _ examples: RankingExamples) -> [Float] {
        var scores = scores
        scores.withUnsafeMutableBufferPointer { scores in
            for decision in 0..<examples.count {
                let rows = examples.rows(decision)
                TileRanker.softmax(scores.baseAddress! + rows.lowerBound, rows.count)
            }
        }
        return scores
    }
}
