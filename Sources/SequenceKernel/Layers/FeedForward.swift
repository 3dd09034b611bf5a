/// `y = down(dropout(gelu(up(x))))`, with GELU by the error function.
///
/// - Shapes: `x` is `[N, D]`, `y` is `[N, O]`, with O = D unless said; `up` is `[F, D]`, `down` is `[O, F]`.
/// - Complexity: 2 N F (D + O) operations forward, twice that backward. Blocks of rows go through both products while they are in cache.
public struct FeedForward: Layer {
    /// Input, activated rows, and the activation's derivative at each.
    public struct Tape: BitwiseCopyable {
        let input: Rows
        let hidden: Rows
        let slope: Rows
    }

    /// D → F.
    public let up: Linear
    /// F → O.
    public let down: Linear
    /// Between the two; none in an encoder's layers.
    private let dropout: Dropout?

    /// Rows taken through the layer together: a multiple of every product's row block, small enough for the second-level cache.
    private static let block = 48

    /// Declares `up` and `down`.
    public init(width: Int, hidden: Int, in scope: inout ParameterScope) {
        self.init(inputs: width, hidden: hidden, outputs: width, in: &scope)
    }

    /// Declares `up` and `down` of a perceptron whose output has another width than its input.
    /// - Parameter dropout: chance of a hidden float to be dropped in training.
    public init(inputs: Int, hidden: Int, outputs: Int, dropout: Float = 0, in scope: inout ParameterScope) {
        up = scope.scope("up") { Linear(inputs: inputs, outputs: hidden, in: &$0) }
        down = scope.scope("down") { Linear(inputs: hidden, outputs: outputs, in: &$0) }
        self.dropout = dropout > 0 ? Dropout(dropout, in: scope) : nil
    }

    /// `[N, D]` → `[N, O]`.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let output = pass.workspace.rows(input.count, down.outputs)
        return (output, apply(input, into: output, residual: nil, pass))
    }

    /// Forward into memory of the caller's, with `residual` (other memory) added.
    public func apply(_ input: Rows, into output: Rows, residual: Rows?, _ pass: Pass) -> Tape {
        let upTransposed = pass.transposed(up.weight), downTransposed = pass.transposed(down.weight)
        let training = pass.isTraining
        let kept = training ? input.count : min(Self.block, input.count)
        let hidden = pass.workspace.rows(kept, up.outputs)
        let slope = training ? pass.workspace.rows(kept, up.outputs) : hidden
        for rows in Self.blocks(input.count) {
            let place = training ? rows : 0..<rows.count
            let activated = hidden.rows(place)
            if training {
                let before = slope.rows(place)
                up.apply(input.rows(rows), transposed: upTransposed, into: before, pass)
                vectorLoops.geluWithSlope(before.scalarCount, before.base, activated.base, before.base)
                drop(activated, rows, pass)
            } else {
                up.apply(input.rows(rows), transposed: upTransposed, into: activated, pass)
                vectorLoops.gelu(activated.scalarCount, activated.base, activated.base)
            }
            down.apply(activated, transposed: downTransposed, into: output.rows(rows), residual: residual?.rows(rows), pass)
        }
        return Tape(input: input, hidden: hidden, slope: slope)
    }

    /// Gradient of the output → gradient of the input.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let result = pass.workspace.rows(upstream.count, up.inputs)
        let scratch = pass.workspace.rows(min(Self.block, upstream.count), up.outputs)
        for rows in Self.blocks(upstream.count) {
            let gradient = scratch.rows(0..<rows.count)
            down.backward(upstream.rows(rows), tape.hidden.rows(rows), into: gradient, pass)
            drop(gradient, rows, pass)
            vectorLoops.multiply(gradient.scalarCount, gradient.base, tape.slope.rows(rows).base, gradient.base)
            up.backward(gradient, tape.input.rows(rows), into: result.rows(rows), pass)
        }
        return result
    }

    /// Each block of rows has masks of its own, the same forward and backward.
    private func drop(_ floats: Rows, _ rows: Range<Int>, _ pass: Pass) {
        guard let dropout, let key = dropout.key(pass) else { return }
        let own = RandomSource.mix(key ^ UInt64(rows.lowerBound))
        vectorLoops.dropout(floats.scalarCount, own, dropout.probability, floats.base, floats.base)
    }

    private static func blocks(_ count: Int) -> some Sequence<Range<Int>> {
        stride(from: 0, to: count, by: block).lazy.map { $0..<min($0 + block, count) }
    }
}
