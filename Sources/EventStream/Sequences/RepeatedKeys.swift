internal import DurableFiles

/// Finds rows whose key an earlier row of the input had, wherever the two stand: the digests are sorted, on disk where there are many.
///
/// Memory: its share while rows come, one bit for each row, then two.
final class RepeatedKeys {
    private static let layout = EventRow(orders: 1, isNumeric: [])
    private let store: RowStore
    private let runsPath: String
    private let fileSystem: FileSystem
    private var keyed = RowPositions()

    /// - Parameter memory: bytes for digests before they go to a file in `directory`.
    init(directory: String, memory: Int, in fileSystem: FileSystem) {
        store = RowStore(layout: Self.layout, memoryLimit: memory, spillPath: directory + "/.keys", in: fileSystem)
        runsPath = directory + "/.keyruns"
        self.fileSystem = fileSystem
    }

    /// Takes the keys of rows; the first has the position `first` among all.
    func append(_ rows: CodedRows, first: Int) throws(FileError) {
        for index in 0..<rows.count {
            let (high, low) = rows.key(index)
            if high == 0, low == 0 { continue }
            keyed.insert(first + index)
            guard let row = try store.append(upTo: 1).baseAddress else { continue }
            row.storeBytes(of: Int64(first + index), toByteOffset: EventRow.position, as: Int64.self)
            row.storeBytes(of: high, toByteOffset: EventRow.time, as: Int64.self)
            row.storeBytes(of: low, toByteOffset: Self.layout.orderStart, as: Int64.self)
            row.storeBytes(of: 0, toByteOffset: Self.layout.visitor, as: Int32.self)
            row.storeBytes(of: -1, toByteOffset: Self.layout.session, as: Int32.self)
        }
    }

    /// The rows that repeat an earlier one, of `total`. Nothing is taken after that.
    func find(total: Int, _ crew: ImportCrew) throws(ImportError) -> RepeatedRows {
        do { try store.finish(spilling: false) } catch { throw .file(error) }
        let order = RowOrder(
            layout: Self.layout, visitorRanks: [0], visitorPlaces: 1, sessionStarts: [], sessions: nil, hasTime: true)
        var repeated = RepeatedRows(keyed: keyed, total: total)
        var previous: (Int64, Int64) = (0, 0)
        guard store.count > 0 else { return repeated }
        let sort = ExternalSort(store, order: order, resolver: nil, runsPath: runsPath, in: fileSystem)
        try sort.forEachBlock(dropping: nil, crew) { (block, meanwhile) throws(ImportError) in
            for row in block.rows {
                let key = (row.long(EventRow.time), row.long(Self.layout.orderStart))
                if key == previous { repeated.insert(Int(row.long(EventRow.position))) }
                previous = key
            }
            meanwhile()
        }
        return repeated
    }
}

/// The rows with the key of an earlier one, and those that have a key at all, by their positions.
struct RepeatedRows {
    private var repeated = RowPositions()
    private var keyed: RowPositions

    /// None repeated yet.
    init(keyed: RowPositions, total: Int) {
        self.keyed = keyed
        repeated.reserve(total)
    }

    mutating func insert(_ position: Int) { repeated.insert(position) }

    @inline(__always)
    func contains(_ position: Int) -> Bool { repeated.contains(position) }

    /// Whether a row has a key, by which alone it is told from others then.
    @inline(__always)
    func hasKey(_ position: Int) -> Bool { keyed.contains(position) }
}

/// Positions of rows, one bit each.
struct RowPositions {
    private var bits: [UInt64] = []

    mutating func reserve(_ total: Int) { bits.reserveCapacity((total + 63) / 64) }

    mutating func insert(_ position: Int) {
        while bits.count <= position >> 6 { bits.append(0) }
        bits[position >> 6] |= 1 << UInt64(position & 63)
    }

    @inline(__always)
    func contains(_ position: Int) -> Bool {
        position >> 6 < bits.count && bits[position >> 6] >> UInt64(position & 63) & 1 == 1
    }
}
