#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension BoostedTrees {
    /// Most memory the sums of a tree's nodes may take, in bytes.
    static let maximumHistogramBytes = 16 << 30

    /// Grows trees.
    /// - Parameters:
    ///   - training: N examples with one target each.
    ///   - validation: examples of which the loss is taken after each round; needed to stop early.
    /// - Throws: ``BoostedTreesError`` where settings, sizes or values are not possible, or the library fails.
    /// - Complexity: O(rounds × depth × values that are there), on one thread.
    public static func train(
        _ training: TreeExamples, validation: TreeExamples? = nil, _ settings: Settings = Settings()
    ) throws(BoostedTreesError) -> BoostedTrees {
        try check(training, validation, targets: 1, settings)
        let table = try LibraryTable(training.features)
        let judge: LibraryTable?
        if let validation { judge = try LibraryTable(validation.features) } else { judge = nil }
        return try grow(table, training.targets, training.weights, judge, validation, settings, columns: training.features.columns)
    }

    /// The same from plain arrays.
    /// - Parameters:
    ///   - features: `[N, D]` row by row, NaN where missing.
    ///   - targets: `[N]`.
    ///   - weights: `[N]`.
    public static func train(
        features: [Float], columns: Int, targets: [Float], weights: [Float]? = nil, validation: TreeExamples? = nil,
        _ settings: Settings = Settings()
    ) throws(BoostedTreesError) -> BoostedTrees {
        let table = try TreeFeatures.dense(features, columns: columns)
        return try train(TreeExamples(features: table, targets: targets, weights: weights), validation: validation, settings)
    }

    /// Refuses what cannot be trained, before the library sees it.
    static func check(
        _ training: TreeExamples, _ validation: TreeExamples?, targets: Int, _ settings: Settings
    ) throws(BoostedTreesError) {
        try settings.validate()
        try check(training, "training", targets: targets, settings.objective)
        let features = training.features
        if let validation {
            try check(validation, "validation", targets: targets, settings.objective)
            guard validation.features.columns == features.columns else {
                throw .wrongSize(what: "columns of validation features", found: validation.features.columns, expected: features.columns)
            }
        } else if settings.earlyStoppingRounds != nil {
            throw .badSetting(name: "early stopping rounds", found: "given without validation examples", expected: "nil, or give some")
        }
        // The library adds up gradients in 16 bytes for each of at most 256 bins of each column in each node of a tree.
        let bins = min(features.columns * min(256, features.rows + 1), features.storedCount + features.columns)
        let nodes = min(2 << settings.depth, 2 * features.rows)
        let (bytes, isTooMuch) = (bins * 16).multipliedReportingOverflow(by: nodes)
        guard !isTooMuch, bytes <= maximumHistogramBytes else {
            throw .tooLarge(
                what: "bytes for sums of \(features.columns) columns at depth \(settings.depth)", found: isTooMuch ? .max : bytes,
                limit: maximumHistogramBytes)
        }
    }

    private static func check(
        _ examples: TreeExamples, _ what: String, targets: Int, _ objective: Objective
    ) throws(BoostedTreesError) {
        let rows = examples.features.rows
        guard rows > 0 else { throw .wrongSize(what: "\(what) examples", found: 0, expected: 1) }
        let (predictions, isTooMuch) = rows.multipliedReportingOverflow(by: objective.groups)
        guard !isTooMuch, predictions <= TreeFeatures.maximumValues else {
            throw .tooLarge(what: "\(what) examples", found: rows, limit: TreeFeatures.maximumValues / objective.groups)
        }
        let (count, isMore) = rows.multipliedReportingOverflow(by: targets)
        guard !isMore, examples.targets.count == count else {
            throw .wrongSize(what: "\(what) targets", found: examples.targets.count, expected: count)
        }
        try objective.check(examples.targets)
        guard let weights = examples.weights else { return }
        guard weights.count == rows else { throw .wrongSize(what: "\(what) weights", found: weights.count, expected: rows) }
        if let index = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw .badElement(what: "the \(what) weights", index: index, expected: "finite and not negative")
        }
        guard weights.contains(where: { $0 > 0 }) else {
            throw .badElement(what: "the \(what) weights", index: 0, expected: "above 0, nor is any other")
        }
    }

    /// Grows one booster on the calling thread. `table` is given the targets; it may be used again afterwards.
    static func grow(
        _ table: LibraryTable, _ targets: [Float], _ weights: [Float]?, _ judge: LibraryTable?, _ validation: TreeExamples?,
        _ settings: Settings, columns: Int
    ) throws(BoostedTreesError) -> BoostedTrees {
        try table.set(targets: targets, weights: weights)
        var booster = try LibraryBooster([table] + (judge.map { [$0] } ?? []))
        for (name, value) in settings.parameters(baseScore: settings.objective.baseScore(targets, weights)) {
            try booster.set(name, value)
        }
        var losses: [Double] = []
        var best = 0
        for round in 0..<settings.rounds {
            try booster.grow(round: round, table)
            guard let judge, let validation else { continue }
            let loss = try booster.predict(judge, .value, expected: judge.rows * settings.objective.groups) {
                settings.objective.loss($0, validation.targets, validation.weights)
            }
            losses.append(loss)
            if loss < losses[best] { best = round }
            if let patience = settings.earlyStoppingRounds, round - best >= patience { break }
        }
        var rounds = judge == nil ? settings.rounds : losses.count
        if settings.earlyStoppingRounds != nil, best + 1 < rounds {
            rounds = best + 1
            booster = try booster.first(rounds)
        }
        return try BoostedTrees(
            booster, objective: settings.objective, columns: columns, rounds: rounds, validationLosses: losses, threads: settings.threads)
    }
}

extension BoostedTrees.Objective {
    /// Mean loss of predictions `[N, G]`, weighted, in the order of the examples.
    func loss(_ predictions: UnsafeBufferPointer<Float>, _ targets: [Float], _ weights: [Float]?) -> Double {
        var (sum, total) = (0.0, 0.0)
        func held(_ probability: Float) -> Double { min(max(Double(probability), 1e-7), 1 - 1e-7) }
        for row in targets.indices {
            let loss: Double
            switch self {
            case .squaredError:
                let distance = Double(predictions[row]) - Double(targets[row])
                loss = distance * distance
            case .logistic:
                let (probability, target) = (held(predictions[row]), Double(targets[row]))
                loss = -target * log(probability) - (1 - target) * log(1 - probability)
            case .softmax(let classes):
                loss = -log(held(predictions[row * classes + Int(targets[row])]))
            }
            let weight = weights.map { Double($0[row]) } ?? 1
            sum += weight * loss
            total += weight
        }
        return sum / total
    }
}
