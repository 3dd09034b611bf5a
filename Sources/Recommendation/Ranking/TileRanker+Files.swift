internal import BoostedTrees
public import DurableFiles
internal import SequenceKernel

/// A ranker as a directory:
///
/// ```
/// config.json          settings, features with their scales, shares of networks, plain sum and trees
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
            Self.configurationFile: ModelFolder.json(
                Configuration(settings: settings, context: inputs.context, tile: inputs.tile, positions: positions, blend: blend),
                isIndented: false), Self.catalogueFile: ModelFolder.json(catalogue, isIndented: false),
            Self.cardFile: ModelFolder.json(card, isIndented: false), Self.networkFile: network.contents(),
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
        do throws(SealedFolder.Fault) {
            self = try Self.read(try ModelFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem))
        } catch { throw .folder(error) }
    }

    private static func read(_ folder: ModelFolder) throws(SealedFolder.Fault) -> TileRanker {
        let configuration = try folder.decoded(Configuration.self, configurationFile)
        let catalogue = try folder.decoded([String].self, catalogueFile)
        let card = try folder.decoded(RankerCard.self, cardFile)
        let settings = configuration.settings
        do throws(RankingError) { try settings.validate() } catch {
            throw folder.damaged(configurationFile, "its settings are not possible")
        }
        guard configuration.context.isWhole, configuration.tile.isWhole, (0...1_000).contains(configuration.positions),
            catalogue.count < 1 << 24, configuration.blend.isPossible
        else { throw folder.damaged(configurationFile, "features, places or shares that no training gives") }
        let network = TileNetwork(
            context: configuration.context.width, tile: configuration.tile.width, catalogue: catalogue.count, hidden: settings.hidden,
            width: settings.width, positions: configuration.positions)
        let (members, linear) = try Self.members(network, settings, folder)
        var trees: [BoostedTrees] = []
        for number in 0..<(settings.trees?.members ?? 0) {
            let name = "trees-\(number).json"
            trees.append(
                try folder.trees(
                    name, columns: configuration.context.names.count + configuration.tile.names.count, named: configurationFile))
            guard trees[number].objective.groups == 1 else { throw folder.damaged(name, "its trees do not give one score a tile") }
        }
        return TileRanker(
            settings, catalogue: catalogue, members: members, linear: linear, trees: trees, blend: configuration.blend,
            inputs: (configuration.context, configuration.tile), card: card, id: folder.id)
    }

    private static func members(
        _ network: TileNetwork, _ settings: TileRankerSettings, _ folder: ModelFolder
    ) throws(SealedFolder.Fault) -> (members: [RankerMember], linear: ConditionalLogit?) {
        func damaged(_ reason: String) -> SealedFolder.Fault { folder.damaged(networkFile, reason) }
        let file = try folder.tensors(networkFile)
        var members: [RankerMember] = []
        for number in 0..<settings.members {
            let weights = try folder.weights(
                of: network.parameters, from: file, networkFile, prefix: "members.\(number).", configuration: configurationFile)
            members.append(RankerMember(network, weights))
        }
        guard !settings.linear.penalties.isEmpty else { return (members, nil) }
        func tensor(_ name: String, _ shape: [Int]) throws(SealedFolder.Fault) -> [Float] {
            guard let entry = file[name], entry.shape == shape, entry.type == .float32, let floats = try? file.floats(name) else {
                throw damaged("its tensors are not those that \(configurationFile) asks for (\(name))")
            }
            guard floats.allSatisfy(\.isFinite) else { throw damaged("it holds values that are not finite numbers") }
            return floats
        }
        let linear = ConditionalLogit(
            context: try tensor(
                "linear.context",
                [ConditionalLogitFit.rows(catalogue: Int(network.unknown), contextWidth: network.contextWidth), network.contextWidth]),
            tile: try tensor("linear.tile", [network.tileWidth]), contextWidth: network.contextWidth)
        return (members, linear)
    }
}
