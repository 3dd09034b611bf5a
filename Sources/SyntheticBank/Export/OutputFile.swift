#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A buffered file that is only written from the front to the end.
struct OutputFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private static let limit = 1 << 20

    init(creating path: String) throws(SimulationError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        self.path = path
        if descriptor < 0 { throw .cannotWrite(path: path, reason: OutputFile.reason()) }
        buffer.reserveCapacity(Self.limit + 65_536)
    }

    deinit { close(descriptor) }

    static func reason() -> String { String(cString: strerror(errno)) }

    mutating func write(_ bytes: [UInt8]) { buffer.append(contentsOf: bytes) }
    mutating func write(_ text: String) { buffer.append(contentsOf: text.utf8) }
    mutating func write(_ text: StaticString) {
        buffer.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    mutating func write(byte: UInt8) { buffer.append(byte) }

    /// Decimal digits, with leading zeros up to `width`.
    mutating func write(number: Int64, width: Int = 1) {
        precondition(number >= 0, "OutputFile.write(number:): \(number) is negative")
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var place = room.count
            var rest = UInt64(number)
            repeat {
                place -= 1
                room[place] = UInt8(48 + rest % 10)
                rest /= 10
            } while rest > 0 || room.count - place < width
            buffer.append(contentsOf: room[place...])
        }
    }

    /// Hands full buffers to the system; call it now and then.
    mutating func drain() throws(SimulationError) {
        if buffer.count >= Self.limit { try flush() }
    }

    mutating func finish() throws(SimulationError) {
        try flush()
        if fsync(descriptor) != 0 && errno != EINVAL { throw .cannotWrite(path: path, reason: OutputFile.reason()) }
    }

    private mutating func flush() throws(SimulationError) {
        var done = 0
        while done < buffer.count {
            let start = done
            let written = buffer.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress! + start, $0.count - start) }
            if written < 0 {
                if errno == EINTR { continue }
                throw .cannotWrite(path: path, reason: OutputFile.reason())
            }
            done += written
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }
