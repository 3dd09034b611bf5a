/// What several reviewers together say of each item: the majority, and the adjudicator where there is none.
public struct ReviewConsensus: Sendable {
    /// Whether each item shows each intent, `[items][intents]`; nil where nobody judged it or reviewers are tied.
    public private(set) var shows: [[Bool?]]
    /// Items on which reviewers are tied over at least one intent and nobody adjudicated.
    public private(set) var tied: [Int] = []
    /// Items with a usable verdict.
    public private(set) var judged = 0
    /// Items of which somebody could not tell, and that nobody else judged.
    public private(set) var unsure = 0

    /// Takes the majority of those who could tell; an adjudicator's word is the last.
    public init(_ reading: SheetReading, of design: ReviewDesign) {
        shows = []
        for (number, verdicts) in reading.verdicts.enumerated() {
            func sets(_ verdicts: ArraySlice<ReviewVerdict?>) -> [Set<String>] {
                verdicts.compactMap { if case .shows(let intents)? = $0 { intents } else { nil } }
            }
            let last = sets(verdicts.suffix(1))
            let words = last.isEmpty ? sets(verdicts.dropLast()) : last
            if !words.isEmpty { judged += 1 } else if verdicts.contains(.unsure) { unsure += 1 }
            let row: [Bool?] = design.intents.map { intent in
                let present = words.count { $0.contains(intent.id) }
                return 2 * present == words.count ? nil : 2 * present > words.count
            }
            if !words.isEmpty, row.contains(nil) { tied.append(number) }
            shows.append(row)
        }
    }

    /// Whether the item's label is wholly right; nil where an intent is undecided.
    func isRight(_ item: Int, of design: ReviewDesign) -> Bool? {
        let given = design.items[item].given
        var isOpen = false
        for (k, intent) in design.intents.enumerated() {
            guard let present = shows[item][k] else {
                isOpen = true
                continue
            }
            if present != given.contains(intent.id) { return false }
        }
        return isOpen ? nil : true
    }
}
