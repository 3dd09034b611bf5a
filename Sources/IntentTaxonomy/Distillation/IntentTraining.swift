internal import Evaluation
internal import Glibc
public import SequenceEmbedding
public import SequenceKernel

/// Supplied labels, an encoder and a table of sessions → a classifier, calibrated on sessions that its students did not see.
public struct IntentTraining: Sendable {
    /// What is learnt from.
    public struct Labels: Sendable {
        /// One label a session.
        public var merged: MergedLabels
        /// What the gate says of each intent.
        public var verdicts: [LabelGate.Verdict]
        /// The taxonomy they were given under.
        public var taxonomy: Taxonomy

        /// Labels of a set.
        /// - Parameter sessions: those to learn from, which alone decide what passes the gate; all when nil.
        public init(
            _ all: LabelSet, merge: LabelMerge, gate: LabelGate, sessions: Set<Int>? = nil
        ) throws(LabelError) {
            let labels = sessions.map { all.limited(to: $0) } ?? all
            guard !labels.annotations.isEmpty else {
                throw .nothingToTrain(
                    reason: "no labelled session is left to learn from",
                    remedy: "label sessions of the period, or of visitors who are not among those that judge")
            }
            let verdicts = try gate.verdicts(LabelAgreement(labels, merge: merge))
            self.init(merged: try labels.merged(merge), verdicts: verdicts, taxonomy: labels.taxonomy)
            guard verdicts.contains(where: \.isTrained) else { throw LabelGate.nothingPasses }
        }

        /// Labels as given.
        public init(merged: MergedLabels, verdicts: [LabelGate.Verdict], taxonomy: Taxonomy) {
            (self.merged, self.verdicts, self.taxonomy) = (merged, verdicts, taxonomy)
        }

        /// The intents that will be trained, in the taxonomy's order.
        public var trained: [String] { verdicts.filter(\.isTrained).map(\.intent) }

        /// The same labels, of which some intents teach nothing: they are held back as banned, and nothing overrides that.
        /// - Throws: ``LabelError/nothingToTrain(reason:remedy:)`` where no intent is left.
        public func leavingOut(_ banned: Set<String>) throws(LabelError) -> Labels {
            var own = self
            for place in own.verdicts.indices where banned.contains(own.verdicts[place].intent) && own.verdicts[place].isTrained {
                own.verdicts[place].reasons.append(.banned)
                own.verdicts[place].isOverridden = false
            }
            guard !own.trained.isEmpty else {
                throw .nothingToTrain(reason: "every intent is banned for the purpose", remedy: "choose another purpose or taxonomy")
            }
            return own
        }
    }

    /// How it is taught.
    public var settings: DistillationSettings
    /// What is known of a session beside its embedding.
    public var facts: FactSettings
    /// Labelled sessions to learn from; all that are labelled when nil.
    public var sessions: Set<Int>?
    /// Sessions that facts are fitted on (values, means); the labelled ones when nil.
    public var factSessions: [Int]?
    /// Fills in the card what only the caller knows: where corpus and labels came from.
    public var describe: @Sendable (inout ClassifierCard) -> Void = { _ in }

    /// A training.
    public init(
        _ settings: DistillationSettings, facts: FactSettings = FactSettings(), sessions: Set<Int>? = nil, factSessions: [Int]? = nil
    ) {
        (self.settings, self.facts, self.sessions, self.factSessions) = (settings, facts, sessions, factSessions)
    }

    /// What a training gives.
    public struct Result: Sendable {
        /// The classifier.
        public let classifier: IntentClassifier
        /// The sessions learnt from, `[S]`.
        public let sessions: [Int]
        /// Their calibrated probabilities by students that saw no session of their visitor, `[S * K]`.
        public let heldOut: [Float]
        /// Whether each intent is present in them, `[S * K]`.
        public let present: [Bool]
    }

