internal import FoundationEssentials

/// What a ledger holds, in numbers.
public struct LedgerSummary: Sendable, Equatable {
    /// Entries.
    public var entries = 0
    /// Entries by kind.
    public var kinds: [LedgerEntry.Kind: Int] = [:]
    /// Entries by purpose.
    public var purposes: [String: Int] = [:]
    /// Decisions by the digest of their model.
    public var decisions: [[UInt8]: Int] = [:]
    /// Earliest and latest time, in microseconds since 1970; nil without entries.
    public var times: ClosedRange<Int64>?
    /// Reviews by their verdict: the text under `verdict` of an output in JSON, `unreadable` where there is none. Long ones are cut.
    public var verdicts: [String: Int] = [:]

    /// Most different verdicts that are told apart.
    static let mostVerdicts = 50

    /// Reads a ledger.
    /// - Complexity: O(entries).
    public init(_ ledger: Ledger) throws(LedgerError) {
        try ledger.read(LedgerSelection()) { entry throws(LedgerError) in
            entries += 1
            kinds[entry.kind, default: 0] += 1
            purposes[entry.purpose, default: 0] += 1
            times = min(times?.lowerBound ?? entry.time, entry.time)...max(times?.upperBound ?? entry.time, entry.time)
            if entry.kind == .decision { decisions[entry.model, default: 0] += 1 }
            if entry.kind == .review {
                var verdict = Self.verdict(entry.output)
                if verdicts[verdict] == nil, verdicts.count >= Self.mostVerdicts { verdict = "other" }
                verdicts[verdict, default: 0] += 1
            }
        }
    }

    private struct Review: Decodable { let verdict: String }

    private static func verdict(_ output: [UInt8]) -> String {
        guard let review = try? JSONDecoder().decode(Review.self, from: Data(output)) else { return "unreadable" }
        return String(review.verdict.prefix(60))
    }
}
