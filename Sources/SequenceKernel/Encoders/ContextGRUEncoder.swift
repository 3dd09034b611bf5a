/// A gated recurrence over packed sequences that reads a context of each sequence and, with a time gate, the time before each row. Each
/// sequence starts from a zero state.
///
/// Steps are taken as in ``GRUEncoder``: over all sequences still alive, longest first, never a padded row. What a paper that pads gets by
/// copying the state through padded steps is what comes out here.
///
/// - Complexity: 2 N H (3 D + 3 H) operations forward, H D more with a time gate, H² more where the candidate sees the raw state, 6 B H C
///   for contexts; twice that backward; as many dependent steps as the longest sequence.
public struct ContextGRUEncoder: Sendable {
    /// The weights.
    public let cell: ContextGRUCell

    /// Floats in an output row (H).
    public var width: Int { cell.width }

    /// Declares the cell's parameters.
    public init(inputs: Int, width: Int, context: Int = 0, form: ContextGRUForm, in scope: inout ParameterScope) {
        cell = ContextGRUCell(inputs: inputs, width: width, context: context, form: form, in: &scope)
    }

    /// What backward needs, rows in the order of the steps.
    public struct Tape {
        let steps: StepOrder
        let input: Rows
        let gates: Rows
        /// r h.
        let reset: Rows
        /// The state before each row.
        let previous: Rows
        /// The contexts, longest sequence first.
        let context: Rows?
        let time: Time?

        /// Of the time gate.
        struct Time {
            /// t, `[N]`.
            let times: Rows
            /// x + σ(q t), `[N, D]`.
            let shifted: Rows
            /// T, `[N, H]`.
            let openness: Rows
        }
    }

    /// `[N, D]` → `[N, H]`: the state after each row.
    /// - Parameters:
    ///   - times: time before each row, `[N]`, in a unit in which it is about 1; nil without a time gate. It gets no gradient.
    ///   - context: `[B, C]`; nil where C is 0.
    public func forward(
        _ input: Rows, _ offsets: SequenceOffsets, times: UnsafePointer<Float>? = nil, context: Rows? = nil, _ pass: Pass
    ) -> (output: Rows, tape: Tape) {
        precondition(
            input.width == cell.inputs && input.count == offsets.rowCount,
            "ContextGRUEncoder.forward: input [\(input.count), \(input.width)], \(offsets.rowCount) packed rows of \(cell.inputs)")
        precondition(
            (context?.width ?? 0) == cell.context && (context?.count ?? offsets.count) == offsets.count,
            "ContextGRUEncoder.forward: context [\(context?.count ?? 0), \(context?.width ?? 0)], not [\(offsets.count), \(cell.context)]"
        )
        precondition(
            (times != nil) == (cell.time != nil), "ContextGRUEncoder.forward: times are for a cell with a time gate, and needed there")
        let workspace = pass.workspace
        let steps = StepOrder(offsets, workspace), width = cell.width
        let rows = steps.gather(input, workspace)
        let gates = workspace.rows(rows.count, 3 * width)
        vectorLoops.product(
            rows.count, 3 * width, cell.inputs, rows.base, cell.inputs, 1, pass.transposed(cell.inputWeight), 3 * width, gates.base,
            3 * width, false, pass.weights(cell.bias), nil, 0)
        let ordered = context.map { inStepOrder($0, steps, pass) }
        if let ordered, let weight = cell.contextWeight { addContexts(ordered, weight, steps, to: gates, pass) }
        let time = cell.time.flatMap { gate in times.map { openness(gate, rows, $0, steps, pass) } }
        let reset = workspace.rows(rows.count, width), previous = workspace.rows(rows.count, width)
        let states = workspace.rows(rows.count, width)
        let transposes = cell.transposes(pass)
        for step in 0..<steps.count {
            let range = steps[step]
            cell.step(
                gates.rows(range), reset: reset.rows(range), openness: time?.openness.rows(range),
                previous: steps.statesBefore(step, of: states, into: previous), into: states.rows(range), isFirst: step == 0, transposes)
        }
        let tape = Tape(steps: steps, input: rows, gates: gates, reset: reset, previous: previous, context: ordered, time: time)
        return (steps.scatter(states, workspace), tape)
    }

    private func inStepOrder(_ context: Rows, _ steps: StepOrder, _ pass: Pass) -> Rows {
        let ordered = pass.workspace.rows(context.count, context.width)
        vectorLoops.gatherRows(context.count, context.width, context.base, steps.sequences, ordered.base, context.width)
        return ordered
    }

    /// Row `i` of every step belongs to the same sequence, so that the products of the contexts are added to each step from the first on.
    private func addContexts(_ context: Rows, _ weight: Parameter, _ steps: StepOrder, to gates: Rows, _ pass: Pass) {
        let columns = gates.width
        let products = pass.workspace.rows(context.count, columns)
        vectorLoops.product(
            context.count, columns, context.width, context.base, context.width, 1, pass.transposed(weight), columns, products.base, columns,
            false, nil, nil, 0)
        for step in 0..<steps.count {
            let rows = gates.rows(steps[step])
            vectorLoops.add(rows.scalarCount, rows.base, products.base, rows.base)
        }
    }

