import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct TransformerTests {
    static let layerShapes: [String: [Int]] = [
        "norm1.weight": [12], "norm1.bias": [12], "attention.qkv.weight": [36, 12], "attention.qkv.bias": [36],
        "attention.output.weight": [12, 12], "attention.output.bias": [12], "norm2.weight": [12], "norm2.bias": [12],
        "feed_forward.up.weight": [20, 12], "feed_forward.up.bias": [20], "feed_forward.down.weight": [12, 20],
        "feed_forward.down.bias": [12],
    ]

    @Test(arguments: [false, true]) func layer(causal: Bool) {
        let failures = withEverySeed(0..<3) { seed in
            checkEncoder(seed: seed, LayerExpectation(inputs: 12, outputs: 12, shapes: Self.layerShapes), isCausal: causal) {
                TransformerLayer(width: 12, heads: 3, hidden: 20, causal: causal, in: &$0)
            }
        }
        #expect(failures == [])
    }

    @Test func encoder() {
        var shapes = ["norm.weight": [12], "norm.bias": [12]]
        for layer in 0..<2 { for (name, shape) in Self.layerShapes { shapes["layers.\(layer).\(name)"] = shape } }
        let failures = withEverySeed(0..<2) { seed in
            checkEncoder(seed: seed, LayerExpectation(inputs: 12, outputs: 12, shapes: shapes)) {
                TransformerEncoder(TransformerEncoder.Settings(width: 12, heads: 2, layers: 2, hidden: 20), in: &$0)
            }
        }
        #expect(failures == [])
    }

    @Test func feedForward() {
        let shapes = ["up.weight": [130, 7], "up.bias": [130], "down.weight": [7, 130], "down.bias": [7]]
        let failures = withEverySeed(0..<3) { seed in
            checkLayer(seed: seed, LayerExpectation(inputs: 7, outputs: 7, shapes: shapes)) { FeedForward(width: 7, hidden: 130, in: &$0) }
        }
        #expect(failures == [])
    }

    @Test func perceptron() {
        let shapes = ["up.weight": [60, 7], "up.bias": [60], "down.weight": [4, 60], "down.bias": [4]]
        let failures = withEverySeed(0..<2) { seed in
            checkLayer(seed: seed, LayerExpectation(inputs: 7, outputs: 4, shapes: shapes)) {
                FeedForward(inputs: 7, hidden: 60, outputs: 4, dropout: 0.3, in: &$0)
            }
        }
        #expect(failures == [])
    }

    /// With a mask the gradient is that of the masked function: the same mask forward and backward.
    @Test func perceptronDropsTheSameBothWays() {
        var scope = ParameterScope()
        let layer = FeedForward(inputs: 5, hidden: 40, outputs: 3, dropout: 0.5, in: &scope)
        let weights = ParameterVector(scope, seed: 4)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        gradients.initialize(repeating: 0, count: weights.denseCount)
        defer { gradients.deallocate() }
        let workspace = Workspace()
        var random = RandomSource(9, 9)
        let input = workspace.rows(100, 5), factors = workspace.rows(100, 3)
        for index in 0..<input.scalarCount { input.base[index] = 2 * random.uniform() - 1 }
        for index in 0..<factors.scalarCount { factors.base[index] = 2 * random.uniform() - 1 }
        let start = workspace.mark
        let pass = Pass(
            weights: weights, workspace: workspace, gradients: gradients, dropout: DropoutStream(seed: 1, step: 2, shard: 0))
        func loss() -> Double {
            workspace.release(to: start)
            let output = layer.forward(input, pass).output
            return (0..<output.scalarCount).reduce(0) { $0 + Double(output.base[$1]) * Double(factors.base[$1]) }
        }
        workspace.release(to: start)
        let (output, tape) = layer.forward(input, pass)
        let upstream = workspace.rows(output.count, output.width)
        upstream.base.update(from: factors.base, count: factors.scalarCount)
        let dInput = layer.backward(upstream, tape, pass).scalars
        var variables = [CheckedVariable("input", values: input.base, gradient: dInput)]
        for parameter in weights.parameters {
            variables.append(
                CheckedVariable(
                    parameter.name, values: weights.pointer(parameter),
                    gradient: Array(UnsafeBufferPointer(start: gradients + parameter.offset, count: parameter.count))))
        }
        #expect(checkGradients(variables, seed: 2, loss: loss) == [])
    }

    @Test(arguments: [PositionEncoding.Origin.start, .end]) func positions(origin: PositionEncoding.Origin) {
        // From the end a row's place depends on how many rows follow, which a longer sequence than the table shows too.
        let failures = withEverySeed(0..<3) { seed in
            checkEncoder(
                seed: seed, LayerExpectation(inputs: 5, outputs: 5, shapes: ["weight": [4, 5]]), isCausal: true
            ) { PositionEncoding(width: 5, longest: 4, origin: origin, in: &$0) }
        }
        #expect(failures == [])
    }

    @Test(arguments: ["bidirectional", "causal"]) func golden(kind: String) throws {
        let golden = try Golden.load("transformer_layer_\(kind)")
        let width = try #require(golden.settings["width"]?.first), heads = try #require(golden.settings["heads"]?.first)
        let hidden = try #require(golden.settings["hidden"]?.first)
        var scope = ParameterScope()
        let layer = TransformerLayer(width: width, heads: heads, hidden: hidden, causal: kind == "causal", in: &scope)
        let failures = try goldenFailures(golden, scope, width: width) { input, offsets, pass in
            let (output, tape) = layer.forward(input, offsets, pass)
            return (output, { layer.backward($0, offsets, tape, pass) })
        }
        #expect(failures == [])
    }

    @Test func transposedCacheChangesNothing() {
        var scope = ParameterScope()
        let encoder = TransformerEncoder(TransformerEncoder.Settings(width: 16, heads: 2, layers: 2), in: &scope)
        let weights = ParameterVector(scope, seed: 5)
        let workspace = Workspace()
        var random = RandomSource(1)
        let input = random.floats(11 * 16)
        func run(_ transposes: TransposedWeights?) -> [Float] {
            workspace.reset()
            let pass = Pass(weights: weights, workspace: workspace, transposes: transposes)
            return encoder.forward(workspace.rows(input, width: 16), workspace.offsets(lengths: [4, 7]), pass).output.scalars
        }
        let cache = TransposedWeights(of: weights)
        #expect(run(nil) == run(cache))
        weights[weights.parameters[2]] = random.floats(weights.parameters[2].count)
        #expect(run(nil) != run(cache))
        cache.refresh()
        #expect(run(nil) == run(cache))
    }

    @Test func steadyStateAllocatesNothing() {
        var scope = ParameterScope()
        let encoder = TransformerEncoder(
            TransformerEncoder.Settings(width: 16, heads: 2, layers: 2, dropout: 0.1, attentionDropout: 0.1), in: &scope)
        let weights = ParameterVector(scope, seed: 5)
        let workspace = Workspace(floats: 64)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        gradients.initialize(repeating: 0, count: weights.denseCount)
        defer { gradients.deallocate() }
        func step() {
            workspace.reset()
            let pass = Pass(
                weights: weights, workspace: workspace, gradients: gradients, dropout: DropoutStream(seed: 1, step: 2, shard: 3))
            let offsets = workspace.offsets(lengths: [20, 1, 9])
            let input = workspace.rows(30, 16)
            for index in 0..<input.scalarCount { input.base[index] = Float(index % 7) - 3 }
            let (output, tape) = encoder.forward(input, offsets, pass)
            _ = encoder.backward(output, offsets, tape, pass)
        }
        for _ in 0..<3 { step() }
        let before = workspace.allocationCount
        for _ in 0..<5 { step() }
        #expect(workspace.allocationCount == before)
    }
}

