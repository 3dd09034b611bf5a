/// What one optimiser step found.
public struct StepResult: Sendable, Hashable {
    /// The objective's loss, averaged over the step's micro-batches.
    public let loss: Float
    /// Norm of the gradient over all parameters, before clipping.
    public let gradientNorm: Double
    /// Optimiser steps made so far, this one included.
    public let step: Int
}

/// One optimiser step after another over a ``TrainingObjective``.
///
/// A step: forward over the shards, the joint phase, backward over the shards, table rows scattered, dense gradients summed,
/// the norm clipped, ``AdamW``. Shards, blocks and their order are fixed by the batch and the declarations, so the same batches
/// give the same bytes at any thread count, and a resumed run ends as an uninterrupted one. After the largest batch has been
/// seen a step allocates nothing of its own.
///
/// Which batches come, at which rate and until when is ``TrainingLoop``'s matter.
public final class Trainer<Objective: TrainingObjective> {
    /// What is minimised.
    public let objective: Objective
    /// What is trained. Only this trainer writes to it, between passes.
    public let weights: ParameterVector
    /// Who works.
    public let pool: WorkerPool
    /// The optimiser's settings.
    public let optimizer: AdamW
    /// The gradient's norm is scaled down to this; nil for no clipping.
    public let clipNorm: Double?
    /// Keys every dropout mask of the run.
    public let seed: UInt64

    /// Optimiser steps so far.
    public internal(set) var stepCount = 0
    /// Micro-batches so far: the counter of the dropout masks.
    public internal(set) var microBatchCount = 0
    let moments: OptimizerMoments
    private let gradients: GradientStore
    private var passes: [Pass] = []
    private let workspaces: [Workspace]
    private let scatters: [GradientScatter]
    private let transposes: TransposedWeights

    /// - Parameter tiedTables: names of tables to whose gradient the objective's joint phase writes directly (a tied output).
    ///   They are always updated densely.
    public init(
        _ objective: Objective, weights: ParameterVector, pool: WorkerPool, optimizer: AdamW = AdamW(), clipNorm: Double? = 1,
        seed: UInt64, tiedTables: Set<String> = []
    ) {
        precondition(clipNorm.map { $0 > 0 } ?? true, "Trainer: clipNorm \(clipNorm ?? 0) must be positive")
        self.objective = objective
        self.weights = weights
        self.pool = pool
        self.optimizer = optimizer
        self.clipNorm = clipNorm
        self.seed = seed
        moments = OptimizerMoments(count: weights.count)
        gradients = GradientStore(weights, shardCount: objective.shardCount, optimizer: optimizer, tied: tiedTables)
        // A separable objective's shards use their worker's.
        workspaces = (0..<(objective.isSeparable ? pool.threads : objective.shardCount)).map { _ in Workspace() }
        transposes = TransposedWeights(of: weights)
        scatters = (0..<objective.shardCount).map { _ in GradientScatter() }
        for shard in 0..<objective.shardCount { passes.append(pass(shard, dropping: true)) }
    }

    /// How often scratch memory had to grow; constant in the steady state.
    public var allocationCount: Int { workspaces.reduce(0) { $0 + $1.allocationCount } }

    private func pass(_ shard: Int, dropping: Bool) -> Pass {
        Pass(
            weights: weights, workspace: workspaces[shard % workspaces.count], gradients: gradients.dense(shard: shard),
            scatter: scatters[shard],
            dropout: dropping ? DropoutStream(seed: seed, step: microBatchCount, shard: shard) : nil, transposes: transposes)
    }

    /// One step on one batch.
    public func step(_ batch: Objective.Batch, learningRate: Double) -> StepResult {
        let loss = accumulate(batch)
        return update(microBatches: 1, lossSum: Double(loss), learningRate: learningRate)
    }

