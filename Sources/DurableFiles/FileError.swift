#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file operation the system refused: what was tried, where, why, and what a person can do about it.
///
/// Holds paths and system texts only, never a word of a file's content.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried.
    public enum Operation: String, Sendable, Equatable, CaseIterable {
        /// Opening or creating a file.
        case open
        /// Reading bytes.
        case read
        /// Writing bytes.
        case write
        /// Forcing bytes to the disk.
        case sync
        /// Closing, where some systems report a failed write.
        case close
        /// Giving a file or directory its final name.
        case rename
        /// Removing a file or directory.
        case remove
        /// Making a directory.
        case makeDirectory = "make directory"
        /// Listing a directory.
        case list
        /// Asking for size and kind.
        case inspect
        /// Mapping into memory.
        case map
        /// Claiming an output for one writer.
        case lock
    }

    /// What was tried.
    public var operation: Operation
    /// The file or directory.
    public var path: String
    /// The system's error number.
    public var code: Int32
    /// A remedy more exact than the one the error number suggests.
    public var advice: String?

    /// An error of a system call.
    public init(_ operation: Operation, _ path: String, code: Int32, advice: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.advice = advice
    }

    /// The system's text for ``code``.
    public var reason: String {
        var buffer = [CChar](repeating: 0, count: 256)
        return buffer.withUnsafeMutableBufferPointer { text in
            guard strerror_r(code, text.baseAddress!, text.count) == 0 else { return "error \(code)" }
            return String(cString: text.baseAddress!)
        }
    }

    /// What a person can do; nil where nothing better than trying again is known.
    public var remedy: String? {
        if let advice { return advice }
        switch code {
        case ENOSPC, EDQUOT: return "the disk is full: free some space or choose another place; nothing half-written was kept"
        case EACCES, EPERM, EROFS:
            return "no permission here: check the owner and mode of the path and its folder, or choose another place"
        case EISDIR: return "this is a directory, a file is needed: name a file inside it"
        case ENOTDIR: return "a part of this path is a file, not a directory: check the path"
        case ENOENT: return "there is nothing at this path: check its spelling, and that its folder exists"
        case EEXIST, ENOTEMPTY: return "something is already there: choose another place, remove it, or ask for it to be replaced"
        case EMFILE, ENFILE: return "too many files are open: raise the limit (ulimit -n)"
        case EXDEV: return "the temporary file and its place lie on different disks: choose a place on one disk"
        case ENAMETOOLONG: return "the name is too long for this disk: choose a shorter one"
        case EFBIG: return "the file is larger than this disk or the process limit allows (ulimit -f)"
        case EIO: return "the disk or the connection to it failed: check it and run again; nothing half-written was kept"
        default: return nil
        }
    }

    /// Place, reason and remedy in one line.
    public var description: String {
        let line = "\(TemporaryName.shown(path)): cannot \(operation.rawValue): \(reason)"
        guard let remedy else { return line }
        return line + " — " + remedy
    }

    /// True where the path does not exist.
    public var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    /// True where the path exists and must not be overwritten.
    public var isOccupied: Bool { code == EEXIST || code == ENOTEMPTY }
    /// True where another process writes to the same output.
    public var isBusy: Bool { operation == .lock && (code == EWOULDBLOCK || code == EAGAIN) }
    /// True where the disk or quota is exhausted.
    public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
    /// True where permission is missing.
    public var isForbidden: Bool { code == EACCES || code == EPERM || code == EROFS }
    /// True where a directory stands in place of a file.
    public var isDirectory: Bool { code == EISDIR }
}

/// An error type that can carry a file error, so that one typed `throws` covers a body and the files around it.
public protocol CarriesFileError: Error {
    /// Wraps a file error.
    init(_ error: FileError)
}

extension FileError: CarriesFileError {
    /// The error itself.
    public init(_ error: FileError) { self = error }
}

extension FileError {
    static var isADirectory: Int32 { EISDIR }
    static var isAFile: Int32 { ENOTDIR }
    static var exists: Int32 { EEXIST }

    /// The same error told of the place a person knows, not of the hidden name beside it.
    func at(_ path: String) -> FileError { FileError(operation, path, code: code, advice: advice) }
}
