public import DurableFiles

/// Collects named tensors and writes them as one `safetensors` file: largest number types first, then by name, the same bytes
/// whatever order they were added in. The data begins on a cache line; the header is padded with spaces.
public struct SafetensorsWriter {
    private struct Tensor {
        let name: String
        let type: TensorType
        let shape: [Int]
        let bytes: UnsafeRawBufferPointer
        /// Keeps copied bytes alive.
        let owner: [UInt8]?

        func withBytes<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
            guard let owner else { return try body(bytes) }
            try owner.withUnsafeBufferPointer { copy throws(Failure) in try body(UnsafeRawBufferPointer(copy)) }
        }
    }

    /// Strings for readers, written under `__metadata__`.
    public var metadata: [String: String] = [:]
    private var tensors: [Tensor] = []

    /// No tensors yet.
    public init() {}

    /// Adds a tensor whose bytes stay where they are until the file is written. Traps on a name given twice and on a wrong size.
    public mutating func add(_ name: String, _ type: TensorType, shape: [Int], bytes: UnsafeRawBufferPointer) {
        check(name, type, shape, bytes.count)
        tensors.append(Tensor(name: name, type: type, shape: shape, bytes: bytes, owner: nil))
    }

    /// Adds a tensor of singles that stay where they are until the file is written.
    public mutating func add(_ name: String, shape: [Int], floats: UnsafePointer<Float>) {
        add(name, .float32, shape: shape, bytes: UnsafeRawBufferPointer(start: floats, count: shape.reduce(4, *)))
    }

    /// Adds a copy of an array of singles.
    public mutating func add(_ name: String, shape: [Int], _ floats: [Float]) {
        let copy = floats.withUnsafeBytes { Array($0) }
        check(name, .float32, shape, copy.count)
        tensors.append(Tensor(name: name, type: .float32, shape: shape, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: copy))
    }

    private func check(_ name: String, _ type: TensorType, _ shape: [Int], _ bytes: Int) {
        precondition(name != "__metadata__" && !tensors.contains { $0.name == name }, "SafetensorsWriter: \(name) is given twice")
        precondition(shape.reduce(type.byteCount, *) == bytes, "SafetensorsWriter: \(name) \(shape) of \(type.rawValue) has \(bytes) bytes")
    }

    private var sorted: [Tensor] {
        tensors.sorted { ($1.type.byteCount, $0.name) < ($0.type.byteCount, $1.name) }
    }

    /// Digest over the metadata and all tensors' bytes, for a checkpoint that must notice any change.
    public func digest() -> String {
        let digest = SHA256Digest()
        digest.update(Self.digestText(metadata))
        for tensor in sorted { tensor.withBytes { digest.update($0) } }
        return digest.finishHex()
    }

    /// What of the metadata goes into ``digest()``.
    static func digestText(_ metadata: [String: String]) -> [UInt8] {
        Array(
            metadata.sorted { $0.key < $1.key }.map { "\($0.key.utf8.count):\($0.key)=\($0.value.utf8.count):\($0.value)\n" }.joined().utf8)
    }

    private func header(_ tensors: [Tensor]) -> [UInt8] {
        var text = "{"
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { JSONString.quoted($0.key) + ":" + JSONString.quoted($0.value) }
            text += "\"__metadata__\":{" + pairs.joined(separator: ",") + "}"
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.shape.reduce(tensor.type.byteCount, *)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            text += (text.utf8.count > 1 ? "," : "") + JSONString.quoted(tensor.name)
            text += ":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        var bytes = Array((text + "}").utf8)
        while (8 + bytes.count) % 64 != 0 { bytes.append(0x20) }
        return bytes
    }

    /// Writes everything to a writer whose bytes become a file.
    public func write(to writer: FileWriter) throws(FileError) {
        let tensors = sorted
        let header = header(tensors)
        precondition(header.count <= SafetensorsHeader.longest, "SafetensorsWriter: a header of \(header.count) bytes")
        try writer.write(valuesOf: [UInt64(header.count).littleEndian])
        try writer.write(header)
        for tensor in tensors { try tensor.withBytes { bytes throws(FileError) in try writer.write(bytes) } }
    }

    /// The whole file in memory, for small ones.
    public func contents() -> [UInt8] {
        let tensors = sorted
        let header = header(tensors)
        precondition(header.count <= SafetensorsHeader.longest, "SafetensorsWriter: a header of \(header.count) bytes")
        var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        bytes += header
        for tensor in tensors { tensor.withBytes { bytes += $0 } }
        return bytes
    }

    /// Writes a file whole or not at all.
    public func write(to path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        try AtomicFile.write(to: path, in: fileSystem) { writer throws(FileError) in try write(to: writer) }
    }
}
