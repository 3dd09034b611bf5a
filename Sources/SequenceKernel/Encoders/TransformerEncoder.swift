/// A stack of pre-norm Transformer layers with a norm behind the last: packed events in, hidden states out.
///
/// Places are not part of it: add them before with ``PositionEncoding`` or a continuous-time encoding.
///
/// - Shapes: `[N, D]` → `[N, D]`.
public struct TransformerEncoder: SequenceEncoder {
    /// Sizes and switches.
    public struct Settings: Sendable, Hashable, Codable {
        /// Floats in a row (D).
        public var width: Int
        /// Attention heads (A); divides `width`.
        public var heads: Int
        /// Layers.
        public var layers: Int
        /// Width of the feed-forward part (F).
        public var hidden: Int
        /// Whether a row sees only rows up to itself.
        public var isCausal: Bool
        /// On both branches of every layer.
        public var dropout: Float
        /// On the softmax weights.
        public var attentionDropout: Float
        /// Whether a norm follows the last layer.
        public var hasFinalNorm: Bool

        /// Four times the width inside the feed-forward part unless said otherwise.
        public init(
            width: Int, heads: Int, layers: Int, hidden: Int? = nil, isCausal: Bool = false, dropout: Float = 0,
            attentionDropout: Float = 0, hasFinalNorm: Bool = true
        ) {
            self.width = width
            self.heads = heads
            self.layers = layers
            self.hidden = hidden ?? 4 * width
            self.isCausal = isCausal
            self.dropout = dropout
            self.attentionDropout = attentionDropout
            self.hasFinalNorm = hasFinalNorm
        }
    }

    /// Tapes of the layers in order, and of the norm.
    public struct Tape {
        let layers: WorkspaceList<TransformerLayer.Tape>
        let norm: LayerNorm.Tape?
    }

    /// The layers in order.
    public let layers: [TransformerLayer]
    /// Behind the last layer.
    public let norm: LayerNorm?
    /// Floats in a row (D).
    public let width: Int

    /// Declares `layers.0`, `layers.1`, … and `norm`.
    public init(_ settings: Settings, in scope: inout ParameterScope) {
        width = settings.width
        layers = (0..<settings.layers).map { index in
            scope.scope("layers.\(index)") {
                TransformerLayer(
                    width: settings.width, heads: settings.heads, hidden: settings.hidden, causal: settings.isCausal,
                    dropout: settings.dropout, attentionDropout: settings.attentionDropout, in: &$0)
            }
        }
        norm = settings.hasFinalNorm ? scope.scope("norm") { LayerNorm(width: settings.width, in: &$0) } : nil
    }

    /// `[N, D]` → `[N, D]`.
    public func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        precondition(input.width == width, "TransformerEncoder: width \(width), input is [\(input.count), \(input.width)]")
        guard pass.isTraining else {
            return (infer(input, offsets, pass), Tape(layers: WorkspaceList(capacity: 0, in: pass.workspace), norm: nil))
        }
        var rows = input
        var tapes = WorkspaceList<TransformerLayer.Tape>(capacity: layers.count, in: pass.workspace)
        for layer in layers {
            let (output, tape) = layer.forward(rows, offsets, pass)
            tapes.append(tape)
            rows = output
        }
        guard let norm else { return (rows, Tape(layers: tapes, norm: nil)) }
        let (output, tape) = norm.forward(rows, pass)
        return (output, Tape(layers: tapes, norm: tape))
    }

    /// Without tapes, two blocks of rows take turns and each layer's scratch is taken back.
    private func infer(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> Rows {
        var rows = input
        var next = pass.workspace.rows(input.count, width)
        var spare = pass.workspace.rows(input.count, width)
        let mark = pass.workspace.mark
        for layer in layers {
            _ = layer.apply(rows, offsets, into: next, pass)
            rows = next
            swap(&next, &spare)
            pass.workspace.release(to: mark)
        }
        guard let norm else { return rows }
        _ = norm.apply(rows, into: next, pass)
        pass.workspace.release(to: mark)
        return next
    }

    /// Gradient of the output → gradient of the input.
    public func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        var gradient = upstream
        if let norm, let normTape = tape.norm { gradient = norm.backward(gradient, normTape, pass) }
        for index in layers.indices.reversed() { gradient = layers[index].backward(gradient, offsets, tape.layers[index], pass) }
        return gradient
    }
}
