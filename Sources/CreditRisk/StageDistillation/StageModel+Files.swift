public import DurableFiles
internal import SequenceKernel

/// A model of either stage as a directory:
///
/// ```
/// config.json           settings, columns that are read and that are refused, scales and words
/// network.safetensors   the network
/// card.json             what the training says of itself
/// manifest.json         size and SHA-256 of each
/// ```
extension StageModel {
    static let version = 1
    private static let configurationFile = "config.json"
    private static let networkFile = "network.safetensors"
    private static let cardFile = "card.json"

    private struct Configuration: Codable {
        var settings: StageDistillationSettings
        var fields: StageFields
        var inputs: StageInputs
    }

    func write(
        to path: String, kind: String, with extra: [String: [UInt8]], replacing: Bool, in fileSystem: FileSystem
    ) throws(StageDistillationError) -> String {
        var tensors = SafetensorsWriter()
        weights.add(to: &tensors)
        var files = [
            Self.configurationFile: ModelFolder.json(Configuration(settings: settings, fields: fields, inputs: inputs), isIndented: false),
            Self.cardFile: ModelFolder.json(card, isIndented: false), Self.networkFile: tensors.contents(),
        ]
        files.merge(extra) { own, _ in own }
        do throws(FileError) {
            return try SealedFolder.write(files, kind: kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    init(_ path: String, kind: String, readsService: Bool, in fileSystem: FileSystem) throws(StageDistillationError) {
        do throws(SealedFolder.Fault) {
            self = try Self.read(ModelFolder(path, kind: kind, newestVersion: Self.version, in: fileSystem), readsService: readsService)
        } catch { throw .folder(error) }
    }

    private static func read(_ folder: ModelFolder, readsService: Bool) throws(SealedFolder.Fault) -> StageModel {
        let configuration = try folder.decoded(Configuration.self, configurationFile)
        let card = try folder.decoded(StageCard.self, cardFile)
        let (settings, fields, inputs) = (configuration.settings, configuration.fields, configuration.inputs)
        do throws(StageDistillationError) { try settings.validate() } catch {
            throw folder.damaged(configurationFile, "its settings are not possible")
        }
        let streams = [fields.records, fields.service].compactMap { $0 }
        guard (fields.service != nil) == readsService, (fields.window != nil) == readsService,
            Set(fields.refused).isDisjoint(with: fields.profile + (fields.records?.names ?? [])),
            inputs.profile.isWhole, inputs.profile.means.count == fields.profile.count, !fields.profile.isEmpty,
            inputs.streams.map(\.fields) == streams, inputs.streams.allSatisfy(\.isWhole)
        else { throw folder.damaged(configurationFile, "columns or scales that no training gives") }
        let network = StageNetwork(inputs, width: readsService ? settings.teacherWidth : settings.studentWidth, settings)
        let weights = try folder.weights(
            of: network.parameters, from: try folder.tensors(networkFile), networkFile, configuration: configurationFile)
        return StageModel(settings, fields, inputs, network, weights, card, id: folder.id)
    }
}

extension PreServiceModel {
    /// What the manifest calls it.
    public static let kind = "pre-service-model"

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(StageDistillationError) -> String {
        try model.write(to: path, kind: Self.kind, with: extra, replacing: replacing, in: fileSystem)
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together. A teacher's is refused.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(StageDistillationError) {
        model = try StageModel(path, kind: Self.kind, readsService: false, in: fileSystem)
    }
}

extension InServiceModel {
    /// What the manifest calls it.
    public static let kind = "in-service-model"

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(StageDistillationError) -> String {
        try model.write(to: path, kind: Self.kind, with: extra, replacing: replacing, in: fileSystem)
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together. A student's is refused.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(StageDistillationError) {
        model = try StageModel(path, kind: Self.kind, readsService: true, in: fileSystem)
    }
}
