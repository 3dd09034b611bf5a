/// Multinomial logistic regression on dense features, with its weights at hand, so that it can be kept and used again.
///
/// Features are standardised by the training rows; a missing value (NaN) counts as the training rows' mean, and a feature that never changes
/// in training has no weight. Weights carry an L2 penalty, biases do not.
public struct SoftmaxRegression: Sendable, Equatable {
    /// Classes (K).
    public let classes: Int
    /// Mean of each feature where it is there, `[D]`.
    public let means: [Float]
    /// 1 / standard deviation of each feature; 0 where it never changes, `[D]`.
    public let factors: [Float]
    /// Weights of standardised features, `[D, K]`.
    public let weights: [Float]
    /// Biases, `[K]`.
    public let biases: [Float]

    /// Features (D).
    public var columns: Int { means.count }

    /// A regression of its parts; traps where sizes do not agree.
    public init(classes: Int, means: [Float], factors: [Float], weights: [Float], biases: [Float]) {
        precondition(
            classes > 0 && factors.count == means.count && weights.count == means.count * classes && biases.count == classes,
            "SoftmaxRegression: \(means.count) means, \(factors.count) factors, \(weights.count) weights, \(biases.count) biases")
        (self.classes, self.means, self.factors, self.weights, self.biases) = (classes, means, factors, weights, biases)
    }

    /// Fits one regression for each penalty, from the strongest to the weakest, each starting where the last ended (L-BFGS, so nothing
    /// depends on chance).
    /// - Parameters:
    ///   - features: `[N, D]`, row by row; NaN where missing.
    ///   - labels: `[N]`, classes from 0. A class that no row has gets a bias that falls as far as the iterations reach.
    ///   - strengths: penalties: mean cross-entropy + `strength / 2` × squared weights.
    /// - Returns: one for each penalty, strongest first.
    /// - Complexity: O(strengths × iterations × N × D × K).
    public static func path(
        features: [Float], columns: Int, labels: [Int32], classes: Int, strengths: [Double], maximumIterations: Int = 100
    ) -> [(strength: Double, regression: SoftmaxRegression)] {
        precondition(
            columns > 0 && features.count == labels.count * columns,
            "SoftmaxRegression.path: \(features.count) values for [\(labels.count), \(columns)]")
        precondition(
            !labels.isEmpty && labels.allSatisfy { $0 >= 0 && $0 < classes }, "SoftmaxRegression.path: labels must lie in 0..<\(classes)")
        let means = means(features, columns)
        var filled = features
        for place in filled.indices where filled[place].isNaN { filled[place] = means[place % columns] }
        let scale = FeatureScale(.dense(filled, columns: columns))
        let loss = SoftmaxLoss(scale.apply(.dense(filled, columns: columns)), classes: classes)
        let groups = loss.groups
        var parameters = [Double](repeating: 0, count: loss.parameterCount)
        var solver = LimitedMemoryBFGS()
        solver.maximumIterations = maximumIterations
        solver.relativeTolerance = 1e-7
        return strengths.sorted(by: >).map { strength in
            _ = solver.minimise(&parameters) { point, gradient in loss(point, labels, strength: strength, gradient: &gradient) }
            let weights = (0..<columns).flatMap { column in (0..<classes).map { Float(parameters[column * groups * 8 + $0]) } }
            let biases = (0..<classes).map { Float(parameters[columns * groups * 8 + $0]) }
            return (
                strength,
                SoftmaxRegression(classes: classes, means: scale.means, factors: scale.factors, weights: weights, biases: biases)
            )
        }
    }

    /// Means over the rows where a value is there; 0 where none is.
    private static func means(_ features: [Float], _ columns: Int) -> [Float] {
        var (sums, counts) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
        for place in features.indices where !features[place].isNaN {
            sums[place % columns] += Double(features[place])
            counts[place % columns] += 1
        }
        return zip(sums, counts).map { $1 == 0 ? 0 : Float($0 / $1) }
    }

    /// Logits `[N, K]` of features `[N, D]`; a row's depend on nothing but the row.
    public func logits(_ features: [Float]) -> [Float] {
        precondition(features.count.isMultiple(of: max(1, columns)), "SoftmaxRegression.logits: \(features.count) values of \(columns)")
        let rows = features.count / max(1, columns)
        return [Float](unsafeUninitializedCapacity: rows * classes) { buffer, count in
            for row in 0..<rows {
                let line = buffer.baseAddress! + row * classes
                for label in 0..<classes { line[label] = biases[label] }
                for column in 0..<columns where factors[column] != 0 {
                    let value = features[row * columns + column]
                    guard !value.isNaN else { continue }
                    let standardised = (value - means[column]) * factors[column]
                    for label in 0..<classes { line[label] += standardised * weights[column * classes + label] }
                }
            }
            count = rows * classes
        }
    }
}
