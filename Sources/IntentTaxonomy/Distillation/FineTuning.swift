internal import SequenceEmbedding
internal import SequenceKernel

/// Trains the encoder on, together with the student on top of it, at a fraction of the student's rate.
///
/// The student begins as taught on the frozen embedding, so that the first steps do not tear up what the encoder knows (Kumar et al., 2022,
/// "Fine-Tuning can Distort Pretrained Features": first the head, then everything).
enum FineTuning {
    /// Everything that is trained, in one scope: the encoder under its own names, the student under `head`.
    private struct Whole {
        let model: SequenceModel
        let student: StudentNetwork
        let scope: ParameterScope

        init(_ encoder: SequenceModel, _ network: StudentNetwork, _ settings: DistillationSettings) {
            var scope = ParameterScope()
            model = SequenceModel(encoder.configuration, encoder.plan, in: &scope)
            student = scope.scope("head") {
                StudentNetwork(
                    inputs: network.inputs, hidden: network.hidden, outputs: network.outputs, inputDropout: settings.inputDropout,
                    dropout: settings.dropout, in: &$0)
            }
            self.scope = scope
        }
    }

    /// What a run gives: a student and the encoder below it.
    struct Result {
        let student: TrainedStudent
        let encoder: ParameterVector
        let loss: Double
    }

    /// - Parameters:
    ///   - sessions: labelled sessions of the table, `[S]`.
    ///   - rows: those of them that are learnt from.
    ///   - facts: `[S, F - E]`, nil for none.
    ///   - targets: `[S * K]`.
    static func run(
        _ encoder: SequenceModel, _ weights: ParameterVector, _ events: EncodedEvents, sessions: [Int], rows: [Int],
        facts: StudentFeatures?,
        targets: [Float], start: TrainedStudent, _ settings: DistillationSettings, pool: WorkerPool, isCancelled: () -> Bool
    ) throws(DistillationError) -> Result {
        let whole = Whole(encoder, start.network, settings)
        let vector = ParameterVector(zeros: whole.scope)
        copy(from: weights, to: vector)
        copy(from: start.weights, to: vector)
        let outputs = start.network.outputs
        let counts = EffectiveNumber.counts(targets, rows: rows, outputs: outputs)
        let objective = FineTuningObjective(
            whole.model, whole.student, events, sessions: sessions, facts: facts, targets: targets,
            classWeights: EffectiveNumber.weights(counts: counts, beta: settings.effectiveNumberBeta))
        let trainer = Trainer(
            objective, weights: vector, pool: pool, optimizer: AdamW(weightDecay: Double(settings.weightDecay)), seed: settings.seed)
        let source = PackedBatcher(
            events, sessions: rows.map { sessions[$0] }, batchSessions: settings.batchSessions,
            maximumEvents: encoder.configuration.maximumEvents, shardCount: FineTuningObjective.shards, seed: settings.seed, pool: pool)
        var loop = TrainingLoop(
            TrainingPlan(
                epochs: settings.encoderEpochs,
                schedule: Schedule(
                    shape: .cosine, peak: Double(settings.learningRate * settings.encoderRate), warmUpShare: 0.1, floorShare: 0)))
        let outcome: TrainingOutcome
        do { outcome = try loop.run(trainer, source, isCancelled: isCancelled) } catch TrainingError.notFinite(let step, let rate) {
            throw .notFinite(step: step, learningRate: rate)
        } catch {
            preconditionFailure("FineTuning: the loop threw what it does not throw: \(error)")
        }
        guard outcome.reason != .cancelled else { throw .cancelled }
        let (own, ownEncoder) = (ParameterVector(zeros: start.network.parameters), ParameterVector(zeros: encoder.parameters))
        copy(from: vector, to: own)
        copy(from: vector, to: ownEncoder)
        return Result(student: TrainedStudent(start.network, own), encoder: ownEncoder, loss: outcome.trainLoss)
    }

    /// Copies the parameters that both have, by name.
    private static func copy(from source: ParameterVector, to target: ParameterVector) {
        var known: [String: Parameter] = [:]
        for parameter in source.parameters { known[parameter.name] = parameter }
        for parameter in target.parameters {
            if let other = known[parameter.name] { target.pointer(parameter).update(from: source.pointer(other), count: parameter.count) }
        }
    }
}

