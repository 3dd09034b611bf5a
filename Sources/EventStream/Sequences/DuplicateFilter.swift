/// Finds exact repetitions among rows in order: same visitor, session, time, order columns and all mapped fields.
///
/// Only columns the mapping keeps can be compared. The first of the repeated rows in the input stays. Rows of one moment are held
/// until the moment has passed.
final class DuplicateFilter {
    private let layout: EventRow
    private var group: [UInt8] = []
    private var groupCount = 0
    private var table: ByteStringTable?
    /// Rows dropped.
    private(set) var dropped = 0

    /// Above this many rows of one moment a hash table takes over from looking at each.
    private static let listedRows = 32

    init(_ layout: EventRow) { self.layout = layout }

    /// Whether a row repeats an earlier one of its moment.
    func isDuplicate(_ row: RowPointer) -> Bool {
        let content = UnsafeRawBufferPointer(start: row + EventRow.time, count: layout.stride - EventRow.time)
        guard groupCount > 0, isSameMoment(content) else {
            group.removeAll(keepingCapacity: true)
            group.append(contentsOf: content)
            groupCount = 1
            table = nil
            return false
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

    private func isSameMoment(_ content: UnsafeRawBufferPointer) -> Bool {
        let moment = 0..<(layout.numberStart - EventRow.time)
        let subject = (layout.visitor - EventRow.time)..<(layout.codeStart - EventRow.time)
        return group.withUnsafeBytes { first in
            first[moment].elementsEqual(content[moment]) && first[subject].elementsEqual(content[subject])
        }
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
