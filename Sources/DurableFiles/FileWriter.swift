/// Writes a file from front to back through a buffer.
///
/// The bytes are safe only after ``finish()``; a writer that is released earlier closes its file and leaves what it wrote, which the
/// publication around it then removes.
public final class FileWriter {
    /// Where the bytes go.
    public let path: String
    /// Bytes given so far.
    public private(set) var position = 0

    private let file: OpenFile
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0

    /// Creates a new file; something already there is an error.
    /// - Parameter bufferSize: bytes collected before they go to the system.
    public init(creating path: String, bufferSize: Int = 1 << 18, in fileSystem: FileSystem = .live) throws(FileError) {
        precondition(bufferSize > 0, "FileWriter: buffer of \(bufferSize) bytes")
        self.path = path
        file = try OpenFile(path, .create, in: fileSystem)
        buffer = .allocate(byteCount: bufferSize, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Adds bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        position += bytes.count
        if bytes.count <= buffer.count - filled {
            if let base = bytes.baseAddress { (buffer.baseAddress! + filled).copyMemory(from: base, byteCount: bytes.count) }
            filled += bytes.count
            return
        }
        try flush()
        if bytes.count >= buffer.count { return try file.write(bytes) }
        buffer.baseAddress!.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        filled = bytes.count
    }

    /// Adds bytes.
    public func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in try write(UnsafeRawBufferPointer(bytes)) }
    }

    /// Adds the memory of fixed-size values, in the machine's byte order (little-endian everywhere Tessera runs).
    public func write<Value: BitwiseCopyable>(valuesOf values: UnsafeBufferPointer<Value>) throws(FileError) {
        try write(UnsafeRawBufferPointer(values))
    }

    /// Adds the memory of fixed-size values.
    public func write<Value: BitwiseCopyable>(valuesOf values: [Value]) throws(FileError) {
        try values.withUnsafeBufferPointer { values throws(FileError) in try write(UnsafeRawBufferPointer(values)) }
    }

    /// Adds text as UTF-8.
    public func write(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

    /// Replaces bytes already given; for a header whose counts are known last.
    public func overwrite(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        precondition(offset >= 0 && offset + bytes.count <= position, "overwrite \(offset)+\(bytes.count) of \(position) bytes")
        try flush()
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try file.write(UnsafeRawBufferPointer(bytes), at: offset)
        }
    }

    /// Hands the collected bytes to the system.
    public func flush() throws(FileError) {
        guard filled > 0 else { return }
        let count = filled
        filled = 0
        try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// Flushes, forces the bytes to the disk and closes.
    /// - Parameter sync: false where a ``DirectoryPublication`` syncs the whole directory afterwards.
    public func finish(sync: Bool = true) throws(FileError) {
        try flush()
        if sync { try file.sync() }
        try file.close()
    }
}
