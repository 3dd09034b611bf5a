internal import Synchronization

/// A token bucket for each principal.
///
/// A bucket holds ``RequestRate/burst`` tokens when full, gains one each interval, and a request takes one; what else it turns out to hold
/// is charged when that is known, and may leave the bucket in debt. Instead of counting tokens each bucket remembers the moment at which it
/// will be full again, which says the same in one number (the generic cell rate algorithm, ITU-T I.371). A call costs a hash and a short lock; nothing is allocated for a principal that is known.
public final class RateLimiter: Sendable {
    /// What the limiter says.
    public enum Verdict: Sendable, Equatable {
        /// The request may go on.
        case admitted
        /// Too many; enough tokens will be there after so many seconds (1 or more).
        case refused(retryAfterSeconds: Int)
    }

    /// For principals without a rate of their own; nil for no limit.
    public let rate: RequestRate?
    /// Most principals remembered.
    public let principals: Int
    private let shards: [Shard]
    private let clock: ServiceClock

    private final class Shard: Sendable {
        /// When each bucket will be full again.
        let fullAt = Mutex(RecencyTable<String, Int64>())
    }

    /// A limiter that knows nobody yet.
    /// - Parameters:
    ///   - principals: most principals remembered. Beyond it whoever was silent longest is forgotten, and comes back to a full bucket.
    ///   - shards: most locks over which the principals are spread; fewer for few principals, since names fall on them unevenly.
    public init(rate: RequestRate?, principals: Int = 10_000, shards: Int = 8, clock: ServiceClock = .system) {
        precondition(principals > 0 && shards > 0, "RateLimiter: \(principals) principals, \(shards) shards")
        (self.rate, self.principals, self.clock) = (rate, principals, clock)
        self.shards = (0..<max(1, min(shards, principals / 256))).map { _ in Shard() }
    }

    /// Takes tokens of a principal's bucket, or says when to come back. What is refused takes nothing.
    /// - Parameters:
    ///   - principal: its own rate goes before the service's.
    ///   - cost: tokens, 1 for a plain request; more than the whole bucket count as a full one, which could never be had otherwise.
    public func admit(_ principal: Principal, cost: Int = 1) -> Verdict {
        precondition(cost > 0, "RateLimiter.admit: cost \(cost)")
        guard let rate = principal.rate ?? rate else { return .admitted }
        let now = clock.nanoseconds()
        let interval = rate.interval
        let capacity = interval * Int64(rate.burst)
        let price = interval * Int64(min(cost, rate.burst))
        let name = principal.name
        return shard(of: name).fullAt.withLock { table in
            let full = max(now, table.value(of: name) ?? now)
            let wait = full - now + price - capacity
            if wait > 0 {
                _ = table.use(name) { _ in }
                return .refused(retryAfterSeconds: wait.retryAfterSeconds)
            }
            set(full + price, for: name, in: &table)
            return .admitted
        }
    }

    /// Takes tokens of a principal's bucket whether it has them or not: whoever owes is refused until the debt is paid.
    /// - Parameter tokens: none are taken where it is 0 or less.
    /// - Returns: nanoseconds until nothing is owed.
    @discardableResult
    public func charge(_ principal: Principal, tokens: Int) -> Int64 {
        guard tokens > 0, let rate = principal.rate ?? rate else { return 0 }
        let now = clock.nanoseconds()
        let (price, isOver) = rate.interval.multipliedReportingOverflow(by: Int64(tokens))
        let name = principal.name
        return shard(of: name).fullAt.withLock { table in
            let full = max(now, table.value(of: name) ?? now)
            let paid = min(full + (isOver ? Self.mostDebt : min(price, Self.mostDebt)), now + Self.mostDebt)
            set(paid, for: name, in: &table)
            return max(0, paid - now - rate.interval * Int64(rate.burst))
        }
    }

    /// Nanoseconds: a year.
    private static let mostDebt: Int64 = 31_536_000_000_000_000

    private func shard(of name: String) -> Shard {
        shards.count == 1 ? shards[0] : shards[Int(UInt(bitPattern: name.hashValue) % UInt(shards.count))]
    }

    private func set(_ full: Int64, for name: String, in table: inout RecencyTable<String, Int64>) {
        table.set(full, for: name)
        let most = principals / shards.count
        while table.count > most, let oldest = table.oldestEntry { table.remove(oldest.key) }
    }

    /// Principals remembered now.
    public var remembered: Int { shards.reduce(0) { $0 + $1.fullAt.withLock { $0.count } } }
}
