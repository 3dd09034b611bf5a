internal import BoostedTrees
public import DurableFiles
internal import FoundationEssentials
internal import SequenceKernel

/// A ranker as a directory:
///
/// ```
/// config.json          settings, features with their scales, shares of networks and trees
/// catalogue.json       names of the tiles that have a row of their own
/// ranker.safetensors   the networks, and the weights of the plain sum where there is one
/// trees-N.json         trees, where there are any
/// card.json            what the training says of itself
/// manifest.json        size and SHA-256 of each
/// ```
extension TileRanker {
    /// The format this program writes.
    public static let version = 1
    /// What the manifest calls it.
    public static let kind = "tile-ranker"
    private static let configurationFile = "config.json"
    private static let catalogueFile = "catalogue.json"
    private static let networkFile = "ranker.safetensors"
    private static let cardFile = "card.json"

    private struct Configuration: Codable {
        var settings: TileRankerSettings
        var context: RankerInputs
        var tile: RankerInputs
        var positions: Int
        var blend: RankerBlend
    }

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name, such as what the features were made of; the id covers them, too. Names of its own files are
    ///   not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(RankingError) -> String {
        var network = SafetensorsWriter()
        for (number, member) in members.enumerated() { member.weights.add(to: &network, prefix: "members.\(number).") }
        if let linear {
            network.add("linear.context", shape: [linear.catalogue, linear.contextWidth], linear.context)
            network.add("linear.tile", shape: [linear.tile.count], linear.tile)
        }
        let positions = members[0].network.examination.map { $0.count - 1 } ?? 0
        var files = [
            Self.configurationFile: Self.json(
                Configuration(settings: settings, context: inputs.context, tile: inputs.tile, positions: positions, blend: blend)),
            Self.catalogueFile: Self.json(catalogue), Self.cardFile: Self.json(card), Self.networkFile: network.contents(),
        ]
        do throws(BoostedTreesError) {
            for (number, own) in trees.enumerated() { files["trees-\(number).json"] = try own.bytes() }
        } catch { throw .trees(error.description) }
        files.merge(extra) { own, _ in own }
        do throws(FileError) {
            return try SealedFolder.write(files, kind: Self.kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(RankingError) {
        let folder: SealedFolder
        do throws(SealedFolder.Fault) {
            folder = try SealedFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem)
        } catch { throw .folder(error) }
        func damaged(_ file: String, _ reason: String) -> RankingError {
            .folder(.damaged(path: folder.path, file: file, reason: reason))
        }
        func contents(_ name: String) throws(RankingError) -> [UInt8] {
            do throws(SealedFolder.Fault) { return try folder.contents(name) } catch { throw .folder(error) }
        }
        func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws(RankingError) -> Value {
            let bytes = try contents(name)
            guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw damaged(name, "it cannot be read") }
            return value
        }
        let configuration = try decoded(Configuration.self, Self.configurationFile)
        let catalogue = try decoded([String].self, Self.catalogueFile)
        let card = try decoded(RankerCard.self, Self.cardFile)
        let settings = configuration.settings
        do throws(RankingError) { try settings.validate() } catch {
            throw damaged(Self.configurationFile, "its settings are not possible")
        }
        guard configuration.context.isWhole, configuration.tile.isWhole, (0...1_000).contains(configuration.positions),
            catalogue.count < 1 << 24, configuration.blend.isFinite
        else { throw damaged(Self.configurationFile, "features, places or shares that no training gives") }
        let network = TileNetwork(
            context: configuration.context.width, tile: configuration.tile.width, catalogue: catalogue.count, hidden: settings.hidden,
            width: settings.width, positions: configuration.positions)
        let (members, linear) = try Self.members(network, settings, folder, fileSystem)
        var trees: [BoostedTrees] = []
        for number in 0..<(settings.trees?.members ?? 0) {
            let name = "trees-\(number).json"
            let bytes = try contents(name)
            do throws(BoostedTreesError) { trees.append(try BoostedTrees(bytes: bytes)) } catch {
                throw damaged(name, error.description)
            }
            guard trees[number].columns == configuration.context.names.count + configuration.tile.names.count else {
                throw damaged(name, "trees of other features than \(Self.configurationFile) names")
            }
        }
        self.init(
            settings, catalogue: catalogue, members: members, linear: linear, trees: trees, blend: configuration.blend,
            inputs: (configuration.context, configuration.tile), card: card, id: folder.id)
    }

    private static func members(
        _ network: TileNetwork, _ settings: TileRankerSettings, _ folder: SealedFolder, _ fileSystem: FileSystem
    ) throws(RankingError) -> (members: [RankerMember], linear: ConditionalLogit?) {
        func damaged(_ reason: String) -> RankingError { .folder(.damaged(path: folder.path, file: networkFile, reason: reason)) }
        guard folder.files[networkFile] != nil else { throw damaged("it is not there") }
        let file: SafetensorsFile
        do throws(SafetensorsError) { file = try SafetensorsFile("\(folder.path)/\(networkFile)", in: fileSystem) } catch {
            throw damaged("\(error)")
        }
        var members: [RankerMember] = []
        for number in 0..<settings.members {
            let prefix = "members.\(number)."
            // Compared before memory is asked for: settings changed by hand could ask for more than there is.
            for parameter in network.parameters.parameters {
                guard let entry = file[prefix + parameter.name], entry.shape == parameter.shape, entry.type == .float32 else {
                    throw damaged("its tensors are not those that \(configurationFile) asks for (\(parameter.name))")
                }
            }
            let weights = ParameterVector(zeros: network.parameters)
            weights.read(from: file, prefix: prefix)
            guard UnsafeBufferPointer(start: weights.base, count: weights.count).allSatisfy(\.isFinite) else {
                throw damaged("it holds values that are not finite numbers")
            }
            members.append(RankerMember(network, weights))
        }
        guard !settings.linear.penalties.isEmpty else { return (members, nil) }
        func tensor(_ name: String, _ shape: [Int]) throws(RankingError) -> [Float] {
            guard let entry = file[name], entry.shape == shape, entry.type == .float32, let floats = try? file.floats(name) else {
                throw damaged("its tensors are not those that \(configurationFile) asks for (\(name))")
            }
            guard floats.allSatisfy(\.isFinite) else { throw damaged("it holds values that are not finite numbers") }
            return floats
        }
        let linear = ConditionalLogit(
            context: try tensor("linear.context", [Int(network.unknown), network.contextWidth]),
            tile: try tensor("linear.tile", [network.tileWidth]), contextWidth: network.contextWidth)
        return (members, linear)
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [0x0A]
    }
}
