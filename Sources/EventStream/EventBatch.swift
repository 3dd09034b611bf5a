/// A column of byte strings laid end to end: entry `i` is `bytes[offsets[i] ..< offsets[i + 1]]`, or missing.
///
/// Rows come and go by the hundred thousand, so text is never turned into `String` on the way from a file to a corpus.
public struct ByteColumn: Sendable {
    /// All entries, UTF-8, one after another.
    public var bytes: [UInt8] = []
    /// `count + 1` ends; the first is 0.
    public var offsets: [Int] = [0]
    /// True where the source had no value. An empty string that the mapping does not call missing is a value.
    public var isMissing: [Bool] = []

    /// An empty column.
    public init() {}

    /// Entries held.
    public var count: Int { isMissing.count }

    /// Adds one value.
    public mutating func append(_ value: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: value)
        offsets.append(bytes.count)
        isMissing.append(false)
    }

    /// Adds a missing value.
    public mutating func appendMissing() {
        offsets.append(bytes.count)
        isMissing.append(true)
    }

    /// Forgets the entries and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        isMissing.removeAll(keepingCapacity: true)
    }
}

/// One field of an ``EventBatch``: numbers where the mapping says numeric, bytes otherwise.
public enum FieldColumn: Sendable {
    /// NaN where the source had no value.
    case numbers([Double])
    /// Categorical, text, url and categorical outcomes.
    case strings(ByteColumn)
}

/// Some thousands of typed rows in the order of the export, as a reader hands them to the importer.
///
/// Columns have equal length. Identifiers are still in clear here and never leave the process in this form: the importer
/// replaces them by keyed digests when a key is given.
public struct EventBatch: Sendable {
    /// Rows held.
    public var count = 0
    /// Who: a cookie, device or account. Missing throughout for item sequences without a visitor.
    public var visitor = ByteColumn()
    /// The export's own session id, where the mapping names one.
    public var session = ByteColumn()
    /// Microseconds since 1970-01-01T00:00:00Z; `Int64.min` where the export has no time.
    public var timeMicroseconds: [Int64] = []
    /// Tie-breaking numbers beside the time, most important first: `orders[k][row]`.
    public var orders: [[Int64]] = []
    /// Where rows have keys (``ExportMapping/duplicates``) two columns with the halves of their digests, 0 twice for a row without; empty
    /// elsewhere.
    public var keys: [[Int64]] = []
    /// The mapped fields, in the order of the schema.
    public var fields: [FieldColumn] = []

    /// An empty batch for fields in this order.
    public init(fields: [FieldColumn], orders: Int, hasKeys: Bool = false) {
        self.fields = fields
        keys = hasKeys ? [[], []] : []
        self.orders = Array(repeating: [], count: orders)
    }

    /// Forgets the rows and keeps the memory.
    public mutating func removeAll() {
        count = 0
        visitor.removeAll()
        session.removeAll()
        timeMicroseconds.removeAll(keepingCapacity: true)
        for index in orders.indices { orders[index].removeAll(keepingCapacity: true) }
        for index in keys.indices { keys[index].removeAll(keepingCapacity: true) }
        for index in fields.indices {
            switch fields[index] {
            case .numbers(var values):
                fields[index] = .numbers([])  // hand the storage back uniquely referenced
                values.removeAll(keepingCapacity: true)
                fields[index] = .numbers(values)
            case .strings(var values):
                fields[index] = .strings(ByteColumn())
                values.removeAll()
                fields[index] = .strings(values)
            }
        }
    }
}

/// A reader of exported rows: fills batches until the input ends.
public protocol EventSource {
    /// The mapping in use, with everything that was left open (format, dialect, header) as it was found.
    var mapping: ExportMapping { get }
    /// True when every line is a prefix and, as its last event, the item that followed.
    var hasPairs: Bool { get }
    /// How far the reading is.
    var progress: ExportProgress { get }
    /// Appends up to some thousands of rows to an empty batch made by ``ExportMapping/emptyBatch()``; false when the input has
    /// ended and nothing was added. Refused rows go to `rejects` and are not in the batch, so a batch may be empty and true.
    mutating func read(into batch: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool
}
