/// Applies ``EligibilityRules`` to tiles, and tells what was removed and why.
public struct Eligibility: Sendable {
    /// A tile that may not be shown: one for every rule it does not meet, in the order of the rules.
    public struct Removal: Sendable, Equatable, Codable {
        /// The tile.
        public let tile: String
        /// The id of the rule.
        public let rule: String
        /// Which part of the rule: `requires segment`, `excludes products_held`, `from`, `until`.
        public let part: String
        /// The rule's own words.
        public let reason: String?
    }

    private let rules: EligibilityRules
    private let catalogue: TileCatalogue
    private let customers: AttributeTable?

    /// - Throws: ``TableError/badRule(place:reason:remedy:)`` where a rule names what is not there.
    public init(_ rules: EligibilityRules, _ catalogue: TileCatalogue, customers: AttributeTable?) throws(TableError) {
        try rules.check(catalogue, customers: customers)
        (self.rules, self.catalogue, self.customers) = (rules, catalogue, customers)
    }

    /// Which of some tiles may be shown, and a trace of the others.
    ///
    /// Rules for all tiles hold for tiles that the catalogue does not have, too; conditions on features of tiles do not choose these.
    /// - Parameters:
    ///   - customer: the row in the customers' table; nil where there is none, and every feature is missing.
    ///   - timeMicroseconds: of the decision, since 1970 UTC.
    /// - Returns: places in `tiles` that are kept, and every reason why another is not.
    public func apply(
        _ tiles: [String], customer: Int?, timeMicroseconds: Int64
    ) -> (kept: [Int], removed: [Removal]) {
        var (kept, removed): ([Int], [Removal]) = ([], [])
        let seconds = Double(timeMicroseconds) / 1e6
        for (place, tile) in tiles.enumerated() {
            let before = removed.count
            for rule in rules.rules where isAbout(rule, tile) {
                func remove(_ part: String) { removed.append(Removal(tile: tile, rule: rule.id, part: part, reason: rule.reason)) }
                for (column, condition) in rule.requires.sorted(by: { $0.key < $1.key })
                where holds(condition, column, customer, tile) != true {
                    remove("requires \(column)")
                }
                for (column, condition) in rule.excludes.sorted(by: { $0.key < $1.key })
                where holds(condition, column, customer, tile, emptyTakesAll: false) == true {
                    remove("excludes \(column)")
                }
                if let from = rule.from, seconds < from { remove("from") }
                if let until = rule.until, seconds >= until { remove("until") }
            }
            if removed.count == before { kept.append(place) }
        }
        return (kept, removed)
    }

    private func isAbout(_ rule: EligibilityRules.Rule, _ tile: String) -> Bool {
        if let tiles = rule.tiles, !tiles.contains(tile) { return false }
        return rule.tileConditions.allSatisfy { column, condition in condition.holds(text(tile, column), { text(tile, $0) }) == true }
    }

    private func holds(
        _ condition: EligibilityRules.Condition, _ column: String, _ customer: Int?, _ tile: String, emptyTakesAll: Bool = true
    ) -> Bool? {
        let place = customers?.columns.firstIndex(of: column)
        let own = customer.flatMap { row in place.map { customers!.texts[row][$0] } } ?? ""
        return condition.holds(own, emptyTakesAll: emptyTakesAll) { text(tile, $0) }
    }

    private func text(_ tile: String, _ column: String) -> String {
        guard let row = catalogue.table.place(of: tile), let place = catalogue.table.columns.firstIndex(of: column) else { return "" }
        return catalogue.table.texts[row][place]
    }
}
