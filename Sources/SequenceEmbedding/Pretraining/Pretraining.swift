public import DurableFiles
public import SequenceKernel

/// Trains a model on the sessions of a table, from nothing or from a checkpoint.
///
/// ```
/// split by visitor → fit features on the training part → train, validate after each epoch, keep the best → model
/// ```
/// Same table, configuration and seed: same weights to the last bit, at any number of threads and however often it was
/// interrupted and resumed.
public enum Pretraining {
    /// Why training cannot start or go on.
    public enum Failure: Error, CustomStringConvertible {
        /// The configuration does not fit itself or the corpus.
        case configuration(ConfigurationError)
        /// Fields that cannot be put together as asked.
        case shape(String)
        /// No session to train on.
        case noSessions
        /// A loss that is not a number.
        case training(TrainingError)
        /// The checkpoint cannot be read.
        case checkpoint(CheckpointError)
        /// The checkpoint cannot be written.
        case file(FileError)

        /// Place, reason, remedy.
        public var description: String {
            switch self {
            case .configuration(let error): error.description
            case .shape(let reason): "configuration: \(reason)"
            case .noSessions: "the corpus has no session with an event; import one that has"
            case .training(let error): error.description
            case .checkpoint(let error): error.description
            case .file(let error): error.description
            }
        }
    }

    /// What a run gives.
    public struct Result: Sendable {
        /// The model.
        public let model: SequenceModel
        /// What an event becomes.
        public let encoding: FeatureEncoding
        /// Weights: the best by validation loss, or the last without a validation part.
        public let weights: ParameterVector
        /// What ranks next items beside the network, if the configuration asks for it.
        public let prior: NextItemPrior?
        /// What the run says of itself.
        public let card: ModelCard
        /// How it ended.
        public let outcome: TrainingOutcome
    }

