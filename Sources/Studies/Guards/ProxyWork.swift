internal import BoostedTrees
internal import Evaluation

/// The fitting of a ``ProxyStudy``: scores of each row by probes that saw nobody of its fold.
struct ProxyWork {
    let features: (logistic: FeatureTable, trees: TreeFeatures)
    let folds: GroupFolds
    let classes: Int

    static let rounds = 100
    static let depth = 3

    /// Rows to fit, to choose and to guess of a fold.
    private func parts(_ fold: Int) -> (training: [Int], validation: [Int], heldOut: [Int]) {
        let next = (fold + 1) % folds.count
        let training = folds.fold.indices.filter { folds.fold[$0] != fold && folds.fold[$0] != next }
        return (training, folds.rows(in: next), folds.rows(in: fold))
    }

    /// Probabilities `[N, classes]`, and the penalty chosen in each fold.
    /// - Parameter strengths: the penalty of each fold; nil to choose them.
    func logistic(_ labels: [Int32], strengths given: [Double]? = nil) -> (scores: [Float], strengths: [Double]) {
        var scores = [Float](repeating: 0, count: labels.count * classes)
        var strengths: [Double] = []
        for fold in 0..<folds.count {
            let (training, validation, heldOut) = parts(fold)
            let probe = FrozenProbe.fit(
                training: features.logistic.selecting(training), labels: training.map { labels[$0] },
                validation: features.logistic.selecting(validation), validationLabels: validation.map { labels[$0] }, classes: classes,
                strengths: given.map { [$0[fold]] } ?? FrozenProbe.strengths)
            strengths.append(probe.strength)
            put(probe.probabilities(features.logistic.selecting(heldOut)), of: heldOut, into: &scores)
        }
        return (scores, strengths)
    }

    /// Probabilities `[N, classes]`.
    func trees(_ labels: [Int32], seed: UInt32) throws(BoostedTreesError) -> [Float] {
        var settings = BoostedTrees.Settings(.softmax(classes: classes))
        (settings.rounds, settings.depth, settings.subsample, settings.columnSample) = (Self.rounds, Self.depth, 0.8, 0.5)
        (settings.earlyStoppingRounds, settings.seed) = (10, seed)
        var scores = [Float](repeating: 0, count: labels.count * classes)
        for fold in 0..<folds.count {
            let (training, validation, heldOut) = parts(fold)
            let grown = try BoostedTrees.train(
                TreeExamples(features: features.trees.selecting(training), targets: training.map { Float(labels[$0]) }),
                validation: TreeExamples(features: features.trees.selecting(validation), targets: validation.map { Float(labels[$0]) }),
                settings)
            put(try grown.predict(features.trees.selecting(heldOut)), of: heldOut, into: &scores)
        }
        return scores
    }

    private func put(_ own: [Float], of rows: [Int], into scores: inout [Float]) {
        for (place, row) in rows.enumerated() {
            for k in 0..<classes { scores[row * classes + k] = own[place * classes + k] }
        }
    }

    /// Classes that are told from the rest: of two the second, otherwise all.
    private static func asked(_ classes: Int) -> Range<Int> { classes == 2 ? 1..<2 : 0..<classes }

    /// The rows of each fold, and the scores of each class told from the rest in it.
    private func parted(_ scores: [Float], _ right: [Int32]) -> [(rows: [Int], scores: [DiscriminationScores])] {
        (0..<folds.count).map { fold in
            let rows = folds.rows(in: fold)
            let own = Self.asked(classes).map { k in
                DiscriminationScores(scores: rows.map { scores[$0 * classes + k] }, positives: rows.map { right[$0] == Int32(k) })
            }
            return (rows, own)
        }
    }

    /// Mean over folds and classes of the AUC of a class against the rest. Only rows of one fold are compared: folds have probes of their
    /// own, and one that was fitted on more of a class scores all rows higher while fewer of that class are left to it, so that AUC over
    /// all rows would be too low.
    private static func mean(
        _ parts: [(rows: [Int], scores: [DiscriminationScores])], _ weights: UnsafeBufferPointer<Int32>
    ) -> Double {
        var (sum, count) = (0.0, 0)
        for part in parts {
            let own = part.rows.map { weights[$0] }
            own.withUnsafeBufferPointer { own in
                for scores in part.scores {
                    let value = scores.values(own)[0]
                    if value.isNaN { continue }
                    sum += value
                    count += 1
                }
            }
        }
        return count == 0 ? .nan : sum / Double(count)
    }

    /// Mean AUC of each class against the rest, within folds, with its interval by person.
    func auc(_ scores: [Float], _ right: [Int32], clusters: [Int32]) -> MetricInterval {
        let parts = parted(scores, right)
        return Resampling(rounds: 500).interval(units: right.count, clusters: clusters) { Self.mean(parts, $0) }
    }

    /// The same without an interval.
    func macroAUC(_ scores: [Float], _ right: [Int32]) -> Double {
        let parts = parted(scores, right)
        let ones = [Int32](repeating: 1, count: right.count)
        return ones.withUnsafeBufferPointer { Self.mean(parts, $0) }
    }
}
