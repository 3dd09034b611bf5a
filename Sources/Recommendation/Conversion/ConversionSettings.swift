internal import SequenceEmbedding

/// How a conversion predictor is taught. Every choice among several values is made on customers that were held out.
public struct ConversionSettings: Sendable, Equatable, Codable {
    /// What predicts.
    public enum Head: String, Sendable, Codable, CaseIterable {
        /// Multinomial logistic regression.
        case softmax
        /// Gradient-boosted trees.
        case trees
    }

    /// Which customers are held out.
    public enum HeldOut: String, Sendable, Codable, CaseIterable {
        /// All, fold by fold: for data whose customers come in no order.
        case folds
        /// Those whose first decision is latest: for data that drift, where what held last month says more than what held on average.
        case latest
    }

    /// How probabilities are corrected.
    public enum Calibration: String, Sendable, Codable, CaseIterable {
        /// As the head gives them.
        case none
        /// One temperature over all logits (Guo et al., 2017), from predictions of customers that were not learnt from.
        case temperature
    }

    /// How it is decided that a product is offered.
    public enum Decision: String, Sendable, Codable, CaseIterable {
        /// By ``missedCost`` and ``falseOfferCost``.
        case cost
        /// At the probability with the best micro F1 of the products on customers that were not learnt from.
        case f1
    }

    /// What predicts.
    public var head = Head.softmax
    /// Which customers are held out for every choice.
    public var heldOut = HeldOut.folds
    /// Parts of the customers, 2 to 100, where all are held out fold by fold.
    public var folds = 5
    /// Share of the customers held out where the latest are, 0.01 to 0.9.
    public var latestShare = 0.3
    /// Penalties of the regression to choose from.
    public var strengths = [0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003]
    /// Depths of trees to choose from, 1 to 12.
    public var depths = [2, 3, 4, 6]
    /// Most rounds of trees; how many are kept is chosen.
    public var rounds = 500
    /// Rounds without gain after which a fold stops growing.
    public var patience = 30
    /// Share of each tree's step that is taken.
    public var learningRate = 0.05
    /// Share of examples drawn for a tree.
    public var subsample = 0.8
    /// Share of columns drawn for a tree.
    public var columnSample = 0.8
    /// Least sum of second derivatives in a leaf.
    public var minimumChildWeight = 5.0
    /// How probabilities are corrected.
    public var calibration = Calibration.temperature
    /// How it is decided that a product is offered.
    public var decision = Decision.f1
    /// Cost of a customer who would have taken a product and was not offered it, where costs decide.
    public var missedCost = 1.0
    /// Cost of an offer that was not taken, where costs decide.
    public var falseOfferCost = 1.0
    /// Same seed, same predictor.
    public var seed: UInt64 = 1

    enum CodingKeys: String, CodingKey, CaseIterable {
        case head, heldOut, folds, latestShare, strengths, depths, rounds, patience, learningRate, subsample, columnSample,
            minimumChildWeight
        case calibration, decision, missedCost, falseOfferCost, seed
    }

    /// The defaults.
    public init(_ head: Head = .softmax) { self.head = head }

    /// Reads what is given, keeps defaults for the rest, and refuses words it does not know.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.head, into: &head)
        try values.read(.heldOut, into: &heldOut)
        try values.read(.folds, into: &folds)
        try values.read(.latestShare, into: &latestShare)
        try values.read(.strengths, into: &strengths)
        try values.read(.depths, into: &depths)
        try values.read(.rounds, into: &rounds)
        try values.read(.patience, into: &patience)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.subsample, into: &subsample)
        try values.read(.columnSample, into: &columnSample)
        try values.read(.minimumChildWeight, into: &minimumChildWeight)
        try values.read(.calibration, into: &calibration)
        try values.read(.decision, into: &decision)
        try values.read(.missedCost, into: &missedCost)
        try values.read(.falseOfferCost, into: &falseOfferCost)
        try values.read(.seed, into: &seed)
    }

    /// Refuses what is not possible; what trees need is checked where they are grown.
    public func validate() throws(ConversionError) {
        guard (2...100).contains(folds) else { throw .badSetting(name: "folds", found: "\(folds)", expected: "2 to 100") }
        guard (0.01...0.9).contains(latestShare) else {
            throw .badSetting(name: "latestShare", found: "\(latestShare)", expected: "0.01 to 0.9")
        }
        guard !strengths.isEmpty, strengths.count <= 100, strengths.allSatisfy({ $0 >= 1e-9 && $0 <= 1e9 }) else {
            throw .badSetting(name: "strengths", found: "\(strengths.prefix(10))", expected: "1 to 100 numbers above 0")
        }
        guard !depths.isEmpty, depths.count <= 12, depths.allSatisfy({ (1...12).contains($0) }) else {
            throw .badSetting(name: "depths", found: "\(depths.prefix(12))", expected: "1 to 12 numbers from 1 to 12")
        }
        for (name, cost) in [("missedCost", missedCost), ("falseOfferCost", falseOfferCost)] {
            guard cost > 0, cost <= 1e12 else { throw .badSetting(name: name, found: "\(cost)", expected: "a number above 0") }
        }
    }
}
