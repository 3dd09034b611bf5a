package import SequenceKernel

/// What a student is drawn to, beside outcomes.
package struct StageGuidance: Sendable {
    /// In the order of the applicants.
    let targets: TeacherTargets
    /// `[folds, 2, R]`.
    let prototypes: [Float]
    /// From the student's representation to the teachers'.
    let projections: GroupMaps?
    /// From the student's states of records to the teachers'.
    let events: GroupMaps?

    /// Declares `projection.0` and `event.0` and so on behind a network's parameters.
    package init(
        _ targets: TeacherTargets, _ outcomes: [Float], _ settings: StageDistillationSettings, in scope: inout ParameterScope
    ) {
        self.targets = targets
        prototypes = targets.prototypes(outcomes)
        projections =
            settings.coarseWeight > 0 || settings.fineWeight > 0
            ? GroupMaps(
                "projection", kind: settings.projection, groups: targets.folds, inputs: settings.studentWidth, outputs: targets.width,
                in: &scope) : nil
        events =
            settings.eventWeight > 0 && targets.events != nil
            ? GroupMaps(
                "event", kind: settings.projection, groups: targets.folds, inputs: settings.recordWidth, outputs: settings.recordWidth,
                in: &scope) : nil
    }
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
///     L = w BCE + a L_soft + b L_coarse + c w L_fine + d L_self         and e w Σ_n α_n (1 - cos) over records, where asked for
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
        let grains: Grain?
        let events: Grain?
    }

    /// Rows behind their maps, and the gradient there.
    private struct Grain {
        let tape: GroupMaps.Tape
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
        let output = network.forward(input, pass), logits = output.logits
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
        let grains = grain(output.representation, own, share, into: &slots[shard].loss, pass)
        let events = output.events.flatMap { eventGrain($0, input.streams[0].offsets, own, share, into: &slots[shard].loss, pass) }
        slots[shard].state = State(input: input, tape: output.tape, slopes: slopes, grains: grains, events: events)
    }

    /// Coarse and fine losses of representations `[b, R]`, and their gradients behind the projections.
    private func grain(_ representation: Rows, _ own: [Int], _ share: Double, into loss: inout Double, _ pass: Pass) -> Grain? {
        guard let guidance, let projections = guidance.projections else { return nil }
        let groups = pass.workspace.integers(own.count)
        for (place, applicant) in own.enumerated() { groups[place] = Int32(guidance.targets.foldOfApplicant[applicant]) }
        let (projected, tape) = projections.forward(representation, groups: groups, pass)
        let gradient = pass.workspace.rows(projected.count, projected.width)
        gradient.clear()
        for row in 0..<projected.count {
            loss += share * losses(projected[row], own[Int(tape.places[row])], guidance, share, into: gradient[row])
        }
        return Grain(tape: tape, gradient: gradient)
    }

    /// The fine grain record by record, `e w_1 Σ_n α_n (1 - cos(P(s_n), t_n))` for overdue applicants, of states `[N, D]`.
    private func eventGrain(
        _ states: Rows, _ offsets: SequenceOffsets, _ own: [Int], _ share: Double, into loss: inout Double, _ pass: Pass
    ) -> Grain? {
        guard let guidance, let maps = guidance.events, let targets = guidance.targets.events else { return nil }
        let groups = pass.workspace.integers(max(1, states.count)), records = pass.workspace.integers(max(1, states.count))
        for (place, applicant) in own.enumerated() {
            let first = targets.starts[applicant] - offsets[place].lowerBound
            for row in offsets[place] {
                groups[row] = outcomes[applicant] == 1 ? Int32(guidance.targets.foldOfApplicant[applicant]) : -1
                records[row] = Int32(first + row)
            }
        }
        let (projected, tape) = maps.forward(states, groups: groups, pass)
        let gradient = pass.workspace.rows(projected.count, projected.width)
        gradient.clear()
        let weight = Double(settings.eventWeight) * Double(weights.positive)
        targets.states.withUnsafeBufferPointer { wanted in
            for row in 0..<projected.count {
                let record = Int(records[Int(tape.places[row])]), factor = share * weight * Double(targets.weights[record])
                loss +=
                    factor
                    * StageLosses.cosine(
                        projected[row], wanted.baseAddress! + record * targets.width, targets.width, factor: factor, into: gradient[row])
            }
        }
        return Grain(tape: tape, gradient: gradient)
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
        func back(_ grain: Grain?, _ maps: GroupMaps?) -> Rows? {
            guard let grain, let maps else { return nil }
            return maps.backward(grain.gradient, grain.tape, pass)
        }
        network.backward(
            state.slopes, back(state.grains, guidance?.projections), events: back(state.events, guidance?.events), state.input,
            state.tape, pass)
    }
}
