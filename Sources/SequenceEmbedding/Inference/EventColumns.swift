internal import SequenceKernel

/// The ids and numbers of some sessions' events, column by column, for ``FoldedTables``; in memory that is used again.
final class EventColumns: @unchecked Sendable {
    private let plan: FeaturePlan
    private let offsetBuffer = GrowingBuffer<Int32>()
    private let placeBuffer = GrowingBuffer<Int32>()
    private let lookupBuffers: [GrowingBuffer<Int32>]
    private let bags: [Bag]
    private let numberBuffers: [GrowingBuffer<Float>]
    // Where the loops find a field's ids and its table: places first, lookups, bags.
    private let ids = GrowingBuffer<UnsafePointer<Int32>>()
    private let tables = GrowingBuffer<UnsafePointer<Float>>()
    private let numbers = GrowingBuffer<UnsafePointer<Float>>()
    private let rows = GrowingBuffer<UnsafePointer<Float>>()

    /// A text field: codes into the means of all texts, or, where those would be too large, the distinct texts of these sessions.
    private final class Bag {
        let codes = GrowingBuffer<Int32>()
        let means = TextMeans()
        let distinct = ShardBatch.BagBuffer()
        var usesMeans = false
    }

    init(_ plan: FeaturePlan) {
        self.plan = plan
        lookupBuffers = plan.lookups.map { _ in GrowingBuffer() }
        bags = plan.bags.map { _ in Bag() }
        numberBuffers = plan.scalars.map { _ in GrowingBuffer() }
    }

    /// Where sessions begin.
    var offsets: SequenceOffsets { SequenceOffsets(UnsafePointer(offsetBuffer.pointer), count: offsetBuffer.count - 1) }

    /// Takes stretches of events, one a session.
    func fill(_ events: EncodedEvents, _ stretches: ArraySlice<Range<Int>>, _ folded: FoldedTables) {
        fillOffsetsAndPlaces(stretches, lastPlace: Int32(folded.lastPlace))
        let count = offsets.rowCount
        for (index, buffer) in lookupBuffers.enumerated() {
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
        for (index, bag) in bags.enumerated() { fill(bag, index, events, stretches, folded) }
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

    private func fillOffsetsAndPlaces(_ stretches: ArraySlice<Range<Int>>, lastPlace: Int32) {
        offsetBuffer.resize(stretches.count + 1)
        var offset = offsetBuffer.pointer
        var count = 0
        offset[0] = 0
        for stretch in stretches {
            count += stretch.count
            offset += 1
            offset[0] = Int32(count)
        }
        placeBuffer.resize(count)
        var places = placeBuffer.pointer
        for stretch in stretches {
            for place in 0..<stretch.count { places[place] = min(Int32(truncatingIfNeeded: place), lastPlace) }
            places += stretch.count
        }
    }

    private func fill(_ bag: Bag, _ index: Int, _ events: EncodedEvents, _ stretches: ArraySlice<Range<Int>>, _ folded: FoldedTables) {
        let count = offsets.rowCount
        bag.usesMeans = bag.means.serves(events, folded, bag: index)
        let column = events.bags[index]
        guard bag.usesMeans else {
            bag.distinct.begin(rows: count)
            for stretch in stretches { for event in stretch { bag.distinct.append(column.codes[event], column) } }
            bag.distinct.end()
            return
        }
        bag.codes.resize(count)
        var target = bag.codes.pointer
        for stretch in stretches {
            target.update(from: column.codes + stretch.lowerBound, count: stretch.count)
            target += stretch.count
        }
        bag.means.prepare(bag.codes.pointer, count, bag: index)
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
    func write(to x: UnsafeMutablePointer<Float>, row: Int, _ folded: FoldedTables, _ workspace: Workspace) {
        let mark = workspace.mark
        let width = folded.rowWidth
        ids.removeAll()
        tables.removeAll()
        numbers.removeAll()
        ids.append(UnsafePointer(placeBuffer.pointer))
        tables.append(folded.places)
        for (index, table) in folded.lookups.enumerated() {
            ids.append(UnsafePointer(lookupBuffers[index].pointer))
            tables.append(table)
        }
        for (index, bag) in bags.enumerated() {
            if bag.usesMeans {
                ids.append(UnsafePointer(bag.codes.pointer))
                tables.append(UnsafePointer(bag.means.rows))
            } else {
                let distinct = bag.distinct
                let means = workspace.floats(distinct.count * width)
                for text in 0..<distinct.count {
                    let range = Int(distinct.starts[text])..<Int(distinct.starts[text + 1])
                    TextMeans.mean(
                        distinct.buckets.pointer + range.lowerBound, range.count, folded.bags[index], width, means + text * width)
                }
                ids.append(UnsafePointer(distinct.rows.pointer))
                tables.append(UnsafePointer(means))
            }
        }
        for buffer in numberBuffers { numbers.append(UnsafePointer(buffer.pointer)) }
        rows.resize(16 * ids.count)
        laneLoops.foldedEvents(
            offsets.rowCount, width, ids.count, ids.pointer, tables.pointer, folded.none, numbers.count, numbers.pointer, folded.numbers, x,
            row, workspace.floats(16 * width), rows.pointer)
        workspace.release(to: mark)
    }
}
