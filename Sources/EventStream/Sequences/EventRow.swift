/// Where the parts of an event lie in a row of fixed size, as rows are held, spilled and sorted.
///
/// `position i64 · time i64 · orders i64 × n · numbers f64 × n · visitor's and session's order i64 × 0 to 2 · visitor i32 · session i32 ·
/// codes i32 × n`, padded to 8 bytes. Texts are numbers of a table here, so a row never holds an identifier.
struct EventRow: Sendable {
    static let position = 0
    static let time = 8
    let orders: Int
    let orderStart = 16
    let numberStart: Int
    /// Where it lies in the row what orders visitors and sessions; 0 where tables say it, or their numbers do.
    let visitorOrder: Int
    let sessionOrder: Int
    let visitor: Int
    let session: Int
    let codeStart: Int
    /// Bytes of a row.
    let stride: Int
    /// For each field where its number or code lies.
    let fieldOffsets: [Int]

    init(orders: Int, isNumeric: [Bool], ordersVisitors: Bool = false, ordersSessions: Bool = false) {
        self.orders = orders
        numberStart = 16 + 8 * orders
        var number = numberStart
        let orderEnd = numberStart + 8 * isNumeric.count { $0 }
        visitorOrder = ordersVisitors ? orderEnd : 0
        sessionOrder = ordersSessions ? orderEnd + (ordersVisitors ? 8 : 0) : 0
        visitor = orderEnd + (ordersVisitors ? 8 : 0) + (ordersSessions ? 8 : 0)
        session = visitor + 4
        codeStart = session + 4
        var code = codeStart
        var offsets: [Int] = []
        for isNumeric in isNumeric {
            if isNumeric {
                offsets.append(number)
                number += 8
            } else {
                offsets.append(code)
                code += 4
            }
        }
        fieldOffsets = offsets
        stride = (code + 7) & ~7
    }
}

extension EventRow {
    /// Whether one row comes before another by time, order columns and position.
    @inline(__always)
    func precedesInTime(_ left: RowPointer, _ right: RowPointer) -> Bool {
        var offset = Self.time
        while offset < numberStart {
            let (first, second) = (left.long(offset), right.long(offset))
            if first != second { return first < second }
            offset += 8
        }
        return left.long(Self.position) < right.long(Self.position)
    }
}

/// A row in memory.
typealias RowPointer = UnsafeRawPointer

extension UnsafeRawPointer {
    @inline(__always)
    func long(_ offset: Int) -> Int64 { load(fromByteOffset: offset, as: Int64.self) }
    @inline(__always)
    func number(_ offset: Int) -> Int { Int(load(fromByteOffset: offset, as: Int32.self)) }
}

/// The order of rows: visitor, session (earliest first), time, order columns, input position. A visitor's rows without a session id, where
/// others have one, stand together at the earliest of them, until ``OpenSessions`` puts them where they belong.
///
/// Everything it compares is a number known only when all rows were read: the place of a visitor's key in byte order and the start of
/// a native session. That makes the order the same for any memory limit.
struct RowOrder {
    let layout: EventRow
    /// Place of each visitor; empty where the row says it.
    let visitorRanks: [Int32]
    /// One above the last place.
    let visitorPlaces: Int
    /// First time of each native session; empty where there are none, and where the row says it.
    let sessionStarts: [Int64]
    /// Ids of native sessions, for sessions of one visitor that start together.
    let sessions: ByteStringTable?
    /// False where order is that of the input: exports without times.
    let hasTime: Bool

    @inline(__always)
    func visitorRank(_ row: RowPointer) -> Int {
        if layout.visitorOrder != 0 { return Int(row.long(layout.visitorOrder)) }
        let visitor = row.number(layout.visitor)
        return visitorRanks.isEmpty ? visitor : Int(visitorRanks[visitor])
    }

    /// Whether one row comes before another of the same visitor.
    @inline(__always)
    func precedesInVisitor(_ left: RowPointer, _ right: RowPointer) -> Bool {
        let leftSession = left.number(layout.session)
        let rightSession = right.number(layout.session)
        if leftSession != rightSession {
            let isInRow = layout.sessionOrder != 0
            let leftStart = isInRow ? left.long(layout.sessionOrder) : sessionStarts[leftSession]
            let rightStart = isInRow ? right.long(layout.sessionOrder) : sessionStarts[rightSession]
            if leftStart != rightStart { return leftStart < rightStart }
            // Numbers are in byte order where the table is gone.
            guard hasTime, let sessions else { return leftSession < rightSession }
            return ByteStringTable.precedes(sessions[leftSession], sessions[rightSession])
        }
        return layout.precedesInTime(left, right)
    }

    /// Whether one row comes before another.
    @inline(__always)
    func precedes(_ left: RowPointer, _ right: RowPointer) -> Bool {
        let (first, second) = (visitorRank(left), visitorRank(right))
        return first != second ? first < second : precedesInVisitor(left, right)
    }
}
