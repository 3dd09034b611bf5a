internal import BoostedTrees
internal import CreditRisk
internal import SequenceKernel

/// How the models of a credit figure are trained; a file may leave out what keeps its default.
struct CreditFigureSettings: Decodable, Sendable {
    /// Boosted trees.
    struct Trees: Decodable, Sendable {
        var rounds = 2_000
        var depths = [3, 4, 5]
        var learningRate = 0.05
        var patience = 50
        var subsample = 0.8
        var columnSample = 0.8
        var minimumChildWeight = 5.0
        var lambda = 1.0

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case rounds, depths, learningRate, patience, subsample, columnSample, minimumChildWeight, lambda
        }

        init() {}

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            rounds = try values.decodeIfPresent(Int.self, forKey: .rounds) ?? rounds
            depths = try values.decodeIfPresent([Int].self, forKey: .depths) ?? depths
            learningRate = try values.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
            patience = try values.decodeIfPresent(Int.self, forKey: .patience) ?? patience
            subsample = try values.decodeIfPresent(Double.self, forKey: .subsample) ?? subsample
            columnSample = try values.decodeIfPresent(Double.self, forKey: .columnSample) ?? columnSample
            minimumChildWeight = try values.decodeIfPresent(Double.self, forKey: .minimumChildWeight) ?? minimumChildWeight
            lambda = try values.decodeIfPresent(Double.self, forKey: .lambda) ?? lambda
        }
    }

    /// Splits, each with a seed of its own.
    var seeds = 10
    /// Resamples of an interval.
    var resamples = 1_000
    /// Share of the training rows that chooses and stops.
    var validationShare = 0.15
    /// Parts by which networks cut numbers.
    var parts = 16
    var minimumCategoryCount = 20
    var perceptron: IntentionHabitSettings
    var trees = Trees()
    /// Of the model on top of scores; those of `trees` when left out.
    var stackedTrees: Trees?
    /// Whether the guided perceptron's out-of-fold score is stacked, too.
    var stacksGuided = false
    /// The sequence model's tables and network.
    var sequence: FrameworkConfiguration?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case seeds, resamples, validationShare, parts, minimumCategoryCount, perceptron, trees, stackedTrees, stacksGuided, sequence
    }

    init() { perceptron = CreditBaselineSettings().perceptron }

    init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.container(keyedBy: CodingKeys.self)
        seeds = try values.decodeIfPresent(Int.self, forKey: .seeds) ?? seeds
        resamples = try values.decodeIfPresent(Int.self, forKey: .resamples) ?? resamples
        validationShare = try values.decodeIfPresent(Double.self, forKey: .validationShare) ?? validationShare
        parts = try values.decodeIfPresent(Int.self, forKey: .parts) ?? parts
        minimumCategoryCount = try values.decodeIfPresent(Int.self, forKey: .minimumCategoryCount) ?? minimumCategoryCount
        perceptron = try values.decodeIfPresent(IntentionHabitSettings.self, forKey: .perceptron) ?? perceptron
        trees = try values.decodeIfPresent(Trees.self, forKey: .trees) ?? trees
        stackedTrees = try values.decodeIfPresent(Trees.self, forKey: .stackedTrees)
        stacksGuided = try values.decodeIfPresent(Bool.self, forKey: .stacksGuided) ?? stacksGuided
        sequence = try values.decodeIfPresent(FrameworkConfiguration.self, forKey: .sequence)
    }

    /// Settings of the library for a seed.
    func baseline(seed: Int, trees own: Trees? = nil) -> CreditBaselineSettings {
        let own = own ?? trees
        var result = CreditBaselineSettings()
        (result.seed, result.parts, result.minimumCategoryCount) = (UInt32(seed), parts, minimumCategoryCount)
        result.perceptron = perceptron
        (result.trees.rounds, result.trees.learningRate, result.trees.earlyStoppingRounds) = (own.rounds, own.learningRate, own.patience)
        (result.trees.subsample, result.trees.columnSample) = (own.subsample, own.columnSample)
        (result.trees.minimumChildWeight, result.trees.lambda) = (own.minimumChildWeight, own.lambda)
        result.trees.depth = own.depths.first ?? result.trees.depth
        result.depths = own.depths
        return result
    }
}
