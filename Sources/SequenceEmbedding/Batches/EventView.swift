public import SequenceKernel

/// The rows a model is shown: a shard as it is, with parts hidden, or slices of it.
///
/// Pointers lead into the shard's buffers or a workspace and hold until the step ends.
public struct EventView: @unchecked Sendable {
    /// Where sequences begin. `[B + 1]`.
    public var offsets: SequenceOffsets
    /// Ids, one array a lookup. `[N]` each.
    var lookups: [UnsafePointer<Int32>]
    /// Rows' distinct texts, one array a bag. `[N]` each.
    var bagRows: [UnsafePointer<Int32>]
    /// Plain numbers. `[N, S]`.
    var scalars: Rows
    /// Where the distinct texts are.
    let shard: ShardBatch

    /// Rows (N).
    public var rowCount: Int { offsets.rowCount }

    /// A shard as it is.
    public init(_ shard: ShardBatch) {
        self.shard = shard
        offsets = shard.offsets
        lookups = shard.lookupBuffers.map { UnsafePointer($0.pointer) }
        bagRows = shard.bagBuffers.map { UnsafePointer($0.rows.pointer) }
        scalars = shard.scalars
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
        let rows = shard.rowCount
        let plan = shard.plan
        var copiedScalars = false
        for (index, unit) in plan.units.enumerated() {
            let hidden = hiding + index * rows
            if let lookup = unit.lookup {
                let ids = workspace.integers(rows)
                let source = lookups[lookup]
                let feature = plan.lookups[lookup]
                for row in 0..<rows {
                    ids[row] =
                        hidden[row] == Hiding.none
                        ? source[row] : hidden[row] == Hiding.masked ? feature.maskID : feature.unknownID
                }
                lookups[lookup] = UnsafePointer(ids)
            }
            if let bag = unit.bag {
                let places = workspace.integers(rows)
                let source = bagRows[bag]
                let buffer = shard.bagBuffers[bag]
                for row in 0..<rows {
                    places[row] =
                        hidden[row] == Hiding.none
                        ? source[row] : hidden[row] == Hiding.masked ? buffer.maskPlace : buffer.unknownPlace
                }
                bagRows[bag] = UnsafePointer(places)
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
    package init(_ shard: ShardBatch, slices: [Range<Int>], _ workspace: Workspace) {
        self.init(shard)
        let rows = slices.reduce(0) { $0 + $1.count }
        let starts = workspace.integers(slices.count + 1)
        starts[0] = 0
        for (index, slice) in slices.enumerated() { starts[index + 1] = starts[index] + Int32(slice.count) }
        func gathered(_ source: UnsafePointer<Int32>) -> UnsafePointer<Int32> {
            let ids = workspace.integers(rows)
            var row = 0
            for slice in slices {
                (ids + row).update(from: source + slice.lowerBound, count: slice.count)
                row += slice.count
            }
            return UnsafePointer(ids)
        }
        lookups = lookups.map(gathered)
        bagRows = bagRows.map(gathered)
        let numbers = workspace.rows(rows, scalars.width)
        var row = 0
        for slice in slices {
            numbers[row].update(from: scalars[slice.lowerBound], count: slice.count * scalars.width)
            row += slice.count
        }
        scalars = numbers
        offsets = SequenceOffsets(UnsafePointer(starts), count: slices.count)
    }
}
