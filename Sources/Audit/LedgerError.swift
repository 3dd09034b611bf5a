internal import CSQLite
public import DurableFiles

/// Why a ledger, its vault or a key could not be read or written: where, why, and what a person can do about it.
///
/// Holds paths, numbers of entries and system texts only, never a word of an entry.
public struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// What kind of failure it is.
    public enum Kind: Sendable, Hashable {
        /// There is nothing at the path.
        case notThere
        /// Something is at the path that must not be overwritten.
        case occupied
        /// The file is something else.
        case notALedger
        /// The file was written by a newer program.
        case newerVersion(found: Int, newestSupported: Int)
        /// The file's pages or its content contradict themselves.
        case damaged
        /// Another process holds the file for longer than the timeout.
        case busy
        /// The disk or quota is exhausted.
        case diskFull
        /// The disk or the connection to it failed.
        case inputOutput
        /// The file or its folder may not be written.
        case readOnly
        /// The key given is not the one this file needs.
        case wrongKey
        /// The file needs a key and none was given.
        case noKey
        /// The key file or variable does not hold a key.
        case unreadableKey
        /// The input was sealed under a key that has been destroyed.
        case erased
        /// The entry, or the input of the entry, was never stored.
        case notStored
        /// A value is larger than the ledger takes.
        case tooLarge
        /// The ledger only grows; a change of what it holds was asked for.
        case appendOnly
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// The file.
    public var path: String
    /// Why, in words.
    public var reason: String
    /// What a person can do.
    public var remedy: String
    /// SQLite's extended result code; 0 where the failure is not SQLite's.
    public var code: Int32

    /// An error of the ledger's own.
    init(_ kind: Kind, _ path: String, _ reason: String, remedy: String, code: Int32 = 0) {
        self.kind = kind
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.code = code
    }

    /// The same failure, told of a file operation.
    public init(_ error: FileError) {
        kind =
            error.isMissing
            ? .notThere : error.isOccupied ? .occupied : error.isDiskFull ? .diskFull : error.isForbidden ? .readOnly : .inputOutput
        path = error.path
        reason = "cannot \(error.operation.rawValue): \(error.reason)"
        remedy = error.remedy ?? "check the path and the disk, and try again"
        code = 0
    }

    /// Place, reason and remedy in one line.
    public var description: String { "\(path): \(reason) — \(remedy)" }
}

extension LedgerError {
    /// What SQLite's result code means for the person who asked.
    init(sqlite code: Int32, systemError: Int32 = 0, at path: String) {
        self.path = path
        self.code = code
        reason = String(cString: sqlite3_errstr(code))
        switch code & 0xff {
        case SQLITE_FULL:
            kind = .diskFull
            remedy = "the disk is full: free some space; what was acknowledged before is kept, this commit is not"
        case SQLITE_BUSY, SQLITE_LOCKED:
            kind = .busy
            remedy = "another process is writing: wait until it has ended, or raise the timeout"
        case SQLITE_CORRUPT:
            kind = .damaged
            remedy = "the file is damaged: `tessera audit verify` says where; go on from a backup, the chain shows what is missing"
        case SQLITE_NOTADB:
            kind = .notALedger
            remedy = "this is no SQLite file, or its first page is damaged: check the path"
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            kind = .readOnly
            remedy = "no permission to write here: check owner and mode of the file and of its folder"
        case SQLITE_CANTOPEN:
            let isForbidden = systemError == FileErrorCode.denied || systemError == FileErrorCode.readOnlyDisk
            kind = isForbidden ? .readOnly : .inputOutput
            remedy = "check that the folder exists and that the file, and those beside it (-wal, -shm), may be opened"
        case SQLITE_CONSTRAINT:
            kind = .appendOnly
            remedy = "the ledger only grows: append an entry that says what was wrong"
        case SQLITE_TOOBIG:
            kind = .tooLarge
            remedy = "keep large inputs elsewhere and record their digest"
        default:
            kind = .inputOutput
            remedy = "check the disk and try again; what was acknowledged before is kept"
        }
    }
}
