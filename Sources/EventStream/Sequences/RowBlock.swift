/// Rows in order, handed on together: enough to be shared among threads, few enough to stay in their caches.
final class RowBlock {
    /// Most rows of a block.
    static let capacity = 8192

    /// Rows put in, repetitions among them.
    private(set) var taken = 0
    private let stride: Int
    private let copies: UnsafeMutableRawPointer
    private let pointers: UnsafeMutableBufferPointer<RowPointer>
    private var count = 0

    /// - Parameter stride: bytes of a row.
    init(stride: Int) {
        self.stride = stride
        copies = .allocate(byteCount: Self.capacity * stride, alignment: 64)
        pointers = .allocate(capacity: Self.capacity)
    }

    deinit {
        copies.deallocate()
        pointers.deallocate()
    }

    /// The rows, for as long as the block is not filled anew.
    var rows: UnsafeBufferPointer<RowPointer> { UnsafeBufferPointer(rebasing: pointers[..<count]) }

    /// Empties the block.
    func removeAll() {
        taken = 0
        count = 0
    }

    /// Puts a row in without copying it.
    @inline(__always)
    func append(_ row: RowPointer) {
        pointers[taken] = row
        taken += 1
        count += 1
    }

    /// Puts a copy of a row in: the copies lie side by side.
    @inline(__always)
    func append(copyOf row: RowPointer) {
        let copy = copies + taken * stride
        copy.copyMemory(from: row, byteCount: stride)
        append(RowPointer(copy))
    }

    /// Leaves out what repeats an earlier row, of this block or of those before.
    func remove(_ duplicates: DuplicateFilter) {
        var kept = 0
        for row in rows where !duplicates.isDuplicate(row) {
            pointers[kept] = row
            kept += 1
        }
        count = kept
    }
}
