#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Takes: paths and bytes.   Gives: files and directories that are whole or not there, or a ``FileError``.
///
/// Every call to the system goes through one of these methods, so that a test can make the n-th one fail (``failing(_:)``) and
/// see that nothing half-written stays behind.
public struct FileSystem: Sendable {
    /// The faults to inject; nil in ordinary use.
    let faults: FaultPlan?

    /// The machine's own files.
    public static let live = FileSystem(faults: nil)

    /// The machine's own files, with the faults of a plan.
    public static func failing(_ plan: FaultPlan) -> FileSystem { FileSystem(faults: plan) }

    /// What a path names.
    public enum Kind: Sendable, Equatable {
        /// A regular file.
        case file
        /// A directory.
        case directory
        /// A pipe, device or socket.
        case other
    }

    /// Size and kind of what a path names.
    public struct Status: Sendable, Equatable {
        /// What it is.
        public var kind: Kind
        /// Bytes.
        public var size: Int
        /// Device and inode: equal for two paths that are the same file.
        public var identity: [UInt64]
        /// Who may read, write and run it: the nine bits of POSIX, such as `0o640`.
        public var permissions: UInt16
    }

    func check(_ operation: FileError.Operation, _ path: String) throws(FileError) {
        if let fault = faults?.next() { throw FileError(operation, path, code: fault.code) }
    }

    /// Asks as ``check(_:_:)`` does whether a write of so many bytes may be done. Gives the bytes to write, and what to throw once they are.
    func checkWrite(_ count: Int, _ path: String) throws(FileError) -> (count: Int, fault: FileError?) {
        guard let fault = faults?.next() else { return (count, nil) }
        let error = FileError(.write, path, code: fault.code)
        guard fault.tears else { throw error }
        return (count / 2, error)
    }

    /// Size and kind, following links; nil where there is nothing.
    public func status(of path: String) throws(FileError) -> Status? {
        try check(.inspect, path)
        var record = stat()
        guard stat(path, &record) == 0 else {
            if errno == ENOENT { return nil }
            throw FileError(.inspect, path, code: errno)
        }
        return Status(record)
    }

    /// Names in a directory, without `.` and `..`, in byte order.
    public func names(in path: String) throws(FileError) -> [String] {
        try check(.list, path)
        guard let directory = opendir(path) else { throw FileError(.list, path, code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes one directory; its folder must exist.
    /// - Parameter isPrivate: whether only its owner may look into it.
    public func makeDirectory(_ path: String, isPrivate: Bool = false) throws(FileError) {
        try check(.makeDirectory, path)
        guard mkdir(path, isPrivate ? 0o700 : 0o777) == 0 else { throw FileError(.makeDirectory, path, code: errno) }
    }

    /// Renames; a file or an empty directory at the new name is replaced.
    public func rename(_ old: String, to new: String) throws(FileError) {
        try check(.rename, new)
        #if canImport(Glibc)
            let result = Glibc.rename(old, new)
        #else
            let result = Darwin.rename(old, new)
        #endif
        guard result == 0 else { throw FileError(.rename, new, code: errno) }
    }

    /// Swaps two names in one step; false where the disk cannot do that.
    func exchange(_ first: String, _ second: String) throws(FileError) -> Bool {
        try check(.rename, second)
        #if canImport(Glibc)
            // The header shows renameat2 to GNU sources only, so the symbol is looked up.
            typealias RenameAt2 = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
            guard let symbol = dlsym(nil, "renameat2") else { return false }
            let swap: UInt32 = 1 << 1  // RENAME_EXCHANGE
            guard unsafeBitCast(symbol, to: RenameAt2.self)(AT_FDCWD, first, AT_FDCWD, second, swap) != 0 else { return true }
        #else
            guard renamex_np(first, second, UInt32(RENAME_SWAP)) != 0 else { return true }
        #endif
        if errno == EINVAL || errno == ENOSYS || errno == ENOTSUP { return false }
        throw FileError(.rename, second, code: errno)
    }

    /// Removes a file; nothing there is fine.
    public func removeFile(_ path: String) throws(FileError) {
        try check(.remove, path)
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError(.remove, path, code: errno) }
    }

    /// Removes a file or a directory with all it holds, not following links; nothing there is fine.
    public func removeTree(_ path: String) throws(FileError) {
        try check(.remove, path)
        var record = stat()
        guard lstat(path, &record) == 0 else {
            if errno == ENOENT { return }
            throw FileError(.remove, path, code: errno)
        }
        guard Status(record).kind == .directory else { return try removeFile(path) }
        for name in try names(in: path) { try removeTree(path + "/" + name) }
        try check(.remove, path)
        guard rmdir(path) == 0 || errno == ENOENT else { throw FileError(.remove, path, code: errno) }
    }

    /// Forces a file or a directory's names to the disk.
    public func sync(_ path: String) throws(FileError) {
        let file = try OpenFile(path, .read, in: self)
        defer { file.closeQuietly() }
        try file.sync()
    }

    /// Forces every file and directory of a tree to the disk.
    public func syncTree(_ path: String) throws(FileError) {
        if try status(of: path)?.kind == .directory {
            for name in try names(in: path) { try syncTree(path + "/" + name) }
        }
        try sync(path)
    }

    /// The whole of a file; for small ones such as settings.
    /// - Parameter limit: larger files are refused with `EFBIG`, so that a wrong path cannot fill the memory.
    public func contents(of path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, .read, in: self)
        defer { file.closeQuietly() }
        let status = try file.status()
        if status.kind == .directory { throw FileError(.read, path, code: EISDIR) }
        guard status.size <= limit else { throw FileError(.read, path, code: EFBIG) }
        var bytes: [UInt8] = []
        // A pipe's size is 0 and a file may grow meanwhile, so the end is where reading says it is.
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(limit, max(status.size, 1 << 12)) + 1, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = try file.readNext(into: piece)
            if count == 0 { return bytes }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[..<count]))
            guard bytes.count <= limit else { throw FileError(.read, path, code: EFBIG) }
        }
    }
}

extension FileSystem.Status {
    init(_ record: stat) {
        let format = record.st_mode & S_IFMT
        kind = format == S_IFREG ? .file : format == S_IFDIR ? .directory : .other
        size = Int(record.st_size)
        identity = [UInt64(truncatingIfNeeded: record.st_dev), UInt64(truncatingIfNeeded: record.st_ino)]
        permissions = UInt16(truncatingIfNeeded: record.st_mode & 0o777)
    }
}

extension FileSystem {
    /// The folder a path lies in: `.` for a bare name.
    public static func folder(of path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let folder = trimmed[..<slash]
        return folder.isEmpty ? "/" : String(folder)
    }

    /// The last part of a path.
    public static func name(of path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return trimmed }
        return String(trimmed[trimmed.utf8.index(after: slash)...])
    }

    /// A path without slashes at its end.
    static func trimmingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        return String(path)
    }
}
