public import DurableFiles
internal import FoundationEssentials
internal import SequenceKernel

/// A model as a directory:
///
/// ```
/// config.json           configuration, categories and scales of the encoder
/// network.safetensors   the network
/// card.json             what the training says of itself
/// manifest.json         size and SHA-256 of each
/// ```
extension FrameworkModel {
    /// The format this program writes.
    public static let version = 1
    /// What the manifest calls it.
    public static let kind = "time-series-framework-model"
    private static let configurationFile = "config.json"
    private static let networkFile = "network.safetensors"
    private static let cardFile = "card.json"

    private struct Contents: Codable {
        var configuration: FrameworkConfiguration
        var encoder: FrameworkEncoder
    }

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(FrameworkError) -> String {
        var tensors = SafetensorsWriter()
        weights.add(to: &tensors)
        var files = [
            Self.configurationFile: Self.json(Contents(configuration: configuration, encoder: encoder)),
            Self.cardFile: Self.json(card), Self.networkFile: tensors.contents(),
        ]
        files.merge(extra) { own, _ in own }
        do throws(FileError) {
            return try SealedFolder.write(files, kind: Self.kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(FrameworkError) {
        let folder: SealedFolder
        do throws(SealedFolder.Fault) {
            folder = try SealedFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem)
        } catch { throw .folder(error) }
        let contents = try Self.decoded(Contents.self, Self.configurationFile, folder)
        let card = try Self.decoded(FrameworkCard.self, Self.cardFile, folder)
        let (configuration, encoder) = (contents.configuration, contents.encoder)
        do throws(FrameworkError) { try configuration.validate() } catch {
            throw Self.damaged(folder, Self.configurationFile, "its configuration is not possible")
        }
        guard encoder.isWhole(configuration) else {
            throw Self.damaged(folder, Self.configurationFile, "fields or scales that no training gives")
        }
        let network = FrameworkNetwork(encoder, configuration.network)
        let weights = try Self.weights(of: network, folder, fileSystem)
        self.init(configuration, encoder, network, weights, card: card, id: folder.id)
    }

    private static func damaged(_ folder: SealedFolder, _ file: String, _ reason: String) -> FrameworkError {
        .folder(.damaged(path: folder.path, file: file, reason: reason))
    }

    private static func decoded<Value: Decodable>(
        _ type: Value.Type, _ name: String, _ folder: SealedFolder
    ) throws(FrameworkError) -> Value {
        let bytes: [UInt8]
        do throws(SealedFolder.Fault) { bytes = try folder.contents(name) } catch { throw .folder(error) }
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw damaged(folder, name, "it cannot be read") }
        return value
    }

    private static func weights(
        of network: FrameworkNetwork, _ folder: SealedFolder, _ fileSystem: FileSystem
    ) throws(FrameworkError) -> ParameterVector {
        guard folder.files[networkFile] != nil else { throw damaged(folder, networkFile, "it is not there") }
        let file: SafetensorsFile
        do throws(SafetensorsError) { file = try SafetensorsFile("\(folder.path)/\(networkFile)", in: fileSystem) } catch {
            throw damaged(folder, networkFile, "\(error)")
        }
        // Compared before memory is asked for: settings changed by hand could ask for more than there is.
        for parameter in network.parameters.parameters {
            guard let entry = file[parameter.name], entry.shape == parameter.shape, entry.type == .float32 else {
                throw damaged(folder, networkFile, "its tensors are not those that \(configurationFile) asks for (\(parameter.name))")
            }
        }
        let weights = ParameterVector(zeros: network.parameters)
        weights.read(from: file)
        guard UnsafeBufferPointer(start: weights.base, count: weights.count).allSatisfy(\.isFinite) else {
            throw damaged(folder, networkFile, "it holds values that are not finite numbers")
        }
        return weights
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [0x0A]
    }
}