    /// Trains a classifier. The same bytes at any number of threads.
    /// - Parameter progress: called with the share done; false stops.
    public func run(
        _ labels: Labels, table: any EventTable, encoder: ModelArtifact, pool: WorkerPool, progress: (Double) -> Bool = { _ in true }
    ) throws(IntentTrainingError) -> Result {
        do { try settings.validate() } catch { throw .distillation(error) }
        let trained = labels.verdicts.filter(\.isTrained).map(\.intent)
        let columns = labels.merged.intents.indices.filter { trained.contains(labels.merged.intents[$0]) }
        let rows = labels.merged.sessions.indices.filter { sessions?.contains(labels.merged.sessions[$0]) ?? true }
        let chosen = rows.map { labels.merged.sessions[$0] }
        guard !columns.isEmpty, !rows.isEmpty else {
            throw .distillation(
                .tooFew(
                    reason: rows.isEmpty ? "no session to learn from is labelled" : "no intent is to be trained",
                    remedy: rows.isEmpty
                        ? "label sessions of that period, or choose another" : "label more sessions, or name intents to train"))
        }
        let all = labels.merged.intents.count
        let confidences = rows.flatMap { row in columns.map { labels.merged.confidences[row * all + $0] } }
        let present = confidences.map { $0 >= labels.merged.threshold }
        let targets = confidences.map { settings.target($0, presentFrom: labels.merged.threshold) }
        let (factPlan, scorerFacts) = try fitFacts(table, chosen, pool)
        guard settings.inputs.readEmbedding || factPlan?.count ?? 0 > 0 else {
            throw .distillation(
                .tooFew(
                    reason: "the labelled sessions differ in no fact",
                    remedy: "label more sessions, or let the student read embeddings (`inputs`: both)"))
        }
        let events: EncodedEvents
        do { events = try EncodedEvents(table, encoder.encoding) } catch { throw .classifier(.facts(error.description)) }
        let features = self.features(
            SessionEmbedder(encoder), events, scorerFacts, factPlan?.count ?? 0, embeddingSize: encoder.configuration.embeddingSize, chosen,
            pool: pool)
        let size = settings.inputs.readEmbedding ? encoder.configuration.embeddingSize : 0
        let folds: VisitorFolds
        let outcome: Distillation.Outcome
        do throws(DistillationError) {
            folds = try VisitorFolds(visitors: chosen.map { table.visitor(ofSession: $0) }, count: settings.folds, seed: settings.seed)
            outcome = try Distillation.run(
                features, scaled: size, targets: targets, folds: folds, settings, pool: pool,
                progress: { progress(settings.student == .fineTuned ? $0 / 2 : $0) })
        } catch { throw .distillation(error) }
        var (student, heldOutLogits, loss) = (outcome.student, outcome.heldOutLogits, outcome.trainLoss)
        var encoderWeights: ParameterVector?
        if settings.student == .fineTuned {
            let tuned = try fineTune(
                outcome, encoder, events, chosen, features, size, targets, folds, pool, scorerFacts, factPlan, progress)
            (student, heldOutLogits, loss, encoderWeights) = (tuned.student, tuned.heldOut, tuned.loss, tuned.encoder)
        }
        var card = ClassifierCard()
        card.sessions = chosen.count
        card.taughtSessions = chosen.sorted()
        card.visitors = Set(chosen.map { table.visitor(ofSession: $0) }).count
        card.trainLoss = loss
        card.instructionSet = vectorLoops.name
        describe(&card)
        for (place, column) in columns.enumerated() {
            card.positives[labels.merged.intents[column]] = stride(from: place, to: present.count, by: columns.count).count { present[$0] }
        }
        return finish(
            labels, columns.map { labels.merged.intents[$0] }, student, factPlan, encoderWeights, encoder, card, heldOutLogits, present,
            chosen)
    }

    private func fitFacts(_ table: any EventTable, _ sessions: [Int], _ pool: WorkerPool) throws(IntentTrainingError) -> (
        FactPlan?, SessionFacts?
    ) {
        guard settings.inputs.readFacts else { return (nil, nil) }
        let plan: FactPlan
        do { plan = try FactPlan.fit(table, sessions: factSessions ?? sessions, facts, pool: pool) } catch { throw .configuration(error) }
        do { return (plan, try SessionFacts(table, plan)) } catch { throw .classifier(.facts(error.description)) }
    }

