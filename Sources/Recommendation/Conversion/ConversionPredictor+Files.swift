internal import BoostedTrees
public import DurableFiles
internal import Evaluation
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
        var files = [
            Self.configurationFile: ModelFolder.json(configuration, isIndented: true),
            Self.cardFile: ModelFolder.json(card, isIndented: true),
        ]
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
        do throws(SealedFolder.Fault) {
            self = try Self.read(try ModelFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem))
        } catch { throw .folder(error) }
    }

    private static func read(_ folder: ModelFolder) throws(SealedFolder.Fault) -> ConversionPredictor {
        let configuration = try folder.decoded(Configuration.self, configurationFile)
        let card = try folder.decoded(ConversionCard.self, cardFile)
        if let fault = configuration.fault { throw folder.damaged(configurationFile, fault) }
        let (known, columns) = (configuration.known.count, configuration.names.count)
        let head: ConversionHead
        if known == 1 {
            head = .constant
        } else if folder.holds(treesFile) {
            let trees = try folder.trees(treesFile, columns: columns, named: configurationFile)
            guard trees.objective == ConversionHead.objective(known: known) else {
                throw folder.damaged(treesFile, "trees for other classes than \(configurationFile) names")
            }
            head = .trees(trees)
        } else {
            head = .softmax(try regression(folder, columns: columns + configuration.absentFlags.columns.count, classes: known))
        }
        return ConversionPredictor(configuration, head, card, id: folder.id)
    }

    private static func regression(
        _ folder: ModelFolder, columns: Int, classes: Int
    ) throws(SealedFolder.Fault) -> SoftmaxRegression {
        let file = try folder.tensors(softmaxFile)
        func damaged(_ what: String) -> SealedFolder.Fault {
            folder.damaged(softmaxFile, "its tensors are not those that \(configurationFile) speaks of (\(what))")
        }
        func floats(_ name: String, _ shape: [Int]) throws(SealedFolder.Fault) -> [Float] {
            guard file[name]?.shape == shape, file[name]?.type == .float32, let values = try? file.floats(name) else { throw damaged(name) }
            guard values.allSatisfy(\.isFinite) else { throw damaged("\(name): not finite numbers") }
            return values
        }
        return SoftmaxRegression(
            classes: classes, means: try floats("means", [columns]), factors: try floats("factors", [columns]),
            weights: try floats("weights", [columns, classes]), biases: try floats("biases", [classes]))
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
