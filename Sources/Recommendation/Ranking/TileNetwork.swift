package import SequenceKernel

/// Scores of the tiles of impressions:
///
///     s(c, t) = u(c) · v(t) / √E  +  MLP[t, u(c), u(c) ⊙ v(t)]  +  w · t  (+ e(position), in training only)
///     u(c) = MLP(c) + A c,  v(t) = MLP(t) + embedding of the tile's name
///
/// - Shapes: B impressions with `c` `[B, C]`, N tiles over all of them with `t` `[N, F]`; `u` `[B, E]`, `v` `[N, E]`, `s` `[N, 1]`.
/// - Complexity: 2 N H (2 F + 4 E) operations forward, H the hidden floats.
package struct TileNetwork: Sendable {
    /// C.
    let contextWidth: Int
    /// F.
    let tileWidth: Int
    /// E.
    let width: Int
    /// Row of tiles that are not in the catalogue.
    let unknown: Int32
    /// All declarations.
    package let parameters: ParameterScope
    private let contextTower: FeedForward
    private let contextMap: Linear
    private let tileTower: FeedForward
    private let identity: Embedding
    private let joint: FeedForward
    private let linear: Linear
    private let inputDropout: (context: Dropout, tile: Dropout)
    /// Effect of each place on the click, `[P]`; place 0 is unknown and stays without.
    let examination: Parameter?

    /// - Parameters:
    ///   - catalogue: tiles with a name.
    ///   - positions: places with an effect of their own; 0 for none.
    package init(
        context: Int, tile: Int, catalogue: Int, hidden: Int, width: Int, positions: Int, inputDropout: Float = 0, dropout: Float = 0
    ) {
        var scope = ParameterScope()
        (contextWidth, tileWidth, self.width, unknown) = (context, tile, width, Int32(catalogue))
        func perceptron(_ name: String, _ inputs: Int, _ outputs: Int) -> FeedForward {
            scope.scope(name) { FeedForward(inputs: inputs, hidden: hidden, outputs: outputs, dropout: dropout, in: &$0) }
        }
        contextTower = perceptron("context", context, width)
        contextMap = scope.scope("contextMap") { Linear(inputs: context, outputs: width, bias: false, in: &$0) }
        tileTower = perceptron("tile", tile, width)
        identity = scope.scope("identity") { Embedding(count: catalogue + 1, width: width, initializer: .normal(0.1), in: &$0) }
        joint = perceptron("joint", tile + 2 * width, 1)
        linear = scope.scope("linear") { Linear(inputs: tile, outputs: 1, bias: false, in: &$0) }
        self.inputDropout = (
            Dropout(inputDropout, name: "context.input", in: scope), Dropout(inputDropout, name: "tile.input", in: scope)
        )
        examination = positions > 0 ? scope.declare("examination.weight", [positions + 1], .zeros) : nil
        parameters = scope
    }

    /// Impressions as the network reads them; memory of the caller's.
    package struct Input {
        /// `[B, C]`.
        let context: Rows
        /// `[N, F]`.
        let tiles: Rows
        /// Rows of each impression.
        let offsets: SequenceOffsets
        /// Place in the catalogue or ``TileNetwork/unknown``, `[N]`.
        let ids: UnsafePointer<Int32>
        /// Places where tiles were shown, `[N]`; nil at scoring.
        let positions: UnsafePointer<Int32>?
    }

    /// What backward needs.
    struct Tape {
        let input: Input
        let contextTape: FeedForward.Tape
        let tileTape: FeedForward.Tape
        let jointTape: FeedForward.Tape
        let context: Rows
        let tiles: Rows
    }

    /// → `[N, 1]`. In training some of the inputs are dropped, in place.
    func forward(_ input: Input, _ pass: Pass) -> (scores: Rows, tape: Tape) {
        let (contextRows, _) = inputDropout.context.forward(input.context, pass)
        let (tileRows, _) = inputDropout.tile.forward(input.tiles, pass)
        let (bent, contextTape) = contextTower.forward(contextRows, pass)
        let u = pass.workspace.rows(contextRows.count, width)
        contextMap.apply(contextRows, into: u, residual: bent, pass)
        let v = pass.workspace.rows(tileRows.count, width)
        identity.forward(input.ids, rows: tileRows.count, into: v.base, stride: width, pass)
        let (ownV, tileTape) = tileTower.forward(tileRows, pass)
        for index in 0..<v.scalarCount { v.base[index] += ownV.base[index] }
        let joined = pass.workspace.rows(tileRows.count, tileWidth + 2 * width)
        let scores = pass.workspace.rows(tileRows.count, 1)
        let product = pass.workspace.rows(tileRows.count, 1)
        let scale = 1 / Float(width).squareRoot()
        for impression in 0..<input.offsets.count {
            let own = u[impression]
            for row in input.offsets[impression] {
                let target = joined[row], other = v[row]
                target.update(from: tileRows[row], count: tileWidth)
                var sum: Float = 0
                for k in 0..<width {
                    let both = own[k] * other[k]
                    target[tileWidth + k] = own[k]
                    target[tileWidth + width + k] = both
                    sum += both
                }
                product.base[row] = sum * scale
            }
        }
        linear.apply(tileRows, into: scores, residual: product, pass)
        let (mixed, jointTape) = joint.forward(joined, pass)
        for row in 0..<scores.count { scores.base[row] += mixed.base[row] }
        if let examination, let positions = input.positions {
            let effects = pass.weights(examination)
            for row in 0..<scores.count { scores.base[row] += effects[place(positions[row], examination)] }
        }
        let tape = Tape(
            input: input, contextTape: contextTape, tileTape: tileTape, jointTape: jointTape, context: u, tiles: v)
        return (scores, tape)
    }

    /// Gradient of the scores `[N, 1]` → gradients of the weights.
    func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) {
        let input = tape.input
        if let examination, let positions = input.positions {
            let gradient = pass.gradient(examination)
            for row in 0..<upstream.count where positions[row] > 0 { gradient[place(positions[row], examination)] += upstream.base[row] }
        }
        linear.backward(upstream, input.tiles, into: nil, pass)
        // A layer may overwrite what it is given, and the scores' gradient is needed again below.
        let copy = pass.workspace.rows(upstream.count, 1)
        copy.base.update(from: upstream.base, count: upstream.count)
        let joined = joint.backward(copy, tape.jointTape, pass)
        let du = pass.workspace.rows(input.offsets.count, width), dv = pass.workspace.rows(upstream.count, width)
        let named = pass.workspace.rows(upstream.count, width)
        du.clear()
        let scale = 1 / Float(width).squareRoot()
        for impression in 0..<input.offsets.count {
            let own = tape.context[impression], gradient = du[impression]
            for row in input.offsets[impression] {
                let source = joined[row] + tileWidth, other = tape.tiles[row]
                let above = upstream.base[row] * scale
                for k in 0..<width {
                    let both = source[width + k] + above
                    gradient[k] += source[k] + both * other[k]
                    dv[row][k] = both * own[k]
                    named[row][k] = both * own[k]
                }
            }
        }
        identity.backward(named.base, stride: width, input.ids, rows: upstream.count, pass)
        _ = tileTower.backward(dv, tape.tileTape, pass)
        contextMap.backward(du, input.context, into: nil, pass)
        _ = contextTower.backward(du, tape.contextTape, pass)
    }

    /// Places beyond the last one known share its effect.
    private func place(_ position: Int32, _ examination: Parameter) -> Int { min(Int(position), examination.count - 1) }
}
