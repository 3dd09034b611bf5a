/// Puts rows without a session id, where other rows have one, into the session that their visitor had open, and the others where they
/// came in time.
///
/// Trackers lose the id of some events: consent is asked again, a part of the page is measured by another script. Such a row joins the
/// session of the visitor's row just before it in time, where the pause between the two is not longer than that of the rules; any other
/// begins a session without an id, which the next such rows go on with by the same rule.
///
/// Memory: the rows of one visitor. One with more than ``rowLimit`` rows is left as it is: the rows without an id stand together there,
/// and pauses alone cut them.
final class OpenSessions {
    /// Most rows of a visitor that are looked at together.
    static let rowLimit = 1 << 16

    /// Rows that joined a session with an id.
    private(set) var joined = 0

    private let layout: EventRow
    private let withoutID: RowPositions
    private let gap: Int64
    private var held: UnsafeMutableRawPointer
    private var room = 64
    private var count = 0
    /// Places of the held rows in the order in which they are handed on; empty where that is theirs.
    private var order: [Int32] = []
    private var group: [Int32] = []
    private var starts: [Int64] = []

    /// - Parameters:
    ///   - withoutID: positions of the rows without a session id.
    ///   - gap: longest pause inside a session, in microseconds.
    init(_ layout: EventRow, withoutID: RowPositions, gap: Int64) {
        self.layout = layout
        self.withoutID = withoutID
        self.gap = gap
        held = .allocate(byteCount: 64 * layout.stride, alignment: 8)
    }

    deinit { held.deallocate() }

    /// Whether a row is the first, or of the visitor of those held.
    @inline(__always)
    func isOfVisitor(_ row: RowPointer) -> Bool {
        count == 0 || RowPointer(held).number(layout.visitor) == row.number(layout.visitor)
    }

    var isFull: Bool { count == Self.rowLimit }

    /// Forgets the rows held.
    func removeAll() {
        count = 0
        order.removeAll(keepingCapacity: true)
    }

    func append(_ row: RowPointer) {
        if count == room {
            let larger = UnsafeMutableRawPointer.allocate(byteCount: 2 * room * layout.stride, alignment: 8)
            larger.copyMemory(from: held, byteCount: count * layout.stride)
            held.deallocate()
            held = larger
            room *= 2
        }
        (held + count * layout.stride).copyMemory(from: row, byteCount: layout.stride)
        count += 1
    }

    /// Rows held.
    var heldRows: Int { count }

    /// A held row, in the order in which they are to be handed on.
    @inline(__always)
    subscript(_ index: Int) -> RowPointer { RowPointer(held + (order.isEmpty ? index : Int(order[index])) * layout.stride) }

    /// Joins and orders the rows of a visitor, all of them, which came in the order of ``RowOrder``.
    func arrange() {
        let rows = UnsafeRawPointer(held)
        func row(_ index: Int32) -> RowPointer { rows + Int(index) * layout.stride }
        func lacksID(_ index: Int32) -> Bool { withoutID.contains(Int(row(index).long(EventRow.position))) }
        let all = Int32(count)
        guard (0..<all).contains(where: lacksID) else { return }
        order.append(contentsOf: 0..<all)
        order.sort { layout.precedesInTime(row($0), row($1)) }
        // Every session with an id is a group, in the order of their beginnings; its rows stand together.
        group.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        var session = Int?.none
        for index in 0..<all {
            guard !lacksID(index) else {
                group.append(-1)
                session = nil
                continue
            }
            if row(index).number(layout.session) != session {
                session = row(index).number(layout.session)
                starts.append(row(index).long(EventRow.time))
            }
            group.append(Int32(starts.count - 1))
        }
        let named = starts.count
        var open: (place: Int32, time: Int64)?
        for index in order {
            let time = row(index).long(EventRow.time)
            if group[Int(index)] < 0 {
                if let open, time != .min, open.time != .min, time &- open.time <= gap {
                    group[Int(index)] = group[Int(open.place)]
                    if group[Int(index)] < named {
                        joined += 1
                        let id = row(open.place).load(fromByteOffset: layout.session, as: Int32.self)
                        (held + Int(index) * layout.stride).storeBytes(of: id, toByteOffset: layout.session, as: Int32.self)
                    }
                } else {
                    starts.append(time)
                    group[Int(index)] = Int32(starts.count - 1)
                }
            }
            open = (index, time)
        }
        order.sort { left, right in
            let (first, second) = (group[Int(left)], group[Int(right)])
            if first == second { return layout.precedesInTime(row(left), row(right)) }
            let (firstStart, secondStart) = (starts[Int(first)], starts[Int(second)])
            return firstStart != secondStart ? firstStart < secondStart : first < second
        }
    }
}
