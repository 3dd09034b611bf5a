internal import EventStream
internal import Glibc
internal import SequenceEmbedding

/// Floats of each session of a corpus: an embedding, probabilities of intents, facts.
public struct SessionFloats: Sendable {
    /// Stands before the names of what is made of it: `embedding`, `intents`.
    public let name: String
    /// One for each column. `[w]`.
    public let columns: [String]
    /// NaN where missing. `[S, w]`.
    public let floats: [Float]

    /// A table of sessions; traps where the floats are no whole rows.
    public init(name: String, columns: [String], floats: [Float]) {
        precondition(
            columns.isEmpty ? floats.isEmpty : floats.count.isMultiple(of: columns.count),
            "SessionFloats: \(floats.count) floats for rows of \(columns.count)")
        (self.name, self.columns, self.floats) = (name, columns, floats)
    }

    /// Floats of a session (w).
    public var width: Int { columns.count }
}

/// How linked sessions become one vector.
public struct LinkedVectorSettings: Sendable, Equatable, Codable {
    /// Days after which a session weighs half as much in the mean (7).
    public var halfLifeDays = 7.0

    /// The defaults.
    public init() {}

    /// Decodes settings; what is left out keeps its default, unknown names are refused.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.halfLifeDays, into: &halfLifeDays)
        guard halfLifeDays > 0, halfLifeDays.isFinite else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath + [CodingKeys.halfLifeDays], debugDescription: "it must lie above 0"))
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case halfLifeDays }
}

/// Takes: linked sessions and floats of each session.   Gives: one vector of fixed width for each decision.
///
/// | block | floats | what |
/// |---|---|---|
/// | `latest` | w | the latest session's floats |
/// | `mean` | w | of all sessions, weighted by 2^(−age / half-life), the age reaching from the session's end to the decision |
/// | `faded` | w | the latest session's floats times 2^(−age / half-life), so that a model without products knows old sessions for weak ones |
/// | `counts` | 3 | ln(1 + sessions), ln(1 + days since the latest ended), and 1 where there is no session, else 0 |
///
/// Without a session the floats of `latest` and `mean` and the days are NaN, which stands for missing everywhere, those of `faded` 0, and the
/// third count says so in plain sight. A float that is NaN in one session does not count in its mean.
public struct LinkedVectors: Sendable {
    /// One for each column: `latest.embedding.3`. `[width]`.
    public let names: [String]
    /// `[D, width]`.
    public let floats: [Float]

    /// Floats of a decision.
    public var width: Int { names.count }

    /// Floats that stand before those of the sessions: of a decision's customer, say.
    public struct Leading {
        /// One for each column. `[w]`.
        public let names: [String]
        /// Of a decision, by its number. `[w]`.
        public let floats: (_ decision: Int) -> [Float]

        /// Floats by decision.
        public init(_ names: [String], _ floats: @escaping (_ decision: Int) -> [Float]) { (self.names, self.floats) = (names, floats) }
    }

    /// - Parameter leading: stands before the floats of the sessions; written into the same table, which is large.
    /// - Throws: ``LinkingError/leak(_:)``: the links are looked at again before anything is made of them.
    public init(
        _ linked: LinkedSessions, of decisions: Decisions, link: WebToAppLink, tables: [SessionFloats],
        settings: LinkedVectorSettings = LinkedVectorSettings(), leading: Leading = Leading([]) { _ in [] }
    ) throws(LinkingError) {
        for table in tables {
            precondition(
                table.floats.count == link.corpus.sessionCount * table.width,
                "LinkedVectors: \(table.floats.count) floats of \(table.name) for \(link.corpus.sessionCount) sessions of \(table.width)")
        }
        guard settings.halfLifeDays > 0, settings.halfLifeDays.isFinite else {
            throw .badSetting(name: "half_life_days", reason: "it must lie above 0")
        }
        try link.check(linked, decisions)
        let columns = tables.flatMap { table in table.columns.map { "\(table.name).\($0)" } }
        names =
            leading.names + columns.map { "latest.\($0)" } + columns.map { "mean.\($0)" } + columns.map { "faded.\($0)" }
            + ["counts.log1p_sessions", "counts.log1p_days_since_latest", "counts.absent"]
        let (width, count) = (names.count, columns.count)
        var floats = [Float](repeating: .nan, count: decisions.count * width)
        for decision in 0..<decisions.count {
            let sessions = linked[decision]
            let own = leading.floats(decision)
            precondition(own.count == leading.names.count, "LinkedVectors: \(own.count) floats for \(leading.names.count) names")
            for (column, value) in own.enumerated() { floats[decision * width + column] = value }
            let row = decision * width + own.count
            let end = (decision + 1) * width
            floats[end - 3] = Float(log1p(Double(sessions.count)))
            floats[end - 1] = sessions.isEmpty ? 1 : 0
            guard let latest = sessions.last else {
                for column in 0..<count { floats[row + 2 * count + column] = 0 }
                continue
            }
            let ages = sessions.map { (Double(decisions.times[decision]) - Double(link.ends[Int($0)])) / (86_400 * 1e6) }
            floats[end - 2] = Float(log1p(ages.last!))
            // Taken relative to the latest, so that weights of sessions long ago do not all vanish.
            let weights = ages.map { exp2(-($0 - ages.last!) / settings.halfLifeDays) }
            let fading = Float(exp2(-ages.last! / settings.halfLifeDays))
            var place = row
            for table in tables {
                let start = Int(latest) * table.width
                for column in 0..<table.width {
                    let value = table.floats[start + column]
                    floats[place + column] = value
                    floats[place + 2 * count + column] = value.isNaN ? 0 : value * fading
                }
                for column in 0..<table.width {
                    var (sum, total) = (0.0, 0.0)
                    for (session, weight) in zip(sessions, weights) {
                        let value = table.floats[Int(session) * table.width + column]
                        if value.isNaN { continue }
                        sum += weight * Double(value)
                        total += weight
                    }
                    if total > 0 { floats[place + count + column] = Float(sum / total) }
                }
                place += table.width
            }
        }
        self.floats = floats
    }
}
