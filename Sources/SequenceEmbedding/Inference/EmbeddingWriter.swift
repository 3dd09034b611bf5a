internal import DurableFiles

/// Forms in which embeddings leave.
public enum EmbeddingFormat: String, Sendable, CaseIterable {
    /// A header `session,e0,e1,…`, then one line a session.
    case csv
    /// `{"session": "…", "embedding": […]}`, one line a session.
    case jsonl
    /// A NumPy array `[S, E]` of singles; rows in the order of the corpus.
    case npy
    /// Tensors `embeddings` `[S, E]`, `session_key.offsets` `[S + 1]` and `session_key.bytes`.
    case safetensors

    /// By the end of a file's name; nil for any other.
    public init?(path: String) {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        self.init(rawValue: String(path[path.index(after: dot)...]).lowercased())
    }
}

/// Writes rows of embeddings as they come. Sessions and floats a row must be known at the start, as two of the forms begin with
/// them.
struct EmbeddingWriter {
    private let format: EmbeddingFormat
    private let writer: FileWriter
    private let sessions: Int
    private let size: Int
    private var keys: [UInt8] = []
    private var offsets: [Int64] = [0]
    private var line: [UInt8] = []

    init(_ format: EmbeddingFormat, _ writer: FileWriter, sessions: Int, size: Int, keyBytes: Int) throws(FileError) {
        self.format = format
        self.writer = writer
        self.sessions = sessions
        self.size = size
        switch format {
        case .csv: try writer.write("session," + (0..<size).map { "e\($0)" }.joined(separator: ",") + "\n")
        case .jsonl: break
        case .npy: try writer.write(Self.npyHeader(sessions, size))
        case .safetensors: try writer.write(Self.safetensorsHeader(sessions, size, keyBytes))
        }
    }

    /// Adds one session.
    mutating func add(_ key: String, _ embedding: UnsafePointer<Float>) throws(FileError) {
        switch format {
        case .csv:
            line.removeAll(keepingCapacity: true)
            Self.quoteCSV(key, &line)
            for index in 0..<size {
                line.append(UInt8(ascii: ","))
                line.append(contentsOf: embedding[index].description.utf8)
            }
            line.append(UInt8(ascii: "\n"))
            try writer.write(line)
        case .jsonl:
            line.removeAll(keepingCapacity: true)
            line.append(contentsOf: "{\"session\": ".utf8)
            Self.quoteJSON(key, &line)
            line.append(contentsOf: ", \"embedding\": [".utf8)
            for index in 0..<size {
                if index > 0 { line.append(contentsOf: ", ".utf8) }
                line.append(contentsOf: embedding[index].description.utf8)
            }
            line.append(contentsOf: "]}\n".utf8)
            try writer.write(line)
        case .npy: try writer.write(valuesOf: UnsafeBufferPointer(start: embedding, count: size))
        case .safetensors:
            try writer.write(valuesOf: UnsafeBufferPointer(start: embedding, count: size))
            keys.append(contentsOf: key.utf8)
            offsets.append(Int64(keys.count))
        }
    }

    /// Adds what comes after the rows.
    func finish() throws(FileError) {
        guard format == .safetensors else { return }
        try writer.write(valuesOf: offsets)
        try writer.write(keys)
    }

    /// NumPy's format 1.0: magic, version, length, a Python literal padded so that the data begins on a multiple of 64.
    static func npyHeader(_ rows: Int, _ columns: Int) -> [UInt8] {
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
        while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
        text += "\n"
        let length = text.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
    }

    private static func safetensorsHeader(_ rows: Int, _ columns: Int, _ keyBytes: Int) -> [UInt8] {
        let floats = rows * columns * 4
        let ends = floats + (rows + 1) * 8
        var text =
            "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[\(rows),\(columns)],\"data_offsets\":[0,\(floats)]},"
            + "\"session_key.offsets\":{\"dtype\":\"I64\",\"shape\":[\(rows + 1)],\"data_offsets\":[\(floats),\(ends)]},"
            + "\"session_key.bytes\":{\"dtype\":\"U8\",\"shape\":[\(keyBytes)],\"data_offsets\":[\(ends),\(ends + keyBytes)]}}"
        while text.utf8.count % 64 != 56 { text += " " }
        return withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
    }

    /// RFC 4180: quoted where a comma, quote or line end would part it.
    private static func quoteCSV(_ text: String, _ line: inout [UInt8]) {
        guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
            line.append(contentsOf: text.utf8)
            return
        }
        line.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { line.append(0x22) }
            line.append(byte)
        }
        line.append(0x22)
    }

    private static func quoteJSON(_ text: String, _ line: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        line.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: line += [0x5C, byte]
            case 0..<0x20: line += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: line.append(byte)
            }
        }
        line.append(0x22)
    }
}
