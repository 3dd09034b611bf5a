/// A private folder for as long as this value lives, removed with it.
///
/// Its name says whose it is, so that what a killed process left is removed by the next that asks for a folder of the same name.
public final class ScratchFolder {
    /// The folder.
    public let path: String
    private let fileSystem: FileSystem

    /// Makes a folder in `root`, which only its owner may look into.
    public init(named name: String, in root: String, fileSystem: FileSystem = .live) throws(FileError) {
        self.fileSystem = fileSystem
        let place = root + "/" + name
        // Where many share a root, some of what lies there may belong to others and stay.
        try? TemporaryName.sweep(for: place, in: fileSystem, sparing: true)
        path = TemporaryName.make(for: place)
        do { try fileSystem.makeDirectory(path, isPrivate: true) } catch { throw error.at(root) }
    }

    deinit { try? fileSystem.removeTree(path) }
}
