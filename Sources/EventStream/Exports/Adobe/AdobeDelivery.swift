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
        names = ((try? fileSystem.names(in: folder.isEmpty ? "." : folder)) ?? [])
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
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
        // A file and the same unpacked are one.
        let named = Set(manifests.flatMap(\.files).map { HitFileName($0.name)?.stem ?? $0.name })
        try refuseArriving(hitFiles.filter { !named.contains($0.stem) }, "no manifest names")
        guard !hits.isEmpty else {
            throw ExportError(.badData, place: manifests[0].path, reason: "it names no file of hits", remedy: "fetch the day again")
        }
        return hits
    }

    /// The files that are hits by their names.
    private var hitFiles: [HitFileName] {
        names.compactMap(HitFileName.init).filter { !AdobeFeed.lookupNames.contains($0.stem) && !$0.name.hasPrefix(".") }
    }

    private func refuseArriving(_ files: [HitFileName], _ why: String) throws(ExportError) {
        guard let first = files.first else { return }
        let shown = files.prefix(3).map(\.name).joined(separator: ", ") + (files.count > 3 ? ", …" : "")
        throw ExportError(
            .noInput, place: folder + first.name, reason: "the feed is still arriving: \(why) \(files.count) files of hits, \(shown)",
            remedy: "wait until it has arrived, or name the files of hits to read themselves")
    }

    /// Deliveries of the older kind end with an empty file `.fin`, which is called as the day's files are. Files that tell no day need any.
    private func filesWithoutManifest() throws(ExportError) -> [String] {
        let finished = Set(names.filter { $0.hasSuffix(".fin") }.map { String($0.dropLast(4)) })
        guard !finished.isEmpty else {
            throw ExportError(
                .noInput, place: folder, reason: "it holds parts of an Adobe data feed and no manifest, which is written last",
                remedy: "wait until the feed has arrived, or name the files of hits themselves")
        }
        let hits = hitFiles
        guard !hits.isEmpty else {
            throw ExportError(.noInput, place: folder, reason: "it holds no files of hits", remedy: "fetch hit_data.tsv or its parts, too")
        }
        try refuseArriving(hits.filter { $0.tellsDay && !finished.contains($0.delivery) }, "no manifest and no file `.fin` is there for")
        return hits.map { folder + $0.name }
    }
}

/// The name of a file of hits, such as `01-bank_2026-11-21.tsv.gz`.
struct HitFileName: Equatable {
    /// As it is.
    let name: String
    /// Without what it says of the form: `01-bank_2026-11-21`.
    let stem: String

    /// Nil where the name is that of no tab-separated text.
    init?(_ name: String) {
        guard let ending = [".tsv", ".tsv.gz", ".tsv.zst"].first(where: { name.hasSuffix($0) }) else { return nil }
        (self.name, stem) = (name, String(name.dropLast(ending.count)))
    }

    /// Without the number of the part: `bank_2026-11-21`.
    var delivery: String {
        let digits = stem.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, stem.dropFirst(digits.count).first == "-" else { return stem }
        return String(stem.dropFirst(digits.count + 1))
    }

    /// Whether it holds a day: `2026-11-21` or `20261121`.
    var tellsDay: Bool {
        var digits = 0
        for byte in delivery.utf8 {
            if (0x30...0x39).contains(byte) {
                digits += 1
                if digits == 8 { return true }
            } else if byte != UInt8(ascii: "-") || (digits != 4 && digits != 6) {
                digits = 0
            }
        }
        return false
    }

    /// Whether it is called as parts of a feed are: a number and a day.
    var isPart: Bool { tellsDay && delivery != stem }
}
