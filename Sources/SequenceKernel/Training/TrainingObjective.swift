/// Something to minimise: turns a batch into a loss and its gradients, in three phases.
///
/// ```
/// forward(shard)   for every shard, in parallel      encoder forward; losses that need only this shard
/// joint            once, may use all workers itself  losses over the whole batch: full softmax over a large vocabulary,
///                                                    contrast between sessions; writes the gradients of the hidden rows
/// backward(shard)  for every shard, in parallel      encoder backward
/// ```
/// A shard is a fixed part of the batch: how many there are does not depend on the threads, and gradients are added in shard
/// order, so that any thread count gives the same bytes. What `forward` keeps for `backward` (tapes, hidden rows) the
/// objective stores in a slot of its own per shard; the rows themselves live in that shard's workspace until the step ends.
public protocol TrainingObjective: AnyObject, Sendable {
    /// What one step reads: packed sequences, ids, targets.
    associatedtype Batch: Sendable
    /// Shards that a batch is cut into; at least 1, constant for a run.
    var shardCount: Int { get }
    /// Whether a shard may go from forward to backward at once, before other shards are forward, with ``joint(_:_:_:tableGradients:)``
    /// after all of them: its gradient needs nothing of the others', and it notes no rows of tables. Its rows then stay in the cache, in
    /// memory that the next shard of the same worker uses again. False unless said otherwise.
    var isSeparable: Bool { get }
    /// First phase, called once for each shard; shards may be empty.
    func forward(_ batch: Batch, shard: Int, _ pass: Pass)
    /// Second phase. Returns the batch's loss. `passes[shard]` are the same as in the other phases; `tableGradients` is the shared
    /// gradient of the table space (`weights.tableCount` floats, already zero), to which a tied output adds.
    func joint(_ batch: Batch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float
    /// Third phase, called once for each shard.
    func backward(_ batch: Batch, shard: Int, _ pass: Pass)
}

extension TrainingObjective {
    /// The phases follow one another.
    public var isSeparable: Bool { false }
}
