internal import BoostedTrees
public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: a customer's context and the tiles that may be shown.   Gives: the probability of each to be the one that is clicked.
///
/// Probabilities of an impression add up to 1: they say which tile is clicked if one is. Scores are made for every tile as if all were
/// shown at the same place. Tiles that the catalogue does not hold share the row of unknown tiles and are told apart by their features.
public struct TileRanker: Sendable {
    /// How it was trained.
    public let settings: TileRankerSettings
    /// Names of the tiles that have a row of their own.
    public let catalogue: [String]
    /// What the training says of itself.
    public let card: RankerCard
    /// Digest over all its files; empty until it is read from a directory.
    public let id: String
    /// Networks whose scores are averaged.
    let members: [RankerMember]
    /// Trees whose margins are averaged; empty without.
    let trees: [BoostedTrees]
    /// The sum of plain terms; nil without.
    package let linear: ConditionalLogit?
    /// What the mean score of the networks, the plain sum and the mean margin of the trees are multiplied by.
    let blend: RankerBlend
    let inputs: (context: RankerInputs, tile: RankerInputs)
    private let places: [String: Int32]

    init(
        _ settings: TileRankerSettings, catalogue: [String], members: [RankerMember], linear: ConditionalLogit?, trees: [BoostedTrees],
        blend: RankerBlend,
        inputs: (context: RankerInputs, tile: RankerInputs), card: RankerCard, id: String = ""
    ) {
        (self.settings, self.catalogue, self.members, self.linear, self.trees) = (settings, catalogue, members, linear, trees)
        (self.blend, self.inputs, self.card, self.id) = (blend, inputs, card, id)
        places = Dictionary(zip(catalogue, catalogue.indices.map { Int32($0) })) { first, _ in first }
    }

    /// Names of the context's features, in order.
    public var contextNames: [String] { inputs.context.names }
    /// Names of the tiles' features, in order.
    public var tileFeatureNames: [String] { inputs.tile.names }
    /// The place of a tile in the catalogue; −1 for a new one.
    public func place(of tile: String) -> Int32 { places[tile] ?? -1 }

    /// Memory of one worker, reused from call to call.
    public final class Scratch: @unchecked Sendable {
        let workspace = Workspace()
        var floats: [Float] = []

        /// Some memory; it grows to what the largest impression needs.
        public init() {}
        /// How often memory had to be asked for; constant in the steady state.
        public var allocationCount: Int { workspace.allocationCount }
    }

    /// Probabilities of the tiles of one impression. Asks for no memory in the steady state, unless there are trees.
    /// - Parameters:
    ///   - context: `[C]`, NaN where missing, in the order of ``contextNames``.
    ///   - tiles: places in the catalogue, −1 for others, `[N]`.
    ///   - features: `[N, F]`, in the order of ``tileFeatureNames``.
    ///   - output: `[N]`.
    /// - Throws: ``RankingError/trees(_:)`` where the trees' library fails.
    public func score(
        context: UnsafePointer<Float>, tiles: UnsafeBufferPointer<Int32>, features: UnsafePointer<Float>, _ scratch: Scratch,
        into output: UnsafeMutablePointer<Float>
    ) throws(RankingError) {
        guard !tiles.isEmpty else { return }
        let workspace = scratch.workspace
        workspace.reset()
        let network = members[0].network
        let bounds = workspace.integers(2), ids = workspace.integers(tiles.count)
        (bounds[0], bounds[1]) = (0, Int32(tiles.count))
        for (row, tile) in tiles.enumerated() { ids[row] = tile < 0 || tile >= network.unknown ? network.unknown : tile }
        let contextRows = workspace.rows(1, inputs.context.width), tileRows = workspace.rows(tiles.count, inputs.tile.width)
        inputs.context.write(context, to: contextRows[0])
        for row in 0..<tiles.count { inputs.tile.write(features + row * inputs.tile.names.count, to: tileRows[row]) }
        let input = TileNetwork.Input(
            context: contextRows, tiles: tileRows, offsets: SequenceOffsets(bounds, count: 1), ids: UnsafePointer(ids), positions: nil)
        scores(input, blend, workspace, into: output)
        if !trees.isEmpty {
            let (own, others) = (inputs.context.names.count, inputs.tile.names.count)
            scratch.floats.removeAll(keepingCapacity: true)
            for row in 0..<tiles.count {
                scratch.floats += UnsafeBufferPointer(start: features + row * others, count: others)
                scratch.floats += UnsafeBufferPointer(start: context, count: own)
            }
            let margins = try treeMargins(scratch.floats)
            for row in 0..<tiles.count { output[row] += blend.trees * margins[row] }
        }
        Self.softmax(output, tiles.count)
    }

    /// Probabilities of all tile rows, `[T]`; the same at any number of threads.
    /// - Throws: ``RankingError/otherFeatures(what:missing:)`` where features are missing; more of them, or another order, do not matter.
    public func probabilities(_ examples: RankingExamples, pool: WorkerPool) throws(RankingError) -> [Float] {
        let examples = try fitted(examples)
        var scores = scores(examples, Array(0..<examples.count), blend, pool)
        if !trees.isEmpty {
            let margins = try treeMargins(examples.treeRows(Array(0..<examples.count)))
            for row in scores.indices { scores[row] += blend.trees * margins[row] }
        }
        scores.withUnsafeMutableBufferPointer { scores in
            for decision in 0..<examples.count {
                let rows = examples.rows(decision)
                Self.softmax(scores.baseAddress! + rows.lowerBound, rows.count)
            }
        }
        return scores
    }

