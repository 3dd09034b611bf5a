public import SequenceKernel

/// What a layer is expected to declare and do.
public struct LayerExpectation: Sendable {
    /// Floats in an input row.
    public var inputs: Int
    /// Floats in an output row.
    public var outputs: Int
    /// Names and shapes of all parameters.
    public var shapes: [String: [Int]]
    /// Bound of the random inputs.
    public var inputBound: Float
    /// How closely gradients must agree.
    public var tolerance = GradientTolerance()

    /// See the properties.
    public init(inputs: Int, outputs: Int, shapes: [String: [Int]], inputBound: Float = 1) {
        self.inputs = inputs
        self.outputs = outputs
        self.shapes = shapes
        self.inputBound = inputBound
    }
}

/// Every test a position-wise layer must pass; returns what failed, by name.
///
/// Declared shapes; shape of the output; the same result for any split of the rows, byte for byte; no change of a row through
/// its neighbours; gradients of every parameter and of the input.
public func checkLayer<L: Layer>(
    seed: UInt64, _ expectation: LayerExpectation, _ make: (inout ParameterScope) -> L
) -> [String] {
    var scope = ParameterScope()
    let layer = make(&scope)
    let bench = Bench(scope, seed: seed)
    return bench.check(expectation, lengths: [7], offsetsMatter: false, isCausal: false) { input, _, pass in
        let (output, tape) = layer.forward(input, pass)
        return (output, { layer.backward($0, tape, pass) })
    }
}

/// Every test a sequence encoder must pass; returns what failed, by name.
///
/// As ``checkLayer(seed:_:_:)``, and: packed sequences give what each gives alone, byte for byte; a causal encoder's earlier rows do not
/// move when later ones do, and a row of one sequence never moves another sequence.
public func checkEncoder<E: SequenceEncoder>(
    seed: UInt64, _ expectation: LayerExpectation, lengths: [Int] = [3, 1, 6, 2], isCausal: Bool = false,
    _ make: (inout ParameterScope) -> E
) -> [String] {
    var scope = ParameterScope()
    let encoder = make(&scope)
    let bench = Bench(scope, seed: seed)
    var failures = bench.check(expectation, lengths: lengths, offsetsMatter: true, isCausal: isCausal) { input, offsets, pass in
        let (output, tape) = encoder.forward(input, offsets, pass)
        return (output, { encoder.backward($0, offsets, tape, pass) })
    }
    if encoder.width != expectation.outputs { failures.append("width is \(encoder.width), not \(expectation.outputs)") }
    return failures
}

/// A model of one layer with its weights, gradients and scratch.
private final class Bench {
    typealias Run = (Rows, SequenceOffsets, Pass) -> (output: Rows, backward: (Rows) -> Rows)

    let weights: ParameterVector
    let workspace = Workspace()
    let gradients: UnsafeMutablePointer<Float>
    var random: RandomSource
    let seed: UInt64

    init(_ scope: ParameterScope, seed: UInt64) {
        weights = ParameterVector(scope, seed: seed)
        gradients = .allocate(capacity: max(1, weights.denseCount))
        gradients.initialize(repeating: 0, count: max(1, weights.denseCount))
        self.seed = seed
        random = RandomSource(seed, 0xBE4C)
        // Zeros and ones would hide faults: every parameter starts somewhere else.
        for parameter in weights.parameters {
            let floats = weights.pointer(parameter)
            for index in 0..<parameter.count { floats[index] += 0.2 * (2 * random.uniform() - 1) }
        }
    }

    deinit { gradients.deallocate() }

    /// One forward pass over sequences of these lengths.
    func output(_ input: [Float], _ width: Int, _ lengths: [Int], training: Bool, _ run: Run) -> [Float] {
        workspace.reset()
        let pass = Pass(weights: weights, workspace: workspace, gradients: training ? gradients : nil)
        return run(workspace.rows(input, width: width), workspace.offsets(lengths: lengths), pass).output.scalars
    }

