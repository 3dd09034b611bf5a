/// Which column of an export is what. The command line reads it from YAML; here it is a plain value.
///
/// ```yaml
/// format: csv
/// delimiter: ";"
/// session: session ID
/// time: { compose: [year, month, day], zone: UTC }
/// order: [order]
/// fields:
///   - { name: page, column: page 2 (clothing model), kind: categorical }
///   - { name: price, column: price, kind: numeric }
/// ```
/// In JSON Lines and Parquet a column is a dotted path (`device.category`, with `\.` for a dot within a name). `params[name]` is the value
/// of `name` in a list of `{key, value}` objects, where a value is itself or the first of `{string_value, int_value, float_value,
/// double_value}` that is not null, read as text whatever its type; `contexts[com.example/page].id` is a member of the self-describing
/// JSON with that schema, whatever its version. In delimited text all this goes within a column whose cells are JSON: the name of the
/// column comes first, as in `event_properties.title` or `users.0.id`. `params[]` is all such pairs in byte order of their keys, behind
/// each key a byte 0x1F and behind each value 0x1E.
public struct ExportMapping: Sendable, Equatable {
    /// How rows are written.
    public enum Format: String, Sendable, Codable, CaseIterable {
        /// Decided from the first block.
        case auto
        /// Delimited text; comma unless `delimiter` says otherwise or another is found.
        case csv
        /// Delimited text, tab.
        case tsv
        /// One JSON object a line.
        case jsonl
        /// One session a line: items in order, optionally a tab and the item that follows.
        case items
        /// A Parquet, Arrow IPC or Feather file, read through the Arrow plugin.
        case parquet
    }

    /// How characters are written. A byte order mark at the beginning of the file overrules it.
    public enum Encoding: String, Sendable, Codable, CaseIterable {
        /// UTF-8.
        case utf8 = "utf-8"
        /// ISO 8859-1.
        case latin1 = "latin-1"
        /// Windows code page 1252.
        case windows1252 = "windows-1252"
        /// UTF-16, little-endian unless marked.
        case utf16 = "utf-16"
        /// UTF-16, little-endian.
        case utf16le = "utf-16le"
        /// UTF-16, big-endian.
        case utf16be = "utf-16be"
    }

