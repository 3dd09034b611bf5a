#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Student's t distribution (Student, 1908): a mean over its own estimated standard error.
package enum StudentT {
    /// How many standard errors an interval of this confidence reaches either way.
    ///
    /// The tail beyond t is the integral of sin^(ν−1) from 0 to atan(√ν / t), over that up to a right angle. From 200 degrees of freedom
    /// on the expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5), where both agree to a millionth.
    /// - Parameter degrees: of freedom (ν), 1 or more, not always whole; infinite for the normal distribution.
    package static func quantile(_ confidence: Double, degrees: Double) -> Double {
        precondition(degrees >= 1, "StudentT: \(degrees) degrees of freedom must be 1 or more")
        guard degrees < 200 else {
            let z = DeLong.quantile(confidence), square = z * z
            return z + z * (square + 1) / (4 * degrees) + z * ((5 * square + 16) * square + 3) / (96 * degrees * degrees)
        }
        let tail = (1 - confidence) * integral(to: .pi / 2, degrees)
        var (low, high) = (0.0, Double.pi / 2)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if integral(to: middle, degrees) > tail { high = middle } else { low = middle }
        }
        return degrees.squareRoot() / tan((low + high) / 2)
    }

    /// Of sin^(ν−1) from 0, by Simpson's rule in the root of the angle, in which it is smooth at 0.
    private static func integral(to angle: Double, _ degrees: Double) -> Double {
        let parts = 512
        var sum = 0.0
        for part in 1...parts {
            let root = Double(part) / Double(parts)
            let value = pow(sin(angle * root * root), degrees - 1) * 2 * angle * root
            sum += part == parts ? value : value * (part.isMultiple(of: 2) ? 2 : 4)
        }
        return sum / Double(3 * parts)
    }
}
