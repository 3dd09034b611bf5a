internal import BoostedTrees
internal import Evaluation
internal import SequenceKernel

/// Chooses and fits a head on customers held out.
struct ConversionFitting: Sendable {
    private let settings: ConversionSettings
    private let known: Int
    private let features: [Float]
    private let width: Int
    private let folds: CustomerFolds
    private var foldCount: Int { folds.count }
    /// Rows that every choice is made on, rising.
    private let judges: [Int]
    /// Numbers of the known classes, `[D]`.
    let labels: [Int32]

    init(_ examples: ConversionExamples, _ configuration: ConversionPredictor.Configuration, folds: CustomerFolds) {
        (settings, self.folds, known) = (configuration.settings, folds, configuration.known.count)
        features = configuration.absentFlags.applied(examples.features, width: examples.names.count)
        width = examples.names.count + configuration.absentFlags.columns.count
        judges = folds.heldOutRows
        var numbers = [Int32](repeating: 0, count: examples.classes.count)
        for (number, label) in configuration.known.enumerated() { numbers[label] = Int32(number) }
        labels = examples.outcome.map { numbers[Int($0)] }
    }

    /// What is said of every row where one class was known.
    var constantLogits: [Float] { [Float](repeating: 0, count: labels.count * known) }

    /// The head learnt from everything, and logits of each held-out row by heads that did not see its customer; 0 for other rows.
    /// - Parameter progress: called with the share done; false stops.
    func run(
        _ card: inout ConversionCard, _ pool: WorkerPool, progress: (Double) -> Bool
    ) throws(ConversionError) -> (ConversionHead, [Float]) {
        switch settings.head {
        case .softmax: try softmax(&card, pool, progress)
        case .trees: try trees(&card, pool, progress)
        }
    }

    /// Some of the work's parts, shared among the threads.
    private func share<Value>(
        _ pool: WorkerPool, _ parts: Range<Int>, of all: Int, _ progress: (Double) -> Bool, _ body: (Int) -> Value
    ) throws(ConversionError) -> [Value] {
        let goesOn = { (done: Int) in progress(Double(parts.lowerBound + done) / Double(all)) }
        guard let values = pool.map(parts.count, goesOn: goesOn, body) else { throw .cancelled }
        return values
    }

    /// Rows of one side of a fold.
    private struct Part {
        let rows: [Int]
        let features: [Float]
        let labels: [Int32]
    }

    private func part(_ isChosen: (Int) -> Bool) -> Part {
        let rows = labels.indices.filter(isChosen)
        var values: [Float] = []
        values.reserveCapacity(rows.count * width)
        for row in rows { values += features[row * width..<(row + 1) * width] }
        return Part(rows: rows, features: values, labels: rows.map { labels[$0] })
    }

    private func softmax(
        _ card: inout ConversionCard, _ pool: WorkerPool, _ progress: (Double) -> Bool
    ) throws(ConversionError) -> (ConversionHead, [Float]) {
        let all = foldCount + 1
        let paths = try share(pool, 0..<foldCount, of: all, progress) { fold in
            let (own, others) = (part { folds.fold[$0] == fold }, part { folds.fold[$0] != fold })
            return SoftmaxRegression.path(
                features: others.features, columns: width, labels: others.labels, classes: known, strengths: settings.strengths
            ).map { (strength: $0.strength, rows: own.rows, logits: $0.regression.logits(own.features)) }
        }
        let strengths = settings.strengths.sorted(by: >)
        var best: (place: Int, loss: Double, logits: [Float])?
        for (place, strength) in strengths.enumerated() {
            let logits = joined(paths.map { ($0[place].rows, $0[place].logits) })
            let loss = meanLogLoss(logits)
            card.tried["strength \(strength)"] = loss
            if best == nil || loss < best!.loss { best = (place, loss, logits) }
        }
        card.strength = strengths[best!.place]
        let last = Array(strengths[...best!.place])
        let path = try share(pool, foldCount..<all, of: all, progress) { _ in
            SoftmaxRegression.path(features: features, columns: width, labels: labels, classes: known, strengths: last)
        }
        return (.softmax(path[0].last!.regression), best!.logits)
    }

