#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Loss of a softmax over the rows of each list, with its gradients: `g = w (p − y / Σ y)`, and `p (1 − p)` for the second derivatives.
struct ListwiseGradients {
    private let targets: [Float]
    private let weights: [Float]?
    private let lists: [Int]
    /// Of the last call of ``take(_:)``, `[N]`.
    var gradients: [Float]
    /// Diagonal of the second derivatives, `[N]`; at least 1e-6, so that a list that is decided already does not divide by nothing.
    var curvatures: [Float]

    init(_ targets: [Float], _ weights: [Float]?, lists: [Int]) {
        (self.targets, self.weights, self.lists) = (targets, weights, lists)
        gradients = [Float](repeating: 0, count: targets.count)
        curvatures = [Float](repeating: 1e-6, count: targets.count)
    }

    /// Gradients at these scores `[N]`.
    /// - Returns: mean loss over the lists that have a target, weighted.
    mutating func take(_ scores: UnsafeBufferPointer<Float>) -> Double {
        var (first, loss, counted) = (0, 0.0, 0.0)
        for count in lists {
            let rows = first..<first + count
            first += count
            var (greatest, wanted) = (-Float.infinity, 0.0)
            for row in rows {
                greatest = max(greatest, scores[row])
                wanted += Double(targets[row])
            }
            guard wanted > 0 else { continue }
            var sum = 0.0
            for row in rows { sum += exp(Double(scores[row] - greatest)) }
            let weight = weights.map { Double($0[rows.lowerBound]) } ?? 1
            for row in rows {
                let share = Double(targets[row]) / wanted
                let logarithm = Double(scores[row] - greatest) - log(sum)
                let probability = exp(logarithm)
                loss -= share > 0 ? weight * share * logarithm : 0
                gradients[row] = Float(weight * (probability - share))
                curvatures[row] = Float(max(weight * probability * (1 - probability), 1e-6))
            }
            counted += weight
        }
        return loss / max(counted, .leastNormalMagnitude)
    }
}
