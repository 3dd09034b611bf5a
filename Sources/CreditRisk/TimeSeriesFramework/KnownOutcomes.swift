/// Outcomes of a file of their own, joined by key and, where the file has the column of the decision, by its time. What could be of several
/// decisions is of none.
struct KnownOutcomes {
    /// What became of one decision.
    struct Outcome {
        /// 1 overdue, 0 not, NaN not known.
        let outcome: Float
        /// When that was known, microseconds since 1970; nil where it is not told.
        let time: Int64?
        let line: Int
    }

    private struct Place: Hashable {
        let key: String
        /// Nil where the file does not say which decision it is.
        let decision: Int64?
    }

    /// Columns of the file.
    let names: [String]
    private let saysDecision: Bool
    private let outcomes: [Place: Outcome]

    /// - Parameters:
    ///   - decisions: of the applicants, by key, microseconds since 1970.
    ///   - faults: gets the rows that are refused, by line.
    /// - Throws: ``FrameworkError`` where a column is missing or none is named.
    init(
        _ text: [UInt8], path: String, _ own: FrameworkConfiguration.Applicants, _ decisions: [String: Set<Int64>],
        _ faults: inout [(line: Int, reason: String)]
    ) throws(FrameworkError) {
        guard let name = own.outcome else {
            throw FrameworkConfiguration.bad(
                "applicants.outcome", "a file of outcomes is given and no column of theirs is named", "name it")
        }
        let table = try DelimitedText(text, path: path, needed: own.key)
        let key = try table.require(own.key), outcome = try table.require(name), outcomeTime = try table.require(own.outcomeTime)
        let decision = table.names.firstIndex(of: own.decision), clock = DelimitedText.Clock(own.unit)
        var (found, wrong): ([Place: [Outcome]], [(line: Int, reason: String)]) = ([:], [])
        table.rows { row throws(DelimitedText.Fault) in
            let known = Float(try row.number(outcome, []))
            guard known.isNaN || known == 0 || known == 1 else {
                throw .init("the outcome is neither 0 nor 1; 1 is overdue, 0 is not, empty is not known")
            }
            let shown = try outcomeTime.flatMap { (column) throws(DelimitedText.Fault) in try row.time(column, clock) }
            let decided = try decision.flatMap { (column) throws(DelimitedText.Fault) in try row.time(column, clock) }
            guard decision == nil || decided != nil else { throw .init("no time of the decision; say which one it is of") }
            found[Place(key: row.text(key), decision: decided), default: []].append(Outcome(outcome: known, time: shown, line: row.line))
        } refuse: {
            wrong.append(($0, $1))
        }
        for (place, rows) in found {
            let reason: String? =
                if rows.count > 1 {
                    place.decision == nil
                        ? "the key is in several rows, and none says of which decision it is; add the column `\(own.decision)`, and each once"
                        : "the decision is in several rows; give each outcome once"
                } else if place.decision == nil, (decisions[place.key]?.count ?? 0) > 1 {
                    "the key has several decisions, and the row does not say of which it is; add the column `\(own.decision)`"
                } else {
                    nil
                }
            guard let reason else { continue }
            wrong += rows.map { ($0.line, reason) }
            found[place] = nil
        }
        faults += wrong.sorted { $0.line < $1.line }
        outcomes = found.compactMapValues(\.first)
        (names, saysDecision) = (table.names, decision != nil)
    }

    /// Outcomes that belong to none of these applicants.
    func without(_ keys: [String], _ decisions: [Int64]) -> Int {
        let known = Set(zip(keys, decisions).map { Place(key: $0, decision: saysDecision ? $1 : nil) })
        return outcomes.keys.count { !known.contains($0) }
    }

    /// What became of a decision; nil where that is not told.
    func row(_ key: String, _ decision: Int64) -> Outcome? { outcomes[Place(key: key, decision: saysDecision ? decision : nil)] }
}
