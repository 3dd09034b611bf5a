import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct RectifierTests {
    /// Both are straight on either side of a kink: steps are small so that few cross it, and lose no accuracy by it but rounding's.
    private func expectation(inputs: Int, outputs: Int, shapes: [String: [Int]]) -> LayerExpectation {
        var expectation = LayerExpectation(inputs: inputs, outputs: outputs, shapes: shapes)
        expectation.tolerance.step = 1e-3
        expectation.tolerance.absolute = 2e-3
        return expectation
    }

    @Test(arguments: [3, 19]) func prelu(width: Int) {
        let failures = checkLayer(seed: 1, expectation(inputs: width, outputs: width, shapes: ["slope": [1]])) { PReLU(in: &$0) }
        #expect(failures == [])
    }

    @Test func preluGolden() throws {
        let golden = try Golden.load("prelu")
        var scope = ParameterScope()
        let layer = PReLU(in: &scope)
        let failures = try goldenFailures(golden, scope, width: try #require(golden.settings["width"]?.first)) { input, _, pass in
            let (output, tape) = layer.forward(input, pass)
            return (output, { layer.backward($0, tape, pass) })
        }
        #expect(failures == [])
        #expect(ParameterVector(scope, seed: 4)[layer.slope] == [0.5])
    }

    @Test func fieldMap() {
        let failures = checkLayer(seed: 2, expectation(inputs: 12, outputs: 18, shapes: ["weight": [18, 4]])) {
            FieldMap(fields: 3, inputs: 4, outputs: 6, in: &$0)
        }
        #expect(failures == [])
    }

    @Test func fieldMapGolden() throws {
        let golden = try Golden.load("field_map")
        func setting(_ name: String) throws -> Int { try #require(golden.settings[name]?.first) }
        let (fields, inputs, outputs) = (try setting("fields"), try setting("inputs"), try setting("outputs"))
        var scope = ParameterScope()
        let layer = FieldMap(fields: fields, inputs: inputs, outputs: outputs, in: &scope)
        let failures = try goldenFailures(golden, scope, width: fields * inputs) { input, _, pass in
            let (output, tape) = layer.forward(input, pass)
            return (output, { layer.backward($0, tape, pass) })
        }
        #expect(failures == [])
    }

    /// Rows as they come, each with its field: the same floats as side by side, and the gradient of a field's rows touches its matrix only.
    @Test func mixedFields() throws {
        var scope = ParameterScope()
        let layer = FieldMap(fields: 3, inputs: 2, outputs: 4, in: &scope)
        let weights = ParameterVector(scope, seed: 3)
        let workspace = Workspace()
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        gradients.initialize(repeating: 0, count: weights.denseCount)
        defer { gradients.deallocate() }
        let pass = Pass(weights: weights, workspace: workspace, gradients: gradients)
        var random = RandomSource(4)
        let floats = random.floats(12)
        let beside = layer.forward(workspace.rows(floats, width: 6), pass).output.scalars
        // The same vectors in another order: row n holds vector order[n], of field order[n] mod 3.
        let order = [5, 0, 3, 1, 4, 2]
        let mixed = workspace.rows(order.flatMap { [floats[2 * $0], floats[2 * $0 + 1]] }, width: 2)
        let ids = workspace.integers(6)
        for (row, vector) in order.enumerated() { ids[row] = Int32(vector % 3) }
        let (output, tape) = layer.forward(mixed, fields: ids, pass)
        for (row, vector) in order.enumerated() {
            #expect(output.rows(row..<row + 1).scalars == Array(beside[vector * 4..<(vector + 1) * 4]))
        }
        let upstream = workspace.rows(6, 4)
        upstream.clear()
        for (row, vector) in order.enumerated() where vector % 3 == 1 { upstream[row].update(repeating: 1, count: 4) }
        _ = layer.backward(upstream, tape, pass)
        let parameter = try #require(scope.parameters.first)
        let found = UnsafeBufferPointer(start: gradients + parameter.offset, count: parameter.count).map { $0 != 0 }
        #expect(!found[0..<8].contains(true) && found[8..<16].contains(true) && !found[16..<24].contains(true))
    }
}
