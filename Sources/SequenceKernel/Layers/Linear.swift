/// `y = x Wᵀ + b`.
///
/// - Shapes: `x` is `[N, I]`, `W` is `[O, I]`, `b` is `[O]`, `y` is `[N, O]`.
/// - Complexity: 2 N I O operations forward, twice that backward.
public struct Linear: Layer {
    /// The input rows; the layer does not copy them.
    public typealias Tape = Rows

    /// Floats in an input row (I).
    public let inputs: Int
    /// Floats in an output row (O).
    public let outputs: Int
    /// W.
    public let weight: Parameter
    /// b; nil for a layer without.
    public let bias: Parameter?

    /// Declares `weight` and `bias`, uniform in ±1/√I as PyTorch's `nn.Linear`.
    public init(inputs: Int, outputs: Int, bias: Bool = true, in scope: inout ParameterScope) {
        self.inputs = inputs
        self.outputs = outputs
        weight = scope.declare("weight", [outputs, inputs], .fanIn(inputs))
        self.bias = bias ? scope.declare("bias", [outputs], .fanIn(inputs), decays: false) : nil
    }

    /// `[N, I]` → `[N, O]`.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Rows) {
        let output = pass.workspace.rows(input.count, outputs)
        apply(input, into: output, pass)
        return (output, input)
    }

    /// Forward into memory of the caller's, with `residual` added; `residual` must be other memory than `output`.
    public func apply(_ input: Rows, into output: Rows, residual: Rows? = nil, _ pass: Pass) {
        check(input, inputs, "input")
        check(output, outputs, "output")
        apply(input, transposed: pass.transposed(weight), into: output, residual: residual, pass)
    }

    /// As ``apply(_:into:residual:_:)`` with the transposed weight already at hand.
    func apply(_ input: Rows, transposed: UnsafePointer<Float>, into output: Rows, residual: Rows? = nil, _ pass: Pass) {
        if let reduced = pass.reduced,
            reduced.multiply(
                input, by: weight, bias: bias.map { UnsafePointer(pass.weights($0)) }, residual: residual, into: output, pass.workspace)
        {
            return
        }
        vectorLoops.product(
            input.count, outputs, inputs, input.base, inputs, 1, transposed, outputs, output.base, outputs, false,
            bias.map { UnsafePointer(pass.weights($0)) }, residual.map { UnsafePointer($0.base) }, outputs)
    }

    /// `[N, O]` → `[N, I]`; adds `dW += dYᵀ X` and `db += Σ dY`.
    public func backward(_ upstream: Rows, _ tape: Rows, _ pass: Pass) -> Rows {
        let result = pass.workspace.rows(upstream.count, inputs)
        backward(upstream, tape, into: result, pass)
        return result
    }

    /// Backward into memory of the caller's; without `result` the input's gradient is not computed.
    public func backward(_ upstream: Rows, _ input: Rows, into result: Rows?, accumulates: Bool = false, _ pass: Pass) {
        check(upstream, outputs, "gradient")
        vectorLoops.product(
            outputs, inputs, upstream.count, upstream.base, 1, outputs, input.base, inputs, pass.gradient(weight), inputs, true, nil, nil, 0
        )
        if let bias { vectorLoops.columnSums(upstream.count, outputs, upstream.base, outputs, pass.gradient(bias)) }
        if let result {
            check(result, inputs, "input gradient")
            vectorLoops.product(
                upstream.count, inputs, outputs, upstream.base, outputs, 1, pass.weights(weight), inputs, result.base, inputs, accumulates,
                nil, nil, 0)
        }
    }

    private func check(_ rows: Rows, _ width: Int, _ what: String) {
        precondition(rows.width == width, "\(weight.name) \(weight.shape): \(what) is [\(rows.count), \(rows.width)]")
    }
}

extension Pass {
    /// The transpose `[I, O]` of a weight `[O, I]`: from the cache, or made in the workspace.
    public func transposed(_ weight: Parameter) -> UnsafePointer<Float> {
        if let transposes { return transposes.pointer(weight) }
        let outputs = weight.shape[0], inputs = weight.shape[1]
        let copy = workspace.floats(outputs * inputs)
        vectorLoops.transpose(outputs, inputs, weights(weight), inputs, copy, outputs)
        return UnsafePointer(copy)
    }
}
