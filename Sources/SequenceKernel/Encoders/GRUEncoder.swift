/// One or more GRU layers over packed sequences, each starting from a zero state.
///
/// Rows are reordered step by step: all first rows of all sequences, all second rows, and so on, the longest sequence first. The
/// sequences still alive at a step are then the first rows of the step before, so that each step is one product over all of
/// them and nothing is ever padded. The order of sequences of equal length is the batch's: the result does not depend on it.
///
/// - Complexity: 6 N H (D + H) operations a layer forward, twice that backward; as many dependent steps as the longest sequence.
public struct GRUEncoder: SequenceEncoder {
    /// The layers; the first reads the input's width.
    public let layers: [GRUCell]
    /// Between layers.
    public let dropouts: [Dropout]

    /// Floats in an output row (H).
    public var width: Int { layers[layers.count - 1].width }

    /// Declares `layers.0.weight_ih` and so on.
    public init(inputs: Int, width: Int, layers: Int = 1, dropout: Float = 0, in scope: inout ParameterScope) {
        precondition(layers > 0, "GRUEncoder: \(layers) layers")
        var cells: [GRUCell] = []
        scope.scope("layers") { scope in
            for index in 0..<layers {
                cells.append(scope.scope("\(index)") { GRUCell(inputs: index == 0 ? inputs : width, width: width, in: &$0) })
            }
        }
        self.layers = cells
        dropouts = (1..<max(1, layers)).map { Dropout(dropout, name: "dropout\($0)", in: scope) }
    }

    /// The order of the steps, and what each layer keeps.
    public struct Tape {
        let steps: StepOrder
        var layers: WorkspaceList<LayerTape>
    }

    /// One layer's rows in the order of the steps.
    struct LayerTape {
        let input: Rows
        let gates: Rows
        let hidden: Rows
        let states: Rows
        /// The state before each row.
        let previous: Rows
    }

    /// `[N, D]` → `[N, H]`: the state after each row.
    public func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        precondition(
            input.width == layers[0].inputs && input.count == offsets.rowCount,
            "GRUEncoder.forward: input [\(input.count), \(input.width)], \(offsets.rowCount) packed rows of \(layers[0].inputs)")
        let steps = StepOrder(offsets, pass.workspace)
        var tape = Tape(steps: steps, layers: WorkspaceList(capacity: layers.count, in: pass.workspace))
        var rows = steps.gather(input, pass.workspace)
        for index in layers.indices {
            if index > 0 { rows = dropouts[index - 1].masked(rows, pass) }
            let layer = run(layers[index], rows, steps, pass)
            tape.layers.append(layer)
            rows = layer.states
        }
        return (steps.scatter(rows, pass.workspace), tape)
    }

    private func run(_ cell: GRUCell, _ input: Rows, _ steps: StepOrder, _ pass: Pass) -> LayerTape {
        let width = cell.width
        let gates = pass.workspace.rows(input.count, 3 * width)
        let hidden = pass.workspace.rows(input.count, 3 * width)
        let states = pass.workspace.rows(input.count, width)
        let previous = pass.workspace.rows(input.count, width)
        cell.inputProducts(input, into: gates, pass)
        let transposed = pass.transposed(cell.hiddenWeight), bias = UnsafePointer(pass.weights(cell.hiddenBias))
        for step in 0..<steps.count {
            let range = steps[step]
            let before = steps.statesBefore(step, of: states, into: previous)
            cell.step(
                gates.rows(range), hidden: hidden.rows(range), previous: before, into: states.rows(range), transposed: transposed, bias)
        }
        return LayerTape(input: input, gates: gates, hidden: hidden, states: states, previous: previous)
    }

    /// Gradient of the output → gradient of the input.
    public func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        var gradient = tape.steps.gather(upstream, pass.workspace)
        for index in layers.indices.reversed() {
            gradient = back(layers[index], gradient, tape.layers[index], tape.steps, pass)
            if index > 0 { gradient = dropouts[index - 1].backward(gradient, (), pass) }
        }
        return tape.steps.scatter(gradient, pass.workspace)
    }

    private func back(_ cell: GRUCell, _ gradient: Rows, _ tape: LayerTape, _ steps: StepOrder, _ pass: Pass) -> Rows {
        let width = cell.width
        for step in (0..<steps.count).reversed() {
            let range = steps[step]
            // Rows of this step are the first rows of the step before.
            let earlier = step == 0 ? nil : gradient[steps[step - 1].lowerBound]
            gateLoops.gatesBackward(
                range.count, width, gradient[range.lowerBound], tape.gates[range.lowerBound], tape.hidden[range.lowerBound],
                tape.previous[range.lowerBound], earlier)
            if let earlier {
                vectorLoops.product(
                    range.count, width, 3 * width, tape.hidden[range.lowerBound], 3 * width, 1, pass.weights(cell.hiddenWeight), width,
                    earlier, width, true, nil, nil, 0)
            }
        }
        let count = gradient.count
        vectorLoops.product(
            3 * width, width, count, tape.hidden.base, 1, 3 * width, tape.previous.base, width, pass.gradient(cell.hiddenWeight), width,
            true,
            nil, nil, 0)
        vectorLoops.columnSums(count, 3 * width, tape.hidden.base, 3 * width, pass.gradient(cell.hiddenBias))
        vectorLoops.product(
            3 * width, cell.inputs, count, tape.gates.base, 1, 3 * width, tape.input.base, cell.inputs, pass.gradient(cell.inputWeight),
            cell.inputs, true, nil, nil, 0)
        vectorLoops.columnSums(count, 3 * width, tape.gates.base, 3 * width, pass.gradient(cell.inputBias))
        let result = pass.workspace.rows(count, cell.inputs)
        vectorLoops.product(
            count, cell.inputs, 3 * width, tape.gates.base, 3 * width, 1, pass.weights(cell.inputWeight), cell.inputs, result.base,
            cell.inputs, false, nil, nil, 0)
        return result
    }
}
