public import SequenceKernel

/// Cuts sessions into packed batches: the same ones for the same seed and epoch, at any thread count and after any resume.
public final class PackedBatcher: BatchSource, @unchecked Sendable {
    /// What is read.
    public let events: EncodedEvents
    /// Session numbers of the part that is read.
    public let sessions: [Int]
    /// Sessions in a batch.
    public let batchSessions: Int
    /// Greatest number of events of a session, the most recent ones.
    public let maximumEvents: Int
    /// Shards a batch is cut into.
    public let shardCount: Int
    private let seed: UInt64
    private let shuffles: Bool
    private let bucketed: Bool
    private let pool: WorkerPool?
    private var order: [Int] = []
    private var orderEpoch = -1
    private let reused: PackedBatch
    private var stretches: [Stretch] = []
    /// Where each shard's stretches begin. `[shards + 1]`.
    private var cuts: [Int] = []

    /// Batches of the given sessions; empty sessions are passed over. Without `shuffles` they come in the given order at every
    /// epoch (validation), with the same random choices each time.
    public init(
        _ events: EncodedEvents, sessions: [Int], batchSessions: Int, maximumEvents: Int, shardCount: Int, seed: UInt64,
        shuffles: Bool = true, bucketed: Bool = false, pool: WorkerPool? = nil
    ) {
        precondition(batchSessions > 0 && maximumEvents > 0 && shardCount > 0)
        self.events = events
        self.sessions = sessions.filter { !events.events(ofSession: $0).isEmpty }
        self.batchSessions = batchSessions
        self.maximumEvents = maximumEvents
        self.shardCount = shardCount
        self.seed = seed
        self.shuffles = shuffles
        self.bucketed = bucketed
        self.pool = pool
        reused = PackedBatch(plan: events.plan, shardCount: shardCount)
    }

    /// Batches in every epoch.
    public func batchCount(epoch: Int) -> Int { (sessions.count + batchSessions - 1) / batchSessions }

    /// The batch, in memory that the next call uses again.
    public func batch(_ number: Int, epoch: Int) -> PackedBatch {
        prepareOrder(epoch)
        let first = number * batchSessions
        let chosen = order[first..<min(order.count, first + batchSessions)]
        let epochKey = shuffles ? UInt64(epoch) : 0
        fill(reused, sessions: chosen, key: RandomSource.mix(seed ^ RandomSource.mix(epochKey &+ 0x51ED)))
        return reused
    }

    /// Rows of a batch.
    public func eventCount(_ batch: PackedBatch) -> Int { batch.rowCount }

    /// Fills a batch with these sessions, in this order.
    public func fill(_ batch: PackedBatch, sessions: some Collection<Int>, key: UInt64) {
        precondition(batch.shards.count == shardCount, "PackedBatcher.fill: \(batch.shards.count) shards, not \(shardCount)")
        stretches.removeAll(keepingCapacity: true)
        for session in sessions {
            let all = events.events(ofSession: session)
            let kept = all.suffix(maximumEvents)
            stretches.append(
                Stretch(
                    events: kept, visitor: Int32(truncatingIfNeeded: events.visitor(ofSession: session)),
                    key: RandomSource.mix(key ^ RandomSource.mix(UInt64(session)))))
        }
        let total = stretches.reduce(0) { $0 + $1.events.count }
        batch.rowCount = total
        batch.sessionCount = stretches.count
        // A session belongs to the shard in whose share of the rows it begins.
        cuts.removeAll(keepingCapacity: true)
        cuts.append(0)
        var rows = 0
        var next = 0
        for shard in 0..<shardCount {
            while next < stretches.count && rows * shardCount < (shard + 1) * max(total, 1) {
                rows += stretches[next].events.count
                next += 1
            }
            cuts.append(shard == shardCount - 1 ? stretches.count : next)
        }
        let filling = Filling(batch: batch, events: events, stretches: stretches, cuts: cuts)
        if let pool {
            pool.run(shardCount, filling)
        } else {
            for shard in 0..<shardCount { filling.perform(shard, worker: 0) }
        }
    }

    private struct Filling: SharedWork {
        let batch: PackedBatch
        let events: EncodedEvents
        let stretches: [Stretch]
        let cuts: [Int]

        func perform(_ shard: Int, worker: Int) { batch.shards[shard].fill(events, stretches[cuts[shard]..<cuts[shard + 1]]) }
    }

    private func prepareOrder(_ epoch: Int) {
        guard shuffles else {
            order = sessions
            return
        }
        guard epoch != orderEpoch else { return }
        orderEpoch = epoch
        order = sessions
        var random = RandomSource(seed, 0x0BA7_C4E5, UInt64(epoch))
        random.shuffle(&order)
        guard bucketed else { return }
        // Shuffle, sort by length within 32 batches, shuffle the batches.
        let chunk = 32 * batchSessions
        var batches: [[Int]] = []
        for start in stride(from: 0, to: order.count, by: chunk) {
            let part = order[start..<min(start + chunk, order.count)].enumerated().sorted {
                let left = length($0.element)
                let right = length($1.element)
                return left != right ? left < right : $0.offset < $1.offset
            }.map(\.element)
            for first in stride(from: 0, to: part.count, by: batchSessions) {
                batches.append(Array(part[first..<min(first + batchSessions, part.count)]))
            }
        }
        // A short batch must stay last: batches are found by number.
        let short = batches.last.map { $0.count < batchSessions } == true ? batches.removeLast() : []
        random.shuffle(&batches)
        order = batches.flatMap { $0 } + short
    }

    private func length(_ session: Int) -> Int { min(events.events(ofSession: session).count, maximumEvents) }
}
