internal import FoundationEssentials

/// A directory of files with a `manifest.json` that names size and SHA-256 of each: what a user keeps of a trained thing.
///
/// Written whole or not at all; read with nothing taken on trust. The digest over the manifest's lines is the folder's id.
public struct SealedFolder: Sendable {
    /// The file that makes a directory a sealed folder.
    public static let manifestFile = "manifest.json"

    /// One file.
    public struct Entry: Sendable, Equatable, Codable {
        /// Its size.
        public var bytes: Int
        /// Its SHA-256, hexadecimal.
        public var sha256: String
    }

    /// What any folder of ours says first; a manifest of another format says no kind.
    private struct Head: Decodable {
        var kind: String?
    }

    private struct Manifest: Codable {
        var kind: String
        var formatVersion: Int
        var id: String
        var files: [String: Entry]
    }

    /// Why a folder cannot be read.
    public enum Fault: Error, Sendable, Equatable {
        /// The system refused.
        case file(FileError)
        /// There is no manifest, or one of another format.
        case notThere(path: String)
        /// A folder of something else.
        case otherKind(path: String, found: String, wanted: String)
        /// Written by a newer Tessera.
        case unsupportedVersion(path: String, found: Int, newestSupported: Int)
        /// A file is missing, cut off or was changed after it was written.
        case damaged(path: String, file: String, reason: String)

        /// Place, reason and remedy, as said of what a training writes.
        /// - Parameters:
        ///   - kind: what was looked for, such as `tile ranker`.
        ///   - writer: what writes such a folder.
        package func told(of kind: String, writtenBy writer: String) -> String {
            switch self {
            case .file(let error): error.description
            case .notThere(let path): "\(path): no \(kind) here; name the directory that \(writer) wrote"
            case .otherKind(let path, let found, let wanted): "\(path): it holds \(found), and \(wanted) is wanted; name another directory"
            case .unsupportedVersion(let path, let found, let newest):
                "\(path): format \(found), this program reads up to \(newest); use a newer Tessera"
            case .damaged(let path, let file, let reason): "\(path)/\(file): \(reason); copy it again or train it anew"
            }
        }
    }

    /// Where it stands.
    public let path: String
    /// 64 hexadecimal digits over all files.
    public let id: String
    /// The files by name.
    public let files: [String: Entry]
    private let fileSystem: FileSystem

    /// Writes a folder. One of the same kind already there is replaced in one step, if that is wished; anything else there stays.
    /// - Parameters:
    ///   - kind: what the folder is, such as `intents`.
    ///   - files: names and contents.
    ///   - beside: further files that are put into the folder with it and are not sealed, for they go on changing.
    ///   - folders: folders whose files are copied into folders of these names; who writes them says in a file what they must hold.
    /// - Returns: the id.
    @discardableResult
    public static func write(
        _ files: [String: [UInt8]], kind: String, version: Int, to path: String, replacing: Bool, beside: [String: [UInt8]] = [:],
        folders: [String: String] = [:], in fileSystem: FileSystem = .live
    ) throws(FileError) -> String {
        var entries: [String: Entry] = [:]
        for (name, bytes) in files { entries[name] = Entry(bytes: bytes.count, sha256: SHA256Digest.hex(of: bytes)) }
        let id = identifier(kind, version, entries)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Texts and whole numbers: nothing of this can be refused.
        let manifest = Array(try! encoder.encode(Manifest(kind: kind, formatVersion: version, id: id, files: entries))) + [0x0A]
        let publication = try DirectoryPublication(at: path, replacing: replacing, marker: manifestFile, in: fileSystem)
        do throws(FileError) {
            try refuseOthers(kind, publication.path, fileSystem)
            for name in files.keys.sorted() {
                try AtomicFile.write(files[name]!, to: "\(publication.temporaryPath)/\(name)", in: fileSystem)
            }
            for name in beside.keys.sorted() {
                try AtomicFile.write(beside[name]!, to: "\(publication.temporaryPath)/\(name)", in: fileSystem)
            }
            for name in folders.keys.sorted() {
                try copy(folders[name]!, to: "\(publication.temporaryPath)/\(name)", fileSystem)
            }
            try AtomicFile.write(manifest, to: "\(publication.temporaryPath)/\(manifestFile)", in: fileSystem)
            try publication.commit()
        } catch {
            publication.abandon()
            throw error
        }
        return id
    }

