internal import Glibc

/// Time of an event as plain features beside its fields: log-scaled gaps to the previous and to the latest event, standardised, and hour
/// and weekday as points on a circle (systems.md 5, lesson 3; the same encoding as PRAGMA's and TRACE's).
///
/// | column | value |
/// |---|---|
/// | 0 | (log1p(seconds since the previous event) - mean) / deviation; 0 when unknown |
/// | 1 | 1 when that gap is unknown (the first event), else 0 |
/// | 2, 3 | the same for the seconds to the latest event |
/// | 4, 5 | sin and cos of 2π hour / 24; 0 when unknown |
/// | 6, 7 | sin and cos of 2π weekday / 7; 0 when unknown |
/// | 8 | 1 when hour and weekday are unknown |
///
/// A missing value thereby has a vector of its own in whatever linear map follows, and is never confused with a gap of zero.
public struct TimeEncoding: Sendable, Hashable, Codable {
    /// Floats in a row.
    public static let width = 9
    /// What hour and weekday are when they are not known.
    public static let unknownHour: UInt8 = 255

    /// Mean of log1p(gap) over the training part.
    public var gapMean: Float = 0
    /// Standard deviation of log1p(gap) over the training part.
    public var gapDeviation: Float = 1
    /// Mean of log1p(time to the latest event) over the training part.
    public var latestMean: Float = 0
    /// Standard deviation of the same.
    public var latestDeviation: Float = 1

    /// Not standardised.
    public init() {}

    /// Fitted on gaps in seconds; values that are not numbers or are negative count as unknown and are left out.
    public init(gaps: some Sequence<Float>, toLatest: some Sequence<Float>) {
        (gapMean, gapDeviation) = Self.moments(gaps)
        (latestMean, latestDeviation) = Self.moments(toLatest)
    }

    private static func moments(_ seconds: some Sequence<Float>) -> (Float, Float) {
        var count = 0.0, mean = 0.0, squares = 0.0
        for value in seconds where value >= 0 && value.isFinite {
            // Welford's update: gaps span ten orders of magnitude.
            let logged = Double(log1pf(value))
            count += 1
            let distance = logged - mean
            mean += distance / count
            squares += distance * (logged - mean)
        }
        guard count > 1 else { return (Float(mean), 1) }
        return (Float(mean), max(1e-3, Float((squares / (count - 1)).squareRoot())))
    }

    /// Writes columns 0 ..< 9 at `target`, for one event. NaN and negative seconds are unknown.
    public func encode(gap: Float, toLatest: Float, hour: UInt8, weekday: UInt8, into target: UnsafeMutablePointer<Float>) {
        Self.write(gap, gapMean, gapDeviation, target)
        Self.write(toLatest, latestMean, latestDeviation, target + 2)
        let isKnown = hour < 24 && weekday < 7
        let hourAngle = Float.pi * 2 * Float(hour) / 24, weekdayAngle = Float.pi * 2 * Float(weekday) / 7
        target[4] = isKnown ? sinf(hourAngle) : 0
        target[5] = isKnown ? cosf(hourAngle) : 0
        target[6] = isKnown ? sinf(weekdayAngle) : 0
        target[7] = isKnown ? cosf(weekdayAngle) : 0
        target[8] = isKnown ? 0 : 1
    }

    private static func write(_ seconds: Float, _ mean: Float, _ deviation: Float, _ target: UnsafeMutablePointer<Float>) {
        let isKnown = seconds >= 0 && seconds.isFinite
        target[0] = isKnown ? (log1pf(seconds) - mean) / deviation : 0
        target[1] = isKnown ? 0 : 1
    }
}
