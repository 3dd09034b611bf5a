import KernelTestSupport
import SequenceKernel
import Testing

/// A small model with everything a real one has: a table looked up by several shards, a dense map, dropout, a loss over the whole batch.
///
///     y_n = w · dropout(E[id_n]) + b,    loss = mean (y_n - target_n)²
final class TableRegression: TrainingObjective, @unchecked Sendable {
    typealias Batch = [(id: Int32, target: Float)]
    let table: Parameter, linear: Linear, dropout: Dropout
    let shardCount = 3
    private var slots: [Slot]

    private struct Slot {
        var ids: UnsafeMutablePointer<Int32>
        var outputs: Rows
        var tape: Rows
    }

    init(in scope: inout ParameterScope) {
        table = scope.declare("table", [50, 8], .normal(0.3), kind: .table)
        linear = scope.scope("linear") { Linear(inputs: 8, outputs: 1, in: &$0) }
        dropout = Dropout(0.2, in: scope)
        let none = Rows(UnsafeMutablePointer<Float>.allocate(capacity: 1), count: 0, width: 1)
        slots = (0..<3).map { _ in Slot(ids: UnsafeMutablePointer<Int32>.allocate(capacity: 1), outputs: none, tape: none) }
    }

    private func range(_ batch: Batch, _ shard: Int) -> Range<Int> {
        batch.count * shard / shardCount..<batch.count * (shard + 1) / shardCount
    }

    func forward(_ batch: Batch, shard: Int, _ pass: Pass) {
        let range = range(batch, shard)
        let ids = pass.workspace.integers(max(1, range.count))
        let rows = pass.workspace.rows(range.count, 8)
        for (index, example) in batch[range].enumerated() {
            ids[index] = example.id
            rows[index].update(from: pass.weights(table) + Int(example.id) * 8, count: 8)
        }
        let (dropped, _) = dropout.forward(rows, pass)
        let (outputs, tape) = linear.forward(dropped, pass)
        slots[shard] = Slot(ids: ids, outputs: outputs, tape: tape)
    }

    func joint(_ batch: Batch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float {
        var loss = 0.0
        for shard in 0..<shardCount {
            for (index, example) in batch[range(batch, shard)].enumerated() {
                let error = slots[shard].outputs[index][0] - example.target
                loss += Double(error * error)
                slots[shard].outputs[index][0] = 2 * error / Float(batch.count)
            }
        }
        return Float(loss / Double(batch.count))
    }

    func backward(_ batch: Batch, shard: Int, _ pass: Pass) {
        let slot = slots[shard]
        let gradient = dropout.backward(linear.backward(slot.outputs, slot.tape, pass), (), pass)
        pass.scatter?.add(.init(table: table, rows: slot.ids, count: gradient.count, gradient: gradient.base, stride: 8))
    }
}

/// Batches whose content follows from seed, epoch and number.
struct RandomBatches: BatchSource {
    var count = 10
    var size = 40

    func batchCount(epoch: Int) -> Int { count }
    func batch(_ number: Int, epoch: Int) -> TableRegression.Batch {
        var random = RandomSource(7, UInt64(epoch), UInt64(number))
        return (0..<size + number).map { _ in
            let id = random.below(50)
            return (Int32(id), Float(id % 7) - 3)
        }
    }
    func eventCount(_ batch: TableRegression.Batch) -> Int { batch.count }
}

/// One run's trainer and loop.
func makeRun(
    threads: Int = 2, plan: TrainingPlan, tables: TableUpdate = .touchedRows
) -> (Trainer<TableRegression>, TrainingLoop) {
    var scope = ParameterScope()
    let objective = TableRegression(in: &scope)
    let trainer = Trainer(
        objective, weights: ParameterVector(scope, seed: 3), pool: WorkerPool(threads: threads), optimizer: AdamW(tables: tables), seed: 11)
    return (trainer, TrainingLoop(plan))
}

extension ParameterVector {
    /// All floats.
    var all: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

@Suite struct TrainerTests {
    static let schedule = Schedule(shape: .cosine, peak: 2e-2, warmUpShare: 0.1)