/// Runs a layer on the formulas of a golden file and compares output, input gradient and every weight gradient.
func goldenFailures(
    _ golden: Golden, _ scope: ParameterScope, width: Int,
    _ run: (Rows, SequenceOffsets, Pass) -> (output: Rows, backward: (Rows) -> Rows)
) throws -> [String] {
    let weights = ParameterVector(zeros: scope)
    for (number, parameter) in scope.parameters.enumerated() {
        var floats = Golden.formula(parameter.count, phase: Double(number), amplitude: 0.3)
        if parameter.name.contains("norm"), parameter.name.hasSuffix("weight") { floats = floats.map { $0 + 1 } }
        weights[parameter] = floats
    }
    let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
    gradients.initialize(repeating: 0, count: weights.denseCount)
    defer { gradients.deallocate() }
    let workspace = Workspace()
    let pass = Pass(weights: weights, workspace: workspace, gradients: gradients)
    let lengths = try #require(golden.settings["lengths"])
    let rows = lengths.reduce(0, +)
    let input = workspace.rows(Golden.formula(rows * width, phase: 0.5), width: width)
    let (output, backward) = run(input, workspace.offsets(lengths: lengths), pass)
    var failures = [golden.difference("output", output.scalars)]
    let upstream = workspace.rows(Golden.formula(output.scalarCount, phase: 1.5), width: output.width)
    failures.append(golden.difference("input_gradient", backward(upstream).scalars))
    for parameter in scope.parameters {
        let gradient = Array(UnsafeBufferPointer(start: gradients + parameter.offset, count: parameter.count))
        // The reference calls the two halves of the feed-forward part by their own names.
        let name = parameter.name.replacing("feed_forward.", with: "")
        failures.append(golden.difference("gradient.\(name)", Golden.digest(gradient)))
    }
    return failures.compactMap { $0 }
}
