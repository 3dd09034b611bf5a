public import BoostedTrees

/// A kind of model that a credit team would compare with.
public enum CreditBaselineKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Logistic regression with an L2 penalty chosen on the validation part; missing numbers count as the mean and have a flag.
    case logisticRegression
    /// A perceptron of several layers: the network of intentions and habits with neither histories nor guides.
    case perceptron
    /// The same perceptron, drawn towards the probabilities of boosted trees that did not see the customer (Guo et al., 2020, equation 16): the
    /// first step of the network of intentions and habits.
    case guided
    /// Random forest (XGBoost's).
    case randomForest
    /// Boosted trees (XGBoost).
    case boostedTrees
}

/// How baselines are trained; only the part of the chosen kind is read.
public struct CreditBaselineSettings: Sendable {
    /// Penalties tried by logistic regression: mean cross-entropy + `strength / 2` × squared weights of standardised features.
    public var strengths = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 1e-4, 1e-5]
    /// The perceptron, guided or not; of its settings those that concern old applicants count.
    public var perceptron: IntentionHabitSettings
    /// Parts into which perceptrons cut each number at quantiles; 0 for none (16). See ``CreditEncoding``.
    public var parts = 16
    /// Parts of the customers by which a guided perceptron's trees are kept from those they judge (5).
    public var guideFolds = 5
    /// The random forest.
    public var forest: BoostedTrees.Settings
    /// Boosted trees; those with a patience stop by the validation part.
    public var trees: BoostedTrees.Settings
    /// Depths that boosted trees try beside their own, of which the validation part's loss keeps the best (none).
    public var depths: [Int] = []
    /// Applicants that a category needs for a float of its own (20).
    public var minimumCategoryCount = 20
    /// Customers that it needs, too, where one may have applied several times (1).
    public var leastCategoryCustomers = 1
    /// Most categories of a column with floats of their own (100).
    public var maximumCategories = 100
    /// Whether a perceptron refuses features that hold the outcome (true); not where who calls has looked for leaks and goes on.
    package var refusesOutcome = true
    /// What every random choice comes from; set for the perceptron and the trees alike (1).
    public var seed: UInt32 = 1

    /// The defaults.
    public init() {
        perceptron = IntentionHabitSettings()
        (perceptron.embeddingWidth, perceptron.hidden, perceptron.dropout) = (32, [64, 32], 0.2)
        forest = .randomForest(trees: 500)
        forest.minimumChildWeight = 2
        trees = BoostedTrees.Settings()
        (trees.rounds, trees.depth, trees.learningRate, trees.earlyStoppingRounds) = (1_000, 4, 0.05, 50)
        (trees.subsample, trees.columnSample, trees.minimumChildWeight) = (0.8, 0.8, 5)
    }

    /// Refuses values that cannot be meant.
    public func validate() throws(CreditBaselineError) {
        guard !strengths.isEmpty, strengths.allSatisfy({ $0 >= 0 && $0 <= 1e6 }) else {
            throw .badSetting(name: "strengths", expected: "one or more penalties from 0 to a million")
        }
        guard (1...1_000_000).contains(minimumCategoryCount) else {
            throw .badSetting(name: "minimumCategoryCount", expected: "between 1 and 1000000")
        }
        guard (1...1_000_000).contains(leastCategoryCustomers) else {
            throw .badSetting(name: "leastCategoryCustomers", expected: "between 1 and 1000000")
        }
        guard (0...10_000).contains(maximumCategories) else {
            throw .badSetting(name: "maximumCategories", expected: "between 0 and 10000")
        }
        guard (0...1_000).contains(parts) else { throw .badSetting(name: "parts", expected: "between 0 and 1000") }
        guard (3...100).contains(guideFolds) else {
            throw .badSetting(name: "guideFolds", expected: "between 3 and 100: one is scored, one judges, others teach")
        }
        guard depths.allSatisfy({ (1...12).contains($0) }) else { throw .badSetting(name: "depths", expected: "between 1 and 12") }
        guard forest.objective == .logistic, trees.objective == .logistic else {
            throw .badSetting(name: "objective of trees", expected: "logistic, as an outcome is 0 or 1")
        }
        do throws(IntentionHabitError) { try perceptron.validate() } catch { throw .perceptron(error) }
        do throws(BoostedTreesError) {
            try forest.validate()
            try trees.validate()
        } catch { throw .trees(error) }
    }
}
