/// One matrix for each field, then the rectifier, so that vectors of different fields lie apart (equation 1 of Guo et al., 2020):
///
///     y_n = max(0, W_f(n) x_n)
///
/// Rows of all fields may be mixed as they come: each says its field. As a ``Layer`` it takes one vector of each field side by side.
///
/// - Shapes: `x` `[N, D]` with N fields, `weight` `[F O, D]` (field f has rows f O ..< (f + 1) O), y `[N, O]`; as a layer `[N, F D]` →
///   `[N, F O]`.
/// - Complexity: 2 N D O operations forward, twice that backward.
public struct FieldMap: Layer {
    /// Fields (F).
    public let fields: Int
    /// Floats in an input row (D).
    public let inputs: Int
    /// Floats in an output row (O).
    public let outputs: Int
    let weight: Parameter

    /// Declares `weight`, uniform in ±1/√D.
    public init(fields: Int, inputs: Int, outputs: Int, in scope: inout ParameterScope) {
        precondition(fields > 0, "FieldMap: \(fields) fields")
        (self.fields, self.inputs, self.outputs) = (fields, inputs, outputs)
        weight = scope.declare("weight", [fields * outputs, inputs], .fanIn(inputs))
    }

    /// What backward needs, rows in the order of the fields.
    public struct Tape {
        let input: Rows
        let products: Rows
        /// Where each field's rows begin, `[F + 1]`.
        let starts: UnsafePointer<Int32>
        /// The row of each ordered row.
        let rows: UnsafePointer<Int32>
    }

    /// One vector of each field side by side: `[N, F D]` → `[N, F O]`.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        precondition(input.width == fields * inputs, "FieldMap: input [\(input.count), \(input.width)], \(fields) fields of \(inputs)")
        let ids = pass.workspace.integers(max(1, input.count * fields))
        for row in 0..<input.count {
            for field in 0..<fields { ids[row * fields + field] = Int32(field) }
        }
        let (output, tape) = forward(Rows(input.base, count: input.count * fields, width: inputs), fields: ids, pass)
        return (Rows(output.base, count: input.count, width: fields * outputs), tape)
    }

    /// `[N, D]` → `[N, O]`, row `n` by the matrix of `ids[n]`. Traps on a field that there is not.
    public func forward(_ input: Rows, fields ids: UnsafePointer<Int32>, _ pass: Pass) -> (output: Rows, tape: Tape) {
        precondition(input.width == inputs, "FieldMap: input [\(input.count), \(input.width)], rows of \(inputs)")
        let workspace = pass.workspace
        let (starts, rows) = order(ids, input.count, workspace)
        let ordered = workspace.rows(input.count, inputs), products = workspace.rows(input.count, outputs)
        vectorLoops.gatherRows(input.count, inputs, input.base, rows, ordered.base, inputs)
        let transposed = pass.transposed(weight), columns = fields * outputs
        for field in 0..<fields {
            let first = Int(starts[field]), count = Int(starts[field + 1]) - first
            vectorLoops.product(
                count, outputs, inputs, ordered[first], inputs, 1, transposed + field * outputs, columns, products[first], outputs, false,
                nil,
                nil, 0)
        }
        let bent = workspace.rows(input.count, outputs), output = workspace.rows(input.count, outputs)
        gateLoops.rectify(products.scalarCount, 0, products.base, bent.base)
        for row in 0..<input.count { output[Int(rows[row])].update(from: bent[row], count: outputs) }
        return (output, Tape(input: ordered, products: products, starts: starts, rows: rows))
    }

    /// Counting sort by field; rows of a field keep their order.
    private func order(
        _ ids: UnsafePointer<Int32>, _ count: Int, _ workspace: Workspace
    ) -> (starts: UnsafePointer<Int32>, rows: UnsafePointer<Int32>) {
        let starts = workspace.integers(fields + 1), next = workspace.integers(fields), rows = workspace.integers(max(1, count))
        starts.update(repeating: 0, count: fields + 1)
        for row in 0..<count {
            precondition(ids[row] >= 0 && ids[row] < fields, "FieldMap: field \(ids[row]) of \(fields)")
            starts[Int(ids[row]) + 1] += 1
        }
        for field in 0..<fields {
            starts[field + 1] += starts[field]
            next[field] = starts[field]
        }
        for row in 0..<count {
            let field = Int(ids[row])
            rows[Int(next[field])] = Int32(row)
            next[field] += 1
        }
        return (UnsafePointer(starts), UnsafePointer(rows))
    }

    /// Gradient of the output → gradient of the input, in the shape that forward was given.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let count = tape.input.count
        let flat = Rows(upstream.base, count: count, width: outputs)
        let gradient = pass.workspace.rows(count, outputs), ordered = pass.workspace.rows(count, inputs)
        vectorLoops.gatherRows(count, outputs, flat.base, tape.rows, gradient.base, outputs)
        _ = gateLoops.rectifyBackward(gradient.scalarCount, 0, tape.products.base, gradient.base, gradient.base)
        for field in 0..<fields {
            let first = Int(tape.starts[field]), own = Int(tape.starts[field + 1]) - first
            let offset = field * outputs * inputs
            vectorLoops.product(
                outputs, inputs, own, gradient[first], 1, outputs, tape.input[first], inputs, pass.gradient(weight) + offset, inputs, true,
                nil,
                nil, 0)
            vectorLoops.product(
                own, inputs, outputs, gradient[first], outputs, 1, pass.weights(weight) + offset, inputs, ordered[first], inputs, false,
                nil,
                nil, 0)
        }
        let result = pass.workspace.rows(count, inputs)
        for row in 0..<count { result[Int(tape.rows[row])].update(from: ordered[row], count: inputs) }
        return Rows(result.base, count: upstream.count, width: upstream.width / outputs * inputs)
    }
}
