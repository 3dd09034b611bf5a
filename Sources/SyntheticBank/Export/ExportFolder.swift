#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder that is written beside its place and renamed when whole.
struct ExportFolder {
    let place: String
    let draft: String

    init(_ path: String) throws(SimulationError) {
        var place = path
        while place.count > 1 && place.hasSuffix("/") { place.removeLast() }
        if let handle = opendir(place) {
            defer { closedir(handle) }
            while let entry = readdir(handle) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { throw .folderNotEmpty(path: place) }
            }
        } else if errno != ENOENT {
            throw .cannotWrite(path: place, reason: OutputFile.reason())
        }
        self.place = place
        draft = "\(place).partial-\(getpid())"
        Self.remove(draft)
        for folder in [draft, draft + "/truth"] where mkdir(folder, 0o755) != 0 {
            throw .cannotWrite(path: folder, reason: OutputFile.reason())
        }
    }

    func publish() throws(SimulationError) {
        // Renaming onto an empty folder replaces it; onto one that filled up meanwhile it fails.
        if rename(draft, place) != 0 {
            if errno == ENOTEMPTY || errno == EEXIST { throw .folderNotEmpty(path: place) }
            throw .cannotWrite(path: place, reason: OutputFile.reason())
        }
    }

    func discard() { Self.remove(draft) }

    private static func remove(_ folder: String) {
        for name in [
            "clicks.csv", "clicks.jsonl", "mapping.yaml", "configuration.json", "README.txt", "truth/sessions.csv", "truth/needs.csv",
        ] {
            unlink("\(folder)/\(name)")
        }
        rmdir(folder + "/truth")
        rmdir(folder)
    }
}

extension OutputFile {
    static func write(_ text: String, to path: String) throws(SimulationError) {
        var file = try OutputFile(creating: path)
        file.write(text)
        try file.finish()
    }
}
