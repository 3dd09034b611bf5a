internal import ArrowExchange

/// Where the texts of a batch lie, column by column, so that a row is put together without following the way to each.
final class ColumnarViews {
    /// How a column of the mapping is read.
    enum View {
        /// The file has no such column.
        case absent
        /// Texts where they lie, all of them UTF-8.
        case texts(ArrowTexts)
        /// Value by value.
        case values
    }

    private let views: UnsafeMutablePointer<View>
    let count: Int

    init(count: Int) {
        self.count = count
        views = .allocate(capacity: max(count, 1))
        views.initialize(repeating: .absent, count: count)
    }

    deinit { views.deallocate() }

    @inline(__always)
    subscript(slot: Int) -> View { views[slot] }

    /// Looks at the columns of a batch.
    func begin(_ batch: ArrowBatch, _ paths: [ColumnarPath?]) {
        for slot in 0..<count {
            guard let path = paths[slot] else {
                views[slot] = .absent
                continue
            }
            let texts = path.leaf(of: batch.columns[path.column])?.texts
            views[slot] = texts.flatMap { Self.areUTF8($0, batch.count) ? .texts($0) : nil } ?? .values
        }
    }

    /// Whether every text is UTF-8: all of them together are, and none begins within a character.
    private static func areUTF8(_ texts: ArrowTexts, _ count: Int) -> Bool {
        let (start, end) = (texts.start(0), texts.start(count))
        guard isUTF8(texts.bytes, start, end) else { return false }
        for row in 0..<count {
            let place = texts.start(row)
            if place < end, texts.bytes[place] & 0xC0 == 0x80 { return false }
        }
        return true
    }
}
