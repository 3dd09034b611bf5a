internal import CSQLite
internal import DurableFiles

/// SQLite without the ledger's manners: what somebody has who wants to change a ledger's file.
public final class RawSQLite {
    private let handle: OpaquePointer

    /// What SQLite said.
    public struct Failure: Error {
        /// The result code.
        public var code: Int32
        /// SQLite's words, and what was asked.
        public var text: String
    }

    /// One value of a row.
    public enum Value: Equatable {
        case null
        case integer(Int64)
        case text(String)
        case blob([UInt8])

        /// As SQL writes it.
        public var sql: String {
            switch self {
            case .null: "NULL"
            case .integer(let number): "\(number)"
            case .text(let text): "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
            case .blob(let bytes): "X'" + SHA256Digest.hex(bytes) + "'"
            }
        }
    }

    /// Opens a file, or makes it.
    public init(_ path: String) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open(path, &opened)
        guard let opened, code == SQLITE_OK else { throw Failure(code: code, text: "open") }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs SQL and gives the rows.
    @discardableResult
    public func run(_ sql: String) throws -> [[Value]] {
        var prepared: OpaquePointer?
        var rows: [[Value]] = []
        guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK else { throw failure(sql) }
        defer { sqlite3_finalize(prepared) }
        while true {
            let code = sqlite3_step(prepared)
            if code == SQLITE_DONE { return rows }
            guard code == SQLITE_ROW else { throw failure(sql) }
            rows.append((0..<sqlite3_column_count(prepared)).map { Self.value(prepared, $0) })
        }
    }

    private func failure(_ sql: String) -> Failure {
        Failure(code: sqlite3_extended_errcode(handle), text: String(cString: sqlite3_errmsg(handle)) + ": " + String(sql.prefix(80)))
    }

    private static func value(_ row: OpaquePointer?, _ column: Int32) -> Value {
        let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(row, column), count: Int(sqlite3_column_bytes(row, column)))
        switch sqlite3_column_type(row, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(row, column))
        case SQLITE_TEXT: return .text(String(decoding: bytes, as: UTF8.self))
        default: return .blob(Array(bytes))
        }
    }

    /// Runs `body` while no trigger stands in the way, and puts them back.
    public func withoutTriggers(_ body: () throws -> Void) throws {
        let triggers = try run("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        try run("BEGIN IMMEDIATE")
        for trigger in triggers { if case .text(let name) = trigger[0] { try run("DROP TRIGGER \(name)") } }
        try body()
        for trigger in triggers { if case .text(let sql) = trigger[1] { try run(sql) } }
        try run("COMMIT")
    }
}
