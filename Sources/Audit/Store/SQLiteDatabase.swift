internal import CSQLite
internal import DurableFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The system's numbers for what must not be opened.
enum FileErrorCode {
    static var denied: Int32 { EACCES }
    static var readOnlyDisk: Int32 { EROFS }
}

/// How ledgers and vaults are opened.
public struct LedgerSettings: Sendable, Equatable {
    /// How long to wait for another process that writes, in milliseconds.
    public var busyTimeout: Int32 = 10_000
    /// The name of a registered SQLite file layer (VFS) to use instead of the system's; for fault injection.
    package var fileLayer: String?

    /// Ten seconds of patience, the system's files.
    public init() {}

    /// Some patience, in milliseconds.
    public init(busyTimeout: Int32) { self.busyTimeout = busyTimeout }
}

/// One connection to a SQLite file: every commit is on the disk when it returns (WAL, synchronous FULL).
///
/// For one thread at a time.
final class SQLiteDatabase {
    enum Access { case readOnly, readWrite, create }

    let path: String
    let handle: OpaquePointer
    /// How long to wait for others, in milliseconds.
    private let busyTimeout: Int32

    /// Opens without looking inside.
    /// - Parameter isFrozen: nobody writes to the file and nothing may be written beside it (read-only disks).
    init(_ path: String, _ access: Access, isFrozen: Bool = false, _ settings: LedgerSettings) throws(LedgerError) {
        self.path = path
        busyTimeout = settings.busyTimeout
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        switch access {
        case .readOnly: flags |= SQLITE_OPEN_READONLY
        case .readWrite: flags |= SQLITE_OPEN_READWRITE
        case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        }
        // SQLite takes names that begin with a colon for memory.
        var name = path.hasPrefix(":") ? "./" + path : path
        if isFrozen {
            flags |= SQLITE_OPEN_URI
            name = Self.address(of: name) + "?immutable=1"
        }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, flags, settings.fileLayer)
        guard let opened else {
            throw LedgerError(.inputOutput, path, "not enough memory to open it", remedy: "free some memory and try again")
        }
        guard code == SQLITE_OK else {
            let system = sqlite3_system_errno(opened)
            sqlite3_close_v2(opened)
            throw LedgerError(sqlite: code, systemError: system, at: path)
        }
        handle = opened
        sqlite3_busy_timeout(opened, settings.busyTimeout)
        try check(tessera_sqlite_defend(opened))
        try execute("PRAGMA foreign_keys=ON")
        try execute("PRAGMA secure_delete=ON")
        try execute("PRAGMA synchronous=FULL")
        try execute("PRAGMA cell_size_check=ON")
        try execute("PRAGMA temp_store=MEMORY")
        // 64 MiB of pages in memory, and as much folded into the file at a time: a page that many commits touch is copied once.
        try execute("PRAGMA cache_size=-65536")
        try execute("PRAGMA wal_autocheckpoint=16384")
    }

    deinit { sqlite3_close_v2(handle) }

    private static func address(of path: String) -> String {
        var text = "file:"
        for byte in path.utf8 {
            let isPlain = byte < 128 && byte > 32 && !"%?#".utf8.contains(byte)
            text += isPlain ? String(UnicodeScalar(byte)) : "%" + SHA256Digest.hex([byte])
        }
        return text
    }

    /// Throws what a result code other than `SQLITE_OK` says.
    func check(_ code: Int32) throws(LedgerError) {
        if code != SQLITE_OK { throw failure(code) }
    }

    func failure(_ code: Int32) -> LedgerError { LedgerError(sqlite: code, systemError: sqlite3_system_errno(handle), at: path) }

    /// Runs SQL that gives no rows.
    func execute(_ sql: String) throws(LedgerError) { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    func prepare(_ sql: String) throws(LedgerError) -> SQLiteStatement { try SQLiteStatement(sql, in: self) }

    /// The first column of the first row; nil where there is no row.
    func integer(_ sql: String) throws(LedgerError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Runs `body` in one transaction that no other writer can come between. What it throws undoes the whole.
    func transaction<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(LedgerError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // Some failures have already rolled back; a failing rollback leaves nothing that a later reader would take for committed.
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// Runs `body` on one state of the file, whatever others write meanwhile.
    func reading<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        try execute("BEGIN")
        defer { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
        return try body()
    }

    /// Moves everything from the `-wal` file into the main file and empties the former.
    /// - Throws: ``LedgerError/Kind/busy`` while another connection reads.
    func emptyWriteAheadLog() throws(LedgerError) {
        let end = Self.milliseconds() + Int64(busyTimeout)
        while true {
            do throws(LedgerError) {
                let statement = try prepare("PRAGMA wal_checkpoint(TRUNCATE)")
                if try statement.step(), statement.integer(0) == 0 { return }
            } catch {
                guard error.kind == .busy else { throw error }
            }
            // For readers SQLite waits by itself; for another connection that is at the same it does not.
            guard Self.milliseconds() < end else { throw LedgerError(sqlite: SQLITE_BUSY, at: path) }
            sqlite3_sleep(20)
        }
    }

    /// By a clock that only goes forward.
    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
