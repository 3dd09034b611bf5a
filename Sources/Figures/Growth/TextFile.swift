internal import Glibc

/// Text on its way to a new file, a megabyte at a time.
struct TextFile {
    private let path: String
    private let file: Int32
    private var storage: [UInt8]
    private var count = 0
    private var written = 0
    private static let limit = 1 << 20
    // The last day written and its text: most clicks fall on the day of the one before.
    private var day = Int.min
    private var dayText: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        // A row is far shorter than what stands here beyond the limit.
        storage = [UInt8](repeating: 0, count: Self.limit + 16384)
        guard file >= 0 else { throw fault }
    }

    /// Bytes so far.
    var total: Int { written + count }

    /// Writes what is left. Returns the bytes of the file.
    mutating func close() throws -> Int {
        try flush()
        guard Glibc.close(file) == 0 else { throw fault }
        return written
    }

    mutating func endRow() throws {
        if count >= Self.limit { try flush() }
    }

    mutating func add(_ bytes: [UInt8]) {
        for byte in bytes {
            storage[count] = byte
            count += 1
        }
    }

    mutating func add(_ text: StaticString) {
        storage.withUnsafeMutableBytes {
            $0.baseAddress!.advanced(by: count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        }
        count += text.utf8CodeUnitCount
    }

    mutating func add(_ number: Int, digits: Int) {
        var rest = number
        for place in stride(from: digits - 1, through: 0, by: -1) {
            storage[count + place] = 48 + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }

    /// ISO 8601 in UTC with milliseconds: `2026-01-01T00:00:00.000Z`, or with a space in the middle and nothing behind.
    mutating func add(time: Int, isPlain: Bool = false) {
        let (today, inside) = time.quotientAndRemainder(dividingBy: 86_400_000)
        if today != day {
            day = today
            var seconds = today * 86_400
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
            dayText = Array(date.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-").utf8)
        }
        add(dayText)
        add(isPlain ? " " : "T")
        add(inside / 3_600_000, digits: 2)
        add(":")
        add(inside / 60_000 % 60, digits: 2)
        add(":")
        add(inside / 1000 % 60, digits: 2)
        add(".")
        add(inside % 1000, digits: 3)
        if !isPlain { add("Z") }
    }

    private mutating func flush() throws {
        var done = 0
        while done < count {
            let part = storage.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, count - done) }
            if part < 0 && errno == EINTR { continue }
            if part < 0 { throw fault }
            done += part
        }
        written += count
        count = 0
    }

    private var fault: FigureError {
        FigureError(
            code: EX_IOERR, description: "\(path): cannot be written (\(String(cString: strerror(errno)))); set TMPDIR to a place with room"
        )
    }
}