/// Confidences as targets of encoder and student together; see ``DistillationObjective`` for the loss.
final class FineTuningObjective: TrainingObjective, @unchecked Sendable {
    /// Parts that a batch is cut into.
    static let shards = 4
    private let model: SequenceModel
    private let student: StudentNetwork
    private let facts: StudentFeatures?
    private let targets: [Float]
    private let classWeights: [Float]
    /// Row of the session whose kept events begin at an event.
    private let rowOfEvent: [Int64: Int]
    private var slots: [Slot]

    private struct Tape {
        let view: EventView
        let events: EventEncoder.Tape
        let embedding: SequenceModel.EmbeddingTape
        let student: StudentNetwork.Tape
        let gradient: Rows
    }

    private struct Slot {
        var tape: Tape?
        var loss = 0.0
        var sessions = 0
    }

    init(
        _ model: SequenceModel, _ student: StudentNetwork, _ events: EncodedEvents, sessions: [Int], facts: StudentFeatures?,
        targets: [Float], classWeights: [Float]
    ) {
        (self.model, self.student, self.facts, self.targets, self.classWeights) = (model, student, facts, targets, classWeights)
        var rowOfEvent: [Int64: Int] = [:]
        for (row, session) in sessions.enumerated() {
            let kept = events.events(ofSession: session).suffix(model.configuration.maximumEvents)
            if !kept.isEmpty { rowOfEvent[Int64(kept.lowerBound)] = row }
        }
        self.rowOfEvent = rowOfEvent
        slots = [Slot](repeating: Slot(), count: Self.shards)
    }

    var shardCount: Int { Self.shards }

    func forward(_ batch: PackedBatch, shard: Int, _ pass: Pass) {
        let part = batch.shards[shard]
        let result = forward(part, batch.sessionCount, pass)
        slots.withUnsafeMutableBufferPointer { $0[shard] = result }
    }

    private func forward(_ part: ShardBatch, _ batchSessions: Int, _ pass: Pass) -> Slot {
        let count = part.sessionCount
        guard count > 0 else { return Slot() }
        let view = EventView(part)
        let (vectors, eventTape) = model.vectors(view, pass)
        let (embeddings, embeddingTape) = model.embeddings(ofVectors: vectors, view.offsets, pass)
        let size = embeddings.width, width = student.inputs, outputs = student.outputs
        let input = pass.workspace.rows(count, width)
        let wanted = pass.workspace.floats(count * outputs)
        for place in 0..<count {
            guard let row = rowOfEvent[part.firstEvents[place]] else { preconditionFailure("FineTuning: a session nobody labelled") }
            input[place].update(from: embeddings[place], count: size)
            if let facts {
                facts.floats.withUnsafeBufferPointer {
                    (input[place] + size).update(from: $0.baseAddress! + row * facts.width, count: facts.width)
                }
            }
            targets.withUnsafeBufferPointer {
                (wanted + place * outputs).update(from: $0.baseAddress! + row * outputs, count: outputs)
            }
        }
        let (logits, studentTape) = student.forward(input, pass)
        let factor = 1 / Float(max(1, batchSessions) * outputs)
        let sum = classWeights.withUnsafeBufferPointer {
            BinaryCrossEntropy.lossAndGradient(logits, targets: wanted, factor: factor, classWeights: $0.baseAddress)
        }
        return Slot(
            tape: Tape(view: view, events: eventTape, embedding: embeddingTape, student: studentTape, gradient: logits), loss: sum.sum,
            sessions: count)
    }

    func joint(_ batch: PackedBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float {
        Float(slots.reduce(0) { $0 + $1.loss })
    }

    func backward(_ batch: PackedBatch, shard: Int, _ pass: Pass) {
        guard let tape = slots.withUnsafeBufferPointer({ $0[shard].tape }) else { return }
        let size = model.configuration.embeddingSize
        let gradient = student.backward(tape.gradient, tape.student, pass)
        let upstream = pass.workspace.rows(gradient.count, size)
        for row in 0..<gradient.count { upstream[row].update(from: gradient[row], count: size) }
        let vectors = model.backward(embeddings: upstream, tape.view.offsets, tape.embedding, pass)
        model.backward(vectors: vectors, tape.view, tape.events, pass)
    }
}
