#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Shares of networks, plain sum and trees in a score, so that a softmax over the scores gives probabilities: a temperature for each, fitted together
/// on impressions of customers that neither has seen (conditional logit, McFadden, 1974; Guo et al., 2017, "On calibration of modern
/// neural networks", for one score).
struct RankerBlend: Sendable, Equatable, Codable {
    var network: Float
    var linear: Float
    var trees: Float

    /// What a ranker has before its shares are fitted.
    static let networkAlone = RankerBlend(network: 1, linear: 0, trees: 0)
    /// The plain sum as it is.
    static let linearAlone = RankerBlend(network: 0, linear: 1, trees: 0)

    /// Whether a file holds what ``fit(_:lists:clicked:weights:)`` could have given.
    var isPossible: Bool { [network, linear, trees].allSatisfy { (0...1e6).contains($0) } }

    /// Newton's steps on the mean log loss, which is convex in the shares; a tiny penalty keeps what decides everything finite.
    ///
    /// Shares below 0 are not taken: of scores that speak against themselves the worst is left out, and the others are fitted anew.
    /// - Parameters:
    ///   - columns: scores of all rows, one or more columns.
    ///   - lists: rows of each impression.
    ///   - clicked: `[T]`.
    ///   - weights: of each impression; empty for all alike.
    static func fit(_ columns: [[Float]], lists: [Range<Int>], clicked: [Bool], weights: [Double] = []) -> [Double] {
        var kept = Array(columns.indices)
        while true {
            let shares = unbounded(kept.map { columns[$0] }, lists, clicked, weights)
            let worst = shares.indices.min { shares[$0] < shares[$1] }!
            if shares[worst] < 0, kept.count > 1 {
                kept.remove(at: worst)
                continue
            }
            var result = [Double](repeating: 0, count: columns.count)
            for (place, column) in kept.enumerated() { result[column] = max(0, shares[place]) }
            // Scores that know nothing have no share; a ranking needs one.
            if !result.contains(where: { $0 > 1e-6 }) { result[0] = 1e-6 }
            return result
        }
    }

    /// Sum of log losses of scores as they are.
    static func loss(_ scores: [Float], lists: [Range<Int>], clicked: [Bool], weights: [Double] = []) -> Double {
        derivatives([scores], [1], lists, clicked, weights).loss
    }

    private static func unbounded(_ columns: [[Float]], _ lists: [Range<Int>], _ clicked: [Bool], _ weights: [Double]) -> [Double] {
        var shares = [Double](repeating: 1 / Double(columns.count), count: columns.count)
        for _ in 0..<50 {
            let (loss, gradient, curvature) = derivatives(columns, shares, lists, clicked, weights)
            var step = solved(curvature, gradient)
            var taken = shares
            // Halved until it helps.
            for _ in 0..<30 {
                taken = zip(shares, step).map { $0 - $1 }
                if derivatives(columns, taken, lists, clicked, weights).loss <= loss { break }
                step = step.map { $0 / 2 }
            }
            let moved = zip(shares, taken).reduce(0) { max($0, abs($1.0 - $1.1)) }
            shares = taken
            if moved < 1e-7 { break }
        }
        return shares
    }

    private static func derivatives(
        _ columns: [[Float]], _ shares: [Double], _ lists: [Range<Int>], _ clicked: [Bool], _ weights: [Double]
    ) -> (loss: Double, gradient: [Double], curvature: [[Double]]) {
        let count = columns.count
        let penalty = 1e-4
        var loss = 0.0
        var gradient = [Double](repeating: 0, count: count)
        var curvature = [[Double]](repeating: gradient, count: count)
        var scores: [Double] = []
        for (list, rows) in lists.enumerated() {
            let weight = weights.isEmpty ? 1 : weights[list]
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
                if clicked[row] { loss -= weight * (scores[place] - greatest - log(sum)) / clicks }
                for column in 0..<count {
                    let value = Double(columns[column][row])
                    means[column] += probability * value
                    if clicked[row] { wanted[column] += value / clicks }
                    for other in 0...column { curvature[column][other] += weight * probability * value * Double(columns[other][row]) }
                }
            }
            for column in 0..<count {
                gradient[column] += weight * (means[column] - wanted[column])
                for other in 0...column { curvature[column][other] -= weight * means[column] * means[other] }
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

    /// A few linear equations with a positive definite matrix, by elimination; what is nearly no equation of its own moves nothing.
    private static func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        var (rows, right) = (matrix, right)
        let count = right.count
        for pivot in 0..<count {
            guard rows[pivot][pivot] > 1e-12 * matrix[pivot][pivot] else {
                // As good as a multiple of those before.
                (rows[pivot], right[pivot]) = ((0..<count).map { $0 == pivot ? 1 : 0 }, 0)
                continue
            }
            for row in pivot + 1..<max(pivot + 1, count) {
                let factor = rows[row][pivot] / rows[pivot][pivot]
                for column in pivot..<count { rows[row][column] -= factor * rows[pivot][column] }
                right[row] -= factor * right[pivot]
            }
        }
        for row in stride(from: count - 1, through: 0, by: -1) {
            for column in row + 1..<max(row + 1, count) { right[row] -= rows[row][column] * right[column] }
            right[row] /= rows[row][row]
        }
        return right
    }
}
