internal import SequenceKernel
internal import BoostedTrees
internal import Evaluation

/// What predicts: the classes that training knew, from features and absent flags.
enum ConversionHead: Sendable {
    /// One class was known: there is nothing to tell apart.
    case constant
    case softmax(SoftmaxRegression)
    case trees(BoostedTrees)

    /// Logits `[N, P]` of the P known classes.
    func logits(_ features: [Float], columns: Int, known: Int) throws(ConversionError) -> [Float] {
        switch self {
        case .constant: return [Float](repeating: 0, count: features.count / columns * known)
        case .softmax(let regression): return regression.logits(features)
        case .trees(let trees):
            let margins: [Float]
            do throws(BoostedTreesError) { margins = try trees.margins(.dense(features, columns: columns)) } catch { throw .trees(error) }
            // Of two classes the trees give one margin: that of the second over the first.
            return trees.objective == .logistic ? margins.flatMap { [0, $0] } : margins
        }
    }

    /// What trees are to predict of so many classes.
    static func objective(known: Int) -> BoostedTrees.Objective { known == 2 ? .logistic : .softmax(classes: known) }
}

/// Which features may be missing: the regression gets a flag for each that was missing in training.
struct AbsentFlags: Sendable, Equatable, Codable {
    /// Columns with a flag, rising.
    let columns: [Int]

    init(columns: [Int]) { self.columns = columns }

    /// Looks for columns that are missing in some rows and there in others; of those that are missing in the same rows, as all that is made of
    /// a web session is, the first.
    init(_ features: [Float], width: Int) {
        var missing = [Int](repeating: 0, count: width)
        // Which rows lack a column, as a sum of numbers that stand for rows.
        var patterns = [UInt64](repeating: 0, count: width)
        for place in features.indices where features[place].isNaN {
            missing[place % width] += 1
            patterns[place % width] &+= RandomSource.mix(UInt64(place / width + 1))
        }
        let rows = features.count / max(1, width)
        var known = Set<UInt64>()
        columns = missing.indices.filter { missing[$0] > 0 && missing[$0] < rows && known.insert(patterns[$0]).inserted }
    }

    /// `[N, width + flags]`.
    func applied(_ features: [Float], width: Int) -> [Float] {
        guard !columns.isEmpty else { return features }
        var result: [Float] = []
        result.reserveCapacity(features.count / width * (width + columns.count))
        for start in stride(from: 0, to: features.count, by: width) {
            result += features[start..<start + width]
            for column in columns { result.append(features[start + column].isNaN ? 1 : 0) }
        }
        return result
    }
}
