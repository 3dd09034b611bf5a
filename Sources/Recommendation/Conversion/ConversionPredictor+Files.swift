internal import BoostedTrees
public import DurableFiles
internal import Evaluation
internal import FoundationEssentials
internal import SequenceKernel

/// A predictor as a directory:
///
/// ```
/// config.json           names of features and classes, temperature, threshold, settings
/// softmax.safetensors   the regression, where it is one
/// trees.json            the trees, where it is those
/// card.json             what the training says of itself
/// manifest.json         size and SHA-256 of each
/// ```
///
/// Where training knew one class only there is neither regression nor trees.
extension ConversionPredictor {
    /// The format this program writes.
    public static let version = 1
    /// What the manifest calls it.
    public static let kind = "conversion"
    private static let configurationFile = "config.json"
    private static let softmaxFile = "softmax.safetensors"
    private static let treesFile = "trees.json"
    private static let cardFile = "card.json"

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name, such as what the features were made of; the id covers them, too. Names of its own files are
    ///   not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(ConversionError) -> String {
        let files = try files().merging(extra) { own, _ in own }
        do {
            return try SealedFolder.write(files, kind: Self.kind, version: Self.version, to: path, replacing: replacing, in: fileSystem)
        } catch { throw .file(error) }
    }

    /// Names and contents of its files.
    func files() throws(ConversionError) -> [String: [UInt8]] {
        var files = [Self.configurationFile: Self.json(configuration), Self.cardFile: Self.json(card)]
        switch head {
        case .constant: break
        case .softmax(let regression):
            var writer = SafetensorsWriter()
            writer.add("means", shape: [regression.columns], regression.means)
            writer.add("factors", shape: [regression.columns], regression.factors)
            writer.add("weights", shape: [regression.columns, regression.classes], regression.weights)
            writer.add("biases", shape: [regression.classes], regression.biases)
            files[Self.softmaxFile] = writer.contents()
        case .trees(let trees):
            do throws(BoostedTreesError) { files[Self.treesFile] = try trees.bytes() } catch { throw .trees(error) }
        }
        return files
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(ConversionError) {
        let folder: SealedFolder
        do { folder = try SealedFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem) } catch { throw .folder(error) }
        func damaged(_ file: String, _ reason: String) -> ConversionError {
            .folder(.damaged(path: folder.path, file: file, reason: reason))
        }
        func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws(ConversionError) -> Value {
            let bytes: [UInt8]
            do { bytes = try folder.contents(name) } catch { throw .folder(error) }
            do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch { throw damaged(name, "it cannot be read") }
        }
        let configuration = try decoded(Configuration.self, Self.configurationFile)
        let card = try decoded(ConversionCard.self, Self.cardFile)
        if let fault = configuration.fault { throw damaged(Self.configurationFile, fault) }
        let (known, columns) = (configuration.known.count, configuration.names.count)
        let head: ConversionHead
        if known == 1 {
            head = .constant
        } else if folder.files[Self.treesFile] != nil {
            let bytes: [UInt8]
            do { bytes = try folder.contents(Self.treesFile) } catch { throw .folder(error) }
            let trees: BoostedTrees
            do throws(BoostedTreesError) { trees = try BoostedTrees(bytes: bytes) } catch { throw damaged(Self.treesFile, "\(error)") }
            guard trees.columns == columns, trees.objective == ConversionHead.objective(known: known) else {
                throw damaged(Self.treesFile, "its trees are not those that \(Self.configurationFile) speaks of")
            }
            head = .trees(trees)
        } else {
            head = .softmax(
                try Self.regression(folder, columns: columns + configuration.absentFlags.columns.count, classes: known, fileSystem))
        }
        self.init(configuration, head, card, id: folder.id)
    }

    private static func regression(
        _ folder: SealedFolder, columns: Int, classes: Int, _ fileSystem: FileSystem
    ) throws(ConversionError) -> SoftmaxRegression {
        func damaged(_ reason: String) -> ConversionError {
            .folder(.damaged(path: folder.path, file: softmaxFile, reason: reason))
        }
        guard folder.files[softmaxFile] != nil else { throw damaged("it is not there") }
        do throws(SafetensorsError) {
            let file = try SafetensorsFile("\(folder.path)/\(softmaxFile)", in: fileSystem)
            let shapes = ["means": [columns], "factors": [columns], "weights": [columns, classes], "biases": [classes]]
            if let name = shapes.keys.sorted().first(where: { file[$0]?.shape != shapes[$0]! || file[$0]?.type != .float32 }) {
                throw SafetensorsError.missing(tensor: name)
            }
            let values = [try file.floats("means"), try file.floats("factors"), try file.floats("weights"), try file.floats("biases")]
            guard values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw SafetensorsError.missing(tensor: "finite numbers") }
            return SoftmaxRegression(classes: classes, means: values[0], factors: values[1], weights: values[2], biases: values[3])
        } catch {
            if case .file(let error) = error { throw .file(error) }
            throw damaged("its tensors are not those that \(configurationFile) speaks of (\(error))")
        }
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [0x0A]
    }
}

extension ConversionPredictor.Configuration {
    /// What is wrong with values that came from a file; nil where nothing is.
    var fault: String? {
        guard !names.isEmpty, Set(names).count == names.count else { return "its features have no names, or one twice" }
        guard classes.count >= 2, Set(classes).count == classes.count else { return "its classes have no names, or one twice" }
        guard !known.isEmpty, zip(known, known.dropFirst()).allSatisfy({ $0 < $1 }), known[0] >= 0, known.last! < classes.count else {
            return "the classes it knows are not among its classes"
        }
        guard shares.count == classes.count, shares.allSatisfy({ $0 > 0 && $0 <= 1 }), abs(shares.reduce(0, +) - 1) < 1e-6 else {
            return "its shares are not one for each class, or do not add up to 1"
        }
        let flags = absentFlags.columns
        guard zip(flags, flags.dropFirst()).allSatisfy({ $0 < $1 }), flags.allSatisfy({ names.indices.contains($0) }) else {
            return "its absent flags name no features"
        }
        guard temperature > 0, temperature < 1e6, threshold >= 0, threshold <= 2 else {
            return "its temperature or its threshold is not possible"
        }
        return nil
    }
}
