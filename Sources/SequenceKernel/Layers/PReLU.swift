/// `max(0, x) + α min(0, x)` with one learnt slope (He et al., 2015; equation 14 of Guo et al., 2020).
///
/// - Shapes: `[N, D]` → `[N, D]`; `slope` is `[1]`.
public struct PReLU: Layer {
    /// The input rows.
    public typealias Tape = Rows

    /// α.
    public let slope: Parameter

    /// Declares `slope`, which starts at 0.5 unless said otherwise.
    public init(slope: Float = 0.5, in scope: inout ParameterScope) {
        self.slope = scope.declare("slope", [1], .constant(slope), decays: false)
    }

    /// Into other memory than the input's.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Rows) {
        let output = pass.workspace.rows(input.count, input.width)
        let slope = pass.weights(self.slope)[0]
        for row in 0..<input.count { gateLoops.rectify(input.width, slope, input[row], output[row]) }
        return (output, input)
    }

    /// In place: `upstream` itself is changed and returned.
    public func backward(_ upstream: Rows, _ tape: Rows, _ pass: Pass) -> Rows {
        pass.gradient(slope)[0] += gateLoops.rectifyBackward(
            upstream.scalarCount, pass.weights(slope)[0], tape.base, upstream.base, upstream.base)
        return upstream
    }
}