    @Test func learns() throws {
        var (trainer, loop) = makeRun(plan: TrainingPlan(epochs: 30, schedule: Self.schedule))
        let outcome = try loop.run(trainer, RandomBatches())
        #expect(outcome.reason == .finished && outcome.steps == 300 && outcome.epochs == 30)
        #expect(outcome.trainLoss < 0.8)
        // Without dropout the model has learned the rule.
        #expect(trainer.loss(RandomBatches().batch(0, epoch: 99)) < 0.2)
    }

    @Test(arguments: [TableUpdate.dense, .touchedRows]) func sameBytesAtAnyThreadCount(tables: TableUpdate) throws {
        var results: [[Float]] = []
        for threads in [1, 2, 4] {
            var (trainer, loop) = makeRun(
                threads: threads, plan: TrainingPlan(epochs: 2, microBatches: 3, schedule: Self.schedule), tables: tables)
            _ = try loop.run(trainer, RandomBatches())
            results.append(trainer.weights.all)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test func evaluationLeavesNoTrace() {
        let (trainer, _) = makeRun(plan: TrainingPlan(epochs: 1))
        let (other, _) = makeRun(plan: TrainingPlan(epochs: 1))
        let source = RandomBatches()
        for number in 0..<3 {
            let loss = trainer.loss(source.batch(5, epoch: 1))
            #expect(trainer.loss(source.batch(5, epoch: 1)) == loss)
            #expect(
                trainer.step(source.batch(number, epoch: 0), learningRate: 1e-2)
                    == other.step(source.batch(number, epoch: 0), learningRate: 1e-2))
        }
        #expect(trainer.weights.all == other.weights.all)
    }

    @Test func bestWeightsAreKept() throws {
        var (trainer, loop) = makeRun(
            plan: TrainingPlan(epochs: 50, schedule: Self.schedule, earlyStopping: EarlyStopping(patience: 2)))
        var losses: [Double] = [5, 4, 3, 3.5, 3.4, 1]
        var seen: [[Float]] = []
        let outcome = try loop.run(
            trainer, RandomBatches(),
            validate: {
                seen.append(trainer.weights.all)
                return losses.removeFirst()
            })
        #expect(outcome.reason == .stoppedEarly && outcome.epochs == 5 && outcome.validationLoss == 3)
        #expect(trainer.weights.all == seen[2])
    }

    @Test func overflowStopsWithWords() throws {
        var (trainer, loop) = makeRun(plan: TrainingPlan(epochs: 1, schedule: Schedule(shape: .constant, peak: 1e-3)))
        let before = trainer.weights.all
        struct Broken: BatchSource {
            func batchCount(epoch: Int) -> Int { 1 }
            func batch(_ number: Int, epoch: Int) -> TableRegression.Batch { [(1, .infinity), (2, 0), (3, 0)] }
            func eventCount(_ batch: TableRegression.Batch) -> Int { 3 }
        }
        #expect(throws: TrainingError.notFinite(step: 1, learningRate: 1e-3)) { try loop.run(trainer, Broken()) }
        #expect(trainer.weights.all == before)
    }

    @Test func steadyStateAllocatesNothing() {
        let (trainer, _) = makeRun(plan: TrainingPlan(epochs: 1))
        let batch = RandomBatches(count: 1, size: 500).batch(0, epoch: 0)
        for _ in 0..<3 { _ = trainer.step(batch, learningRate: 1e-3) }
        let before = trainer.allocationCount
        for _ in 0..<5 { _ = trainer.step(batch, learningRate: 1e-3) }
        #expect(trainer.allocationCount == before)
    }

    @Test func progressAndSteps() throws {
        var (trainer, loop) = makeRun(plan: TrainingPlan(epochs: 3, maximumSteps: 11, microBatches: 2, schedule: Self.schedule))
        var seen: [TrainingProgress] = []
        let outcome = try loop.run(trainer, RandomBatches(count: 9), progress: { seen.append($0) })
        // Nine micro-batches by twos are five steps an epoch.
        #expect(seen.map(\.step) == Array(1...11) && seen.allSatisfy { $0.totalSteps == 11 && $0.eventsPerSecond > 0 })
        #expect(seen.map(\.epoch) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2])
        #expect(outcome.steps == 11 && outcome.reason == .finished)
    }
}
