internal import BoostedTrees
internal import IntentTaxonomy
public import SequenceEmbedding
public import SequenceKernel

/// Boosted trees for each intent on the counts of ``CountLogisticBaseline``.
///
/// Depth and rounds are chosen for each intent by the lowest log loss in five folds of the training visitors.
public struct CountTreesBaseline: IntentBaseline {
    /// What a figure calls it.
    public let name = "boosted trees on counts"
    /// Depths tried.
    public static let depths = [2, 4, 6]
    /// Most rounds tried.
    public static let maximumRounds = 300
    private let table: any EventTable
    private let threads: Int

    /// - Parameter threads: boosters grown at once; the scores are the same with any number.
    public init(_ table: any EventTable, threads: Int = WorkerPool.availableProcessors) { (self.table, self.threads) = (table, threads) }

    /// Learns and scores, `[M, K]`; see ``IntentBaseline/scores(training:targets:intents:scored:)``.
    public func scores(training: [Int], targets: [Float], intents: Int, scored: [Int]) throws(StudyError) -> [Float] {
        try IntentTargets.check(training, targets, intents)
        let folds = try VisitorFolds.ofBaseline(training, table)
        let counts = SessionCounts(table, training: training)
        do throws(BoostedTreesError) {
            let settings = try choose(counts, training, targets, intents, folds)
            let trees = try BoostedTreesPerTarget.train(
                TreeExamples(features: try counts.rows(training).trees(), targets: targets), settings, targets: intents,
                threads: min(256, max(1, threads)))
            return try trees.predict(try counts.rows(scored).trees())
        } catch { throw .trees(error) }
    }

    private static func settings(depth: Int, rounds: Int) -> BoostedTrees.Settings {
        var settings = BoostedTrees.Settings(.logistic)
        (settings.depth, settings.rounds) = (depth, rounds)
        (settings.subsample, settings.columnSample) = (0.8, 0.5)
        return settings
    }

    /// The settings of each intent with the lowest loss over all held-out sessions.
    private func choose(
        _ counts: SessionCounts, _ training: [Int], _ targets: [Float], _ intents: Int, _ folds: [Int]
    ) throws(BoostedTreesError) -> [BoostedTrees.Settings] {
        var best = [(loss: Double, depth: Int, rounds: Int)](repeating: (.infinity, 2, 1), count: intents)
        for depth in Self.depths {
            // Sums of held-out losses after each round, `[intents, rounds]`.
            var sums = [[Double]](repeating: [Double](repeating: 0, count: Self.maximumRounds), count: intents)
            for fold in 0...(folds.max() ?? 0) {
                var own = Self.settings(depth: depth, rounds: Self.maximumRounds)
                own.earlyStoppingRounds = 20
                let heldOut = folds.indices.filter { folds[$0] == fold }
                let trees = try BoostedTreesPerTarget.train(
                    try examples(counts, folds.indices.filter { folds[$0] != fold }, training, targets, intents),
                    validation: try examples(counts, heldOut, training, targets, intents), [own], targets: intents,
                    threads: min(256, max(1, threads)))
                for (intent, booster) in trees.boosters.enumerated() {
                    let losses = booster.validationLosses
                    // Where a fold stopped, its loss has long been rising: what it was at last stands for the rest.
                    for round in 0..<Self.maximumRounds {
                        sums[intent][round] += losses[min(round, losses.count - 1)] * Double(heldOut.count)
                    }
                }
            }
            for intent in 0..<intents {
                for (round, loss) in sums[intent].enumerated() where loss < best[intent].loss { best[intent] = (loss, depth, round + 1) }
            }
        }
        return best.map { Self.settings(depth: $0.depth, rounds: $0.rounds) }
    }

    private func examples(
        _ counts: SessionCounts, _ rows: [Int], _ training: [Int], _ targets: [Float], _ intents: Int
    ) throws(BoostedTreesError) -> TreeExamples {
        TreeExamples(
            features: try counts.rows(rows.map { training[$0] }).trees(),
            targets: rows.flatMap { targets[$0 * intents..<($0 + 1) * intents] })
    }
}

extension SparseRows {
    /// For trees a value that does not occur is missing.
    func trees() throws(BoostedTreesError) -> TreeFeatures {
        try .sparse(offsets: offsets, columnIndices: columns, values: values, columns: width)
    }
}
