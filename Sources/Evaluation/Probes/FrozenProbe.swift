/// Multinomial logistic regression on features that stay as they are: the standard proof that a vector carries something.
///
/// Features are standardised by the training rows; weights carry an L2 penalty, the bias does not; the strength of the penalty is the one
/// with the lowest log loss on the validation rows. Fitted by L-BFGS from the strongest penalty to the weakest, each starting
/// where the last ended, so the result does not depend on chance.
public struct FrozenProbe: Sendable {
    /// Number of classes.
    public let classes: Int
    /// The penalty chosen: mean cross-entropy + `strength / 2` × squared weights.
    public let strength: Double
    /// Validation log loss for each strength tried, strongest first.
    public let validationLosses: [(strength: Double, logLoss: Double)]
    private let scale: FeatureScale
    private let parameters: [Double]

    /// Penalties tried unless told otherwise.
    public static let strengths = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001]

    /// Fits on the training rows and chooses the penalty on the validation rows.
    /// - Parameters:
    ///   - training: `[N, features]`, with one label from `0 ..< classes` per row.
    ///   - validation: `[M, features]`; rows of other visitors than the training rows, if visitors matter.
    ///   - strengths: penalties to try; the search stops at the first that is worse than two before it.
    /// - Complexity: O(iterations × non-zero features × classes).
    public static func fit(
        training: FeatureTable, labels: [Int32], validation: FeatureTable, validationLabels: [Int32], classes: Int,
        strengths: [Double] = FrozenProbe.strengths, maximumIterations: Int = 80
    ) -> FrozenProbe {
        precondition(training.rows == labels.count, "FrozenProbe.fit: \(training.rows) training rows, \(labels.count) labels")
        precondition(
            validation.rows == validationLabels.count, "FrozenProbe.fit: \(validation.rows) rows, \(validationLabels.count) labels")
        precondition(training.rows > 0 && validation.rows > 0 && !strengths.isEmpty, "FrozenProbe.fit: needs rows and a penalty")
        precondition(
            (labels + validationLabels).allSatisfy { $0 >= 0 && $0 < classes }, "FrozenProbe.fit: a label lies outside 0..<\(classes)")
        let scale = FeatureScale(training)
        let loss = SoftmaxLoss(scale.apply(training), classes: classes)
        let judge = SoftmaxLoss(scale.apply(validation), classes: classes)
        var parameters = [Double](repeating: 0, count: loss.parameterCount)
        var solver = LimitedMemoryBFGS()
        solver.maximumIterations = maximumIterations
        var tried: [(strength: Double, logLoss: Double)] = []
        var best: (strength: Double, logLoss: Double, parameters: [Double])?
        for strength in strengths.sorted(by: >) {
            _ = solver.minimise(&parameters) { point, gradient in loss(point, labels, strength: strength, gradient: &gradient) }
            let losses = ClassificationMetrics.logLosses(
                probabilities: judge.probabilities(parameters), right: validationLabels, classes: classes)
            let mean = losses.reduce(0, +) / Double(losses.count)
            tried.append((strength, mean))
            if best == nil || mean < best!.logLoss { best = (strength, mean, parameters) }
            if tried.count > 2 && mean > tried[tried.count - 2].logLoss && tried[tried.count - 2].logLoss > tried[tried.count - 3].logLoss {
                break
            }
        }
        return FrozenProbe(
            classes: classes, strength: best!.strength, validationLosses: tried, scale: scale, parameters: best!.parameters)
    }

    /// Probabilities `[rows, classes]`, row by row.
    public func probabilities(_ table: FeatureTable) -> [Float] {
        SoftmaxLoss(scale.apply(table), classes: classes).probabilities(parameters)
    }

    /// The most probable class of each row; of equals the first.
    public func predictions(_ table: FeatureTable) -> [Int32] { Self.mostProbable(probabilities(table), classes: classes) }

    /// The most probable class of each row of `[rows, classes]`; of equals the first.
    public static func mostProbable(_ probabilities: [Float], classes: Int) -> [Int32] {
        precondition(probabilities.count.isMultiple(of: classes), "FrozenProbe.mostProbable: \(probabilities.count) for \(classes) classes")
        return (0..<probabilities.count / classes).map { row in
            var best = 0
            for label in 1..<max(1, classes) where probabilities[row * classes + label] > probabilities[row * classes + best] {
                best = label
            }
            return Int32(best)
        }
    }
}
