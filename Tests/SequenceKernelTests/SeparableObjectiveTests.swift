import KernelTestSupport
import SequenceKernel
import Testing

/// A recurrence and a small table, shard by shard: mean of squares of its last outputs.
private final class SequenceSquares: TrainingObjective, @unchecked Sendable {
    typealias Batch = [[Int32]]
    let shardCount = 5
    let isSeparable: Bool
    private let embedding: Embedding
    private let encoder: GRUEncoder
    private let dropout: Dropout
    private var slots: [Slot?] = [Slot?](repeating: nil, count: 5)

    private struct Slot {
        let ids: UnsafeMutablePointer<Int32>
        let offsets: SequenceOffsets
        let output: Rows
        let tape: GRUEncoder.Tape
        var loss: Double
    }

    init(isSeparable: Bool, isDense: Bool = true, in scope: inout ParameterScope) {
        self.isSeparable = isSeparable
        embedding = scope.scope("table") { Embedding(count: 9, width: 8, isDense: isDense, in: &$0) }
        encoder = GRUEncoder(inputs: 8, width: 20, in: &scope)
        dropout = Dropout(0.3, in: scope)
    }

    func forward(_ batch: Batch, shard: Int, _ pass: Pass) {
        let own = batch[batch.count * shard / shardCount..<batch.count * (shard + 1) / shardCount]
        slots[shard] = nil
        guard !own.isEmpty else { return }
        let ids = pass.workspace.integers(max(1, own.reduce(0) { $0 + $1.count })), starts = pass.workspace.integers(own.count + 1)
        starts[0] = 0
        for (place, sequence) in own.enumerated() {
            for (step, id) in sequence.enumerated() { ids[Int(starts[place]) + step] = id }
            starts[place + 1] = starts[place] + Int32(sequence.count)
        }
        let offsets = SequenceOffsets(starts, count: own.count)
        let rows = pass.workspace.rows(offsets.rowCount, 8)
        embedding.forward(ids, rows: rows.count, into: rows.base, stride: 8, pass)
        let (dropped, _) = dropout.forward(rows, pass)
        let (output, tape) = encoder.forward(dropped, offsets, pass)
        let loss = output.scalars.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(batch.count)
        slots[shard] = Slot(ids: ids, offsets: offsets, output: output, tape: tape, loss: loss)
    }

    func joint(_ batch: Batch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float {
        Float(slots.reduce(0.0) { $0 + ($1?.loss ?? 0) })
    }

    func backward(_ batch: Batch, shard: Int, _ pass: Pass) {
        guard let slot = slots[shard] else { return }
        for index in 0..<slot.output.scalarCount { slot.output.base[index] *= 2 / Float(batch.count) }
        let gradient = dropout.backward(encoder.backward(slot.output, slot.offsets, slot.tape, pass), (), pass)
        embedding.backward(gradient.base, stride: 8, slot.ids, rows: gradient.count, pass)
    }
}

@Suite struct SeparableObjectiveTests {
    private func batch(_ number: Int) -> [[Int32]] {
        var random = RandomSource(51, UInt64(number))
        // Lengths differ much, so that shards need memory of different sizes.
        return (0..<12).map { _ in (0..<1 + random.below(30)).map { _ in Int32(random.below(9)) } }
    }

    private func trainer(isSeparable: Bool, threads: Int) -> Trainer<SequenceSquares> {
        var scope = ParameterScope()
        let objective = SequenceSquares(isSeparable: isSeparable, in: &scope)
        return Trainer(objective, weights: ParameterVector(scope, seed: 3), pool: WorkerPool(threads: threads), seed: 4)
    }

    /// Forward and backward of a shard at once give the bytes of the three phases, at any number of threads.
    @Test func sameBytes() {
        var results: [[Float]] = []
        for (isSeparable, threads) in [(false, 1), (true, 1), (true, 2), (true, 4), (false, 2)] {
            let trainer = trainer(isSeparable: isSeparable, threads: threads)
            var losses: [Float] = []
            for number in 0..<6 {
                losses.append(trainer.loss(batch(number)))
                losses.append(trainer.step(batch(number), learningRate: 0.01).loss)
            }
            results.append(trainer.weights.all + losses)
        }
        for other in results.dropFirst() { #expect(other == results[0]) }
        #expect(results[0].allSatisfy { $0.isFinite })
    }

    /// Workers keep the same room: which of them takes the largest shard does not matter any more once one has had it.
    @Test func steadyMemory() {
        let trainer = trainer(isSeparable: true, threads: 2)
        for number in 0..<3 { _ = trainer.step(batch(number % 2), learningRate: 0.01) }
        let before = trainer.allocationCount
        for number in 0..<40 { _ = trainer.step(batch(number % 2), learningRate: 0.01) }
        #expect(trainer.allocationCount == before)
    }
}
