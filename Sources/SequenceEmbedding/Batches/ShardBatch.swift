public import SequenceKernel

/// One shard of a packed batch: the rows of some sessions one after another, ready for the model.
///
/// - Shapes: B sessions, N rows, L lookups, G bags, S numbers.
public final class ShardBatch: @unchecked Sendable {
    /// What the model reads.
    public let plan: FeaturePlan
    let offsetBuffer = GrowingBuffer<Int32>()
    let lookupBuffers: [GrowingBuffer<Int32>]
    let bagBuffers: [BagBuffer]
    let scalarBuffer = GrowingBuffer<Float>()
    let visitorBuffer = GrowingBuffer<Int32>()
    let keyBuffer = GrowingBuffer<UInt64>()
    let firstBuffer = GrowingBuffer<Int64>()

    /// The distinct texts of a shard: a title met in a hundred rows is hashed and averaged once.
    final class BagBuffer: @unchecked Sendable {
        /// Row → distinct text. `[N]`.
        let rows = GrowingBuffer<Int32>()
        /// Where each distinct text's buckets begin. `[U + 1]`; the last text is *hidden*, the last but one *unknown*.
        let starts = GrowingBuffer<Int32>()
        /// Buckets of all distinct texts.
        let buckets = GrowingBuffer<Int32>()
        /// Row → class of the head. `[N]`.
        let targets = GrowingBuffer<Int32>()
        // Open addressing: code → distinct text, valid where the stamp is this batch's.
        private var keys: [Int32] = []
        private var places: [Int32] = []

        /// Distinct texts, hidden and unknown among them.
        var count: Int { starts.count - 1 }
        var maskPlace: Int32 { Int32(count - 1) }
        var unknownPlace: Int32 { Int32(count - 2) }

        func begin(rows count: Int) {
            var capacity = 64
            while capacity < 2 * count { capacity *= 2 }
            if keys.count < capacity {
                keys = [Int32](repeating: -1, count: capacity)
                places = [Int32](repeating: 0, count: capacity)
            } else {
                for index in keys.indices { keys[index] = -1 }
            }
            rows.removeAll()
            targets.removeAll()
            buckets.removeAll()
            starts.removeAll()
            starts.append(0)
        }

        func append(_ code: Int32, _ column: EncodedEvents.BagColumn) {
            let mask = keys.count - 1
            var slot = Int(truncatingIfNeeded: UInt32(bitPattern: code) &* 0x9E37_79B1) & mask
            while keys[slot] != code && keys[slot] != -1 { slot = (slot + 1) & mask }
            if keys[slot] == -1 {
                keys[slot] = code
                places[slot] = Int32(count)
                for index in column.starts[Int(code)]..<column.starts[Int(code) + 1] { buckets.append(column.buckets[index]) }
                starts.append(Int32(buckets.count))
            }
            rows.append(places[slot])
            targets.append(column.targets[Int(code)])
        }

        func end() {
            for id in [Vocabulary.unknown, Vocabulary.mask] {
                buckets.append(id)
                starts.append(Int32(buckets.count))
            }
        }
    }

    /// Empty, for a plan.
    public init(plan: FeaturePlan) {
        self.plan = plan
        lookupBuffers = plan.lookups.map { _ in GrowingBuffer() }
        bagBuffers = plan.bags.map { _ in BagBuffer() }
        offsetBuffer.append(0)
    }

    /// Sessions (B).
    public var sessionCount: Int { offsetBuffer.count - 1 }
    /// Rows (N).
    public var rowCount: Int { Int(offsetBuffer[offsetBuffer.count - 1]) }
    /// Where sessions begin. `[B + 1]`.
    public var offsets: SequenceOffsets { SequenceOffsets(UnsafePointer(offsetBuffer.pointer), count: sessionCount) }
    /// Whose session each is. `[B]`.
    public var visitors: UnsafePointer<Int32> { UnsafePointer(visitorBuffer.pointer) }
    /// The number of each session's first kept event in the table. `[B]`.
    public var firstEvents: UnsafePointer<Int64> { UnsafePointer(firstBuffer.pointer) }
    /// What random choices about each session come from: it moves with the session wherever shards are cut. `[B]`.
    var keys: UnsafePointer<UInt64> { UnsafePointer(keyBuffer.pointer) }
    /// Ids of a lookup. `[N]`.
    public func ids(lookup index: Int) -> UnsafePointer<Int32> { UnsafePointer(lookupBuffers[index].pointer) }
    /// Classes of a predicted unit. `[N]`.
    public func targets(unit index: Int) -> UnsafePointer<Int32> {
        let unit = plan.units[index]
        if let bag = unit.bag { return UnsafePointer(bagBuffers[bag].targets.pointer) }
        return ids(lookup: unit.lookup!)
    }
    /// Plain numbers. `[N, S]`.
    public var scalars: Rows { Rows(scalarBuffer.pointer, count: rowCount, width: plan.scalars.count) }

    /// Fills the shard with stretches of events, one stretch a session. `keys` name each session's random choices.
    func fill(_ events: EncodedEvents, _ stretches: ArraySlice<Stretch>) {
        offsetBuffer.removeAll()
        visitorBuffer.removeAll()
        keyBuffer.removeAll()
        firstBuffer.removeAll()
        offsetBuffer.append(0)
        var rows = 0
        for stretch in stretches {
            rows += stretch.events.count
            offsetBuffer.append(Int32(rows))
            visitorBuffer.append(stretch.visitor)
            keyBuffer.append(stretch.key)
            firstBuffer.append(Int64(stretch.events.lowerBound))
        }
        for index in plan.lookups.indices {
            lookupBuffers[index].resize(rows)
            var row = 0
            for stretch in stretches {
                events.write(lookup: index, stretch.events, to: lookupBuffers[index].pointer + row)
                row += stretch.events.count
            }
        }
        for (index, buffer) in bagBuffers.enumerated() {
            buffer.begin(rows: rows)
            let column = events.bags[index]
            for stretch in stretches { for event in stretch.events { buffer.append(column.codes[event], column) } }
            buffer.end()
        }
        let width = plan.scalars.count
        scalarBuffer.resize(rows * width)
        for index in 0..<width {
            var row = 0
            for stretch in stretches {
                events.write(
                    scalar: index, stretch.events, last: stretch.events.upperBound - 1,
                    to: scalarBuffer.pointer + row * width + index, stride: width)
                row += stretch.events.count
            }
        }
    }
}

/// The kept events of one session.
struct Stretch: Sendable {
    let events: Range<Int>
    let visitor: Int32
    let key: UInt64
}

/// A packed batch cut into shards.
public final class PackedBatch: @unchecked Sendable {
    /// Always as many as the run has shards; some may be empty.
    public let shards: [ShardBatch]
    /// Rows of all shards.
    public internal(set) var rowCount = 0
    /// Sessions of all shards.
    public internal(set) var sessionCount = 0

    /// Empty, for a plan.
    public init(plan: FeaturePlan, shardCount: Int) {
        shards = (0..<shardCount).map { _ in ShardBatch(plan: plan) }
    }
}
