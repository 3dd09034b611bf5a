internal import Glibc

/// The learning rate of each step: linear warm-up, then constant or half a cosine down to a floor.
public struct Schedule: Sendable, Hashable, Codable {
    /// What comes after the warm-up.
    public enum Shape: String, Sendable, Hashable, Codable {
        /// The peak rate to the end.
        case constant
        /// Half a cosine from the peak to `floorShare` of it.
        case cosine
    }

    /// After the warm-up.
    public var shape: Shape = .cosine
    /// The highest rate.
    public var peak: Double = 1e-3
    /// Share of all steps that warms up, 0 ... 1.
    public var warmUpShare: Double = 0.05
    /// The last rate of a cosine as a share of the peak.
    public var floorShare: Double = 0

    /// 1e-3, cosine after 5 % of warm-up.
    public init() {}

    /// All settings.
    public init(shape: Shape, peak: Double, warmUpShare: Double = 0, floorShare: Double = 0) {
        self.shape = shape
        self.peak = peak
        self.warmUpShare = warmUpShare
        self.floorShare = floorShare
    }

    /// The rate of step `step` (from 0) of `total`. The first step of a warm-up already moves; steps past the end stay at the
    /// last rate.
    public func rate(step: Int, of total: Int) -> Double {
        let warm = Int((Double(total) * min(max(warmUpShare, 0), 1)).rounded(.up))
        if step < warm { return peak * Double(step + 1) / Double(warm) }
        switch shape {
        case .constant: return peak
        case .cosine:
            let progress = min(1, Double(step - warm) / Double(max(1, total - warm)))
            return peak * (floorShare + (1 - floorShare) * 0.5 * (1 + cos(Double.pi * progress)))
        }
    }
}
