/// Writes one file whole or not at all.
public enum AtomicFile {
    /// Writes beside `path` under a hidden name, forces the bytes to the disk, renames, and forces the name to the disk.
    ///
    /// A file already there is replaced in one step; readers see the old bytes or the new ones. When anything fails the
    /// temporary file is removed and `path` is as it was. What killed processes left beside `path` is swept first.
    /// - Throws: what the body throws, or its form of a ``FileError``.
    @discardableResult
    public static func write<Result, Failure: CarriesFileError>(
        to path: String, in fileSystem: FileSystem = .live, _ body: (FileWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        do throws(FileError) {
            if try fileSystem.status(of: path)?.kind == .directory {
                throw FileError(.write, path, code: FileError.isADirectory)
            }
            try TemporaryName.sweep(for: path, in: fileSystem)
        } catch {
            throw Failure(error)
        }
        let temporary = TemporaryName.make(for: path)
        var isRenamed = false
        // Best effort: the reason the write failed matters more than a second failure here, and the next writer sweeps.
        defer { if !isRenamed { try? fileSystem.removeFile(temporary) } }
        let writer: FileWriter
        do { writer = try FileWriter(creating: temporary, in: fileSystem) } catch { throw Failure(error.at(path)) }
        let result = try body(writer)
        do throws(FileError) {
            try writer.finish()
            try fileSystem.rename(temporary, to: path)
            isRenamed = true
            try fileSystem.sync(FileSystem.folder(of: path))
        } catch {
            throw Failure(error.at(path))
        }
        return result
    }

    /// Writes these bytes.
    public static func write(_ bytes: [UInt8], to path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        try write(to: path, in: fileSystem) { writer throws(FileError) in try writer.write(bytes) }
    }
}
