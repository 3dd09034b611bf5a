import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct FieldAggregationTests {
    static let shapes: [String: [Int]] = ["weight": [6, 6], "names": [3, 6], "query": [6]]

    @Test func layer() {
        let failures = withEverySeed(0..<3) { seed in
            checkLayer(seed: seed, LayerExpectation(inputs: 18, outputs: 6, shapes: Self.shapes)) {
                FieldAttention(fields: 3, width: 6, in: &$0)
            }
        }
        #expect(failures == [])
    }

    static let presence: [UInt8] = [1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1]

    @Test func gradientsWithAbsentFields() {
        let failures = withEverySeed(0..<3) { seed in
            var scope = ParameterScope()
            let layer = FieldAttention(fields: 3, width: 6, in: &scope)
            return gradientFailures(scope, seed: seed, inputs: 4 * 18, outputs: 4 * 6) { input, pass in
                let (output, tape) = Self.presence.withUnsafeBufferPointer {
                    layer.forward(Rows(input, count: 4, width: 18), presence: $0.baseAddress, pass)
                }
                return (output, { layer.backward($0, tape, pass) })
            }
        }
        #expect(failures == [])
    }

    /// What stands in an absent field does not matter, and an event without fields is a row of zeros.
    @Test func absentFieldsDoNotMatter() {
        var scope = ParameterScope()
        let layer = FieldAttention(fields: 3, width: 6, in: &scope)
        let weights = ParameterVector(scope, seed: 2)
        let workspace = Workspace()
        var random = RandomSource(5)
        var input = random.floats(4 * 18)
        func run() -> [Float] {
            workspace.reset()
            let rows = workspace.rows(input, width: 18)
            return Self.presence.withUnsafeBufferPointer {
                layer.forward(rows, presence: $0.baseAddress, Pass(weights: weights, workspace: workspace)).output.scalars
            }
        }
        let before = run()
        for (field, isPresent) in Self.presence.enumerated() where isPresent == 0 {
            for index in 0..<6 { input[field * 6 + index] = 1e3 * random.uniform() }
        }
        #expect(run() == before)
        #expect(before[6..<12].allSatisfy { $0 == 0 })
        // A single present field has all the weight.
        #expect(Array(before[18..<24]).difference(from: Array(input[66..<72]), absoluteTolerance: 1e-6) == nil)
    }
}
