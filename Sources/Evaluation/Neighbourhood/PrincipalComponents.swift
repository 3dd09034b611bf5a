/// The directions in which rows differ most, by orthogonal iteration on the covariance matrix.
///
/// Deterministic: a fixed start, and each direction signed so that its largest entry is positive.
public struct PrincipalComponents: Sendable {
    /// Mean of each column.
    public let mean: [Double]
    /// Directions of length one, `[components, columns]`, by falling variance.
    public let directions: [Double]
    /// Variance along each direction.
    public let variances: [Double]
    /// Share of all variance along each direction.
    public let shares: [Double]

    /// - Parameters:
    ///   - values: `[rows, columns]`, at least two rows.
    ///   - components: how many directions; at most `columns`.
    /// - Complexity: O(rows × columns²).
    public init(_ values: [Float], columns: Int, components: Int = 2) {
        precondition(
            columns > 0 && values.count.isMultiple(of: columns), "PrincipalComponents: \(values.count) values for \(columns) columns")
        let rows = values.count / columns
        precondition(rows > 1 && components <= columns, "PrincipalComponents: \(components) directions of \(rows) rows, \(columns) columns")
        var mean = [Double](repeating: 0, count: columns)
        for row in 0..<rows { for column in 0..<columns { mean[column] += Double(values[row * columns + column]) } }
        for column in 0..<columns { mean[column] /= Double(rows) }
        var covariance = [Double](repeating: 0, count: columns * columns)
        var centred = [Double](repeating: 0, count: columns)
        covariance.withUnsafeMutableBufferPointer { covariance in
            for row in 0..<rows {
                for column in 0..<columns { centred[column] = Double(values[row * columns + column]) - mean[column] }
                for a in 0..<columns {
                    let value = centred[a]
                    for b in a..<columns { covariance[a * columns + b] += value * centred[b] }
                }
            }
            for a in 0..<columns {
                for b in a..<columns {
                    covariance[a * columns + b] /= Double(rows - 1)
                    covariance[b * columns + a] = covariance[a * columns + b]
                }
            }
        }
        let trace = (0..<columns).reduce(0) { $0 + covariance[$1 * columns + $1] }
        (directions, variances) = Self.leading(covariance, columns, components)
        shares = variances.map { trace > 0 ? $0 / trace : 0 }
        self.mean = mean
    }

    private static func leading(_ covariance: [Double], _ columns: Int, _ components: Int) -> ([Double], [Double]) {
        var source = ResamplingSource(seed: 20)
        // Of length one from the start: how far a direction moves is told by its overlap with the one before.
        var basis = (0..<components).map { _ in
            let start = (0..<columns).map { _ in source.normal() }
            let length = start.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return start.map { $0 / length }
        }
        var lengths = [Double](repeating: 0, count: components)
        for _ in 0..<500 {
            var moved = 0.0
            for index in 0..<components {
                var next = [Double](repeating: 0, count: columns)
                for a in 0..<columns { next[a] = (0..<columns).reduce(0) { $0 + covariance[a * columns + $1] * basis[index][$1] } }
                for other in basis[..<index] {
                    let overlap = zip(other, next).reduce(0) { $0 + $1.0 * $1.1 }
                    for a in 0..<columns { next[a] -= overlap * other[a] }
                }
                let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
                lengths[index] = length
                // No variance is left: any direction at right angles will do, and the present one is one.
                if length < 1e-300 { continue }
                for a in 0..<columns { next[a] /= length }
                let overlap = zip(next, basis[index]).reduce(0) { $0 + $1.0 * $1.1 }
                moved = max(moved, 1 - abs(overlap))
                basis[index] = next
            }
            if moved < 1e-14 { break }
        }
        for index in 0..<components {
            let largest = basis[index].indices.max { abs(basis[index][$0]) < abs(basis[index][$1]) }!
            if basis[index][largest] < 0 { basis[index] = basis[index].map { -$0 } }
        }
        return (basis.flatMap { $0 }, lengths)
    }

    /// Coordinates along the directions, `[rows, components]`.
    public func project(_ values: [Float]) -> [Float] {
        let columns = mean.count
        precondition(values.count.isMultiple(of: columns), "PrincipalComponents.project: \(values.count) values for \(columns) columns")
        var result: [Float] = []
        result.reserveCapacity(values.count / columns * variances.count)
        for row in 0..<values.count / columns {
            for component in variances.indices {
                var sum = 0.0
                for column in 0..<columns {
                    sum += (Double(values[row * columns + column]) - mean[column]) * directions[component * columns + column]
                }
                result.append(Float(sum))
            }
        }
        return result
    }
}
