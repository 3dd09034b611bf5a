public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: profiles and app histories of applicants.   Gives: the probability of each to fall overdue.
public struct IntentionHabitModel: Sendable {
    /// How it was trained.
    public let settings: IntentionHabitSettings
    /// What raw codes are merged by.
    public let vocabulary: BehaviourVocabulary
    /// What the training says of itself.
    public let card: IntentionHabitCard
    /// Digest over all its files; empty until it is read from a directory.
    public let id: String
    package let inputs: IntentionHabitInputs
    package let network: IntentionHabitNetwork
    package let weights: ParameterVector
    private let transposes: TransposedWeights

    init(
        _ settings: IntentionHabitSettings, _ vocabulary: BehaviourVocabulary, _ inputs: IntentionHabitInputs,
        _ network: IntentionHabitNetwork,
        _ weights: ParameterVector, card: IntentionHabitCard, id: String = ""
    ) {
        (self.settings, self.vocabulary, self.inputs, self.network) = (settings, vocabulary, inputs, network)
        (self.weights, self.card, self.id) = (weights, card, id)
        transposes = TransposedWeights(of: weights)
    }

    /// Whether histories are read: false for a model that was taught on old applicants alone.
    public var readsHistories: Bool { card.newApplicants > 0 }

    /// Applicants that go through the network together.
    private static let block = 32

    /// Overdue probabilities of all applicants, `[B]`; the same at any number of threads, and whoever stands beside an applicant.
    /// - Throws: ``IntentionHabitError`` where profiles are not those of the training, or histories are missing or were cut or merged by other
    ///   rules.
    public func probabilities(_ examples: IntentionHabitExamples, pool: WorkerPool) throws(IntentionHabitError) -> [Float] {
        try check(examples)
        return Self.probabilities(
            examples, network, inputs, Pass.Source(weights: weights, transposes: transposes), withHistory: readsHistories, pool)
    }

    /// Memory of one worker, reused from applicant to applicant.
    public final class Scratch: @unchecked Sendable {
        fileprivate let workspace = Workspace()

        /// Some memory; it grows to what the longest history needs.
        public init() {}
        /// How often memory had to be asked for; constant in the steady state.
        public var allocationCount: Int { workspace.allocationCount }
    }

    /// Overdue probability of one applicant, by number: the same as among others.
    /// - Throws: as ``probabilities(_:pool:)``.
    public func probability(
        of applicant: Int, in examples: IntentionHabitExamples, _ scratch: Scratch
    ) throws(IntentionHabitError) -> Float {
        try check(examples)
        precondition((0..<examples.count).contains(applicant), "IntentionHabitModel: applicant \(applicant) of \(examples.count)")
        scratch.workspace.reset()
        let pass = Pass(weights: weights, workspace: scratch.workspace, transposes: transposes)
        let input = inputs.input(examples, applicant..<applicant + 1, withHistory: readsHistories, scratch.workspace)
        return 1 / (1 + exp(-IntentionHabitNetwork.logit(network.forward(input, pass).logits[0])))
    }

    private func check(_ examples: IntentionHabitExamples) throws(IntentionHabitError) {
        for group in ProfileTable.Group.allCases {
            let expected = inputs.scale(group).means.count, found = examples.profile.widths[group] ?? 0
            guard expected == found else { throw .otherProfile(group: group.rawValue, expected: expected, found: found) }
        }
        guard readsHistories else { return }
        guard let histories = examples.histories else {
            throw .table("the model reads histories, and there are none; append one for each applicant, empty where nothing was done")
        }
        guard histories.vocabulary == vocabulary, histories.rules == settings.rules else {
            throw .table(
                "histories were merged or cut by other rules than the model's; make them with its vocabulary and its settings' rules")
        }
    }

    static func probabilities(
        _ examples: IntentionHabitExamples, _ network: IntentionHabitNetwork, _ inputs: IntentionHabitInputs, _ source: Pass.Source,
        withHistory: Bool, _ pool: WorkerPool
    ) -> [Float] {
        let workspaces = (0..<pool.threads).map { _ in Workspace() }
        let count = examples.count
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run((count + block - 1) / block) { number, worker in
                let range = number * block..<min((number + 1) * block, count)
                let workspace = workspaces[worker]
                workspace.reset()
                let pass = Pass(weights: source.weights, workspace: workspace, transposes: source.transposes)
                let logits = network.forward(inputs.input(examples, range, withHistory: withHistory, workspace), pass).logits
                for (place, applicant) in range.enumerated() {
                    base![applicant] = 1 / (1 + exp(-IntentionHabitNetwork.logit(logits[place])))
                }
            }
            initialized = count
        }
    }
}

extension Pass {
    /// What passes of inference share.
    struct Source: Sendable {
        let weights: ParameterVector
        let transposes: TransposedWeights
    }
}

/// What a training says of itself.
public struct IntentionHabitCard: Sendable, Equatable, Codable {
    /// Old applicants learnt from in the first step.
    public var oldApplicants = 0
    /// Of these overdue.
    public var oldOverdue = 0
    /// Old applicants with another model's probability to be guided by.
    public var guided = 0
    /// New applicants learnt from in the second step.
    public var newApplicants = 0
    /// Of these overdue.
    public var newOverdue = 0
    /// Passes over old and new applicants.
    public var preTrainingEpochs = 0
    /// See ``preTrainingEpochs``.
    public var epochs = 0
    /// AUC on the validation part after each step, of the weights that were kept.
    public var preTrainingAUC: Double?
    /// See ``preTrainingAUC``.
    public var validationAUC: Double?
    /// What was kept of the new applicants' behaviours.
    public var histories: SessionHistories.Counts?

    /// Nothing measured yet.
    public init() {}
}
