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

    /// What the entry keeps as evidence.
    static func evidence(entries: Int, keys: Int) -> [UInt8] {
        var fields = FieldBytes(purpose)
        fields.add(Int64(entries))
        fields.add(Int64(keys))
        return fields.bytes
    }

    /// The receipt in an entry of the kind ``LedgerEntry/Kind/erasure``; nil where it holds none.
    public init?(_ entry: LedgerEntry, hash: [UInt8]) {
        guard entry.kind == .erasure, let fields = FieldBytes.fields(of: entry.evidence, Self.purpose), fields.count == 2 else {
            return nil
        }
        let numbers = fields.map { field in field.enumerated().reduce(0) { $0 | Int($1.element) << (8 * ($1.offset & 7)) } }
        self.init(sequence: entry.sequence, time: entry.time, entries: numbers[0], keys: numbers[1], hash: hash)
    }
}

extension SubjectVault {
    /// Erases a subject: destroys its keys, then records that in the ledger. The chain stays as it is and still verifies.
    ///
    /// Where the program ends between the two, the inputs are gone and the receipt is missing: asked again, it is written then. Asked again
    /// after that, the last receipt is given. An input that another process sealed before and appends afterwards cannot be read by anybody.
    /// - Parameters:
    ///   - purpose: why, such as `request of the subject` or `retention`.
    ///   - actor: the program, account or role that asked.
    /// - Throws: ``LedgerError/Kind/notStored`` where neither keys nor inputs of this subject were ever held;
    ///   ``LedgerError/Kind/busy`` where another process reads the vault for too long: ask again.
    public func erase(
        _ subject: [UInt8], in ledger: Ledger, purpose: String, actor: String, software: String = ""
    ) throws(LedgerError) -> ErasureReceipt {
        guard ledger.path + ".keys" == path else {
            throw LedgerError(.wrongKey, path, "this is the vault of another ledger", remedy: "name the ledger beside it")
        }
        try ledger.checkWritable()
        let keys = try destroyKeys(of: subject)
        var sealed = 0
        var last: LedgerEntry?
        try ledger.read(LedgerSelection(subject: subject)) { entry in
            if entry.kind == .erasure {
                last = entry
                sealed = 0
            } else if entry.sealedInput != nil {
                sealed += 1
            }
        }
        if keys == 0, sealed == 0 {
            if let last, let receipt = ErasureReceipt(last, hash: try ledger.hash(at: last.sequence)) { return receipt }
            throw LedgerError(
                .notStored, path, "neither a key nor an input of this subject is held", remedy: "check the pseudonym and its salt")
        }
        let entry = LedgerEntry(
            .erasure, purpose: purpose, actor: actor, subject: subject, software: software,
            evidence: ErasureReceipt.evidence(entries: sealed, keys: keys))
        let place = try ledger.commit([entry]).lowerBound
        return ErasureReceipt(sequence: place, time: entry.time, entries: sealed, keys: keys, hash: try ledger.hash(at: place))
    }
}
