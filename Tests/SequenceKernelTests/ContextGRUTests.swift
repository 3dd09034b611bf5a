import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct ContextGRUTests {
    static let forms: [ContextGRUForm] = ContextGRUForm.TimeGate.allCases.flatMap { gate in
        [true, false].map { ContextGRUForm(timeGate: gate, candidateSeesRawState: $0) }
    }

    private func shapes(_ form: ContextGRUForm, inputs: Int, width: Int, context: Int) -> [String: [Int]] {
        var shapes = [
            "weight_ih": [3 * width, inputs], "weight_hh": [(form.candidateSeesRawState ? 3 : 2) * width, width],
            "weight_rh": [width, width], "bias": [3 * width],
        ]
        if context > 0 { shapes["weight_ch"] = [3 * width, context] }
        if form.timeGate != .none {
            shapes["time.weight"] = [width, inputs]
            shapes["time.scale"] = [inputs]
            shapes["time.bias"] = [width]
        }
        return shapes
    }

    @Test(arguments: forms) func encoder(form: ContextGRUForm) {
        for context in [0, 3] {
            let failures = withEverySeed(0..<2) { seed in
                checkEncoder(
                    seed: seed,
                    LayerExpectation(
                        inputs: 5 + context, outputs: 6, shapes: shapes(form, inputs: 5, width: 6, context: context)),
                    lengths: [3, 1, 6, 0, 3], isCausal: true
                ) { scope in
                    ContextInRows(ContextGRUEncoder(inputs: 5, width: 6, context: context, form: form, in: &scope))
                }
            }
            #expect(failures == [])
        }
    }

    /// Widths beyond one vector, where whole and partial vectors meet.
    @Test(arguments: [ContextGRUForm.timeAware, .contextAware]) func widerThanAVector(form: ContextGRUForm) {
        let failures = checkEncoder(
            seed: 3, LayerExpectation(inputs: 22, outputs: 19, shapes: shapes(form, inputs: 20, width: 19, context: 2)), lengths: [4, 7],
            isCausal: true
        ) { ContextInRows(ContextGRUEncoder(inputs: 20, width: 19, context: 2, form: form, in: &$0)) }
        #expect(failures == [])
    }

    @Test(arguments: ["literal", "coupled", "untimed"]) func golden(name: String) throws {
        let golden = try Golden.load("context_gru_\(name)")
        let inputs = try #require(golden.settings["inputs"]?.first), width = try #require(golden.settings["width"]?.first)
        let context = try #require(golden.settings["context"]?.first)
        let form: ContextGRUForm =
            switch name {
            case "literal": .timeAware
            case "coupled": ContextGRUForm(timeGate: .coupled, candidateSeesRawState: false)
            default: .contextAware
            }
        var scope = ParameterScope()
        let encoder = ContextInRows(ContextGRUEncoder(inputs: inputs, width: width, context: context, form: form, in: &scope))
        let failures = try goldenFailures(golden, scope, width: inputs + context) { input, offsets, pass in
            let (output, tape) = encoder.forward(input, offsets, pass)
            return (output, { encoder.backward($0, offsets, tape, pass) })
        }
        #expect(failures == [])
    }

    /// Two steps of one float each, written out from the equations in double precision.
    @Test(arguments: forms) func twoStepsByHand(form: ContextGRUForm) {
        var scope = ParameterScope()
        let encoder = ContextGRUEncoder(inputs: 1, width: 1, context: 1, form: form, in: &scope)
        let weights = ParameterVector(zeros: scope)
        let seesRaw = form.candidateSeesRawState, gate = form.timeGate
        let values: [String: [Float]] = [
            "weight_ih": [0.5, -0.4, 0.9], "weight_hh": seesRaw ? [0.7, 1.1, -0.6] : [0.7, 1.1], "weight_rh": [1.3],
            "weight_ch": [0.2, 0.8, -0.3], "bias": [0.1, -0.2, 0.05], "time.weight": [1.5], "time.scale": [0.6], "time.bias": [-0.7],
        ]
        for parameter in scope.parameters { weights[parameter] = values[parameter.name]! }
        let x: [Float] = [0.8, -1.2], times: [Float] = [0, 0.9], context: Float = 0.4

        func sigmoid(_ x: Double) -> Double { 1 / (1 + DoubleReference.exponential(-x)) }
        func tanh(_ x: Double) -> Double { 2 * sigmoid(2 * x) - 1 }
        var h = 0.0
        var expected: [Float] = []
        for (x, time) in zip(x, times) {
            let x = Double(x), c = Double(context)
            let r = sigmoid(0.5 * x + 0.7 * h + 0.2 * c + 0.1)
            let u = sigmoid(-0.4 * x + 1.1 * h + 0.8 * c - 0.2)
            let p = tanh(0.9 * x + (seesRaw ? -0.6 * h : 0) - 0.3 * c + 1.3 * r * h + 0.05)
            let open = sigmoid(1.5 * (x + sigmoid(0.6 * Double(time))) - 0.7)
            switch gate {
            case .none: h = (1 - u) * h + u * p
            case .literal: h = (1 - u) * h + p * open * u
            case .coupled: h = (1 - u * open) * h + u * open * p
            }
            expected.append(Float(h))
        }
        let workspace = Workspace()
        let pass = Pass(weights: weights, workspace: workspace)
        let (output, _) = encoder.forward(
            workspace.rows(x, width: 1), workspace.offsets(lengths: [2]),
            times: gate == .none ? nil : UnsafePointer(workspace.rows(times, width: 1).base),
            context: workspace.rows([context], width: 1), pass)
        // float32, two dependent steps.
        #expect(output.scalars.difference(from: expected, absoluteTolerance: 1e-6) == nil)
    }

    /// The same rows under another context or after other pauses end elsewhere, and only in their own sequence.
    @Test func contextAndTimeMatter() {
        var scope = ParameterScope()
        let encoder = ContextGRUEncoder(inputs: 3, width: 4, context: 2, form: .timeAware, in: &scope)
        let weights = ParameterVector(scope, seed: 5)
        let workspace = Workspace()
        var random = RandomSource(9)
        let rows = random.floats(15), context = random.floats(6)
        func states(_ times: [Float], _ context: [Float]) -> [Float] {
            workspace.reset()
            return encoder.forward(
                workspace.rows(rows, width: 3), workspace.offsets(lengths: [2, 0, 3]),
                times: UnsafePointer(workspace.rows(times, width: 1).base), context: workspace.rows(context, width: 2),
                Pass(weights: weights, workspace: workspace)
            ).output.scalars
        }
        let plain = states([0, 0.1, 0, 0.2, 0.3], context)
        let hesitating = states([0, 0.1, 0, 0.9, 0.3], context)
        var otherContext = context
        otherContext[4] += 1
        let elsewhere = states([0, 0.1, 0, 0.2, 0.3], otherContext)
        #expect(plain[..<12] == hesitating[..<12] && plain[12...] != hesitating[12...])
        #expect(plain[..<8] == elsewhere[..<8] && plain[8..<12] != elsewhere[8..<12])
    }

    /// After the largest batch has been seen, neither direction asks for memory.
    @Test func steadyMemory() {
        var scope = ParameterScope()
        let encoder = ContextInRows(ContextGRUEncoder(inputs: 3, width: 4, context: 2, form: .timeAware, in: &scope))
        let weights = ParameterVector(scope, seed: 1)
        let workspace = Workspace(floats: 64)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        gradients.initialize(repeating: 0, count: weights.denseCount)
        defer { gradients.deallocate() }
        func step() {
            workspace.reset()
            let pass = Pass(weights: weights, workspace: workspace, gradients: gradients)
            let offsets = workspace.offsets(lengths: [9, 0, 4, 4])
            let input = workspace.rows(17, 5)
            input.clear()
            let (output, tape) = encoder.forward(input, offsets, pass)
            _ = encoder.backward(output, offsets, tape, pass)
        }
        for _ in 0..<3 { step() }
        let before = workspace.allocationCount
        for _ in 0..<5 { step() }
        #expect(workspace.allocationCount == before)
    }
}

