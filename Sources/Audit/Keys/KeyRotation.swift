/// The proof that a ledger's key was replaced by its owner: the evidence of an entry of the kind ``LedgerEntry/Kind/keyRotation``.
///
/// Old and new key both sign the place in the chain, the old key's name and the new key; the first key of a ledger signs alone.
struct KeyRotation {
    private static let purpose = "tessera key rotation 1"

    /// The name of the key before; empty for the first.
    let old: [UInt8]
    /// The key from here on.
    let new: PublicKey
    private let oldSignature: [UInt8]
    private let newSignature: [UInt8]

    /// Signs.
    /// - Parameter previous: the hash of the entry before, so that the proof holds at this place alone.
    init(from old: SigningKey?, to new: SigningKey, after previous: [UInt8]) {
        self.old = old?.publicKey.identity ?? []
        self.new = new.publicKey
        let message = Self.message(self.old, self.new, previous)
        oldSignature = old?.sign(message) ?? []
        newSignature = new.sign(message)
    }

    /// Reads an entry's evidence; nil where it is no such proof.
    init?(_ evidence: [UInt8]) {
        guard let fields = FieldBytes.fields(of: evidence, Self.purpose), fields.count == 4, let new = PublicKey(bytes: fields[1]) else {
            return nil
        }
        old = fields[0]
        self.new = new
        oldSignature = fields[2]
        newSignature = fields[3]
    }

    /// The evidence of the entry.
    var bytes: [UInt8] {
        var fields = FieldBytes(Self.purpose)
        fields.add(old)
        fields.add(new.bytes)
        fields.add(oldSignature)
        fields.add(newSignature)
        return fields.bytes
    }

    /// Whether both signatures are right.
    /// - Parameter oldKey: the key in force before; nil for none.
    func isProven(after previous: [UInt8], oldKey: PublicKey?) -> Bool {
        let message = Self.message(old, new, previous)
        guard new.accepts(newSignature, of: message), old == oldKey?.identity ?? [] else { return false }
        return oldKey.map { $0.accepts(oldSignature, of: message) } ?? oldSignature.isEmpty
    }

    private static func message(_ old: [UInt8], _ new: PublicKey, _ previous: [UInt8]) -> [UInt8] {
        var fields = FieldBytes("tessera key rotation message 1")
        fields.add(previous)
        fields.add(old)
        fields.add(new.bytes)
        return fields.bytes
    }
}
