/// A ``TransformerEncoder`` made ready for embeddings: weights packed once, activations with the events across.
///
/// Sixteen events share every vector, so a layer's norms, softmax and activation are sums and functions down a column at any width, and
/// a product's weights are read once for 48 events. The result differs from ``TransformerEncoder/forward(_:_:_:)`` by rounding only, and
/// does not depend on which sequences lie beside one another.
///
/// - Shapes: `[D, N]` → `[D, N]`, D rounded up to 8 in memory.
package final class LaneTransformer: @unchecked Sendable {
    private struct Layer {
        let norm1: Norm
        let projection: Panels
        let output: Panels
        let norm2: Norm
        let up: Panels
        let down: Panels
    }

    private struct Norm {
        let gain: UnsafePointer<Float>
        let shift: UnsafePointer<Float>
        let epsilon: Float
    }

    /// A linear map: for every 8 outputs 8 biases, then for each input 8 weights.
    private struct Panels {
        let floats: UnsafePointer<Float>
        let inputs: Int
        let outputs: Int

        static func floatCount(_ linear: Linear) -> Int { LaneLoops.padded(linear.outputs) * (linear.inputs + 1) }

        init(_ linear: Linear, _ weights: ParameterVector, _ target: UnsafeMutablePointer<Float>) {
            inputs = linear.inputs
            outputs = linear.outputs
            floats = UnsafePointer(target)
            let height = LaneLoops.panelHeight
            let weight = weights.pointer(linear.weight), bias = linear.bias.map { weights.pointer($0) }
            for output in 0..<outputs {
                let panel = target + output / height * height * (inputs + 1) + output % height
                if let bias { panel[0] = bias[output] }
                for input in 0..<inputs { panel[(input + 1) * height] = weight[output * inputs + input] }
            }
        }
    }

    /// Features of an event (D).
    package let width: Int
    private let heads: Int
    private let hidden: Int
    private let isCausal: Bool
    private let layers: [Layer]
    private let norm: Norm?
    private let memory: UnsafeMutablePointer<Float>
    private let weights: ParameterVector

    /// Packs the weights, which must not change any more.
    package init(_ encoder: TransformerEncoder, _ weights: ParameterVector) {
        width = encoder.width
        heads = encoder.layers.first?.attention.heads ?? 1
        hidden = encoder.layers.first?.feedForward.up.outputs ?? 0
        isCausal = encoder.layers.first?.attention.isCausal ?? false
        self.weights = weights
        func linears(_ layer: TransformerLayer) -> [Linear] {
            [layer.attention.projection, layer.attention.output, layer.feedForward.up, layer.feedForward.down]
        }
        // Each map starts on a line of the cache.
        func room(_ linear: Linear) -> Int { (Panels.floatCount(linear) + 15) & ~15 }
        let count = max(16, encoder.layers.reduce(0) { $0 + linears($1).reduce(0) { $0 + room($1) } })
        memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64).bindMemory(to: Float.self, capacity: count)
        memory.initialize(repeating: 0, count: count)
        var next = memory
        func packed(_ linear: Linear) -> Panels {
            defer { next += room(linear) }
            return Panels(linear, weights, next)
        }
        func norm(_ layer: LayerNorm) -> Norm {
            Norm(gain: weights.pointer(layer.weight), shift: weights.pointer(layer.bias), epsilon: layer.epsilon)
        }
        layers = encoder.layers.map { layer in
            Layer(
                norm1: norm(layer.norm1), projection: packed(layer.attention.projection), output: packed(layer.attention.output),
                norm2: norm(layer.norm2), up: packed(layer.feedForward.up), down: packed(layer.feedForward.down))
        }
        self.norm = encoder.norm.map(norm)
    }

    deinit { UnsafeMutableRawPointer(memory).deallocate() }

    /// In place: `x` has `padded(D)` rows of `row` floats, of which the sequences take the first; `row` leaves
    /// ``LaneLoops/blockLanes`` lanes behind them. What is behind them is overwritten.
    package func apply(_ x: UnsafeMutablePointer<Float>, row: Int, _ offsets: SequenceOffsets, _ workspace: Workspace) {
        let lanes = offsets.rowCount, block = LaneLoops.blockLanes
        precondition(row >= lanes + block, "LaneTransformer: rows of \(row) floats for \(lanes) events")
        guard lanes > 0 else { return }
        let mark = workspace.mark
        let projected = workspace.floats(LaneLoops.padded(3 * width) * row)
        let attended = workspace.floats(LaneLoops.padded(width) * row)
        let normed = workspace.floats(LaneLoops.padded(width) * block)
        let activated = workspace.floats(LaneLoops.padded(hidden) * block)
        var longest = 0
        for sequence in 0..<offsets.count { longest = max(longest, offsets[sequence].count) }
        let softmax = workspace.floats((longest + 8) * block)
        for layer in layers {
            for first in stride(from: 0, to: lanes, by: block) {
                let count = min(block, lanes - first)
                apply(layer.norm1, count, x + first, row, normed, block)
                apply(layer.projection, count, normed, block, projected + first, row, .store)
            }
            laneLoops.attention(offsets.base, offsets.count, width, heads, isCausal, projected, row, attended, row, softmax)
            for first in stride(from: 0, to: lanes, by: block) {
                let count = min(block, lanes - first)
                apply(layer.output, count, attended + first, row, x + first, row, .add)
                apply(layer.norm2, count, x + first, row, normed, block)
                apply(layer.up, count, normed, block, activated, block, .activate)
                apply(layer.down, count, activated, block, x + first, row, .add)
            }
        }
        if let norm { apply(norm, lanes, x, row, x, row) }
        workspace.release(to: mark)
    }

    /// What happens to a product's sums.
    private enum Ending: Int {
        case store
        case add
        case activate
    }

    private func apply(
        _ panels: Panels, _ lanes: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ y: UnsafeMutablePointer<Float>, _ yRow: Int,
        _ ending: Ending
    ) {
        laneLoops.product(lanes, panels.outputs, panels.inputs, panels.floats, x, xRow, y, yRow, ending.rawValue)
    }

    private func apply(
        _ norm: Norm, _ lanes: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ y: UnsafeMutablePointer<Float>, _ yRow: Int
    ) {
        laneLoops.norm(lanes, width, x, xRow, norm.gain, norm.shift, norm.epsilon, y, yRow)
    }
}
