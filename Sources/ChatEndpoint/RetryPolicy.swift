internal import DurableFiles

/// When a request that failed is sent again: after a wait that doubles, or after the wait the endpoint asks for.
public struct RetryPolicy: Sendable, Equatable {
    /// Times a request is sent at most.
    public var attempts = 5
    /// The wait after the first failure.
    public var firstSeconds = 1.0
    /// The longest wait of our own.
    public var longestSeconds = 60.0
    /// The longest wait that is granted when the endpoint asks for one; beyond it the request fails.
    public var longestAskedSeconds = 300.0
    /// What the spread of waits comes from.
    public var seed: UInt64 = 1

    /// The usual patience.
    public init() {}

    /// Seconds to wait after failure number `attempt` (from 1); nil where it is not worth it.
    ///
    /// Our own waits are spread over their upper half, so that many runs do not come back at once; the spread depends on seed, request and
    /// attempt alone.
    func wait(after attempt: Int, asked: Double?, request: String) -> Double? {
        guard attempt < attempts else { return nil }
        let doubled = min(longestSeconds, firstSeconds * Double(1 << min(attempt - 1, 30)))
        let bytes = SHA256Digest.hex(of: Array("\(seed)/\(request)/\(attempt)".utf8))
        let share = Double(UInt32(bytes.prefix(8), radix: 16)!) / 4_294_967_296
        let own = doubled * (0.5 + 0.5 * share)
        guard let asked else { return own }
        return asked > longestAskedSeconds ? nil : max(asked, own)
    }

    /// True for statuses that may pass.
    static func isWorthwhile(status: Int) -> Bool { [408, 409, 425, 429, 500, 502, 503, 504, 529].contains(status) }
}
