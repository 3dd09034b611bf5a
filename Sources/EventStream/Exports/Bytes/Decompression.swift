/// How a file is packed, seen from its first bytes; names are not looked at.
enum Compression {
    case none, gzip, zstd

    init(beginning: [UInt8]) {
        let magic = beginning.prefix(4)
        if magic.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if magic.elementsEqual([0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if magic.count == 4, magic[0] & 0xF0 == 0x50, magic[1] == 0x2A, magic[2] == 0x4D, magic[3] == 0x18 {
            self = .zstd  // a skippable frame in front
        } else {
            self = .none
        }
    }

    /// Other packers are refused by name instead of being read as text.
    static func refuseForeign(_ beginning: [UInt8], path: String) throws(ExportError) {
        let known: [(magic: [UInt8], name: String, remedy: String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unpack it and import the files in it"),
            ([0x42, 0x5A, 0x68], "bzip2 data", "unpack it, for instance `bzip2 -dc FILE | tessera import -`"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz data", "unpack it, for instance `xz -dc FILE | tessera import -`"),
            ([0x50, 0x41, 0x52, 0x31], "a packed Parquet file", "unpack it and import the plain file"),
            ([0x4F, 0x62, 0x6A, 0x01], "an Avro file", "export CSV or JSON Lines instead"),
        ]
        for (magic, name, remedy) in known where beginning.starts(with: magic) {
            throw ExportError(.badData, place: path, reason: "it is \(name), not text", remedy: remedy)
        }
    }
}

/// Stops a small file that unpacks without end.
struct ExpansionGuard {
    let path: String
    let limits: ExportLimits
    private var consumed = 0
    private var produced = 0

    init(path: String, limits: ExportLimits) {
        self.path = path
        self.limits = limits
    }

    mutating func count(consumed taken: Int, produced made: Int) throws(ExportError) {
        consumed += taken
        produced += made
        guard produced >= limits.bombCheckBytes, produced / max(consumed, 1) > limits.maximumExpansion else { return }
        throw ExportError(
            .badData, place: "\(path), byte \(consumed)",
            reason: "\(consumed) compressed bytes have become \(produced), more than \(limits.maximumExpansion) for one",
            remedy: "if the content is real, unpack it first and import the plain file")
    }
}
