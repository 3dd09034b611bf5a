#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Cross-entropy of a yes-or-no answer, drawn towards another model's probability by the symmetric divergence (Guo et al., 2020,
/// equation 16, with p = σ(x)):
///
///     L  = -(y log p + (1 - y) log(1 - p)) + α/2 (KL(p‖q) + KL(q‖p))
///        = … + α/2 (p - q)(logit p - logit q)                       for single probabilities
///     dx = p - y + α/2 (p (1 - p)(x - logit q) + p - q)
///
/// The other model's q is held within 1e-6 of 0 and 1 and gets no gradient. α is the caller's: as a free parameter on a term that is never
/// negative it would fall without end, so whoever learns it adds what holds it up, such as -log(α)/2 (Kendall et al., 2018).
public enum GuidedCrossEntropy {
    /// How near 0 and 1 another model's probability may come.
    public static let margin = 1e-6

    /// What one example gives.
    public struct Result: Sendable, Hashable {
        /// L.
        public let loss: Double
        /// dL/dx.
        public let slope: Double
        /// Half of both divergences: dL/dα; 0 without a guide.
        public let divergence: Double
    }

    /// The loss of one example and its derivatives.
    /// - Parameters:
    ///   - target: y, 0 ... 1.
    ///   - guide: q; nil or NaN for an example without.
    ///   - strength: α.
    public static func lossAndSlope(logit: Float, target: Float, guide: Float?, strength: Float) -> Result {
        let x = Double(logit), y = Double(target)
        let small = exp(-abs(x))
        let p = x >= 0 ? 1 / (1 + small) : small / (1 + small)
        let loss = max(x, 0) - x * y + log1p(small)
        guard let guide, !guide.isNaN, strength != 0 else { return Result(loss: loss, slope: p - y, divergence: 0) }
        let q = min(max(Double(guide), margin), 1 - margin)
        let distance = x - log(q / (1 - q)), half = Double(strength) / 2
        return Result(
            loss: loss + half * (p - q) * distance, slope: p - y + half * (p * (1 - p) * distance + p - q),
            divergence: (p - q) * distance / 2)
    }
}
