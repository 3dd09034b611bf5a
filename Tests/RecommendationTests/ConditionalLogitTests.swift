import DurableFiles
import Foundation
import Recommendation
import SequenceKernel
import Testing

@Suite struct ConditionalLogitTests {
    private static func inputs(_ examples: RankingExamples) -> (context: RankerInputs, tile: RankerInputs) {
        (
            RankerInputs(examples.contextNames, examples.context, rows: 0..<examples.count),
            RankerInputs(examples.tileFeatureNames, examples.tileFeatures, rows: 0..<examples.rowCount)
        )
    }

    @Test func gradientIsThatOfTheLoss() {
        let examples = RuledImpressions(40, seed: 3, missing: 0.3).examples
        let weights = (0..<40).map { Float($0 % 3) + 0.5 }
        let fit = ConditionalLogitFit(examples, Array(0..<40), Self.inputs(examples), weights: weights, positions: 3, limit: 100)
        var random = RandomSource(1, 1)
        let point = (0..<fit.parameterCount).map { _ in Double(random.uniform()) - 0.5 }
        var gradient = [Double](repeating: 0, count: point.count), ignored = gradient
        _ = fit.loss(point, penalty: 0.1, gradient: &gradient)
        for index in point.indices {
            var (above, below) = (point, point)
            (above[index], below[index]) = (point[index] + 0.05, point[index] - 0.05)
            let slope = (fit.loss(above, penalty: 0.1, gradient: &ignored) - fit.loss(below, penalty: 0.1, gradient: &ignored)) / 0.1
            // Scores are single floats (a relative 1e-7 each) and the third derivative adds 0.05² / 6: far below one in a thousand.
            #expect(abs(slope - gradient[index]) < 1e-3, "\(index): \(slope), \(gradient[index])")
        }
    }

    /// The minimum of a convex loss has gradient 0, and a weaker penalty lets the training loss fall.
    @Test func eachPenaltyHasItsMinimum() {
        let examples = RuledImpressions(300, seed: 5).examples
        let fit = ConditionalLogitFit(examples, Array(0..<300), Self.inputs(examples), weights: [], positions: 0, limit: 1000)
        let path = fit.path([0.001, 1, 0.03], iterations: 200)
        var losses: [Double] = []
        for (penalty, own) in zip([1, 0.03, 0.001], path) {
            let point = (own.context + own.tile).map(Double.init)
            var gradient = [Double](repeating: 0, count: point.count)
            _ = fit.loss(point, penalty: penalty, gradient: &gradient)
            // The solver stops when the loss falls by less than a millionth.
            #expect(gradient.allSatisfy { abs($0) < 2e-3 })
            losses.append(fit.loss(point, penalty: 0, gradient: &gradient))
        }
        #expect(losses[0] > losses[1] && losses[1] > losses[2])
    }

    /// What scoring adds up tile by tile is what fitting multiplies as matrices, over several blocks of impressions; a tile that nobody knows
    /// has its features alone.
    @Test func scoresAreThoseOfTheFit() {
        let examples = RuledImpressions(1_100, seed: 6, missing: 0.2).examples
        let inputs = Self.inputs(examples)
        let fit = ConditionalLogitFit(examples, Array(0..<1_100), inputs, weights: [], positions: 0, limit: 2_000)
        let own = fit.path([0.01], iterations: 5)[0]
        var gradient = [Double](repeating: 0, count: fit.parameterCount)
        let wanted = fit.loss((own.context + own.tile).map(Double.init), penalty: 0, gradient: &gradient)
        func scores(_ examples: RankingExamples) -> [Float] {
            let workspace = Workspace()
            let input = examples.input(Array(0..<examples.count), inputs, unknown: 5, withPositions: false, workspace)
            var scores = [Float](repeating: 0, count: examples.rowCount)
            withExtendedLifetime(workspace) { own.add(2, of: input, into: &scores) }
            return scores.map { $0 / 2 }
        }
        let found = scores(examples)
        let loss = (0..<examples.count).reduce(0.0) { sum, decision in
            let rows = examples.rows(decision)
            let total = rows.reduce(0.0) { $0 + exp(Double(found[$1])) }
            return sum + log(total) - Double(found[rows.first { examples.clicked[$0] }!])
        }
        // Single floats summed in another order: some 1e-7 of each score, averaged.
        #expect(abs(loss / 1_100 - wanted) < 1e-5)
        let unknown = scores(examples.renumbered([-1, -1, -1, -1, -1], catalogue: examples.catalogue))
        let width = inputs.tile.width
        var row = [Float](repeating: 0, count: width)
        inputs.tile.write(Array(examples.tileFeatures[0..<2]), to: &row)
        #expect(abs(unknown[0] - zip(row, own.tile).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-5 && unknown[0] != found[0])
    }

