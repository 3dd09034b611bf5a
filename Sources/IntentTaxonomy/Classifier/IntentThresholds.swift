/// Chooses the probabilities from which intents count as shown.
public enum IntentThresholds {
    /// No probability reaches it: an intent that is never assigned.
    public static let never = 2.0

    /// One threshold for each intent.
    /// - Parameters:
    ///   - probabilities: of sessions that were not learnt from, `[S * K]`.
    ///   - present: whether each intent is, `[S * K]`.
    /// - Returns: `[K]`; ``never`` where the wanted precision is nowhere reached.
    public static func choose(_ aim: DistillationSettings.Aim, probabilities: [Double], present: [Bool], intents: Int) -> [Double] {
        precondition(probabilities.count == present.count && probabilities.count.isMultiple(of: max(intents, 1)))
        if case .microF1 = aim { return [Double](repeating: bestF1(Array(zip(probabilities, present))), count: intents) }
        return (0..<intents).map { k in
            let column = stride(from: k, to: probabilities.count, by: intents).map { (probabilities[$0], present[$0]) }
            if case .precision(let wanted) = aim { return lowest(precision: wanted, column) }
            return bestF1(column)
        }
    }

    /// Halfway between two scores, so that a last digit does not decide. Of equally good ones the nearest to a half.
    private static func bestF1(_ pairs: [(Double, Bool)]) -> Double {
        let sorted = pairs.sorted { $0.0 > $1.0 }
        let positives = sorted.count { $0.1 }
        guard positives > 0 else { return 0.5 }
        var best = (f1: -1.0, threshold: 0.5)
        var hits = 0
        for (place, pair) in sorted.enumerated() {
            if pair.1 { hits += 1 }
            let next = place + 1 < sorted.count ? sorted[place + 1].0 : 0
            guard next < pair.0 else { continue }
            let f1 = 2 * Double(hits) / Double(place + 1 + positives)
            let threshold = (pair.0 + next) / 2
            if f1 > best.f1 || (f1 == best.f1 && abs(threshold - 0.5) < abs(best.threshold - 0.5)) { best = (f1, threshold) }
        }
        return best.threshold
    }

    private static func lowest(precision wanted: Double, _ pairs: [(Double, Bool)]) -> Double {
        let sorted = pairs.sorted { $0.0 > $1.0 }
        var threshold = never
        var hits = 0
        for (place, pair) in sorted.enumerated() {
            if pair.1 { hits += 1 }
            let next = place + 1 < sorted.count ? sorted[place + 1].0 : 0
            if next < pair.0, hits > 0, Double(hits) >= wanted * Double(place + 1) { threshold = (pair.0 + next) / 2 }
        }
        return threshold
    }
}

/// Sets of intents that hold all those present, in a stated share of sessions (split conformal prediction; Vovk et al., 2005).
///
/// The score of a session is how far the least probable of its present intents is from certain, `1 - min p_k`; the quantile of these scores
/// over sessions that were not learnt from is how far a set has to reach. Sessions must be exchangeable: a shift between then and now
/// voids the promise. As the scores come from several students, each blind to its part, the promise is that of cross-conformal prediction.
public struct ConformalSets: Sendable, Equatable, Codable {
    /// Promised share of sessions whose set holds every present intent.
    public var coverage: Double
    /// Intents from this probability on are in the set.
    public var threshold: Double

    /// As given.
    public init(coverage: Double, threshold: Double) { (self.coverage, self.threshold) = (coverage, threshold) }

    /// - Parameters:
    ///   - probabilities: of sessions that were not learnt from, `[S * K]`.
    ///   - present: whether each intent is, `[S * K]`.
    public init(coverage: Double, probabilities: [Double], present: [Bool], intents: Int) {
        let sessions = probabilities.count / max(intents, 1)
        let scores = (0..<sessions).map { row in
            var least = 1.0
            for k in 0..<intents where present[row * intents + k] { least = min(least, probabilities[row * intents + k]) }
            return 1 - least
        }.sorted()
        // The ⌈(n+1) coverage⌉-th smallest; with too few sessions only the set of everything keeps the promise.
        let rank = Int((Double(sessions + 1) * coverage).rounded(.up))
        self.init(coverage: coverage, threshold: rank > sessions ? 0 : 1 - scores[max(rank, 1) - 1])
    }

    /// Whether an intent of this probability is in the set.
    public func contains(_ probability: Double) -> Bool { probability >= threshold }
}
