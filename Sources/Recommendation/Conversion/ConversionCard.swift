/// What a training of a conversion predictor writes down about itself. Everything called held out is of customers that were not learnt from;
/// the choices were made on the same predictions.
public struct ConversionCard: Codable, Sendable, Equatable {
    /// Decisions learnt from.
    public var decisions = 0
    /// Their customers.
    public var customers = 0
    /// Decisions by outcome.
    public var outcomes: [String: Int] = [:]
    /// Classes without a decision: they keep a fixed small probability.
    public var absentClasses: [String] = []
    /// Features that never change in training, and so say nothing.
    public var constantFeatures: [String] = []
    /// The penalty chosen; nil for trees.
    public var strength: Double?
    /// The depth chosen; nil for the regression.
    public var depth: Int?
    /// Rounds of trees kept; nil for the regression.
    public var rounds: Int?
    /// Held-out mean log loss of every choice tried.
    public var tried: [String: Double] = [:]
    /// Decisions held out.
    public var heldOutDecisions = 0
    /// Mean log loss of the calibrated probabilities, held out.
    public var heldOutLogLoss = 0.0
    /// The same for the shares of the classes: what a predictor that knows nothing reaches.
    public var heldOutLogLossOfShares = 0.0
    /// AUC of "any product" against "none", held out; nil where one side is empty.
    public var heldOutAUC: Double?
    /// Average precision of "any product", held out; nil where there is none.
    public var heldOutAveragePrecision: Double?
    /// Micro F1 of the products at the threshold, held out; nil where there is neither product nor offer.
    public var heldOutMicroF1: Double?

    /// To be filled.
    public init() {}
}
