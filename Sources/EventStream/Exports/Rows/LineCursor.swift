import Glibc

/// Walks over the lines of an input, for formats in which a line is a row whatever it holds.
struct LineCursor {
    /// What stands at the cursor.
    enum Line {
        /// Bytes of the line in the window, without its end.
        case text(start: Int, count: Int)
        /// A line over the limit.
        case tooLong
        /// Nothing more.
        case end
    }

    let window: InputWindow
    let maximumBytes: Int
    /// Number of the current line, from 1.
    private(set) var number = 0
    /// Where the current line starts in the whole input.
    private(set) var offset = 0
    private var unconsumed = 0
    private var skips = false

    init(_ window: InputWindow, maximumBytes: Int) {
        self.window = window
        self.maximumBytes = maximumBytes
    }

    /// Moves to the next line. What the last one pointed to is no longer valid.
    mutating func next() throws(ExportError) -> Line {
        window.consume(unconsumed)
        unconsumed = 0
        if skips { try window.skipLine() }
        skips = false
        number += 1
        offset = window.offset
        while true {
            let unread = window.end - window.start
            if unread > 0, let hit = memchr(window.bytes + window.start, 0x0A, unread) {
                let count = hit.assumingMemoryBound(to: UInt8.self) - (window.bytes + window.start)
                return line(count, ending: 1)
            }
            if window.isLast { return unread == 0 ? .end : line(unread, ending: 0) }
            guard try window.extend() else {
                skips = true
                return .tooLong
            }
            offset = window.offset
        }
    }

    private mutating func line(_ count: Int, ending: Int) -> Line {
        unconsumed = count + ending
        guard count <= maximumBytes else { return .tooLong }
        let hasReturn = count > 0 && window.bytes[window.start + count - 1] == 0x0D
        return .text(start: window.start, count: hasReturn ? count - 1 : count)
    }
}
