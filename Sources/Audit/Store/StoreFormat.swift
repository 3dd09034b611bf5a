internal import CSQLite
internal import DurableFiles

/// What tells one kind of our SQLite files from another, and how one is made and opened.
struct StoreFormat {
    /// In words, for messages.
    let name: String
    /// SQLite's application id: four letters at byte 68 of the file.
    let applicationID: Int32
    /// Raised when the tables change.
    let version: Int
    /// The tables, indexes and triggers, as SQLite keeps their text.
    let statements: [String]

    /// Opens a file of this format, or makes one.
    /// - Parameter fill: writes the first rows, in the transaction that makes the tables.
    func open(
        _ path: String, _ access: Ledger.Access, _ settings: LedgerSettings, fill: (SQLiteDatabase) throws(LedgerError) -> Void
    ) throws(LedgerError) -> SQLiteDatabase {
        let status: FileSystem.Status?
        do { status = try FileSystem.live.status(of: path) } catch { throw LedgerError(error) }
        let mayCreate = access == .create || access == .createIfMissing
        if let status, status.kind != .file {
            throw LedgerError(.notALedger, path, "this is a folder or a device", remedy: "name a file")
        }
        if path.isEmpty || status == nil && !mayCreate {
            throw LedgerError(.notThere, path, "there is no \(name) here", remedy: "check the path, or make one first")
        }
        if access == .readOnly { return try openForReading(path, settings) }
        let database: SQLiteDatabase
        do throws(LedgerError) { database = try SQLiteDatabase(path, mayCreate ? .create : .readWrite, settings) } catch {
            throw status == nil ? reasonNotMade(path) ?? error : error
        }
        // In one look: another process may be making the file.
        if try database.reading({ () throws(LedgerError) in try look(into: database) }) {
            if access == .create {
                throw LedgerError(.occupied, path, "there already is a \(name)", remedy: "open it, or choose another path")
            }
            try useWriteAheadLog(database)
            return database
        }
        guard mayCreate else {
            throw LedgerError(.notALedger, path, "the file is empty", remedy: "check the path; a \(name) is made by its first entry")
        }
        try useWriteAheadLog(database)
        try database.transaction { () throws(LedgerError) in
            // Another process may have been faster.
            if try look(into: database) {
                guard access == .createIfMissing else {
                    throw LedgerError(.occupied, path, "another process has just made a \(name)", remedy: "open it")
                }
                return
            }
            for statement in statements { try database.execute(statement) }
            try fill(database)
            try database.execute("PRAGMA application_id=\(applicationID)")
            try database.execute("PRAGMA user_version=\(version)")
        }
        do { try FileSystem.live.sync(FileSystem.folder(of: path)) } catch { throw LedgerError(error) }
        return database
    }

    /// Whether a file of this format is there: none where nothing is, or where another process has not yet made it.
    func isMade(at path: String, _ settings: LedgerSettings = LedgerSettings()) throws(LedgerError) -> Bool {
        let status: FileSystem.Status?
        do { status = try FileSystem.live.status(of: path) } catch { throw LedgerError(error) }
        guard let status, status.kind == .file, status.size > 0 else { return false }
        let database = try SQLiteDatabase(path, .readOnly, settings)
        return try database.reading { () throws(LedgerError) in try look(into: database) }
    }

    /// Why a file cannot be made, which SQLite does not say; nil where it can.
    private func reasonNotMade(_ path: String) -> LedgerError? {
        do throws(FileError) {
            _ = try OpenFile(path, .create)
            try FileSystem.live.removeFile(path)
            return nil
        } catch { return LedgerError(error) }
    }

    /// Opens without a right to write; also where nothing may be written beside the file, if nothing is under way there.
    private func openForReading(_ path: String, _ settings: LedgerSettings) throws(LedgerError) -> SQLiteDatabase {
        do throws(LedgerError) {
            let database = try SQLiteDatabase(path, .readOnly, settings)
            return try checked(database)
        } catch {
            let code = error.code & 0xff
            guard code == SQLITE_CANTOPEN || code == SQLITE_READONLY else { throw error }
            let log = try? FileSystem.live.status(of: path + "-wal")
            guard log.map({ $0.size == 0 }) ?? true else {
                throw LedgerError(
                    .readOnly, path, "its last commits are in the -wal file beside it and the folder cannot be written",
                    remedy: "copy the file and the -wal file to a folder that can be written", code: error.code)
            }
            return try checked(SQLiteDatabase(path, .readOnly, isFrozen: true, settings))
        }
    }

    private func checked(_ database: SQLiteDatabase) throws(LedgerError) -> SQLiteDatabase {
        guard try database.reading({ () throws(LedgerError) in try look(into: database) }) else {
            throw LedgerError(.notALedger, database.path, "the file is empty", remedy: "check the path")
        }
        return database
    }

    /// Whether the file is of this format; false where it is empty. To be asked within a transaction, as it takes several looks.
    private func look(into database: SQLiteDatabase) throws(LedgerError) -> Bool {
        let found = try database.integer("PRAGMA application_id") ?? 0
        let version = Int(try database.integer("PRAGMA user_version") ?? 0)
        if found == 0 {
            let count = try database.integer("SELECT count(*) FROM sqlite_schema") ?? 0
            if count == 0 { return false }
        }
        guard found == Int64(applicationID), version > 0 else {
            throw LedgerError(.notALedger, database.path, "this SQLite file is no \(name)", remedy: "check the path")
        }
        guard version <= self.version else {
            throw LedgerError(
                .newerVersion(found: version, newestSupported: self.version), database.path,
                "this \(name) has version \(version), this program knows versions up to \(self.version)",
                remedy: "use the program that wrote it, or a newer one")
        }
        return true
    }

    private func useWriteAheadLog(_ database: SQLiteDatabase) throws(LedgerError) {
        for attempt in 0... {
            do throws(LedgerError) {
                let asking = try database.prepare("PRAGMA journal_mode=WAL")
                guard try asking.step(), asking.text(0) == "wal" else {
                    throw LedgerError(
                        .inputOutput, database.path, "this disk has no shared memory for SQLite's write-ahead log",
                        remedy: "put the file on a local disk")
                }
                return
            } catch {
                // Where two processes make the same file, SQLite does not wait here by itself.
                guard error.kind == .busy, attempt < 100 else { throw error }
                sqlite3_sleep(20)
            }
        }
    }

    // MARK: What was changed in the tables

    /// Names of tables, indexes and triggers that are missing, differ, or do not belong here.
    func differences(in database: SQLiteDatabase) throws(LedgerError) -> (missing: [String], changed: [String], foreign: [String]) {
        var expected: [String: String] = [:]
        for statement in statements {
            let words = statement.split(whereSeparator: { " (\n".contains($0) }).prefix(4).map(String.init)
            let name = words[1] == "UNIQUE" ? words[3] : words[2]
            expected[name] = statement
        }
        var result: (missing: [String], changed: [String], foreign: [String]) = ([], [], [])
        let reading = try database.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        while try reading.step() {
            let name = reading.text(0)
            if let statement = expected.removeValue(forKey: name) {
                if reading.text(1) != statement { result.changed.append(name) }
            } else {
                result.foreign.append(name)
            }
        }
        result.missing = expected.keys.sorted()
        return result
    }
}
