public import DurableFiles

/// Named tensors in a mapped file of the `safetensors` format: eight bytes with the length of a JSON header, the header, the
/// tensors' bytes one after another, little-endian.
///
/// Nothing in the file is trusted: lengths, shapes, types and places are all checked before the first tensor is handed out.
public final class SafetensorsFile: Sendable {
    /// The file.
    public let path: String
    /// The tensors, in the order of their bytes.
    public let entries: [TensorEntry]
    /// Strings that the writer added.
    public let metadata: [String: String]
    private let file: MappedFile
    private let byName: [String: Int]
    private let dataOffset: Int

    /// Maps and checks a file.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(SafetensorsError) {
        self.path = path
        do { file = try MappedFile(path, in: fileSystem) } catch { throw .file(error) }
        let bytes = file.bytes
        guard bytes.count >= 8 else { throw .truncated(expectedBytes: 8, foundBytes: bytes.count) }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(SafetensorsHeader.longest) else { throw .headerTooLong(bytes: length) }
        guard Int(length) <= bytes.count - 8 else { throw .truncated(expectedBytes: 8 + Int(length), foundBytes: bytes.count) }
        dataOffset = 8 + Int(length)
        let header = try SafetensorsHeader(UnsafeRawBufferPointer(rebasing: bytes[8..<dataOffset]), dataBytes: bytes.count - dataOffset)
        entries = header.entries
        metadata = header.metadata
        byName = Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
    }

    /// The place of a tensor; nil when it is not there.
    public subscript(_ name: String) -> TensorEntry? { byName[name].map { entries[$0] } }

    /// A tensor's bytes. Not aligned to its type: read with `loadUnaligned` or copy.
    public func bytes(_ entry: TensorEntry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.bytes[dataOffset + entry.bytes.lowerBound..<dataOffset + entry.bytes.upperBound])
    }

    /// All tensors' bytes.
    public var data: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[dataOffset...]) }

    private func entry(_ name: String) throws(SafetensorsError) -> TensorEntry {
        guard let entry = self[name] else { throw .missing(tensor: name) }
        return entry
    }

    /// A tensor of floating-point numbers as singles (F32, F16, BF16, F64).
    public func floats(_ name: String) throws(SafetensorsError) -> [Float] {
        let entry = try entry(name)
        let bytes = bytes(entry)
        switch entry.type {
        case .float32: return Self.array(bytes, entry.count, of: Float.self)
        case .float64: return Self.array(bytes, entry.count, of: Double.self).map { Float($0) }
        case .bfloat16: return Self.array(bytes, entry.count, of: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        case .float16: return Self.array(bytes, entry.count, of: UInt16.self).map(Self.single)
        default: throw .unexpected(tensor: name, found: entry.type.rawValue, wanted: "F32, F16, BF16 or F64")
        }
    }

    /// A tensor of whole numbers (I64, I32, I16, I8, U8, BOOL).
    public func integers(_ name: String) throws(SafetensorsError) -> [Int] {
        let entry = try entry(name)
        let bytes = bytes(entry)
        switch entry.type {
        case .int64: return Self.array(bytes, entry.count, of: Int64.self).map { Int($0) }
        case .int32: return Self.array(bytes, entry.count, of: Int32.self).map { Int($0) }
        case .int16: return Self.array(bytes, entry.count, of: Int16.self).map { Int($0) }
        case .int8: return Self.array(bytes, entry.count, of: Int8.self).map { Int($0) }
        case .uint8, .bool: return bytes.map { Int($0) }
        default: throw .unexpected(tensor: name, found: entry.type.rawValue, wanted: "I64, I32, I16, I8, U8 or BOOL")
        }
    }

    private static func array<Number: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer, _ count: Int, of: Number.Type) -> [Number] {
        [Number](unsafeUninitializedCapacity: count) { buffer, initialized in
            if count > 0 { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes) }
            initialized = count
        }
    }

    /// Half to single by bits; `Float16` is not there on every machine.
    private static func single(_ half: UInt16) -> Float {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = UInt32(half >> 10 & 31)
        let fraction = UInt32(half & 0x3FF)
        switch exponent {
        case 0: return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}
