#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// How a score becomes a probability: fitted on scores of examples that the scorer did not learn from.
///
/// Neither kind turns the order of two examples round.
public enum ScoreCalibration: Sendable, Equatable, Codable {
    /// The logistic function of the score.
    case none
    /// The logistic function of `slope × score + intercept`, slope above 0 (Platt, 1999).
    case platt(slope: Double, intercept: Double)
    /// A rising function through these points, straight between and flat outside them (Zadrozny and Elkan, 2002). Scores rise strictly.
    case isotonic(scores: [Double], probabilities: [Double])

    /// The probability of a score, in 0...1; NaN for a score that is not a number.
    public func probability(_ score: Double) -> Double {
        switch self {
        case .none: return Self.logistic(score)
        case .platt(let slope, let intercept): return Self.logistic(slope * score + intercept)
        case .isotonic(let scores, let values):
            guard let first = scores.first, let last = scores.last, values.count == scores.count, !score.isNaN else { return .nan }
            if score <= first { return values[0] }
            if score >= last { return values[values.count - 1] }
            var (low, high) = (0, scores.count - 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                if scores[middle] <= score { low = middle } else { high = middle }
            }
            let share = (score - scores[low]) / (scores[high] - scores[low])
            return values[low] + share * (values[high] - values[low])
        }
    }

    /// The log odds of a probability, held 1e-7 away from 0 and 1: the score to calibrate where a model gives probabilities.
    public static func logOdds(_ probability: Double) -> Double {
        let held = min(max(probability, 1e-7), 1 - 1e-7)
        return log(held / (1 - held))
    }

    /// −log of the probability given to what happened, held as in ``logOdds(_:)``.
    public static func logLoss(_ probability: Double, happened: Bool) -> Double {
        let held = min(max(probability, 1e-7), 1 - 1e-7)
        return -log(happened ? held : 1 - held)
    }

    /// Fits slope and intercept by Newton's method on the log loss (Lin, Lin and Weng, 2007), with Platt's targets (n₊+1)/(n₊+2) and
    /// 1/(n₋+2), which keep separable classes finite.
    /// - Parameters:
    ///   - scores: `[N]`, finite; log odds by preference.
    ///   - positives: `[N]`.
    /// - Returns: ``none`` where the fitted slope is not above 0, that is, where higher scores are not more often positive.
    /// - Complexity: O(iterations × N).
    public static func platt(_ scores: [Double], _ positives: [Bool]) -> ScoreCalibration {
        check(scores, positives, "platt")
        let found = Double(positives.count { $0 })
        let high = (found + 1) / (found + 2), low = 1 / (Double(positives.count) - found + 2)
        var (slope, intercept) = (1.0, 0.0)
        func loss(_ slope: Double, _ intercept: Double) -> Double {
            zip(scores, positives).reduce(0) { sum, pair in
                let x = slope * pair.0 + intercept, target = pair.1 ? high : low
                return sum + max(x, 0) - x * target + log1p(exp(-abs(x)))
            }
        }
        var current = loss(slope, intercept)
        for _ in 0..<50 {
            var (g0, g1, h00, h01, h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
            for (score, isPositive) in zip(scores, positives) {
                let p = logistic(slope * score + intercept)
                let residual = p - (isPositive ? high : low), weight = p * (1 - p)
                g0 += residual * score
                g1 += residual
                h00 += weight * score * score
                h01 += weight * score
                h11 += weight
            }
            let determinant = h00 * h11 - h01 * h01
            guard determinant > 1e-12, abs(g0) + abs(g1) > 1e-9 else { break }
            let (stepSlope, stepIntercept) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
            var share = 1.0
            while share > 1e-6, loss(slope - share * stepSlope, intercept - share * stepIntercept) > current { share /= 2 }
            guard share > 1e-6 else { break }
            (slope, intercept) = (slope - share * stepSlope, intercept - share * stepIntercept)
            current = loss(slope, intercept)
        }
        return slope > 0 ? .platt(slope: slope, intercept: intercept) : .none
    }

    /// Pools adjacent violators (Ayer et al., 1955); each pool stands at its mean score, equal scores are one point, and shares are kept half
    /// an example away from 0 and 1, so that no odds are infinite.
    /// - Parameters: as for ``platt(_:_:)``.
    /// - Complexity: O(N log N).
    public static func isotonic(_ scores: [Double], _ positives: [Bool]) -> ScoreCalibration {
        check(scores, positives, "isotonic")
        let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 < $1 }
        var pools: [(scores: Double, positives: Double, count: Double)] = []
        var place = 0
        while place < order.count {
            // Equal scores are one point.
            var own = (scores: 0.0, positives: 0.0, count: 0.0)
            let score = scores[order[place]]
            while place < order.count, scores[order[place]] == score {
                own = (own.scores + score, own.positives + (positives[order[place]] ? 1 : 0), own.count + 1)
                place += 1
            }
            pools.append(own)
            while pools.count > 1 {
                let (a, b) = (pools[pools.count - 2], pools[pools.count - 1])
                guard a.positives * b.count >= b.positives * a.count else { break }
                pools.removeLast(2)
                pools.append((a.scores + b.scores, a.positives + b.positives, a.count + b.count))
            }
        }
        let floor = 0.5 / Double(positives.count + 1)
        let points = pools.map { (x: $0.scores / $0.count, y: min(max($0.positives / $0.count, floor), 1 - floor)) }
        return .isotonic(scores: points.map(\.x), probabilities: points.map(\.y))
    }

    private static func check(_ scores: [Double], _ positives: [Bool], _ what: String) {
        precondition(scores.count == positives.count, "ScoreCalibration.\(what): \(scores.count) scores for \(positives.count) classes")
        precondition(!scores.isEmpty && !scores.contains { $0.isNaN }, "ScoreCalibration.\(what): no scores, or one that is not a number")
    }

    private static func logistic(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
}