    /// The examples with the features in the order of training, and tiles numbered as in the catalogue of this ranker.
    private func fitted(_ examples: RankingExamples) throws(RankingError) -> RankingExamples {
        let chosen = try examples.selecting(context: contextNames, tileFeatures: tileFeatureNames)
        guard examples.catalogue != catalogue else { return chosen }
        return chosen.renumbered(examples.catalogue.map { place(of: $0) }, catalogue: catalogue)
    }

    /// The same with another plain sum.
    func with(_ linear: ConditionalLogit) -> TileRanker {
        TileRanker(
            settings, catalogue: catalogue, members: members, linear: linear, trees: trees, blend: blend, inputs: inputs, card: card, id: id
        )
    }

    /// Impressions that go through the networks together.
    private static let block = 16

    /// Scores of networks and plain sum by their shares, `[T]` of these decisions.
    func scores(_ examples: RankingExamples, _ decisions: [Int], _ blend: RankerBlend, _ pool: WorkerPool) -> [Float] {
        var offsets = [0]
        for decision in decisions { offsets.append(offsets[offsets.count - 1] + examples.rows(decision).count) }
        let workspaces = (0..<pool.threads).map { _ in Workspace() }
        let starts = offsets
        return [Float](unsafeUninitializedCapacity: offsets[decisions.count]) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run((decisions.count + Self.block - 1) / Self.block) { block, worker in
                let range = block * Self.block..<min((block + 1) * Self.block, decisions.count)
                let workspace = workspaces[worker]
                workspace.reset()
                let input = examples.input(
                    decisions[range], inputs, unknown: members[0].network.unknown, withPositions: false, workspace)
                scores(input, blend, workspace, into: base! + starts[range.lowerBound])
            }
            initialized = offsets[decisions.count]
        }
    }

    /// Mean score of the networks and the plain sum, times their shares.
    private func scores(
        _ input: TileNetwork.Input, _ blend: RankerBlend, _ workspace: Workspace, into output: UnsafeMutablePointer<Float>
    ) {
        let share = blend.network / Float(members.count)
        output.update(repeating: 0, count: input.tiles.count)
        if let linear, blend.linear != 0 { linear.add(blend.linear, of: input, into: output) }
        guard share != 0 else { return }
        for member in members {
            let mark = workspace.mark
            let pass = Pass(weights: member.weights, workspace: workspace, transposes: member.transposes)
            let scores = member.network.forward(input, pass).scores
            for row in 0..<scores.count { output[row] += share * scores.base[row] }
            workspace.release(to: mark)
        }
    }

    /// Mean margins of rows as ``RankingExamples/treeRows(_:)`` gives them.
    private func treeMargins(_ rows: [Float]) throws(RankingError) -> [Float] {
        try TileRanker.margins(trees, rows)
    }

    static func margins(_ trees: [BoostedTrees], _ rows: [Float]) throws(RankingError) -> [Float] {
        do throws(BoostedTreesError) {
            let table = try TreeFeatures.dense(rows, columns: trees[0].columns)
            var sums = try trees[0].margins(table)
            for other in trees.dropFirst() {
                let own = try other.margins(table)
                for row in sums.indices { sums[row] += own[row] }
            }
            return sums.map { $0 / Float(trees.count) }
        } catch { throw .trees(error.description) }
    }

    /// Scores → probabilities, in place.
    static func softmax(_ scores: UnsafeMutablePointer<Float>, _ count: Int) {
        var greatest = -Float.infinity
        for row in 0..<count { greatest = max(greatest, scores[row]) }
        var sum: Float = 0
        for row in 0..<count {
            scores[row] = exp(scores[row] - greatest)
            sum += scores[row]
        }
        for row in 0..<count { scores[row] /= sum }
    }
}

/// One trained network.
struct RankerMember: Sendable {
    let network: TileNetwork
    let weights: ParameterVector
    let transposes: TransposedWeights

    init(_ network: TileNetwork, _ weights: ParameterVector) {
        (self.network, self.weights) = (network, weights)
        transposes = TransposedWeights(of: weights)
    }
}

/// What a training says of itself.
public struct RankerCard: Sendable, Equatable, Codable {
    /// Impressions learnt from: those with a click.
    public var impressions = 0
    /// Impressions without a click, from which nothing is learnt: the ranker says which tile is clicked if one is.
    public var withoutClick = 0
    /// Customers of the impressions learnt from.
    public var customers = 0
    /// Mean log loss of the clicked tile on customers not seen, after calibration on these same customers; weighted where training was.
    public var heldOutLogLoss = 0.0
    /// Mean reciprocal rank of the clicked tile on customers not seen, ties behind.
    public var heldOutReciprocalRank = 0.0
    /// Share of the networks in the scores, of the plain sum, and of the trees; 1, 0 and 0 before calibration.
    public var networkShare = 1.0
    /// See ``networkShare``.
    public var linearShare = 0.0
    /// The penalty of the plain sum that was best on customers not seen; 0 without a sum.
    public var linearPenalty = 0.0
    /// Impressions that the plain sum learnt from.
    public var linearImpressions = 0
    /// See ``networkShare``.
    public var treeShare = 0.0
    /// Mean training loss of the last epoch over the networks kept.
    public var trainLoss = 0.0

    /// Nothing measured yet.
    public init() {}
}
