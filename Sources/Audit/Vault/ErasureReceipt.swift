/// What an erasure destroyed.
public struct ErasureReceipt: Sendable, Equatable {
    /// The place of the entry that records it.
    public var sequence: Int
    /// Microseconds since 1970.
    public var time: Int64
    /// Entries whose input can no longer be read.
    public var entries: Int
    /// Keys destroyed.
    public var keys: Int
    /// The hash of the entry that records it.
    public var hash: [UInt8]

    init(sequence: Int, time: Int64, entries: Int, keys: Int, hash: [UInt8]) {
        self.sequence = sequence
        self.time = time
        self.entries = entries
        self.keys = keys
        self.hash = hash
    }

    private static let purpose = "tessera erasure 1"
    /// Bytes of what names a destroyed key.
    static let fingerprintSize = 32

    /// What the entry keeps as evidence.
    static func evidence(entries: Int, fingerprints: [[UInt8]]) -> [UInt8] {
        var fields = FieldBytes(purpose)
        fields.add(Int64(entries))
        fields.add(fingerprints.flatMap { $0 })
        return fields.bytes
    }

    private static func parts(of evidence: [UInt8]) -> (entries: Int, fingerprints: [[UInt8]])? {
        guard let fields = FieldBytes.fields(of: evidence, purpose), fields.count == 2, fields[0].count == 8,
            fields[1].count.isMultiple(of: fingerprintSize)
        else { return nil }
        let entries = fields[0].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        return (
            entries,
            stride(from: 0, to: fields[1].count, by: fingerprintSize).map { Array(fields[1][$0..<($0 + fingerprintSize)]) }
        )
    }

    /// What names the keys that an erasure destroyed; nil for evidence of another kind.
    static func fingerprints(in evidence: [UInt8]) -> [[UInt8]]? { parts(of: evidence)?.fingerprints }

    /// The receipt in an entry of the kind ``LedgerEntry/Kind/erasure``; nil where it holds none.
    public init?(_ entry: LedgerEntry, hash: [UInt8]) {
        guard entry.kind == .erasure, let parts = Self.parts(of: entry.evidence) else { return nil }
        self.init(sequence: entry.sequence, time: entry.time, entries: parts.entries, keys: parts.fingerprints.count, hash: hash)
    }
}
