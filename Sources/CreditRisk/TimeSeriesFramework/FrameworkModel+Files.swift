public import DurableFiles
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
            Self.configurationFile: ModelFolder.json(Contents(configuration: configuration, encoder: encoder), isIndented: false),
            Self.cardFile: ModelFolder.json(card, isIndented: false), Self.networkFile: tensors.contents(),
        ]
        files.merge(extra) { own, _ in own }
        do throws(FileError) {
            return try SealedFolder.write(files, kind: Self.kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(FrameworkError) {
        do throws(SealedFolder.Fault) {
            self = try Self.read(ModelFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem))
        } catch { throw .folder(error) }
    }

    private static func read(_ folder: ModelFolder) throws(SealedFolder.Fault) -> FrameworkModel {
        let contents = try folder.decoded(Contents.self, configurationFile)
        let card = try folder.decoded(FrameworkCard.self, cardFile)
        let (configuration, encoder) = (contents.configuration, contents.encoder)
        do throws(FrameworkError) { try configuration.validate() } catch {
            throw folder.damaged(configurationFile, "its configuration is not possible")
        }
        guard encoder.isWhole(configuration) else {
            throw folder.damaged(configurationFile, "fields or scales that no training gives")
        }
        let network = FrameworkNetwork(encoder, configuration.network)
        let weights = try folder.weights(
            of: network.parameters, from: try folder.tensors(networkFile), networkFile, configuration: configurationFile)
        return FrameworkModel(configuration, encoder, network, weights, card: card, id: folder.id)
    }
}
