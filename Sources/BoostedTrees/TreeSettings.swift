extension BoostedTrees {
    /// What the trees are to predict.
    public enum Objective: Sendable, Equatable, Hashable {
        /// A number; mean squared error.
        case squaredError
        /// A probability; binary log loss. Targets may be soft: anything in 0...1.
        case logistic
        /// Probabilities of so many classes, which add up to 1; multinomial log loss. Targets are class numbers from 0.
        case softmax(classes: Int)
        /// The order of each list (LambdaMART for NDCG, XGBoost's `rank:ndcg`; Burges, 2010). Targets are grades of relevance, whole from 0 to 31;
        /// ``TreeExamples/lists`` says which rows stand together. Predictions are scores, comparable within a list.
        case ranking
        /// Which one of a list is chosen: softmax over its rows. Targets are shares of a choice from 0 to 1; a list whose targets are all 0
        /// teaches nothing. Predictions are scores, the logarithms of probabilities up to a number for each list. XGBoost itself knows no such
        /// objective: saved bytes say squared error, and margins stay what they are.
        case listwise
    }

    /// What validation examples judge trees by, and early stopping with them.
    public enum ValidationLoss: Sendable, Equatable {
        /// The objective's own loss: log loss for probabilities.
        case ofObjective
        /// 1 − AUC, for probabilities: only the order counts. Targets of validation are then 0 or 1, both among them.
        case areaUnderCurve
    }

    /// How trees are grown. The defaults suit some thousand examples.
    public struct Settings: Sendable, Equatable {
        /// What is predicted.
        public var objective = Objective.logistic
        /// Trees grown one after the other (for each class), 1 to 10,000.
        public var rounds = 200
        /// Trees grown beside one another in each round, whose mean is the round's step (XGBoost's `num_parallel_tree`), 1 to 10,000. With one
        /// round, a random forest: see ``randomForest(_:trees:)``. At most 100,000 trees in all.
        public var parallelTrees = 1
        /// Splits between root and leaf, 1 to 12.
        public var depth = 4
        /// Share of each tree's step that is taken, above 0, at most 1.
        public var learningRate = 0.1
        /// Share of examples drawn for a tree, above 0, at most 1.
        public var subsample = 1.0
        /// Share of columns drawn for a tree, above 0, at most 1.
        public var columnSample = 1.0
        /// Share of a tree's columns drawn anew for each split, above 0, at most 1.
        public var columnSamplePerSplit = 1.0
        /// Least sum of second derivatives in a leaf, from 0.
        public var minimumChildWeight = 1.0
        /// L2 penalty of the leaves' values, from 0.
        public var lambda = 1.0
        /// Rounds without a lower validation loss after which to stop, and to keep the trees up to the best round only; nil for never.
        public var earlyStoppingRounds: Int?
        /// What validation judges by.
        public var validationLoss = ValidationLoss.ofObjective
        /// Same seed, same trees.
        public var seed: UInt32 = 1
        /// Threads that predict, 1 to 256. A booster is always grown on one thread, as sums of gradients differ with their number.
        public var threads = 1

        /// The defaults for an objective.
        public init(_ objective: Objective = .logistic) { self.objective = objective }

        /// A random forest (Breiman, 2001) as XGBoost grows one: one round of deep trees on draws of rows, with columns drawn for each split,
        /// whose mean is the prediction. Rows are drawn without replacement, 63.2 % of them, as many different ones as with replacement.
        public static func randomForest(_ objective: Objective = .logistic, trees: Int = 500) -> Settings {
            var settings = Settings(objective)
            (settings.rounds, settings.parallelTrees, settings.depth, settings.learningRate) = (1, trees, 10, 1)
            (settings.subsample, settings.columnSamplePerSplit, settings.lambda) = (0.632, 0.4, 1e-5)
            return settings
        }

        /// Refuses what is not possible.
        public func validate() throws(BoostedTreesError) {
            func whole(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(BoostedTreesError) {
                guard range.contains(value) else {
                    throw .badSetting(name: name, found: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
                }
            }
            func share(_ name: String, _ value: Double) throws(BoostedTreesError) {
                // What is not zero here must not become zero in the library's 32 bits.
                guard value >= 1e-6, value <= 1 else { throw .badSetting(name: name, found: "\(value)", expected: "0.000001 to 1") }
            }
            func positive(_ name: String, _ value: Double) throws(BoostedTreesError) {
                guard value >= 0, value <= 1e9 else { throw .badSetting(name: name, found: "\(value)", expected: "0 to a milliard") }
            }
            try whole("rounds", rounds, 1...10_000)
            try whole("parallel trees", parallelTrees, 1...10_000)
            guard rounds * parallelTrees <= 100_000 else {
                throw .badSetting(
                    name: "parallel trees", found: "\(parallelTrees) in each of \(rounds) rounds", expected: "100000 in all or fewer")
            }
            if objective == .listwise { try whole("parallel trees of a choice", parallelTrees, 1...1) }
            if validationLoss == .areaUnderCurve, objective != .logistic {
                throw .badSetting(
                    name: "validation loss", found: "the area under the curve", expected: "ofObjective, or predict a probability")
            }
            try whole("depth", depth, 1...12)
            try whole("threads", threads, 1...256)
            if let earlyStoppingRounds { try whole("early stopping rounds", earlyStoppingRounds, 1...10_000) }
            if case .softmax(let classes) = objective { try whole("classes", classes, 2...1_000) }
            try share("learning rate", learningRate)
            try share("subsample", subsample)
            try share("column sample", columnSample)
            try share("column sample per split", columnSamplePerSplit)
            try positive("minimum child weight", minimumChildWeight)
            try positive("lambda", lambda)
        }

        /// The library's names and values.
        func parameters(baseScore: Float) -> [(String, String)] {
            [
                // The library is told to be quiet by every booster and, as some of it asks neither, by each thread that calls it.
                ("verbosity", "0"), ("booster", "gbtree"), ("tree_method", "hist"), ("objective", objective.name), ("nthread", "1"),
                ("seed", "\(seed)"),
                // Otherwise a thread's earlier boosters would move its random numbers on.
                ("seed_per_iteration", "1"),
                ("base_score", "\(baseScore)"), ("max_depth", "\(depth)"), ("eta", "\(Float(learningRate))"),
                ("subsample", "\(Float(subsample))"), ("colsample_bytree", "\(Float(columnSample))"),
                ("min_child_weight", "\(Float(minimumChildWeight))"), ("lambda", "\(Float(lambda))"),
                ("num_parallel_tree", "\(parallelTrees)"), ("colsample_bynode", "\(Float(columnSamplePerSplit))"),
            ] + (objective.groups > 1 ? [("num_class", "\(objective.groups)")] : [])
        }
    }
}

extension BoostedTrees.Objective {
    /// The library's name.
    var name: String {
        switch self {
        case .squaredError: "reg:squarederror"
        case .logistic: "binary:logistic"
        case .softmax: "multi:softprob"
        case .ranking: "rank:ndcg"
        case .listwise: "reg:squarederror"
        }
    }

    /// Values predicted for an example (G).
    public var groups: Int { if case .softmax(let classes) = self { classes } else { 1 } }

    /// Whether rows stand together in lists.
    public var hasLists: Bool { self == .ranking || self == .listwise }

    /// Refuses targets that the objective does not know.
    func check(_ targets: [Float]) throws(BoostedTreesError) {
        switch self {
        case .squaredError:
            if let index = targets.firstIndex(where: { !$0.isFinite }) {
                throw .badElement(what: "the targets", index: index, expected: "finite")
            }
        case .logistic:
            if let index = targets.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
                throw .badElement(what: "the targets", index: index, expected: "in 0...1")
            }
        case .ranking:
            if let index = targets.firstIndex(where: { !($0 >= 0 && $0 <= 31 && $0 == $0.rounded()) }) {
                throw .badElement(what: "the targets", index: index, expected: "a grade, whole from 0 to 31")
            }
        case .listwise:
            if let index = targets.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
                throw .badElement(what: "the targets", index: index, expected: "in 0...1")
            }
        case .softmax(let classes):
            if let index = targets.firstIndex(where: { !($0 >= 0 && $0 < Float(classes) && $0 == $0.rounded()) }) {
                throw .badElement(what: "the targets", index: index, expected: "the number of a class below \(classes)")
            }
        }
    }

    /// The prediction before the first tree: the mean of the targets, so that no tree is spent on it. Irrelevant to softmax.
    func baseScore(_ targets: [Float], _ weights: [Float]?) -> Float {
        if case .softmax = self { return 0.5 }
        // A number that all rows have in common orders nothing.
        if hasLists { return 0 }
        var (sum, total) = (0.0, 0.0)
        for (index, target) in targets.enumerated() {
            let weight = weights.map { Double($0[index]) } ?? 1
            sum += weight * Double(target)
            total += weight
        }
        let mean = Float(sum / total)
        return self == .logistic ? min(max(mean, 1e-4), 1 - 1e-4) : mean
    }
}
