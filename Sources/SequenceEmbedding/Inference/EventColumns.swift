internal import SequenceKernel

/// The ids and numbers of some sessions' events, column by column, for ``FoldedTables``; in memory that is used again.
final class EventColumns: @unchecked Sendable {
    private let plan: FeaturePlan
    private let offsetBuffer = GrowingBuffer<Int32>()
    private let placeBuffer = GrowingBuffer<Int32>()
    private let idBuffers: [GrowingBuffer<Int32>]
    private let bagBuffers: [ShardBatch.BagBuffer]
    private let numberBuffers: [GrowingBuffer<Float>]
    // Where the loops find a field's ids and its table: places first, lookups, bags.
    private let ids = GrowingBuffer<UnsafePointer<Int32>>()
    private let tables = GrowingBuffer<UnsafePointer<Float>>()
    private let numbers = GrowingBuffer<UnsafePointer<Float>>()
    private let rows = GrowingBuffer<UnsafePointer<Float>>()

    init(_ plan: FeaturePlan) {
        self.plan = plan
        idBuffers = plan.lookups.map { _ in GrowingBuffer() }
        bagBuffers = plan.bags.map { _ in ShardBatch.BagBuffer() }
        numberBuffers = plan.scalars.map { _ in GrowingBuffer() }
    }

    /// Where sessions begin.
    var offsets: SequenceOffsets { SequenceOffsets(UnsafePointer(offsetBuffer.pointer), count: offsetBuffer.count - 1) }

    /// Takes stretches of events, one a session.
    func fill(_ events: EncodedEvents, _ stretches: ArraySlice<Range<Int>>, lastPlace: Int) {
        offsetBuffer.removeAll()
        offsetBuffer.append(0)
        var count = 0
        for stretch in stretches {
            count += stretch.count
            offsetBuffer.append(Int32(count))
        }
        placeBuffer.resize(count)
        let places = placeBuffer.pointer
        let last = Int32(lastPlace)
        var row = 0
        for stretch in stretches {
            for place in 0..<Int32(stretch.count) { places[row + Int(place)] = min(place, last) }
            row += stretch.count
        }
        for (index, buffer) in idBuffers.enumerated() {
            buffer.resize(count)
            var target = buffer.pointer
            if case .ids(let column) = events.lookups[index] {
                for stretch in stretches { Self.copy(stretch, of: column, to: &target) }
            } else {
                for stretch in stretches {
                    events.write(lookup: index, stretch, to: target)
                    target += stretch.count
                }
            }
        }
        for (index, buffer) in bagBuffers.enumerated() {
            let column = events.bags[index]
            buffer.begin(rows: count)
            for stretch in stretches { for event in stretch { buffer.append(column.codes[event], column) } }
            buffer.end()
        }
        for (index, buffer) in numberBuffers.enumerated() {
            buffer.resize(count)
            var target = buffer.pointer
            if case .floats(let column) = events.scalars[index] {
                for stretch in stretches { Self.copy(stretch, of: column, to: &target) }
            } else {
                for stretch in stretches {
                    events.write(scalar: index, stretch, last: stretch.upperBound - 1, to: target, stride: 1)
                    target += stretch.count
                }
            }
        }
    }

    /// In vectors, past the end: the next stretch is written over it, and buffers have room behind.
    @inline(__always)
    private static func copy<Element: BitwiseCopyable>(
        _ stretch: Range<Int>, of column: GrowingBuffer<Element>, to target: inout UnsafeMutablePointer<Element>
    ) {
        let from = UnsafeRawPointer(column.pointer + stretch.lowerBound), to = UnsafeMutableRawPointer(target)
        for offset in stride(from: 0, to: stretch.count * MemoryLayout<Element>.stride, by: 64) {
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt32>.self), toByteOffset: offset, as: SIMD16<UInt32>.self)
        }
        target += stretch.count
    }

    /// Writes the events' vectors to `x`, `rowWidth` rows of `row` floats.
    func write(_ folded: FoldedTables, to x: UnsafeMutablePointer<Float>, row: Int, _ workspace: Workspace) {
        let mark = workspace.mark
        let width = folded.rowWidth
        ids.removeAll()
        tables.removeAll()
        numbers.removeAll()
        ids.append(UnsafePointer(placeBuffer.pointer))
        tables.append(folded.places)
        for (index, table) in folded.lookups.enumerated() {
            ids.append(UnsafePointer(idBuffers[index].pointer))
            tables.append(table)
        }
        for (index, buckets) in folded.bags.enumerated() {
            let buffer = bagBuffers[index]
            let shares = workspace.floats(buffer.buckets.count)
            for text in 0..<buffer.count {
                let range = Int(buffer.starts[text])..<Int(buffer.starts[text + 1])
                for place in range { shares[place] = 1 / Float(range.count) }
            }
            let means = workspace.floats(buffer.count * width)
            vectorLoops.bagRows(buffer.count, width, buckets, buffer.buckets.pointer, buffer.starts.pointer, shares, means, width)
            ids.append(UnsafePointer(buffer.rows.pointer))
            tables.append(UnsafePointer(means))
        }
        rows.resize(16 * ids.count)
        for buffer in numberBuffers { numbers.append(UnsafePointer(buffer.pointer)) }
        laneLoops.foldedEvents(
            offsets.rowCount, width, ids.count, ids.pointer, tables.pointer, folded.none, numbers.count, numbers.pointer, folded.numbers, x,
            row, workspace.floats(16 * width), rows.pointer)
        workspace.release(to: mark)
    }
}
