public import SequenceKernel

/// What a model of intentions and habits learns from. One of both parts of applicants may be missing: without new ones the result is a
/// perceptron over profiles (with guides: a tree-guided one), without old ones there is no first step.
public struct IntentionHabitData: Sendable {
    /// Applicants learnt from, and those that say when to stop.
    public struct Part: Sendable {
        /// Learnt from.
        public var training: IntentionHabitExamples
        /// Of other customers.
        public var validation: IntentionHabitExamples

        /// See the properties.
        public init(training: IntentionHabitExamples, validation: IntentionHabitExamples) {
            (self.training, self.validation) = (training, validation)
        }
    }

    /// Old applicants, of whom only profiles are known.
    public var old: Part?
    /// Trees' probabilities of the old ones learnt from, made by trees that did not see the customer; NaN where there is none, empty where
    /// there are none at all.
    public var guides: [Float]
    /// New applicants, whose histories are known.
    public var new: Part?
    /// Whether a profile that holds the outcome is refused (true); not where who calls has looked for leaks and goes on.
    package var refusesOutcome = true

    /// See the properties.
    public init(old: Part? = nil, guides: [Float] = [], new: Part? = nil) {
        (self.old, self.guides, self.new) = (old, guides, new)
    }
}

extension IntentionHabitModel {
    /// Trains in two steps; the same bytes at any number of threads.
    ///
    /// ```
    /// old applicants, both sequence slots zero, loss of equation 16 with the trees' probabilities → profile maps, profile interaction
    ///   → new applicants, the whole network, loss of equation 15 → the model
    /// ```
    /// Each step keeps the weights of the best AUC on its validation part.
    /// - Parameter progress: called after each optimiser step with the step (1 or 2) and the share done; false stops.
    /// - Throws: ``IntentionHabitError`` where data or settings are not possible or a loss is not a number.
    public static func train(
        _ data: IntentionHabitData, vocabulary: BehaviourVocabulary, _ settings: IntentionHabitSettings = IntentionHabitSettings(),
        pool: WorkerPool, progress: (Int, Double) -> Bool = { _, _ in true }
    ) throws(IntentionHabitError) -> IntentionHabitModel {
        try settings.validate()
        try data.validate(vocabulary, settings)
        // The old ones count for the scales only if they are learnt from.
        let old = settings.preTraining || data.new == nil ? data.old : nil
        let learnt = [data.new?.training, old?.training].compactMap { $0 }
        let inputs = IntentionHabitInputs(learnt, vocabulary, settings)
        let network = IntentionHabitNetwork(
            settings, columns: inputs.columns, vocabulary: vocabulary.entries.count)
        let weights = ParameterVector(network.parameters, seed: settings.seed)
        let work = IntentionHabitTraining(network: network, inputs: inputs, weights: weights, settings: settings, pool: pool)
        var card = IntentionHabitCard()
        if let old {
            let guides = settings.treeGuidance ? data.guides : []
            let run = try work.run(old, guides: guides, step: 1, progress)
            (card.preTrainingEpochs, card.preTrainingAUC) = (run.epochs, run.auc)
            card.oldApplicants = old.training.count
            card.oldOverdue = old.training.outcomes.reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
            card.guided = guides.reduce(0) { $0 + ($1.isNaN ? 0 : 1) }
        }
        if let new = data.new {
            let run = try work.run(new, guides: [], step: 2, progress)
            (card.epochs, card.validationAUC) = (run.epochs, run.auc)
            card.newApplicants = new.training.count
            card.newOverdue = new.training.outcomes.reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
            card.histories = new.training.histories?.counts
        }
        return IntentionHabitModel(settings, vocabulary, inputs, network, weights, card: card)
    }
}

extension IntentionHabitData {
    func validate(_ vocabulary: BehaviourVocabulary, _ settings: IntentionHabitSettings) throws(IntentionHabitError) {
        guard old != nil || new != nil else { throw .examples("there are neither old nor new applicants; give some") }
        for (part, name) in [(old, "the old applicants"), (new, "the new applicants")] {
            guard let part else { continue }
            try part.training.refuseUnlearnable(name)
            if refusesOutcome { try part.training.refuseOutcome() }
            try part.validation.refuseUnlearnable("\(name)' validation part")
            try part.validation.refuseShared(with: part.training, "\(name)' validation part")
        }
        if let old, let new {
            // A customer learnt from in the first step must not judge the second.
            try new.validation.refuseShared(with: old.training, "the new applicants' validation part")
        }
        let all = [old?.training, old?.validation, new?.training, new?.validation].compactMap { $0 }
        for group in ProfileTable.Group.allCases {
            let widths = all.map { $0.profile.widths[group] ?? 0 }
            if let other = widths.first(where: { $0 != widths[0] }) {
                throw .otherProfile(group: group.rawValue, expected: widths[0], found: other)
            }
        }
        for part in [new?.training, new?.validation].compactMap({ $0 }) {
            guard let histories = part.histories else {
                throw .examples("the new applicants have no histories; append them, or call them old")
            }
            guard histories.vocabulary == vocabulary, histories.rules == settings.rules else {
                throw .table("histories were merged or cut by other rules than those of the training; make them with the same")
            }
        }
        guard guides.isEmpty || guides.count == old?.training.count ?? 0 else {
            throw .table(
                "\(guides.count) probabilities of trees for \(old?.training.count ?? 0) old applicants; give one for each, NaN for none")
        }
        guard guides.allSatisfy({ $0.isNaN || (0...1).contains($0) }) else {
            throw .table("a probability of the trees is not between 0 and 1; give probabilities, not margins")
        }
    }
}

/// Both steps on the same weights.
struct IntentionHabitTraining {
    let network: IntentionHabitNetwork
    let inputs: IntentionHabitInputs
    let weights: ParameterVector
    let settings: IntentionHabitSettings
    let pool: WorkerPool

    /// Step 1 reads profiles alone and has no decay of weights, so that the first map's weights of the sequence slots stay as they are.
    func run(
        _ part: IntentionHabitData.Part, guides: [Float], step: Int, _ progress: (Int, Double) -> Bool
    ) throws(IntentionHabitError) -> (epochs: Int, auc: Double) {
        let withHistory = step == 2
        let objective = IntentionHabitObjective(
            network, inputs, part.training, guides: guides, strength: settings.guidance, withHistory: withHistory)
        let training = CreditTraining(
            epochs: withHistory ? settings.epochs : settings.preTrainingEpochs, patience: settings.patience,
            learningRate: settings.learningRate, weightDecay: withHistory ? settings.weightDecay : 0,
            batchApplicants: settings.batchApplicants, seed: RandomSource.mix(settings.seed ^ UInt64(step)))
        let transposes = TransposedWeights(of: weights)
        do throws(CreditTraining.Fault) {
            return try training.run(
                objective, weights: weights, applicants: part.training.count, positives: part.validation.outcomes.map { $0 == 1 },
                pool: pool,
                scores: {
                    transposes.refresh(pool)
                    return IntentionHabitModel.probabilities(
                        part.validation, network, inputs, Pass.Source(weights: weights, transposes: transposes), withHistory: withHistory,
                        pool)
                },
                progress: { progress(step, Double($0.step) / Double(max(1, $0.totalSteps))) })
        } catch {
            throw IntentionHabitError(error)
        }
    }
}
