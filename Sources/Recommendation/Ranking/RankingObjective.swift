package import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Impressions that one step learns from.
package final class RankingBatch: @unchecked Sendable {
    /// Their numbers.
    package var decisions: [Int] = []
    /// Mixed into the choice of tiles that are taken for unknown ones; differs from step to step.
    package var key: UInt64 = 0

    package init() {}
}

/// Softmax over the tiles of an impression: `L = Σ_d w_d Σ_t y_t (log Σ exp s − s_t) / Σ_d 1`, where the clicked tiles of an impression
/// share 1 among them (Cao et al., 2007, "Learning to rank: from pairwise approach to listwise approach", with top-one probabilities).
package final class RankingObjective: TrainingObjective, @unchecked Sendable {
    let network: TileNetwork
    private let examples: RankingExamples
    private let inputs: (context: RankerInputs, tile: RankerInputs)
    private let weights: [Float]
    private let unknownShare: Float
    package private(set) var lastLoss = 0.0
    private var state: (gradient: Rows, tape: TileNetwork.Tape)?

    /// - Parameter weights: how much each decision counts, `[D]`; empty for all alike.
    package init(
        _ network: TileNetwork, _ examples: RankingExamples, _ inputs: (context: RankerInputs, tile: RankerInputs), weights: [Float],
        unknownShare: Float
    ) {
        (self.network, self.examples, self.inputs, self.weights) = (network, examples, inputs, weights)
        self.unknownShare = unknownShare
    }

    /// One: batches are small, and members are trained side by side.
    package var shardCount: Int { 1 }

    package func forward(_ batch: RankingBatch, shard: Int, _ pass: Pass) {
        let input = examples.input(
            batch.decisions, inputs, unknown: network.unknown, withPositions: true, unknownShare: pass.dropout == nil ? 0 : unknownShare,
            key: batch.key, pass.workspace)
        let (scores, tape) = network.forward(input, pass)
        let gradient = pass.workspace.rows(scores.count, 1)
        let share = 1 / Double(max(1, batch.decisions.count))
        lastLoss = 0
        for (place, decision) in batch.decisions.enumerated() {
            let rows = examples.rows(decision)
            let first = input.offsets[place].lowerBound
            let clicks = rows.reduce(0) { $0 + (examples.clicked[$1] ? 1 : 0) }
            guard clicks > 0 else {
                for row in input.offsets[place] { gradient.base[row] = 0 }
                continue
            }
            let weight = share * (weights.isEmpty ? 1 : Double(weights[decision]))
            var greatest = -Float.infinity
            for row in input.offsets[place] { greatest = max(greatest, scores.base[row]) }
            var sum = 0.0
            for row in input.offsets[place] { sum += exp(Double(scores.base[row] - greatest)) }
            let logSum = log(sum)
            for row in input.offsets[place] {
                let target = examples.clicked[rows.lowerBound + row - first] ? 1 / Double(clicks) : 0
                let logarithm = Double(scores.base[row] - greatest) - logSum
                if target > 0 { lastLoss -= weight * target * logarithm }
                gradient.base[row] = Float(weight * (exp(logarithm) - target))
            }
        }
        state = (gradient, tape)
    }

    package func joint(_ batch: RankingBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float {
        Float(lastLoss)
    }

    package func backward(_ batch: RankingBatch, shard: Int, _ pass: Pass) {
        guard let state else { return }
        network.backward(state.gradient, state.tape, pass)
    }
}

extension RankingExamples {
    /// Some decisions as the network reads them, in the workspace.
    package func input(
        _ decisions: some Collection<Int>, _ inputs: (context: RankerInputs, tile: RankerInputs), unknown: Int32, withPositions: Bool,
        unknownShare: Float = 0, key: UInt64 = 0, _ workspace: Workspace
    ) -> TileNetwork.Input {
        let count = decisions.reduce(0) { $0 + rows($1).count }
        let bounds = workspace.integers(decisions.count + 1)
        let ids = workspace.integers(count)
        let places = workspace.integers(count)
        let contextRows = workspace.rows(decisions.count, inputs.context.width)
        let tileRows = workspace.rows(count, inputs.tile.width)
        var random = RandomSource(key, 0x71_1E)
        bounds[0] = 0
        var row = 0
        context.withUnsafeBufferPointer { context in
            tileFeatures.withUnsafeBufferPointer { features in
                // An empty array has no address, and nothing is read of it.
                let nothing = UnsafePointer(tileRows.base)
                for (place, decision) in decisions.enumerated() {
                    inputs.context.write(
                        context.baseAddress.map { $0 + decision * contextNames.count } ?? nothing, to: contextRows[place])
                    for source in rows(decision) {
                        inputs.tile.write(
                            features.baseAddress.map { $0 + source * tileFeatureNames.count } ?? nothing, to: tileRows[row])
                        let own = tile[source]
                        ids[row] = own < 0 || own >= unknown || (unknownShare > 0 && random.uniform() < unknownShare) ? unknown : own
                        places[row] = position[source]
                        row += 1
                    }
                    bounds[place + 1] = Int32(row)
                }
            }
        }
        return TileNetwork.Input(
            context: contextRows, tiles: tileRows, offsets: SequenceOffsets(bounds, count: decisions.count), ids: ids,
            positions: withPositions ? UnsafePointer(places) : nil)
    }
}

/// Decisions in an order that depends on the seed and the epoch.
struct ShuffledDecisions: BatchSource {
    let decisions: [Int]
    let batchImpressions: Int
    let seed: UInt64
    private let reused = RankingBatch()
    private let order = Order()

    /// The order of one epoch, made once.
    private final class Order: @unchecked Sendable {
        var epoch = -1
        var decisions: [Int] = []
    }

    init(_ decisions: [Int], batchImpressions: Int, seed: UInt64) {
        (self.decisions, self.batchImpressions, self.seed) = (decisions, batchImpressions, seed)
    }

    func batchCount(epoch: Int) -> Int { (decisions.count + batchImpressions - 1) / batchImpressions }

    func batch(_ number: Int, epoch: Int) -> RankingBatch {
        if order.epoch != epoch {
            order.decisions = decisions
            var random = RandomSource(seed, 0x7A2C, UInt64(epoch))
            random.shuffle(&order.decisions)
            order.epoch = epoch
        }
        reused.decisions = Array(order.decisions[number * batchImpressions..<min(decisions.count, (number + 1) * batchImpressions)])
        reused.key = RandomSource.mix(seed ^ UInt64(epoch) << 32 ^ UInt64(number))
        return reused
    }

    func eventCount(_ batch: RankingBatch) -> Int { batch.decisions.count }
}
