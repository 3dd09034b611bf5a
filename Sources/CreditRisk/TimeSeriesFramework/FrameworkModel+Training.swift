public import SequenceKernel

extension FrameworkModel {
    /// Trains: the encoder is fitted on `training` alone, the network learns from it, and the weights of the best AUC on `validation` are
    /// kept. The same bytes at any number of threads. With ``FrameworkSettings/preTrainingEpochs`` the encoders of the histories begin with
    /// what ``MaskedRecordNetwork`` learnt.
    /// - Parameters:
    ///   - unlabelled: applicants whose outcome is not known, of other customers: pre-training reads their records, too.
    ///   - progress: called after each optimiser step with the share done; false stops.
    /// - Throws: ``FrameworkError`` where examples or settings are not possible or a loss is not a number.
    public static func train(
        _ configuration: FrameworkConfiguration, training: FrameworkExamples, validation: FrameworkExamples,
        unlabelled: FrameworkExamples? = nil, pool: WorkerPool, progress: (Double) -> Bool = { _ in true }
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
        let plan = CreditTraining(
            epochs: settings.epochs, patience: settings.patience, learningRate: settings.learningRate, weightDecay: settings.weightDecay,
            batchApplicants: settings.batchApplicants, seed: RandomSource.mix(settings.seed ^ 0xF4A3))
        let transposes = TransposedWeights(of: weights)
        var card = FrameworkCard()
        if settings.preTrainingEpochs > 0 {
            try unlabelled?.refuseTaught(training, validation)
            card.preTraining = try preTrain(network, weights, encoder, encoded, unlabelled, settings, pool) { progress(0.5 * $0) }
        }
        let begun = settings.preTrainingEpochs > 0 ? 0.5 : 0
        do throws(CreditTraining.Fault) {
            (card.epochs, card.validationAUC) = try plan.run(
                objective, weights: weights, applicants: training.count, positives: validation.outcomes.map { $0 == 1 }, pool: pool,
                scores: {
                    transposes.refresh(pool)
                    return probabilities(judged, encoder, network, Pass.Source(weights: weights, transposes: transposes), pool)
                },
                progress: { progress(begun + (1 - begun) * Double($0.step) / Double(max(1, $0.totalSteps))) })
        } catch {
            throw FrameworkError(error)
        }
        (card.applicants, card.tables, card.records) = (training.count, training.counts, counts)
        card.overdue = training.outcomes.reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
        return FrameworkModel(configuration, encoder, network, weights, card: card)
    }

    /// Gives `weights` what hidden records teach.
    private static func preTrain(
        _ network: FrameworkNetwork, _ weights: ParameterVector, _ encoder: FrameworkEncoder, _ encoded: EncodedHistories,
        _ unlabelled: FrameworkExamples?, _ settings: FrameworkSettings, _ pool: WorkerPool, progress: (Double) -> Bool
    ) throws(FrameworkError) -> FrameworkCard.PreTraining {
        let masked = MaskedRecordNetwork(encoder, settings), seed = RandomSource.mix(settings.seed ^ 0x3A5C)
        guard masked.questions(tables: encoder.fields.count).contains(where: { $0 > 0 }) else {
            throw FrameworkConfiguration.bad(
                "network.preTrainingEpochs", "no table of a history has a category or number that could be told", "leave it out")
        }
        let learnt = masked.weights(seed: settings.seed)
        var all = encoded
        if let unlabelled { all.append(try encoder.encoded(unlabelled).0) }
        let plan = CreditTraining(
            epochs: settings.preTrainingEpochs, patience: settings.patience, learningRate: settings.learningRate,
            weightDecay: settings.weightDecay, batchApplicants: settings.batchApplicants, seed: seed)
        var losses: [Double] = []
        do throws(CreditTraining.Fault) {
            losses = try plan.run(
                MaskedRecordObjective(masked, encoder, all, share: settings.hiddenShare, seed: seed), weights: learnt,
                applicants: all.count,
                pool: pool, progress: { progress(Double($0.step) / Double(max(1, $0.totalSteps))) })
        } catch {
            throw FrameworkError(error)
        }
        masked.hand(learnt, to: weights)
        return FrameworkCard.PreTraining(
            applicants: all.count, withoutOutcome: all.count - encoded.count, epochs: losses.count, firstLoss: losses.first ?? .nan,
            lastLoss: losses.last ?? .nan)
    }
}
