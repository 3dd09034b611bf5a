internal import DurableFiles

/// The keys of subjects: each has one of its own, under which its inputs are sealed, so that destroying 32 bytes erases them all.
///
/// A file of its own beside the ledger (`LEDGER.keys`), as keys must be able to go and the ledger must not. Keys lie in it wrapped under
/// a master key that belongs elsewhere. A row has a fixed size and is overwritten in its place, so that no page keeps an older copy.
/// Backups of this file made before an erasure still hold the wrapped key: they must end when the policy says so. Where one of them is
/// put in place nothing comes back: the ledger says what was erased, and a vault that is opened beside it destroys that again.
///
/// For one thread at a time.
public final class SubjectVault {
    /// The file.
    public let path: String
    let database: SQLiteDatabase
    let cipher = AuthenticatedCipher()
    var master: VaultKey
    /// The row that tells under which master key the vault is.
    var proof: [UInt8]
    /// What the ledger says was erased, when the vault was opened and by this value since then.
    var erasures = SubjectErasures()
    private let digest = ChainDigest()
    private let lookup: SQLiteStatement

    private static let format = StoreFormat(
        name: "vault of subjects' keys", applicationID: 0x5453_4C4B, version: 1,
        statements: [
            "CREATE TABLE vault (proof BLOB NOT NULL) STRICT",
            "CREATE TABLE subject_keys (number INTEGER PRIMARY KEY, subject BLOB NOT NULL, wrapped BLOB NOT NULL) STRICT",
            "CREATE INDEX keys_by_subject ON subject_keys (subject)",
        ])
    private static let proofText = Array("tessera vault".utf8)
    private static let saltSize = 16

    /// Opens the vault beside a ledger, or makes one. What the ledger says was erased is destroyed again, if an older copy of the vault
    /// brought it back; one that is opened for reading refuses to open it.
    /// - Throws: ``LedgerError``; ``LedgerError/Kind/wrongKey`` where the vault was made with another master key.
    public init(
        besides ledgerPath: String, _ access: Ledger.Access, master: VaultKey, settings: LedgerSettings = LedgerSettings()
    ) throws(LedgerError) {
        path = ledgerPath + ".keys"
        self.master = master
        let cipher = cipher
        database = try Self.format.open(path, access, settings) { database throws(LedgerError) in
            let row = try database.prepare("INSERT INTO vault (proof) VALUES (?)")
            try row.bind(cipher.seal(Self.proofText, key: master.bytes, associated: []), at: 1)
            try row.run()
        }
        lookup = try database.prepare("SELECT number, wrapped FROM subject_keys WHERE subject = ? ORDER BY number DESC LIMIT 1")
        proof = try Self.proof(in: database)
        guard cipher.open(proof[...], key: master.bytes, associated: []) == Self.proofText else { throw wrongKey }
        erasures = try SubjectErasures(of: ledgerPath, settings)
        if access != .readOnly { try repeatErasures() }
    }

    private var wrongKey: LedgerError {
        LedgerError(
            .wrongKey, path, "the vault is under another master key", remedy: "give its key file or TESSERA_VAULT_KEY, and open it anew")
    }

    private static func proof(in database: SQLiteDatabase) throws(LedgerError) -> [UInt8] {
        let row = try database.prepare("SELECT proof FROM vault")
        return try row.step() ? row.bytes(0) : []
    }

    /// The proof for another master key.
    func makeProof(_ master: VaultKey) -> [UInt8] { cipher.seal(Self.proofText, key: master.bytes, associated: []) }

    /// Throws where another process has put the vault under another master key meanwhile.
    func checkMaster() throws(LedgerError) { if try Self.proof(in: database) != proof { throw wrongKey } }

    // MARK: Sealing

    /// Seals one input under its subject's key, which is made where there is none.
    public func seal(_ input: [UInt8], of subject: [UInt8]) throws(LedgerError) -> SealedInput {
        try seal([(subject: subject, input: input)])[0]
    }

