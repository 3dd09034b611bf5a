/// Transposed copies of all dense matrices of a model, made once a step (or once a load) instead of once a pass.
///
/// A forward product reads its weight `[O, I]` as `[I, O]`. Without this cache each shard turns each weight into its workspace;
/// for one session at inference that costs more than the products. Whoever changes the weights calls ``refresh()`` afterwards.
public final class TransposedWeights: @unchecked Sendable {
    private let weights: ParameterVector
    private let base: UnsafeMutablePointer<Float>
    private let matrices: [Parameter]

    /// Copies of every dense two-dimensional parameter, up to date.
    public init(of weights: ParameterVector) {
        self.weights = weights
        matrices = weights.parameters.filter { $0.kind == .dense && $0.shape.count == 2 }
        let count = max(weights.denseCount, 1)
        base = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64).bindMemory(to: Float.self, capacity: count)
        base.initialize(repeating: 0, count: count)
        refresh()
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// Makes the copies again, after the weights have changed.
    public func refresh() { for index in matrices.indices { refresh(index) } }

    /// Makes the copies again with the help of a pool.
    public func refresh(_ pool: WorkerPool) { pool.run(matrices.count, Refresh(copies: self)) }

    private struct Refresh: SharedWork {
        let copies: TransposedWeights
        func perform(_ index: Int, worker: Int) { copies.refresh(index) }
    }

    private func refresh(_ index: Int) {
        let matrix = matrices[index]
        let rows = matrix.shape[0], columns = matrix.shape[1]
        vectorLoops.transpose(rows, columns, weights.pointer(matrix), columns, base + matrix.offset, rows)
    }

    /// The transpose of a dense matrix `[O, I]`, as `[I, O]`.
    public func pointer(_ matrix: Parameter) -> UnsafePointer<Float> { UnsafePointer(base + matrix.offset) }
}
