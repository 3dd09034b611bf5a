internal import FoundationEssentials
internal import SequenceEmbedding

/// Which tiles may be shown to whom, and when.
///
/// ```yaml
/// rules:
///   - id: adults
///     tiles: [mortgage, loan]              # all tiles where left out
///     where: { kind: { is: [credit] } }    # …of these, those with such features
///     requires: { age_band: { is: [26-35, 36-50] }, tenure_years: { atLeast: 1 } }
///     excludes: { products_held: { is: [mortgage] } }
///     from: 2026-03-01                     # a day in UTC, a time in ISO 8601, or seconds since 1970; eligible from then on
///     until: 2026-04-01T00:00:00+02:00     # …and before then
///     reason: Credit is for customers of a year and more.
///   - { id: segments, requires: { segment: { inTile: eligible_segments } } }
/// ```
/// A customer's text may hold several values, `card|loan`: a condition holds where one of them does. A requirement that is missing is not
/// met, an exclusion that is missing does not exclude.
public struct EligibilityRules: Sendable, Equatable, Codable {
    /// What a text must be.
    public struct Condition: Sendable, Equatable, Codable {
        /// One of these.
        public var texts: [String]?
        /// A number, and at least this.
        public var atLeast: Double?
        /// A number, and at most this.
        public var atMost: Double?
        /// Among the values that the tile has in this column of the catalogue, `private|business`; a tile without any takes all.
        public var inTile: String?

        /// A condition on texts.
        public init(is texts: [String]) { self.texts = texts }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case texts = "is"
            case atLeast, atMost, inTile
        }

        /// Decodes a condition; it must say something, and unknown names are refused.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            texts = try values.decodeIfPresent([String].self, forKey: .texts)
            atLeast = try values.decodeIfPresent(Double.self, forKey: .atLeast)
            atMost = try values.decodeIfPresent(Double.self, forKey: .atMost)
            inTile = try values.decodeIfPresent(String.self, forKey: .inTile)
            guard texts != nil || atLeast != nil || atMost != nil || inTile != nil else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "the condition says nothing; use is, atLeast, atMost or inTile")
                )
            }
        }

        /// Whether a text of `card|loan` meets it; nil where it is missing.
        /// - Parameter emptyTakesAll: what a tile without values in the column of `inTile` means: for what is required everybody, for what excludes
        ///   nobody.
        func holds(_ text: String, emptyTakesAll: Bool = true, _ tile: (String) -> String) -> Bool? {
            let listed = inTile.map { Self.values(tile($0)) }
            if let listed, listed.isEmpty, texts == nil, atLeast == nil, atMost == nil { return emptyTakesAll }
            let own = Self.values(text)
            guard !own.isEmpty else { return nil }
            return own.contains { value in
                if let texts, !texts.contains(String(value)) { return false }
                if let listed, !listed.isEmpty, !listed.contains(value) { return false }
                guard atLeast != nil || atMost != nil else { return true }
                guard let number = DelimitedTable.number(String(value)) else { return false }
                return number >= atLeast ?? -.infinity && number <= atMost ?? .infinity
            }
        }

        private static func values(_ text: String) -> [Substring] { text.split(separator: "|") }
    }

    /// One rule: a tile it is about must meet all of it to be shown.
    public struct Rule: Sendable, Equatable, Codable {
        /// What traces call it.
        public var id: String
        /// The tiles it is about; nil for all.
        public var tiles: [String]?
        /// Only tiles with such features: by column of the catalogue.
        public var tileConditions: [String: Condition] = [:]
        /// What a customer must be: by column of the customers' table.
        public var requires: [String: Condition] = [:]
        /// What a customer must not be.
        public var excludes: [String: Condition] = [:]
        /// Seconds since 1970 UTC from which on the tile may be shown.
        public var from: Double?
        /// Seconds since 1970 UTC from which on it may not any more.
        public var until: Double?
        /// Why, for people.
        public var reason: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case id, tiles
            case tileConditions = "where"
            case requires, excludes, from, until, reason
        }

        /// A rule that asks for nothing yet.
        public init(id: String) { self.id = id }

        /// Decodes a rule; unknown names are refused.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            id = try values.decode(String.self, forKey: .id)
            tiles = try values.decodeIfPresent([String].self, forKey: .tiles)
            try values.read(.tileConditions, into: &tileConditions)
            try values.read(.requires, into: &requires)
            try values.read(.excludes, into: &excludes)
            from = try Self.seconds(values, .from)
            until = try Self.seconds(values, .until)
            reason = try values.decodeIfPresent(String.self, forKey: .reason)
            guard !requires.isEmpty || !excludes.isEmpty || from != nil || until != nil else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath, debugDescription: "the rule asks for nothing; use requires, excludes, from or until"
                    ))
            }
        }

        /// Seconds since 1970 of a number, a day or a time; nil where the rule does not say.
        private static func seconds(_ values: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys) throws -> Double? {
            guard values.contains(key) else { return nil }
            if let number = try? values.decode(Double.self, forKey: key), number.isFinite { return number }
            let text = try values.decode(String.self, forKey: key)
            let time = text.utf8.count == 10 ? text + "T00:00:00Z" : text
            guard let date = try? Date(time, strategy: Date.ISO8601FormatStyle()) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: values, debugDescription: "expected a day (2026-03-01), a time in ISO 8601, or seconds since 1970")
            }
            return date.timeIntervalSince1970
        }
    }

    /// The rules, of which a tile must meet every one that is about it.
    public var rules: [Rule]

    /// These rules.
    public init(_ rules: [Rule]) { self.rules = rules }

    enum CodingKeys: String, CodingKey, CaseIterable { case rules }

    /// Decodes rules with different ids.
    public init(from decoder: any Decoder) throws {
        rules = try decoder.settings(CodingKeys.self).decode([Rule].self, forKey: .rules)
        guard Set(rules.map(\.id)).count == rules.count else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "two rules have the same id"))
        }
    }

    /// Refuses rules that name tiles or columns which the tables do not have: a rule with a slip of the pen would let everything through.
    public func check(_ catalogue: TileCatalogue, customers: AttributeTable?) throws(TableError) {
        for rule in rules {
            let place = "rules: \(rule.id)"
            for tile in rule.tiles ?? [] where catalogue.number(of: tile) < 0 {
                throw .badRule(place: place, reason: "the catalogue has no tile `\(tile)`", remedy: "check its spelling")
            }
            let asked = Array(rule.requires) + Array(rule.excludes)
            let named = asked.map(\.value) + Array(rule.tileConditions.values)
            let ofTile = rule.tileConditions.keys.sorted() + named.compactMap(\.inTile).sorted()
            for column in ofTile where !catalogue.table.columns.contains(column) {
                throw .badRule(
                    place: place, reason: "the catalogue has no column `\(column)`",
                    remedy: "choose from \(catalogue.table.columns.joined(separator: ", "))")
            }
            for column in asked.map(\.key).sorted() where customers?.columns.contains(column) != true {
                throw .badRule(
                    place: place, reason: "there is no column `\(column)` of customers",
                    remedy: customers.map { "choose from \($0.columns.joined(separator: ", "))" } ?? "give the table of customers")
            }
        }
    }
}
