/// Which entries to read. Every condition that is set must hold.
public struct LedgerSelection: Sendable, Equatable {
    /// Places.
    public var sequences: ClosedRange<Int>?
    /// Whom they concern.
    public var subject: [UInt8]?
    /// By which model.
    public var model: [UInt8]?
    /// What happened.
    public var kind: LedgerEntry.Kind?
    /// When, in microseconds since 1970.
    public var times: Range<Int64>?
    /// At most so many, the first ones.
    public var limit: Int?

    /// Entries for which all of these hold; without any, all entries.
    public init(
        sequences: ClosedRange<Int>? = nil, subject: [UInt8]? = nil, model: [UInt8]? = nil, kind: LedgerEntry.Kind? = nil,
        times: Range<Int64>? = nil, limit: Int? = nil
    ) {
        self.sequences = sequences
        self.subject = subject
        self.model = model
        self.kind = kind
        self.times = times
        self.limit = limit
    }
}

extension Ledger {
    /// Gives the selected entries one after another, in the order of the chain, from one state of the ledger.
    ///
    /// Reading does not verify; ``LedgerVerification`` does.
    public func read(_ selection: LedgerSelection, _ body: (LedgerEntry) throws(LedgerError) -> Void) throws(LedgerError) {
        var conditions: [String] = []
        var numbers: [Int64] = []
        // Bytes come before numbers, so that parameters can be told by their place.
        var bytes: [[UInt8]] = []
        if let subject = selection.subject {
            // The index holds the first eight bytes.
            conditions.append("substr(subject, 1, 8) = substr(?1, 1, 8) AND subject = ?1")
            bytes.append(subject)
        }
        if let model = selection.model {
            conditions.append("model = ?")
            bytes.append(model)
        }
        if let range = selection.sequences {
            conditions.append("seq BETWEEN ? AND ?")
            numbers += [Int64(range.lowerBound), Int64(range.upperBound)]
        }
        if let kind = selection.kind {
            // The index of kinds leaves decisions out, which are nearly all; SQLite must see that they are not asked for.
            conditions.append(kind == .decision ? "kind = ?" : "kind = ? AND kind <> 1")
            numbers.append(kind.rawValue)
        }
        if let times = selection.times {
            conditions.append("time >= ? AND time < ?")
            numbers += [times.lowerBound, times.upperBound]
        }
        if let limit = selection.limit { numbers.append(Int64(limit)) }
        let statement = try database.prepare(
            "SELECT \(EntryBytes.columns.joined(separator: ", ")) FROM entries"
                + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
                + " ORDER BY seq" + (selection.limit == nil ? "" : " LIMIT ?"))
        var parameter: Int32 = 1
        for value in bytes {
            try statement.bind(value, at: parameter)
            parameter += 1
        }
        for value in numbers {
            try statement.bind(value, at: parameter)
            parameter += 1
        }
        while try statement.step() { try body(entry(from: statement)) }
    }

    /// The selected entries at once; for few.
    public func entries(_ selection: LedgerSelection = LedgerSelection()) throws(LedgerError) -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        try read(selection) { entries.append($0) }
        return entries
    }

    /// One entry.
    /// - Throws: ``LedgerError/Kind/notStored`` where there is none at this place.
    public func entry(at sequence: Int) throws(LedgerError) -> LedgerEntry {
        guard let entry = try entries(LedgerSelection(sequences: sequence...sequence)).first else { throw missing(sequence) }
        return entry
    }

    /// The hash of one entry: 32 bytes that stand for it and for everything before.
    /// - Throws: ``LedgerError/Kind/notStored`` where there is none at this place.
    public func hash(at sequence: Int) throws(LedgerError) -> [UInt8] {
        let statement = try database.prepare("SELECT hash FROM entries WHERE seq = ?")
        try statement.bind(Int64(sequence), at: 1)
        guard try statement.step() else { throw missing(sequence) }
        return statement.bytes(0)
    }

    /// Whether a commit of this ledger ended with an entry of this hash.
    public func hasHead(_ hash: [UInt8]) throws(LedgerError) -> Bool {
        let statement = try database.prepare("SELECT 1 FROM heads WHERE hash = ? LIMIT 1")
        try statement.bind(hash, at: 1)
        return try statement.step()
    }

    /// Entries, by the place of the last.
    public func count() throws(LedgerError) -> Int { Int(try database.integer("SELECT max(seq) FROM entries") ?? 0) }

    private func missing(_ sequence: Int) -> LedgerError {
        LedgerError(.notStored, path, "there is no entry \(sequence)", remedy: "check the number")
    }

    private func entry(from row: SQLiteStatement) throws(LedgerError) -> LedgerEntry {
        guard let kind = LedgerEntry.Kind(rawValue: row.integer(2)), let consent = LedgerEntry.Consent(rawValue: row.integer(9)) else {
            throw LedgerError(
                .damaged, path, "entry \(row.integer(0)) is of an unknown kind",
                remedy: "run `tessera audit verify`; if it finds nothing, use a newer program")
        }
        var entry = LedgerEntry(
            kind, purpose: row.text(3), actor: row.text(4), time: row.integer(1), subject: row.bytes(5), model: row.bytes(6),
            taxonomy: row.bytes(7), software: row.text(8), consent: consent, inputDigest: row.bytes(10),
            sealedInput: row.isNull(11) ? nil : row.bytes(11), output: row.bytes(12), evidence: row.bytes(13))
        entry.sequence = Int(row.integer(0))
        return entry
    }
}
