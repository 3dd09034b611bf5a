internal import SequenceEmbedding

/// How a tile ranker is trained: a file of settings may leave out what keeps its default.
public struct TileRankerSettings: Codable, Sendable, Equatable {
    /// Boosted trees beside the network; their margin is mixed in with a weight fitted on customers that neither has seen.
    public struct Trees: Codable, Sendable, Equatable {
        /// Trees grown one after the other (150).
        public var rounds = 150
        /// Splits between root and leaf (4).
        public var depth = 4
        /// Share of each tree's step that is taken (0.07).
        public var learningRate = 0.07
        /// Share of rows drawn for a tree (0.7).
        public var subsample = 0.7
        /// Share of columns drawn for a tree (0.5).
        public var columnSample = 0.5
        /// L2 penalty of the leaves' values (3).
        public var lambda = 3.0
        /// Least sum of second derivatives in a leaf (1).
        public var minimumChildWeight = 1.0
        /// Sets of trees from different seeds, whose margins are averaged (1).
        public var members = 1

        /// The defaults.
        public init() {}

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case rounds, depth, learningRate, subsample, columnSample, lambda, minimumChildWeight, members
        }

        /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.rounds, into: &rounds)
            try values.read(.depth, into: &depth)
            try values.read(.learningRate, into: &learningRate)
            try values.read(.subsample, into: &subsample)
            try values.read(.columnSample, into: &columnSample)
            try values.read(.lambda, into: &lambda)
            try values.read(.minimumChildWeight, into: &minimumChildWeight)
            try values.read(.members, into: &members)
        }
    }

    /// A sum of plain terms beside the network (``ConditionalLogit``); its scores are mixed in with a weight fitted on customers not seen.
    public struct Linear: Codable, Sendable, Equatable {
        /// L2 penalties to choose from on customers not seen; none leaves the sum out (0.1, 0.03, 0.01, 0.003, 0.001).
        public var penalties = [0.1, 0.03, 0.01, 0.003, 0.001]
        /// Most impressions that it learns from, evenly over all: they are held in memory at once (60,000).
        public var impressions = 60_000

        /// The defaults.
        public init() {}

        private enum CodingKeys: String, CodingKey, CaseIterable { case penalties, impressions }

        /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.penalties, into: &penalties)
            try values.read(.impressions, into: &impressions)
        }
    }

    /// Hidden floats of each perceptron: both towers and the one over context and tile together (32).
    public var hidden = 32
    /// Floats in which context and tile meet (8).
    public var width = 8
    /// Chance of an input to be dropped in training (0.1).
    public var inputDropout: Float = 0.1
    /// Chance of a hidden float to be dropped in training (0.2).
    public var dropout: Float = 0.2
    /// Chance of a tile to be taken for an unknown one in training, so that tiles never seen have a score (0.1).
    public var unknownShare: Float = 0.1
    /// Whether the place where a tile was shown has an effect of its own on the click, learnt in training and left out at scoring (true).
    /// Where the shown order itself is what is known of the tiles, give the position as a feature instead.
    public var examination = true
    /// Whether impressions weigh by 1 / probability with which the clicked tile was shown, where that is known (false): in what is learnt, in
    /// the penalty and shares that are chosen, and in the held-out log loss.
    public var inversePropensity = false
    /// Greatest of these weights before they are brought to mean 1 (20).
    public var propensityClip = 20.0
    /// Networks trained from different seeds, whose scores are averaged (4).
    public var members = 4
    /// Passes over the impressions (12).
    public var epochs = 12
    /// Impressions in a batch (64).
    public var batchImpressions = 64
    /// Greatest learning rate of AdamW (0.003).
    public var learningRate = 0.003
    /// AdamW's decay of weights (0.05).
    public var weightDecay = 0.05
    /// Boosted trees beside the network (none). Scores are no longer free of allocations with them.
    public var trees: Trees?
    /// The sum of plain terms beside the network.
    public var linear = Linear()
    /// Parts of the customers; what turns scores into probabilities is fitted on scores of customers not seen (5).
    public var folds = 5
    /// What every random choice comes from (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case hidden, width, inputDropout, dropout, unknownShare, examination, inversePropensity, propensityClip, members, epochs
        case batchImpressions, learningRate, weightDecay, trees, linear, folds, seed
    }

    /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.hidden, into: &hidden)
        try values.read(.width, into: &width)
        try values.read(.inputDropout, into: &inputDropout)
        try values.read(.dropout, into: &dropout)
        try values.read(.unknownShare, into: &unknownShare)
        try values.read(.examination, into: &examination)
        try values.read(.inversePropensity, into: &inversePropensity)
        try values.read(.propensityClip, into: &propensityClip)
        try values.read(.members, into: &members)
        try values.read(.epochs, into: &epochs)
        try values.read(.batchImpressions, into: &batchImpressions)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.weightDecay, into: &weightDecay)
        trees = try values.decodeIfPresent(Trees.self, forKey: .trees)
        try values.read(.linear, into: &linear)
        try values.read(.folds, into: &folds)
        try values.read(.seed, into: &seed)
    }

    /// Refuses values that cannot be meant.
    public func validate() throws(RankingError) {
        func check<Value: Comparable>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) throws(RankingError) {
            guard range.contains(value) else {
                throw .badSetting(name: name, expected: "between \(range.lowerBound) and \(range.upperBound)")
            }
        }
        try check("hidden", hidden, 1...65_536)
        try check("width", width, 1...4_096)
        try check("inputDropout", inputDropout, 0...0.95)
        try check("dropout", dropout, 0...0.95)
        try check("unknownShare", unknownShare, 0...0.95)
        try check("propensityClip", propensityClip, 1...1e9)
        try check("members", members, 1...256)
        try check("epochs", epochs, 1...100_000)
        try check("batchImpressions", batchImpressions, 1...1_000_000)
        try check("learningRate", learningRate, 1e-9...10)
        try check("weightDecay", weightDecay, 0...100)
        try check("folds", folds, 2...100)
        try check("linear.impressions", linear.impressions, 1...10_000_000)
        try check("penalties in linear.penalties", linear.penalties.count, 0...20)
        for penalty in linear.penalties { try check("linear.penalties", penalty, 1e-9...1e6) }
        guard let trees else { return }
        // The rest is what the trees' own settings refuse.
        try check("trees.members", trees.members, 1...256)
    }
}
