internal import Evaluation
public import SequenceKernel

extension FrameworkModel {
    /// Trains: the encoder is fitted on `training` alone, the network learns from it, and the weights of the best AUC on `validation` are
    /// kept. The same bytes at any number of threads.
    /// - Parameter progress: called after each optimiser step with the share done; false stops.
    /// - Throws: ``FrameworkError`` where examples or settings are not possible or a loss is not a number.
    public static func train(
        _ configuration: FrameworkConfiguration, training: FrameworkExamples, validation: FrameworkExamples, pool: WorkerPool,
        progress: (Double) -> Bool = { _ in true }
    ) throws(FrameworkError) -> FrameworkModel {
        try configuration.validate()
        try training.refuseUnlearnable("the applicants learnt from")
        try validation.refuseUnlearnable("the validation part")
        try validation.refuseShared(with: training, "the validation part")
        let settings = configuration.network
        let encoder = try FrameworkEncoder(training, configuration)
        let network = FrameworkNetwork(encoder, settings)
        let weights = network.weights(seed: settings.seed)
        let (encoded, counts) = try encoder.encoded(training)
        let (judged, _) = try encoder.encoded(validation)
        let objective = FrameworkObjective(network, encoder, encoded, outcomes: training.outcomes)
        let seed = RandomSource.mix(settings.seed ^ 0xF4A3)
        let trainer = Trainer(
            objective, weights: weights, pool: pool, optimizer: AdamW(weightDecay: settings.weightDecay), seed: seed)
        var loop = TrainingLoop(
            TrainingPlan(
                epochs: settings.epochs, schedule: Schedule(shape: .constant, peak: settings.learningRate),
                earlyStopping: EarlyStopping(patience: settings.patience)))
        let positives = validation.outcomes.map { $0 == 1 }
        let transposes = TransposedWeights(of: weights)
        var goesOn = true
        var card = FrameworkCard()
        do {
            let outcome = try loop.run(
                trainer, ShuffledApplicants(training.count, batchApplicants: settings.batchApplicants, seed: seed),
                validate: {
                    transposes.refresh(pool)
                    let scores = probabilities(judged, encoder, network, Pass.Source(weights: weights, transposes: transposes), pool)
                    // Early stopping looks for the least.
                    return -DiscriminationMetrics(scores: scores, positives: positives).auc
                },
                progress: { goesOn = progress(Double($0.step) / Double(max(1, $0.totalSteps))) }, isCancelled: { !goesOn })
            if outcome.reason == .cancelled { throw Cancelled() }
            (card.epochs, card.validationAUC) = (outcome.epochs, outcome.validationLoss.map { -$0 })
        } catch TrainingError.notFinite(let step, let rate) {
            throw .notFinite(step: step, learningRate: rate)
        } catch is Cancelled {
            throw .cancelled
        } catch {
            preconditionFailure("FrameworkModel.train: the loop threw what it does not throw: \(error)")
        }
        (card.applicants, card.tables, card.records) = (training.count, training.counts, counts)
        card.overdue = training.outcomes.reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
        return FrameworkModel(configuration, encoder, network, weights, card: card)
    }

    private struct Cancelled: Error {}
}
