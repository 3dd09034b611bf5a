internal import DurableFiles

/// What a ledger says was erased: the authority over every vault that is ever put beside it.
struct SubjectErasures {
    /// Of each erased subject the place of the last erasure: nothing sealed before may be opened.
    var last: [[UInt8]: Int] = [:]
    /// Of each erased subject the fingerprints of the keys that were destroyed.
    var fingerprints: [[UInt8]: Set<[UInt8]>] = [:]

    init() {}

    /// Reads a ledger's erasures; none where there is no ledger yet.
    init(of ledgerPath: String, _ settings: LedgerSettings) throws(LedgerError) {
        let status: FileSystem.Status?
        do { status = try FileSystem.live.status(of: ledgerPath) } catch { throw LedgerError(error) }
        guard status != nil else { return }
        let ledger = try Ledger(at: ledgerPath, .readOnly, settings: settings)
        try ledger.read(LedgerSelection(kind: .erasure)) { add($0) }
    }

    mutating func add(_ entry: LedgerEntry) {
        last[entry.subject] = entry.sequence
        fingerprints[entry.subject, default: []].formUnion(ErasureReceipt.fingerprints(in: entry.evidence) ?? [])
    }

    /// What names a key without telling it: SHA-256 of its 32 random bytes, which nobody can guess.
    static func fingerprint(of key: [UInt8]) -> [UInt8] {
        var fields = FieldBytes("tessera subject key 1")
        fields.add(key)
        return fields.digest
    }
}

extension SubjectVault {
    /// A key that a row still holds, by the row's number. A row that cannot be unwrapped has a fingerprint of zeros.
    private struct LiveKey {
        var number: Int64
        var fingerprint: [UInt8]
    }

    private func liveKeys(of subject: [UInt8]) throws(LedgerError) -> [LiveKey] {
        let reading = try database.prepare("SELECT number, wrapped FROM subject_keys WHERE subject = ? ORDER BY number")
        try reading.bind(subject, at: 1)
        var keys: [LiveKey] = []
        while try reading.step() {
            let (number, wrapped) = (reading.integer(0), reading.bytes(1))
            if Self.isDestroyed(wrapped) { continue }
            let key = unwrap(wrapped, number: number, subject: subject)
            keys.append(
                LiveKey(
                    number: number,
                    fingerprint: key.map(SubjectErasures.fingerprint) ?? [UInt8](repeating: 0, count: ErasureReceipt.fingerprintSize)))
        }
        return keys
    }

    /// Destroys again what the ledger says is destroyed.
    func repeatErasures() throws(LedgerError) {
        var numbers: [Int64] = []
        for (subject, fingerprints) in erasures.fingerprints {
            numbers += try liveKeys(of: subject).filter { fingerprints.contains($0.fingerprint) }.map(\.number)
        }
        if !numbers.isEmpty { try destroyKeys(numbers) }
    }

    /// Overwrites keys in their place and forces that to the disk, the write-ahead log too.
    private func destroyKeys(_ numbers: [Int64]) throws(LedgerError) {
        if !numbers.isEmpty {
            try database.transaction { () throws(LedgerError) in
                let change = try database.prepare("UPDATE subject_keys SET wrapped = ? WHERE number = ?")
                for number in numbers {
                    // As many zeros as there were bytes: SQLite then writes them over the key, in its place.
                    try change.bind([UInt8](repeating: 0, count: Self.wrappedSize), at: 1)
                    try change.bind(number, at: 2)
                    try change.run()
                }
            }
        }
        try database.emptyWriteAheadLog()
    }

    /// Erases a subject: records in the ledger which keys are destroyed, then destroys them. The chain stays as it is and still verifies.
    ///
    /// The record comes first, so that it holds for every copy of the vault: where the program ends between the two, the next that opens
    /// the vault destroys the keys, and so does whoever opens an older copy of it. Asked again, the last receipt is given. An input that
    /// another process sealed before and appends afterwards cannot be read by anybody.
    ///
    /// What was decided stays, and why: ``LedgerEntry/output`` and ``LedgerEntry/evidence`` are not sealed.
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
        try checkMaster()
        var (sealed, inputs) = (0, 0)
        var last: LedgerEntry?
        try ledger.read(LedgerSelection(subject: subject)) { entry in
            if entry.kind == .erasure {
                erasures.add(entry)
                last = entry
                (sealed, inputs) = (0, 0)
            } else if entry.sealedInput != nil {
                sealed += 1
                if SealedInput.Form(of: entry) != .salt { inputs += 1 }
            }
        }
        let live = try liveKeys(of: subject)
        let known = erasures.fingerprints[subject] ?? []
        let fresh = live.filter { !known.contains($0.fingerprint) }
        if fresh.isEmpty, sealed == 0 {
            // Nothing new: an earlier erasure is brought to its end.
            try destroyKeys(live.map(\.number))
            if let last, let receipt = ErasureReceipt(last, hash: try ledger.hash(at: last.sequence)) { return receipt }
            throw LedgerError(
                .notStored, path, "neither a key nor an input of this subject is held", remedy: "check the pseudonym and its salt")
        }
        var entry = LedgerEntry(
            .erasure, purpose: purpose, actor: actor, subject: subject, software: software,
            evidence: ErasureReceipt.evidence(entries: inputs, fingerprints: fresh.map(\.fingerprint)))
        entry.sequence = try ledger.commit([entry]).lowerBound
        erasures.add(entry)
        try destroyKeys(live.map(\.number))
        return ErasureReceipt(
            sequence: entry.sequence, time: entry.time, entries: inputs, keys: fresh.count, hash: try ledger.hash(at: entry.sequence))
    }
}
