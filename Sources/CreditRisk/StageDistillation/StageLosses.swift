#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The losses of one applicant with their slopes (systems.md 2.3), in double precision. Teachers get no gradient.
package enum StageLosses {
    package typealias Value = (loss: Double, slope: Double)

    /// `-(y log σ(z) + (1 - y) log(1 - σ(z)))` and its slope in z.
    package static func crossEntropy(logit z: Float, outcome: Float) -> Value {
        let z = Double(z), y = Double(outcome)
        return (max(z, 0) - z * y + log1p(exp(-abs(z))), sigmoid(z) - y)
    }

    /// `τ² KL(σ(z_t / τ) ‖ σ(z / τ))` of a yes-or-no answer, and its slope in z: `τ (σ(z / τ) - σ(z_t / τ))` (Hinton et al., 2015).
    package static func soft(logit: Float, teacher: Float, temperature: Float) -> Value {
        let tau = Double(temperature)
        let z = Double(logit) / tau, t = Double(teacher) / tau
        let p = sigmoid(t)
        // log σ(x) = -log(1 + e^-x), which neither overflows nor takes the log of nothing.
        let divergence = p * (softplus(-z) - softplus(-t)) + (1 - p) * (softplus(z) - softplus(t))
        return (tau * tau * max(0, divergence), tau * (sigmoid(z) - p))
    }

    /// `1 - cos(p, h)`; adds `factor` times its gradient in p. A vector of zeros has cosine 0 with any, and no gradient.
    /// - Parameters: `p`, `h` and `gradient` are `[R]`.
    package static func cosine(
        _ p: UnsafePointer<Float>, _ h: UnsafePointer<Float>, _ width: Int, factor: Double, into gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let found = similarity(p, h, width)
        add(found, p, h, width, -factor, gradient)
        return 1 - found.cosine
    }

    /// Mean of `(norm(p) - norm(h))²`, both normed to mean 0 and variance 1 (ε 1e-5); adds `factor` times its gradient in p.
    /// - Parameters: `p`, `h` and `gradient` are `[R]`.
    package static func normed(
        _ p: UnsafePointer<Float>, _ h: UnsafePointer<Float>, _ width: Int, factor: Double, into gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let own = moments(p, width), other = moments(h, width)
        var (loss, slopes, products) = (0.0, 0.0, 0.0)
        for column in 0..<width {
            let x = (Double(p[column]) - own.mean) * own.scale, difference = x - (Double(h[column]) - other.mean) * other.scale
            loss += difference * difference
            slopes += difference
            products += difference * x
        }
        let count = Double(width)
        for column in 0..<width {
            let x = (Double(p[column]) - own.mean) * own.scale, difference = x - (Double(h[column]) - other.mean) * other.scale
            gradient[column] += Float(factor * 2 / count * own.scale * (difference - slopes / count - x * products / count))
        }
        return loss / count
    }

    /// `-log(exp(cos(p, μ_y) / t) / Σ_c exp(cos(p, μ_c) / t))` over both classes; adds `factor` times its gradient in p.
    /// - Parameters:
    ///   - p: `[R]`.
    ///   - prototypes: of the classes 0 and 1, `[2, R]`.
    ///   - gradient: `[R]`.
    package static func prototypes(
        _ p: UnsafePointer<Float>, _ prototypes: UnsafePointer<Float>, _ width: Int, positive: Bool, temperature: Float, factor: Double,
        into gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let other = similarity(p, prototypes + (positive ? 0 : width), width)
        let own = similarity(p, prototypes + (positive ? width : 0), width)
        let t = Double(temperature), margin = (own.cosine - other.cosine) / t
        let slope = -factor / t * sigmoid(-margin)
        add(own, p, prototypes + (positive ? width : 0), width, slope, gradient)
        add(other, p, prototypes + (positive ? 0 : width), width, -slope, gradient)
        return softplus(-margin)
    }

    /// `KL(σ(z_e) ‖ σ(z))` from the student's own average, and its slope in z.
    package static func average(logit: Float, average: Float) -> Value { soft(logit: logit, teacher: average, temperature: 1) }

    static func sigmoid(_ x: Double) -> Double {
        let small = exp(-abs(x))
        return x >= 0 ? 1 / (1 + small) : small / (1 + small)
    }

    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

    private struct Similarity {
        var cosine = 0.0
        var ownSquares = 0.0
        var norms = 0.0
    }

    private static func similarity(_ p: UnsafePointer<Float>, _ h: UnsafePointer<Float>, _ width: Int) -> Similarity {
        var (product, own, other) = (0.0, 0.0, 0.0)
        for column in 0..<width {
            let (a, b) = (Double(p[column]), Double(h[column]))
            product += a * b
            own += a * a
            other += b * b
        }
        let norms = own.squareRoot() * other.squareRoot()
        guard norms > 1e-12 else { return Similarity() }
        return Similarity(cosine: product / norms, ownSquares: own, norms: norms)
    }

    /// Adds `factor` times the gradient of cos(p, h) in p: `h / (|p| |h|) - cos p / |p|²`.
    private static func add(
        _ found: Similarity, _ p: UnsafePointer<Float>, _ h: UnsafePointer<Float>, _ width: Int, _ factor: Double,
        _ gradient: UnsafeMutablePointer<Float>
    ) {
        guard found.norms > 0 else { return }
        for column in 0..<width {
            gradient[column] += Float(
                factor * (Double(h[column]) / found.norms - found.cosine * Double(p[column]) / found.ownSquares))
        }
    }

    private static func moments(_ p: UnsafePointer<Float>, _ width: Int) -> (mean: Double, scale: Double) {
        var (sum, squares) = (0.0, 0.0)
        for column in 0..<width { sum += Double(p[column]) }
        let mean = sum / Double(width)
        for column in 0..<width { squares += (Double(p[column]) - mean) * (Double(p[column]) - mean) }
        return (mean, 1 / (squares / Double(width) + 1e-5).squareRoot())
    }
}

/// Weights of the classes by effective numbers of examples (Cui et al., 2019): `w_c = ((1 - β) / (1 - β^n_c))^γ`, so scaled that the examples'
/// mean weight is 1 and the parts of the loss keep their proportions. γ = 1 weighs the rare class up, γ = -1 damps it.
package struct ClassWeights: Sendable, Equatable {
    /// Of those who paid.
    package let negative: Float
    /// Of the overdue.
    package let positive: Float

    /// - Parameters:
    ///   - negatives: examples of class 0, at least one.
    ///   - positives: of class 1, at least one.
    ///   - power: γ; 0 gives both 1.
    package init(negatives: Int, positives: Int, beta: Double, power: Double) {
        precondition(negatives > 0 && positives > 0, "ClassWeights: \(negatives) and \(positives) examples")
        func weight(_ count: Int) -> Double { pow((1 - beta) / (1 - pow(beta, Double(count))), power) }
        let (n, p) = (weight(negatives), weight(positives))
        let mean = (n * Double(negatives) + p * Double(positives)) / Double(negatives + positives)
        (negative, positive) = power == 0 ? (1, 1) : (Float(n / mean), Float(p / mean))
    }

    package subscript(_ outcome: Float) -> Float { outcome == 1 ? positive : negative }
}
