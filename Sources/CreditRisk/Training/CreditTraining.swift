internal import Evaluation
internal import SequenceKernel

/// One training of a network of this target: Adam at a constant rate, stopped when the AUC of other customers has not risen for some passes,
/// whose best weights are kept. The same bytes at any number of threads.
struct CreditTraining {
    /// Most passes.
    var epochs: Int
    /// Passes without a better AUC before it stops.
    var patience: Int
    /// Adam's learning rate.
    var learningRate: Double
    /// Decoupled decay of weights.
    var weightDecay: Double
    /// Applicants in a batch.
    var batchApplicants: Int
    /// What the order of the applicants and dropout come from.
    var seed: UInt64

    /// A step's gradient is scaled down to this norm. No paper names one; without it a single applicant with a long history can undo an
    /// epoch of a recurrence.
    static let clipNorm = 1.0

    /// Why there is no result.
    enum Fault: Error {
        /// The caller stopped it.
        case cancelled
        /// The loss or its gradient is not a number.
        case notFinite(step: Int, learningRate: Double)
    }

    /// - Parameters:
    ///   - applicants: how many are learnt from.
    ///   - positives: which of those that say when to stop were overdue.
    ///   - scores: of these, by the weights as they are.
    ///   - progress: called after each optimiser step; false stops.
    /// - Returns: passes, and the AUC of the weights that were kept.
    func run<Objective: TrainingObjective>(
        _ objective: Objective, weights: ParameterVector, applicants: Int, positives: [Bool], pool: WorkerPool,
        scores: @escaping () -> [Float],
        progress: (TrainingProgress) -> Bool
    ) throws(Fault) -> (epochs: Int, auc: Double) where Objective.Batch == ApplicantBatch {
        // Early stopping looks for the least.
        let (outcome, _) = try loop(
            objective, weights, applicants, pool, EarlyStopping(patience: patience),
            validate: { -DiscriminationMetrics(scores: scores(), positives: positives).auc }, progress: progress)
        return (outcome.epochs, -(outcome.validationLoss ?? .nan))
    }

    /// All passes, without anyone who says when to stop.
    /// - Returns: the mean loss of each pass.
    func run<Objective: TrainingObjective>(
        _ objective: Objective, weights: ParameterVector, applicants: Int, pool: WorkerPool, progress: (TrainingProgress) -> Bool
    ) throws(Fault) -> [Double] where Objective.Batch == ApplicantBatch {
        try loop(objective, weights, applicants, pool, nil, validate: nil, progress: progress).losses
    }

    private func loop<Objective: TrainingObjective>(
        _ objective: Objective, _ weights: ParameterVector, _ applicants: Int, _ pool: WorkerPool, _ stopping: EarlyStopping?,
        validate: (() -> Double)?, progress: (TrainingProgress) -> Bool
    ) throws(Fault) -> (outcome: TrainingOutcome, losses: [Double]) where Objective.Batch == ApplicantBatch {
        let trainer = Trainer(
            objective, weights: weights, pool: pool, optimizer: AdamW(weightDecay: weightDecay), clipNorm: Self.clipNorm, seed: seed)
        var loop = TrainingLoop(
            TrainingPlan(epochs: epochs, schedule: Schedule(shape: .constant, peak: learningRate), earlyStopping: stopping))
        var goesOn = true
        do {
            let outcome = try loop.run(
                trainer, ShuffledApplicants(applicants, batchApplicants: batchApplicants, seed: seed), validate: validate,
                progress: { goesOn = progress($0) }, isCancelled: { !goesOn })
            guard outcome.reason != .cancelled, goesOn else { throw Fault.cancelled }
            return (outcome, loop.position.trainLosses)
        } catch TrainingError.notFinite(let step, let rate) {
            throw .notFinite(step: step, learningRate: rate)
        } catch is Fault {
            throw .cancelled
        } catch {
            preconditionFailure("CreditTraining: the loop threw what it does not throw: \(error)")
        }
    }
}
