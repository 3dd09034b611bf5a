internal import BoostedTrees
internal import DurableFiles
internal import SequenceKernel

/// A baseline as files of a folder: its encoding and, for trees, XGBoost's own JSON.
extension CreditBaseline {
    /// The format this program writes.
    static let version = 1

    private struct Contents: Codable {
        var format: Int
        var kind: CreditBaselineKind
        var encoding: CreditEncoding
        var linear: LinearCredit?
    }

    /// The files of a linear model or of trees, `NAME.json` and `NAME.trees.json`.
    /// - Throws: ``CreditBaselineError/badSetting(name:expected:)`` for a perceptron, which has a folder of its own kind.
    func files(_ name: String) throws(CreditBaselineError) -> [String: [UInt8]] {
        var contents = Contents(format: Self.version, kind: kind, encoding: encoding)
        switch model {
        case .perceptron: throw .badSetting(name: "kind", expected: "logisticRegression, randomForest or boostedTrees, to be kept in files")
        case .linear(let linear):
            contents.linear = linear
            return ["\(name).json": ModelFolder.json(contents, isIndented: false)]
        case .trees(let trees):
            let bytes: [UInt8]
            do throws(BoostedTreesError) { bytes = try trees.bytes() } catch { throw .trees(error) }
            return ["\(name).json": ModelFolder.json(contents, isIndented: false), "\(name).trees.json": bytes]
        }
    }

    /// Reads what ``files(_:)`` gave, as files of a folder.
    /// - Parameter threads: that predictions may use; they do not depend on it.
    init(_ folder: ModelFolder, _ name: String, threads: Int) throws(SealedFolder.Fault) {
        let file = "\(name).json", trees = "\(name).trees.json"
        let contents = try folder.decoded(Contents.self, file)
        guard contents.format == Self.version else { throw folder.damaged(file, "a format that this program does not read") }
        let encoding = contents.encoding
        guard encoding.columns.allSatisfy({ $0.edges == nil && $0.categories.map { Set($0).count == $0.count } ?? true }) else {
            throw folder.damaged(file, "a category is there twice, or numbers are cut as no training of such a model cuts them")
        }
        if let linear = contents.linear {
            guard contents.kind == .logisticRegression, linear.isWhole(width: encoding.width) else {
                throw folder.damaged(file, "weights that no training gives")
            }
            self.init(kind: contents.kind, encoding: encoding, model: .linear(linear))
            return
        }
        guard contents.kind == .boostedTrees || contents.kind == .randomForest else {
            throw folder.damaged(file, "a kind of model that is not kept so")
        }
        let bytes = try folder.contents(trees)
        let own: BoostedTrees
        do throws(BoostedTreesError) { own = try BoostedTrees(bytes: bytes, threads: min(256, max(1, threads))) } catch {
            throw folder.damaged(trees, "they are not trees of ours")
        }
        guard own.columns == encoding.width, own.objective == .logistic else {
            throw folder.damaged(trees, "they read other columns than \(file) says")
        }
        self.init(kind: contents.kind, encoding: encoding, model: .trees(own))
    }
}