    /// Seals inputs under their subjects' keys. New keys are on the disk when this returns, all in one commit.
    /// - Parameter keepsInputs: false seals the salt of each digest alone: the input cannot be had from it, and who has the input can show
    ///   that it is the one (``isInput(_:of:)``) until the subject is erased.
    public func seal(
        _ inputs: [(subject: [UInt8], input: [UInt8])], keepsInputs: Bool = true
    ) throws(LedgerError) -> [SealedInput] {
        var keys: [[UInt8]: SubjectKey] = [:]
        var unknown: [[UInt8]] = []
        // In one look at the file: each look by itself takes locks, which costs more than the search.
        try database.reading { () throws(LedgerError) in
            for (subject, _) in inputs where keys[subject] == nil {
                if let key = try liveKey(of: subject) { keys[subject] = key } else { unknown.append(subject) }
            }
        }
        if !unknown.isEmpty {
            try database.transaction { () throws(LedgerError) in
                try checkMaster()
                var last = try database.integer("SELECT max(number) FROM subject_keys") ?? 0
                for subject in unknown where keys[subject] == nil {
                    // Another process may have been faster.
                    if let key = try liveKey(of: subject) {
                        keys[subject] = key
                    } else {
                        last += 1
                        keys[subject] = try makeKey(last, of: subject)
                    }
                }
            }
        }
        var sealed: [SealedInput] = []
        sealed.reserveCapacity(inputs.count)
        // Salts and nonces of all inputs, asked for at once.
        let share = Self.saltSize + AuthenticatedCipher.nonceSize
        let random = KeyFile.randomBytes(inputs.count * share)
        for (number, (subject, input)) in inputs.enumerated() {
            guard let key = keys[subject] else { fatalError("SubjectVault: a subject without a key") }
            let own = random[(number * share)..<((number + 1) * share)]
            let message = own.prefix(Self.saltSize) + input
            let digest = message.withUnsafeBytes { self.digest.digest(of: $0) }
            var bytes = [(keepsInputs ? SealedInput.Form.input : .salt).rawValue]
            withUnsafeBytes(of: key.number.littleEndian) { bytes.append(contentsOf: $0) }
            bytes += cipher.seal(
                Array(keepsInputs ? message : own.prefix(Self.saltSize)), key: key.bytes, associated: digest,
                nonce: Array(own.suffix(AuthenticatedCipher.nonceSize)))
            sealed.append(SealedInput(digest: digest, bytes: bytes))
        }
        return sealed
    }

    // MARK: Opening

    /// The input of an entry.
    /// - Throws: ``LedgerError/Kind/erased`` where the subject's key was destroyed, ``LedgerError/Kind/notStored`` where the entry keeps no
    ///   input or this vault never had its key, ``LedgerError/Kind/damaged`` where the bytes are not what was sealed.
    public func open(_ entry: LedgerEntry) throws(LedgerError) -> OpenedInput {
        guard SealedInput.Form(of: entry) != .salt else { throw keepsNone(entry) }
        let opened = try unseal(entry)
        guard opened.digest == entry.inputDigest else { throw damaged(entry) }
        return opened
    }

    /// Whether these bytes are what an entry was decided on, kept or not.
    /// - Throws: ``LedgerError`` as ``open(_:)``.
    public func isInput(_ input: [UInt8], of entry: LedgerEntry) throws(LedgerError) -> Bool {
        OpenedInput(salt: try unseal(entry).salt, input: input).digest == entry.inputDigest
    }

    private func keepsNone(_ entry: LedgerEntry) -> LedgerError {
        LedgerError(.notStored, path, "entry \(entry.sequence) keeps no input", remedy: "change the policy to keep inputs")
    }

