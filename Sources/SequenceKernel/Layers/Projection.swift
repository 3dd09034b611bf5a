/// Each row divided by its length, so that distances between rows mean angles. A row of zeros stays zero.
///
/// - Shapes: `[N, H]` → `[N, H]`.
public struct UnitLength: Layer {
    /// The normalised rows and 1 / |x|.
    public struct Tape {
        let output: Rows
        let inverse: UnsafeMutablePointer<Float>
    }

    /// Nothing to declare.
    public init() {}

    /// y = x / |x|.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let output = pass.workspace.rows(input.count, input.width)
        let inverse = pass.workspace.floats(max(1, input.count))
        for row in 0..<input.count {
            inverse[row] = 1 / max(vectorLoops.dot(input.width, input[row], input[row]), 1e-24).squareRoot()
            vectorLoops.scale(input.width, inverse[row], input[row], output[row])
        }
        return (output, Tape(output: output, inverse: inverse))
    }

    /// dx = (dy - y (y · dy)) / |x|.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let width = upstream.width
        let result = pass.workspace.rows(upstream.count, width)
        for row in 0..<upstream.count {
            let along = vectorLoops.dot(width, upstream[row], tape.output[row])
            vectorLoops.scale(width, tape.inverse[row], upstream[row], result[row])
            vectorLoops.axpy(width, -along * tape.inverse[row], tape.output[row], result[row])
        }
        return result
    }
}

/// A pooled row → the embedding: a linear map to its size, then, when wanted, unit length.
///
/// - Shapes: `[B, H]` → `[B, E]`.
public struct Projection: Layer {
    /// The map.
    public let linear: Linear
    /// Whether embeddings have length 1.
    public let hasUnitLength: Bool

    /// Declares `weight` and `bias`.
    public init(inputs: Int, outputs: Int, hasUnitLength: Bool = false, in scope: inout ParameterScope) {
        linear = Linear(inputs: inputs, outputs: outputs, in: &scope)
        self.hasUnitLength = hasUnitLength
    }

    /// What backward needs.
    public struct Tape {
        let input: Rows
        let unit: UnitLength.Tape?
    }

    /// `[B, H]` → `[B, E]`.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let (mapped, tape) = linear.forward(input, pass)
        guard hasUnitLength else { return (mapped, Tape(input: tape, unit: nil)) }
        let (output, unit) = UnitLength().forward(mapped, pass)
        return (output, Tape(input: tape, unit: unit))
    }

    /// Gradient of the output → gradient of the input.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let mapped = tape.unit.map { UnitLength().backward(upstream, $0, pass) } ?? upstream
        return linear.backward(mapped, tape.input, pass)
    }
}
