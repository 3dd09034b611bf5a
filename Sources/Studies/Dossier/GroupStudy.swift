public import Evaluation

/// How a classifier does by group, such as the device: how often it is silent, and how often it is right, with intervals by visitor. Groups
/// of few people are hidden: their figures would say more of chance, or of single people, than of the model. Where those that
/// are hidden are few people even together the next larger ones are hidden with them, as the difference to the whole would tell of them
/// (complementary suppression; Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, section 6.3).
public struct GroupStudy: Sendable, Equatable, Codable {
    /// One group.
    public struct Row: Sendable, Equatable, Codable {
        /// Its value.
        public var name: String
        /// Its sessions.
        public var sessions: Int
        /// Their visitors.
        public var visitors: Int
        /// Share of sessions without an intent.
        public var abstained: MetricInterval
        /// Sessions with labels to judge by.
        public var judged: Int
        /// F1 of all pairs of judged session and intent; nil where too few are judged.
        public var microF1: MetricInterval?
        /// Share of assigned intents that are right.
        public var precision: MetricInterval?
        /// Share of present intents that are assigned.
        public var recall: MetricInterval?
    }

    /// The field.
    public let field: String
    /// Groups, the largest first.
    public let rows: [Row]
    /// Groups that are hidden.
    public let hiddenGroups: Int
    /// Their sessions.
    public let hiddenSessions: Int
    /// The largest difference in F1 of two groups whose intervals do not overlap, in words; nil where there is none.
    public let difference: String?
    /// The same of the share without an intent.
    public let silence: String?

    /// Fewest visitors of a group that is shown, and of one whose judged sessions are.
    public static let fewestVisitors = 20

    /// - Parameters:
    ///   - values: the group of each session; nil where it has none.
    ///   - visitors: whose session each is.
    ///   - isSilent: whether each session has no intent.
    ///   - judged: sessions by number, whether intents are present and assigned, `[J * K]`.
    public init(
        field: String, values: [String?], visitors: [Int], isSilent: [Bool],
        judged: (sessions: [Int], present: [Bool], assigned: [Bool]), intents: Int
    ) {
        precondition(values.count == visitors.count && isSilent.count == values.count, "GroupStudy: sizes differ")
        var members: [String: [Int]] = [:]
        for (session, value) in values.enumerated() { members[value ?? "(none)", default: []].append(session) }
        var places: [Int: Int] = [:]
        for (place, session) in judged.sessions.enumerated() { places[session] = place }
        var groups = members.map { (name: $0.key, sessions: $0.value, people: Set($0.value.map { visitors[$0] }).count) }
        groups.sort { ($1.people, $0.name) < ($0.people, $1.name) }
        // From the smallest on, until those that are hidden are enough people together.
        var kept = groups.count
        var people: Set<Int> = []
        while kept > 0, groups[kept - 1].people < Self.fewestVisitors || (kept < groups.count && people.count < Self.fewestVisitors) {
            kept -= 1
            for session in groups[kept].sessions { people.insert(visitors[session]) }
        }
        let hidden = groups.count - kept
        let sessions = groups[kept...].reduce(0) { $0 + $1.sessions.count }
        var rows: [Row] = []
        for (name, own, people) in groups[..<kept].sorted(by: { ($1.sessions.count, $0.name) < ($0.sessions.count, $1.name) }) {
            let known = own.compactMap { places[$0] }
            var row = Row(
                name: name, sessions: own.count, visitors: people,
                abstained: .mean(own.map { isSilent[$0] ? 1 : 0 }, clusters: own.map { Int32(visitors[$0]) }, Resampling(rounds: 500)),
                judged: known.count, microF1: nil, precision: nil, recall: nil)
            let judgedPeople = known.map { Int32(visitors[judged.sessions[$0]]) }
            if Set(judgedPeople).count >= Self.fewestVisitors {
                let metrics = Self.metrics(known, judged.present, judged.assigned, intents, judgedPeople)
                (row.microF1, row.precision, row.recall) = (metrics[0], metrics[1], metrics[2])
            }
            rows.append(row)
        }
        (self.field, self.rows, hiddenGroups, hiddenSessions) = (field, rows, hidden, sessions)
        let known = rows.compactMap { row in row.microF1.flatMap { $0.estimate.isFinite ? (row.name, $0) : nil } }
        let best = known.max { $0.1.estimate < $1.1.estimate }
        let worst = known.min { $0.1.estimate < $1.1.estimate }
        difference =
            if let best, let worst, worst.1.upper < best.1.lower {
                "\(worst.0) is told worse than \(best.0): their 95 % intervals do not overlap"
            } else { nil }
        let most = rows.max { $0.abstained.estimate < $1.abstained.estimate }
        let least = rows.min { $0.abstained.estimate < $1.abstained.estimate }
        silence =
            if let most, let least, least.abstained.upper < most.abstained.lower {
                "\(most.name) is left without an intent more often than \(least.name): their 95 % intervals do not overlap"
            } else { nil }
    }

    /// Micro F1, precision and recall, with intervals by visitor.
    private static func metrics(
        _ rows: [Int], _ present: [Bool], _ assigned: [Bool], _ intents: Int, _ clusters: [Int32]
    ) -> [MetricInterval] {
        let counts = rows.map { row -> (both: Double, present: Double, assigned: Double) in
            let own = row * intents..<(row + 1) * intents
            return (
                Double(own.count { present[$0] && assigned[$0] }), Double(own.count { present[$0] }), Double(own.count { assigned[$0] })
            )
        }
        return Resampling(rounds: 500).intervals(units: rows.count, clusters: clusters, count: 3) { weights in
            var (both, present, assigned) = (0.0, 0.0, 0.0)
            for (unit, weight) in weights.enumerated() where weight != 0 {
                both += Double(weight) * counts[unit].both
                present += Double(weight) * counts[unit].present
                assigned += Double(weight) * counts[unit].assigned
            }
            return [
                present + assigned > 0 ? 2 * both / (present + assigned) : .nan, assigned > 0 ? both / assigned : .nan,
                present > 0 ? both / present : .nan,
            ]
        }
    }
}
