#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Keeps two runs from writing to one output: the second gets an error instead of a race.
///
/// A hidden file `.NAME.lock` beside the output is locked for as long as this value lives; the system lets go when the process ends,
/// however it ends. The file is removed on release.
public final class OutputLock {
    /// The output this guards.
    public let path: String
    private let file: OpenFile
    private let fileSystem: FileSystem
    private let lockPath: String
    private var isHeld = true

    /// Claims an output.
    /// - Throws: ``FileError`` with ``FileError/isBusy`` when another run holds it.
    public init(for path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        self.path = path
        self.fileSystem = fileSystem
        lockPath = FileSystem.folder(of: path) + "/." + FileSystem.name(of: path) + ".lock"
        while true {
            let candidate: OpenFile
            do { candidate = try OpenFile(lockPath, .lockFile, in: fileSystem) } catch { throw error.at(path) }
            try fileSystem.check(.lock, path)
            guard flock(candidate.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                if code == EINTR { continue }
                throw FileError(
                    .lock, path, code: code,
                    advice: code == EWOULDBLOCK ? "another run is writing here: wait until it ends, or choose another output" : nil)
            }
            // Between our open and our lock the holder may have removed the file; a lock on a file without a name guards nothing.
            let named = try fileSystem.status(of: lockPath)
            if let named, try candidate.status().identity == named.identity {
                file = candidate
                return
            }
        }
    }

    deinit { release() }

    /// Lets go; also when the value is released.
    public func release() {
        guard isHeld else { return }
        isHeld = false
        try? fileSystem.removeFile(lockPath)
        // Closing alone would leave the lock with a child process that was started meanwhile and has not yet become another program.
        flock(file.descriptor, LOCK_UN)
        file.closeQuietly()
    }
}
