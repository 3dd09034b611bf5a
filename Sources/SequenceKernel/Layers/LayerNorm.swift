/// `y = (x - mean) / √(variance + ε) · weight + bias`, row by row; variance over D, ε = 1e-5, as PyTorch's `nn.LayerNorm`.
///
/// - Shapes: `x`, `y` are `[N, D]`; `weight`, `bias` are `[D]`.
public struct LayerNorm: Layer {
    /// The input rows, and mean and 1/√ of each.
    public struct Tape: BitwiseCopyable {
        let input: Rows
        let statistics: UnsafeMutablePointer<Float>
    }

    /// Floats in a row (D).
    public let width: Int
    /// Multiplies the normed row; starts at 1.
    public let weight: Parameter
    /// Added to the normed row; starts at 0.
    public let bias: Parameter
    /// ε.
    public let epsilon: Float

    /// Declares `weight` and `bias`.
    public init(width: Int, epsilon: Float = 1e-5, in scope: inout ParameterScope) {
        self.width = width
        self.epsilon = epsilon
        weight = scope.declare("weight", [width], .ones, decays: false)
        bias = scope.declare("bias", [width], .zeros, decays: false)
    }

    /// `[N, D]` → `[N, D]`.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let output = pass.workspace.rows(input.count, width)
        return (output, apply(input, into: output, pass))
    }

    /// Forward into memory of the caller's, which may be the input's only at inference.
    public func apply(_ input: Rows, into output: Rows, _ pass: Pass) -> Tape {
        precondition(input.width == width, "\(weight.name) [\(width)]: input is [\(input.count), \(input.width)]")
        let statistics = pass.workspace.floats(2 * input.count)
        vectorLoops.layerNorm(
            input.count, width, input.base, pass.weights(weight), pass.weights(bias), epsilon, output.base, statistics)
        return Tape(input: input, statistics: statistics)
    }

    /// Overwrites `upstream` with the input's gradient and returns it.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows { backward(upstream, tape, residual: nil, pass) }

    /// As ``backward(_:_:_:)``, with the gradient that went round the norm on a residual branch added.
    public func backward(_ upstream: Rows, _ tape: Tape, residual: Rows?, _ pass: Pass) -> Rows {
        precondition(
            upstream.width == width && upstream.count == tape.input.count,
            "\(weight.name) [\(width)]: gradient is [\(upstream.count), \(upstream.width)] for \(tape.input.count) rows")
        vectorLoops.layerNormBackward(
            upstream.count, width, tape.input.base, pass.weights(weight), tape.statistics, upstream.base,
            residual.map { UnsafePointer($0.base) }, upstream.base, pass.gradient(weight), pass.gradient(bias))
        return upstream
    }
}
