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

    /// Scores `[N, classes]` as ranks within their fold, from 0 to 1, ties in the middle. Folds have probes of their own, and one that
    /// was fitted
    /// on more of a class scores all rows higher while fewer of that class are left to it: put together as they are, AUC would be too low.
    func ranked(_ scores: [Float]) -> [Float] {
        var result = scores
        for fold in 0..<folds.count {
            let rows = folds.rows(in: fold)
            for k in 0..<classes {
                let order = rows.sorted { (scores[$0 * classes + k], $0) < (scores[$1 * classes + k], $1) }
                var first = 0
                while first < order.count {
                    var last = first
                    while last + 1 < order.count, scores[order[last + 1] * classes + k] == scores[order[first] * classes + k] { last += 1 }
                    let rank = Float(first + last + 1) / Float(2 * order.count)
                    for place in first...last { result[order[place] * classes + k] = rank }
                    first = last + 1
                }
            }
        }
        return result
    }

    /// Classes that are told from the rest: of two the second, otherwise all.
    private static func asked(_ classes: Int) -> Range<Int> { classes == 2 ? 1..<2 : 0..<classes }

    private static func scores(_ scores: [Float], _ right: [Int32], _ classes: Int) -> [DiscriminationScores] {
        asked(classes).map { k in
            DiscriminationScores(scores: right.indices.map { scores[$0 * classes + k] }, positives: right.map { $0 == Int32(k) })
        }
    }

    /// Mean AUC of each class against the rest, with its interval by person.
    static func auc(_ scores: [Float], _ right: [Int32], classes: Int, clusters: [Int32]) -> MetricInterval {
        let all = Self.scores(scores, right, classes)
        return Resampling(rounds: 500).interval(units: right.count, clusters: clusters) { weights in
            let values = all.map { $0.values(weights)[0] }.filter { !$0.isNaN }
            return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
        }
    }

    static func macroAUC(_ scores: [Float], _ right: [Int32], classes: Int) -> Double {
        let ones = [Int32](repeating: 1, count: right.count)
        let values = Self.scores(scores, right, classes).map { all in ones.withUnsafeBufferPointer { all.values($0)[0] } }
            .filter { !$0.isNaN }
        return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }
}