    private func openness(
        _ gate: ContextGRUCell.TimeGate, _ rows: Rows, _ times: UnsafePointer<Float>, _ steps: StepOrder, _ pass: Pass
    ) -> Tape.Time {
        let width = cell.width
        let ordered = steps.gather(Rows(UnsafeMutablePointer(mutating: times), count: rows.count, width: 1), pass.workspace)
        let shifted = pass.workspace.rows(rows.count, rows.width), openness = pass.workspace.rows(rows.count, width)
        gateLoops.timeShift(rows.count, rows.width, rows.base, pass.weights(gate.scale), ordered.base, shifted.base)
        vectorLoops.product(
            rows.count, width, rows.width, shifted.base, rows.width, 1, pass.transposed(gate.weight), width, openness.base, width, false,
            pass.weights(gate.bias), nil, 0)
        vectorLoops.sigmoid(openness.scalarCount, openness.base, openness.base)
        return Tape.Time(times: ordered, shifted: shifted, openness: openness)
    }

    /// Gradient of the output → gradients of the input and of the contexts (nil where there are none).
    public func backward(
        _ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass
    ) -> (input: Rows, context: Rows?) {
        let width = cell.width, columns = 3 * width, count = upstream.count, steps = tape.steps, gates = tape.gates
        let gradient = steps.gather(upstream, pass.workspace)
        let scratch = pass.workspace.floats(max(1, offsets.count * width))
        for step in (0..<steps.count).reversed() {
            let range = steps[step]
            // Rows of this step are the first rows of the step before.
            cell.stepBackward(
                gradient[range.lowerBound], gates.rows(range), openness: tape.time?.openness.rows(range),
                previous: tape.previous.rows(range),
                earlier: step == 0 ? nil : gradient[steps[step - 1].lowerBound], scratch: scratch, pass)
        }
        vectorLoops.product(
            cell.stateProducts, width, count, gates.base, 1, columns, tape.previous.base, width, pass.gradient(cell.hiddenWeight), width,
            true,
            nil, nil, 0)
        vectorLoops.product(
            width, width, count, gates.base + 2 * width, 1, columns, tape.reset.base, width, pass.gradient(cell.resetWeight), width, true,
            nil,
            nil, 0)
        vectorLoops.product(
            columns, cell.inputs, count, gates.base, 1, columns, tape.input.base, cell.inputs, pass.gradient(cell.inputWeight), cell.inputs,
            true, nil, nil, 0)
        vectorLoops.columnSums(count, columns, gates.base, columns, pass.gradient(cell.bias))
        let result = pass.workspace.rows(count, cell.inputs)
        vectorLoops.product(
            count, cell.inputs, columns, gates.base, columns, 1, pass.weights(cell.inputWeight), cell.inputs, result.base, cell.inputs,
            false,
            nil, nil, 0)
        if let gate = cell.time, let time = tape.time { timeBackward(gate, time, addingTo: result, pass) }
        return (steps.scatter(result, pass.workspace), contextBackward(tape, offsets, pass))
    }

    private func timeBackward(_ gate: ContextGRUCell.TimeGate, _ time: Tape.Time, addingTo result: Rows, _ pass: Pass) {
        let width = cell.width, inputs = cell.inputs, count = result.count
        vectorLoops.product(
            width, inputs, count, time.openness.base, 1, width, time.shifted.base, inputs, pass.gradient(gate.weight), inputs, true, nil,
            nil, 0)
        vectorLoops.columnSums(count, width, time.openness.base, width, pass.gradient(gate.bias))
        // The sum's gradient is the input's as well as the shift's.
        let shift = pass.workspace.rows(count, inputs)
        vectorLoops.product(
            count, inputs, width, time.openness.base, width, 1, pass.weights(gate.weight), inputs, shift.base, inputs, false, nil, nil, 0)
        vectorLoops.add(result.scalarCount, result.base, shift.base, result.base)
        gateLoops.timeShiftBackward(
            count, inputs, shift.base, pass.weights(gate.scale), time.times.base, pass.gradient(gate.scale))
    }

    private func contextBackward(_ tape: Tape, _ offsets: SequenceOffsets, _ pass: Pass) -> Rows? {
        guard let context = tape.context, let weight = cell.contextWeight else { return nil }
        let columns = 3 * cell.width
        let sums = pass.workspace.rows(context.count, columns)
        sums.clear()
        for step in 0..<tape.steps.count {
            let rows = tape.gates.rows(tape.steps[step])
            vectorLoops.add(rows.scalarCount, sums.base, rows.base, sums.base)
        }
        vectorLoops.product(
            columns, context.width, context.count, sums.base, 1, columns, context.base, context.width, pass.gradient(weight), context.width,
            true, nil, nil, 0)
        let ordered = pass.workspace.rows(context.count, context.width), result = pass.workspace.rows(context.count, context.width)
        vectorLoops.product(
            context.count, context.width, columns, sums.base, columns, 1, pass.weights(weight), context.width, ordered.base, context.width,
            false, nil, nil, 0)
        for row in 0..<context.count { result[Int(tape.steps.sequences[row])].update(from: ordered[row], count: context.width) }
        return result
    }
}