    func check(
        _ expectation: LayerExpectation, lengths: [Int], offsetsMatter: Bool, isCausal: Bool, _ run: Run
    ) -> [String] {
        var failures = shapeFailures(expectation)
        let rows = lengths.reduce(0, +), width = expectation.inputs, outputs = expectation.outputs
        let input = random.floats(rows * width, bound: expectation.inputBound)
        let whole = output(input, width, lengths, training: true, run)
        if whole.count != rows * outputs { return failures + ["\(whole.count) output floats for \(rows) rows of \(outputs)"] }
        if whole != output(input, width, lengths, training: false, run) { failures.append("inference differs from training") }

        // Alone: each sequence, or each row of a position-wise layer.
        let parts = offsetsMatter ? lengths : lengths.flatMap { Array(repeating: 1, count: $0) }
        var first = 0
        for length in parts {
            let alone = output(Array(input[first * width..<(first + length) * width]), width, [length], training: true, run)
            if alone != Array(whole[first * outputs..<(first + length) * outputs]) {
                failures.append("rows \(first) ..< \(first + length) alone differ from the same rows in a batch")
            }
            first += length
        }
        failures += causeFailures(input, whole, lengths, expectation, isCausal || !offsetsMatter, run)
        return failures + gradientFailures(input, lengths, expectation, run)
    }

    private func shapeFailures(_ expectation: LayerExpectation) -> [String] {
        var failures: [String] = []
        let found = Dictionary(uniqueKeysWithValues: weights.parameters.map { ($0.name, $0.shape) })
        for (name, shape) in expectation.shapes where found[name] != shape {
            failures.append("\(name) has shape \(found[name].map { "\($0)" } ?? "none"), expected \(shape)")
        }
        for name in found.keys.sorted() where expectation.shapes[name] == nil { failures.append("\(name) is not expected") }
        return failures
    }

    /// Moves the last row of each sequence and looks which other rows move.
    private func causeFailures(
        _ input: [Float], _ whole: [Float], _ lengths: [Int], _ expectation: LayerExpectation, _ isCausal: Bool, _ run: Run
    ) -> [String] {
        var failures: [String] = []
        var first = 0
        for length in lengths where length > 0 {
            let last = first + length - 1
            var moved = input
            for index in 0..<expectation.inputs { moved[last * expectation.inputs + index] += 0.5 }
            let result = output(moved, expectation.inputs, lengths, training: true, run)
            let mayMove = isCausal ? last..<last + 1 : first..<last + 1
            for row in 0..<lengths.reduce(0, +) where !mayMove.contains(row) {
                let range = row * expectation.outputs..<(row + 1) * expectation.outputs
                if result[range] != whole[range] {
                    failures.append("row \(row) moves when row \(last) does")
                    break
                }
            }
            first += length
        }
        return failures
    }

    private func gradientFailures(_ input: [Float], _ lengths: [Int], _ expectation: LayerExpectation, _ run: Run) -> [String] {
        let scalars = UnsafeMutablePointer<Float>.allocate(capacity: input.count)
        defer { scalars.deallocate() }
        scalars.initialize(from: input, count: input.count)
        let projection = random.floats(lengths.reduce(0, +) * expectation.outputs)
        func loss() -> Double {
            let array = Array(UnsafeBufferPointer(start: scalars, count: input.count))
            let values = output(array, expectation.inputs, lengths, training: true, run)
            return zip(values, projection).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
        // Backward adds: what stood there before must still be in it.
        gradients.update(repeating: 1, count: weights.denseCount)
        workspace.reset()
        let pass = Pass(weights: weights, workspace: workspace, gradients: gradients)
        let (_, backward) = run(workspace.rows(input, width: expectation.inputs), workspace.offsets(lengths: lengths), pass)
        let inputGradient = backward(workspace.rows(projection, width: expectation.outputs)).scalars
        var variables = [CheckedVariable("input", values: scalars, gradient: inputGradient)]
        for parameter in weights.parameters where parameter.kind == .dense {
            let found = UnsafeBufferPointer(start: gradients + parameter.offset, count: parameter.count).map { $0 - 1 }
            variables.append(CheckedVariable(parameter.name, values: weights.pointer(parameter), gradient: found))
        }
        return checkGradients(variables, seed: seed, tolerance: expectation.tolerance, loss: loss)
    }
}
