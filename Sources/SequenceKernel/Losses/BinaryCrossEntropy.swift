internal import Glibc

/// Cross-entropy of independent yes-or-no answers against soft targets in 0 ... 1.
///
///     loss = max(x, 0) - x y + log(1 + e^-|x|)        dx = σ(x) - y
///
/// In this form nothing overflows, whatever the logit. A target that is NaN has no loss.
public enum BinaryCrossEntropy {
    /// The loss, and the logits `[M, K]` overwritten by their gradient, both times `factor`; column `k` also times `classWeights[k]`.
    /// `targets` are `[M, K]` floats.
    public static func lossAndGradient(
        _ logits: Rows, targets: UnsafePointer<Float>, factor: Float, classWeights: UnsafePointer<Float>? = nil
    ) -> LossSum {
        var result = LossSum()
        for row in 0..<logits.count {
            let line = logits[row], wanted = targets + row * logits.width
            for column in 0..<logits.width {
                let x = line[column], y = wanted[column]
                guard !y.isNaN else {
                    line[column] = 0
                    continue
                }
                precondition((0...1).contains(y), "BinaryCrossEntropy: a target must lie in 0 ... 1")
                let weight = factor * (classWeights?[column] ?? 1)
                let small = exp(-abs(Double(x)))
                result.sum += Double(weight) * (Double(max(x, 0)) - Double(x) * Double(y) + log1p(small))
                result.count += 1
                let probability = x >= 0 ? 1 / (1 + small) : small / (1 + small)
                line[column] = weight * Float(probability - Double(y))
            }
        }
        return result
    }
}
