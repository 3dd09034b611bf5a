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
        vectorLoops.product(
            activated.count, width, width, input.base, width, 1, pass.transposed(weight), width, activated.base, width, false, nil, nil, 0)
        for row in 0..<input.count {
            let first = activated[row * fields]
            vectorLoops.add(fields * width, first, pass.weights(names), first)
        }
        vectorLoops.tanh(activated.scalarCount, activated.base, activated.base)
        let scale = 1 / Float(width).squareRoot()
        for row in 0..<input.count {
            let line = weights[row]
            for field in 0..<fields {
                let isPresent = presence.map { $0[row * fields + field] != 0 } ?? true
                line[field] = isPresent ? vectorLoops.dot(width, activated[row * fields + field], pass.weights(query)) * scale : -.infinity
            }
            let isEmpty = presence.map { presence in (0..<fields).allSatisfy { presence[row * fields + $0] == 0 } } ?? false
            if isEmpty {
                line.update(repeating: 0, count: fields)
            } else {
                vectorLoops.softmaxRows(1, fields, line, fields, line, fields)
            }
            output[row].update(repeating: 0, count: width)
            for field in 0..<fields where line[field] != 0 {
                vectorLoops.axpy(width, line[field], input[row] + field * width, output[row])
            }
        }
        return (output, Tape(input: input, activated: activated, weights: weights))
    }

    /// Gradient `[N, E]` of the output → gradient `[N, F E]` of the fields' vectors.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let count = upstream.count
        let result = pass.workspace.rows(count, fields * width)
        let inner = pass.workspace.rows(count * fields, width)
        let scale = 1 / Float(width).squareRoot()
        let query = pass.weights(self.query), queryGradient = pass.gradient(self.query), names = pass.gradient(self.names)
        for row in 0..<count {
            let line = tape.weights[row]
            var mean: Float = 0
            for field in 0..<fields { mean += line[field] * vectorLoops.dot(width, upstream[row], tape.input[row] + field * width) }
            for field in 0..<fields {
                let slope = line[field] * (vectorLoops.dot(width, upstream[row], tape.input[row] + field * width) - mean) * scale
                let activated = tape.activated[row * fields + field], target = inner[row * fields + field]
                vectorLoops.axpy(width, slope, activated, queryGradient)
                for column in 0..<width { target[column] = slope * query[column] * (1 - activated[column] * activated[column]) }
                vectorLoops.scale(width, line[field], upstream[row], result[row] + field * width)
            }
            vectorLoops.add(fields * width, names, inner[row * fields], names)
        }
        vectorLoops.product(
            width, width, count * fields, inner.base, 1, width, tape.input.base, width, pass.gradient(weight), width, true, nil, nil, 0)
        vectorLoops.product(
            count * fields, width, width, inner.base, width, 1, pass.weights(weight), width, result.base, width, true, nil, nil, 0)
        return result
    }
}
