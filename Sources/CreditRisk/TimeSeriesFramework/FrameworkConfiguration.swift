internal import SequenceEmbedding

/// What a model of raw tables reads: one file says it all, and a new table needs no code (systems.md 4.2, row D3).
///
/// ```yaml
/// applicants: {key: customer, decision: decided, outcome: overdue, numeric: [age], categorical: [channel]}
/// tables:
///   - {name: bureau, key: customer, time: reported, unit: iso8601, categorical: [kind], numeric: [amount], times: [opened]}
///   - {name: app, key: customer, time: at, categorical: [page]}
/// histories:
///   - {tables: [bureau]}
///   - {tables: [app], pause: 3600}
/// network: {width: 8}
/// ```
public struct FrameworkConfiguration: Codable, Sendable, Equatable {
    /// How a column writes time.
    public enum TimeUnit: String, Sendable, Codable, CaseIterable {
        /// Seconds since 1970-01-01T00:00:00Z, whole or decimal.
        case seconds = "s"
        /// Milliseconds since then.
        case milliseconds = "ms"
        /// Microseconds since then.
        case microseconds = "us"
        /// A date or a time such as `2026-11-21` or `2026-11-21T09:30:00+01:00`; UTC where it names no zone.
        case iso8601
    }

    /// A ready-made vector in a record: of a text, an image, another model.
    public struct Vector: Codable, Sendable, Equatable {
        /// The field's name.
        public var name: String
        /// Its columns in their order; a vector with an empty column is missing.
        public var columns: [String]

        /// See the properties.
        public init(name: String, columns: [String]) { (self.name, self.columns) = (name, columns) }

        private enum CodingKeys: String, CodingKey, CaseIterable { case name, columns }

        /// Both are needed; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            name = try values.decode(String.self, forKey: .name)
            columns = try values.decode([String].self, forKey: .columns)
        }
    }

    /// The table with one row for each decision.
    public struct Applicants: Codable, Sendable, Equatable {
        /// Column by which records of the tables belong to a row.
        public var key = "customer"
        /// Column that tells customers apart, for splits; nil where `key` does.
        public var customer: String?
        /// Column of the time of the decision.
        public var decision = "decision"
        /// Column of what became of it: 1 overdue, 0 not, empty where not known; nil where nothing is known.
        public var outcome: String?
        /// Column of the time at which the outcome was known; a row that knew it before its decision is refused.
        public var outcomeTime: String?
        /// How its times are written (seconds).
        public var unit = TimeUnit.seconds
        /// Fixed categorical features.
        public var categorical: [String] = []
        /// Fixed numeric features.
        public var numeric: [String] = []

        /// The defaults.
        public init() {}

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case key, customer, decision, outcome, outcomeTime, unit, categorical, numeric
        }

        /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            try values.read(.key, into: &key)
            customer = try values.decodeIfPresent(String.self, forKey: .customer)
            try values.read(.decision, into: &decision)
            outcome = try values.decodeIfPresent(String.self, forKey: .outcome)
            outcomeTime = try values.decodeIfPresent(String.self, forKey: .outcomeTime)
            try values.read(.unit, into: &unit)
            try values.read(.categorical, into: &categorical)
            try values.read(.numeric, into: &numeric)
        }
    }

    /// A table of records with a time each.
    public struct Table: Codable, Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Column that says whose record it is.
        public var key: String
        /// Column of the time at which the record was known.
        public var time: String
        /// How its times are written (seconds).
        public var unit = TimeUnit.seconds
        /// Categorical fields.
        public var categorical: [String] = []
        /// Numeric fields.
        public var numeric: [String] = []
        /// Further times, read as intervals to the decision; one at or after it is missing.
        public var times: [String] = []
        /// Ready-made vectors.
        public var vectors: [Vector] = []
        /// What stands for a missing value, beside an empty field.
        public var missing: [String] = []

        /// A table without fields; add some.
        public init(name: String, key: String = "customer", time: String = "time") {
            (self.name, self.key, self.time) = (name, key, time)
        }

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case name, key, time, unit, categorical, numeric, times, vectors, missing
        }

        /// Name, key and time are needed; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            name = try values.decode(String.self, forKey: .name)
            key = try values.decode(String.self, forKey: .key)
            time = try values.decode(String.self, forKey: .time)
            try values.read(.unit, into: &unit)
            try values.read(.categorical, into: &categorical)
            try values.read(.numeric, into: &numeric)
            try values.read(.times, into: &times)
            try values.read(.vectors, into: &vectors)
            try values.read(.missing, into: &missing)
        }
    }

    /// One sequence of items for each applicant, by time. An item is a record, or a sequence of records.
    public struct History: Codable, Sendable, Equatable {
        /// The tables whose records it holds, by name; with several it has items of several types.
        public var tables: [String]
        /// The latest items that are kept (200).
        public var items = 200
        /// A pause longer than so many seconds ends an item, which is then a sequence of records; nil where each record is an item.
        public var pause: Double?
        /// The latest records of each item that are kept, where items are sequences (50).
        public var records = 50

        /// Records of these tables as items.
        public init(_ tables: [String], pause: Double? = nil) { (self.tables, self.pause) = (tables, pause) }

        private enum CodingKeys: String, CodingKey, CaseIterable { case tables, items, pause, records }

        /// Tables are needed; unknown entries are refused by name.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.settings(CodingKeys.self)
            tables = try values.decode([String].self, forKey: .tables)
            try values.read(.items, into: &items)
            pause = try values.decodeIfPresent(Double.self, forKey: .pause)
            try values.read(.records, into: &records)
        }
    }

    /// The table of decisions.
    public var applicants = Applicants()
    /// Tables of records.
    public var tables: [Table]
    /// The sequences; empty for one of each table.
    public var histories: [History] = []
    /// The network and its training.
    public var network = FrameworkSettings()

    /// These tables, each a history of its own unless said.
    public init(tables: [Table], histories: [History] = []) { (self.tables, self.histories) = (tables, histories) }

    private enum CodingKeys: String, CodingKey, CaseIterable { case applicants, tables, histories, network }

    /// Tables are needed; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.applicants, into: &applicants)
        tables = try values.decode([Table].self, forKey: .tables)
        try values.read(.histories, into: &histories)
        try values.read(.network, into: &network)
    }

    /// The sequences as they are read: those that are named, or one of each table.
    public var sequences: [History] { histories.isEmpty ? tables.map { History([$0.name]) } : histories }
}
