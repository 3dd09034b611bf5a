#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Binary logistic regression for soft targets: the probability that a label is right, from features that stay as they are.
///
/// Weights carry an L2 penalty, the bias does not. Made by a ``LogisticCrossValidation``.
public struct LogisticProbe: Sendable {
    /// The penalty chosen: mean cross-entropy + `strength / 2` × squared weights.
    public let strength: Double
    /// Whether features were brought to equal spread first.
    public let isStandardised: Bool
    /// Mean held-out log loss of that choice.
    public let heldOutLoss: Double
    let scale: FeatureScale?
    let parameters: [Double]

    /// The probability of each row, `[rows]`.
    public func probabilities(_ table: FeatureTable) -> [Float] {
        precondition(
            table.columns + 1 == parameters.count, "LogisticProbe: fitted on \(parameters.count - 1) columns, applied to \(table.columns)")
        return LogisticLoss.probabilities(scale?.apply(table) ?? table, parameters)
    }
}

/// Chooses the penalty of a ``LogisticProbe`` by cross-validation: the one with the lowest mean log loss over all held-out rows.
///
/// The tables of all folds are made once and serve any number of targets; ``fit(_:)`` may be called by several threads at once. L-BFGS goes
/// from the strongest penalty to the weakest, each starting where the last ended, so nothing depends on chance.
public struct LogisticCrossValidation: Sendable {
    private struct Fold: Sendable {
        let training: FeatureTable
        let heldOut: FeatureTable
        let trainingRows: [Int]
        let heldOutRows: [Int]
    }

    /// One way of scaling, over all folds, and of all rows.
    private struct Scaling: Sendable {
        let folds: [Fold]
        let all: FeatureTable
        let scale: FeatureScale?
    }

    /// Penalties tried, strongest first.
    public static let strengths = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5, 1e-5]

    /// Training rows (N).
    public let rows: Int
    private let scalings: [Scaling]

    /// - Parameters:
    ///   - table: `[N, features]`.
    ///   - folds: `[N]`, the fold that holds a row out; at least two different ones.
    ///   - standardised: the choices to try: features as they are, or scaled to equal spread by the rows trained on.
    public init(_ table: FeatureTable, folds: [Int], standardised: [Bool] = [false, true]) {
        precondition(table.rows == folds.count, "LogisticCrossValidation: \(table.rows) rows, \(folds.count) folds")
        let numbers = Set(folds).sorted()
        precondition(numbers.count > 1 && !standardised.isEmpty, "LogisticCrossValidation: \(numbers.count) folds are too few")
        rows = table.rows
        scalings = standardised.map { isStandardised in
            let scale = isStandardised ? FeatureScale(table) : nil
            let parts = numbers.map { number in
                let trainingRows = folds.indices.filter { folds[$0] != number }
                let heldOutRows = folds.indices.filter { folds[$0] == number }
                let (training, heldOut) = (table.selecting(trainingRows), table.selecting(heldOutRows))
                let own = isStandardised ? FeatureScale(training) : nil
                return Fold(
                    training: own?.apply(training) ?? training, heldOut: own?.apply(heldOut) ?? heldOut, trainingRows: trainingRows,
                    heldOutRows: heldOutRows)
            }
            return Scaling(folds: parts, all: scale?.apply(table) ?? table, scale: scale)
        }
    }

    /// Fits one label.
    /// - Parameters:
    ///   - targets: `[N]`, between 0 and 1.
    ///   - strengths: penalties to try; the search stops at the second in a row that is worse than the one before.
    /// - Complexity: O(strengths × folds × iterations × non-zero features).
    public func fit(_ targets: [Float], strengths: [Double] = LogisticCrossValidation.strengths) -> LogisticProbe {
        precondition(targets.count == rows, "LogisticCrossValidation.fit: \(targets.count) targets for \(rows) rows")
        precondition(targets.allSatisfy { $0 >= 0 && $0 <= 1 }, "LogisticCrossValidation.fit: a target lies outside 0...1")
        precondition(!strengths.isEmpty, "LogisticCrossValidation.fit: no penalties")
        var best: (scaling: Int, strength: Double, loss: Double)?
        for (index, scaling) in scalings.enumerated() {
            let own = scaling.folds.map { fold in fold.trainingRows.map { targets[$0] } }
            var parameters = zip(scaling.folds, own).map { Self.start($0.training, $1) }
            var losses: [Double] = []
            for strength in strengths.sorted(by: >) {
                var sum = 0.0
                for (number, fold) in scaling.folds.enumerated() {
                    Self.minimise(fold.training, own[number], strength, &parameters[number])
                    for (probability, row) in zip(LogisticLoss.probabilities(fold.heldOut, parameters[number]), fold.heldOutRows) {
                        let held = min(max(Double(probability), 1e-7), 1 - 1e-7)
                        sum -= Double(targets[row]) * log(held) + (1 - Double(targets[row])) * log(1 - held)
                    }
                }
                losses.append(sum / Double(rows))
                if best == nil || losses.last! < best!.loss { best = (index, strength, losses.last!) }
                let last = losses.suffix(3)
                if last.count == 3 && zip(last, last.dropFirst()).allSatisfy({ $0 < $1 }) { break }
            }
        }
        let (scaling, chosen) = (scalings[best!.scaling], best!)
        var parameters = Self.start(scaling.all, targets)
        Self.minimise(scaling.all, targets, chosen.strength, &parameters)
        return LogisticProbe(
            strength: chosen.strength, isStandardised: scaling.scale != nil, heldOutLoss: chosen.loss, scale: scaling.scale,
            parameters: parameters)
    }

    /// No weights, and the bias that gives the mean target.
    private static func start(_ table: FeatureTable, _ targets: [Float]) -> [Double] {
        let (sum, count) = (targets.reduce(0.0) { $0 + Double($1) }, Double(targets.count))
        // Where a label is never or always right, half an example says otherwise, so that held-out surprises cost what they should.
        let mean = sum > 0 && sum < count ? sum / count : (sum + 0.5) / (count + 1)
        var parameters = [Double](repeating: 0, count: table.columns + 1)
        parameters[table.columns] = log(mean / (1 - mean))
        return parameters
    }

    private static func minimise(_ table: FeatureTable, _ targets: [Float], _ strength: Double, _ parameters: inout [Double]) {
        // One-sided targets have no minimum: the start stays.
        guard let first = targets.first, targets.contains(where: { $0 != first }) else { return }
        let loss = LogisticLoss(table: table)
        var solver = LimitedMemoryBFGS()
        solver.relativeTolerance = 1e-7
        _ = solver.minimise(&parameters) { point, gradient in loss(point, targets, strength: strength, gradient: &gradient) }
    }
}
