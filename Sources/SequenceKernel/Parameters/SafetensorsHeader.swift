/// How the numbers of a tensor are stored: safetensors' own names.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
    /// IEEE double.
    case float64 = "F64"
    /// IEEE single.
    case float32 = "F32"
    /// IEEE half.
    case float16 = "F16"
    /// The upper half of a single.
    case bfloat16 = "BF16"
    /// Signed integers.
    case int64 = "I64"
    /// Signed integers.
    case int32 = "I32"
    /// Signed integers.
    case int16 = "I16"
    /// Signed integers.
    case int8 = "I8"
    /// Bytes.
    case uint8 = "U8"
    /// One byte each, 0 or 1.
    case bool = "BOOL"

    /// Bytes of one number.
    public var byteCount: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}

/// One tensor's place in a file.
public struct TensorEntry: Sendable, Hashable {
    /// Full name.
    public let name: String
    /// How its numbers are stored.
    public let type: TensorType
    /// Sizes, outermost first; empty for a single number.
    public let shape: [Int]
    /// Its bytes, counted from the end of the header.
    public let bytes: Range<Int>

    /// Numbers in it.
    public var count: Int { shape.reduce(1, *) }
}

/// Reads a safetensors header, trusting nothing in it: a parser of exactly the JSON that the format prescribes.
///
/// `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …, "__metadata__": {"key": "value"}}`
struct SafetensorsHeader {
    static let longest = 100_000_000

    private(set) var entries: [TensorEntry] = []
    private(set) var metadata: [String: String] = [:]
    private let text: UnsafeRawBufferPointer
    private var position = 0

    /// Parses `text` and checks that the tensors fill exactly `dataBytes` bytes.
    init(_ text: UnsafeRawBufferPointer, dataBytes: Int) throws(SafetensorsError) {
        self.text = text
        var names = Set<String>()
        var hasMetadata = false
        try expect("{", "an object")
        var first = true
        while try another(&first, "}") {
            let name = try string()
            try expect(":", "a colon")
            if name == "__metadata__" {
                guard !hasMetadata else { throw .duplicate(tensor: name) }
                hasMetadata = true
                try readMetadata()
            } else {
                guard names.insert(name).inserted else { throw .duplicate(tensor: name) }
                entries.append(try entry(name))
            }
        }
        skipSpace()
        guard position == text.count else { throw malformed("nothing after the object") }
        entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name) }
        var end = 0
        for entry in entries {
            guard entry.bytes.lowerBound == end else {
                throw .notContiguous(tensor: entry.name, offset: entry.bytes.lowerBound, expected: end)
            }
            end = entry.bytes.upperBound
        }
        guard end == dataBytes else { throw .truncated(expectedBytes: 8 + text.count + end, foundBytes: 8 + text.count + dataBytes) }
    }

    private mutating func readMetadata() throws(SafetensorsError) {
        try expect("{", "an object of strings")
        var first = true
        while try another(&first, "}") {
            let key = try string()
            try expect(":", "a colon")
            metadata[key] = try string()
        }
    }

    private mutating func entry(_ name: String) throws(SafetensorsError) -> TensorEntry {
        var type: TensorType?
        var shape: [Int]?
        var range: [Int]?
        try expect("{", "an object with dtype, shape and data_offsets")
        var first = true
        while try another(&first, "}") {
            let key = try string()
            try expect(":", "a colon")
            switch key {
            case "dtype" where type == nil:
                let word = try string()
                guard let known = TensorType(rawValue: word) else { throw .unknownType(tensor: name, type: word) }
                type = known
            case "shape" where shape == nil: shape = try integers()
            case "data_offsets" where range == nil: range = try integers()
            default: throw malformed("dtype, shape and data_offsets once each")
            }
        }
        guard let type, let shape, let range, range.count == 2 else { throw malformed("dtype, shape and two data_offsets") }
        guard range[0] <= range[1] else { throw malformed("data_offsets in order") }
        var bytes = type.byteCount
        for size in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
            if overflow { throw .sizeMismatch(tensor: name, shape: shape, bytes: range[1] - range[0]) }
            bytes = product
        }
        guard bytes == range[1] - range[0] else { throw .sizeMismatch(tensor: name, shape: shape, bytes: range[1] - range[0]) }
        return TensorEntry(name: name, type: type, shape: shape, bytes: range[0]..<range[1])
    }

    // MARK: JSON

    private func malformed(_ expected: String) -> SafetensorsError { .malformedHeader(offset: 8 + position, expected: expected) }

    private mutating func skipSpace() {
        while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
    }

    private mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(SafetensorsError) {
        skipSpace()
        guard position < text.count, text[position] == UInt8(ascii: character) else { throw malformed(what) }
        position += 1
    }

    /// Whether another member follows; consumes the comma or the closing bracket.
    private mutating func another(_ first: inout Bool, _ close: Unicode.Scalar) throws(SafetensorsError) -> Bool {
        skipSpace()
        if position < text.count, text[position] == UInt8(ascii: close) {
            position += 1
            return false
        }
        if !first { try expect(",", "a comma or \(close)") }
        first = false
        return true
    }

    private mutating func integers() throws(SafetensorsError) -> [Int] {
        var result: [Int] = []
        try expect("[", "a list of whole numbers")
        var first = true
        while try another(&first, "]") {
            guard result.count < 64 else { throw malformed("at most 64 dimensions") }
            result.append(try integer())
        }
        return result
    }

    private mutating func integer() throws(SafetensorsError) -> Int {
        skipSpace()
        let begin = position
        var value = 0
        while position < text.count, case let digit = text[position] &- 0x30, digit < 10 {
            let (tens, overflow1) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = tens.addingReportingOverflow(Int(digit))
            if overflow1 || overflow2 { throw malformed("a number below 2^63") }
            value = sum
            position += 1
        }
        guard position > begin, position == begin + 1 || text[begin] != 0x30 else { throw malformed("a whole number") }
        return value
    }

    private mutating func string() throws(SafetensorsError) -> String {
        try expect("\"", "a string")
        var bytes: [UInt8] = []
        while true {
            guard position < text.count else { throw malformed("the end of a string") }
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else { throw malformed("valid UTF-8") }
                return string
            case UInt8(ascii: "\\"): try escape(&bytes)
            case 0..<0x20: throw malformed("no control characters in a string")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func escape(_ bytes: inout [UInt8]) throws(SafetensorsError) {
        guard position < text.count else { throw malformed("an escape") }
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(8)
        case UInt8(ascii: "f"): bytes.append(12)
        case UInt8(ascii: "n"): bytes.append(10)
        case UInt8(ascii: "r"): bytes.append(13)
        case UInt8(ascii: "t"): bytes.append(9)
        case UInt8(ascii: "u"):
            var code = try fourDigits()
            if (0xD800..<0xDC00).contains(code) {
                guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u") else {
                    throw malformed("the second half of a surrogate pair")
                }
                position += 2
                let low = try fourDigits()
                guard (0xDC00..<0xE000).contains(low) else { throw malformed("the second half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw malformed("a Unicode scalar") }
            bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw malformed("a known escape")
        }
    }

    private mutating func fourDigits() throws(SafetensorsError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < text.count, let digit = Character(Unicode.Scalar(text[position])).hexDigitValue, text[position] < 128 else {
                throw malformed("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
