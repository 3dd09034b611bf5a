package import DurableFiles
internal import FoundationEssentials

/// A sealed folder as a trained model: JSON, tensors and other files, nothing of which is taken on trust.
package struct ModelFolder {
    private let folder: SealedFolder
    private let fileSystem: FileSystem

    /// Opens a folder and checks size and digest of every file.
    package init(_ path: String, kind: String, newestVersion: Int, in fileSystem: FileSystem) throws(SealedFolder.Fault) {
        folder = try SealedFolder(path, kind: kind, newestVersion: newestVersion, in: fileSystem)
        self.fileSystem = fileSystem
    }

    /// Digest over all files.
    package var id: String { folder.id }

    /// Whether the manifest names a file.
    package func holds(_ name: String) -> Bool { folder.files[name] != nil }

    /// A file that is not what a training writes.
    package func damaged(_ file: String, _ reason: String) -> SealedFolder.Fault { .damaged(path: folder.path, file: file, reason: reason) }

    /// A file's bytes.
    package func contents(_ name: String) throws(SealedFolder.Fault) -> [UInt8] { try folder.contents(name) }

    /// A value from JSON.
    package func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws(SealedFolder.Fault) -> Value {
        let bytes = try folder.contents(name)
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw damaged(name, "it cannot be read") }
        return value
    }

    /// Tensors, of which the caller looks at name, shape and type.
    package func tensors(_ name: String) throws(SealedFolder.Fault) -> SafetensorsFile {
        guard holds(name) else { throw damaged(name, "it is not there") }
        do throws(SafetensorsError) { return try SafetensorsFile("\(folder.path)/\(name)", in: fileSystem) } catch {
            if case .file(let error) = error { throw .file(error) }
            throw damaged(name, "\(error)")
        }
    }

    /// Weights of a network, each compared with its declaration before memory is asked for: settings changed by hand could ask for more than
    /// there is.
    /// - Parameters:
    ///   - file: that ``tensors(_:)`` opened as `name`.
    ///   - prefix: of the tensors' names.
    ///   - configuration: the file that says what the network is.
    package func weights(
        of parameters: ParameterScope, from file: SafetensorsFile, _ name: String, prefix: String = "", configuration: String
    ) throws(SealedFolder.Fault) -> ParameterVector {
        for parameter in parameters.parameters {
            guard let entry = file[prefix + parameter.name], entry.shape == parameter.shape, entry.type == .float32 else {
                throw damaged(name, "its tensors are not those that \(configuration) asks for (\(parameter.name))")
            }
        }
        let weights = ParameterVector(zeros: parameters)
        weights.read(from: file, prefix: prefix)
        guard UnsafeBufferPointer(start: weights.base, count: weights.count).allSatisfy(\.isFinite) else {
            throw damaged(name, "it holds values that are not finite numbers")
        }
        return weights
    }

    /// A value as JSON with a line's end; the same bytes whenever the value is the same.
    package static func json(_ value: some Encodable, isIndented: Bool) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isIndented ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [0x0A]
    }
}
