import DurableFiles
import Evaluation
import Foundation
import KernelTestSupport
import Recommendation
import SequenceKernel
import Testing

/// A folder that goes with its value.
func scratchFolder() throws -> ScratchFolder {
    try ScratchFolder(named: "ranking-tests", in: FileManager.default.temporaryDirectory.path)
}

/// Impressions whose clicks follow a rule: taste (a context feature) times quality (a tile feature), what the tile is called, and where it stands.
struct RuledImpressions {
    let examples: RankingExamples
    /// True probabilities at one and the same place, `[T]`.
    let truth: [Float]

    static let catalogue = ["savings", "loan", "card", "fund", "insurance"]

    init(_ count: Int, seed: UInt64, positionEffect: Float = 0, tiles: Int = 4, missing: Float = 0, firstCustomer: Int32 = 0) {
        var random = RandomSource(seed, 0x7E57)
        var (context, features, offsets): ([Float], [Float], [Int]) = ([], [], [0])
        var (tile, position, clicked, truth, customer): ([Int32], [Int32], [Bool], [Float], [Int32]) = ([], [], [], [], [])
        for decision in 0..<count {
            let taste = 4 * random.uniform() - 2
            context += [random.uniform() < missing ? .nan : taste, 7]
            var names = Array(Int32(0)..<5)
            random.shuffle(&names)
            var (scores, seen): ([Float], [Float]) = ([], [])
            for place in 0..<tiles {
                let quality = 2 * random.uniform() - 1
                features += [quality, random.uniform()]
                tile.append(names[place])
                position.append(Int32(place + 1))
                scores.append(1.5 * taste * quality + 0.5 * Float(names[place]))
                seen.append(scores[place] - positionEffect * Float(place))
            }
            func softmax(_ values: [Float]) -> [Float] {
                let sum = values.reduce(0) { $0 + exp($1) }
                return values.map { exp($0) / sum }
            }
            truth += softmax(scores)
            var left = random.uniform()
            let chosen = softmax(seen).firstIndex { share in
                left -= share
                return left < 0
            }
            for place in 0..<tiles { clicked.append(place == chosen ?? tiles - 1) }
            offsets.append(offsets[decision] + tiles)
            customer.append(firstCustomer + Int32(decision / 2))
        }
        self.truth = truth
        examples = try! RankingExamples(
            contextNames: ["taste", "constant"], context: context, offsets: offsets, catalogue: Self.catalogue, tile: tile,
            tileFeatureNames: ["quality", "noise"], tileFeatures: features, position: position, clicked: clicked, customer: customer,
            time: [Int64](repeating: 0, count: count))
    }

    func metrics(_ probabilities: [Float]) -> ListMetrics {
        ListMetrics(lists: (0..<examples.count).map { examples.rows($0) }, clicked: examples.clicked, probabilities: probabilities)
    }
}

@Suite struct RankingTests {
    static func settings(_ change: (inout TileRankerSettings) -> Void = { _ in }) -> TileRankerSettings {
        var settings = TileRankerSettings()
        (settings.members, settings.epochs, settings.folds, settings.hidden, settings.learningRate) = (1, 10, 2, 12, 0.01)
        (settings.dropout, settings.inputDropout) = (0, 0)
        change(&settings)
        return settings
    }

    @Test func gradientOfTheListwiseLoss() throws {
        let examples = RuledImpressions(6, seed: 2, missing: 0.4).examples
        let inputs = (
            context: RankerInputs(examples.contextNames, examples.context, rows: 0..<examples.count),
            tile: RankerInputs(examples.tileFeatureNames, examples.tileFeatures, rows: 0..<examples.rowCount)
        )
        let network = TileNetwork(
            context: inputs.context.width, tile: inputs.tile.width, catalogue: 5, hidden: 6, width: 3, positions: 3)
        let weights = ParameterVector(network.parameters, seed: 4)
        var random = RandomSource(1, 2)
        for index in 0..<weights.count { weights.base[index] += 0.3 * (2 * random.uniform() - 1) }
        let objective = RankingObjective(network, examples, inputs, weights: [1, 2, 0.5, 1, 3, 1], unknownShare: 0)
        let batch = RankingBatch()
        batch.decisions = [0, 2, 5, 3]
        let dense = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        defer { dense.deallocate() }
        let workspace = Workspace()
        func loss(_ scatter: GradientScatter?) -> Double {
            workspace.reset()
            let pass = Pass(weights: weights, workspace: workspace, gradients: dense, scatter: scatter)
            objective.forward(batch, shard: 0, pass)
            if scatter != nil { objective.backward(batch, shard: 0, pass) }
            return objective.lastLoss
        }
        dense.initialize(repeating: 0, count: weights.denseCount)
        let scatter = GradientScatter()
        _ = loss(scatter)
        let variables = weights.parameters.map { parameter in
            var gradient = [Float](repeating: 0, count: parameter.count)
            if parameter.kind == .dense {
                for index in gradient.indices { gradient[index] = dense[parameter.offset + index] }
            } else {
                let width = parameter.shape[1]
                for note in scatter.notes where note.table == parameter {
                    for row in 0..<note.count {
                        for k in 0..<width { gradient[Int(note.rows[row]) * width + k] += note.gradient[row * note.stride + k] }
                    }
                }
            }
            return CheckedVariable(parameter.name, values: weights.pointer(parameter), gradient: gradient)
        }
        #expect(variables.count == 16)
        #expect(checkGradients(variables, seed: 5, loss: { loss(nil) }) == [])
    }

