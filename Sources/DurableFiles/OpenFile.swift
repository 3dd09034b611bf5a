#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file the process has open; closed when released.
public final class OpenFile {
    /// How a file is opened.
    public enum Access: Sendable {
        /// Reading; also a directory, to sync it.
        case read
        /// A new file for writing and reading back; something there is an error.
        case create
        /// Reading and writing, made where missing; for lock files.
        case lockFile
        /// A file that is there, for writing at its end; for logs.
        case append
    }

    /// The path it was opened by.
    public let path: String
    private let fileSystem: FileSystem
    private(set) var descriptor: Int32
    private let isOurs: Bool

    /// The process's standard input, which stays open when this value goes.
    public init(standardInputIn fileSystem: FileSystem = .live) {
        path = "standard input"
        self.fileSystem = fileSystem
        descriptor = STDIN_FILENO
        isOurs = false
    }

    /// Opens a file.
    public init(_ path: String, _ access: Access, in fileSystem: FileSystem = .live) throws(FileError) {
        self.path = path
        self.fileSystem = fileSystem
        isOurs = true
        descriptor = -1
        try fileSystem.check(.open, path)
        let flags: Int32 =
            switch access {
            case .read: O_RDONLY
            case .create: O_RDWR | O_CREAT | O_EXCL
            case .lockFile: O_RDWR | O_CREAT
            case .append: O_WRONLY | O_APPEND
            }
        repeat { descriptor = open(path, flags | O_CLOEXEC, 0o666) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw FileError(.open, path, code: errno) }
    }

    deinit { closeQuietly() }

    /// Size and kind.
    public func status() throws(FileError) -> FileSystem.Status {
        try fileSystem.check(.inspect, path)
        var record = stat()
        guard fstat(descriptor, &record) == 0 else { throw FileError(.inspect, path, code: errno) }
        return FileSystem.Status(record)
    }

    /// Writes all bytes at the file's end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let (whole, fault) = try fileSystem.checkWrite(bytes.count, path)
        var rest = UnsafeRawBufferPointer(rebasing: bytes[..<whole])
        while !rest.isEmpty {
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, rest.baseAddress!, rest.count)
            #else
                let count = Darwin.write(descriptor, rest.baseAddress!, min(rest.count, 1 << 30))
            #endif
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw FileError(.write, path, code: errno)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        if let fault { throw fault }
    }

    /// Overwrites bytes at a place.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        let (whole, fault) = try fileSystem.checkWrite(bytes.count, path)
        var done = 0
        while done < whole {
            let count = pwrite(descriptor, bytes.baseAddress! + done, whole - done, off_t(offset + done))
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw FileError(.write, path, code: errno)
            }
            done += count
        }
        if let fault { throw fault }
    }

    /// Reads until the buffer is full or the file ends; returns the bytes read.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        try fileSystem.check(.read, path)
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw FileError(.read, path, code: errno)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Reads on from where the last such read ended, at most one system call's worth; 0 at the end. Works for pipes too.
    public func readNext(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        try fileSystem.check(.read, path)
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            #else
                let count = Darwin.read(descriptor, buffer.baseAddress!, buffer.count)
            #endif
            if count >= 0 { return count }
            if errno != EINTR { throw FileError(.read, path, code: errno) }
        }
    }

    /// Forces the bytes to the disk.
    public func sync() throws(FileError) {
        try fileSystem.check(.sync, path)
        // Some disks cannot sync a directory; there the name is as safe as that disk makes it.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw FileError(.sync, path, code: errno) }
    }

    /// Closes and reports what the system says about it.
    public func close() throws(FileError) {
        guard descriptor >= 0, isOurs else { return }
        let old = descriptor
        descriptor = -1
        #if canImport(Glibc)
            let result = Glibc.close(old)
        #else
            let result = Darwin.close(old)
        #endif
        let code = errno
        try fileSystem.check(.close, path)
        guard result == 0 || code == EINTR else { throw FileError(.close, path, code: code) }
    }

    /// Closes without a word; for files that were only read, or are about to be removed.
    public func closeQuietly() {
        guard descriptor >= 0, isOurs else { return }
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
        descriptor = -1
    }
}
