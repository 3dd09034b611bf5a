internal import Glibc

/// What a loss added up: its sum over rows, and how many rows had one.
public struct LossSum: Sendable, Hashable {
    /// Sum of the rows' losses, each times its factor.
    public var sum: Double
    /// Rows that had a target.
    public var count: Int

    /// Nothing yet.
    public init(sum: Double = 0, count: Int = 0) {
        self.sum = sum
        self.count = count
    }

    /// Adds two parts, in this order.
    public static func + (left: LossSum, right: LossSum) -> LossSum {
        LossSum(sum: left.sum + right.sum, count: left.count + right.count)
    }
}

/// Cross-entropy of a softmax over a small number of classes, in the shard where the logits are.
///
///     loss_n = log Σ_k e^x_k - (1 - ε) x_target - ε mean_k x_k        dx = softmax(x) - (1 - ε) 1_target - ε / K
///
/// The largest logit is taken off first, so no exponential overflows; a logit of -∞ (a forbidden class) is fine without smoothing.
public struct SoftmaxCrossEntropy: Sendable, Hashable {
    /// ε: the share of the target's probability that is spread over all classes.
    public var labelSmoothing: Float
    /// Targets that have no loss; every negative one besides.
    public var ignored: Int32

    /// No smoothing; negative targets are ignored.
    public init(labelSmoothing: Float = 0, ignored: Int32 = -1) {
        precondition((0..<1).contains(labelSmoothing), "SoftmaxCrossEntropy: label smoothing \(labelSmoothing) must lie in 0 ..< 1")
        self.labelSmoothing = labelSmoothing
        self.ignored = ignored
    }

    /// The loss, and the logits `[M, K]` overwritten by their gradient, both times `factor` (such as 1 / rows of the whole batch).
    public func lossAndGradient(_ logits: Rows, targets: UnsafePointer<Int32>, factor: Float) -> LossSum {
        var result = LossSum()
        for row in 0..<logits.count {
            let line = logits[row]
            guard let own = loss(line, logits.width, targets[row]) else {
                line.update(repeating: 0, count: logits.width)
                continue
            }
            result.sum += own * Double(factor)
            result.count += 1
            vectorLoops.softmaxRows(1, logits.width, line, logits.width, line, logits.width)
            if labelSmoothing > 0 {
                let share = labelSmoothing / Float(logits.width)
                for column in 0..<logits.width { line[column] -= share }
            }
            line[Int(targets[row])] -= 1 - labelSmoothing
            vectorLoops.scale(logits.width, factor, line, line)
        }
        return result
    }

    /// The loss alone, for validation.
    public func loss(_ logits: Rows, targets: UnsafePointer<Int32>, factor: Float) -> LossSum {
        var result = LossSum()
        for row in 0..<logits.count {
            guard let own = loss(logits[row], logits.width, targets[row]) else { continue }
            result.sum += own * Double(factor)
            result.count += 1
        }
        return result
    }

    private func loss(_ line: UnsafePointer<Float>, _ width: Int, _ target: Int32) -> Double? {
        if target < 0 || target == ignored { return nil }
        precondition(Int(target) < width, "SoftmaxCrossEntropy: target \(target) of \(width) classes")
        var logSum: Float = 0
        vectorLoops.logSumExpRows(1, width, line, width, &logSum)
        var loss = Double(logSum) - Double(1 - labelSmoothing) * Double(line[Int(target)])
        if labelSmoothing > 0 {
            var sum = 0.0
            for column in 0..<width { sum += Double(line[column]) }
            loss -= Double(labelSmoothing) * sum / Double(width)
        }
        return loss
    }
}