    private func features(
        _ embedder: SessionEmbedder, _ events: EncodedEvents, _ facts: SessionFacts?, _ factCount: Int, embeddingSize: Int,
        _ sessions: [Int],
        pool: WorkerPool
    ) -> StudentFeatures {
        let size = settings.inputs.readEmbedding ? embeddingSize : 0
        let width = size + factCount
        let embedding = (0..<pool.threads).map { _ in embedder.makeScratch() }
        nonisolated(unsafe) let scratch = (0..<pool.threads).map { _ in FactScratch() }
        let floats = [Float](unsafeUninitializedCapacity: sessions.count * width) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run(sessions.count) { index, worker in
                let row = base! + index * width
                if size > 0 { embedder.embed(events, session: sessions[index], embedding[worker], into: row) }
                facts?.fill(session: sessions[index], scratch[worker], into: row + size)
            }
            initialized = sessions.count * width
        }
        return StudentFeatures(width: width, floats: floats)
    }

    private typealias Tuned = (student: TrainedStudent, heldOut: [Float], loss: Double, encoder: ParameterVector)

    /// The encoder is trained on once for each part, so that held-out logits come from encoders that did not see the part either.
    private func fineTune(
        _ outcome: Distillation.Outcome, _ encoder: ModelArtifact, _ events: EncodedEvents, _ sessions: [Int], _ features: StudentFeatures,
        _ size: Int, _ targets: [Float], _ folds: VisitorFolds, _ pool: WorkerPool, _ facts: SessionFacts?, _ plan: FactPlan?,
        _ progress: (Double) -> Bool
    ) throws(IntentTrainingError) -> Tuned {
        let outputs = outcome.student.network.outputs
        var heldOut = outcome.heldOutLogits
        var last: FineTuning.Result?
        let factRows = features.width == size ? nil : features.columns(size..<features.width)
        for part in 0...folds.count {
            guard progress(0.5 + 0.5 * Double(part) / Double(folds.count + 1)) else { throw .distillation(.cancelled) }
            let rows = sessions.indices.filter { folds.fold[$0] != part }
            let result: FineTuning.Result
            do {
                result = try FineTuning.run(
                    encoder.model, encoder.weights, events, sessions: sessions, rows: rows, facts: factRows, targets: targets,
                    start: part < folds.count ? outcome.partStudents[part] : outcome.student, settings, pool: pool, isCancelled: { false })
            } catch { throw .distillation(error) }
            last = result
            guard part < folds.count else { break }
            let others = sessions.indices.filter { folds.fold[$0] == part }
            let own = self.features(
                SessionEmbedder(encoder.model, result.encoder), events, facts, plan?.count ?? 0, embeddingSize: size,
                others.map { sessions[$0] }, pool: pool)
            let logits = result.student.logits(own, pool: pool)
            for (place, row) in others.enumerated() {
                for k in 0..<outputs { heldOut[row * outputs + k] = logits[place * outputs + k] }
            }
        }
        return (last!.student, heldOut, last!.loss, last!.encoder)
    }

    private func finish(
        _ labels: Labels, _ intents: [String], _ student: TrainedStudent, _ facts: FactPlan?, _ encoderWeights: ParameterVector?,
        _ encoder: ModelArtifact, _ card: ClassifierCard, _ logits: [Float], _ present: [Bool], _ sessions: [Int]
    ) -> Result {
        let count = intents.count
        func column<Value>(_ k: Int, _ values: [Value]) -> [Value] { stride(from: k, to: values.count, by: count).map { values[$0] } }
        var contents = IntentClassifier.Settings(
            taxonomy: TaxonomyReference(labels.taxonomy), intents: intents, heldBack: labels.verdicts.filter { !$0.isTrained },
            encoder: encoder.id, embeddingSize: encoder.configuration.embeddingSize, inputs: settings.inputs,
            hidden: student.network.hidden,
            calibration: (0..<count).map { k in
                IntentCalibration.fit(settings.calibration, logits: column(k, logits).map(Double.init), present: column(k, present))
            }, thresholds: [Double](repeating: 0.5, count: count), conformal: ConformalSets(coverage: settings.coverage, threshold: 0),
            distillation: settings)
        func classifier(_ card: ClassifierCard, heldOut: [Float] = []) -> IntentClassifier {
            IntentClassifier(
                contents, taxonomy: labels.taxonomy, student: student, facts: facts, encoderWeights: encoderWeights, card: card,
                heldOut: heldOut)
        }
        var scores = logits
        let draft = classifier(card)
        scores.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { draft.calibrate(Rows(base, count: buffer.count / count, width: count)) }
        }
        let probabilities = scores.map(Double.init)
        contents.thresholds = IntentThresholds.choose(settings.aim, probabilities: probabilities, present: present, intents: count)
        contents.conformal = ConformalSets(coverage: settings.coverage, probabilities: probabilities, present: present, intents: count)
        var card = card
        let metrics = MultiLabelMetrics(
            present: present, scores: scores, labels: count, thresholds: contents.thresholds.map(Float.init))
        (card.heldOutMicroF1, card.heldOutAveragePrecision) = (metrics.microF1, metrics.meanAveragePrecision)
        card.heldOutLogLoss = Self.logLoss(probabilities, present)
        let shares = (0..<count).map { k in column(k, present).reduce(0.0) { $0 + ($1 ? 1 : 0) } / Double(max(1, sessions.count)) }
        card.heldOutLogLossOfShares = Self.logLoss(present.indices.map { shares[$0 % count] }, present)
        // In the order of the card's sessions.
        let kept = sessions.indices.sorted { sessions[$0] < sessions[$1] }.flatMap { scores[$0 * count..<($0 + 1) * count] }
        return Result(classifier: classifier(card, heldOut: kept), sessions: sessions, heldOut: scores, present: present)
    }

    private static func logLoss(_ probabilities: [Double], _ present: [Bool]) -> Double {
        let sum = zip(probabilities, present).reduce(0.0) { sum, pair in
            let p = min(max(pair.0, 1e-9), 1 - 1e-9)
            return sum - (pair.1 ? log(p) : log(1 - p))
        }
        return sum / Double(max(1, present.count))
    }
}

/// Why a classifier cannot be trained.
public enum IntentTrainingError: Error, Sendable, CustomStringConvertible {
    /// Settings or labels that do not allow it.
    case distillation(DistillationError)
    /// The corpus lacks what model or facts need.
    case classifier(IntentClassifierError)
    /// Settings of facts that do not fit the corpus.
    case configuration(ConfigurationError)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .distillation(let error): error.description
        case .classifier(let error): error.description
        case .configuration(let error): error.description
        }
    }
}

extension DistillationSettings {
    /// What a student is to say of an intent that annotators are so sure of.
    public func target(_ confidence: Double, presentFrom threshold: Double) -> Float {
        guard sharpness > 0, confidence > 0 else { return Float(confidence) }
        return Float(1 / (1 + exp(-Double(sharpness) * (confidence - (threshold - 0.025)))))
    }
}