    /// Impressions are thinned evenly, and a catalogue too wide for the features leaves a sum over the features of tiles.
    @Test func whatIsTooMuchIsLeftOut() {
        let examples = RuledImpressions(300, seed: 7).examples
        let inputs = Self.inputs(examples)
        func path(_ decisions: [Int], limit: Int) -> [ConditionalLogit] {
            ConditionalLogitFit(examples, decisions, inputs, weights: [], positions: 0, limit: limit).path([0.1])
        }
        #expect(path(Array(0..<300), limit: 100) == path((0..<100).map { 3 * $0 }, limit: 100))
        let names = (0..<800_000).map { "\($0)" }
        let wide = examples.renumbered([0, 1, 2, 3, 4], catalogue: names)
        let own = ConditionalLogitFit(wide, Array(0..<300), inputs, weights: [], positions: 0, limit: 300).path([0.1])[0]
        #expect(own.context.isEmpty && own.tile.contains { $0 != 0 })
    }

    /// Clicks by taste and the name of the tile alone: what a row of weights for each tile says and a weight for each feature cannot.
    @Test func sharesGoToWhatForetells() throws {
        var random = RandomSource(4, 4)
        var (context, clicked): ([Float], [Bool]) = ([], [])
        for _ in 0..<600 {
            let taste = random.below(3)
            context += (0..<3).map { $0 == taste ? 1 : 0 }
            let chosen = random.uniform() < 0.8 ? taste : random.below(3)
            clicked += (0..<3).map { $0 == chosen }
        }
        let examples = try RankingExamples(
            contextNames: ["a", "b", "c"], context: context, offsets: Array(stride(from: 0, through: 1800, by: 3)),
            catalogue: ["x", "y", "z"], tile: (0..<1800).map { Int32($0 % 3) }, tileFeatureNames: [], tileFeatures: [],
            position: [Int32](repeating: 0, count: 1800), clicked: clicked, customer: Array(0..<600),
            time: [Int64](repeating: 0, count: 600))
        var settings = RankingTests.settings { ($0.epochs, $0.learningRate) = (1, 1e-6) }
        let pool = WorkerPool(threads: 2)
        let card = try TileRanker.train(examples, settings, pool: pool).ranker.card
        #expect(card.linearShare > 0.5 && card.linearPenalty > 0 && card.heldOutLogLoss < 0.7)
        settings.linear.penalties = []
        let without = try TileRanker.train(examples, settings, pool: pool).ranker
        #expect(without.linear == nil && without.card.linearShare == 0 && without.card.heldOutLogLoss > 1)
        settings.linear.penalties = [0]
        #expect(throws: RankingError.self) { try TileRanker.train(examples, settings, pool: pool) }
    }

    /// Without a catalogue there is nothing that context could tell apart; the folder says so and is read again.
    @Test func withoutACatalogue() throws {
        let base = RuledImpressions(120, seed: 8).examples
        let examples = try RankingExamples(
            contextNames: base.contextNames, context: base.context, offsets: base.offsets, tileFeatureNames: base.tileFeatureNames,
            tileFeatures: base.tileFeatures, position: base.position, clicked: base.clicked, customer: base.customer, time: base.time)
        let pool = WorkerPool(threads: 2)
        let ranker = try TileRanker.train(examples, RankingTests.settings { $0.epochs = 1 }, pool: pool).ranker
        #expect(ranker.linear?.context.isEmpty == true)
        let folder = try scratchFolder()
        try ranker.write(to: "\(folder.path)/r")
        #expect(try TileRanker("\(folder.path)/r").probabilities(examples, pool: pool) == ranker.probabilities(examples, pool: pool))
    }
}
