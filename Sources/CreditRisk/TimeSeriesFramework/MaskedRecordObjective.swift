package import SequenceKernel

/// Loss of the hidden records of a batch, over about as many questions as such a batch asks: those of missing values are counted, too.
package final class MaskedRecordObjective: TrainingObjective, @unchecked Sendable {
    private let network: MaskedRecordNetwork
    private let encoder: FrameworkEncoder
    private let encoded: EncodedHistories
    private let share: Float
    private let seed: UInt64
    /// Questions that a batch's applicant is asked on average, about.
    private let questions: Float
    /// The last batch's loss before it was rounded to single precision.
    package private(set) var lastLoss = 0.0
    /// One slot a shard: a shard writes to its own only.
    private let slots: UnsafeMutablePointer<Slot>

    private struct Slot {
        var loss = 0.0
        var isEmpty = true
        var tape = MaskedRecordNetwork.Tape()
    }

    /// - Parameters:
    ///   - share: of an applicant's records that are hidden, at least one of a table that has several.
    ///   - seed: what they are chosen by, beside applicant and epoch.
    package init(_ network: MaskedRecordNetwork, _ encoder: FrameworkEncoder, _ encoded: EncodedHistories, share: Float, seed: UInt64) {
        (self.network, self.encoder, self.encoded, self.share, self.seed) = (network, encoder, encoded, share, seed)
        let asked = zip(network.questions(tables: encoded.tables.count), encoded.tables).reduce(0) { $0 + $1.0 * $1.1.count }
        questions = max(1, share * Float(asked) / Float(max(1, encoded.count)))
        slots = .allocate(capacity: shardCount)
        slots.initialize(repeating: Slot(), count: shardCount)
    }

    deinit {
        slots.deinitialize(count: shardCount)
        slots.deallocate()
    }

    /// Fixed, whatever the number of threads.
    package let shardCount = 64
    package var isSeparable: Bool { network.notesNoRows }

    package func forward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        let count = batch.applicants.count
        let own = batch.applicants[count * shard / shardCount..<count * (shard + 1) / shardCount]
        (slots[shard].loss, slots[shard].isEmpty) = (0, own.isEmpty)
        guard !own.isEmpty else { return }
        let input = FrameworkInput(encoder, encoded, own, pass.workspace)
        var hidden = WorkspaceList<UnsafeMutablePointer<Int32>>(capacity: input.tables.count, in: pass.workspace)
        for table in input.tables.indices {
            let flags = pass.workspace.integers(input.tables[table].count)
            choose(flags, own, table: table, epoch: batch.epoch)
            hidden.append(flags)
        }
        slots[shard].loss = network.forward(
            input, hidden: hidden, encoder, factor: 1 / (Float(count) * questions), pass, &slots[shard].tape)
    }

    /// By applicant, table and epoch alone, so that it does not move when shards are cut otherwise.
    private func choose(_ hidden: UnsafeMutablePointer<Int32>, _ applicants: ArraySlice<Int>, table: Int, epoch: Int) {
        var first = 0
        for applicant in applicants {
            var random = RandomSource(seed, UInt64(applicant), UInt64(epoch) << 16 | UInt64(table))
            let count = encoded.offsets[table][applicant + 1] - encoded.offsets[table][applicant]
            var any = false
            for record in first..<first + count {
                hidden[record] = random.uniform() < share ? 1 : 0
                if hidden[record] == 1 { any = true }
            }
            // One record alone has nothing that it could be told from.
            if !any, count > 1 { hidden[first + random.below(count)] = 1 }
            first += count
        }
    }

    package func joint(_ batch: ApplicantBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float
    {
        lastLoss = 0
        for shard in 0..<shardCount { lastLoss += slots[shard].loss }
        return Float(lastLoss)
    }

    package func backward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        guard !slots[shard].isEmpty else { return }
        network.backward(slots[shard].tape, pass)
    }
}
