internal import BoostedTrees
public import SequenceKernel

/// Scores of applicants by models that did not see their customers: what joins hand-made features in the model that is stacked on top. A
/// score of a model that saw the customer would look better than it is (systems.md 4.5).
public struct FrameworkFolds: Sendable {
    /// Overdue probability of each applicant, `[B]`.
    public let scores: [Float]
    /// Which fold's model gave it, `[B]`.
    public let folds: [Int]
    /// What the training of each fold says of itself.
    public let cards: [FrameworkCard]

    /// Trains a model for each fold and scores the fold with it. The encoder, too, sees the fold's training alone.
    /// - Parameters:
    ///   - unlabelled: see there; each fold's model is taught by all of them.
    ///   - progress: called with the share done; false stops.
    /// - Throws: as ``FrameworkModel/train(_:training:validation:unlabelled:pool:progress:)``.
    public init(
        _ configuration: FrameworkConfiguration, _ examples: FrameworkExamples, unlabelled: FrameworkExamples? = nil, pool: WorkerPool,
        progress: (Double) -> Bool = { _ in true }
    ) throws(FrameworkError) {
        try configuration.validate()
        try examples.refuseUnlearnable("the applicants learnt from")
        let settings = configuration.network
        let folds = try Self.parts(examples, settings.folds, seed: settings.seed)
        var scores = [Float](repeating: .nan, count: examples.count)
        var cards: [FrameworkCard] = []
        for fold in 0..<settings.folds {
            let own = folds.indices.filter { folds[$0] == fold }
            let rest = examples.subset(folds.indices.filter { folds[$0] != fold })
            let (training, validation) = try Self.split(rest, settings)
            let model = try FrameworkModel.train(
                configuration, training: training, validation: validation, unlabelled: unlabelled, pool: pool,
                progress: { progress((Double(fold) + $0) / Double(settings.folds)) })
            for (place, score) in zip(own, try model.probabilities(examples.subset(own), pool: pool)) { scores[place] = score }
            cards.append(model.card)
        }
        (self.scores, self.folds, self.cards) = (scores, folds, cards)
    }

    /// Applicants learnt from and those that say when to stop, split by customer.
    /// - Throws: ``FrameworkError/examples(_:)`` where one of both has customers of one outcome only.
    public static func split(
        _ examples: FrameworkExamples, _ settings: FrameworkSettings
    ) throws(FrameworkError) -> (training: FrameworkExamples, validation: FrameworkExamples) {
        let count = max(2, Int((1 / settings.validationShare).rounded()))
        let parts = try parts(examples, count, seed: RandomSource.mix(settings.seed ^ 0x5E1F))
        let training = examples.subset(parts.indices.filter { parts[$0] != 0 })
        let validation = examples.subset(parts.indices.filter { parts[$0] == 0 })
        try training.refuseUnlearnable("the applicants learnt from")
        try validation.refuseUnlearnable("the validation part")
        return (training, validation)
    }

    /// A part from `0 ..< count` for each applicant: all applications of a customer are in one, and each part has its share of the customers
    /// who were ever overdue. It depends on customers, outcomes and seed, not on the order of the applicants.
    static func parts(_ examples: FrameworkExamples, _ count: Int, seed: UInt64) throws(FrameworkError) -> [Int] {
        do throws(BoostedTreesError) {
            return try GroupFolds(
                groups: examples.customers, positives: examples.outcomes.map { $0 == 1 }, count: count, seed: seed
            ).fold
        } catch {
            throw .examples("there are fewer customers than parts (\(count)); take fewer folds or more customers")
        }
    }
}
