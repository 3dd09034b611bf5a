internal import SequenceKernel

/// A block of floats that a loss depends on, with the gradient that backward computed for it.
public struct CheckedVariable {
    let name: String
    let values: UnsafeMutablePointer<Float>
    let gradient: [Float]

    /// `values` are moved back and forth during the check and end as they began.
    public init(_ name: String, values: UnsafeMutablePointer<Float>, gradient: [Float]) {
        self.name = name
        self.values = values
        self.gradient = gradient
    }
}

/// How closely a central difference must meet the gradient, and why.
///
/// The loss is added up in Double, but the floats below it carry errors of about 1e-6; divided by a step of 1e-2 that is 1e-4 of
/// a typical gradient. Richardson's extrapolation from two steps removes the error of the curve's third derivative, so that steps
/// may be that large. Hence 1 % of the value plus 0.5 % of the block's root mean square: ten times the noise, and a tenth of the
/// smallest fault looked for (a derivative times 1.1).
public struct GradientTolerance: Sendable {
    /// Of the value itself.
    public var relative: Double = 1e-2
    /// Of the root mean square of the variable's gradient.
    public var ofRootMeanSquare: Double = 5e-3
    /// In absolute terms, for gradients that are zero.
    public var absolute: Double = 2e-4
    /// Half the distance of the two points, for values of size 1.
    public var step: Float = 1e-2

    /// The defaults; see the type.
    public init() {}
}

/// Compares gradients with central differences of `loss`: single floats (all of a small variable, `samples` of a large one), and the whole variable
/// along three random directions. Returns one line for each variable that fails, with its name and index.
///
/// `loss` must be a smooth function of the variables: keep inputs away from kinks.
public func checkGradients(
    _ variables: [CheckedVariable], seed: UInt64, tolerance: GradientTolerance = GradientTolerance(), samples: Int = 24,
    loss: () -> Double
) -> [String] {
    var random = RandomSource(seed, 0xC4EC)
    return variables.compactMap { check($0, &random, tolerance, samples, loss) }
}

private func check(
    _ variable: CheckedVariable, _ random: inout RandomSource, _ tolerance: GradientTolerance, _ samples: Int, _ loss: () -> Double
) -> String? {
    let count = variable.gradient.count
    let meanSquare = variable.gradient.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, count))
    func agrees(_ found: Double, _ expected: Double, scale: Double) -> Bool {
        abs(found - expected) <= tolerance.relative * max(abs(found), abs(expected))
            + (tolerance.ofRootMeanSquare * meanSquare.squareRoot() + tolerance.absolute) * scale
    }
    let indices = count <= samples ? Array(0..<count) : (0..<samples).map { _ in random.below(count) }
    for index in indices {
        var direction = [Float](repeating: 0, count: count)
        direction[index] = 1
        let expected = slope(variable, direction, tolerance.step * max(1, abs(variable.values[index])), loss)
        if !agrees(Double(variable.gradient[index]), expected, scale: 1) {
            return "\(variable.name)[\(index)]: backward gives \(variable.gradient[index]), the central difference \(expected)"
        }
    }
    for _ in 0..<3 {
        // ±1 in every float: a step as long as the variable is large, so divide by √count.
        let direction = (0..<count).map { _ in (random.next() & 1 == 0 ? 1 : -1) / Float(count).squareRoot() }
        let expected = slope(variable, direction, tolerance.step, loss)
        let found = zip(variable.gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        if !agrees(found, expected, scale: 1) {
            return "\(variable.name), random direction: backward gives \(found), the central difference \(expected)"
        }
    }
    return nil
}

/// Derivative of the loss along `direction`: central differences at two steps, extrapolated.
private func slope(_ variable: CheckedVariable, _ direction: [Float], _ step: Float, _ loss: () -> Double) -> Double {
    let saved = Array(UnsafeBufferPointer(start: variable.values, count: direction.count))
    func move(_ size: Float) { for index in direction.indices { variable.values[index] = saved[index] + size * direction[index] } }
    func difference(_ step: Float) -> Double {
        move(step)
        let above = loss()
        move(-step)
        let below = loss()
        return (above - below) / (2 * Double(step))
    }
    let coarse = difference(step), fine = difference(step / 2)
    move(0)
    return (4 * fine - coarse) / 3
}