    /// What an entry holds sealed: a salt, and the input where it is kept.
    private func unseal(_ entry: LedgerEntry) throws(LedgerError) -> OpenedInput {
        guard let sealed = entry.sealedInput else { throw keepsNone(entry) }
        guard SealedInput.Form(of: entry) != nil, let number = Self.keyNumber(of: sealed) else { throw damaged(entry) }
        // Whatever the vault holds, and be it an older copy: the ledger decides.
        if let last = erasures.last[entry.subject], entry.sequence < last { throw erased(entry) }
        let row = try database.prepare("SELECT wrapped FROM subject_keys WHERE number = ? AND subject = ?")
        try row.bind(number, at: 1)
        try row.bind(entry.subject, at: 2)
        guard try row.step() else {
            throw LedgerError(
                .notStored, path, "this vault never held the key of entry \(entry.sequence)", remedy: "use the vault that sealed it")
        }
        let wrapped = row.bytes(0)
        if Self.isDestroyed(wrapped) { throw erased(entry) }
        guard let key = unwrap(wrapped, number: number, subject: entry.subject),
            let message = cipher.open(sealed[9...], key: key, associated: entry.inputDigest), message.count >= Self.saltSize
        else {
            try checkMaster()
            throw damaged(entry)
        }
        return OpenedInput(salt: Array(message[..<Self.saltSize]), input: Array(message[Self.saltSize...]))
    }

    private func erased(_ entry: LedgerEntry) -> LedgerError {
        LedgerError(
            .erased, path, "the input of entry \(entry.sequence) was erased: its key is destroyed",
            remedy: "nothing brings it back; the receipt is the entry of the kind erasure")
    }

    private func damaged(_ entry: LedgerEntry) -> LedgerError {
        LedgerError(
            .damaged, path, "the input of entry \(entry.sequence) is not what was sealed, or its key is not",
            remedy: "run `tessera audit verify`: if the entry is intact, the vault is damaged; go on from its backup")
    }

    // MARK: Keys

    private struct SubjectKey {
        var number: Int64
        var bytes: [UInt8]
    }

    /// The subject's key; nil where there is none or it was destroyed.
    private func liveKey(of subject: [UInt8]) throws(LedgerError) -> SubjectKey? {
        defer { lookup.reset() }
        try lookup.bind(subject, at: 1)
        guard try lookup.step() else { return nil }
        let number = lookup.integer(0)
        let wrapped = lookup.bytes(1)
        if Self.isDestroyed(wrapped) { return nil }
        guard let key = unwrap(wrapped, number: number, subject: subject) else {
            try checkMaster()
            throw LedgerError(.damaged, path, "key \(number) is not what was wrapped", remedy: "go on from a backup of the vault")
        }
        return SubjectKey(number: number, bytes: key)
    }

    private func makeKey(_ number: Int64, of subject: [UInt8]) throws(LedgerError) -> SubjectKey {
        let key = KeyFile.randomBytes(KeyFile.keySize)
        let row = try insertion()
        try row.bind(number, at: 1)
        try row.bind(subject, at: 2)
        try row.bind(wrap(key, number: number, subject: subject, under: master), at: 3)
        try row.run()
        return SubjectKey(number: number, bytes: key)
    }

    private var preparedInsertion: SQLiteStatement?
    private func insertion() throws(LedgerError) -> SQLiteStatement {
        if let preparedInsertion { return preparedInsertion }
        let statement = try database.prepare("INSERT INTO subject_keys (number, subject, wrapped) VALUES (?, ?, ?)")
        preparedInsertion = statement
        return statement
    }

    func unwrap(_ wrapped: [UInt8], number: Int64, subject: [UInt8]) -> [UInt8]? {
        cipher.open(wrapped[...], key: master.bytes, associated: Self.place(number, subject))
    }

    func wrap(_ key: [UInt8], number: Int64, subject: [UInt8], under master: VaultKey) -> [UInt8] {
        cipher.seal(key, key: master.bytes, associated: Self.place(number, subject))
    }

    private static func place(_ number: Int64, _ subject: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) } + subject
    }

    /// Bytes of a wrapped key, and of the zeros that take its place.
    static let wrappedSize = AuthenticatedCipher.nonceSize + KeyFile.keySize + AuthenticatedCipher.tagSize

    static func isDestroyed(_ wrapped: [UInt8]) -> Bool { wrapped.allSatisfy { $0 == 0 } }

    /// Which key sealed an input; nil for bytes that no vault sealed.
    private static func keyNumber(of sealed: [UInt8]) -> Int64? {
        guard sealed.count >= 9 + AuthenticatedCipher.nonceSize + AuthenticatedCipher.tagSize else { return nil }
        return (0..<8).reduce(Int64(0)) { $0 | Int64(sealed[1 + $1]) << (8 * $1) }
    }
}
