/// The table that one reviewer fills in.
///
/// Columns: `item`, `reviewer`, `journey`; unless it is blind `given` (intents in words) and `evidence`; then the empty `verdict`, unless it
/// is blind the empty `missed`, and `note`. The sessions' ids are not in it.
public struct ReviewSheet: Sendable {
    private let design: ReviewDesign

    /// Sheets of a design.
    public init(_ design: ReviewDesign) { self.design = design }

    /// The columns.
    public var columns: [String] {
        ["item", "reviewer", "journey"]
            + (design.settings.isBlind ? ["verdict", "note"] : ["given", "evidence", "verdict", "missed", "note"])
    }

    /// A reviewer's sheet.
    /// - Parameters:
    ///   - reviewer: a number in ``ReviewDesign/Settings/reviewers``; nil for the adjudicator, who gets the items of `only`.
    ///   - only: numbers of the items to show; nil for all that are the reviewer's.
    ///   - journey: what happened in the session of this id, in words; nil where nobody knows.
    ///   - evidence: the events that speak for what was given, by the session's id and the intent's.
    public func csv(
        reviewer: Int?, only: [Int]? = nil, journey: (String) -> String?, evidence: (String, String) -> [String]
    ) -> [UInt8] {
        let intents = Dictionary(uniqueKeysWithValues: design.intents.map { ($0.id, $0) })
        var text = SheetText.row(columns)
        let name = reviewer.map { design.settings.reviewers[$0] } ?? SheetReading.adjudicator
        for number in only ?? Array(design.items.indices) {
            let item = design.items[number]
            if let reviewer, !item.reviewers.contains(reviewer) { continue }
            var cells = [design.name(of: number), name, journey(item.session) ?? "(the journey is not at hand)"]
            if !design.settings.isBlind {
                let told = item.given.map { id in "\(id): \(intents[id]!.name). \(intents[id]!.definition)" }
                cells.append(told.isEmpty ? "none: no intent was given" : told.joined(separator: "\n"))
                cells.append(
                    item.given.compactMap { id in
                        let events = evidence(item.session, id)
                        return events.isEmpty ? nil : "\(id): \(events.joined(separator: "; "))"
                    }.joined(separator: "\n"))
                cells.append("")
            }
            text += SheetText.row(cells + ["", ""])
        }
        return SheetText.mark + Array(text.utf8)
    }

    /// The intents that may be named, with their definitions, as a table.
    public var intentsTable: [UInt8] {
        let rows = [["id", "name", "definition"]] + design.intents.map { [$0.id, $0.name, $0.definition] }
        return SheetText.mark + Array(rows.map(SheetText.row).joined().utf8)
    }

    /// What a reviewer has to know, in a text to read first.
    public var instructions: String {
        let named = "the ids of all intents that the session shows, parted by spaces, or none if it shows none of them"
        let words =
            design.settings.isBlind
            ? "Read the journey, and write into `verdict` \(named). intents.csv says what each intent means."
            : """
            Read the journey, then what was given. Write into `verdict`
              right   if the session shows every intent that was given (or rightly was given none),
              wrong   if it shows none of those given,
              or \(named).
            If it shows an intent that was not given, write its id into `missed`. intents.csv says what each intent means.
            """
        return """
            Review \(design.id.prefix(8))

            \(words)
            Write unsure where you cannot tell. `note` is yours. Leave the other columns as they are, do not delete or add rows, and judge by
            yourself. A sheet that is filled in only in part can be read, too.

            """
    }
}
