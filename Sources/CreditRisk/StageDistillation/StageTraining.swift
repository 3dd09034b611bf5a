internal import DurableFiles
internal import Evaluation
internal import SequenceKernel

/// One network of either stage on its way from a seed to its best weights.
enum StageTraining {
    private struct Cancelled: Error {}

    /// What a run gives.
    struct Result {
        let network: StageNetwork
        let weights: ParameterVector
        let reader: StageReader
        let epochs: Int
        let auc: Double
    }

    /// A teacher that learns from some rows of the training part. Scales and words are those of all rows: they know no outcome, and all
    /// parts' teachers begin at the same weights.
    static func teacher(
        _ training: InServiceExamples, rows: [Int], _ validation: InServiceExamples, _ settings: StageDistillationSettings,
        pool: WorkerPool, progress: (Double) -> Bool
    ) throws(StageDistillationError) -> Result {
        var own = settings.plain
        own.seed = RandomSource.mix(settings.seed ^ 0x7EAC)
        let source = StageSource(training)
        try StageFields(training).refuseOthers(StageFields(validation))
        return try run(
            source, training.preService, rows: rows, validation: StageSource(validation), validation.preService,
            width: settings.teacherWidth, targets: nil, own, pool: pool, progress: progress)
    }

    /// Trains until the validation part's AUC has stopped rising.
    static func run(
        _ source: StageSource, _ training: PreServiceExamples, rows: [Int], validation: StageSource, _ judges: PreServiceExamples,
        width: Int, targets: TeacherTargets?, _ settings: StageDistillationSettings, pool: WorkerPool, progress: (Double) -> Bool
    ) throws(StageDistillationError) -> Result {
        let positives = rows.reduce(0) { $0 + (training.outcomes[$1] == 1 ? 1 : 0) }
        guard positives > 0, positives < rows.count else {
            throw .examples("a part of those learnt from has one outcome only; give more applicants of both, or take fewer folds")
        }
        let inputs = StageInputs(source, settings)
        let reader = StageReader(source, inputs), judge = StageReader(validation, inputs)
        let network = StageNetwork(inputs, width: width, settings)
        var scope = network.parameters
        let guidance = targets.map { StageGuidance($0, training.outcomes, settings, in: &scope) }
        let weights = ParameterVector(scope, seed: settings.seed)
        let average = settings.selfWeight > 0 ? StudentAverage(scope) : nil
        let objective = StageObjective(
            network, reader, outcomes: training.outcomes, rows: rows, guidance: guidance, average: average, settings)
        let trainer = Trainer(
            objective, weights: weights, pool: pool, optimizer: AdamW(weightDecay: settings.weightDecay), seed: settings.seed)
        var loop = TrainingLoop(
            TrainingPlan(
                epochs: settings.epochs, schedule: Schedule(shape: .constant, peak: settings.learningRate),
                earlyStopping: EarlyStopping(patience: settings.patience)))
        let batches = ShuffledApplicants(rows.count, batchApplicants: settings.batchApplicants, seed: settings.seed)
        let truth = judges.positives
        var goesOn = true
        do {
            let warmUp = settings.warmUpEpochs * batches.batchCount(epoch: 0)
            if warmUp == 0 { average?.follow(weights, decay: settings.selfDecay) }
            let outcome = try loop.run(
                trainer, batches,
                validate: {
                    // Early stopping looks for the least.
                    -DiscriminationMetrics(
                        scores: outputs(judge, network, weights, rows: Array(0..<judge.count), pool).logits, positives: truth
                    ).auc
                },
                progress: { step in
                    if step.step >= warmUp { average?.follow(weights, decay: settings.selfDecay) }
                    goesOn = progress(Double(step.step) / Double(max(1, step.totalSteps)))
                }, isCancelled: { !goesOn })
            if outcome.reason == .cancelled || !goesOn { throw Cancelled() }
            let own = ParameterVector(zeros: network.parameters)
            for parameter in network.parameters.parameters { own[parameter] = weights[parameter] }
            return Result(network: network, weights: own, reader: reader, epochs: outcome.epochs, auc: -(outcome.validationLoss ?? .nan))
        } catch TrainingError.notFinite(let step, let rate) {
            throw .notFinite(step: step, learningRate: rate)
        } catch is Cancelled {
            throw .cancelled
        } catch {
            preconditionFailure("StageTraining: the loop threw what it does not throw: \(error)")
        }
    }

    /// Applicants that go through a network together.
    private static let block = 32

    /// Logits `[n]` and representations `[n, R]` of some rows; the same whoever stands beside an applicant.
    static func outputs(
        _ reader: StageReader, _ network: StageNetwork, _ weights: ParameterVector, transposes: TransposedWeights? = nil, rows: [Int],
        _ pool: WorkerPool
    ) -> (logits: [Float], representations: [Float]) {
        let transposes = transposes ?? TransposedWeights(of: weights)
        let workspaces = (0..<pool.threads).map { _ in Workspace() }
        var representations = [Float](repeating: 0, count: rows.count * network.width)
        let logits = representations.withUnsafeMutableBufferPointer { floats in
            nonisolated(unsafe) let vectors = floats.baseAddress
            return [Float](unsafeUninitializedCapacity: rows.count) { buffer, initialized in
                nonisolated(unsafe) let base = buffer.baseAddress
                pool.run((rows.count + block - 1) / block) { number, worker in
                    let range = number * block..<min((number + 1) * block, rows.count)
                    let workspace = workspaces[worker]
                    workspace.reset()
                    let pass = Pass(weights: weights, workspace: workspace, transposes: transposes)
                    let own = network.forward(reader.input(rows[range], workspace), pass)
                    for place in 0..<range.count { base![range.lowerBound + place] = own.logits[place][0] }
                    (vectors! + range.lowerBound * network.width).update(
                        from: own.representation.base, count: own.representation.scalarCount)
                }
                initialized = rows.count
            }
        }
        return (logits, representations)
    }

    /// Refuses examples that nothing can be learnt from or judged by.
    static func check(_ training: PreServiceExamples, _ validation: PreServiceExamples) throws(StageDistillationError) {
        for (examples, what) in [(training, "those learnt from"), (validation, "the validation part")] {
            let known = examples.outcomes.filter { !$0.isNaN }
            guard known.count == examples.count else {
                throw .examples("\(examples.count - known.count) of \(what) have no outcome; leave them out, or give them their outcome")
            }
            guard known.contains(0), known.contains(1) else {
                throw .examples("\(what) all have the same outcome; give some of both")
            }
        }
        let own = Set(training.customers)
        let shared = validation.customers.reduce(0) { $0 + (own.contains($1) ? 1 : 0) }
        guard shared == 0 else {
            throw .examples("\(shared) applicants of the validation part are also among those learnt from; split by customer")
        }
        let columns = training.profile.names.count
        for (column, name) in training.profile.names.enumerated() where training.count >= 20 {
            let same = training.outcomes.indices.allSatisfy { training.profile.values[$0 * columns + column] == training.outcomes[$0] }
            let opposite = training.outcomes.indices.allSatisfy {
                training.profile.values[$0 * columns + column] == 1 - training.outcomes[$0]
            }
            guard !same, !opposite else { throw .examples("the feature \(name) is the outcome itself; take it out") }
        }
    }

    /// A digest of customers and decisions in any order, to tell whether two models were taught on the same; it names nobody.
    static func split(_ applications: [Application]) -> String {
        let digest = SHA256Digest()
        for application in applications.sorted() {
            withUnsafeBytes(of: (application.customer.littleEndian, application.decision.littleEndian)) { digest.update($0) }
        }
        return digest.finishHex()
    }
}
