import KernelTestSupport
import SequenceKernel
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct GuidedCrossEntropyTests {
    private func probability(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    private func divergence(_ p: Double, _ q: Double) -> Double { p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)) }

    /// The closed form against both divergences added up, and the slope against a central difference.
    @Test(arguments: [-3.0, -0.4, 0.0, 0.7, 4.5], [0.02, 0.3, 0.5, 0.93]) func closedForm(x: Double, q: Double) {
        for (target, strength) in [(0.0, 1.0), (1.0, 1.0), (1.0, 0.25), (0.3, 2.0)] {
            func expected(_ x: Double) -> Double {
                let p = probability(x)
                return -(target * log(p) + (1 - target) * log(1 - p)) + strength / 2 * (divergence(p, q) + divergence(q, p))
            }
            let found = GuidedCrossEntropy.lossAndSlope(
                logit: Float(x), target: Float(target), guide: Float(q), strength: Float(strength))
            // The arguments are floats: their last bit is 3e-7 of a logit of 4.5.
            #expect(abs(found.loss - expected(x)) < 1e-6 * max(1, found.loss))
            #expect(abs(found.slope - (expected(x + 1e-5) - expected(x - 1e-5)) / 2e-5) < 1e-5)
            #expect(abs(found.divergence - (divergence(probability(x), q) + divergence(q, probability(x))) / 2) < 1e-6 * max(1, found.loss))
        }
    }

    /// Where both agree, and where there is no guide, it is the cross-entropy; a guide at 0 or 1 is held off it.
    @Test func edges() {
        let plain = GuidedCrossEntropy.lossAndSlope(logit: 0, target: 1, guide: nil, strength: 1)
        let agreeing = GuidedCrossEntropy.lossAndSlope(logit: 0, target: 1, guide: 0.5, strength: 1)
        let unknown = GuidedCrossEntropy.lossAndSlope(logit: 0, target: 1, guide: .nan, strength: 1)
        #expect(plain == agreeing && plain == unknown)
        #expect(abs(plain.loss - log(2)) < 1e-12 && plain.slope == -0.5)
        for guide: Float in [0, 1] {
            let found = GuidedCrossEntropy.lossAndSlope(logit: 0.5, target: 1, guide: guide, strength: 1)
            let held = GuidedCrossEntropy.lossAndSlope(
                logit: 0.5, target: 1, guide: guide == 0 ? Float(GuidedCrossEntropy.margin) : 1 - Float(GuidedCrossEntropy.margin),
                strength: 1)
            #expect(found.loss.isFinite && abs(found.loss - held.loss) < 0.05 && abs(found.slope - held.slope) < 0.05)
        }
    }
}
