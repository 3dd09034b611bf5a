public import SequenceKernel

/// An event's ids, texts and numbers → one vector: `[N]` events → `[N, D]`.
///
/// ```
/// lookups   table rows                 ┐
/// bags      means of buckets' rows     ├ side by side [N, W] → project → [N, D]
/// numbers   standardised, times        ┘
/// ```
/// A numeric field is its standardised value (whose slope and offset are the projection's) and the vector of its bin. All parts are
/// written straight into the side-by-side rows, and their gradients are read from there.
public struct EventEncoder: Sendable {
    let plan: FeaturePlan
    let width: Int
    let aggregation: ModelConfiguration.Aggregation
    let tables: [Parameter]
    let bagTables: [Parameter]
    let project: Linear?
    /// Under `attention`: the plain numbers as one more field, and the attention itself.
    let numberField: Linear?
    let attention: FieldAttention?
    /// Length that rows are brought to under `identity`; 0 for as they are.
    let length: Float
    let inputDropout: Float

    init(_ configuration: ModelConfiguration, _ plan: FeaturePlan, in scope: inout ParameterScope) {
        self.plan = plan
        width = configuration.width
        aggregation = configuration.aggregation
        length = configuration.fields.normalisedLength
        inputDropout = configuration.inputDropout
        tables = plan.lookups.map { lookup in
            scope.scope(lookup.field) {
                $0.declare("table", [lookup.size, lookup.width], .normal(Self.deviation(lookup.width)), kind: .table, decays: false)
            }
        }
        bagTables = plan.bags.map { bag in
            scope.scope(bag.field) {
                $0.declare("buckets", [bag.hashing.size, bag.width], .normal(Self.deviation(bag.width)), kind: .table, decays: false)
            }
        }
        let inputs = plan.concatenatedWidth
        let outputs = configuration.width
        project = aggregation == .concatenate ? scope.scope("project") { Linear(inputs: inputs, outputs: outputs, in: &$0) } : nil
        let numbers = plan.scalars.count
        let hasNumbers = aggregation == .attention && numbers > 0
        numberField = hasNumbers ? scope.scope("numbers") { Linear(inputs: numbers, outputs: outputs, in: &$0) } : nil
        let fields = plan.lookups.count + plan.bags.count + (hasNumbers ? 1 : 0)
        attention =
            aggregation == .attention ? scope.scope("attention") { FieldAttention(fields: fields, width: outputs, in: &$0) } : nil
    }

    /// Floats of an event with its parts side by side; under `attention` the numbers are a field of the model's width.
    private var joinedWidth: Int {
        plan.concatenatedWidth + (numberField == nil ? 0 : width - plan.scalars.count)
    }

    private static func deviation(_ width: Int) -> Float { 1 / Float(width).squareRoot() }

    /// The mean rows of a field's distinct texts, and each bucket's weight and text.
    struct BagMeans {
        let means: Rows
        let scales: UnsafeMutablePointer<Float>
        let owners: UnsafeMutablePointer<Int32>
    }

    /// What backward needs.
    public struct Tape {
        let joined: Rows
        let bags: WorkspaceList<BagMeans>
        let projected: Linear.Tape?
        let numbers: Linear.Tape?
        let attended: FieldAttention.Tape?
        /// Under `identity` with a length: 1 / the norm of each row's table row.
        let inverseNorms: UnsafeMutablePointer<Float>?
        let dropoutKey: UInt64?
    }

    /// `[N]` events → `[N, D]`.
    public func forward(_ view: EventView, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let rows = view.rowCount
        let total = joinedWidth
        let joined = pass.workspace.rows(rows, total)
        var column = 0
        for (index, lookup) in plan.lookups.enumerated() {
            vectorLoops.gatherRows(rows, lookup.width, pass.weights(tables[index]), view.ids(lookup: index), joined.base + column, total)
            column += lookup.width
        }
        var bagTapes = WorkspaceList<BagMeans>(capacity: plan.bags.count, in: pass.workspace)
        for (index, bag) in plan.bags.enumerated() {
            let tape = means(view.shard.bagBuffers[index], pass.weights(bagTables[index]), bag.width, pass)
            vectorLoops.gatherRows(rows, bag.width, tape.means.base, view.places(bag: index), joined.base + column, total)
            bagTapes.append(tape)
            column += bag.width
        }
        let numbers = view.scalars
        var numberTape: Linear.Tape?
        if let numberField {
            let (field, tape) = numberField.forward(numbers, pass)
            numberTape = tape
            for row in 0..<rows { (joined[row] + column).update(from: field[row], count: width) }
        } else if numbers.width > 0 {
            for row in 0..<rows { (joined[row] + column).update(from: numbers[row], count: numbers.width) }
        }
        var output = joined
        var projected: Linear.Tape?
        var inverseNorms: UnsafeMutablePointer<Float>?
        var attended: FieldAttention.Tape?
        if let project { (output, projected) = project.forward(joined, pass) }
        if let attention { (output, attended) = attention.forward(joined, pass) }
        if aggregation == .identity && length > 0 { inverseNorms = normalise(output, pass) }
        var key: UInt64?
        if inputDropout > 0, let stream = pass.dropout {
            key = RandomSource.mix(stream.key ^ 0x0E7E_4715)
            vectorLoops.dropout(output.scalarCount, key!, inputDropout, output.base, output.base)
        }
        return (
            output,
            Tape(
                joined: joined, bags: bagTapes, projected: projected, numbers: numberTape, attended: attended, inverseNorms: inverseNorms,
                dropoutKey: key)
        )
    }

