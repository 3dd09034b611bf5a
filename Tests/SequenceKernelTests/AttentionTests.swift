import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct AttentionTests {
    @Test(arguments: [false, true]) func layer(causal: Bool) {
        let shapes = ["qkv.weight": [36, 12], "qkv.bias": [36], "output.weight": [12, 12], "output.bias": [12]]
        let failures = withEverySeed(0..<3) { seed in
            checkEncoder(
                seed: seed, LayerExpectation(inputs: 12, outputs: 12, shapes: shapes), lengths: [3, 17, 1, 6], isCausal: causal
            ) { MultiHeadAttention(width: 12, heads: 3, causal: causal, in: &$0) }
        }
        #expect(failures == [])
    }

    /// Longer than a block of rows, where the causal form leaves out what lies in the future.
    @Test(arguments: [false, true]) func longSequences(causal: Bool) {
        let shapes = ["qkv.weight": [24, 8], "qkv.bias": [24], "output.weight": [8, 8], "output.bias": [8]]
        let failures = checkEncoder(
            seed: 3, LayerExpectation(inputs: 8, outputs: 8, shapes: shapes), lengths: [100, 49, 48], isCausal: causal
        ) { MultiHeadAttention(width: 8, heads: 2, causal: causal, in: &$0) }
        #expect(failures == [])
    }

    @Test(arguments: ["bidirectional", "causal"]) func golden(kind: String) throws {
        let golden = try Golden.load("attention_\(kind)")
        let width = try #require(golden.settings["width"]?.first), heads = try #require(golden.settings["heads"]?.first)
        var scope = ParameterScope()
        let layer = MultiHeadAttention(width: width, heads: heads, causal: kind == "causal", in: &scope)
        let failures = try goldenFailures(golden, scope, width: width) { input, offsets, pass in
            let (output, tape) = layer.forward(input, offsets, pass)
            return (output, { layer.backward($0, offsets, tape, pass) })
        }
        #expect(failures == [])
    }

    /// Against the slow form in double precision, for every head width that is in use and lengths around whole vectors.
    @Test(arguments: [3, 4, 6, 8, 16, 24, 32, 64], [false, true]) func matchesReference(depth: Int, causal: Bool) {
        var random = RandomSource(UInt64(depth))
        let heads = 2, width = heads * depth
        for count in [1, 2, 15, 16, 17, 33, 70] {
            let qkv = random.floats(count * 3 * width, bound: 2)
            var output = [Float](repeating: .nan, count: count * width)
            let padded = (count + 15) / 16 * 16
            var weights = [Float](repeating: .nan, count: heads * count * padded)
            var scratch = [Float](repeating: .nan, count: 2 * depth * padded)
            vectorLoops.attention([0, Int32(count)], 1, width, heads, causal, qkv, &output, &weights, &scratch, 0, 0)
            for head in 0..<heads {
                func part(_ which: Int) -> [Float] {
                    (0..<count).flatMap { row in
                        (0..<depth).map { qkv[row * 3 * width + which * width + head * depth + $0] }
                    }
                }
                let expected = DoubleReference.attention(part(0), part(1), part(2), count: count, depth: depth, causal: causal)
                let found = (0..<count).flatMap { row in (0..<depth).map { output[row * width + head * depth + $0] } }
                // Scores reach 4 √depth · depth; their rounding moves weights by some 1e-6 of themselves.
                let difference = found.difference(from: expected.map { Float($0) }, absoluteTolerance: 2e-5)
                #expect(difference == nil, "length \(count), head \(head)")
            }
        }
    }

    /// With dropout on the weights the gradient is that of the masked function: same key, same mask, so it can be checked.
    @Test func dropoutGradient() {
        var scope = ParameterScope()
        let layer = MultiHeadAttention(width: 8, heads: 2, dropout: 0.3, in: &scope)
        let weights = ParameterVector(scope, seed: 2)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        gradients.initialize(repeating: 0, count: weights.denseCount)
        defer { gradients.deallocate() }
        let workspace = Workspace()
        var random = RandomSource(4)
        let input = random.floats(24 * 8), projection = random.floats(24 * 8)
        func pass(_ stream: DropoutStream?) -> Pass {
            workspace.reset()
            return Pass(weights: weights, workspace: workspace, gradients: gradients, dropout: stream)
        }
        func output(_ stream: DropoutStream?) -> [Float] {
            let pass = pass(stream)
            return layer.forward(workspace.rows(input, width: 8), workspace.offsets(lengths: [20, 4]), pass).output.scalars
        }
        let stream = DropoutStream(seed: 1, step: 0, shard: 0)
        let training = pass(stream)
        let offsets = workspace.offsets(lengths: [20, 4])
        let (_, tape) = layer.forward(workspace.rows(input, width: 8), offsets, training)
        _ = layer.backward(workspace.rows(projection, width: 8), offsets, tape, training)
        let variables = scope.parameters.map {
            CheckedVariable(
                $0.name, values: weights.pointer($0),
                gradient: Array(UnsafeBufferPointer(start: gradients + $0.offset, count: $0.count)))
        }
        let failures = checkGradients(variables, seed: 1) {
            zip(output(stream), projection).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
        #expect(failures == [])
        #expect(output(stream) != output(nil))
        #expect(output(stream) != output(DropoutStream(seed: 1, step: 1, shard: 0)))
    }
}
