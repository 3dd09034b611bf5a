/// Finds repetitions among rows in order: those with the key of an earlier row, where the mapping names one, and among rows without a key
/// those with the same visitor, session, time, order columns and all mapped fields.
///
/// Only columns the mapping keeps can be compared, so that rows with different keys are never one. The first of the repeated rows in the input stays. Rows of one moment are held
/// until the moment has passed.
final class DuplicateFilter {
    private let layout: EventRow
    private let first: UnsafeMutableRawPointer
    private var group: [UInt8] = []
    private var groupCount = 0
    private var table: ByteStringTable?
    /// Rows dropped.
    private(set) var dropped = 0

    /// Above this many rows of one moment a hash table takes over from looking at each.
    private static let listedRows = 32

    private let comparesRows: Bool
    private let repeated: RepeatedRows?

    /// - Parameters:
    ///   - comparesRows: whether equal rows are repetitions; not so in exports without times and order.
    ///   - repeated: rows with the key of an earlier one.
    init(_ layout: EventRow, comparesRows: Bool = true, repeated: RepeatedRows? = nil) {
        (self.comparesRows, self.repeated) = (comparesRows, repeated)
        self.layout = layout
        first = .allocate(byteCount: layout.stride, alignment: 8)
    }

    deinit { first.deallocate() }

    /// Whether a row repeats an earlier one of its moment.
    func isDuplicate(_ row: RowPointer) -> Bool {
        if let repeated {
            let position = Int(row.long(EventRow.position))
            if repeated.contains(position) {
                dropped += 1
                return true
            }
            if repeated.hasKey(position) { return false }
        }
        return comparesRows && isEqualToEarlier(row)
    }

    private func isEqualToEarlier(_ row: RowPointer) -> Bool {
        let content = UnsafeRawBufferPointer(start: row + EventRow.time, count: layout.stride - EventRow.time)
        // Nearly every row begins a moment of its own, so the first one is kept without a copy into the list.
        guard groupCount > 0, isSameMoment(row) else {
            first.copyMemory(from: row, byteCount: layout.stride)
            groupCount = 1
            table = nil
            return false
        }
        if groupCount == 1 {
            group.removeAll(keepingCapacity: true)
            group.append(contentsOf: UnsafeRawBufferPointer(start: first + EventRow.time, count: content.count))
        }
        let isNew = table.map { Self.insert(content, $0) } ?? isUnlisted(content)
        guard isNew else {
            dropped += 1
            return true
        }
        if groupCount < Self.listedRows {
            group.append(contentsOf: content)
        } else if table == nil {
            let table = ByteStringTable()
            group.withUnsafeBytes { group in
                for index in 0..<groupCount {
                    let start = index * content.count
                    _ = Self.insert(UnsafeRawBufferPointer(rebasing: group[start..<(start + content.count)]), table)
                }
            }
            _ = Self.insert(content, table)
            self.table = table
        }
        groupCount += 1
        return false
    }

    private static func insert(_ content: UnsafeRawBufferPointer, _ table: ByteStringTable) -> Bool {
        let before = table.count
        _ = table.number(of: content)
        return table.count > before
    }

    @inline(__always)
    private func isSameMoment(_ row: RowPointer) -> Bool {
        let first = UnsafeRawPointer(first)
        guard first.long(EventRow.time) == row.long(EventRow.time),
            first.number(layout.visitor) == row.number(layout.visitor), first.number(layout.session) == row.number(layout.session)
        else { return false }
        for order in 0..<layout.orders {
            let offset = layout.orderStart + 8 * order
            if first.long(offset) != row.long(offset) { return false }
        }
        return true
    }

    private func isUnlisted(_ content: UnsafeRawBufferPointer) -> Bool {
        group.withUnsafeBytes { group in
            for index in 0..<groupCount {
                let start = index * content.count
                if group[start..<(start + content.count)].elementsEqual(content) { return false }
            }
            return true
        }
    }
}
