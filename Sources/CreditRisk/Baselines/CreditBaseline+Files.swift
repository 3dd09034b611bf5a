internal import BoostedTrees
package import DurableFiles
package import SequenceKernel

/// A baseline as files of a folder: its encoding and, for trees, XGBoost's own JSON, for a perceptron the files of its network.
extension CreditBaseline {
    /// The format this program writes.
    static let version = 1

    private struct Contents: Codable {
        var format: Int
        var kind: CreditBaselineKind
        var encoding: CreditEncoding
        var linear: LinearCredit?
    }

    /// Its files: `NAME.json`, and beside it `NAME.trees.json` or `NAME.config.json`, `NAME.card.json` and `NAME.network.safetensors`.
    /// - Throws: ``CreditBaselineError/trees(_:)`` where the library cannot give them.
    package func files(_ name: String) throws(CreditBaselineError) -> [String: [UInt8]] {
        var contents = Contents(format: Self.version, kind: kind, encoding: encoding)
        switch model {
        case .perceptron(let network):
            var files = network.files("\(name).")
            files["\(name).json"] = ModelFolder.json(contents, isIndented: false)
            return files
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
    package init(_ folder: ModelFolder, _ name: String, threads: Int) throws(SealedFolder.Fault) {
        let file = "\(name).json", trees = "\(name).trees.json"
        let contents = try folder.decoded(Contents.self, file)
        guard contents.format == Self.version else { throw folder.damaged(file, "a format that this program does not read") }
        let encoding = contents.encoding
        let isNetwork = contents.kind == .perceptron || contents.kind == .guided
        guard encoding.columns.allSatisfy({ $0.isWhole(cut: isNetwork) }) else {
            throw folder.damaged(file, "a category is there twice, or numbers are cut as no training of such a model cuts them")
        }
        if isNetwork {
            guard contents.linear == nil else { throw folder.damaged(file, "weights that no training gives") }
            let network = try IntentionHabitModel.read(folder, "\(name).")
            guard network.inputs.columnsRead == [encoding.width, 0, 0], !network.readsHistories, network.vocabulary.rules.isEmpty else {
                throw folder.damaged("\(name).config.json", "it reads other columns than \(file) says, or histories")
            }
            self.init(kind: contents.kind, encoding: encoding, model: .perceptron(network))
            return
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

extension CreditEncoding.Column {
    /// Whether a training could have written it.
    /// - Parameter cut: whether numbers may be cut.
    fileprivate func isWhole(cut: Bool) -> Bool {
        guard let edges else { return categories.map { Set($0).count == $0.count } ?? true }
        return cut && categories == nil && edges.allSatisfy(\.isFinite) && zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
    }
}
