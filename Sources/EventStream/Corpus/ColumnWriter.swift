internal import DurableFiles

/// Writes one NumPy array from front to back; its length is filled into the header at the end.
final class ColumnWriter<Element: NumPyElement> {
    private let file: FileWriter
    private let buffer: UnsafeMutableBufferPointer<Element>
    private var filled = 0
    private var written = 0

    /// Elements given so far.
    var count: Int { written + filled }

    init(_ path: String, in fileSystem: FileSystem) throws(FileError) {
        // The buffer is here, where appending is inlined; the file's own is only for the header.
        file = try FileWriter(creating: path, bufferSize: 4096, in: fileSystem)
        buffer = .allocate(capacity: 2 * RowBlock.capacity)
        try file.write(NumPyHeader.bytes(descriptor: Element.descriptor, count: 0))
    }

    deinit { buffer.deallocate() }

    /// Adds one element.
    @inline(__always)
    func append(_ value: Element) throws(FileError) {
        if filled == buffer.count { try flush() }
        buffer.initializeElement(at: filled, to: value)
        filled += 1
    }

    /// Room for `count` more elements, at most ``RowBlock.capacity``, which the closure fills.
    @inline(__always)
    func append(count: Int, _ fill: (UnsafeMutablePointer<Element>) -> Void) throws(FileError) {
        if buffer.count - filled < count { try flush() }
        fill(buffer.baseAddress! + filled)
        filled += count
    }

    /// Adds the memory of some elements.
    @inline(__always)
    func append(contentsOf piece: UnsafeRawBufferPointer) throws(FileError) {
        let count = piece.count / MemoryLayout<Element>.stride
        if buffer.count - filled < count { try flush() }
        guard let start = piece.baseAddress else { return }
        guard count <= buffer.count else {
            try file.write(piece)
            written += count
            return
        }
        UnsafeMutableRawPointer(buffer.baseAddress! + filled).copyMemory(from: start, byteCount: piece.count)
        filled += count
    }

    /// Puts another value in the place of one given before.
    func replace(_ index: Int, by value: Element) throws(FileError) {
        precondition(index >= 0 && index < count, "ColumnWriter.replace: element \(index) of \(count)")
        guard index < written else {
            buffer[index - written] = value
            return
        }
        let bytes = withUnsafeBytes(of: value) { Array($0) }
        try file.overwrite(bytes, at: NumPyHeader.writtenSize + index * MemoryLayout<Element>.stride)
    }

    private func flush() throws(FileError) {
        try file.write(valuesOf: UnsafeBufferPointer(rebasing: buffer[..<filled]))
        written += filled
        filled = 0
    }

    /// Writes the rest and the header.
    func finish() throws(FileError) {
        try flush()
        try file.overwrite(NumPyHeader.bytes(descriptor: Element.descriptor, count: written), at: 0)
        // The publication around it forces the whole directory to the disk.
        try file.finish(sync: false)
    }
}

/// Writes byte strings as offsets and bytes.
final class StringWriter {
    private let offsets: ColumnWriter<Int64>
    private let bytes: ColumnWriter<UInt8>

    init(_ stem: String, in fileSystem: FileSystem) throws(FileError) {
        offsets = try ColumnWriter(stem + ".offsets.npy", in: fileSystem)
        bytes = try ColumnWriter(stem + ".bytes.npy", in: fileSystem)
        try offsets.append(0)
    }

    /// Adds a piece of the current string.
    func append(_ piece: UnsafeRawBufferPointer) throws(FileError) {
        try bytes.append(contentsOf: piece)
    }

    /// Adds digits to the current string.
    func append(decimal number: Int) throws(FileError) {
        if number >= 10 { try append(decimal: number / 10) }
        try bytes.append(UInt8(48 + number % 10))
    }

    func append(_ byte: UInt8) throws(FileError) { try bytes.append(byte) }

    /// Ends the current string.
    func end() throws(FileError) { try offsets.append(Int64(bytes.count)) }

    func finish() throws(FileError) {
        try offsets.finish()
        try bytes.finish()
    }
}
