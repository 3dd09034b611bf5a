public import Evaluation

/// What the verdicts say of one intent, for the whole population.
public struct ReviewEstimate: Sendable, Equatable, Codable {
    /// The intent's id.
    public var intent: String
    /// Sessions of the population that it was given.
    public var given: Int
    /// Sessions judged that it was given.
    public var judged: Int
    /// Those of them that show it.
    public var right: Int
    /// Sessions judged that show it and that it was not given.
    public var missed: Int
    /// Verdicts of a simple random sample that would say as much of the precision; fewer than ``judged`` where some stand for many more
    /// sessions than others (Kish, 1965).
    public var effective: Double
    /// Share of the sessions with the intent given that show it; nil where none was judged.
    public var precision: MetricInterval?
    /// Share of the sessions that show the intent that it was given; nil where no session that shows it was seen, and where nobody judged a
    /// session without it (or, though it was given, none with it): what was missed is then not known.
    public var recall: MetricInterval?
}

extension ReviewDesign {
    /// Estimates precision and recall of each intent, in the order of ``intents``, with 95 % intervals (``ScoreInterval``).
    ///
    /// Within a stratum the sessions with the intent given, with it possible, and all others are told apart: each of these is a simple
    /// random sample of its kind, whose number is known. Where nobody judged a session of one of the two kinds without the intent they are
    /// put together; strata where nobody judged any are taken to be like the others, with the errors that this brings. What was drawn and
    /// not judged is taken to be missing without regard to what it shows.
    /// - Parameter shows: whether an item shows an intent, by their numbers; nil where that was not decided.
    public func estimates(_ shows: (_ item: Int, _ intent: Int) -> Bool?) -> [ReviewEstimate] {
        let members = membersOfStrata
        return intents.indices.map { k in
            let id = intents[k].id
            var found: [ReviewCell] = [], missed: [ReviewCell] = []
            for (place, stratum) in strata.enumerated() {
                var counts = [(judged: Int, positive: Int)](repeating: (0, 0), count: 3)
                for item in members[place] {
                    guard let present = shows(item, k) else { continue }
                    let kind = items[item].given.contains(id) ? 0 : items[item].possible.contains(id) ? 1 : 2
                    counts[kind].judged += 1
                    if present { counts[kind].positive += 1 }
                }
                let all = stratum.given[id] ?? 0, open = stratum.possible[id] ?? 0
                func cell(_ kind: Int, of population: Int) -> ReviewCell {
                    ReviewCell(population: population, judged: counts[kind].judged, positive: counts[kind].positive)
                }
                if all > 0 { found.append(cell(0, of: all)) }
                let rest = [cell(1, of: open), cell(2, of: stratum.population - all - open)].filter { $0.population > 0 }
                if rest.count == 2, rest.contains(where: { $0.judged == 0 }) {
                    missed.append(
                        ReviewCell(
                            population: rest[0].population + rest[1].population, judged: rest[0].judged + rest[1].judged,
                            positive: rest[0].positive + rest[1].positive))
                } else {
                    missed += rest
                }
            }
            return ReviewEstimate(
                intent: id, given: found.reduce(0) { $0 + $1.population }, judged: found.reduce(0) { $0 + $1.judged },
                right: found.reduce(0) { $0 + $1.positive }, missed: missed.reduce(0) { $0 + $1.positive },
                effective: ScoreInterval.effectiveCount(found),
                precision: ScoreInterval.proportion(found), recall: ScoreInterval.share(found: found, missed: missed))
        }
    }

    /// Estimates the share of all sessions whose label is wholly right: every intent given shown, and none missed.
    /// - Parameter right: whether an item's label is wholly right; nil where that was not decided.
    public func shareWhollyRight(_ right: (_ item: Int) -> Bool?) -> MetricInterval? {
        ScoreInterval.proportion(
            zip(strata, membersOfStrata).map { stratum, members in
                let verdicts = members.compactMap(right)
                return ReviewCell(population: stratum.population, judged: verdicts.count, positive: verdicts.count { $0 })
            })
    }

    private var membersOfStrata: [[Int]] {
        var members = [[Int]](repeating: [], count: strata.count)
        for (place, item) in items.enumerated() { members[item.stratum].append(place) }
        return members
    }
}
