internal import SequenceKernel

/// The pooling that a configuration names: `[N, E]` rows → `[B, E]`; zeros for an empty session.
enum AnyPooling: Sendable {
    case mean

    struct Tape {}

    init(_ configuration: ModelConfiguration, in scope: inout ParameterScope) { self = .mean }

    func forward(_ rows: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let output = pass.workspace.rows(offsets.count, rows.width)
        output.clear()
        for sequence in 0..<offsets.count {
            let range = offsets[sequence]
            for row in range { vectorLoops.axpy(rows.width, 1 / Float(range.count), rows[row], output[sequence]) }
        }
        return (output, Tape())
    }

    func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        let output = pass.workspace.rows(offsets.rowCount, upstream.width)
        for sequence in 0..<offsets.count {
            let range = offsets[sequence]
            for row in range { vectorLoops.scale(upstream.width, 1 / Float(range.count), upstream[sequence], output[row]) }
        }
        return output
    }
}
