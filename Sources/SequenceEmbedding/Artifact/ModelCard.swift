/// What a training run writes down about itself, for the person who finds the model a year later.
public struct ModelCard: Codable, Sendable, Equatable {
    /// Digest of the corpus it was trained on.
    public var dataDigest: String
    /// Sessions trained on.
    public var trainingSessions: Int
    /// Sessions the validation loss was taken on.
    public var validationSessions: Int
    /// Events trained on, in each epoch.
    public var trainingEvents: Int
    /// How the validation part was chosen.
    public var split: String
    /// Weights in the model.
    public var parameters: Int
    /// Epochs completed.
    public var epochs: Int
    /// Optimiser steps.
    public var steps: Int
    /// Mean training loss of each epoch.
    public var trainLosses: [Double]
    /// Validation loss after each epoch; empty without a validation part.
    public var validationLosses: [Double]
    /// Mean training loss of the last epoch.
    public var trainLoss: Double
    /// Validation loss of the weights that were kept.
    public var validationLoss: Double?
    /// Why training ended.
    public var outcome: String
    /// Wall-clock seconds of this process.
    public var seconds: Double
    /// Events a second.
    public var eventsPerSecond: Double
    /// The vector loops that ran, on which the last bits depend.
    public var instructionSet: String
    /// Threads at work; the weights do not depend on it.
    public var threads: Int
    /// The program.
    public var program: String

    /// A card of nothing, to be filled.
    public init() {
        dataDigest = ""
        (trainingSessions, validationSessions, trainingEvents, parameters, epochs, steps) = (0, 0, 0, 0, 0, 0)
        split = ""
        trainLosses = []
        validationLosses = []
        (trainLoss, seconds, eventsPerSecond) = (0, 0, 0)
        outcome = ""
        instructionSet = ""
        threads = 1
        program = "Tessera"
    }
}
