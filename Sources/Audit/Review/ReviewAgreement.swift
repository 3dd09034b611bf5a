public import Evaluation

/// How far reviewers agree on one intent, over the items that at least two of them judged.
public struct ReviewAgreement: Sendable, Equatable, Codable {
    /// The intent's id; empty for all intents together.
    public var intent: String
    /// Items judged by at least two.
    public var items: Int
    /// Share of pairs of verdicts that agree.
    public var observed: Double
    /// Cohen's kappa, where there are two reviewers.
    public var cohen: MetricInterval?
    /// Fleiss' kappa, where there are more.
    public var fleiss: MetricInterval?
    /// Krippendorff's alpha, which allows for items that only some judged.
    public var krippendorff: MetricInterval?

    /// Agreement on each intent that anybody saw, and on all intents together first; empty where no item has two verdicts.
    ///
    /// Intervals are over items, drawn with replacement. Where every verdict agrees all draws are alike; the lower end is then that of
    /// Wilson's interval of the agreement, with chance as it was.
    /// - Parameter rounds: draws.
    public static func measured(_ reading: SheetReading, of design: ReviewDesign, rounds: Int = 1000) -> [ReviewAgreement] {
        let names = design.settings.reviewers
        let shared = reading.verdicts.map { verdicts in
            verdicts.prefix(names.count).enumerated().compactMap { who, verdict in
                if case .shows(let intents)? = verdict { (who: who, intents: intents) } else { nil }
            }
        }.filter { $0.count >= 2 }
        guard !shared.isEmpty else { return [] }
        func rows(_ ids: [String]) -> [[(who: Int, present: Bool)]] {
            ids.flatMap { id in shared.map { unit in unit.map { ($0.who, $0.intents.contains(id)) } } }
        }
        let ids = design.intents.map(\.id).filter { id in shared.contains { $0.contains { $0.intents.contains(id) } } }
        let isPair = names.count == 2
        func measured(_ name: String, _ ids: [String]) -> ReviewAgreement {
            let units = rows(ids)
            let clusters = units.indices.map { Int32($0 % shared.count) }
            let counts = units.map { unit in [unit.count { !$0.present }, unit.count { $0.present }] }
            let observed = AgreementStatistics.observed(counts) ?? 1
            func interval(_ statistic: @escaping ([Double]) -> Double?) -> MetricInterval? {
                guard let estimate = statistic([Double](repeating: 1, count: units.count)) else { return nil }
                if observed == 1 {
                    let chance = AgreementStatistics.expected(counts)
                    guard chance < 1 else { return nil }
                    let wilson = MetricInterval.wilson(successes: shared.count, of: shared.count)
                    return MetricInterval(estimate: estimate, lower: (wilson.lower - chance) / (1 - chance), upper: 1)
                }
                let drawn = Resampling(rounds: rounds, seed: design.settings.seed).interval(units: units.count, clusters: clusters) {
                    statistic($0.map(Double.init)) ?? .nan
                }
                return drawn.lower.isNaN ? nil : drawn
            }
            return ReviewAgreement(
                intent: name, items: shared.count, observed: observed,
                cohen: isPair
                    ? interval { weights in
                        var table = [[0.0, 0.0], [0.0, 0.0]]
                        for (unit, weight) in zip(units, weights) {
                            table[unit[0].present ? 1 : 0][unit[1].present ? 1 : 0] += weight
                        }
                        return AgreementStatistics.cohen(table)
                    } : nil, fleiss: isPair ? nil : interval { AgreementStatistics.fleiss(counts, weights: $0) },
                krippendorff: interval { AgreementStatistics.krippendorff(counts, weights: $0) })
        }
        return [measured("", ids.isEmpty ? design.intents.map(\.id) : ids)] + ids.map { measured($0, [$0]) }
    }
}
