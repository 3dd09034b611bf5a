/// Ids that tell a field's values apart within one session only: the first, the second, … in the order of their first appearance, and whether an
/// event has a new one, the same as the event before, or comes back to an earlier one.
///
/// Whoever looks at one hotel five times wants something else than whoever looks at five, and no name of a hotel says so: names that were never met
/// in training are *unknown*, and the same *unknown*. What the ids mean is the same for every session, so nothing needs to be fitted.
enum SessionOrder {
    /// How an event's value stands to those before it; one id each.
    private static let new: Int32 = 0, same: Int32 = 1, back: Int32 = 2
    private static let ways: Int32 = 3

    /// Rows of the table of a field whose first `most` values are told apart; those behind share the last one's ids.
    static func size(most: Int) -> Int { Int(Vocabulary.firstValue) + Int(ways) * most }

    /// Writes the ids of a session's events, whose codes are 0 where there is none. Time and memory are linear in the events; short sessions
    /// allocate nothing.
    static func write(_ codes: UnsafePointer<Int32>, _ events: Range<Int>, most: Int, to ids: UnsafeMutablePointer<Int32>) {
        var capacity = 16
        while capacity < 2 * events.count { capacity *= 2 }
        // Open addressing: a code, and which of the session's values it is.
        withUnsafeTemporaryAllocation(of: (code: Int32, order: Int32).self, capacity: capacity) { slots in
            slots.initialize(repeating: (0, 0))
            var count: Int32 = 0
            var last: Int32 = 0
            for (place, event) in events.enumerated() {
                let code = codes[event]
                guard code != 0 else {
                    ids[place] = Vocabulary.missing
                    continue
                }
                var slot = Int(truncatingIfNeeded: UInt32(bitPattern: code) &* 0x9E37_79B1) & (capacity - 1)
                while slots[slot].code != code && slots[slot].code != 0 { slot = (slot + 1) & (capacity - 1) }
                let way = slots[slot].code == 0 ? new : code == last ? same : back
                if way == new {
                    slots[slot] = (code, count)
                    count += 1
                }
                last = code
                ids[place] = Vocabulary.firstValue + ways * min(slots[slot].order, Int32(most) - 1) + way
            }
        }
    }
}
