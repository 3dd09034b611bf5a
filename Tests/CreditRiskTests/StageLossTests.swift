import CreditRisk
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct StageLossTests {
    static let count = 6, width = 7
    static let outcomes = (0..<count).map { Float($0 % 2) }

    private static func rows(_ floats: [Float], _ row: Int, _ width: Int = width) -> [Float] {
        Array(floats[row * width..<(row + 1) * width])
    }

    /// Values and gradients of every loss as PyTorch's own functions give them.
    @Test func golden() throws {
        let golden = try Golden.load("stage_losses")
        let z = Golden.formula(Self.count, phase: 0.4, amplitude: 2.5), teacher = Golden.formula(Self.count, phase: 1.1, amplitude: 3)
        let average = Golden.formula(Self.count, phase: 2.1, amplitude: 2)
        let scalars: [(String, (Int) -> StageLosses.Value)] = [
            ("hard", { StageLosses.crossEntropy(logit: z[$0], outcome: Self.outcomes[$0]) }),
            ("soft", { StageLosses.soft(logit: z[$0], teacher: teacher[$0], temperature: 2) }),
            ("self", { StageLosses.average(logit: z[$0], average: average[$0]) }),
        ]
        for (name, loss) in scalars {
            let found = (0..<Self.count).map(loss)
            #expect(golden.difference(name, found.map { Float($0.loss) }) == nil)
            #expect(golden.difference("\(name).gradient", found.map { Float($0.slope) }) == nil)
        }
        let p = Golden.formula(Self.count * Self.width, phase: 0.5), h = Golden.formula(Self.count * Self.width, phase: 0.9)
        let prototypes = Golden.formula(Self.count * 2 * Self.width, phase: 0.2)
        let vectors: [(String, (Int, UnsafeMutablePointer<Float>) -> Double)] = [
            (
                "cosine",
                { StageLosses.cosine(Self.rows(p, $0), Self.rows(h, $0), Self.width, factor: 1, into: $1) }
            ),
            (
                "normed",
                { StageLosses.normed(Self.rows(p, $0), Self.rows(h, $0), Self.width, factor: 1, into: $1) }
            ),
            (
                "fine",
                {
                    StageLosses.prototypes(
                        Self.rows(p, $0), Self.rows(prototypes, $0, 2 * Self.width), Self.width, positive: Self.outcomes[$0] == 1,
                        temperature: 0.1, factor: 1, into: $1)
                }
            ),
        ]
        for (name, loss) in vectors {
            var gradient = [Float](repeating: 0, count: p.count)
            let losses = gradient.withUnsafeMutableBufferPointer { buffer in
                (0..<Self.count).map { Float(loss($0, buffer.baseAddress! + $0 * Self.width)) }
            }
            #expect(golden.difference(name, losses) == nil)
            #expect(golden.difference("\(name).gradient", gradient) == nil)
        }
        let weights = ClassWeights(negatives: 900, positives: 60, beta: 0.999, power: 1)
        #expect(golden.difference("weights", [weights.negative, weights.positive]) == nil)
        let damped = ClassWeights(negatives: 900, positives: 60, beta: 0.99, power: -1)
        #expect(golden.difference("damped", [damped.negative, damped.positive]) == nil)
    }

    /// The rare class weighs more with a positive power and less with a negative one; the examples' mean weight is always 1.
    @Test func classWeights() {
        for (power, order) in [(1.0, 1), (-1.0, -1), (0.0, 0)] {
            let weights = ClassWeights(negatives: 1_000, positives: 50, beta: 0.999, power: power)
            #expect(abs((weights.negative * 1_000 + weights.positive * 50) / 1_050 - 1) < 1e-6)
            #expect((weights.positive > weights.negative ? 1 : weights.positive < weights.negative ? -1 : 0) == order)
        }
    }

    /// As the temperature grows, τ² KL becomes an eighth of the squared distance of the logits, whatever they are (Hinton et al., 2015, 2.1).
    @Test func temperature() {
        let found = StageLosses.soft(logit: 1.5, teacher: -0.5, temperature: 100)
        #expect(abs(found.loss - 4.0 / 8) < 1e-3 && abs(found.slope - 2.0 / 4) < 1e-3)
        let same = StageLosses.soft(logit: 3, teacher: 3, temperature: 2)
        #expect(same.loss < 1e-12 && same.slope == 0)
        // Logits at which a plain logarithm would be without bound.
        let far = StageLosses.soft(logit: -800, teacher: 800, temperature: 1)
        #expect(abs(far.loss - 800) < 1e-6 && abs(far.slope + 1) < 1e-9)
    }

    /// A representation of zeros is no fault: cosine 0, no gradient.
    @Test func zeroVectors() {
        let zeros = [Float](repeating: 0, count: 4)
        var gradient = zeros
        #expect(StageLosses.cosine(zeros, [1, 2, 3, 4], 4, factor: 1, into: &gradient) == 1)
        #expect(
            abs(
                StageLosses.prototypes(
                    [1, 2, 3, 4], zeros + zeros, 4, positive: true, temperature: 0.1, factor: 1, into: &gradient) - 0.6931471805599453)
                < 1e-12)
        #expect(gradient == zeros)
        #expect(StageLosses.normed(zeros, zeros, 4, factor: 1, into: &gradient) == 0 && gradient == zeros)
    }
}
