package import SequenceKernel

/// What a student is drawn to, beside outcomes.
package struct StageGuidance: Sendable {
    /// In the order of the applicants.
    let targets: TeacherTargets
    /// `[folds, 2, R]`.
    let prototypes: [Float]
    /// From the student's representation to the teachers': one a fold, one for all, or none for the representation itself.
    let projections: [Linear]

    /// Declares `projection.0` and so on behind a network's parameters.
    package init(
        _ targets: TeacherTargets, _ outcomes: [Float], _ settings: StageDistillationSettings, in scope: inout ParameterScope
    ) {
        self.targets = targets
        prototypes = targets.prototypes(outcomes)
        let reads = settings.coarseWeight > 0 || settings.fineWeight > 0
        let count = !reads || settings.projection == "none" ? 0 : settings.projection == "shared" ? 1 : targets.folds
        projections = (0..<count).map { fold in
            scope.scope("projection.\(fold)") { Linear(inputs: settings.studentWidth, outputs: targets.width, in: &$0) }
        }
    }

    /// Rows that go through one projection together.
    var groups: Int { max(1, projections.count) }
}

/// The student's own moving average, from the end of the warm-up on: a copy of the student then, and after each step
/// `decay · average + (1 - decay) · student`.
package final class StudentAverage: @unchecked Sendable {
    /// All weights.
    package let weights: ParameterVector
    /// Whether the warm-up is over.
    package private(set) var isActive = false

    package init(_ scope: ParameterScope) { weights = ParameterVector(zeros: scope) }

    /// After an optimiser step.
    package func follow(_ student: ParameterVector, decay: Float) {
        guard isActive else {
            weights.base.update(from: student.base, count: student.count)
            isActive = true
            return
        }
        for index in 0..<student.count { weights.base[index] = decay * weights.base[index] + (1 - decay) * student.base[index] }
    }
}

