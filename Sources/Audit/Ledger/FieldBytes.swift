internal import DurableFiles

/// Bytes put together from fields, each with its length before it (UInt32, little-endian), so that no two lists of fields give the same.
struct FieldBytes {
    private(set) var bytes: [UInt8]

    /// - Parameter purpose: what the bytes are signed or hashed for, so that a signature for one thing is none for another.
    init(_ purpose: String) {
        bytes = []
        add(Array(purpose.utf8))
    }

    mutating func add(_ field: [UInt8]) {
        withUnsafeBytes(of: UInt32(field.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: field)
    }

    mutating func add(_ number: Int64) { withUnsafeBytes(of: number.littleEndian) { add(Array($0)) } }

    /// SHA-256.
    var digest: [UInt8] {
        let digest = SHA256Digest()
        digest.update(bytes)
        return digest.finish()
    }

    /// The fields of such bytes; nil where they are not the bytes of fields, or of another purpose.
    static func fields(of bytes: [UInt8], _ purpose: String) -> [[UInt8]]? {
        var fields: [[UInt8]] = []
        var place = 0
        while place < bytes.count {
            guard bytes.count - place >= 4 else { return nil }
            let count = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
            place += 4
            guard bytes.count - place >= count else { return nil }
            fields.append(Array(bytes[place..<(place + count)]))
            place += count
        }
        guard let first = fields.first, first == Array(purpose.utf8) else { return nil }
        return Array(fields.dropFirst())
    }
}
