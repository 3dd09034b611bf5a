internal import SequenceKernel

/// An ``EventEncoder`` made ready for embeddings: as projecting the fields' vectors laid side by side is linear, each table is multiplied
/// by its share of the projection once, and an event is the sum of one row a field, its numbers' columns, and its place.
///
/// Rows have the model's width, rounded up to whole panels. Differs from projecting by rounding only.
final class FoldedTables: @unchecked Sendable {
    /// What the tables may take, in bytes, and again the means of a bag's texts: folded rows are as wide as the model.
    let greatestBytes: Int

    /// Floats of a row.
    let rowWidth: Int
    /// One a lookup.
    let lookups: [UnsafePointer<Float>]
    /// One a bag: bucket rows.
    let bags: [UnsafePointer<Float>]
    /// What a number of 1 adds, one row a number.
    let numbers: UnsafePointer<Float>
    /// What every event at a place starts from.
    let places: UnsafePointer<Float>
    /// Events behind it have the same row.
    let lastPlace: Int
    /// Zeros.
    let none: UnsafePointer<Float>
    private let memory: UnsafeMutablePointer<Float>

    /// Nil when the fields are not projected side by side, or the tables would grow too large; then the model keeps to projecting.
    init?(_ model: SequenceModel, _ weights: ParameterVector, greatestBytes: Int) {
        let (plan, width) = (model.plan, model.configuration.width)
        let isPlain = model.configuration.aggregation == .identity
        guard isPlain || model.events.project != nil else { return nil }
        let rowWidth = LaneLoops.padded(width)
        let placeCount = model.places.rows ?? 1
        let rowCount =
            plan.lookups.reduce(0) { $0 + $1.size } + plan.bags.reduce(0) { $0 + $1.hashing.size } + plan.scalars.count + placeCount + 1
        guard rowCount * rowWidth * 4 <= greatestBytes else { return nil }
        self.greatestBytes = greatestBytes
        self.rowWidth = rowWidth
        let count = rowCount * rowWidth
        memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64).bindMemory(to: Float.self, capacity: count)
        memory.initialize(repeating: 0, count: count)
        let inputs = plan.concatenatedWidth
        let projection = model.events.project.map { weights.pointer($0.weight) }
        let workspace = Workspace()
        var next = memory
        var column = 0
        /// Folds `rows` rows of `inner` floats, which stand at `column` of the projection's input.
        func fold(_ rows: Int, _ inner: Int, _ table: UnsafePointer<Float>) -> UnsafePointer<Float> {
            let target = next
            if let projection {
                workspace.reset()
                let share = workspace.floats(inner * width)
                vectorLoops.transpose(width, inner, projection + column, inputs, share, width)
                vectorLoops.product(rows, width, inner, table, inner, 1, share, width, target, rowWidth, false, nil, nil, 0)
            } else {
                for row in 0..<rows {
                    (target + row * rowWidth).update(from: table + row * inner, count: inner)
                    if model.events.length > 0 { model.events.normalise(target + row * rowWidth) }
                }
            }
            next += rows * rowWidth
            column += inner
            return UnsafePointer(target)
        }
        lookups = zip(plan.lookups, model.events.tables).map { fold($0.size, $0.width, weights.pointer($1)) }
        bags = zip(plan.bags, model.events.bagTables).map { fold($0.hashing.size, $0.width, weights.pointer($1)) }
        numbers = UnsafePointer(next)
        for _ in plan.scalars {
            for output in 0..<width { next[output] = projection![output * inputs + column] }
            next += rowWidth
            column += 1
        }
        places = UnsafePointer(next)
        lastPlace = placeCount - 1
        let bias = model.events.project?.bias.map { weights.pointer($0) }
        for place in 0..<placeCount {
            for output in 0..<width { next[output] = bias?[output] ?? 0 }
            model.places.add(place, to: next, weights)
            next += rowWidth
        }
        none = UnsafePointer(next)
    }

    deinit { UnsafeMutableRawPointer(memory).deallocate() }
}
