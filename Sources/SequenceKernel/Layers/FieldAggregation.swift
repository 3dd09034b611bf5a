/// Attention over the fields of an event (systems.md 4.4): which fields matter differs from event to event.
///
///     s_k = q · tanh(W e_k + c_k) / √E      a = softmax over the fields that are present      y = Σ a_k e_k
///
/// `c_k` tells the fields apart by name. An event without any present field becomes zeros. The other way to aggregate,
/// concatenate-and-project, is a ``Linear`` over the concatenated row.
///
/// - Shapes: input `[N, F E]` (the fields' vectors beside each other), presence `[N, F]` bytes, W `[E, E]`, c `[F, E]`, q `[E]`, y `[N, E]`.
/// - Complexity: 2 N F E² operations forward.
public struct FieldAttention: Layer {
    /// Fields in an event (F).
    public let fields: Int
    /// Floats in a field's vector (E).
    public let width: Int
    let weight: Parameter
    let names: Parameter
    let query: Parameter

    /// Declares `weight`, `names` and `query`.
    public init(fields: Int, width: Int, in scope: inout ParameterScope) {
        precondition(fields > 0 && width > 0, "FieldAttention: \(fields) fields of \(width)")
        self.fields = fields
        self.width = width
        weight = scope.declare("weight", [width, width], .fanIn(width))
        names = scope.declare("names", [fields, width], .fanIn(width), decays: false)
        query = scope.declare("query", [width], .fanIn(1), decays: false)
    }

    /// What backward needs.
    public struct Tape {
        let input: Rows
        /// tanh(W e + c), `[N F, E]`.
        let activated: Rows
        /// a, `[N, F]`; zero for absent fields.
        public let weights: Rows
    }

    /// All fields present.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) { forward(input, presence: nil, pass) }

    /// `[N, F E]` → `[N, E]`. A field whose byte in `presence` `[N, F]` is zero takes no part and gets no gradient.
    public func forward(_ input: Rows, presence: UnsafePointer<UInt8>?, _ pass: Pass) -> (output: Rows, tape: Tape) {
        precondition(
            input.width == fields * width, "FieldAttention: input [\(input.count), \(input.width)], \(fields) fields of \(width)")
        let activated = pass.workspace.rows(input.count * fields, width)
        let weights = pass.workspace.rows(input.count, fields)
        let output = pass.workspace.rows(input.count, width)
        // A product for each field, so that its name's vector is the product's bias.
        let transposed = pass.transposed(weight), names = pass.weights(self.names), row = fields * width
        for field in 0..<fields {
            vectorLoops.product(
                input.count, width, width, input.base + field * width, row, 1, transposed, width, activated.base + field * width, row,
                false, names + field * width, nil, 0)
        }
        vectorLoops.tanh(activated.scalarCount, activated.base, activated.base)
        fieldLoops.attention(
            input.count, fields, width, activated.base, input.base, pass.weights(query), 1 / Float(width).squareRoot(), presence,
            weights.base, output.base)
        return (output, Tape(input: input, activated: activated, weights: weights))
    }

    /// Gradient `[N, E]` of the output → gradient `[N, F E]` of the fields' vectors.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let count = upstream.count
        let result = pass.workspace.rows(count, fields * width)
        let inner = pass.workspace.rows(count * fields, width)
        let slopes = pass.workspace.floats(max(1, count * fields))
        fieldLoops.attentionBackward(
            count, fields, width, upstream.base, tape.activated.base, tape.input.base, tape.weights.base, pass.weights(query),
            1 / Float(width).squareRoot(), slopes, inner.base, result.base, pass.gradient(query), pass.gradient(names))
        vectorLoops.product(
            width, width, count * fields, inner.base, 1, width, tape.input.base, width, pass.gradient(weight), width, true, nil, nil, 0)
        vectorLoops.product(
            count * fields, width, width, inner.base, width, 1, pass.weights(weight), width, result.base, width, true, nil, nil, 0)
        return result
    }
}
