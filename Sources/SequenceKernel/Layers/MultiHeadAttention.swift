/// Scaled dot-product self-attention of every packed sequence over itself: `y = output(softmax(Q Kᵀ / √d) V)`.
///
/// A sequence attends to its own rows only, all of them or (causal) those up to itself; there is nothing to mask.
///
/// - Shapes: `x`, `y` are `[N, D]`; `qkv` is `[3D, D]`: D rows of queries, D of keys, D of values, each `heads` blocks of d = D / heads;
///   `output` is `[D, D]`.
/// - Complexity: 8 N D² + 4 D Σ T² operations forward, about twice that backward; keeps heads Σ T² floats.
public struct MultiHeadAttention: SequenceEncoder {
    /// What backward reads: input, projections, softmax weights, attended rows.
    public struct Tape: BitwiseCopyable {
        let input: Rows
        let projected: Rows
        let weights: UnsafeMutablePointer<Float>
        let attended: Rows
    }

    /// Floats in a row (D).
    public let width: Int
    /// Heads (A).
    public let heads: Int
    /// Whether a row sees only rows up to itself.
    public let isCausal: Bool
    /// Queries, keys and values in one product.
    public let projection: Linear
    /// Back from the heads.
    public let output: Linear
    /// On the softmax weights.
    public let dropout: Dropout

    /// Declares `qkv` and `output`. Traps unless `heads` divides `width`.
    public init(width: Int, heads: Int, causal: Bool = false, dropout: Float = 0, in scope: inout ParameterScope) {
        precondition(heads > 0 && width.isMultiple(of: heads), "MultiHeadAttention: \(heads) heads do not divide width \(width)")
        self.width = width
        self.heads = heads
        isCausal = causal
        projection = scope.scope("qkv") { Linear(inputs: width, outputs: 3 * width, in: &$0) }
        output = scope.scope("output") { Linear(inputs: width, outputs: width, in: &$0) }
        self.dropout = Dropout(dropout, name: "weights_dropout", in: scope)
    }

    /// `[N, D]` → `[N, D]`.
    public func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let result = pass.workspace.rows(input.count, width)
        return (result, apply(input, offsets, into: result, residual: nil, pass))
    }

    /// Forward into memory of the caller's, with `residual` (other memory) added.
    public func apply(_ input: Rows, _ offsets: SequenceOffsets, into result: Rows, residual: Rows?, _ pass: Pass) -> Tape {
        precondition(
            offsets.rowCount == input.count, "MultiHeadAttention: \(input.count) rows, but the offsets end at \(offsets.rowCount)")
        let projected = pass.workspace.rows(input.count, 3 * width)
        projection.apply(input, into: projected, pass)
        let attended = pass.workspace.rows(input.count, width)
        let sizes = Sizes(offsets, heads)
        let weights = pass.workspace.floats(sizes.weights)
        let key = dropout.key(pass)
        let mark = pass.workspace.mark
        let scratch = pass.workspace.floats(sizes.scratch(depth: width / heads, blocks: 1))
        vectorLoops.attention(
            offsets.base, offsets.count, width, heads, isCausal, projected.base, attended.base, weights, scratch, key ?? 0,
            key == nil ? 0 : dropout.probability)
        pass.workspace.release(to: mark)
        output.apply(attended, into: result, residual: residual, pass)
        return Tape(input: input, projected: projected, weights: weights, attended: attended)
    }

    /// Gradient of the output → gradient of the input.
    public func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        let result = pass.workspace.rows(upstream.count, width)
        let mark = pass.workspace.mark
        let dAttended = pass.workspace.rows(upstream.count, width)
        output.backward(upstream, tape.attended, into: dAttended, pass)
        let dProjected = pass.workspace.rows(upstream.count, 3 * width)
        let key = dropout.key(pass)
        let scratch = pass.workspace.floats(Sizes(offsets, heads).scratch(depth: width / heads, blocks: 2))
        vectorLoops.attentionBackward(
            offsets.base, offsets.count, width, heads, isCausal, tape.projected.base, tape.weights, dAttended.base, dProjected.base,
            scratch, key ?? 0, key == nil ? 0 : dropout.probability)
        projection.backward(dProjected, tape.input, into: result, pass)
        pass.workspace.release(to: mark)
        return result
    }

    /// Floats that the loops need for these sequences: rows of weights are padded to whole vectors.
    private struct Sizes {
        var weights = 0
        private var longest = 0

        init(_ offsets: SequenceOffsets, _ heads: Int) {
            for sequence in 0..<offsets.count {
                let count = offsets[sequence].count
                weights += heads * count * Self.padded(count)
                longest = max(longest, count)
            }
        }

        func scratch(depth: Int, blocks: Int) -> Int { (2 * depth + blocks * longest) * Self.padded(longest) }

        private static func padded(_ count: Int) -> Int { (count + 15) & ~15 }
    }
}