    /// Copies the files of a folder, not those of folders within it.
    private static func copy(_ source: String, to target: String, _ fileSystem: FileSystem) throws(FileError) {
        try fileSystem.makeDirectory(target)
        for name in try fileSystem.names(in: source) {
            guard try fileSystem.status(of: "\(source)/\(name)")?.kind == .file else { continue }
            try AtomicFile.write(try fileSystem.contents(of: "\(source)/\(name)"), to: "\(target)/\(name)", in: fileSystem)
        }
    }

    /// A manifest alone does not make a folder ours to replace: models have one, too.
    private static func refuseOthers(_ kind: String, _ path: String, _ fileSystem: FileSystem) throws(FileError) {
        let place = "\(path)/\(manifestFile)"
        guard try fileSystem.status(of: place)?.kind == .file else { return }
        let bytes = try fileSystem.contents(of: place, limit: 1 << 20)
        guard (try? JSONDecoder().decode(Head.self, from: Data(bytes)))?.kind != kind else { return }
        throw FileError(
            .rename, path, code: FileError.exists,
            advice: "the directory there does not say that it holds \(kind), so it is not what would be replaced: choose another place")
    }

    /// Opens a folder and checks size and digest of every file.
    public init(_ path: String, kind: String, newestVersion: Int, in fileSystem: FileSystem = .live) throws(Fault) {
        let path = FileSystem.trimmingSlashes(path)
        func attempt<Result>(_ body: () throws(FileError) -> Result) throws(Fault) -> Result {
            do { return try body() } catch { throw .file(error) }
        }
        let file = "\(path)/\(Self.manifestFile)"
        guard try attempt({ () throws(FileError) in try fileSystem.status(of: file) })?.kind == .file else { throw .notThere(path: path) }
        let bytes = try attempt { () throws(FileError) in try fileSystem.contents(of: file, limit: 1 << 20) }
        let manifest: Manifest
        do { manifest = try JSONDecoder().decode(Manifest.self, from: Data(bytes)) } catch {
            if let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)), head.kind == nil { throw .notThere(path: path) }
            throw .damaged(path: path, file: Self.manifestFile, reason: "it is not a manifest")
        }
        guard manifest.kind == kind else { throw .otherKind(path: path, found: String(manifest.kind.prefix(40)), wanted: kind) }
        guard manifest.formatVersion > 0, manifest.formatVersion <= newestVersion else {
            throw .unsupportedVersion(path: path, found: manifest.formatVersion, newestSupported: newestVersion)
        }
        for name in manifest.files.keys where name.isEmpty || name.utf8.contains(UInt8(ascii: "/")) || name.hasPrefix(".") {
            throw .damaged(path: path, file: Self.manifestFile, reason: "it names a file outside of the folder")
        }
        guard Self.identifier(kind, manifest.formatVersion, manifest.files) == manifest.id else {
            throw .damaged(path: path, file: Self.manifestFile, reason: "its id is not the digest over its files")
        }
        for (name, entry) in manifest.files.sorted(by: { $0.key < $1.key }) {
            let place = "\(path)/\(name)"
            guard let status = try attempt({ () throws(FileError) in try fileSystem.status(of: place) }), status.kind == .file else {
                throw .damaged(path: path, file: name, reason: "the manifest names it and it is not there")
            }
            guard status.size == entry.bytes else {
                throw .damaged(path: path, file: name, reason: "\(status.size) bytes where the manifest says \(entry.bytes)")
            }
            guard try attempt({ () throws(FileError) in try SHA256Digest.hex(ofFileAt: place, in: fileSystem) }) == entry.sha256 else {
                throw .damaged(path: path, file: name, reason: "its bytes are not those that were written")
            }
        }
        (self.path, id, files, self.fileSystem) = (path, manifest.id, manifest.files, fileSystem)
    }

    /// The bytes of a file; refused where the manifest does not name it.
    public func contents(_ name: String) throws(Fault) -> [UInt8] {
        guard let entry = files[name] else {
            throw .damaged(path: path, file: Self.manifestFile, reason: "it does not name \(name)")
        }
        do { return try fileSystem.contents(of: "\(path)/\(name)", limit: entry.bytes + 1) } catch { throw .file(error) }
    }

    private static func identifier(_ kind: String, _ version: Int, _ files: [String: Entry]) -> String {
        let lines = files.keys.sorted().map { "\($0) \(files[$0]!.bytes) \(files[$0]!.sha256)\n" }.joined()
        return SHA256Digest.hex(of: Array("\(kind) \(version)\n\(lines)".utf8))
    }
}
