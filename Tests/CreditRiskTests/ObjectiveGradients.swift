import CreditRisk
import KernelTestSupport
import SequenceKernel

/// Gradients of an objective over a batch, tables among them, ready for the gradient checker.
final class ObjectiveGradients<Objective: TrainingObjective> {
    /// Every parameter with its gradient.
    let variables: [CheckedVariable]
    private let objective: Objective
    private let batch: Objective.Batch
    private let passes: [Pass]
    private let workspaces: [Workspace]
    private let gradients: UnsafeMutablePointer<Float>
    private let tables: UnsafeMutablePointer<Float>
    private let pool = WorkerPool(threads: 1)
    private let value: () -> Double

    /// - Parameter value: the loss of the last batch in double precision.
    init(_ objective: Objective, _ weights: ParameterVector, _ batch: Objective.Batch, value: @escaping () -> Double) {
        (self.objective, self.batch, self.value) = (objective, batch, value)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.count)
        gradients.initialize(repeating: 0, count: weights.count)
        let workspaces = (0..<objective.shardCount).map { _ in Workspace() }
        let scatters = workspaces.map { _ in GradientScatter() }
        let passes = zip(workspaces, scatters).map { Pass(weights: weights, workspace: $0, gradients: gradients, scatter: $1) }
        let tables = gradients + weights.denseCount
        (self.gradients, self.workspaces, self.passes, self.tables) = (gradients, workspaces, passes, tables)
        for shard in passes.indices { objective.forward(batch, shard: shard, passes[shard]) }
        _ = objective.joint(batch, passes, pool, tableGradients: tables)
        for shard in passes.indices { objective.backward(batch, shard: shard, passes[shard]) }
        for note in scatters.flatMap(\.notes) {
            let width = note.table.shape[1]
            for lookup in 0..<note.count {
                for column in 0..<width {
                    tables[note.table.offset + Int(note.rows[lookup]) * width + column] += note.gradient[lookup * note.stride + column]
                }
            }
        }
        variables = weights.parameters.map { parameter in
            let place = weights.pointer(parameter) - weights.base
            return CheckedVariable(
                parameter.name, values: weights.pointer(parameter),
                gradient: Array(UnsafeBufferPointer(start: gradients + place, count: parameter.count)))
        }
    }

    deinit { gradients.deallocate() }

    /// The loss by the weights as they are now.
    func loss() -> Double {
        for shard in passes.indices {
            workspaces[shard].reset()
            objective.forward(batch, shard: shard, passes[shard])
        }
        _ = objective.joint(batch, passes, pool, tableGradients: tables)
        return value()
    }
}
