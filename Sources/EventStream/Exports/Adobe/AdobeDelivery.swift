internal import DurableFiles

/// A folder with one or more days of an Adobe data feed.
struct AdobeDelivery {
    private let folder: String
    private let names: [String]
    private let manifests: [AdobeManifest]
    private let fileSystem: FileSystem
    private static let manifestLimit = 1 << 20

    /// Nil where the folder has neither a manifest nor the names of columns.
    init?(folder: String, in fileSystem: FileSystem) throws(ExportError) {
        self.init(folder.hasSuffix("/") ? folder : folder + "/", fileSystem)
        if !manifests.isEmpty { return }
        guard try CompanionFiles(of: self.folder, in: fileSystem).find("column_headers.tsv") != nil else { return nil }
    }

    /// Nil where no manifest beside the file names it.
    init?(ofFile path: String, in fileSystem: FileSystem) {
        let slash = path.lastIndex(of: "/")
        self.init(slash.map { String(path[...$0]) } ?? "", fileSystem)
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard manifests.contains(where: { $0.files.contains { $0.name == name } }) else { return nil }
    }

    private init(_ folder: String, _ fileSystem: FileSystem) {
        self.folder = folder
        self.fileSystem = fileSystem
        names = (try? fileSystem.names(in: folder.isEmpty ? "." : folder)) ?? []
        manifests = names.filter { $0.hasSuffix(".txt") }.compactMap { name in
            let path = folder + name
            guard let status = try? fileSystem.status(of: path), status.kind == .file, status.size <= Self.manifestLimit else { return nil }
            guard Self.beginsAsManifest(path, fileSystem), let text = try? fileSystem.contents(of: path) else { return nil }
            return AdobeManifest(text, path: path)
        }
    }

    private static func beginsAsManifest(_ path: String, _ fileSystem: FileSystem) -> Bool {
        guard let file = try? FileBytes(path: path, in: fileSystem) else { return false }
        var beginning = [UInt8](repeating: 0, count: AdobeManifest.mark.utf8.count)
        return (try? readPortion(of: file, into: &beginning, from: 0)) == beginning.count
            && beginning.elementsEqual(AdobeManifest.mark.utf8)
    }

    /// Checks one file by the manifests that name it.
    func check(only path: String) throws(ExportError) {
        for manifest in manifests {
            for file in manifest.files where path == folder + file.name { try manifest.check(file, in: folder, fileSystem) }
        }
    }

    /// The files with hits, once all that the manifests name are there and as they were sent.
    func checkedFiles() throws(ExportError) -> [String] {
        guard !manifests.isEmpty else { return try filesWithoutManifest() }
        var hits: [String] = []
        for manifest in manifests {
            let absent = manifest.files.filter { !names.contains($0.name) }
            guard absent.isEmpty else {
                let shown = absent.prefix(3).map(\.name).joined(separator: ", ") + (absent.count > 3 ? ", …" : "")
                throw ExportError(
                    .noInput, place: manifest.path,
                    reason: "\(absent.count) of the \(manifest.files.count) files it names are missing: \(shown)",
                    remedy: "wait until the feed has arrived, or name the files of hits that are there")
            }
            for file in manifest.files {
                try manifest.check(file, in: folder, fileSystem)
                if file.isHits, !hits.contains(folder + file.name) { hits.append(folder + file.name) }
            }
        }
        guard !hits.isEmpty else {
            throw ExportError(.badData, place: manifests[0].path, reason: "it names no file of hits", remedy: "fetch the day again")
        }
        return hits
    }

    /// Deliveries of the older kind end with an empty file `.fin`.
    private func filesWithoutManifest() throws(ExportError) -> [String] {
        guard names.contains(where: { $0.hasSuffix(".fin") }) else {
            throw ExportError(
                .noInput, place: folder, reason: "it holds parts of an Adobe data feed and no manifest, which is written last",
                remedy: "wait until the feed has arrived, or name the files of hits themselves")
        }
        let hits = names.filter { name in
            [".tsv", ".tsv.gz", ".tsv.zst"].contains { name.hasSuffix($0) } && !AdobeFeed.lookupNames.contains { name.hasPrefix($0 + ".") }
        }
        guard !hits.isEmpty else {
            throw ExportError(.noInput, place: folder, reason: "it holds no files of hits", remedy: "fetch hit_data.tsv or its parts, too")
        }
        return hits.map { folder + $0 }
    }
}
