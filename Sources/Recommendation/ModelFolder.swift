internal import BoostedTrees
internal import DurableFiles
internal import FoundationEssentials
internal import SequenceKernel

/// A sealed folder as a trained ranker or predictor: JSON, tensors and trees, nothing of which is taken on trust.
struct ModelFolder {
    private let folder: SealedFolder
    private let fileSystem: FileSystem

    /// Opens a folder and checks size and digest of every file.
    init(_ path: String, kind: String, newestVersion: Int, in fileSystem: FileSystem) throws(SealedFolder.Fault) {
        folder = try SealedFolder(path, kind: kind, newestVersion: newestVersion, in: fileSystem)
        self.fileSystem = fileSystem
    }

    /// Digest over all files.
    var id: String { folder.id }

    /// Whether the manifest names a file.
    func holds(_ name: String) -> Bool { folder.files[name] != nil }

    /// A file that is not what a training writes.
    func damaged(_ file: String, _ reason: String) -> SealedFolder.Fault { .damaged(path: folder.path, file: file, reason: reason) }

    /// A value from JSON.
    func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws(SealedFolder.Fault) -> Value {
        let bytes = try folder.contents(name)
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw damaged(name, "it cannot be read") }
        return value
    }

    /// Tensors, of which the caller looks at name, shape and type.
    func tensors(_ name: String) throws(SealedFolder.Fault) -> SafetensorsFile {
        guard holds(name) else { throw damaged(name, "it is not there") }
        do throws(SafetensorsError) { return try SafetensorsFile("\(folder.path)/\(name)", in: fileSystem) } catch {
            if case .file(let error) = error { throw .file(error) }
            throw damaged(name, "\(error)")
        }
    }

    /// Trees over so many columns.
    func trees(_ name: String, columns: Int, named configuration: String) throws(SealedFolder.Fault) -> BoostedTrees {
        let bytes = try folder.contents(name)
        let trees: BoostedTrees
        do throws(BoostedTreesError) { trees = try BoostedTrees(bytes: bytes) } catch { throw damaged(name, error.description) }
        guard trees.columns == columns else { throw damaged(name, "trees of other features than \(configuration) names") }
        return trees
    }

    /// A value as JSON with a line's end; the same bytes whenever the value is the same.
    static func json(_ value: some Encodable, isIndented: Bool) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isIndented ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [0x0A]
    }
}
