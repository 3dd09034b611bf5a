internal import DurableFiles

/// The prediction ledger: a SQLite file that only grows, in which every entry holds the hash of the one before, and every commit signs
/// the last.
///
/// A commit is on the disk when ``append(_:)-([LedgerEntry])`` returns. Several processes may append to one ledger; each value of this
/// class is for one thread at a time. Forcing a commit to the disk costs the same for one entry as for a thousand, so that who has many
/// appends them together.
public final class Ledger {
    /// What a file is opened for.
    public enum Access: Sendable, Equatable {
        /// Reading what is there.
        case readOnly
        /// Reading and appending to what is there.
        case existing
        /// Making a new one; something already there is an error.
        case create
        /// Reading and appending, making it where it is missing.
        case createIfMissing
    }

    /// The file.
    public let path: String
    /// 16 random bytes that tell this ledger from others.
    public let identity: [UInt8]

    let database: SQLiteDatabase
    private let origin: [UInt8]
    private var signingKey: SigningKey?
    private let insertion: SQLiteStatement?
    private let headInsertion: SQLiteStatement?
    private let lastEntry: SQLiteStatement
    private let lastHead: SQLiteStatement
    private let bytes = EntryBytes()
    private let digest = ChainDigest()
    /// The head that this value wrote or found right.
    private var knownHead: LedgerHead?

