private import Synchronization

/// Takes: features and targets of examples.   Gives: gradient-boosted decision trees that predict them (Friedman, 2001; grown by XGBoost,
/// Chen and Guestrin, 2016).
///
/// Same examples, settings and seed, same bytes, whatever ``Settings/threads`` says: a booster is grown on one thread, and a prediction adds
/// its trees in order. Several targets are grown at once by ``BoostedTreesPerTarget``. Nothing is printed.
public final class BoostedTrees: Sendable {
    /// What is predicted.
    public let objective: Objective
    /// Features of an example (D).
    public let columns: Int
    /// Rounds of trees kept.
    public let rounds: Int
    /// Trees of each round, for each class.
    public let parallelTrees: Int
    /// Validation loss after each round that was grown, those beyond the best among them; empty without validation, and once read from bytes.
    /// Mean squared error, log loss, or multinomial log loss (natural logarithm, probabilities held 1e-7 away from 0 and 1); 1 − AUC where
    /// ``Settings/validationLoss`` says so.
    public let validationLosses: [Double]
    // The library's handles are for one thread at a time.
    private let booster: Mutex<LibraryBooster>

    /// Round with the lowest validation loss, counted from 1; nil without validation. The number of rounds kept, when stopping early was asked for.
    public var bestRound: Int? {
        guard let least = validationLosses.min() else { return nil }
        return validationLosses.firstIndex(of: least).map { $0 + 1 }
    }

    init(
        _ booster: LibraryBooster, objective: Objective, columns: Int, rounds: Int, parallelTrees: Int, validationLosses: [Double],
        threads: Int
    ) throws(BoostedTreesError) {
        (self.objective, self.columns, self.rounds, self.validationLosses) = (objective, columns, rounds, validationLosses)
        self.parallelTrees = parallelTrees
        try booster.set("nthread", "\(threads)")
        self.booster = Mutex(booster)
    }

    /// Predictions of examples: numbers, probabilities, or the classes' probabilities.
    /// - Returns: `[N, G]`, where G is 1 but for softmax.
    /// - Throws: ``BoostedTreesError`` where the features have other columns than those trained on, or the library fails.
    public func predict(_ features: TreeFeatures) throws(BoostedTreesError) -> [Float] {
        try output(.value, features, width: objective.groups)
    }

    /// Predictions before the link function: log odds for probabilities.
    /// - Returns: `[N, G]`.
    public func margins(_ features: TreeFeatures) throws(BoostedTreesError) -> [Float] {
        try output(.margin, features, width: objective.groups)
    }

    /// What each feature adds to each margin: exact Shapley values of the trees (Lundberg, Erion and Lee, 2018), and the bias last. They sum to
    /// the margin.
    /// - Returns: `[N, G, D + 1]`.
    /// - Complexity: O(N × trees × leaves × depth²).
    public func contributions(_ features: TreeFeatures) throws(BoostedTreesError) -> [Float] {
        try output(.contributions, features, width: objective.groups * (columns + 1))
    }

    /// Dense features, `[N, D]` row by row, NaN for missing.
    public func predict(_ features: [Float]) throws(BoostedTreesError) -> [Float] { try predict(.dense(features, columns: columns)) }

    /// The model in XGBoost's own JSON, which its other programs read; by ``init(bytes:threads:)`` the same predictions come back.
    public func bytes() throws(BoostedTreesError) -> [UInt8] {
        try withBooster { booster throws(BoostedTreesError) in try booster.bytes() }
    }

    /// Reads what ``bytes()`` gave, or a model of XGBoost 1.x and 2.x saved as JSON, if it has plain trees and an objective of ``Objective``.
    ///
    /// Every tree is checked, and the library is handed what was checked, not the bytes themselves: damaged or hostile bytes are refused.
    /// - Throws: ``BoostedTreesError/badModel(reason:)``.
    public convenience init(bytes: [UInt8], threads: Int = 1) throws(BoostedTreesError) {
        var settings = Settings()
        settings.threads = threads
        try settings.validate()
        let model = try TreeModelFile(bytes)
        let booster = try LibraryBooster([])
        try booster.set("verbosity", "0")
        try booster.load(model.text())
        let rounds = try booster.rounds()
        guard rounds == model.rounds else { throw .badModel(reason: "\(rounds) rounds were read of \(model.rounds)") }
        try self.init(
            booster, objective: model.objective, columns: model.columns, rounds: rounds, parallelTrees: model.parallelTrees,
            validationLosses: [], threads: threads)
    }

    private func output(
        _ output: LibraryBooster.Output, _ features: TreeFeatures, width: Int
    ) throws(BoostedTreesError) -> [Float] {
        guard features.columns == columns else {
            throw .wrongSize(what: "columns of features to predict from", found: features.columns, expected: columns)
        }
        guard features.rows > 0 else { return [] }
        let (count, isTooMuch) = features.rows.multipliedReportingOverflow(by: width)
        guard !isTooMuch, count <= TreeFeatures.maximumValues else {
            throw .tooLarge(
                what: "values to predict for \(features.rows) examples", found: isTooMuch ? .max : count,
                limit: TreeFeatures.maximumValues)
        }
        let table = try LibraryTable(features)
        return try withBooster { booster throws(BoostedTreesError) in
            try booster.predict(table, output, expected: count) { Array($0) }
        }
    }

    private func withBooster<Result: Sendable>(
        _ body: (LibraryBooster) throws(BoostedTreesError) -> Result
    ) throws(BoostedTreesError) -> Result {
        try LibraryCall.quiet()
        return try booster.withLock { booster throws(BoostedTreesError) in try body(booster) }
    }
}
