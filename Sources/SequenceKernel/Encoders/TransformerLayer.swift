/// One pre-norm Transformer layer: `x + output(attention(norm1 x))`, then `x + down(gelu(up(norm2 x)))`.
///
/// Dropout, where given, acts on the softmax weights and on both branches before they are added.
///
/// - Shapes: `[N, D]` → `[N, D]`.
/// - Complexity: 8 N D² + 4 N D F + 4 D Σ T² operations forward, twice that backward.
public struct TransformerLayer: SequenceEncoder {
    /// Tapes of the four parts.
    public struct Tape: BitwiseCopyable {
        let norm1: LayerNorm.Tape
        let attention: MultiHeadAttention.Tape
        let norm2: LayerNorm.Tape
        let feedForward: FeedForward.Tape
    }

    /// Before attention.
    public let norm1: LayerNorm
    /// The first branch.
    public let attention: MultiHeadAttention
    /// Before the feed-forward part.
    public let norm2: LayerNorm
    /// The second branch.
    public let feedForward: FeedForward
    private let dropout1: Dropout
    private let dropout2: Dropout

    /// Declares `norm1`, `attention`, `norm2` and `feed_forward`.
    public init(
        width: Int, heads: Int, hidden: Int, causal: Bool = false, dropout: Float = 0, attentionDropout: Float = 0,
        in scope: inout ParameterScope
    ) {
        norm1 = scope.scope("norm1") { LayerNorm(width: width, in: &$0) }
        attention = scope.scope("attention") {
            MultiHeadAttention(width: width, heads: heads, causal: causal, dropout: attentionDropout, in: &$0)
        }
        norm2 = scope.scope("norm2") { LayerNorm(width: width, in: &$0) }
        feedForward = scope.scope("feed_forward") { FeedForward(width: width, hidden: hidden, in: &$0) }
        dropout1 = Dropout(dropout, name: "dropout1", in: scope)
        dropout2 = Dropout(dropout, name: "dropout2", in: scope)
    }

    /// Floats in a row (D).
    public var width: Int { norm1.width }

    /// `[N, D]` → `[N, D]`.
    public func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let output = pass.workspace.rows(input.count, width)
        return (output, apply(input, offsets, into: output, pass))
    }

    /// Forward into memory of the caller's, other than the input's.
    func apply(_ input: Rows, _ offsets: SequenceOffsets, into output: Rows, _ pass: Pass) -> Tape {
        let workspace = pass.workspace
        let between = workspace.rows(input.count, width)
        let normed1 = workspace.rows(input.count, width)
        let tape1 = norm1.apply(input, into: normed1, pass)
        let attentionTape = attention.apply(
            normed1, offsets, into: between, residual: dropout1.key(pass) == nil ? input : nil, pass)
        if dropout1.key(pass) != nil {
            _ = dropout1.forward(between, pass)
            vectorLoops.add(input.scalarCount, input.base, between.base, between.base)
        }
        let normed2 = workspace.rows(input.count, width)
        let tape2 = norm2.apply(between, into: normed2, pass)
        let feedForwardTape = feedForward.apply(normed2, into: output, residual: dropout2.key(pass) == nil ? between : nil, pass)
        if dropout2.key(pass) != nil {
            _ = dropout2.forward(output, pass)
            vectorLoops.add(input.scalarCount, between.base, output.base, output.base)
        }
        return Tape(norm1: tape1, attention: attentionTape, norm2: tape2, feedForward: feedForwardTape)
    }

    /// Gradient of the output → gradient of the input.
    public func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        let dNormed2 = feedForward.backward(dropout2.masked(upstream, pass), tape.feedForward, pass)
        let dBetween = norm2.backward(dNormed2, tape.norm2, residual: upstream, pass)
        let dNormed1 = attention.backward(dropout1.masked(dBetween, pass), offsets, tape.attention, pass)
        return norm1.backward(dNormed1, tape.norm1, residual: dBetween, pass)
    }
}
