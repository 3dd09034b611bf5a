internal import SequenceKernel

/// The sequence encoder that a configuration names.
enum AnyEncoder: Sendable {
    case transformer(TransformerEncoder)
    case gru(GRUEncoder)

    enum Tape {
        case transformer(TransformerEncoder.Tape)
        case gru(GRUEncoder.Tape)
    }

    init(_ configuration: ModelConfiguration, in scope: inout ParameterScope) {
        switch configuration.encoder {
        case .transformer:
            self = .transformer(
                TransformerEncoder(
                    .init(
                        width: configuration.width, heads: configuration.heads, layers: configuration.layers,
                        hidden: configuration.feedForward, isCausal: configuration.attention == .causal, dropout: configuration.dropout,
                        attentionDropout: configuration.dropout), in: &scope))
        case .gru:
            self = .gru(
                GRUEncoder(
                    inputs: configuration.width, width: configuration.width, layers: configuration.layers, dropout: configuration.dropout,
                    in: &scope))
        }
    }

    func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        switch self {
        case .transformer(let encoder):
            let (output, tape) = encoder.forward(input, offsets, pass)
            return (output, .transformer(tape))
        case .gru(let encoder):
            let (output, tape) = encoder.forward(input, offsets, pass)
            return (output, .gru(tape))
        }
    }

    func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        switch (self, tape) {
        case (.transformer(let encoder), .transformer(let tape)): return encoder.backward(upstream, offsets, tape, pass)
        case (.gru(let encoder), .gru(let tape)): return encoder.backward(upstream, offsets, tape, pass)
        default: preconditionFailure("AnyEncoder: a tape of another encoder")
        }
    }
}
