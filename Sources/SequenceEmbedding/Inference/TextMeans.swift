internal import SequenceKernel

/// The means of a bag's bucket rows, already folded, one for each text of a corpus: worked out when a worker first meets the text, so that a
/// title that a thousand events show is averaged once.
final class TextMeans {
    /// A row for each code; those of codes not met yet are not set.
    private(set) var rows: UnsafeMutablePointer<Float>
    private var known: UnsafeMutablePointer<Bool>
    /// Rows that there is room for.
    private var room = 0
    private var codes = 0
    private var width = 0
    // What the rows were made from. Held, so that no other can come to stand in its place in memory.
    private var column: EncodedEvents.BagColumn?
    private var folded: FoldedTables?

    init() {
        rows = .allocate(capacity: 1)
        known = .allocate(capacity: 1)
    }

    deinit {
        rows.deallocate()
        known.deallocate()
    }

    /// Whether there is room for the means of all texts of a corpus, within what folded tables may take. Begins anew for other texts or
    /// another model; where the texts have only become more, the means that are there stay.
    func serves(_ events: EncodedEvents, _ folded: FoldedTables, bag: Int) -> Bool {
        let column = events.bags[bag]
        let count = column.starts.count - 1
        guard count * folded.rowWidth * 4 <= folded.greatestBytes else { return false }
        if self.column?.starts !== column.starts || self.folded !== folded {
            (codes, width) = (0, folded.rowWidth)
            room = 0
            (self.column, self.folded) = (column, folded)
        }
        if count > room { makeRoom(codes == 0 ? count : max(count, 2 * room)) }
        if count > codes {
            (known + codes).initialize(repeating: false, count: count - codes)
            codes = count
        }
        return true
    }

    private func makeRoom(_ count: Int) {
        let (ownRows, ownKnown) = (rows, known)
        rows = .allocate(capacity: max(1, count * width))
        known = .allocate(capacity: max(1, count))
        rows.update(from: ownRows, count: codes * width)
        known.update(from: ownKnown, count: codes)
        ownRows.deallocate()
        ownKnown.deallocate()
        room = count
    }

    /// Sees to it that the rows of these codes are there.
    func prepare(_ ids: UnsafePointer<Int32>, _ count: Int, bag: Int) {
        let known = known
        for index in 0..<count where !known[Int(ids[index])] { make(Int(ids[index]), bag) }
    }

    private func make(_ code: Int, _ bag: Int) {
        guard let column, let folded else { return }
        let range = column.starts[code]..<column.starts[code + 1]
        Self.mean(column.buckets.pointer + range.lowerBound, range.count, folded.bags[bag], width, rows + code * width)
        known[code] = true
    }

    /// `row = mean of table[bucket]`; zeros for no buckets.
    static func mean(
        _ buckets: UnsafePointer<Int32>, _ count: Int, _ table: UnsafePointer<Float>, _ width: Int, _ row: UnsafeMutablePointer<Float>
    ) {
        row.update(repeating: 0, count: width)
        let share = 1 / Float(count)
        for index in 0..<count { vectorLoops.axpy(width, share, table + Int(buckets[index]) * width, row) }
    }
}