/// Mean loss of a batch (systems.md 2.3):
///
///     L = w BCE + a L_soft + b L_coarse + c w L_fine + d L_self
package final class StageObjective: TrainingObjective, @unchecked Sendable {
    private let network: StageNetwork
    private let reader: StageReader
    private let outcomes: [Float]
    /// Rows of the table that are learnt from.
    private let rows: [Int]
    private let guidance: StageGuidance?
    private let average: StudentAverage?
    private let settings: StageDistillationSettings
    private let weights: ClassWeights
    /// The last batch's loss before it was rounded to single precision.
    package private(set) var lastLoss = 0.0
    /// Fixed, whatever the number of threads.
    package let shardCount = 16
    /// One slot a shard: a shard writes to its own only.
    private let slots: UnsafeMutablePointer<Slot>

    private struct Slot {
        var loss = 0.0
        var state: State?
    }

    private struct State {
        let input: StageInput
        let tape: StageNetwork.Tape
        let slopes: Rows
        let grains: Grains?
    }

    /// Representations in the order of their projections, and the gradient behind those.
    private struct Grains {
        /// Where each row of `gathered` stands in the shard.
        let places: UnsafeMutablePointer<Int32>
        /// First row of each group, `[groups + 1]`.
        let bounds: UnsafeMutablePointer<Int32>
        let gathered: Rows
        let gradient: Rows
    }

    package init(
        _ network: StageNetwork, _ reader: StageReader, outcomes: [Float], rows: [Int], guidance: StageGuidance? = nil,
        average: StudentAverage? = nil, _ settings: StageDistillationSettings
    ) {
        (self.network, self.reader, self.outcomes, self.rows) = (network, reader, outcomes, rows)
        (self.guidance, self.average, self.settings) = (guidance, average, settings)
        let positives = rows.reduce(0) { $0 + (outcomes[$1] == 1 ? 1 : 0) }
        weights = ClassWeights(
            negatives: rows.count - positives, positives: positives, beta: settings.effectiveNumberBeta,
            power: Double(settings.reweighting))
        slots = .allocate(capacity: shardCount)
        slots.initialize(repeating: Slot(), count: shardCount)
    }

    deinit {
        slots.deinitialize(count: shardCount)
        slots.deallocate()
    }

    package func forward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        let count = batch.applicants.count
        slots[shard] = Slot()
        let own = batch.applicants[count * shard / shardCount..<count * (shard + 1) / shardCount].map { rows[$0] }
        guard !own.isEmpty else { return }
        let share = 1 / Double(count)
        let input = reader.input(own, pass.workspace)
        let (representation, logits, tape) = network.forward(input, pass)
        let slopes = pass.workspace.rows(own.count, 1)
        var averages: Rows?
        if let average, average.isActive {
            averages = network.forward(input, Pass(weights: average.weights, workspace: pass.workspace)).logits
        }
        for (place, applicant) in own.enumerated() {
            let weight = Double(weights[outcomes[applicant]])
            let hard = StageLosses.crossEntropy(logit: logits[place][0], outcome: outcomes[applicant])
            var (loss, slope) = (weight * hard.loss, weight * hard.slope)
            if let guidance, settings.softWeight > 0 {
                let soft = StageLosses.soft(
                    logit: logits[place][0], teacher: guidance.targets.logits[applicant], temperature: settings.temperature)
                loss += Double(settings.softWeight) * soft.loss
                slope += Double(settings.softWeight) * soft.slope
            }
            if let averages {
                let own = StageLosses.average(logit: logits[place][0], average: averages[place][0])
                loss += Double(settings.selfWeight) * own.loss
                slope += Double(settings.selfWeight) * own.slope
            }
            slots[shard].loss += share * loss
            slopes[place][0] = Float(share * slope)
        }
        var grains: Grains?
        if let guidance, settings.coarseWeight > 0 || settings.fineWeight > 0 {
            grains = grain(representation, own, guidance, share, into: &slots[shard].loss, pass)
        }
        slots[shard].state = State(input: input, tape: tape, slopes: slopes, grains: grains)
    }

    /// Coarse and fine losses of representations `[b, R]`, and their gradients behind the projections.
    private func grain(
        _ representation: Rows, _ own: [Int], _ guidance: StageGuidance, _ share: Double, into loss: inout Double, _ pass: Pass
    ) -> Grains {
        let targets = guidance.targets, width = targets.width
        let places = pass.workspace.integers(own.count), bounds = pass.workspace.integers(guidance.groups + 1)
        let gathered = pass.workspace.rows(own.count, representation.width)
        var row = 0
        for group in 0..<guidance.groups {
            bounds[group] = Int32(row)
            for (place, applicant) in own.enumerated() where guidance.groups == 1 || targets.foldOfApplicant[applicant] == group {
                places[row] = Int32(place)
                gathered[row].update(from: representation[place], count: representation.width)
                row += 1
            }
        }
        bounds[guidance.groups] = Int32(row)
        var projected = gathered
        if !guidance.projections.isEmpty {
            projected = pass.workspace.rows(own.count, width)
            for (group, projection) in guidance.projections.enumerated() where bounds[group] < bounds[group + 1] {
                let range = Int(bounds[group])..<Int(bounds[group + 1])
                projection.apply(gathered.rows(range), into: projected.rows(range), pass)
            }
        }
        let gradient = pass.workspace.rows(own.count, width)
        gradient.clear()
        for row in 0..<own.count {
            let applicant = own[Int(places[row])]
            loss += share * losses(projected[row], applicant, guidance, share, into: gradient[row])
        }
        return Grains(places: places, bounds: bounds, gathered: gathered, gradient: gradient)
    }

    private func losses(
        _ own: UnsafePointer<Float>, _ applicant: Int, _ guidance: StageGuidance, _ share: Double,
        into gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let width = guidance.targets.width
        var sum = 0.0
        if settings.coarseWeight > 0 {
            let b = Double(settings.coarseWeight)
            sum += guidance.targets.representations.withUnsafeBufferPointer { teacher in
                let own = (own, teacher.baseAddress! + applicant * width)
                return b
                    * (settings.coarseDistance == "cosine"
                        ? StageLosses.cosine(own.0, own.1, width, factor: share * b, into: gradient)
                        : StageLosses.normed(own.0, own.1, width, factor: share * b, into: gradient))
            }
        }
        if settings.fineWeight > 0 {
            let c = Double(settings.fineWeight) * Double(weights[outcomes[applicant]])
            sum += guidance.prototypes.withUnsafeBufferPointer { prototypes in
                c
                    * StageLosses.prototypes(
                        own, prototypes.baseAddress! + guidance.targets.foldOfApplicant[applicant] * 2 * width, width,
                        positive: outcomes[applicant] == 1, temperature: settings.prototypeTemperature, factor: share * c, into: gradient)
            }
        }
        return sum
    }

    package func joint(_ batch: ApplicantBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float
    {
        lastLoss = 0
        for shard in 0..<shardCount { lastLoss += slots[shard].loss }
        return Float(lastLoss)
    }

    package func backward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        guard let state = slots[shard].state else { return }
        var representation: Rows?
        if let grains = state.grains, let guidance {
            let gathered = pass.workspace.rows(grains.gathered.count, network.width)
            if guidance.projections.isEmpty { gathered.base.update(from: grains.gradient.base, count: gathered.scalarCount) }
            for (group, projection) in guidance.projections.enumerated() where grains.bounds[group] < grains.bounds[group + 1] {
                let range = Int(grains.bounds[group])..<Int(grains.bounds[group + 1])
                projection.backward(grains.gradient.rows(range), grains.gathered.rows(range), into: gathered.rows(range), pass)
            }
            let scattered = pass.workspace.rows(gathered.count, network.width)
            for row in 0..<gathered.count {
                scattered[Int(grains.places[row])].update(from: gathered[row], count: network.width)
            }
            representation = scattered
        }
        network.backward(state.slopes, representation, state.input, state.tape, pass)
    }
}
