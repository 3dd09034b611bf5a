import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct LinearTests {
    @Test(arguments: [(5, 3), (8, 24), (131, 8), (16, 51), (33, 64)]) func layer(inputs: Int, outputs: Int) {
        let expectation = LayerExpectation(inputs: inputs, outputs: outputs, shapes: ["weight": [outputs, inputs], "bias": [outputs]])
        let failures = withEverySeed(0..<2) { seed in
            checkLayer(seed: seed, expectation) { Linear(inputs: inputs, outputs: outputs, in: &$0) }
        }
        #expect(failures == [])
    }

    @Test func withoutBias() {
        let failures = checkLayer(seed: 0, LayerExpectation(inputs: 6, outputs: 9, shapes: ["weight": [9, 6]])) {
            Linear(inputs: 6, outputs: 9, bias: false, in: &$0)
        }
        #expect(failures == [])
    }

    /// The checker must be able to fail: a derivative a tenth too large is found and named, and so is a wrong shape.
    @Test func wrongDerivativeIsCaught() {
        struct Wrong: Layer {
            let inner: Linear
            var spoilsInput = false
            func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Rows) { inner.forward(input, pass) }
            func backward(_ upstream: Rows, _ tape: Rows, _ pass: Pass) -> Rows {
                let before = pass.gradient(inner.weight)[4]
                let result = inner.backward(upstream, tape, pass)
                if spoilsInput {
                    vectorLoops.scale(result.scalarCount, 1.1, result.base, result.base)
                } else {
                    pass.gradient(inner.weight)[4] += 0.1 * (pass.gradient(inner.weight)[4] - before)
                }
                return result
            }
        }
        let expectation = LayerExpectation(inputs: 5, outputs: 3, shapes: ["weight": [3, 5], "bias": [3]])
        for seed in UInt64(0)..<4 {
            let weight = checkLayer(seed: seed, expectation) { Wrong(inner: Linear(inputs: 5, outputs: 3, in: &$0)) }
            #expect(weight.count == 1 && weight[0].hasPrefix("weight[4]: "), "seed \(seed): \(weight)")
            let input = checkLayer(seed: seed, expectation) { Wrong(inner: Linear(inputs: 5, outputs: 3, in: &$0), spoilsInput: true) }
            #expect(input.count == 1 && input[0].hasPrefix("input["), "seed \(seed): \(input)")
        }
        let shape = checkLayer(seed: 0, LayerExpectation(inputs: 5, outputs: 3, shapes: ["weight": [5, 3]])) {
            Linear(inputs: 5, outputs: 3, in: &$0)
        }
        #expect(shape.count == 2)
    }

    @Test func dropoutKeepsTheMean() {
        let scope = ParameterScope()
        let layer = Dropout(0.25, in: scope)
        let workspace = Workspace()
        let weights = ParameterVector(zeros: scope)
        let count = 100_000
        func run(_ stream: DropoutStream?) -> [Float] {
            workspace.reset()
            let rows = workspace.rows(count / 100, 100)
            for index in 0..<count { rows.base[index] = 1 }
            return layer.forward(rows, Pass(weights: weights, workspace: workspace, dropout: stream)).output.scalars
        }
        let stream = DropoutStream(seed: 3, step: 1, shard: 0)
        let result = run(stream)
        let kept = result.filter { $0 != 0 }
        #expect(kept.allSatisfy { $0 == 1 / 0.75 })
        // Five standard deviations of a binomial share.
        #expect(abs(Double(kept.count) / Double(count) - 0.75) < 5 * (0.75 * 0.25 / Double(count)).squareRoot())
        // Neighbours are independent: as many survivors follow a survivor as anyone else.
        let pairs = zip(result, result.dropFirst()).filter { $0 != 0 && $1 != 0 }.count
        #expect(abs(Double(pairs) / Double(count) - 0.5625) < 0.01)
        #expect(run(stream) == result)
        #expect(run(nil).allSatisfy { $0 == 1 })
        #expect(run(DropoutStream(seed: 3, step: 2, shard: 0)) != result)
    }
}
