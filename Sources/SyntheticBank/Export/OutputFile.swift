internal import DurableFiles

/// A buffered file that is only written from the front to the end.
struct OutputFile: ~Copyable {
    private let file: OpenFile
    private var buffer: [UInt8] = []
    private static let limit = 1 << 20

    init(creating path: String, in fileSystem: FileSystem) throws(SimulationError) {
        do throws(FileError) { file = try OpenFile(path, .create, in: fileSystem) } catch { throw .file(error) }
        buffer.reserveCapacity(Self.limit + 65_536)
    }

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

    /// A number of at least 0 with six digits after the point.
    mutating func write(fraction value: Double) {
        let millionths = Int64((value * 1e6).rounded())
        write(number: millionths / 1_000_000)
        write(byte: UInt8(ascii: "."))
        write(number: millionths % 1_000_000, width: 6)
    }

    /// The customer's id in every file.
    mutating func write(customer: Int) {
        write(byte: UInt8(ascii: "c"))
        write(number: Int64(customer), width: 7)
    }

    /// The visitor's id in every file.
    mutating func write(visitor: Int) {
        write(byte: UInt8(ascii: "v"))
        write(number: Int64(visitor), width: 7)
    }

    /// The session's id in every file; `session` counts from 0.
    mutating func write(session: Int, of visitor: Int) {
        write(byte: UInt8(ascii: "s"))
        write(number: Int64(visitor), width: 7)
        write(byte: UInt8(ascii: "-"))
        write(number: Int64(session + 1), width: 2)
    }

    /// Hands full buffers to the system; call it now and then.
    mutating func drain() throws(SimulationError) {
        if buffer.count >= Self.limit { try flush() }
    }

    /// The folder around it is forced to the disk as a whole when it is published.
    mutating func finish() throws(SimulationError) {
        try flush()
        do throws(FileError) { try file.close() } catch { throw .file(error) }
    }

    private mutating func flush() throws(SimulationError) {
        do throws(FileError) {
            let file = file
            try buffer.withUnsafeBufferPointer { bytes throws(FileError) in try file.write(UnsafeRawBufferPointer(bytes)) }
        } catch { throw .file(error) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes these bytes as a whole file.
    static func write(_ text: String, to path: String, in fileSystem: FileSystem) throws(SimulationError) {
        var file = try OutputFile(creating: path, in: fileSystem)
        file.write(text)
        try file.finish()
    }
}