    /// One step whose gradient is the mean over `count` micro-batches; `batch(i)` is called when its turn has come.
    public func step(microBatches count: Int, learningRate: Double, _ batch: (Int) -> Objective.Batch) -> StepResult {
        precondition(count > 0, "Trainer.step: \(count) micro-batches")
        var sum = 0.0
        for index in 0..<count { sum += Double(accumulate(batch(index))) }
        return update(microBatches: count, lossSum: sum, learningRate: learningRate)
    }

    /// The loss of a batch without dropout and without learning anything from it.
    public func loss(_ batch: Objective.Batch) -> Float {
        begin(dropping: false)
        if objective.isSeparable {
            pool.run(passes.count, Separate(objective: objective, batch: batch, passes: passes, workspaces: workspaces, learns: false))
        } else {
            pool.run(passes.count, Forward(objective: objective, batch: batch, passes: passes))
        }
        let loss = objective.joint(batch, passes, pool, tableGradients: gradients.tables)
        for scatter in scatters { scatter.removeAll() }
        gradients.clear()
        return loss
    }

    private func begin(dropping: Bool) {
        // Here and not after the update: weights may also have come from a file since.
        transposes.refresh(pool)
        for workspace in workspaces { workspace.reset() }
        if objective.isSeparable {
            var most = 0
            for workspace in workspaces { most = max(most, workspace.capacity) }
            for workspace in workspaces { workspace.reset(atLeast: most) }
        }
        for shard in passes.indices {
            scatters[shard].removeAll()
            passes[shard] = pass(shard, dropping: dropping)
        }
    }

    private func accumulate(_ batch: Objective.Batch) -> Float {
        begin(dropping: true)
        if objective.isSeparable {
            pool.run(passes.count, Separate(objective: objective, batch: batch, passes: passes, workspaces: workspaces, learns: true))
            microBatchCount += 1
            return objective.joint(batch, passes, pool, tableGradients: gradients.tables)
        }
        pool.run(passes.count, Forward(objective: objective, batch: batch, passes: passes))
        let loss = objective.joint(batch, passes, pool, tableGradients: gradients.tables)
        pool.run(passes.count, Backward(objective: objective, batch: batch, passes: passes))
        gradients.applyScatters(passes, pool)
        microBatchCount += 1
        return loss
    }

    private struct Forward: SharedWork {
        let objective: Objective
        let batch: Objective.Batch
        let passes: [Pass]

        func perform(_ shard: Int, worker: Int) { objective.forward(batch, shard: shard, passes[shard]) }
    }

    private struct Backward: SharedWork {
        let objective: Objective
        let batch: Objective.Batch
        let passes: [Pass]

        func perform(_ shard: Int, worker: Int) { objective.backward(batch, shard: shard, passes[shard]) }
    }

    /// Both phases of each shard, in the memory of the worker that takes it.
    private struct Separate: SharedWork {
        let objective: Objective
        let batch: Objective.Batch
        let passes: [Pass]
        let workspaces: [Workspace]
        let learns: Bool

        func perform(_ shard: Int, worker: Int) {
            workspaces[worker].reset()
            let pass = passes[shard].with(workspaces[worker])
            objective.forward(batch, shard: shard, pass)
            guard learns else { return }
            objective.backward(batch, shard: shard, pass)
            precondition(
                passes[shard].scatter?.notes.isEmpty ?? true, "Trainer: a separable objective noted rows of a table for after the shards")
        }
    }

    private func update(microBatches: Int, lossSum: Double, learningRate: Double) -> StepResult {
        let share = 1 / Double(microBatches)
        let norm = gradients.reduce(pool) * share
        stepCount += 1
        let result = StepResult(loss: Float(lossSum * share), gradientNorm: norm, step: stepCount)
        guard norm.isFinite && result.loss.isFinite else {
            // Weights stay as they are; the loop stops with an error that says so.
            gradients.clear()
            return result
        }
        // As torch.nn.utils.clip_grad_norm_.
        let clip = clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
        gradients.update(
            moments, optimizer.constants(step: stepCount, learningRate: learningRate, gradientScale: share * clip), pool)
        return result
    }
}