    /// What a column holds.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// One of a set of names: page type, product, event.
        case categorical
        /// A number.
        case numeric
        /// Words: a title, a search query.
        case text
        /// An address.
        case url
        /// What is to be predicted; never an input.
        case outcome
        /// Who the person is; never an input of anything. Written as ``ExportMapping/customer``.
        case identity
    }

    /// What an outcome holds.
    public enum OutcomeKind: String, Sendable, Codable, CaseIterable {
        /// One of a set of names.
        case categorical
        /// A number.
        case numeric
    }

    /// One column to keep.
    public struct Field: Sendable, Equatable {
        /// Its name in the corpus.
        public var name: String
        /// Its name in the export, or several of which the first with a value counts.
        public var column: Columns
        /// What it holds.
        public var kind: Kind
        /// What an outcome holds; only with kind `outcome`, categorical unless said.
        public var outcome: OutcomeKind?
        /// What stands between the items of an item sequence (a space unless said), or between the values of a text that holds several.
        public var separator: String?
        /// The rows that have it; all when nil.
        public var when: Condition?
        /// What it tells of the column's value in a list of the same row; nil for the value itself. Only where ``isNumeric``.
        public var listed: Listed?
        /// What its texts stand for; nil where they are names themselves.
        public var lookup: Lookup?

        /// A field; its column has the same name unless given.
        public init(
            name: String, column: String? = nil, kind: Kind, outcome: OutcomeKind? = nil, separator: String? = nil,
            when: Condition? = nil, listed: Listed? = nil, lookup: Lookup? = nil
        ) {
            self.name = name
            self.column = Columns(column ?? name)
            self.kind = kind
            self.outcome = outcome
            self.separator = separator
            self.when = when
            self.listed = listed
            self.lookup = lookup
        }

        /// A field of the first of several columns that has a value.
        public init(name: String, columns: Columns, kind: Kind, separator: String? = nil, when: Condition? = nil, lookup: Lookup? = nil) {
            (self.name, column, self.kind, self.when) = (name, columns, kind, when)
            (self.separator, self.lookup) = (separator, lookup)
        }

        /// True when the column arrives as numbers, false when as bytes.
        public var isNumeric: Bool { kind == .numeric || (kind == .outcome && outcome == .numeric) }
    }

    /// Where the time of an event stands and how it is written: one column with a unit, or several that compose it.
    public struct Time: Sendable, Equatable {
        /// How one column writes time.
        public enum Unit: String, Sendable, Codable, CaseIterable {
            /// Seconds since 1970, whole or decimal.
            case seconds = "s"
            /// Milliseconds since 1970.
            case milliseconds = "ms"
            /// Microseconds since 1970.
            case microseconds = "us"
            /// `2026-11-21T09:30:00+01:00` and its relatives.
            case iso8601
        }

        /// A part of a composed time.
        public enum Part: String, Sendable, Codable, CaseIterable {
            /// 1970 to 2262.
            case year
            /// 1 to 12.
            case month
            /// 1 to 31.
            case day
            /// 0 to 23.
            case hour
            /// 0 to 59.
            case minute
            /// 0 to 60, decimals allowed.
            case second
            /// `2026-11-21`.
            case date
            /// `09:30:00`.
            case time
        }

        /// The one column.
        public var column: String?
        /// How it writes time.
        public var unit: Unit?
        /// The several columns.
        public var compose: [String]?
        /// What each of them is; year, month, day, hour, minute, second in this order unless said.
        public var pattern: [Part]?
        /// `UTC`, `Z` or an offset such as `+02:00`: the zone of times that do not name one themselves.
        public var zone: String?
        /// With ``column`` as the time that a device says: the column with the time at which it sent the row by the same clock, and the
        /// one with the time of receipt. The time is then received − (sent − column), which a wrong clock does not change.
        public var sent: String?
        /// See ``sent``.
        public var received: String?
        /// Texts that stand for no time here, such as `0`.
        public var none: [String] = []

        /// A time in one column.
        public init(column: String, unit: Unit, zone: String? = nil, none: [String] = []) {
            self.none = none
            self.column = column
            self.unit = unit
            self.zone = zone
        }

        /// A time composed from several columns.
        public init(compose: [String], pattern: [Part]? = nil, zone: String) {
            self.compose = compose
            self.pattern = pattern
            self.zone = zone
        }

        /// Every column the time is read from.
        public var columns: [String] { compose ?? [column, sent, received].compactMap { $0 } }
    }

    /// How rows are written.
    public var format = Format.auto
    /// Between fields; found from the first block when nil.
    public var delimiter: String?
    /// Around fields; empty for none; found from the first block when nil.
    public var quote: String?
    /// Before a character that is data; a doubled quote when nil.
    public var escape: String?
    /// Whether the first row names the columns; found from the first block when nil.
    public var header: Bool?
    /// The names of the columns, in order, where the file does not say.
    public var columns: [String]?
    /// How characters are written.
    public var encoding = Encoding.utf8
    /// Who: a cookie, device or account. Without one the session stands for the visitor.
    public var visitor: Columns?
    /// What tells visitors apart together with ``visitor``, where one column does not: the visitor's id is their texts with `/` between,
    /// as in a session's, and a row that lacks one names no visitor. `visitor_rest` in YAML.
    public var visitorRest: [Columns] = []
    /// The export's own session id.
    public var session: SessionKey?
    /// When. Nil for an export without times.
    public var time: Time?
    /// Where else a row may tell its time, each with its own unit: the first whose columns all have values counts, after ``time``. In YAML
    /// `time` is a list then.
    public var timeAlternatives: [Time] = []
    /// Whole numbers that order events of the same time, most important first.
    public var order: [String] = []
    /// Whether a row may lack an order number; it comes first then. Otherwise it is refused. `order_optional` in YAML.
    public var orderOptional = false
    /// Rows that are left out and counted.
    public var skip: [Skip] = []
    /// What a repeated row has in common with the first, such as the id of a message; a row that lacks one of them is compared
    /// in everything the mapping keeps, as all rows are where nothing is named here.
    public var duplicates: [Columns] = []
    /// In JSON Lines the list whose elements are the rows: columns that begin with it are members of the element (`events.type`), others of
    /// the line. Nil where each line is a row.
    public var rows: String?
    /// The columns to keep.
    public var fields: [Field] = []
    /// Rows that tell how long a page was looked at, and are no events. Nil where there are none.
    public var pings: Pings?
    /// The field that tells how long a page was looked at. Nil where none does.
    public var dwell: Dwell?
    /// Texts that stand for no value.
    public var missing: [String] = [""]

    /// A mapping that says nothing yet.
    public init() {}

    /// The column with the customer's id, in the rows where it is known; nil where none is kept.
    ///
    /// It becomes a field of its own, with the name ``customerField`` and the kind ``Kind/identity``, which nothing reads but
    /// what links sessions to customers. With a key it is replaced by digests like the visitor.
    public var customer: Columns? {
        get { fields.first { $0.kind == .identity }?.column }
        set {
            fields.removeAll { $0.kind == .identity }
            if let newValue { fields.append(Field(name: Self.customerField, columns: newValue, kind: .identity)) }
        }
    }

    /// The name of the field with the customer's id.
    public static let customerField = "customer"

    /// An empty batch with the columns this mapping gives.
    public func emptyBatch() -> EventBatch {
        EventBatch(
            fields: fields.map { $0.isNumeric ? .numbers([]) : .strings(ByteColumn()) }, orders: order.count, hasKeys: !duplicates.isEmpty)
    }
}