    @Test func learnsTheRuleAndComesNearTheTruth() throws {
        let (training, test) = (RuledImpressions(1500, seed: 1), RuledImpressions(600, seed: 2, firstCustomer: 10_000))
        let trained = try TileRanker.train(training.examples, Self.settings(), pool: WorkerPool(threads: 2))
        let own = test.metrics(try trained.ranker.probabilities(test.examples, pool: WorkerPool(threads: 2)))
        let best = test.metrics(test.truth)
        let shown = test.metrics(try RankingBaseline.shownOrder.probabilities(training: training.examples, test: test.examples))
        #expect(own.logLoss < best.logLoss + 0.03, "\(own.logLoss) \(best.logLoss)")
        #expect(own.logLoss < shown.logLoss - 0.25, "\(own.logLoss) \(shown.logLoss)")
        #expect(own.calibration().expectedError < 0.03)
        // What the training says of customers not seen is true of others.
        #expect(abs(trained.ranker.card.heldOutLogLoss - own.logLoss) < 0.08)
        #expect(trained.ranker.card.impressions == 1500 && trained.ranker.card.customers == 750)
    }

    @Test func positionIsLearntAndLeftOut() throws {
        let training = RuledImpressions(2000, seed: 3, positionEffect: 1)
        let test = RuledImpressions(600, seed: 4, firstCustomer: 10_000)
        let pool = WorkerPool(threads: 2)
        func loss(_ examination: Bool) throws -> Double {
            let trained = try TileRanker.train(training.examples, Self.settings { $0.examination = examination }, pool: pool)
            let probabilities = try trained.ranker.probabilities(test.examples, pool: pool)
            return zip(probabilities, test.truth).reduce(0.0) { $0 - Double($1.1) * log(Double($1.0)) } / 600
        }
        let (with, without) = (try loss(true), try loss(false))
        #expect(with < without - 0.003, "\(with) \(without)")
        // The place where a tile is shown does not move its score.
        let trained = try TileRanker.train(training.examples, Self.settings { $0.epochs = 2 }, pool: pool)
        let e = test.examples
        let moved = try RankingExamples(
            contextNames: e.contextNames, context: e.context, offsets: e.offsets, catalogue: e.catalogue, tile: e.tile,
            tileFeatureNames: e.tileFeatureNames, tileFeatures: e.tileFeatures, position: e.position.map { 5 - $0 }, clicked: e.clicked,
            customer: e.customer, time: e.time)
        #expect(try trained.ranker.probabilities(e, pool: pool) == trained.ranker.probabilities(moved, pool: pool))
    }

