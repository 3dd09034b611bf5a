/// Sessions of typed events in columns, wherever they come from: an imported corpus, or a handful of events in memory.
///
/// Pointers stay valid as long as the table lives. The sessions of a ``SessionWindow`` follow one another, and its dictionaries grow: what is
/// bound to one asks for counts when it reads, and takes new entries before it does.
public protocol EventTable: AnyObject, Sendable {
    /// Sessions (S).
    var sessionCount: Int { get }
    /// Events (E).
    var eventCount: Int { get }
    /// The fields, in the order of the schema.
    var fields: [TableField] { get }
    /// False when the events have no time.
    var hasTime: Bool { get }
    /// The events of a session.
    func events(ofSession session: Int) -> Range<Int>
    /// Whose session it is.
    func visitor(ofSession session: Int) -> Int
    /// The name the user knows a session by.
    func sessionKey(_ session: Int) -> String
    /// Codes of a categorical, text or url field: 0 missing, k the dictionary's entry k − 1. `[E]`.
    func codes(_ field: String) -> UnsafePointer<Int32>?
    /// Values of a numeric field, NaN where missing. `[E]`.
    func numbers(_ field: String) -> UnsafePointer<Double>?
    /// Entries of a field's dictionary.
    func dictionaryCount(_ field: String) -> Int
    /// Calls `body` with the UTF-8 bytes of one entry.
    func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result
    /// Microseconds since 1970, `Int64.min` for none. `[E]`.
    var times: UnsafePointer<Int64> { get }
    /// Seconds since the previous event, NaN for none. `[E]`.
    var gaps: UnsafePointer<Float> { get }
    /// Seconds to the next event, NaN for none. `[E]`.
    var dwells: UnsafePointer<Float> { get }
    /// Hour of the day, 255 for none. `[E]`.
    var hours: UnsafePointer<UInt8> { get }
    /// Day of the week, 0 for Monday, 255 for none. `[E]`.
    var weekdays: UnsafePointer<UInt8> { get }
}

/// One field of an ``EventTable``.
public struct TableField: Sendable, Hashable, Codable {
    /// What its values are.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// One of a list of values.
        case categorical
        /// A number.
        case numeric
        /// Words.
        case text
        /// An address.
        case url
        /// What happened later; never an input.
        case outcome
    }

    /// Its name in the mapping.
    public let name: String
    /// What its values are.
    public let kind: Kind
    /// What stands between the values of a text that holds several; nil for words.
    public let separator: String?

    /// A field.
    public init(name: String, kind: Kind, separator: String? = nil) {
        self.name = name
        self.kind = kind
        self.separator = separator
    }
}
