public import SequenceKernel

/// The rows a model is shown: a shard as it is, with parts hidden, or slices of it.
///
/// Pointers lead into the shard's buffers or a workspace and hold until the step ends.
public struct EventView: @unchecked Sendable {
    /// Where sequences begin. `[B + 1]`.
    public var offsets: SequenceOffsets
    /// Plain numbers. `[N, S]`.
    var scalars: Rows
    /// Where the distinct texts are.
    let shard: ShardBatch
    /// What takes the place of the shard's columns: those of the lookups, then those of the bags; nil shows the shard's own.
    private var replaced: WorkspaceList<UnsafePointer<Int32>>?

    /// Rows (N).
    public var rowCount: Int { offsets.rowCount }

    /// A shard as it is.
    public init(_ shard: ShardBatch) {
        self.shard = shard
        offsets = shard.offsets
        scalars = shard.scalars
    }

    /// Ids of a lookup. `[N]`.
    func ids(lookup index: Int) -> UnsafePointer<Int32> { replaced.map { $0[index] } ?? shard.ids(lookup: index) }

    /// Rows' distinct texts of a bag. `[N]`.
    func places(bag index: Int) -> UnsafePointer<Int32> {
        replaced.map { $0[shard.lookupBuffers.count + index] } ?? UnsafePointer(shard.bagBuffers[index].rows.pointer)
    }

    /// Every column of the shard as `column` makes it, lookups first.
    private mutating func replaceColumns(_ workspace: Workspace, _ column: (UnsafePointer<Int32>) -> UnsafePointer<Int32> = { $0 }) {
        let (lookups, bags) = (shard.lookupBuffers.count, shard.bagBuffers.count)
        var columns = WorkspaceList<UnsafePointer<Int32>>(capacity: lookups + bags, in: workspace)
        for lookup in 0..<lookups { columns.append(column(ids(lookup: lookup))) }
        for bag in 0..<bags { columns.append(column(places(bag: bag))) }
        replaced = columns
    }

    /// What training does to one field of one event.
    enum Hiding {
        /// Shown as it is.
        static let none: Int32 = 0
        /// Hidden and predicted.
        static let masked: Int32 = 1
        /// Shown as *unknown* and left out of the loss.
        static let unknown: Int32 = 2
    }

    /// The shard with fields hidden. `hiding` is `[units, N]`.
    package init(_ shard: ShardBatch, hiding: UnsafePointer<Int32>, _ workspace: Workspace) {
        self.init(shard)
        replaceColumns(workspace)
        let rows = shard.rowCount
        let plan = shard.plan
        var copiedScalars = false
        for (index, unit) in plan.units.enumerated() {
            let hidden = hiding + index * rows
            if let lookup = unit.lookup {
                let shown = workspace.integers(rows)
                let source = ids(lookup: lookup)
                let feature = plan.lookups[lookup]
                for row in 0..<rows {
                    shown[row] =
                        hidden[row] == Hiding.none
                        ? source[row] : hidden[row] == Hiding.masked ? feature.maskID : feature.unknownID
                }
                replaced?[lookup] = UnsafePointer(shown)
            }
            if let bag = unit.bag {
                let shown = workspace.integers(rows)
                let source = places(bag: bag)
                let buffer = shard.bagBuffers[bag]
                for row in 0..<rows {
                    shown[row] =
                        hidden[row] == Hiding.none
                        ? source[row] : hidden[row] == Hiding.masked ? buffer.maskPlace : buffer.unknownPlace
                }
                replaced?[shard.lookupBuffers.count + bag] = UnsafePointer(shown)
            }
            if !unit.scalars.isEmpty {
                if !copiedScalars {
                    let copy = workspace.rows(rows, scalars.width)
                    copy.base.update(from: scalars.base, count: scalars.scalarCount)
                    scalars = copy
                    copiedScalars = true
                }
                for row in 0..<rows where hidden[row] != Hiding.none {
                    for column in unit.scalars { scalars[row][column] = 0 }
                }
            }
        }
    }

    /// Stretches of the shard's rows as sequences of their own.
    init(_ shard: ShardBatch, slices: WorkspaceList<RowSlice>, _ workspace: Workspace) {
        self.init(shard)
        let rows = slices.reduce(0) { $0 + $1.count }
        let starts = workspace.integers(slices.count + 1)
        starts[0] = 0
        for (index, slice) in slices.enumerated() { starts[index + 1] = starts[index] + Int32(slice.count) }
        replaceColumns(workspace) { source in
            let gathered = workspace.integers(rows)
            var row = 0
            for slice in slices {
                (gathered + row).update(from: source + slice.start, count: slice.count)
                row += slice.count
            }
            return UnsafePointer(gathered)
        }
        let numbers = workspace.rows(rows, scalars.width)
        var row = 0
        for slice in slices {
            numbers[row].update(from: scalars[slice.start], count: slice.count * scalars.width)
            row += slice.count
        }
        scalars = numbers
        offsets = SequenceOffsets(UnsafePointer(starts), count: slices.count)
    }
}
