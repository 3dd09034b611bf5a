/// Writes a file under a hidden name beside its place and gives it its name when it is whole.
///
/// The form of ``AtomicFile`` for a writer that lives longer than one call. Released without ``commit()`` it removes what was written, and
/// the place is as it was before.
public final class FilePublication {
    /// Where the file will stand.
    public let path: String
    /// Takes the bytes.
    public let writer: FileWriter

    private let fileSystem: FileSystem
    private let temporaryPath: String
    private var isOpen = true

    /// Sweeps what killed processes left beside `path`, and makes the hidden file.
    public init(at path: String, bufferSize: Int = 1 << 18, in fileSystem: FileSystem = .live) throws(FileError) {
        self.path = path
        self.fileSystem = fileSystem
        if try fileSystem.status(of: path)?.kind == .directory { throw FileError(.write, path, code: FileError.isADirectory) }
        try TemporaryName.sweep(for: path, in: fileSystem)
        temporaryPath = TemporaryName.make(for: path)
        do { writer = try FileWriter(creating: temporaryPath, bufferSize: bufferSize, in: fileSystem) } catch {
            throw error.at(path)
        }
    }

    deinit { abandon() }

    /// Forces the bytes to the disk, renames, and forces the name to the disk. A file already there is replaced in one step.
    public func commit() throws(FileError) {
        precondition(isOpen, "FilePublication: commit of a publication that has ended")
        do throws(FileError) {
            try writer.finish()
            try fileSystem.rename(temporaryPath, to: path)
            isOpen = false
            try fileSystem.sync(FileSystem.folder(of: path))
        } catch {
            abandon()
            throw error.at(path)
        }
    }

    /// Removes what was written. Best effort: the next writer sweeps.
    public func abandon() {
        guard isOpen else { return }
        isOpen = false
        try? fileSystem.removeFile(temporaryPath)
    }
}
