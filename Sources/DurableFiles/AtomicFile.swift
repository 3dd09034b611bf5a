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
        let publication: FilePublication
        do { publication = try FilePublication(at: path, in: fileSystem) } catch { throw Failure(error) }
        defer { publication.abandon() }
        let result = try body(publication.writer)
        do { try publication.commit() } catch { throw Failure(error) }
        return result
    }

    /// Writes these bytes.
    public static func write(_ bytes: [UInt8], to path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        try write(to: path, in: fileSystem) { writer throws(FileError) in try writer.write(bytes) }
    }
}