    /// Runs or resumes a training.
    ///
    /// - Parameters:
    ///   - table: the sessions.
    ///   - dataDigest: the corpus's digest, for the card and so that a checkpoint meets its own data.
    ///   - sessions: those to use; all by default.
    ///   - vectors: ready-made vectors by field.
    ///   - checkpoint: where the state is saved; nil for no checkpoints.
    ///   - resumes: whether to go on from `checkpoint`, which must then be there.
    ///   - fileSystem: where the checkpoint lies.
    ///   - progress: after every step.
    ///   - isCancelled: asked between steps; a cancelled run saves its state.
    public static func run(
        _ table: any EventTable, dataDigest: String, _ configuration: ModelConfiguration, sessions: [Int]? = nil,
        vectors: [String: VectorTable] = [:], pool: WorkerPool, checkpoint: String? = nil, resumes: Bool = false,
        in fileSystem: FileSystem = .live, progress: (TrainingProgress) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws(Failure) -> Result {
        let clock = ContinuousClock.now
        do { try configuration.validate() } catch { throw .configuration(error) }
        let settings = configuration.training
        let all = (sessions ?? Array(0..<table.sessionCount)).filter { !table.events(ofSession: $0).isEmpty }
        guard !all.isEmpty else { throw .noSessions }
        let split = SessionSplit(table, sessions: all, share: settings.validationShare)
        let encoding: FeatureEncoding
        let events: EncodedEvents
        do {
            encoding = try FeatureEncoding(fitting: configuration, to: table, sessions: split.training, vectors: vectors)
        } catch { throw .configuration(error) }
        if let fault = ModelShape.fault(configuration, encoding.plan) { throw .shape(fault) }
        do { events = try EncodedEvents(table, encoding) } catch { throw .shape(error.description) }

        let model = SequenceModel(configuration, encoding.plan)
        let weights = ParameterVector(model.parameters, seed: settings.seed)
        let objective = PretrainingObjective(model, shardCount: settings.shards)
        let trainer = Trainer(
            objective, weights: weights, pool: pool,
            optimizer: AdamW(
                beta1: Double(settings.beta1), beta2: Double(settings.beta2), weightDecay: Double(settings.weightDecay)),
            clipNorm: settings.clip > 0 ? Double(settings.clip) : nil, seed: settings.seed, tiedTables: objective.tiedTables)
        let source = PackedBatcher(
            events, sessions: split.training, batchSessions: settings.batchSessions, maximumEvents: configuration.maximumEvents,
            shardCount: settings.shards, seed: settings.seed, bucketed: settings.bucketed, pool: pool)
        let validation =
            split.validation.isEmpty
            ? nil
            : PackedBatcher(
                events, sessions: split.validation, batchSessions: settings.batchSessions, maximumEvents: configuration.maximumEvents,
                shardCount: settings.shards, seed: settings.seed &+ 1, shuffles: false, pool: pool)
        var loop = TrainingLoop(
            TrainingPlan(
                epochs: settings.epochs, microBatches: settings.accumulation,
                schedule: Schedule(
                    shape: .cosine, peak: Double(settings.learningRate), warmUpShare: Double(settings.warmUp),
                    floorShare: Double(settings.finalShare)),
                earlyStopping: settings.patience > 0 && validation != nil ? EarlyStopping(patience: settings.patience) : nil,
                checkpointEvery: settings.checkpointSteps))
        let digest = configurationDigest(configuration, dataDigest, pool)
        if resumes, let checkpoint {
            do { try Checkpoint.load(checkpoint, into: trainer, &loop, configDigest: digest, in: fileSystem) } catch {
                throw .checkpoint(error)
            }
        }
        let outcome: TrainingOutcome
        do {
            outcome = try loop.run(
                trainer, source,
                validate: validation.map { batches in { meanLoss(trainer, batches) } },
                save: checkpoint.map { path in { try Checkpoint.save(trainer, $0, configDigest: digest, to: path, in: fileSystem) } },
                progress: progress, isCancelled: isCancelled)
        } catch let error as TrainingError {
            throw .training(error)
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .shape("\(error)")
        }
        let prior = outcome.reason == .cancelled ? nil : fitPrior(model, events, split.training, pool)
        var card = ModelCard()
        card.dataDigest = dataDigest
        (card.trainingSessions, card.validationSessions) = (split.training.count, split.validation.count)
        card.trainingEvents = split.training.reduce(0) { $0 + min(table.events(ofSession: $1).count, configuration.maximumEvents) }
        card.split = split.rule
        card.parameters = weights.parameters.reduce(0) { $0 + $1.count }
        (card.epochs, card.steps) = (outcome.epochs, outcome.steps)
        (card.trainLosses, card.validationLosses) = (loop.position.trainLosses, loop.position.validationLosses)
        (card.trainLoss, card.validationLoss) = (outcome.trainLoss, outcome.validationLoss)
        card.outcome = outcome.reason.rawValue
        card.seconds = (ContinuousClock.now - clock) / .seconds(1)
        card.eventsPerSecond = outcome.eventsPerSecond
        (card.instructionSet, card.threads) = (vectorLoops.name, pool.threads)
        return Result(model: model, encoding: encoding, weights: weights, prior: prior, card: card, outcome: outcome)
    }

    /// The copy model and item links of the training sessions.
    private static func fitPrior(_ model: SequenceModel, _ events: EncodedEvents, _ sessions: [Int], _ pool: WorkerPool) -> NextItemPrior? {
        guard let settings = model.configuration.objectives.nextEvent.prior, let tied = model.heads.tied, let unit = model.heads.tiedUnit,
            let lookup = model.plan.units[unit].lookup
        else { return nil }
        let first = Int32(tied.items.lowerBound)
        let items = sessions.map { session in
            let range = events.events(ofSession: session)
            var ids = [Int32](repeating: 0, count: range.count)
            ids.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { events.write(lookup: lookup, range, to: base) } }
            return ids.map { $0 < first ? -1 : $0 - first }
        }
        return NextItemPrior(items, itemCount: tied.items.count, settings, pool)
    }

    /// The mean loss over batches, each weighted by its sessions.
    static func meanLoss(_ trainer: Trainer<PretrainingObjective>, _ batches: PackedBatcher) -> Double {
        var sum = 0.0
        var sessions = 0
        for number in 0..<batches.batchCount(epoch: 0) {
            let batch = batches.batch(number, epoch: 0)
            sum += Double(trainer.loss(batch)) * Double(batch.sessionCount)
            sessions += batch.sessionCount
        }
        return sessions == 0 ? .nan : sum / Double(sessions)
    }

    /// Stands for everything that must not change between a checkpoint and its resumption.
    private static func configurationDigest(_ configuration: ModelConfiguration, _ dataDigest: String, _ pool: WorkerPool) -> String {
        SHA256Digest.hex(of: ModelArtifact.json(configuration) + Array(dataDigest.utf8) + Array(vectorLoops.name.utf8))
    }
}
