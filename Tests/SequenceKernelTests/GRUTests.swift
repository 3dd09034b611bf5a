import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct GRUTests {
    @Test(arguments: [1, 2]) func encoder(layers: Int) {
        var shapes: [String: [Int]] = [:]
        for layer in 0..<layers {
            shapes["layers.\(layer).weight_ih"] = [18, layer == 0 ? 5 : 6]
            shapes["layers.\(layer).weight_hh"] = [18, 6]
            shapes["layers.\(layer).bias_ih"] = [18]
            shapes["layers.\(layer).bias_hh"] = [18]
        }
        let failures = withEverySeed(0..<3) { seed in
            checkEncoder(
                seed: seed, LayerExpectation(inputs: 5, outputs: 6, shapes: shapes), lengths: [3, 1, 6, 0, 3], isCausal: true
            ) { GRUEncoder(inputs: 5, width: 6, layers: layers, in: &$0) }
        }
        #expect(failures == [])
    }

    /// Widths beyond one vector, where whole and partial vectors meet.
    @Test func widerThanAVector() {
        let shapes = ["layers.0.weight_ih": [57, 20], "layers.0.weight_hh": [57, 19], "layers.0.bias_ih": [57], "layers.0.bias_hh": [57]]
        let failures = checkEncoder(
            seed: 3, LayerExpectation(inputs: 20, outputs: 19, shapes: shapes), lengths: [4, 7], isCausal: true
        ) { GRUEncoder(inputs: 20, width: 19, in: &$0) }
        #expect(failures == [])
    }

    @Test func golden() throws {
        let golden = try Golden.load("gru")
        let inputs = try #require(golden.settings["inputs"]?.first), width = try #require(golden.settings["width"]?.first)
        let layers = try #require(golden.settings["layers"]?.first)
        var scope = ParameterScope()
        let encoder = GRUEncoder(inputs: inputs, width: width, layers: layers, in: &scope)
        let failures = try goldenFailures(golden, scope, width: inputs) { input, offsets, pass in
            let (output, tape) = encoder.forward(input, offsets, pass)
            return (output, { encoder.backward($0, offsets, tape, pass) })
        }
        #expect(failures == [])
    }

    /// The same seed drops the same floats in forward and backward, and the rows of a batch without any sequence are none.
    @Test func emptyBatch() {
        var scope = ParameterScope()
        let encoder = GRUEncoder(inputs: 3, width: 4, in: &scope)
        let weights = ParameterVector(scope, seed: 1)
        let workspace = Workspace()
        let (output, _) = encoder.forward(
            workspace.rows(0, 3), workspace.offsets(lengths: [0, 0]), Pass(weights: weights, workspace: workspace))
        #expect(output.count == 0 && output.width == 4)
    }
}
