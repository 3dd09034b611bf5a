package import SequenceKernel

/// Mean binary cross-entropy of a batch of applicants.
package final class FrameworkObjective: TrainingObjective, @unchecked Sendable {
    private let network: FrameworkNetwork
    private let encoder: FrameworkEncoder
    private let encoded: EncodedHistories
    private let outcomes: [Float]
    /// The last batch's loss before it was rounded to single precision.
    package private(set) var lastLoss = 0.0
    /// One slot a shard: a shard writes to its own only.
    private let slots: UnsafeMutablePointer<Slot>

    private struct Slot {
        var loss = 0.0
        var gradient: Rows?
        var tape = FrameworkNetwork.Tape()
    }

    /// - Parameter outcomes: 0 or 1, `[B]`.
    package init(_ network: FrameworkNetwork, _ encoder: FrameworkEncoder, _ encoded: EncodedHistories, outcomes: [Float]) {
        precondition(outcomes.count == encoded.count, "FrameworkObjective: \(outcomes.count) outcomes for \(encoded.count) applicants")
        (self.network, self.encoder, self.encoded, self.outcomes) = (network, encoder, encoded, outcomes)
        slots = .allocate(capacity: shardCount)
        slots.initialize(repeating: Slot(), count: shardCount)
    }

    deinit {
        slots.deinitialize(count: shardCount)
        slots.deallocate()
    }

    /// Fixed, whatever the number of threads; so many that the records of a shard stay in the cache.
    package let shardCount = 64
    package var isSeparable: Bool { network.notesNoRows }

    package func forward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        let count = batch.applicants.count
        let own = batch.applicants[count * shard / shardCount..<count * (shard + 1) / shardCount]
        (slots[shard].loss, slots[shard].gradient) = (0, nil)
        guard !own.isEmpty else { return }
        let logits = network.forward(FrameworkInput(encoder, encoded, own, pass.workspace), pass, &slots[shard].tape)
        let targets = pass.workspace.floats(own.count)
        for (place, applicant) in own.enumerated() { targets[place] = outcomes[applicant] }
        slots[shard].loss = BinaryCrossEntropy.lossAndGradient(logits, targets: targets, factor: 1 / Float(count)).sum
        slots[shard].gradient = logits
    }

    package func joint(_ batch: ApplicantBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float
    {
        lastLoss = 0
        for shard in 0..<shardCount { lastLoss += slots[shard].loss }
        return Float(lastLoss)
    }

    package func backward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        guard let gradient = slots[shard].gradient else { return }
        network.backward(gradient, slots[shard].tape, pass)
    }
}
