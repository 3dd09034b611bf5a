extension SubjectVault {
    /// Puts a vault under another master key: every subject's key is wrapped anew, and the old key opens nothing any more.
    ///
    /// One commit changes all of it. Where the program ends before, the vault is as it was; where it ends after, asking again empties the
    /// write-ahead log, which is all that was left to do. Whoever still has the vault open with the old key is refused
    /// (``LedgerError/Kind/wrongKey``). Backups of the vault stay under the old key: keep it as long as they, or destroy both.
    /// - Returns: keys wrapped anew; 0 where the vault is already under the new key.
    /// - Throws: ``LedgerError/Kind/wrongKey`` where it is under neither; ``LedgerError/Kind/damaged`` where a key is not what was wrapped,
    ///   and then nothing has changed; ``LedgerError/Kind/busy`` where another process reads for too long: ask again.
    @discardableResult
    public static func rewrap(
        besides ledgerPath: String, from old: VaultKey, to new: VaultKey, settings: LedgerSettings = LedgerSettings()
    ) throws(LedgerError) -> Int {
        let vault: SubjectVault
        do throws(LedgerError) {
            vault = try SubjectVault(besides: ledgerPath, .existing, master: old, settings: settings)
        } catch {
            guard error.kind == .wrongKey else { throw error }
            let rewrapped = try SubjectVault(besides: ledgerPath, .existing, master: new, settings: settings)
            try rewrapped.database.emptyWriteAheadLog()
            return 0
        }
        return try vault.rewrap(to: new)
    }

    /// Keys that one reading takes into memory.
    private static let batch = 1024

    private func rewrap(to new: VaultKey) throws(LedgerError) -> Int {
        let proof = makeProof(new)
        let count = try database.transaction { () throws(LedgerError) in
            try checkMaster()
            let reading = try database.prepare(
                "SELECT number, subject, wrapped FROM subject_keys WHERE number > ? ORDER BY number LIMIT \(Self.batch)")
            let change = try database.prepare("UPDATE subject_keys SET wrapped = ? WHERE number = ?")
            var count = 0
            var last = Int64.min
            while true {
                var rows: [(number: Int64, subject: [UInt8], wrapped: [UInt8])] = []
                try reading.bind(last, at: 1)
                while try reading.step() { rows.append((reading.integer(0), reading.bytes(1), reading.bytes(2))) }
                reading.reset()
                guard let end = rows.last?.number else { break }
                last = end
                for row in rows where !Self.isDestroyed(row.wrapped) {
                    guard let key = unwrap(row.wrapped, number: row.number, subject: row.subject) else {
                        throw LedgerError(
                            .damaged, path, "key \(row.number) is not what was wrapped",
                            remedy: "nothing was changed; go on from a backup of the vault")
                    }
                    // As many bytes as before, so that they are written over the old ones.
                    try change.bind(wrap(key, number: row.number, subject: row.subject, under: new), at: 1)
                    try change.bind(row.number, at: 2)
                    try change.run()
                    count += 1
                }
            }
            let row = try database.prepare("UPDATE vault SET proof = ?")
            try row.bind(proof, at: 1)
            try row.run()
            return count
        }
        master = new
        self.proof = proof
        try database.emptyWriteAheadLog()
        return count
    }
}
