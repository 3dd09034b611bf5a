internal import DurableFiles

extension ExportReaders {
    /// The files to read of an export that is given by its folder: every file in the folder and in the folders within, by their paths in byte
    /// order; of a folder with an Adobe data feed the hits alone. Names that begin with `.` or `_` are left out, as engines write their marks
    /// so. Any other path is given back as it is.
    ///
    /// Where a manifest of Adobe lies beside hits, sizes, MD5 digests and numbers of hits are checked first, which reads the files once
    /// more.
    /// - Throws: ``ExportError`` where an export has not arrived as a whole, or not as it was sent.
    public static func files(of path: String) throws(ExportError) -> [String] { try files(of: path, in: .live) }

    static func files(of path: String, in fileSystem: FileSystem) throws(ExportError) -> [String] {
        guard path != "-", let kind = (try? fileSystem.status(of: path))?.kind else { return [path] }
        guard kind == .directory else {
            if kind == .file, path.contains(".tsv") { try AdobeDelivery(ofFile: path, in: fileSystem)?.check(only: path) }
            return [path]
        }
        return try ExportFolder(path, in: fileSystem).files()
    }
}

/// A folder that holds an export in parts, such as an engine's output with a folder for each day.
struct ExportFolder {
    private let path: String
    private let fileSystem: FileSystem
    private static let deepest = 16

    init(_ path: String, in fileSystem: FileSystem) {
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
        self.fileSystem = fileSystem
    }

    /// Its files, by their paths in byte order.
    func files() throws(ExportError) -> [String] {
        var found: [String] = []
        try collect(path, depth: 0, &found)
        guard !found.isEmpty else {
            throw ExportError(.noInput, place: path, reason: "it holds no files", remedy: "name the export's files or its folder")
        }
        return found
    }

    private func collect(_ folder: String, depth: Int, _ found: inout [String]) throws(ExportError) {
        guard depth <= Self.deepest else {
            throw ExportError(
                .noInput, place: path, reason: "folders lie more than \(Self.deepest) deep in it", remedy: "name the export's own folder")
        }
        let names: [String]
        do { names = try fileSystem.names(in: folder) } catch {
            throw ExportError(
                .noInput, place: folder, reason: "it cannot be listed: \(error.reason)", remedy: "name a folder that can be read")
        }
        let feed = try AdobeDelivery(folder: folder, in: fileSystem)
        if let feed { found += try feed.checkedFiles() }
        let before = found.count
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard !isArriving(name) else {
                throw ExportError(
                    .noInput, place: folder + "/" + name, reason: "it is still being written",
                    remedy: "wait until the export has arrived, or name the files that are whole")
            }
            if name.hasPrefix(".") || name.hasPrefix("_") { continue }
            let inner = folder + "/" + name
            switch (try? fileSystem.status(of: inner))?.kind {
            case .directory where feed != nil && AdobeFeed.isLookupFolder(name): break
            case .directory: try collect(inner, depth: depth + 1, &found)
            case .file where feed == nil: found.append(inner)
            default: break
            }
        }
        if feed == nil { try refuseLoneParts(found[before...], folder) }
    }

    /// Parts of a feed come before the names of their columns and the manifest.
    private func refuseLoneParts(_ files: ArraySlice<String>, _ folder: String) throws(ExportError) {
        let own = files.filter { FileSystem.folder(of: $0) == folder }
        guard !own.isEmpty, own.allSatisfy({ HitFileName(FileSystem.name(of: $0))?.isPart == true }) else { return }
        throw ExportError(
            .noInput, place: folder,
            reason:
                "the feed is still arriving: there are \(own.count) parts of hits, and neither a manifest nor the names of their columns",
            remedy: "wait until it has arrived; where these are other files, name them themselves")
    }

    /// Whether a name is that of what engines and browsers have not finished.
    private func isArriving(_ name: String) -> Bool {
        name == "_temporary" || [".tmp", ".inprogress", ".crdownload", ".partial", ".filepart"].contains { name.hasSuffix($0) }
    }
}
