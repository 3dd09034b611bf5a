/// How much a principal may ask: a steady rate, and how many requests at once after a pause. A request with several sessions counts as many
/// requests as it has sessions.
public struct RequestRate: Sendable, Hashable, CustomStringConvertible {
    /// What a rate is counted by.
    public enum Period: String, Sendable, Hashable, CaseIterable {
        /// A second.
        case second = "s"
        /// A minute.
        case minute = "m"
        /// An hour.
        case hour = "h"

        var nanoseconds: Int64 {
            switch self {
            case .second: 1_000_000_000
            case .minute: 60_000_000_000
            case .hour: 3_600_000_000_000
            }
        }
    }

    /// Requests a period, 1 to 1,000,000.
    public let requests: Int
    /// The period.
    public let period: Period
    /// Requests at once after a pause: the size of the token bucket, 1 to 1,000,000.
    public let burst: Int

    /// A rate; nil where a number is out of its range.
    /// - Parameter burst: as many as the period has requests where it is nil.
    public init?(_ requests: Int, per period: Period, burst: Int? = nil) {
        guard (1...1_000_000).contains(requests), (1...1_000_000).contains(burst ?? requests) else { return nil }
        (self.requests, self.period, self.burst) = (requests, period, burst ?? requests)
    }

    /// A rate as key files and settings write it: `200/s`, or `200/s:400` with a burst; `m` and `h` for minutes and hours.
    public init?(text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let fraction = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, fraction.count == 2, let requests = Self.whole(fraction[0]),
            let period = Period(rawValue: String(fraction[1]))
        else { return nil }
        var burst: Int?
        if parts.count == 2 {
            guard let given = Self.whole(parts[1]) else { return nil }
            burst = given
        }
        self.init(requests, per: period, burst: burst)
    }

    private static func whole(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    /// As ``init(text:)`` reads it.
    public var description: String { "\(requests)/\(period.rawValue)" + (burst == requests ? "" : ":\(burst)") }

    /// Nanoseconds until one more token is in the bucket.
    var interval: Int64 { max(1, period.nanoseconds / Int64(requests)) }
}
