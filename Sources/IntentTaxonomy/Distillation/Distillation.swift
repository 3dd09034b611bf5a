public import SequenceKernel

/// Teaches a student the confidences of annotators, on features that stay as they are.
///
/// ```
/// parts of visitors → for each part: students taught on the others score it      → logits to calibrate and choose thresholds on
///                     and students taught on all                                 → the one that is kept, folded into one network
/// ```
public enum Distillation {
    /// What a run gives.
    public struct Outcome: Sendable {
        /// Taught on all labelled sessions.
        public let student: TrainedStudent
        /// Logits of each session by students that saw no session of its visitor, `[S * K]`.
        public let heldOutLogits: [Float]
        /// The students that gave these logits, one a part.
        public let partStudents: [TrainedStudent]
        /// Mean training loss of the last epoch over the students taught on all.
        public let trainLoss: Double
    }

    /// Runs it; the same bytes at any number of threads.
    /// - Parameters:
    ///   - features: `[S, F]` of the labelled sessions.
    ///   - scaled: how many features, from the first, are brought to mean 0 and deviation 1; the others are so already.
    ///   - targets: confidences `[S * K]`.
    ///   - folds: parts of the sessions.
    ///   - progress: called with the share done, now and then; false stops.
    public static func run(
        _ features: StudentFeatures, scaled: Int, targets: [Float], folds: VisitorFolds, _ settings: DistillationSettings,
        pool: WorkerPool, progress: (Double) -> Bool = { _ in true }
    ) throws(DistillationError) -> Outcome {
        let outputs = targets.count / max(1, features.count)
        precondition(targets.count == features.count * outputs && folds.fold.count == features.count, "Distillation: sizes differ")
        let all = Array(0..<features.count)
        // The last "part" is nobody's: students taught on all.
        let parts = (0...folds.count).map { part in
            Part(
                rows: all.filter { folds.fold[$0] != part }, features: features, scaled: scaled, targets: targets, outputs: outputs,
                settings)
        }
        let jobs = parts.indices.flatMap { part in (0..<settings.members).map { (part: part, member: $0) } }
        var taught: [Int: Taught] = [:]
        for start in stride(from: 0, to: jobs.count, by: pool.threads) {
            guard progress(Double(start) / Double(jobs.count)) else { throw .cancelled }
            let wave = jobs[start..<min(jobs.count, start + pool.threads)]
            var results = [Result<Taught, DistillationError>?](repeating: nil, count: wave.count)
            results.withUnsafeMutableBufferPointer { results in
                nonisolated(unsafe) let base = results.baseAddress!
                pool.run(wave.count) { index, _ in
                    let job = wave[wave.startIndex + index]
                    base[index] = parts[job.part].teach(seed: RandomSource.mix(settings.seed ^ UInt64(job.part << 16 | job.member)))
                }
            }
            for (index, result) in results.enumerated() { taught[start + index] = try result!.get() }
        }
        func students(of part: Int) -> [Taught] { (0..<settings.members).map { taught[part * settings.members + $0]! } }

        var heldOut = [Float](repeating: 0, count: targets.count)
        var partStudents: [TrainedStudent] = []
        for part in 0..<folds.count {
            let rows = all.filter { folds.fold[$0] == part }
            let student = parts[part].folded(students(of: part))
            partStudents.append(student)
            let logits = student.logits(features.rows(rows), pool: pool)
            for (place, row) in rows.enumerated() {
                for k in 0..<outputs { heldOut[row * outputs + k] = logits[place * outputs + k] }
            }
        }
        let last = students(of: folds.count)
        return Outcome(
            student: parts[folds.count].folded(last), heldOutLogits: heldOut, partStudents: partStudents,
            trainLoss: last.reduce(0) { $0 + $1.loss } / Double(last.count))
    }

    private typealias Taught = (network: StudentNetwork, weights: ParameterVector, loss: Double)

    /// The sessions that some students learn from.
    private struct Part: Sendable {
        let rows: [Int]
        let scale: FeatureScale
        let features: StudentFeatures
        let targets: [Float]
        let classWeights: [Float]
        let settings: DistillationSettings
        let outputs: Int

        init(
            rows: [Int], features: StudentFeatures, scaled: Int, targets: [Float], outputs: Int, _ settings: DistillationSettings
        ) {
            (self.rows, self.targets, self.settings, self.outputs) = (rows, targets, settings, outputs)
            var scale = FeatureScale(features, rows: rows)
            scale.means.removeLast(features.width - scaled)
            scale.deviations.removeLast(features.width - scaled)
            self.scale = scale
            self.features = scale.applied(to: features)
            let counts = EffectiveNumber.counts(targets, rows: rows, outputs: outputs)
            classWeights = EffectiveNumber.weights(counts: counts, beta: settings.effectiveNumberBeta)
        }

        func teach(seed: UInt64) -> Result<Taught, DistillationError> {
            let network = StudentNetwork(
                inputs: features.width, hidden: settings.student == .linear ? 0 : settings.hidden, outputs: outputs,
                inputDropout: settings.inputDropout, dropout: settings.dropout)
            let weights = ParameterVector(network.parameters, seed: seed)
            let trainer = Trainer(
                DistillationObjective(network, features: features, targets: targets, classWeights: classWeights), weights: weights,
                pool: WorkerPool(threads: 1), optimizer: AdamW(weightDecay: Double(settings.weightDecay)), seed: seed)
            var loop = TrainingLoop(
                TrainingPlan(
                    epochs: settings.epochs,
                    schedule: Schedule(shape: .cosine, peak: Double(settings.learningRate), warmUpShare: 0.05, floorShare: 0)))
            do {
                let outcome = try loop.run(trainer, LabelledRows(rows, batchSessions: settings.batchSessions, seed: seed))
                return .success((network, weights, outcome.trainLoss))
            } catch TrainingError.notFinite(let step, let rate) {
                return .failure(.notFinite(step: step, learningRate: rate))
            } catch {
                preconditionFailure("Distillation: the loop threw what it does not throw: \(error)")
            }
        }

        func folded(_ students: [Taught]) -> TrainedStudent {
            let whole = StudentNetwork.folded(students.map { ($0.network, $0.weights) }, scale: scale)
            return TrainedStudent(whole.network, whole.weights)
        }
    }
}
