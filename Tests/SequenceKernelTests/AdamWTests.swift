import KernelTestSupport
import SequenceKernel
import Testing

/// Puts given gradients into the trainer's places, as the reference's loop does: `(weight, bias, table)` by step.
private final class GivenGradients: TrainingObjective {
    let weight: Parameter, bias: Parameter, table: Parameter
    let shardCount = 1
    /// Table rows that are looked up; all when nil.
    let touched: [Int32]?
    private let ids: UnsafeMutablePointer<Int32>

    init(_ weight: Parameter, _ bias: Parameter, _ table: Parameter, touched: [Int32]? = nil) {
        self.weight = weight
        self.bias = bias
        self.table = table
        self.touched = touched
        ids = .allocate(capacity: 4)
        for row in 0..<4 { ids[row] = Int32(row) }
        if let touched { for row in 0..<4 where !touched.contains(Int32(row)) { ids[row] = -1 } }
    }

    deinit { ids.deallocate() }

    func forward(_ batch: Int, shard: Int, _ pass: Pass) {}
    func joint(_ batch: Int, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float { 1 }
    func backward(_ step: Int, shard: Int, _ pass: Pass) {
        let amplitude = step % 3 == 2 ? 2.0 : 0.1
        for (number, parameter) in [weight, bias, table].enumerated() {
            let gradient = pass.workspace.rows(
                Golden.formula(parameter.count, phase: Double(3 + step + number), amplitude: amplitude), width: parameter.count)
            if parameter.kind == .table {
                pass.scatter?.add(.init(table: table, rows: ids, count: 4, gradient: gradient.base, stride: 3))
            } else {
                for index in 0..<parameter.count { pass.gradient(parameter)[index] += gradient.base[index] }
            }
        }
    }
}

extension GivenGradients: @unchecked Sendable {}

@Suite struct AdamWTests {
    private func train(_ optimizer: AdamW, touched: [Int32]? = nil, clipNorm: Double? = 1) -> (ParameterVector, GivenGradients, [Float]) {
        var scope = ParameterScope()
        let weight = scope.declare("weight", [5, 3], .zeros)
        let bias = scope.declare("bias", [3], .zeros, decays: false)
        let table = scope.declare("table", [4, 3], .zeros, kind: .table)
        let weights = ParameterVector(scope, seed: 0)
        for (number, parameter) in [weight, bias, table].enumerated() {
            weights[parameter] = Golden.formula(parameter.count, phase: Double(number))
        }
        let objective = GivenGradients(weight, bias, table, touched: touched)
        let trainer = Trainer(
            objective, weights: weights, pool: WorkerPool(threads: 2), optimizer: optimizer, clipNorm: clipNorm, seed: 1)
        var norms: [Float] = []
        for step in 0..<10 { norms.append(Float(trainer.step(step, learningRate: 1e-2 * Double(step + 1) / 10).gradientNorm)) }
        return (weights, objective, norms)
    }

    @Test(arguments: [false, true], [TableUpdate.dense, .touchedRows]) func golden(decayEverything: Bool, tables: TableUpdate) throws {
        let golden = try Golden.load("adamw")
        let (weights, objective, norms) = train(
            AdamW(beta2: 0.99, weightDecay: 0.1, decayEverything: decayEverything, tables: tables))
        let key = decayEverything ? "all" : "some"
        var failures = [golden.difference("\(key).norms", norms)]
        for parameter in [objective.weight, objective.bias, objective.table] {
            failures.append(golden.difference("\(key).\(parameter.name)", weights[parameter]))
        }
        #expect(failures.compactMap { $0 } == [])
    }

    /// A row that is never looked up neither decays nor moves; under the dense form it decays.
    @Test func untouchedRowsStay() {
        let start = Array(Golden.formula(12, phase: 2)[3..<6])
        let (sparse, objective, _) = train(AdamW(weightDecay: 0.1, tables: .touchedRows), touched: [0, 2, 3])
        #expect(Array(sparse[objective.table][3..<6]) == start)
        let (dense, other, _) = train(AdamW(weightDecay: 0.1, tables: .dense), touched: [0, 2, 3])
        #expect(Array(dense[other.table][3..<6]) != start)
        #expect(Array(sparse[objective.table][0..<3]) == Array(dense[other.table][0..<3]))
    }

    /// The mean over micro-batches that are all the same is that micro-batch: the same bytes, tables included.
    @Test(arguments: [TableUpdate.dense, .touchedRows]) func accumulationIsAMean(tables: TableUpdate) {
        func train(_ microBatches: Int) -> [Float] {
            var scope = ParameterScope()
            let objective = GivenGradients(
                scope.declare("weight", [5, 3], .zeros), scope.declare("bias", [3], .zeros, decays: false),
                scope.declare("table", [4, 3], .normal(1), kind: .table))
            let trainer = Trainer(
                objective, weights: ParameterVector(scope, seed: 2), pool: WorkerPool(threads: 2), optimizer: AdamW(tables: tables), seed: 1
            )
            for step in 0..<5 { _ = trainer.step(microBatches: microBatches, learningRate: 1e-2) { _ in step } }
            return trainer.weights.all
        }
        #expect(train(1) == train(2) && train(1) == train(4))
    }

    @Test func scheduleWarmsUpAndFalls() {
        let schedule = Schedule(shape: .cosine, peak: 2, warmUpShare: 0.1, floorShare: 0.1)
        let rates = (0..<100).map { schedule.rate(step: $0, of: 100) }
        #expect(abs(rates[0] - 0.2) < 1e-12 && abs(rates[9] - 2) < 1e-12 && abs(rates[10] - 2) < 1e-12)
        #expect(abs(rates[55] - (0.2 + 1.8 * 0.5)) < 1e-12)
        #expect(
            zip(rates[10...], rates[11...]).allSatisfy { $0 > $1 } && rates[99] > 0.2 && schedule.rate(step: 500, of: 100) - 0.2 < 1e-12)
        #expect(Schedule(shape: .constant, peak: 3).rate(step: 0, of: 10) == 3)
    }

    @Test func earlyStopping() {
        var stopping = EarlyStopping(patience: 2)
        #expect(
            [3, 2, 2.5, 1.9, .nan, 1.95, 1.8].map { stopping.look($0) } == [
                .improved, .improved, .waiting, .improved, .waiting, .stop, .improved,
            ])
        #expect(stopping.best == 1.8)
    }
}
