/// What a benchmark run measured.
public struct BenchmarkRates: Sendable {
    /// Loss of each step.
    public var losses: [Double] = []
    /// Real events worked through; there is no padding.
    public var events = 0
    /// Sessions worked through.
    public var sessions = 0
    /// Seconds of the passes alone, batches not counted.
    public var seconds = 0.0
    /// Seconds of each call, where single calls were measured; rising.
    public var calls: [Double] = []

    /// Events a second.
    public var eventsPerSecond: Double { seconds > 0 ? Double(events) / seconds : 0 }
    /// Sessions a second.
    public var sessionsPerSecond: Double { seconds > 0 ? Double(sessions) / seconds : 0 }

    /// The call time that the given share of calls did not exceed.
    public func percentile(_ share: Double) -> Double {
        calls.isEmpty ? .nan : calls[min(calls.count - 1, Int(share * Double(calls.count)))]
    }
}