    private func trees(
        _ card: inout ConversionCard, _ pool: WorkerPool, _ progress: (Double) -> Bool
    ) throws(ConversionError) -> (ConversionHead, [Float]) {
        let depths = settings.depths
        let (tried, all) = (depths.count * foldCount, (depths.count + 1) * foldCount + 1)
        let grown = try share(pool, 0..<tried, of: all, progress) { index in
            Result { () throws(BoostedTreesError) in
                let fold = index % foldCount
                var own = treeSettings(depth: depths[index / foldCount], rounds: settings.rounds)
                own.earlyStoppingRounds = settings.patience
                return try grow(part { folds.fold[$0] != fold }, judge: part { folds.fold[$0] == fold }, own).validationLosses
            }
        }
        let sizes = (0..<foldCount).map { fold in folds.fold.count { $0 == fold } }
        var best: (depth: Int, rounds: Int, loss: Double)?
        for (place, depth) in depths.enumerated() {
            var curves: [[Double]] = []
            for fold in 0..<foldCount { curves.append(try value(grown[place * foldCount + fold])) }
            // A fold that stopped stays at its last loss, which is no better than its best.
            var least = (rounds: 1, loss: Double.infinity)
            for round in 0..<(curves.map(\.count).max() ?? 0) {
                var sum = 0.0
                for (fold, curve) in curves.enumerated() { sum += Double(sizes[fold]) * curve[min(round, curve.count - 1)] }
                let loss = sum / Double(judges.count)
                if loss < least.loss { least = (round + 1, loss) }
            }
            card.tried["depth \(depth), \(least.rounds) rounds"] = least.loss
            if best == nil || least.loss < best!.loss { best = (depth, least.rounds, least.loss) }
        }
        (card.depth, card.rounds) = (best!.depth, best!.rounds)
        let chosen = treeSettings(depth: best!.depth, rounds: best!.rounds)
        let heldOut = try share(pool, tried..<tried + foldCount, of: all, progress) { fold in
            Result { () throws(BoostedTreesError) in
                let own = part { folds.fold[$0] == fold }
                let trees = try grow(part { folds.fold[$0] != fold }, judge: nil, chosen)
                return (own.rows, try trees.margins(.dense(own.features, columns: width)))
            }
        }
        var parts: [([Int], [Float])] = []
        for part in heldOut {
            let (rows, margins) = try value(part)
            parts.append((rows, known == 2 ? margins.flatMap { [0, $0] } : margins))
        }
        let last = try share(pool, all - 1..<all, of: all, progress) { _ in
            Result { () throws(BoostedTreesError) in try grow(part { _ in true }, judge: nil, chosen) }
        }
        return (.trees(try value(last[0])), joined(parts))
    }

    private func treeSettings(depth: Int, rounds: Int) -> BoostedTrees.Settings {
        var own = BoostedTrees.Settings(ConversionHead.objective(known: known))
        (own.depth, own.rounds, own.learningRate) = (depth, rounds, settings.learningRate)
        (own.subsample, own.columnSample, own.minimumChildWeight) = (
            settings.subsample, settings.columnSample, settings.minimumChildWeight
        )
        own.seed = UInt32(truncatingIfNeeded: settings.seed)
        return own
    }

    private func grow(_ part: Part, judge: Part?, _ settings: BoostedTrees.Settings) throws(BoostedTreesError) -> BoostedTrees {
        func examples(_ part: Part) throws(BoostedTreesError) -> TreeExamples {
            TreeExamples(features: try .dense(part.features, columns: width), targets: part.labels.map(Float.init))
        }
        let validation: TreeExamples?
        if let judge { validation = try examples(judge) } else { validation = nil }
        return try BoostedTrees.train(try examples(part), validation: validation, settings)
    }

    private func value<Value>(_ result: Result<Value, BoostedTreesError>) throws(ConversionError) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let error): throw .trees(error)
        }
    }

    /// Logits of all rows from those of the folds.
    private func joined(_ parts: [(rows: [Int], logits: [Float])]) -> [Float] {
        var result = constantLogits
        for (rows, logits) in parts {
            for (place, row) in rows.enumerated() {
                for k in 0..<known { result[row * known + k] = logits[place * known + k] }
            }
        }
        return result
    }

    private func meanLogLoss(_ logits: [Float]) -> Double {
        let configuration = ConversionPredictor.Configuration(
            names: [], classes: (0..<known).map { "\($0)" }, known: Array(0..<known), shares: [Double](repeating: 0, count: known),
            absentFlags: AbsentFlags(columns: []), temperature: 1, threshold: 2, settings: settings)
        let all = configuration.probabilities(logits: logits)
        let losses = ClassificationMetrics.logLosses(
            probabilities: judges.flatMap { all[$0 * known..<($0 + 1) * known] }, right: judges.map { labels[$0] }, classes: known)
        return losses.reduce(0, +) / Double(losses.count)
    }
}

extension WorkerPool {
    /// `body(0)` to `body(count − 1)`, shared among the threads in waves of as many as there are.
    /// - Parameter goesOn: called before each wave with the number of those done; false stops.
    /// - Returns: nil where it was stopped.
    func map<Value>(_ count: Int, goesOn: (Int) -> Bool, _ body: (Int) -> Value) -> [Value]? {
        var values: [Value?] = []
        while values.count < count {
            guard goesOn(values.count) else { return nil }
            let start = values.count
            var wave = [Value?](repeating: nil, count: min(threads, count - start))
            wave.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let base = buffer.baseAddress!
                run(buffer.count) { index, _ in base[index] = body(start + index) }
            }
            values += wave
        }
        return values.map { $0! }
    }
}
