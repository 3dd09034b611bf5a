/// What one commit left as the end of the chain, signed: from here on nothing before it can be changed unseen.
///
/// Each head holds the digest of the head before, so that the last signature stands for all heads and all entries.
public struct LedgerHead: Sendable, Equatable {
    /// The place of the last entry of the commit.
    public var sequence: Int
    /// Microseconds since 1970, UTC, when the commit was made.
    public var time: Int64
    /// The hash of the last entry: 32 bytes.
    public var hash: [UInt8]
    /// The digest of the head before, 32 bytes; zeros for the first.
    public var previous: [UInt8]
    /// The name of the key that signed (``PublicKey/identity``); empty for a ledger without a key.
    public var key: [UInt8]
    /// The signature, 64 bytes; without a key the SHA-256 of what would be signed, which finds accidents and stops nobody.
    public var signature: [UInt8]

    /// What stands before the first head.
    static let none = [UInt8](repeating: 0, count: 32)

    /// Signs, or takes the checksum.
    init(sequence: Int, hash: [UInt8], previous: [UInt8], time: Int64, key: SigningKey?) {
        self.sequence = sequence
        self.time = time
        self.hash = hash
        self.previous = previous
        self.key = key?.publicKey.identity ?? []
        signature = []
        signature = key?.sign(message.bytes) ?? message.digest
    }

    /// A head as it was read.
    init(sequence: Int, time: Int64, hash: [UInt8], previous: [UInt8], key: [UInt8], signature: [UInt8]) {
        self.sequence = sequence
        self.time = time
        self.hash = hash
        self.previous = previous
        self.key = key
        self.signature = signature
    }

    private var message: FieldBytes {
        var fields = FieldBytes("tessera ledger head 1")
        fields.add(Int64(sequence))
        fields.add(time)
        fields.add(hash)
        fields.add(previous)
        fields.add(key)
        return fields
    }

    /// What the next head holds of this one.
    var digest: [UInt8] {
        var fields = message
        fields.add(signature)
        return fields.digest
    }

    /// Whether the signature is this key's; without a key, whether the checksum is right.
    func isSigned(by publicKey: PublicKey?) -> Bool {
        guard let publicKey else { return key.isEmpty && signature == message.digest }
        return key == publicKey.identity && publicKey.accepts(signature, of: message.bytes)
    }
}

extension LedgerHead {
    /// The columns of `heads`, as ``init(_:)`` reads them.
    static let columns = "seq, time, hash, previous, key, signature"

    /// A head from a row.
    init(_ row: SQLiteStatement) {
        self.init(
            sequence: Int(row.integer(0)), time: row.integer(1), hash: row.bytes(2), previous: row.bytes(3), key: row.bytes(4),
            signature: row.bytes(5))
    }
}
