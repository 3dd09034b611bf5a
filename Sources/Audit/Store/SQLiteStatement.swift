internal import CSQLite

/// A prepared statement. Parameters and columns are numbered as SQLite does: parameters from 1, columns from 0.
final class SQLiteStatement {
    private let database: SQLiteDatabase
    let handle: OpaquePointer

    init(_ sql: String, in database: SQLiteDatabase) throws(LedgerError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw database.failure(code) }
        self.database = database
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Parameters

    func bind(_ value: Int64, at parameter: Int32) throws(LedgerError) {
        try database.check(sqlite3_bind_int64(handle, parameter, value))
    }

    /// Binds a copy.
    func bind(_ bytes: [UInt8], at parameter: Int32) throws(LedgerError) {
        guard !bytes.isEmpty else { return try database.check(sqlite3_bind_zeroblob(handle, parameter, 0)) }
        let code = bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, parameter, $0.baseAddress, UInt64($0.count), Self.copied) }
        try database.check(code)
    }

    /// Binds memory that stays as it is until the next ``reset()``.
    func bind(borrowed bytes: UnsafeRawBufferPointer, asText: Bool = false, at parameter: Int32) throws(LedgerError) {
        let code =
            asText
            ? sqlite3_bind_text64(
                handle, parameter, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
            : sqlite3_bind_blob64(handle, parameter, bytes.baseAddress, UInt64(bytes.count), nil)
        try database.check(code)
    }

    func bindNull(at parameter: Int32) throws(LedgerError) { try database.check(sqlite3_bind_null(handle, parameter)) }

    /// What tells SQLite to copy a parameter: the macro SQLITE_TRANSIENT, which Swift does not see.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    // MARK: Running

    /// Goes to the next row; false at the end.
    func step() throws(LedgerError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else {
            sqlite3_reset(handle)
            throw database.failure(code)
        }
        return false
    }

    /// Runs a statement that gives no rows, and makes it ready for the next time.
    func run() throws(LedgerError) {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw database.failure(code) }
    }

    /// Makes the statement ready for the next time.
    func reset() { sqlite3_reset(handle) }

    // MARK: Columns of the row

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func type(_ column: Int32) -> Int32 { sqlite3_column_type(handle, column) }
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The bytes of a text or blob; valid until the next step.
    func raw(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }

    func bytes(_ column: Int32) -> [UInt8] { Array(raw(column)) }
    func text(_ column: Int32) -> String { String(decoding: raw(column), as: UTF8.self) }
}
