public import DurableFiles
internal import SequenceKernel

/// A model as a directory:
///
/// ```
/// config.json           settings, rules of merging, scales of the inputs
/// network.safetensors   the network
/// card.json             what the training says of itself
/// manifest.json         size and SHA-256 of each
/// ```
extension IntentionHabitModel {
    /// The format this program writes.
    public static let version = 1
    /// What the manifest calls it.
    public static let kind = "intention-habit-model"
    private static let configurationFile = "config.json"
    private static let networkFile = "network.safetensors"
    private static let cardFile = "card.json"

    private struct Configuration: Codable {
        var settings: IntentionHabitSettings
        var vocabulary: BehaviourVocabulary
        var inputs: IntentionHabitInputs
    }

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(IntentionHabitError) -> String {
        var files = files()
        files.merge(extra) { own, _ in own }
        do throws(FileError) {
            return try SealedFolder.write(files, kind: Self.kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    /// Its files, each name begun with `prefix`: for a directory that holds more than it.
    func files(_ prefix: String = "") -> [String: [UInt8]] {
        var tensors = SafetensorsWriter()
        weights.add(to: &tensors)
        return [
            prefix + Self.configurationFile: ModelFolder.json(
                Configuration(settings: settings, vocabulary: vocabulary, inputs: inputs), isIndented: false),
            prefix + Self.cardFile: ModelFolder.json(card, isIndented: false), prefix + Self.networkFile: tensors.contents(),
        ]
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(IntentionHabitError) {
        do throws(SealedFolder.Fault) {
            self = try Self.read(ModelFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem))
        } catch { throw .folder(error) }
    }

    /// Reads what ``files(_:)`` gave, checking that its parts fit together.
    static func read(_ folder: ModelFolder, _ prefix: String = "") throws(SealedFolder.Fault) -> IntentionHabitModel {
        let configurationFile = prefix + configurationFile, networkFile = prefix + networkFile
        let configuration = try folder.decoded(Configuration.self, configurationFile)
        let card = try folder.decoded(IntentionHabitCard.self, prefix + cardFile)
        let (settings, inputs, vocabulary) = (configuration.settings, configuration.inputs, configuration.vocabulary)
        do throws(IntentionHabitError) { try settings.validate() } catch {
            throw folder.damaged(configurationFile, "its settings are not possible")
        }
        guard inputs.isWhole(vocabulary) else {
            throw folder.damaged(configurationFile, "scales or fields that no training gives")
        }
        let network = IntentionHabitNetwork(
            settings, columns: ProfileTable.Group.allCases.map { inputs.scale($0).width }, vocabulary: vocabulary.entries.count)
        let weights = try folder.weights(
            of: network.parameters, from: try folder.tensors(networkFile), networkFile, configuration: configurationFile)
        return IntentionHabitModel(settings, vocabulary, inputs, network, weights, card: card, id: folder.id)
    }
}
