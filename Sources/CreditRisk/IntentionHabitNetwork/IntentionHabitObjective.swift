package import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Applicants that one step learns from.
package final class ApplicantBatch: @unchecked Sendable {
    /// Their numbers.
    package var applicants: [Int] = []
    /// The pass over all of them that it is of.
    package var epoch = 0

    package init() {}
}

/// Mean loss of a batch: equation 16 where there are guides, else equation 15 (systems.md 3.4).
package final class IntentionHabitObjective: TrainingObjective, @unchecked Sendable {
    private let network: IntentionHabitNetwork
    private let inputs: IntentionHabitInputs
    private let examples: IntentionHabitExamples
    private let guides: [Float]
    private let strength: Float
    private let withHistory: Bool
    /// The last batch's loss before it was rounded to single precision.
    package private(set) var lastLoss = 0.0
    /// One slot a shard: a shard writes to its own only.
    private let slots: UnsafeMutablePointer<Slot>

    private struct Slot {
        var loss = 0.0
        var uncertaintyGradient = 0.0
        var state: (gradient: Rows, tape: IntentionHabitNetwork.Tape)?
    }

    /// - Parameters:
    ///   - guides: another model's probability of each applicant, `[B]`; empty for none.
    ///   - strength: α.
    ///   - withHistory: false sets both sequence slots to zero.
    package init(
        _ network: IntentionHabitNetwork, _ inputs: IntentionHabitInputs, _ examples: IntentionHabitExamples, guides: [Float] = [],
        strength: Float = 1, withHistory: Bool
    ) {
        precondition(guides.isEmpty || guides.count == examples.count, "\(guides.count) guides for \(examples.count) applicants")
        (self.network, self.inputs, self.examples, self.guides) = (network, inputs, examples, guides)
        (self.strength, self.withHistory, shardCount) = (strength, withHistory, withHistory ? 64 : 8)
        slots = .allocate(capacity: shardCount)
        slots.initialize(repeating: Slot(), count: shardCount)
    }

    deinit {
        slots.deinitialize(count: shardCount)
        slots.deallocate()
    }

    /// Fixed, whatever the number of threads: 64 where histories are read, so that a step over a shard's sequences stays in the cache (a
    /// third less time than 8 at 50 sessions of 25 behaviours), and 8 for profiles alone, where it is a few small products.
    package let shardCount: Int
    package var isSeparable: Bool { network.notesNoRows }

    package func forward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        let count = batch.applicants.count
        let own = batch.applicants[count * shard / shardCount..<count * (shard + 1) / shardCount]
        slots[shard] = Slot()
        guard !own.isEmpty else { return }
        let input = inputs.input(examples, own, withHistory: withHistory, pass.workspace)
        let (logits, tape) = network.forward(input, pass)
        let gradient = pass.workspace.rows(own.count, 2)
        let share = 1 / Double(count)
        let uncertainty = network.uncertainty.map { pass.weights($0)[0] }
        let strength = self.strength * exp(-(uncertainty ?? 0))
        for (place, applicant) in own.enumerated() {
            let guide = guides.isEmpty ? Float.nan : guides[applicant]
            let found = GuidedCrossEntropy.lossAndSlope(
                logit: IntentionHabitNetwork.logit(logits[place]), target: examples.outcomes[applicant],
                guide: guide, strength: strength)
            slots[shard].loss += share * found.loss
            if let uncertainty, !guide.isNaN {
                slots[shard].loss += share * Double(uncertainty) / 2
                slots[shard].uncertaintyGradient += share * (0.5 - Double(strength) * found.divergence)
            }
            gradient[place][0] = Float(-share * found.slope)
            gradient[place][1] = Float(share * found.slope)
        }
        slots[shard].state = (gradient, tape)
    }

    package func joint(_ batch: ApplicantBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float
    {
        lastLoss = 0
        for shard in 0..<shardCount { lastLoss += slots[shard].loss }
        return Float(lastLoss)
    }

    package func backward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        guard let (gradient, tape) = slots[shard].state else { return }
        network.backward(gradient, tape, pass)
        if let uncertainty = network.uncertainty { pass.gradient(uncertainty)[0] += Float(slots[shard].uncertaintyGradient) }
    }
}