/// The encoder as one over rows alone: a sequence's context stands behind the floats of its first row, and the time before the i-th row
/// of a sequence is 0.3 (i mod 4).
struct ContextInRows: SequenceEncoder {
    let encoder: ContextGRUEncoder
    var width: Int { encoder.width }
    private var inputs: Int { encoder.cell.inputs }
    private var context: Int { encoder.cell.context }

    init(_ encoder: ContextGRUEncoder) { self.encoder = encoder }

    func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: ContextGRUEncoder.Tape) {
        let rows = pass.workspace.rows(input.count, inputs), contexts = pass.workspace.rows(offsets.count, context)
        let times = pass.workspace.floats(max(1, input.count))
        for row in 0..<input.count { rows[row].update(from: input[row], count: inputs) }
        contexts.clear()
        for sequence in 0..<offsets.count {
            let own = offsets[sequence]
            if let first = own.first { contexts[sequence].update(from: input[first] + inputs, count: context) }
            for row in own { times[row] = 0.3 * Float((row - own.lowerBound) % 4) }
        }
        return encoder.forward(
            rows, offsets, times: encoder.cell.form.timeGate == .none ? nil : UnsafePointer(times), context: context > 0 ? contexts : nil,
            pass)
    }

    func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: ContextGRUEncoder.Tape, _ pass: Pass) -> Rows {
        let (rows, contexts) = encoder.backward(upstream, offsets, tape, pass)
        let result = pass.workspace.rows(upstream.count, inputs + context)
        result.clear()
        for row in 0..<upstream.count { result[row].update(from: rows[row], count: inputs) }
        guard let contexts else { return result }
        for sequence in 0..<offsets.count {
            if let first = offsets[sequence].first { (result[first] + inputs).update(from: contexts[sequence], count: context) }
        }
        return result
    }
}
