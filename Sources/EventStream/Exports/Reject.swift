/// Why a row was refused. The raw value is the key under which it is counted in files and in JSON.
public enum RejectReason: String, Sendable, Codable, CaseIterable {
    /// Fewer fields than columns.
    case tooFewFields = "too_few_fields"
    /// More fields than columns.
    case tooManyFields = "too_many_fields"
    /// Text between a closing quote and the next delimiter.
    case badQuoting = "bad_quoting"
    /// A quote that is never closed.
    case unclosedQuote = "unclosed_quote"
    /// A zero byte in the row.
    case nulByte = "nul_byte"
    /// Bytes that are not text in the declared encoding.
    case invalidText = "invalid_text"
    /// A row longer than the limit.
    case lineTooLong = "line_too_long"
    /// A line that is not one JSON object.
    case badJSON = "bad_json"
    /// JSON nested deeper than the limit.
    case nestedTooDeep = "nested_too_deep"
    /// No time in a row of an export that has times.
    case missingTime = "missing_time"
    /// A time that cannot be read in the form the mapping gives.
    case badTime = "bad_time"
    /// A local time, and neither the row nor the mapping names its zone.
    case localTime = "local_time"
    /// A time before 1970 or after 2262.
    case timeOutOfRange = "time_out_of_range"
    /// Not a number where the mapping says numeric.
    case badNumber = "bad_number"
    /// Not a whole number in an order column.
    case badOrder = "bad_order"
    /// Neither visitor nor session.
    case missingIdentity = "missing_identity"
    /// An item sequence with an empty item.
    case emptyItem = "empty_item"
    /// A line without target in a file of prefix and target pairs, or with more than one.
    case badPair = "bad_pair"
}

/// One refused row: where it stands, why it was refused and what was expected. Never its content.
public struct Reject: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why.
    public var reason: RejectReason
    /// The file as it was named by the caller.
    public var file: String
    /// Physical line on which the row starts, from 1.
    public var line: Int
    /// Number of the offending column, from 1, where one column is to blame.
    public var column: Int?
    /// Where the row starts: bytes from the beginning of the text, after decompression and conversion to UTF-8.
    public var byteOffset: Int
    /// What was expected, and where in the mapping it is said.
    public var hint: String

    /// A refused row with all its parts.
    public init(_ reason: RejectReason, file: String, line: Int, column: Int? = nil, byteOffset: Int, hint: String) {
        self.reason = reason
        self.file = file
        self.line = line
        self.column = column
        self.byteOffset = byteOffset
        self.hint = hint
    }

    /// `file:line:column: reason (byte offset): hint`.
    public var description: String {
        "\(file):\(line)\(column.map { ":\($0)" } ?? ""): \(reason.rawValue) (byte \(byteOffset)): \(hint)"
    }
}
