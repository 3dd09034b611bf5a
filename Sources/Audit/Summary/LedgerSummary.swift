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
    /// Reviews by what they say of the decision: `confirmed`, `overruled` or `undecided` for verdicts on labels (``ReviewRecord``); for others
    /// the text under `verdict` of an output in JSON, `unreadable` where there is none. Long ones are cut. Where a reviewer judged an item
    /// again the last word counts.
    public var verdicts: [String: Int] = [:]

    /// Most different verdicts that are told apart.
    static let mostVerdicts = 50

    /// Nothing.
    public init() {}

    /// Reads a ledger.
    /// - Complexity: O(entries).
    public init(_ ledger: Ledger) throws(LedgerError) {
        var last: [String: String] = [:]
        try ledger.read(LedgerSelection()) { entry throws(LedgerError) in
            entries += 1
            kinds[entry.kind, default: 0] += 1
            purposes[entry.purpose, default: 0] += 1
            times = min(times?.lowerBound ?? entry.time, entry.time)...max(times?.upperBound ?? entry.time, entry.time)
            switch entry.kind {
            case .decision: decisions[entry.model, default: 0] += 1
            case .review:
                let review = ReviewRecord.said(entry)
                let who = review.item.map { "\(entry.actor)\u{1F}\($0)" } ?? "\(entry.sequence)"
                last[who] = String((review.word ?? "unreadable").prefix(60))
            default: break
            }
        }
        for (word, count) in Dictionary(last.values.map { ($0, 1) }, uniquingKeysWith: +).sorted(by: {
            ($1.value, $0.key) < ($0.value, $1.key)
        }) {
            verdicts[verdicts.count < Self.mostVerdicts ? word : "other", default: 0] += count
        }
    }
}
