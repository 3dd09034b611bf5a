/// Builds a directory under a hidden name beside its place and gives it its name when it is whole.
///
/// For as long as a publication lives no other process can publish to the same place. Released without ``commit()`` it removes what
/// was built, and the place is as it was before.
public final class DirectoryPublication {
    /// Where the directory will stand.
    public let path: String
    /// Where it is built: write its files here.
    public let temporaryPath: String

    private let fileSystem: FileSystem
    private let lock: OutputLock
    private let replaced: Bool
    private var isOpen = true

    /// Claims a place and makes the hidden directory.
    /// - Parameters:
    ///   - path: where the directory will stand. An empty directory there is no obstacle.
    ///   - replacing: whether an older directory there is to be replaced; it stays whole until the new one is.
    ///   - marker: a file an older directory must hold to be replaced, so that a slip in a path cannot remove something else.
    /// - Throws: ``FileError`` with ``FileError/isOccupied`` where something is in the way, ``FileError/isBusy`` where
    ///   another run builds the same directory.
    public init(at path: String, replacing: Bool, marker: String? = nil, in fileSystem: FileSystem = .live) throws(FileError) {
        let path = FileSystem.trimmingSlashes(path)
        self.path = path
        self.fileSystem = fileSystem
        lock = try OutputLock(for: path, in: fileSystem)
        replaced = try Self.mustReplace(path, replacing, marker, fileSystem)
        try TemporaryName.sweep(for: path, in: fileSystem)
        temporaryPath = TemporaryName.make(for: path)
        do { try fileSystem.makeDirectory(temporaryPath) } catch { throw error.at(path) }
    }

    deinit { abandon() }

    private static func mustReplace(
        _ path: String, _ replacing: Bool, _ marker: String?, _ fileSystem: FileSystem
    ) throws(FileError) -> Bool {
        guard let status = try fileSystem.status(of: path) else { return false }
        guard status.kind == .directory else {
            throw FileError(.rename, path, code: FileError.isAFile, advice: "a file is in the way of a directory: choose another place")
        }
        if try fileSystem.names(in: path).isEmpty { return false }
        guard replacing else { throw FileError(.rename, path, code: FileError.exists) }
        if let marker, try fileSystem.status(of: path + "/" + marker) == nil {
            throw FileError(
                .rename, path, code: FileError.exists,
                advice: "the directory there holds no \(marker), so it is not what would be replaced: choose another place")
        }
        return true
    }

    /// Forces everything to the disk and gives the directory its name.
    public func commit() throws(FileError) {
        precondition(isOpen, "DirectoryPublication: commit of a publication that has ended")
        do throws(FileError) {
            try fileSystem.syncTree(temporaryPath)
            if replaced { try replace() } else { try fileSystem.rename(temporaryPath, to: path) }
            isOpen = false
            try fileSystem.sync(FileSystem.folder(of: path))
        } catch {
            abandon()
            throw error.at(path)
        }
        lock.release()
    }

    private func replace() throws(FileError) {
        if try fileSystem.exchange(temporaryPath, path) {
            isOpen = false
            // The new directory stands. What could not be removed of the old one is swept by the next publication.
            try? fileSystem.removeTree(temporaryPath)
            return
        }
        let aside = TemporaryName.make(for: path)
        try fileSystem.rename(path, to: aside)
        do { try fileSystem.rename(temporaryPath, to: path) } catch {
            try? fileSystem.rename(aside, to: path)
            throw error
        }
        isOpen = false
        try? fileSystem.removeTree(aside)
    }

    /// Removes what was built and lets the place go.
    public func abandon() {
        if isOpen {
            isOpen = false
            try? fileSystem.removeTree(temporaryPath)
        }
        lock.release()
    }

    /// Builds and publishes a directory: the body writes into the path it is given.
    /// - Throws: what the body throws, or its form of a ``FileError``.
    @discardableResult
    public static func publish<Result, Failure: CarriesFileError>(
        at path: String, replacing: Bool, marker: String? = nil, in fileSystem: FileSystem = .live,
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let publication: DirectoryPublication
        do { publication = try DirectoryPublication(at: path, replacing: replacing, marker: marker, in: fileSystem) } catch {
            throw Failure(error)
        }
        do throws(Failure) {
            let result = try body(publication.temporaryPath)
            do { try publication.commit() } catch { throw Failure(error) }
            return result
        } catch {
            publication.abandon()
            throw error
        }
    }
}
