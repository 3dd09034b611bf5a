import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct LayerNormTests {
    @Test(arguments: [3, 8, 16, 20, 64]) func layer(width: Int) {
        let failures = withEverySeed(0..<2) { seed in
            checkLayer(seed: seed, LayerExpectation(inputs: width, outputs: width, shapes: ["weight": [width], "bias": [width]])) {
                LayerNorm(width: width, in: &$0)
            }
        }
        #expect(failures == [])
    }

    @Test func golden() throws {
        let golden = try Golden.load("layer_norm")
        var scope = ParameterScope()
        let layer = scope.scope("norm") { LayerNorm(width: 20, in: &$0) }
        let failures = try goldenFailures(golden, scope, width: 20) { input, _, pass in
            let (output, tape) = layer.forward(input, pass)
            return (output, { layer.backward($0, tape, pass) })
        }
        #expect(failures == [])
    }

    /// A row far from zero: the variance must be taken about the mean, not as E[x²] - E[x]².
    @Test func largeMean() {
        var random = RandomSource(9)
        let row = random.floats(40).map { $0 + 3000 }
        let ones = [Float](repeating: 1, count: 40), zeros = [Float](repeating: 0, count: 40)
        var result = zeros, statistics = [Float](repeating: 0, count: 2)
        vectorLoops.layerNorm(1, 40, row, ones, zeros, 1e-5, &result, &statistics)
        let expected = DoubleReference.layerNorm(row, gain: ones, shift: zeros).map { Float($0) }
        // A mean near 3000 is known to 2⁻¹² only.
        #expect(result.difference(from: expected, absoluteTolerance: 1e-3) == nil)
    }
}
