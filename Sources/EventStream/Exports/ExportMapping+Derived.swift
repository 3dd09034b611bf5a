/// Fields that a row holds only in certain rows, or that stand in lists beside it.
extension ExportMapping {
    /// Restricts a field to certain rows: one column often means different things by the type of the event.
    ///
    /// ```yaml
    /// - { name: item, column: reference, kind: categorical, when: { column: action_type, is: [click, look] } }
    /// ```
    public struct Condition: Sendable, Equatable {
        /// The column of the export that decides.
        public var column: String
        /// The texts it may hold, compared byte by byte; in any other row the field is missing. At least one. `is` in YAML.
        public var texts: [String]

        /// The field is read where `column` holds one of `texts`.
        public init(column: String, is texts: [String]) {
            self.column = column
            self.texts = texts
        }
    }

    /// A number that says where, in a list of the same row, the value of a column stands: the place of the tile clicked among those shown,
    /// or how its price compares with theirs.
    ///
    /// ```yaml
    /// - { name: position, column: reference, kind: numeric, listed: { in: impressions, give: position } }
    /// - { name: price_rank, column: reference, kind: numeric, listed: { in: impressions, values: prices, give: rank } }
    /// ```
    /// Entries are compared with the value byte by byte, and the first that is equal counts. An empty text lists nothing. In JSON Lines a
    /// list may be an array, too: of texts and numbers as they are, anything else as its JSON text.
    ///
    /// The number is missing, and the row is kept, where the list does not hold the value; for `value`, `rank` and `ratio` also where the two
    /// lists differ in length or a number that is needed cannot be read, which is the one at the place for `value` and all of them for the
    /// other two.
    public struct Listed: Sendable, Equatable {
        /// What is told of the value. Below, `n` is the length of the list and `v` the numbers of the second one.
        public enum Give: String, Sendable, Codable, CaseIterable {
            /// Entries before it: 0 for the first.
            case position
            /// `n`.
            case length
            /// The number at the same place of the second list.
            case value
            /// Share of the other listed numbers that are smaller: count(v < own) / (n − 1), from 0 for the smallest to 1; 0 when n is 1.
            case rank
            /// Its number over the median of all listed ones, the mean of the middle two where n is even; missing when the median is 0.
            case ratio

            /// Whether it is made of the numbers of a second list.
            public var needsValues: Bool { self == .value || self == .rank || self == .ratio }
        }

        /// The column that lists what the value is looked for in. `in` in YAML.
        public var list: String
        /// The column that lists a number for each of them; only where ``Give/needsValues``.
        public var values: String?
        /// What stands between two entries: one ASCII character.
        public var separator: String
        /// What is told of the value.
        public var give: Give

        /// What the lists tell of the value of the field's column.
        public init(in list: String, values: String? = nil, separator: String = "|", give: Give) {
            self.list = list
            self.values = values
            self.separator = separator
            self.give = give
        }
    }
}
