public import DurableFiles
internal import FoundationEssentials
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
            Self.configurationFile: Self.json(Configuration(settings: settings, fields: fields, inputs: inputs)),
            Self.cardFile: Self.json(card), Self.networkFile: tensors.contents(),
        ]
        files.merge(extra) { own, _ in own }
        do throws(FileError) {
            return try SealedFolder.write(files, kind: kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    init(_ path: String, kind: String, readsService: Bool, in fileSystem: FileSystem) throws(StageDistillationError) {
        let folder: SealedFolder
        do throws(SealedFolder.Fault) {
            folder = try SealedFolder(path, kind: kind, newestVersion: Self.version, in: fileSystem)
        } catch { throw .folder(error) }
        let configuration = try Self.decoded(Configuration.self, Self.configurationFile, folder)
        let card = try Self.decoded(StageCard.self, Self.cardFile, folder)
        let (settings, fields, inputs) = (configuration.settings, configuration.fields, configuration.inputs)
        do throws(StageDistillationError) { try settings.validate() } catch {
            throw Self.damaged(folder, Self.configurationFile, "its settings are not possible")
        }
        let streams = [fields.records, fields.service].compactMap { $0 }
        guard (fields.service != nil) == readsService, (fields.window != nil) == readsService,
            Set(fields.refused).isDisjoint(with: fields.profile + (fields.records?.names ?? [])),
            inputs.profile.isWhole, inputs.profile.means.count == fields.profile.count, !fields.profile.isEmpty,
            inputs.streams.map(\.fields) == streams, inputs.streams.allSatisfy(\.isWhole)
        else { throw Self.damaged(folder, Self.configurationFile, "columns or scales that no training gives") }
        let network = StageNetwork(inputs, width: readsService ? settings.teacherWidth : settings.studentWidth, settings)
        let weights = try Self.weights(of: network, folder, fileSystem)
        self.init(settings, fields, inputs, network, weights, card, id: folder.id)
    }

    private static func damaged(_ folder: SealedFolder, _ file: String, _ reason: String) -> StageDistillationError {
        .folder(.damaged(path: folder.path, file: file, reason: reason))
    }

    private static func decoded<Value: Decodable>(
        _ type: Value.Type, _ name: String, _ folder: SealedFolder
    ) throws(StageDistillationError) -> Value {
        let bytes: [UInt8]
        do throws(SealedFolder.Fault) { bytes = try folder.contents(name) } catch { throw .folder(error) }
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw damaged(folder, name, "it cannot be read") }
        return value
    }

    private static func weights(
        of network: StageNetwork, _ folder: SealedFolder, _ fileSystem: FileSystem
    ) throws(StageDistillationError) -> ParameterVector {
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
