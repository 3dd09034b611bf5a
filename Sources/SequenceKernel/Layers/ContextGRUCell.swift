/// Which form of the recurrence a ``ContextGRUCell`` has.
public struct ContextGRUForm: Sendable, Hashable, Codable {
    /// What the time between two rows does.
    public enum TimeGate: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing: there is no time gate.
        case none
        /// It scales what is new: `h = (1 - u) h' + u T p`. The old state fades even where the time gate is closed.
        case literal
        /// It scales the update: `h = (1 - u T) h' + u T p`, which stays within the bounds of what it mixes.
        case coupled
    }

    /// What the time between two rows does.
    public var timeGate: TimeGate
    /// Whether the candidate reads the previous state as it is, beside the one that the reset gate lets through.
    public var candidateSeesRawState: Bool

    /// See the properties.
    public init(timeGate: TimeGate, candidateSeesRawState: Bool) {
        (self.timeGate, self.candidateSeesRawState) = (timeGate, candidateSeesRawState)
    }

    /// Equations 2 to 6 of Guo et al., 2020, as printed.
    public static let timeAware = ContextGRUForm(timeGate: .literal, candidateSeesRawState: true)
    /// Equations 8 to 11 of the same.
    public static let contextAware = ContextGRUForm(timeGate: .none, candidateSeesRawState: false)
}

/// The weights of a gated recurrence whose gates read a context beside row and state, and which may know the time between rows (Guo et
/// al., 2020, arXiv:2008.07796, equations 2 to 6 and 8 to 11). Which rows follow which is ``ContextGRUEncoder``'s matter.
///
///     r = σ(W_r [x; h; c] + b_r)        u = σ(W_u [x; h; c] + b_u)        p = tanh(W_p [x; (h;) c; r h] + b_p)
///     T = σ(W_m (x + σ(q t)) + b_m)     h ← (1 - u) h + u T p
///
/// The reset gate acts before the product, unlike in ``GRUCell``. A matrix over `[x; h; c]` is kept as its blocks of columns, so that what
/// does not depend on the state is one product over all rows; gates in the order reset, update, candidate.
///
/// - Shapes: `weight_ih` `[3H, D]`, `weight_hh` `[2H, H]` (`[3H, H]` where the candidate sees the raw state), `weight_rh` `[H, H]`,
///   `weight_ch` `[3H, C]` where there is a context, `bias` `[3H]`; with a time gate `time.weight` `[H, D]`, `time.scale` `[D]`,
///   `time.bias` `[H]`.
public struct ContextGRUCell: Sendable {
    /// Floats in an input row (D).
    public let inputs: Int
    /// Floats in a state (H).
    public let width: Int
    /// Floats in a context (C); 0 for none.
    public let context: Int
    /// Which form of the recurrence.
    public let form: ContextGRUForm
    let inputWeight: Parameter
    let hiddenWeight: Parameter
    let resetWeight: Parameter
    let contextWeight: Parameter?
    let bias: Parameter
    let time: TimeGate?

    /// The weights of T.
    struct TimeGate: Sendable {
        let weight: Parameter
        let scale: Parameter
        let bias: Parameter
    }

    /// Declares the parameters, uniform in ±1/√H as ``GRUCell``; `time.scale` normal with deviation 1.
    public init(inputs: Int, width: Int, context: Int = 0, form: ContextGRUForm, in scope: inout ParameterScope) {
        precondition(inputs > 0 && width > 0 && context >= 0, "ContextGRUCell: \(inputs) inputs, width \(width), context \(context)")
        (self.inputs, self.width, self.context, self.form) = (inputs, width, context, form)
        inputWeight = scope.declare("weight_ih", [3 * width, inputs], .fanIn(width))
        hiddenWeight = scope.declare("weight_hh", [(form.candidateSeesRawState ? 3 : 2) * width, width], .fanIn(width))
        resetWeight = scope.declare("weight_rh", [width, width], .fanIn(width))
        contextWeight = context > 0 ? scope.declare("weight_ch", [3 * width, context], .fanIn(width)) : nil
        bias = scope.declare("bias", [3 * width], .fanIn(width), decays: false)
        time =
            form.timeGate == .none
            ? nil
            : scope.scope("time") { scope in
                TimeGate(
                    weight: scope.declare("weight", [width, inputs], .fanIn(width)),
                    scale: scope.declare("scale", [inputs], .normal(1), decays: false),
                    bias: scope.declare("bias", [width], .fanIn(width), decays: false))
            }
    }

    /// Columns of `weight_hh`'s product.
    var stateProducts: Int { hiddenWeight.shape[0] }

    /// What a product with the weights of the cell reads, up to date for one pass.
    struct Transposes {
        let hidden: UnsafePointer<Float>
        let reset: UnsafePointer<Float>
    }

    func transposes(_ pass: Pass) -> Transposes { Transposes(hidden: pass.transposed(hiddenWeight), reset: pass.transposed(resetWeight)) }

    /// One step for some rows: `gates` comes with the products of input and context and leaves with r, u, p; `reset` gets r h. The rows
    /// of a first step have no previous state to multiply.
    func step(
        _ gates: Rows, reset: Rows, openness: Rows?, previous: Rows, into states: Rows, isFirst: Bool, _ transposes: Transposes
    ) {
        let count = gates.count, columns = 3 * width
        if !isFirst {
            vectorLoops.product(
                count, stateProducts, width, previous.base, width, 1, transposes.hidden, stateProducts, gates.base, columns, true, nil, nil,
                0)
        }
        gateLoops.resets(count, width, gates.base, previous.base, reset.base)
        if !isFirst {
            vectorLoops.product(
                count, width, width, reset.base, width, 1, transposes.reset, width, gates.base + 2 * width, columns, true, nil, nil, 0)
        }
        gateLoops.states(
            count, width, gates.base, openness.map { UnsafePointer($0.base) }, form.timeGate == .coupled, previous.base, states.base)
    }

    /// Backward of ``step(_:reset:openness:previous:into:isFirst:_:)``: `gates` and `openness` leave with the gradients of what went into
    /// their functions, and `earlier` (nil at a first step) gets the previous state's gradient added. `scratch` is as large as `previous`.
    func stepBackward(
        _ upstream: UnsafePointer<Float>, _ gates: Rows, openness: Rows?, previous: Rows, earlier: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let count = gates.count, columns = 3 * width
        gateLoops.statesBackward(
            count, width, upstream, gates.base, openness?.base, form.timeGate == .coupled, previous.base, earlier)
        guard let earlier else {
            for row in 0..<count { gates[row].update(repeating: 0, count: width) }
            return
        }
        vectorLoops.product(
            count, width, width, gates.base + 2 * width, columns, 1, pass.weights(resetWeight), width, scratch, width, false, nil, nil, 0)
        gateLoops.resetsBackward(count, width, scratch, gates.base, previous.base, earlier)
        vectorLoops.product(
            count, width, stateProducts, gates.base, columns, 1, pass.weights(hiddenWeight), width, earlier, width, true, nil, nil, 0)
    }
}
