/// The type of a column, as the Arrow C data interface writes it.
public enum ArrowType: Sendable, Equatable {
    /// Units of timestamps.
    public enum TimeUnit: Character, Sendable, CaseIterable {
        /// Seconds.
        case seconds = "s"
        /// Milliseconds.
        case milliseconds = "m"
        /// Microseconds.
        case microseconds = "u"
        /// Nanoseconds.
        case nanoseconds = "n"

        /// Units in a second.
        public var perSecond: Int64 {
            switch self {
            case .seconds: 1
            case .milliseconds: 1_000
            case .microseconds: 1_000_000
            case .nanoseconds: 1_000_000_000
            }
        }
    }

    /// Nothing but nulls.
    case null
    /// Bits.
    case boolean
    /// Whole numbers of so many bytes (1, 2, 4, 8).
    case integer(bytes: Int, signed: Bool)
    /// IEEE 754 numbers of so many bytes (2, 4, 8).
    case float(bytes: Int)
    /// 128-bit decimals: a whole number times 10 to the power of minus `scale`.
    case decimal(precision: Int, scale: Int)
    /// Text with 32-bit offsets.
    case utf8
    /// Text with 64-bit offsets.
    case largeUTF8
    /// Text as views.
    case utf8View
    /// Days since 1970, 32 bits.
    case date32
    /// Milliseconds since 1970 on whole days, 64 bits.
    case date64
    /// Time since 1970; local to nowhere when the zone is empty.
    case timestamp(TimeUnit, zone: String)
    /// Lists with 32-bit offsets; one child.
    case list
    /// Lists with 64-bit offsets; one child.
    case largeList
    /// Lists of equally many elements; one child.
    case fixedSizeList(Int)
    /// One value of each child.
    case structure
    /// A list of entries with key and value; laid out like ``list``.
    case map
    /// Anything else, by its format string.
    case unsupported(String)

    /// Reads a format string.
    public init(format: String) {
        switch format {
        case "n": self = .null
        case "b": self = .boolean
        case "c", "s", "i", "l": self = .integer(bytes: ["c": 1, "s": 2, "i": 4, "l": 8][format]!, signed: true)
        case "C", "S", "I", "L": self = .integer(bytes: ["C": 1, "S": 2, "I": 4, "L": 8][format]!, signed: false)
        case "e": self = .float(bytes: 2)
        case "f": self = .float(bytes: 4)
        case "g": self = .float(bytes: 8)
        case "u": self = .utf8
        case "U": self = .largeUTF8
        case "vu": self = .utf8View
        case "tdD": self = .date32
        case "tdm": self = .date64
        case "+l": self = .list
        case "+L": self = .largeList
        case "+s": self = .structure
        case "+m": self = .map
        default: self = Self.parametric(format) ?? .unsupported(format)
        }
    }

    private static func parametric(_ format: String) -> ArrowType? {
        if format.hasPrefix("+w:"), let size = Int(format.dropFirst(3)), (0...1 << 24).contains(size) { return .fixedSizeList(size) }
        if format.hasPrefix("d:") {
            let numbers = format.dropFirst(2).split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2 || numbers == numbers.prefix(2) + [128], let precision = numbers[0], let scale = numbers[1],
                (1...38).contains(precision), (0...38).contains(scale)
            else { return nil }
            return .decimal(precision: precision, scale: scale)
        }
        let parts = format.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0].count == 3, parts[0].hasPrefix("ts"), let unit = TimeUnit(rawValue: parts[0].last!) {
            return .timestamp(unit, zone: String(parts[1]))
        }
        return nil
    }

    /// The format string.
    public var format: String {
        switch self {
        case .null: "n"
        case .boolean: "b"
        case .integer(let bytes, let signed): (signed ? [1: "c", 2: "s", 4: "i", 8: "l"] : [1: "C", 2: "S", 4: "I", 8: "L"])[bytes] ?? "?"
        case .float(let bytes): [2: "e", 4: "f", 8: "g"][bytes] ?? "?"
        case .decimal(let precision, let scale): "d:\(precision),\(scale)"
        case .utf8: "u"
        case .largeUTF8: "U"
        case .utf8View: "vu"
        case .date32: "tdD"
        case .date64: "tdm"
        case .timestamp(let unit, let zone): "ts\(unit.rawValue):\(zone)"
        case .list: "+l"
        case .largeList: "+L"
        case .fixedSizeList(let size): "+w:\(size)"
        case .structure: "+s"
        case .map: "+m"
        case .unsupported(let format): format
        }
    }

    /// Whether it is made of other columns.
    public var isNested: Bool {
        switch self {
        case .list, .largeList, .fixedSizeList, .structure, .map: true
        default: false
        }
    }

    /// Buffers of an array; nil where the number is open.
    var bufferCount: Int? {
        switch self {
        case .null: 0
        case .structure, .fixedSizeList: 1
        case .boolean, .integer, .float, .decimal, .date32, .date64, .timestamp, .list, .largeList, .map: 2
        case .utf8, .largeUTF8: 3
        case .utf8View, .unsupported: nil
        }
    }

    /// Children of a column; nil where the number is open.
    var childCount: Int? {
        switch self {
        case .list, .largeList, .fixedSizeList, .map: 1
        case .structure, .unsupported: nil
        default: 0
        }
    }
}
