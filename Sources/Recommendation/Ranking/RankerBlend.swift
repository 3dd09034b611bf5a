#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Shares of networks and trees in a score, so that a softmax over the scores gives probabilities: a temperature for each, fitted together
/// on impressions of customers that neither has seen (conditional logit, McFadden, 1974; Guo et al., 2017, "On calibration of modern
/// neural networks", for one score).
struct RankerBlend: Sendable, Equatable, Codable {
    var network: Float
    var trees: Float

    /// Newton's steps on the mean log loss, which is convex in the shares; a tiny penalty keeps what decides everything finite.
    ///
    /// Shares below 0 are not taken: a score that speaks against itself is left out.
    /// - Parameters:
    ///   - columns: scores of all rows, one or two columns.
    ///   - lists: rows of each impression.
    ///   - clicked: `[T]`.
    static func fit(_ columns: [[Float]], lists: [Range<Int>], clicked: [Bool]) -> [Double] {
        var shares = [Double](repeating: 1 / Double(columns.count), count: columns.count)
        for _ in 0..<50 {
            let (loss, gradient, curvature) = derivatives(columns, shares, lists, clicked)
            var step = solved(curvature, gradient)
            var taken = shares
            // Halved until it helps.
            for _ in 0..<30 {
                taken = zip(shares, step).map { max(0, $0 - $1) }
                if derivatives(columns, taken, lists, clicked).loss <= loss { break }
                step = step.map { $0 / 2 }
            }
            let moved = zip(shares, taken).reduce(0) { max($0, abs($1.0 - $1.1)) }
            shares = taken
            if moved < 1e-7 { break }
        }
        // Scores that know nothing have no share; a ranking needs one.
        return shares.contains { $0 > 1e-6 } ? shares : shares.indices.map { $0 == 0 ? 1e-6 : 0 }
    }

    private static func derivatives(
        _ columns: [[Float]], _ shares: [Double], _ lists: [Range<Int>], _ clicked: [Bool]
    ) -> (loss: Double, gradient: [Double], curvature: [[Double]]) {
        let count = columns.count
        let penalty = 1e-4
        var loss = 0.0
        var gradient = [Double](repeating: 0, count: count)
        var curvature = [[Double]](repeating: gradient, count: count)
        var scores: [Double] = []
        for rows in lists {
            scores.removeAll(keepingCapacity: true)
            for row in rows {
                var score = 0.0
                for column in 0..<count { score += shares[column] * Double(columns[column][row]) }
                scores.append(score)
            }
            let greatest = scores.max() ?? 0
            let sum = scores.reduce(0) { $0 + exp($1 - greatest) }
            let clicks = rows.reduce(0.0) { $0 + (clicked[$1] ? 1 : 0) }
            guard clicks > 0 else { continue }
            var means = [Double](repeating: 0, count: count), wanted = means
            for (place, row) in rows.enumerated() {
                let probability = exp(scores[place] - greatest) / sum
                if clicked[row] { loss -= (scores[place] - greatest - log(sum)) / clicks }
                for column in 0..<count {
                    let value = Double(columns[column][row])
                    means[column] += probability * value
                    if clicked[row] { wanted[column] += value / clicks }
                    for other in 0...column { curvature[column][other] += probability * value * Double(columns[other][row]) }
                }
            }
            for column in 0..<count {
                gradient[column] += means[column] - wanted[column]
                for other in 0...column { curvature[column][other] -= means[column] * means[other] }
            }
        }
        for column in 0..<count {
            loss += penalty * shares[column] * shares[column] / 2
            gradient[column] += penalty * shares[column]
            curvature[column][column] += penalty
            for other in 0..<column { curvature[other][column] = curvature[column][other] }
        }
        return (loss, gradient, curvature)
    }

    /// One or two linear equations.
    private static func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        guard right.count == 2 else { return [right[0] / matrix[0][0]] }
        let determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0]
        guard abs(determinant) > 1e-12 * abs(matrix[0][0] * matrix[1][1]) else {
            return zip(right, [0, 1]).map { $0 / matrix[$1][$1] / 2 }
        }
        return [
            (right[0] * matrix[1][1] - right[1] * matrix[0][1]) / determinant,
            (right[1] * matrix[0][0] - right[0] * matrix[1][0]) / determinant,
        ]
    }
}
