internal import DurableFiles
internal import SequenceKernel

/// One network of either stage on its way from a seed to its best weights.
enum StageTraining {
    /// What a run gives.
    struct Result {
        let network: StageNetwork
        let weights: ParameterVector
        let reader: StageReader
        let epochs: Int
        let auc: Double
    }

    /// A teacher that learns from some rows of the training part, by plain cross-entropy (systems.md 2.2): weights of classes would shift the
    /// level of the soft labels. Scales and words are those of all rows: they know no outcome, and all parts' teachers begin at the same
    /// weights.
    static func teacher(
        _ training: InServiceExamples, rows: [Int], _ validation: InServiceExamples, _ settings: StageDistillationSettings,
        pool: WorkerPool, progress: (Double) -> Bool
    ) throws(StageDistillationError) -> Result {
        var own = settings.plain
        own.reweighting = 0
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
        let plan = CreditTraining(
            epochs: settings.epochs, patience: settings.patience, learningRate: settings.learningRate, weightDecay: settings.weightDecay,
            batchApplicants: settings.batchApplicants, seed: settings.seed)
        let warmUp = settings.warmUpEpochs * ((rows.count + settings.batchApplicants - 1) / settings.batchApplicants)
        if warmUp == 0 { average?.follow(weights, decay: settings.selfDecay) }
        let found: (epochs: Int, auc: Double)
        do throws(CreditTraining.Fault) {
            found = try plan.run(
                objective, weights: weights, applicants: rows.count, positives: judges.positives, pool: pool,
                scores: { outputs(judge, network, weights, rows: Array(0..<judge.count), pool).logits },
                progress: { step in
                    if step.step >= warmUp { average?.follow(weights, decay: settings.selfDecay) }
                    return progress(Double(step.step) / Double(max(1, step.totalSteps)))
                })
        } catch {
            throw StageDistillationError(error)
        }
        let own = ParameterVector(zeros: network.parameters)
        for parameter in network.parameters.parameters { own[parameter] = weights[parameter] }
        return Result(network: network, weights: own, reader: reader, epochs: found.epochs, auc: found.auc)
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
        guard training.refusesOutcome else { return }
        let columns = training.profile.names.count
        for (column, name) in training.profile.names.enumerated() {
            let isOutcome = OutcomeCopy.isOne(of: training.outcomes) { applicant in
                let value = training.profile.values[applicant * columns + column]
                return value.isNaN ? nil : value
            }
            guard !isOutcome else { throw .examples("the feature \(name) is the outcome itself; take it out") }
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