    /// Opens a ledger, or makes one.
    /// - Parameter signingKey: signs each commit. A new ledger's first entry introduces it; one that was made without may be given one with
    ///   ``rotate(to:)``. Not needed for reading.
    /// - Throws: ``LedgerError``; ``LedgerError/Kind/wrongKey`` where the ledger is signed by another key.
    public init(
        at path: String, _ access: Access, signingKey: SigningKey? = nil, settings: LedgerSettings = LedgerSettings()
    ) throws(LedgerError) {
        self.path = path
        self.signingKey = signingKey
        let database = try LedgerSchema.format.open(path, access, settings) { database throws(LedgerError) in
            let row = try database.prepare("INSERT INTO ledger (identity, created) VALUES (?, ?)")
            try row.bind(KeyFile.randomBytes(16), at: 1)
            try row.bind(LedgerEntry.now(), at: 2)
            try row.run()
        }
        self.database = database
        let row = try database.prepare("SELECT identity, created FROM ledger")
        guard try row.step() else {
            throw LedgerError(.damaged, path, "the row that identifies the ledger is missing", remedy: "run `tessera audit verify`")
        }
        identity = row.bytes(0)
        origin = LedgerSchema.origin(identity: identity, created: row.integer(1))
        row.reset()
        lastEntry = try database.prepare("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1")
        lastHead = try database.prepare("SELECT \(LedgerHead.columns) FROM heads ORDER BY seq DESC LIMIT 1")
        guard access != .readOnly else {
            insertion = nil
            headInsertion = nil
            return
        }
        let columns = (EntryBytes.columns + ["previous", "hash"]).joined(separator: ", ")
        insertion = try database.prepare("INSERT INTO entries (\(columns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        headInsertion = try database.prepare("INSERT INTO heads (\(LedgerHead.columns)) VALUES (?,?,?,?,?,?)")
        // The first entry introduces the key, also where a crash came between the tables and that entry.
        if let signingKey {
            if try head() == nil {
                try database.transaction { () throws(LedgerError) in
                    if try end().head == nil { try introduce(signingKey, replacing: nil) }
                }
            }
            try checkKey(head())
        }
    }

    /// Whether a ledger is there already: not where the path leads nowhere, or to an empty file that another process may be filling.
    public static func exists(at path: String) throws(LedgerError) -> Bool { try LedgerSchema.format.isMade(at: path) }

    // MARK: Appending

    /// Appends one entry and gives its place.
    @discardableResult
    public func append(_ entry: LedgerEntry) throws(LedgerError) -> Int { try append([entry]).lowerBound }

    /// Appends entries in one commit, all or none, and gives their places. When this returns they are on the disk.
    ///
    /// The entries' own `sequence` does not matter. How entries are grouped into commits changes the heads, not the chain.
    /// - Throws: ``LedgerError``; the ledger then is as it was before.
    @discardableResult
    public func append(_ entries: [LedgerEntry]) throws(LedgerError) -> Range<Int> {
        // By place here and below: an entry in a variable of its own is a copy, and there are ten arrays and texts to count.
        for place in entries.indices {
            precondition(
                entries[place].kind != .keyRotation && entries[place].kind != .erasure,
                "Ledger: entries of this kind are written by rotate(to:) and SubjectVault.erase")
        }
        return try commit(entries)
    }

    /// Appends entries of any kind in one commit.
    func commit(_ entries: [LedgerEntry]) throws(LedgerError) -> Range<Int> {
        if insertion == nil { throw openedForReading }
        guard entries.indices.allSatisfy({ entries[$0].fits }) else {
            throw LedgerError(
                .tooLarge, path, "a field of an entry has more than \(LedgerEntry.largestField) bytes",
                remedy: "keep large inputs elsewhere and record their digest")
        }
        return try database.transaction { () throws(LedgerError) in
            let end = try end()
            try checkKey(end.head)
            try checkSignature(end.head)
            guard !entries.isEmpty else { return (end.sequence + 1)..<(end.sequence + 1) }
            try insert(entries, after: end, signedBy: signingKey)
            return (end.sequence + 1)..<(end.sequence + 1 + entries.count)
        }
    }

    /// Signs from here on with another key; the first key of a ledger that had none, too.
    ///
    /// Appends an entry that old and new key sign. Whoever still appends with the old key is refused.
    /// - Returns: the place of that entry.
    @discardableResult
    public func rotate(to newKey: SigningKey) throws(LedgerError) -> Int {
        let place = try database.transaction { () throws(LedgerError) in
            let head = try end().head
            if head.map({ !$0.key.isEmpty }) ?? false { try checkKey(head) }
            try checkSignature(head)
            return try introduce(newKey, replacing: head.map { $0.key.isEmpty } ?? true ? nil : signingKey)
        }
        signingKey = newKey
        return place
    }

    @discardableResult
    private func introduce(_ newKey: SigningKey, replacing oldKey: SigningKey?) throws(LedgerError) -> Int {
        let end = try end()
        let proof = KeyRotation(from: oldKey, to: newKey, after: end.hash)
        let entry = LedgerEntry(.keyRotation, purpose: "ledger", actor: "ledger", evidence: proof.bytes)
        try insert([entry], after: end, signedBy: newKey)
        let row = try database.prepare("INSERT INTO keys (since, id, public) VALUES (?, ?, ?)")
        try row.bind(Int64(end.sequence + 1), at: 1)
        try row.bind(newKey.publicKey.identity, at: 2)
        try row.bind(newKey.publicKey.bytes, at: 3)
        try row.run()
        return end.sequence + 1
    }

    /// Throws what an append would throw for want of a key or a right to write.
    func checkWritable() throws(LedgerError) {
        if insertion == nil { throw openedForReading }
        try checkKey(head())
    }

    private var openedForReading: LedgerError {
        LedgerError(.readOnly, path, "the ledger was opened for reading", remedy: "open it for appending")
    }

    private func insert(_ entries: [LedgerEntry], after end: End, signedBy key: SigningKey?) throws(LedgerError) {
        guard let insertion, let headInsertion else { throw openedForReading }
        var previous = end.hash
        for number in entries.indices {
            bytes.fill(entries[number], sequence: Int64(end.sequence + 1 + number), after: previous)
            let hash = digest.digest(of: bytes.bytes)
            try bytes.bind(to: insertion)
            try insertion.bind(previous, at: 15)
            try insertion.bind(hash, at: 16)
            try insertion.run()
            previous = hash
        }
        let head = LedgerHead(
            sequence: end.sequence + entries.count, hash: previous, previous: end.head?.digest ?? LedgerHead.none,
            time: LedgerEntry.now(), key: key)
        try headInsertion.bind(Int64(head.sequence), at: 1)
        try headInsertion.bind(head.time, at: 2)
        try headInsertion.bind(head.hash, at: 3)
        try headInsertion.bind(head.previous, at: 4)
        try headInsertion.bind(head.key, at: 5)
        try headInsertion.bind(head.signature, at: 6)
        try headInsertion.run()
        // Should the commit fail this head is not the last, and is looked at as any other.
        knownHead = head
    }

    // MARK: The end of the chain

    private struct End {
        var sequence: Int
        var hash: [UInt8]
        var head: LedgerHead?
    }

    private func end() throws(LedgerError) -> End {
        defer {
            lastEntry.reset()
            lastHead.reset()
        }
        let head: LedgerHead? = try lastHead.step() ? LedgerHead(lastHead) : nil
        guard try lastEntry.step() else {
            guard head == nil else { throw disagreement }
            return End(sequence: 0, hash: origin, head: nil)
        }
        let end = End(sequence: Int(lastEntry.integer(0)), hash: lastEntry.bytes(1), head: head)
        // Nothing is appended to what was cut or lengthened from outside.
        guard let head, head.sequence == end.sequence, head.hash == end.hash, HeadWalk.places.contains(end.sequence) else {
            throw disagreement
        }
        return end
    }

    private var disagreement: LedgerError {
        LedgerError(
            .damaged, path, "the last entry is not the one that the last head names",
            remedy: "run `tessera audit verify`, and go on in a new ledger or from a backup")
    }

    private func checkKey(_ head: LedgerHead?) throws(LedgerError) {
        let needed = head?.key ?? []
        guard needed != signingKey?.publicKey.identity ?? [] else { return }
        if head == nil, signingKey == nil { return }
        if needed.isEmpty {
            throw LedgerError(
                .wrongKey, path, "the ledger is not signed, and a key was given", remedy: "introduce the key by a rotation first")
        }
        throw signingKey == nil
            ? LedgerError(.noKey, path, "the ledger is signed, and no key was given", remedy: "give the key file or TESSERA_LEDGER_KEY")
            : LedgerError(
                .wrongKey, path, "the ledger is signed by another key", remedy: "give the key that the last rotation introduced")
    }

    /// Refuses to go on from a head that its key did not sign: the next signature would vouch for whatever somebody wrote under it.
    private func checkSignature(_ head: LedgerHead?) throws(LedgerError) {
        guard let head, head != knownHead else { return }
        // Whose key it is was looked at before.
        guard head.isSigned(by: head.key.isEmpty ? nil : signingKey?.publicKey) else {
            throw LedgerError(
                .damaged, path, "the last head is not signed by the key that it names: somebody wrote it without the key",
                remedy: "run `tessera audit verify`, and go on in a new ledger or from a backup")
        }
        knownHead = head
    }

    /// The last commit's head; nil for an empty ledger.
    public func head() throws(LedgerError) -> LedgerHead? {
        defer { lastHead.reset() }
        return try lastHead.step() ? LedgerHead(lastHead) : nil
    }

    /// The last head with the ledger's identity, to be kept elsewhere; nil for an empty ledger.
    public func exportAnchor() throws(LedgerError) -> LedgerAnchor? {
        try head().map { LedgerAnchor(ledger: identity, head: $0) }
    }
}
