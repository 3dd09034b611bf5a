#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What the seconds between behaviours become before the time gate reads them; ``IntentionHabitSettings/times`` says which.
struct TimeScale: Sendable, Equatable, Codable {
    /// Whether seconds stay as they are.
    private var isRaw = false
    /// Of log(1 + seconds).
    private var mean: Float = 0
    /// What log(1 + seconds) less the mean is multiplied by.
    private var factor: Float = 1

    /// Fitted on histories learnt from; nil for none.
    init(_ settings: IntentionHabitSettings, _ histories: SessionHistories?) {
        switch settings.times {
        case .seconds: isRaw = true
        case .unit: factor = 1 / log1p(Float(settings.rules.pause))
        case .standard:
            guard let histories else { return }
            let moments = histories.gapMoments
            (mean, factor) = (moments.mean, 1 / moments.deviation)
        }
    }

    /// Whether a file holds what a training could have given.
    var isWhole: Bool { mean.isFinite && factor.isFinite && factor > 0 }

    /// 0 for the first behaviour of a session, before which there is no time.
    func callAsFunction(_ seconds: Float, isFirst: Bool) -> Float {
        isFirst ? 0 : isRaw ? seconds : (log1p(seconds) - mean) * factor
    }
}