    /// Adds to the gradients of tables and projection; events have none.
    public func backward(_ upstream: Rows, _ view: EventView, _ tape: Tape, _ pass: Pass) {
        let rows = view.rowCount
        guard rows > 0 else { return }
        if let key = tape.dropoutKey {
            vectorLoops.dropout(upstream.scalarCount, key, inputDropout, upstream.base, upstream.base)
        }
        var joined = upstream
        if let project, let projected = tape.projected {
            joined = project.backward(upstream, projected, pass)
        } else if let attention, let attended = tape.attended {
            joined = attention.backward(upstream, attended, pass)
        } else if let inverseNorms = tape.inverseNorms {
            normaliseBackward(upstream, view, inverseNorms, pass)
        }
        let total = joinedWidth
        guard let scatter = pass.scatter else { return }
        if let numberField, let numbers = tape.numbers {
            let field = pass.workspace.rows(rows, width)
            for row in 0..<rows { field[row].update(from: joined[row] + (total - width), count: width) }
            numberField.backward(field, numbers, into: nil, pass)
        }
        var column = 0
        for (index, lookup) in plan.lookups.enumerated() {
            scatter.add(
                .init(
                    table: tables[index], rows: view.ids(lookup: index), count: rows, gradient: UnsafePointer(joined.base + column),
                    stride: total))
            column += lookup.width
        }
        for (index, bag) in plan.bags.enumerated() {
            let buffer = view.shard.bagBuffers[index]
            let gradient = pass.workspace.rows(buffer.count, bag.width)
            gradient.clear()
            vectorLoops.scatterAddRows(
                rows, bag.width, view.places(bag: index), nil, nil, joined.base + column, total, gradient.base, 0, 1)
            scatter.add(
                .init(
                    table: bagTables[index], rows: UnsafePointer(buffer.buckets.pointer), count: buffer.buckets.count,
                    gradient: UnsafePointer(gradient.base), stride: bag.width, owners: UnsafePointer(tape.bags[index].owners),
                    scales: UnsafePointer(tape.bags[index].scales)))
            column += bag.width
        }
    }

    /// The mean of each distinct text's bucket rows: `[U, width]`.
    private func means(
        _ buffer: ShardBatch.BagBuffer, _ table: UnsafeMutablePointer<Float>, _ width: Int, _ pass: Pass
    ) -> BagMeans {
        let count = buffer.buckets.count
        let scales = pass.workspace.floats(count)
        let owners = pass.workspace.integers(count)
        for text in 0..<buffer.count {
            let range = Int(buffer.starts[text])..<Int(buffer.starts[text + 1])
            let share = 1 / Float(range.count)
            for index in range {
                scales[index] = share
                owners[index] = Int32(text)
            }
        }
        let means = pass.workspace.rows(buffer.count, width)
        vectorLoops.bagRows(buffer.count, width, table, buffer.buckets.pointer, buffer.starts.pointer, scales, means.base, width)
        return BagMeans(means: means, scales: scales, owners: owners)
    }

    /// `y = length x / |x|` in place; gives 1 / |x|.
    private func normalise(_ rows: Rows, _ pass: Pass) -> UnsafeMutablePointer<Float> {
        let inverse = pass.workspace.floats(rows.count)
        for row in 0..<rows.count { inverse[row] = normalise(rows[row]) }
        return inverse
    }

    /// One row of the model's width.
    @discardableResult
    func normalise(_ row: UnsafeMutablePointer<Float>) -> Float {
        let norm = vectorLoops.dot(width, row, row).squareRoot()
        let inverse = norm > 1e-12 ? 1 / norm : 0
        vectorLoops.scale(width, length * inverse, row, row)
        return inverse
    }

    /// `dx = length / |x| (dy - x̂ (x̂ · dy))` in place. x is read from the table again: dropout has changed the rows.
    private func normaliseBackward(_ upstream: Rows, _ view: EventView, _ inverse: UnsafeMutablePointer<Float>, _ pass: Pass) {
        let table = pass.weights(tables[0]), ids = view.ids(lookup: 0)
        for row in 0..<upstream.count {
            let weights = table + Int(ids[row]) * upstream.width
            let gradient = upstream[row]
            let along = vectorLoops.dot(upstream.width, weights, gradient) * inverse[row] * inverse[row]
            vectorLoops.axpy(upstream.width, -along, weights, gradient)
            vectorLoops.scale(upstream.width, length * inverse[row], gradient, gradient)
        }
    }
}