    @Test func sameBytesAtAnyThreadsAndAfterReading() throws {
        let training = RuledImpressions(200, seed: 5, missing: 0.2).examples
        var settings = Self.settings { ($0.members, $0.epochs, $0.dropout) = (2, 2, 0.3) }
        settings.trees = .init()
        settings.trees!.rounds = 5
        let folder = try scratchFolder()
        var ids: [String] = []
        var scores: [[Float]] = []
        for threads in [1, 3] {
            let pool = WorkerPool(threads: threads)
            let trained = try TileRanker.train(training, settings, pool: pool)
            scores.append(try trained.ranker.probabilities(training, pool: pool))
            ids.append(try trained.ranker.write(to: "\(folder.path)/ranker-\(threads)"))
            let read = try TileRanker("\(folder.path)/ranker-\(threads)")
            #expect(try read.probabilities(training, pool: pool) == scores.last!)
            #expect(read.id == ids.last! && read.settings == settings && read.card == trained.ranker.card)
        }
        #expect(ids[0] == ids[1] && scores[0] == scores[1])
        // What is kept with it is in its id, and never takes the place of its own files.
        let withMore = "\(folder.path)/ranker-more"
        let more = try TileRanker("\(folder.path)/ranker-1").write(to: withMore, with: ["inputs.json": [1, 2], "card.json": [3]])
        #expect(more != ids[0])
        #expect(try TileRanker(withMore).id == more && TileRanker(withMore).card == TileRanker("\(folder.path)/ranker-1").card)
        try Data([1]).write(to: URL(filePath: withMore + "/inputs.json"))
        #expect(throws: RankingError.self) { try TileRanker(withMore) }
        // One impression at a time gives what all together give.
        let ranker = try TileRanker("\(folder.path)/ranker-1")
        let scratch = TileRanker.Scratch()
        for decision in [0, 7] {
            let rows = training.rows(decision)
            var output = [Float](repeating: 0, count: rows.count)
            let context = Array(training.context[2 * decision..<2 * decision + 2])
            let features = Array(training.tileFeatures[2 * rows.lowerBound..<2 * rows.upperBound])
            let tiles = Array(training.tile[rows])
            try tiles.withUnsafeBufferPointer { tiles in
                try ranker.score(context: context, tiles: tiles, features: features, scratch, into: &output)
            }
            for (place, row) in rows.enumerated() { #expect(abs(output[place] - scores[0][row]) < 1e-5) }
        }
    }

    @Test func treesHelpWhereTheyShould() throws {
        // Clicks that follow an exclusive or of two tile features.
        var random = RandomSource(9, 9)
        var (features, clicked): ([Float], [Bool]) = ([], [])
        for _ in 0..<600 {
            let chosen = random.below(3)
            for place in 0..<3 {
                let (a, b) = (random.uniform() < 0.5, random.uniform() < 0.5)
                features += [a ? 1 : 0, (place == chosen ? !a : b) ? 1 : 0]
                clicked.append(place == chosen)
            }
        }
        let examples = try RankingExamples(
            contextNames: [], context: [], offsets: Array(stride(from: 0, through: 1800, by: 3)), tileFeatureNames: ["a", "b"],
            tileFeatures: features, position: [Int32](repeating: 0, count: 1800), clicked: clicked, customer: Array(0..<600),
            time: [Int64](repeating: 0, count: 600))
        var settings = Self.settings { ($0.epochs, $0.hidden, $0.learningRate) = (1, 2, 1e-6) }
        let pool = WorkerPool(threads: 2)
        let without = try TileRanker.train(examples, settings, pool: pool).ranker.card
        settings.trees = .init()
        settings.trees!.columnSample = 1
        let with = try TileRanker.train(examples, settings, pool: pool).ranker.card
        #expect(with.heldOutLogLoss < without.heldOutLogLoss - 0.2 && with.treeShare > 0.5)
    }

    @Test func newTilesAndOtherCatalogues() throws {
        let training = RuledImpressions(800, seed: 6).examples
        let ranker = try TileRanker.train(training, Self.settings(), pool: WorkerPool(threads: 2)).ranker
        let e = RuledImpressions(50, seed: 7, firstCustomer: 9_000).examples
        func with(_ catalogue: [String], _ tile: [Int32]) throws -> [Float] {
            let other = try RankingExamples(
                contextNames: e.contextNames, context: e.context, offsets: e.offsets, catalogue: catalogue, tile: tile,
                tileFeatureNames: e.tileFeatureNames, tileFeatures: e.tileFeatures, position: e.position, clicked: e.clicked,
                customer: e.customer, time: e.time)
            return try ranker.probabilities(other, pool: WorkerPool(threads: 1))
        }
        let own = try ranker.probabilities(e, pool: WorkerPool(threads: 1))
        // The same tiles in another order of the catalogue are the same tiles.
        #expect(try with(e.catalogue.reversed(), e.tile.map { 4 - $0 }) == own)
        // Tiles with names that nobody knows all take the unknown row.
        let unknown = try with([], [Int32](repeating: -1, count: e.rowCount))
        #expect(unknown != own && unknown.allSatisfy { $0 >= 0 && $0 <= 1 })
        #expect(try with(["new", "other", "n3", "n4", "n5"], e.tile) == unknown)
    }

    @Test func inversePropensitiesUndoTheLog() throws {
        // Tiles of the second kind are shown first in a tenth of the impressions only; weights make up for it, and are clipped.
        let base = RuledImpressions(40, seed: 8).examples
        let propensity = base.clicked.indices.map { $0 % 4 == 0 ? Float(0.1) : 0.9 }
        let examples = try RankingExamples(
            contextNames: base.contextNames, context: base.context, offsets: base.offsets, catalogue: base.catalogue, tile: base.tile,
            tileFeatureNames: base.tileFeatureNames, tileFeatures: base.tileFeatures, position: base.position, clicked: base.clicked,
            propensity: propensity, customer: base.customer, time: base.time)
        let weights = TileRanker.inversePropensities(examples, clip: 5)
        #expect(abs(weights.reduce(0, +) / 40 - 1) < 1e-5)
        let first = (0..<40).first { examples.clicked[examples.offsets[$0]] }!
        let other = (0..<40).first { !examples.clicked[examples.offsets[$0]] }!
        #expect(abs(weights[first] / weights[other] - 5 * 0.9) < 1e-3)
    }
}
