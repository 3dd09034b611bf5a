/// Scores of examples by trees that saw nothing of their group: what a stacked model or a guided network may learn from.
///
/// Trees judge examples they grew on too surely; one booster is grown without each part, and scores that part.
public struct OutOfFoldTrees: Sendable {
    /// Predictions of each example by the booster that did not see its group, `[N, G]`.
    public let scores: [Float]
    /// Which booster that is.
    public let folds: GroupFolds
    /// One booster a part, grown without it.
    public let boosters: [BoostedTrees]

    /// Grows a booster without each part, as many at once as there are threads; the same bytes for any number.
    ///
    /// With ``BoostedTrees/Settings/earlyStoppingRounds`` the part after the one left out says when to stop and is not learnt from either, so
    /// that no score depends on its own outcome.
    /// - Parameters:
    ///   - examples: N examples; objectives with lists are refused.
    ///   - folds: their parts, by customer.
    ///   - threads: boosters grown at once, 1 to 256.
    /// - Throws: ``BoostedTreesError``, that of the first part that has one.
    public static func train(
        _ examples: TreeExamples, folds: GroupFolds, _ settings: BoostedTrees.Settings, threads: Int = 1
    ) throws(BoostedTreesError) -> OutOfFoldTrees {
        let rows = examples.features.rows
        guard folds.fold.count == rows else { throw .wrongSize(what: "folds of examples", found: folds.fold.count, expected: rows) }
        guard !settings.objective.hasLists else {
            throw .badSetting(name: "objective", found: "one with lists", expected: "one without")
        }
        let stops = settings.earlyStoppingRounds != nil
        guard !stops || folds.count > 2 else {
            throw .badSetting(name: "folds", found: "2 with early stopping", expected: "3 or more, since one says when to stop")
        }
        guard (1...256).contains(threads) else { throw .badSetting(name: "threads", found: "\(threads)", expected: "1 to 256") }
        // Sizes and values of the whole first: parts could not be cut from arrays that are too short.
        var plain = settings
        plain.earlyStoppingRounds = nil
        try BoostedTrees.check(examples, nil, targets: 1, plain)
        let crew = min(threads, folds.count)
        let grown = ParallelWork.map(crew) { worker -> Result<[(BoostedTrees, [Float])], BoostedTreesError> in
            do throws(BoostedTreesError) {
                var own: [(BoostedTrees, [Float])] = []
                for part in stride(from: worker, to: folds.count, by: crew) {
                    let judge = (part + 1) % folds.count
                    let learnt = folds.fold.indices.filter { folds.fold[$0] != part && !(stops && folds.fold[$0] == judge) }
                    let trees = try BoostedTrees.train(
                        examples.selecting(learnt), validation: stops ? examples.selecting(folds.rows(in: judge)) : nil, settings)
                    own.append((trees, try trees.predict(examples.features.selecting(folds.rows(in: part)))))
                }
                return .success(own)
            } catch { return .failure(error) }
        }
        var shares: [[(BoostedTrees, [Float])]] = []
        for share in grown { shares.append(try share.get()) }
        let groups = settings.objective.groups
        var scores = [Float](repeating: .nan, count: rows * groups)
        var boosters: [BoostedTrees] = []
        for part in 0..<folds.count {
            let (trees, predictions) = shares[part % crew][part / crew]
            boosters.append(trees)
            for (place, row) in folds.rows(in: part).enumerated() {
                for group in 0..<groups { scores[row * groups + group] = predictions[place * groups + group] }
            }
        }
        return OutOfFoldTrees(scores: scores, folds: folds, boosters: boosters)
    }
}
