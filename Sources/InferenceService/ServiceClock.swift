// Takes: requests as plain values.   Gives: who may ask, what is remembered of a session, and what operators read. No framework in here.

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Where the service reads the time; tests pass their own.
///
/// Waiting, rates and expiry use the monotonic clock, so that a jump of the wall clock neither locks anybody out nor lets sessions go. The
/// wall clock is for lines that people read and for ages that outlive the process.
public struct ServiceClock: Sendable {
    /// Nanoseconds since some moment of the past; never goes back (POSIX `CLOCK_MONOTONIC`).
    public var nanoseconds: @Sendable () -> Int64
    /// Milliseconds since 1970, UTC (POSIX `CLOCK_REALTIME`); may jump.
    public var wallMilliseconds: @Sendable () -> Int64

    /// A clock.
    public init(nanoseconds: @escaping @Sendable () -> Int64, wallMilliseconds: @escaping @Sendable () -> Int64) {
        self.nanoseconds = nanoseconds
        self.wallMilliseconds = wallMilliseconds
    }

    /// The machine's clocks.
    public static let system = ServiceClock(
        nanoseconds: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        },
        wallMilliseconds: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        })
}

extension Int64 {
    /// A time in seconds as nanoseconds, at most 100 years so that sums of two do not overflow.
    static func nanoseconds(ofSeconds seconds: Double) -> Int64 { Int64(Swift.min(Swift.max(0, seconds), 3.15e9) * 1e9) }

    /// Nanoseconds as whole seconds for a `Retry-After` field (RFC 9110, section 10.2.3): rounded up, at least 1.
    var retryAfterSeconds: Int { Swift.max(1, Int((self &+ 999_999_999) / 1_000_000_000)) }
}
