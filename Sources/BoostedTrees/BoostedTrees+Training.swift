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
        return try grow(
            table, training.targets, training.weights, judge, validation, settings, columns: training.features.columns,
            lists: training.lists)
    }

    /// The same from plain arrays.
    /// - Parameters:
    ///   - features: `[N, D]` row by row, NaN where missing.
    ///   - targets: `[N]`.
    ///   - weights: `[N]`.
    ///   - lists: rows of each list, for objectives that have lists.
    public static func train(
        features: [Float], columns: Int, targets: [Float], weights: [Float]? = nil, lists: [Int]? = nil,
        validation: TreeExamples? = nil, _ settings: Settings = Settings()
    ) throws(BoostedTreesError) -> BoostedTrees {
        let table = try TreeFeatures.dense(features, columns: columns)
        return try train(TreeExamples(features: table, targets: targets, weights: weights, lists: lists), validation: validation, settings)
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
            if settings.validationLoss == .areaUnderCurve {
                if let index = validation.targets.firstIndex(where: { $0 != 0 && $0 != 1 }) {
                    throw .badElement(what: "the validation targets", index: index, expected: "0 or 1, as an area under the curve needs")
                }
                for own in [Float(0), 1]
                where !validation.targets.indices.contains(where: {
                    validation.targets[$0] == own && (validation.weights?[$0] ?? 1) > 0
                }) {
                    throw .wrongSize(what: "validation examples with target \(Int(own)) and a weight", found: 0, expected: 1)
                }
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
        if objective.hasLists { try checkLists(examples, what) }
        guard let weights = examples.weights else { return }
        guard weights.count == rows else { throw .wrongSize(what: "\(what) weights", found: weights.count, expected: rows) }
        if let index = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw .badElement(what: "the \(what) weights", index: index, expected: "finite and not negative")
        }
        guard weights.contains(where: { $0 > 0 }) else {
            throw .badElement(what: "the \(what) weights", index: 0, expected: "above 0, nor is any other")
        }
    }

    private static func checkLists(_ examples: TreeExamples, _ what: String) throws(BoostedTreesError) {
        let (lists, rows) = (examples.lists ?? [], examples.features.rows)
        if let index = lists.firstIndex(where: { $0 <= 0 || $0 > rows }) {
            throw .badElement(what: "the \(what) lists", index: index, expected: "at least one row")
        }
        let sum = lists.reduce(0, +)
        guard sum == rows else { throw .wrongSize(what: "rows in the \(what) lists", found: sum, expected: rows) }
        guard let weights = examples.weights, weights.count == rows else { return }
        var first = 0
        for count in lists {
            if let row = (first..<first + count).first(where: { weights[$0] != weights[first] }) {
                throw .badElement(what: "the \(what) weights", index: row, expected: "that of its list's first row")
            }
            first += count
        }
    }

    /// Grows one booster on the calling thread. `table` is given the targets; it may be used again afterwards.
    static func grow(
        _ table: LibraryTable, _ targets: [Float], _ weights: [Float]?, _ judge: LibraryTable?, _ validation: TreeExamples?,
        _ settings: Settings, columns: Int, lists: [Int]? = nil
    ) throws(BoostedTreesError) -> BoostedTrees {
        if settings.objective == .ranking, let lists {
            try table.set(lists: lists, targets: targets, weights: weights)
        } else {
            try table.set(targets: targets, weights: weights)
        }
        var choice = ListwiseGradients(targets, weights, lists: settings.objective == .listwise ? lists ?? [] : [])
        var booster = try LibraryBooster([table] + (judge.map { [$0] } ?? []))
        for (name, value) in settings.parameters(baseScore: settings.objective.baseScore(targets, weights)) {
            try booster.set(name, value)
        }
        var losses: [Double] = []
        var best = 0
        for round in 0..<settings.rounds {
            if settings.objective == .listwise {
                // The library takes every tree of ours for the first, and would draw the same rows and columns for each.
                try booster.set("seed", "\((settings.seed &+ UInt32(round) &* 2_654_435_761) >> 1)")
                try booster.predict(table, .margin, expected: table.rows) { _ = choice.take($0) }
                try booster.grow(table, choice)
            } else {
                try booster.grow(round: round, table)
            }
            guard let judge, let validation else { continue }
            let loss = try booster.predict(judge, .value, expected: judge.rows * settings.objective.groups) {
                settings.validationLoss == .areaUnderCurve
                    ? lossOfOrder($0, validation.targets, validation.weights)
                    : settings.objective.loss($0, validation.targets, validation.weights, lists: validation.lists)
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
            booster, objective: settings.objective, columns: columns, rounds: rounds, parallelTrees: settings.parallelTrees,
            validationLosses: losses, threads: settings.threads)
    }

    /// 1 − AUC of weighted examples, equal scores counting half.
    private static func lossOfOrder(_ scores: UnsafeBufferPointer<Float>, _ targets: [Float], _ weights: [Float]?) -> Double {
        let order = targets.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        var (area, found, missed, place) = (0.0, 0.0, 0.0, 0)
        while place < order.count {
            var (here, wrong) = (0.0, 0.0)
            let score = scores[order[place]]
            while place < order.count && scores[order[place]] == score {
                let weight = weights.map { Double($0[order[place]]) } ?? 1
                if targets[order[place]] == 1 { here += weight } else { wrong += weight }
                place += 1
            }
            area += here * (missed + wrong / 2)
            found += here
            missed += wrong
        }
        return 1 - area / (found * missed)
    }
}

extension BoostedTrees.Objective {
    /// Mean loss of predictions `[N, G]`, weighted, in the order of the examples.
    func loss(_ predictions: UnsafeBufferPointer<Float>, _ targets: [Float], _ weights: [Float]?, lists: [Int]? = nil) -> Double {
        if hasLists {
            var gradients = ListwiseGradients(targets, weights, lists: lists ?? [])
            return gradients.take(predictions)
        }
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
            case .ranking, .listwise: preconditionFailure("BoostedTrees: lists are judged above")
            }
            let weight = weights.map { Double($0[row]) } ?? 1
            sum += weight * loss
            total += weight
        }
        return sum / total
    }
}
