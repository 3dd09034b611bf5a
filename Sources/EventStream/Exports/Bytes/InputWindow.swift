/// A stretch of the input in memory, in which readers look for whole rows. It grows up to the longest row allowed and no further.
///
/// Behind the last byte stand ``padding`` bytes that may be read (a line end first, so that searches need no bound), which is
/// what vector code and the JSON parser ask for.
package final class InputWindow {
    /// Readable bytes behind ``end``.
    package static let padding = 64

    /// The bytes; ``start`` to ``end`` are unread.
    @exclusivity(unchecked) package private(set) var bytes: UnsafeMutablePointer<UInt8>
    /// Where the unread bytes begin.
    @exclusivity(unchecked) package private(set) var start = 0
    /// Where they end.
    @exclusivity(unchecked) package private(set) var end = 0
    /// True when nothing follows ``end``.
    @exclusivity(unchecked) package private(set) var isLast = false
    /// Where `bytes[0]` stands in the whole input.
    @exclusivity(unchecked) private var base = 0
    private var capacity: Int
    private let maximum: Int
    private let source: any ByteSource

    /// A window that starts with `capacity` bytes and grows to hold a row of `maximumRowBytes`.
    package init(_ source: any ByteSource, capacity: Int, maximumRowBytes: Int) {
        self.source = source
        self.capacity = max(capacity, 8)
        maximum = max(min(maximumRowBytes, 1 << 40) + 2, self.capacity)  // and its line end
        bytes = .allocate(capacity: self.capacity + Self.padding)
        bytes.initialize(repeating: 0x0A, count: self.capacity + Self.padding)
    }

    deinit { bytes.deallocate() }

    /// Where the unread bytes begin in the whole input.
    package var offset: Int { base + start }

    /// Marks `count` bytes as read.
    package func consume(_ count: Int) { start += count }

    /// Reads on. False when there is nothing more to read, or when the window is as large as it may be and full.
    package func extend() throws(ExportError) -> Bool {
        guard !isLast else { return false }
        if start > 0 {
            bytes.update(from: bytes + start, count: end - start)
            base += start
            end -= start
            start = 0
        }
        // Conversions need room for one character.
        if capacity - end < 4 {
            guard capacity < maximum else { return false }
            grow()
        }
        let before = end
        while capacity - end >= 4, !isLast {
            let got = try source.read(into: UnsafeMutableRawBufferPointer(start: bytes + end, count: capacity - end))
            end += got
            isLast = got == 0
        }
        bytes[end] = 0x0A
        return end > before || isLast
    }

    /// Holds the next `count` bytes of another window and nothing else, and marks them there as read.
    func load(_ count: Int, from other: InputWindow) {
        if capacity < count {
            bytes.deallocate()
            capacity = count + count / 4
            bytes = .allocate(capacity: capacity + Self.padding)
        }
        bytes.update(from: other.bytes + other.start, count: count)
        (bytes + count).update(repeating: 0x0A, count: Self.padding)
        base = other.offset
        start = 0
        end = count
        isLast = true
        other.consume(count)
    }

    /// Passes over the rest of a physical line and its end, however long it is.
    package func skipLine() throws(ExportError) {
        while true {
            for i in start..<end where bytes[i] == 0x0A || bytes[i] == 0x0D {
                // A carriage return at the edge may be the first half of a line end.
                if bytes[i] == 0x0D, i + 1 == end, !isLast {
                    start = i
                    if try extend() { return try skipLine() }
                }
                start = bytes[i] == 0x0D && i + 1 < end && bytes[i + 1] == 0x0A ? i + 2 : i + 1
                return
            }
            start = end
            guard try extend(), start < end else { return }
        }
    }

    private func grow() {
        let larger = max(min(capacity * 2, maximum), capacity + 8)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger + Self.padding)
        fresh.initialize(repeating: 0x0A, count: larger + Self.padding)
        fresh.update(from: bytes, count: end)
        bytes.deallocate()
        bytes = fresh
        capacity = larger
    }
}
