import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct PoolingTests {
    static let lengths = [3, 0, 1, 5, 0]
    static let width = 19

    /// Each kind by its formula, in Double, over sequences that may be empty.
    @Test(arguments: PoolingKind.allCases) func formula(kind: PoolingKind) {
        var scope = ParameterScope()
        let pooling = Pooling(kind, width: Self.width, in: &scope)
        let weights = ParameterVector(scope, seed: 4)
        let workspace = Workspace()
        var random = RandomSource(9)
        let rows = random.floats(9 * Self.width)
        let offsets = workspace.offsets(lengths: Self.lengths)
        let pass = Pass(weights: weights, workspace: workspace)
        let output = pooling.forward(workspace.rows(rows, width: Self.width), offsets, pass).output
        let query = pooling.query.map { weights[$0].map(Double.init) } ?? []
        #expect(output.count == Self.lengths.count)
        for sequence in Self.lengths.indices {
            let own = offsets[sequence].map { row in rows[row * Self.width..<(row + 1) * Self.width].map(Double.init) }
            let expected = Self.pool(own, kind, query)
            let found = Array(output.rows(sequence..<sequence + 1).scalars)
            #expect(found.difference(from: expected, absoluteTolerance: 1e-5) == nil, "sequence \(sequence)")
        }
    }

    private static func pool(_ rows: [[Double]], _ kind: PoolingKind, _ query: [Double]) -> [Float] {
        guard let last = rows.last else { return [Float](repeating: 0, count: width) }
        func column(_ index: Int) -> [Double] { rows.map { $0[index] } }
        switch kind {
        case .mean: return (0..<width).map { Float(column($0).reduce(0, +) / Double(rows.count)) }
        case .max: return (0..<width).map { Float(column($0).max() ?? 0) }
        case .last: return last.map { Float($0) }
        case .attention:
            let scores = rows.map { row in zip(row, query).reduce(0) { $0 + $1.0 * $1.1 } / Double(width).squareRoot() }
            let exponentials = scores.map { DoubleReference.exponential($0) }
            let sum = exponentials.reduce(0, +)
            return (0..<width).map { index in Float(zip(column(index), exponentials).reduce(0) { $0 + $1.0 * $1.1 / sum }) }
        }
    }

    @Test(arguments: [PoolingKind.mean, .last, .attention]) func gradients(kind: PoolingKind) {
        let failures = withEverySeed(0..<3) { seed in
            var scope = ParameterScope()
            let pooling = Pooling(kind, width: Self.width, in: &scope)
            return gradientFailures(scope, seed: seed, inputs: 9 * Self.width, outputs: Self.lengths.count * Self.width) { input, pass in
                let offsets = pass.workspace.offsets(lengths: Self.lengths)
                let (output, tape) = pooling.forward(Rows(input, count: 9, width: Self.width), offsets, pass)
                return (output, { pooling.backward($0, offsets, tape, pass) })
            }
        }
        #expect(failures == [])
    }

    /// The maximum has kinks that central differences would step over: its gradient goes to the winner and nowhere else.
    @Test func maximumGradient() {
        var scope = ParameterScope()
        let pooling = Pooling(.max, width: 2, in: &scope)
        let weights = ParameterVector(scope, seed: 4)
        let workspace = Workspace()
        let pass = Pass(weights: weights, workspace: workspace)
        let offsets = workspace.offsets(lengths: [3, 0, 1])
        let (_, tape) = pooling.forward(workspace.rows([1, 9, 4, -1, 2, 3, -7, -8], width: 2), offsets, pass)
        let gradient = pooling.backward(workspace.rows([10, 20, 30, 40, 50, 60], width: 2), offsets, tape, pass)
        #expect(gradient.scalars == [0, 20, 10, 0, 0, 0, 50, 60])
    }

    @Test(arguments: [false, true]) func projection(hasUnitLength: Bool) {
        let failures = withEverySeed(0..<3) { seed in
            checkLayer(seed: seed, LayerExpectation(inputs: 7, outputs: 5, shapes: ["weight": [5, 7], "bias": [5]])) {
                Projection(inputs: 7, outputs: 5, hasUnitLength: hasUnitLength, in: &$0)
            }
        }
        #expect(failures == [])
    }

    @Test func unitLengthOfZeros() {
        let workspace = Workspace()
        let pass = Pass(weights: ParameterVector(ParameterScope(), seed: 0), workspace: workspace)
        let output = UnitLength().forward(workspace.rows([0, 0, 3, 4], width: 2), pass).output.scalars
        #expect(output.difference(from: [0, 0, 0.6, 0.8], absoluteTolerance: 1e-6) == nil)
    }
}

/// Central differences of a random projection of the output, over the input and every dense parameter.
func gradientFailures(
    _ scope: ParameterScope, seed: UInt64, inputs: Int, outputs: Int, bound: Float = 1,
    _ run: (UnsafeMutablePointer<Float>, Pass) -> (output: Rows, backward: (Rows) -> Rows)
) -> [String] {
    let weights = ParameterVector(scope, seed: seed)
    let workspace = Workspace()
    var random = RandomSource(seed, 77)
    let input = UnsafeMutablePointer<Float>.allocate(capacity: inputs)
    let gradients = UnsafeMutablePointer<Float>.allocate(capacity: max(1, weights.denseCount))
    defer {
        input.deallocate()
        gradients.deallocate()
    }
    input.initialize(from: random.floats(inputs, bound: bound), count: inputs)
    gradients.initialize(repeating: 0, count: max(1, weights.denseCount))
    let projection = random.floats(outputs)
    func pass() -> Pass {
        workspace.reset()
        return Pass(weights: weights, workspace: workspace, gradients: gradients)
    }
    func loss() -> Double {
        zip(run(input, pass()).output.scalars, projection).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let (output, backward) = run(input, pass())
    let inputGradient = backward(workspace.rows(projection, width: output.width)).scalars
    var variables = [CheckedVariable("input", values: input, gradient: inputGradient)]
    for parameter in weights.parameters where parameter.kind == .dense {
        let found = Array(UnsafeBufferPointer(start: gradients + parameter.offset, count: parameter.count))
        variables.append(CheckedVariable(parameter.name, values: weights.pointer(parameter), gradient: found))
    }
    return checkGradients(variables, seed: seed, loss: loss)
}
