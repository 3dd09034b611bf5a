/// The weights of one gated recurrent layer and its products; which rows follow which is ``GRUEncoder``'s matter.
///
///     r = σ(W_ir x + b_ir + W_hr h + b_hr)        z = σ(W_iz x + b_iz + W_hz h + b_hz)
///     n = tanh(W_in x + b_in + r (W_hn h + b_hn))      h' = (1 - z) n + z h
///
/// Layout, names and start as PyTorch's `nn.GRU` (Cho et al., 2014, with the reset gate after the product), so that its weights load:
/// gates in the order reset, update, new, and two biases.
///
/// - Shapes: `weight_ih` `[3H, D]`, `weight_hh` `[3H, H]`, `bias_ih`, `bias_hh` `[3H]`.
public struct GRUCell: Sendable {
    /// Floats in an input row (D).
    public let inputs: Int
    /// Floats in a state (H).
    public let width: Int
    let inputWeight: Parameter
    let hiddenWeight: Parameter
    let inputBias: Parameter
    let hiddenBias: Parameter

    /// Declares the four parameters, uniform in ±1/√H.
    public init(inputs: Int, width: Int, in scope: inout ParameterScope) {
        self.inputs = inputs
        self.width = width
        inputWeight = scope.declare("weight_ih", [3 * width, inputs], .fanIn(width))
        hiddenWeight = scope.declare("weight_hh", [3 * width, width], .fanIn(width))
        inputBias = scope.declare("bias_ih", [3 * width], .fanIn(width), decays: false)
        hiddenBias = scope.declare("bias_hh", [3 * width], .fanIn(width), decays: false)
    }

    /// `W_i x + b_i` for all rows at once.
    func inputProducts(_ input: Rows, into products: Rows, _ pass: Pass) {
        vectorLoops.product(
            input.count, 3 * width, inputs, input.base, inputs, 1, pass.transposed(inputWeight), 3 * width, products.base, 3 * width, false,
            pass.weights(inputBias), nil, 0)
    }

    /// One step for some rows: `gates` comes with the input's products and leaves with r, z, n; `hidden` gets `W_h h + b_h`.
    func step(
        _ gates: Rows, hidden: Rows, previous: Rows, into state: Rows, transposed: UnsafePointer<Float>, _ bias: UnsafePointer<Float>
    ) {
        vectorLoops.product(
            previous.count, 3 * width, width, previous.base, width, 1, transposed, 3 * width, hidden.base, 3 * width, false, bias, nil, 0)
        gateLoops.gates(previous.count, width, gates.base, hidden.base, previous.base, state.base)
    }
}
