/// Reads one JSON text strictly (RFC 8259), value by value, without building anything that was not asked for.
///
/// Every text is checked to be UTF-8, every number to be one; depth and lengths are bounded. A fault names the place within the text
/// (`events[3].page`), never the value there: values may be personal.
package struct JSONReader {
    /// What a value is, by its first byte.
    package enum Kind { case object, array, text, number, boolean, null }

    /// An object or array that is being read.
    private struct Frame {
        let isObject: Bool
        var count = 0
        var name = ""
    }

    /// Most objects and arrays within each other.
    package static let mostDepth = 32
    /// Longest name of a member, bytes.
    package static let longestName = 512

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place: Int
    private let end: Int
    private var frames: [Frame] = []

    /// The text must outlive the reader.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>? = nil) {
        self.bytes = bytes
        (place, end) = (range?.lowerBound ?? 0, range?.upperBound ?? bytes.count)
        frames.reserveCapacity(8)
    }

    // MARK: Faults

    /// Where the reader stands: names and numbers of elements.
    package var path: String {
        var path = ""
        for frame in frames {
            if frame.isObject {
                path += (path.isEmpty || frame.name.isEmpty ? "" : ".") + frame.name
            } else {
                path += "[\(max(0, frame.count - 1))]"
            }
        }
        return path
    }

    /// A fault at the value that is being read.
    package func fault(_ code: RequestFault.Code, _ reason: String, remedy: String) -> RequestFault {
        RequestFault(code, at: path, reason, remedy: remedy)
    }

    private func malformed(_ reason: String) -> RequestFault {
        RequestFault(.badRequest, at: path, "\(reason) (byte \(place))", remedy: "send well-formed JSON in UTF-8")
    }

    private func wrong(_ expected: String) -> RequestFault {
        fault(.unprocessable, "it must be \(expected)", remedy: "send \(expected); /openapi.json has the whole form")
    }

    // MARK: Values

    /// What comes next.
    package mutating func kind() throws(RequestFault) -> Kind {
        skipSpace()
        guard place < end else { throw malformed("the text ends too early") }
        switch bytes[place] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .text
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw malformed("no value begins here")
        }
    }

    /// Enters an object; read its members by ``nextName()``.
    package mutating func beginObject() throws(RequestFault) {
        guard try kind() == .object else { throw wrong("an object") }
        try begin(isObject: true)
    }

    /// Enters an array; read its elements while ``nextElement()`` says so.
    package mutating func beginArray() throws(RequestFault) {
        guard try kind() == .array else { throw wrong("an array") }
        try begin(isObject: false)
    }

    private mutating func begin(isObject: Bool) throws(RequestFault) {
        guard frames.count < Self.mostDepth else { throw malformed("more than \(Self.mostDepth) objects and arrays within each other") }
        place += 1
        frames.append(Frame(isObject: isObject))
    }

    /// The name of the next member, whose value must be read before the one after it; nil behind the last, and the object is left.
    package mutating func nextName() throws(RequestFault) -> String? {
        guard try next(closing: UInt8(ascii: "}")) else { return nil }
        guard place < end, bytes[place] == UInt8(ascii: "\"") else { throw malformed("a member has no name") }
        frames[frames.count - 1].name = ""
        let name = try scanText(limit: Self.longestName)
        frames[frames.count - 1].name = name
        skipSpace()
        guard place < end, bytes[place] == UInt8(ascii: ":") else { throw malformed("a colon is missing") }
        place += 1
        return name
    }

    /// Whether there is another element, which must be read before the one after it; false behind the last, and the array is left.
    package mutating func nextElement() throws(RequestFault) -> Bool { try next(closing: UInt8(ascii: "]")) }

    private mutating func next(closing: UInt8) throws(RequestFault) -> Bool {
        skipSpace()
        guard place < end else { throw malformed("the text ends too early") }
        if bytes[place] == closing {
            place += 1
            frames.removeLast()
            return false
        }
        if frames[frames.count - 1].count > 0 {
            guard bytes[place] == UInt8(ascii: ",") else { throw malformed("a comma is missing") }
            place += 1
            skipSpace()
            guard place < end, bytes[place] != closing else { throw malformed("nothing follows the comma") }
        }
        frames[frames.count - 1].count += 1
        return true
    }

    /// A text of at most so many bytes.
    package mutating func text(limit: Int) throws(RequestFault) -> String {
        guard try kind() == .text else { throw wrong("a text") }
        return try scanText(limit: limit)
    }

    /// A text, or nil for null.
    package mutating func textOrNull(limit: Int) throws(RequestFault) -> String? {
        switch try kind() {
        case .null:
            try null()
            return nil
        case .text: return try scanText(limit: limit)
        default: throw wrong("a text or null")
        }
    }

    /// A finite number.
    package mutating func number() throws(RequestFault) -> Double {
        guard try kind() == .number else { throw wrong("a number") }
        let range = try scanNumber()
        // At most a few hundred digits: strtod's worst case is bounded by the limit in scanNumber.
        guard let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite else {
            throw fault(.unprocessable, "the number is beyond 64-bit floats", remedy: "send a smaller one, or null")
        }
        return value
    }

    /// A number as it was written.
    package mutating func digits() throws(RequestFault) -> String {
        guard try kind() == .number else { throw wrong("a number") }
        return String(decoding: bytes[try scanNumber()], as: UTF8.self)
    }

    /// A finite number, or nil for null.
    package mutating func numberOrNull() throws(RequestFault) -> Double? {
        switch try kind() {
        case .null:
            try null()
            return nil
        case .number: return try number()
        default: throw wrong("a number or null")
        }
    }

    /// A whole number within a range, written without fraction or exponent.
    package mutating func integer(_ range: ClosedRange<Int64>) throws(RequestFault) -> Int64 {
        guard try kind() == .number else { throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)") }
        let digits = try scanNumber()
        guard let value = Int64(String(decoding: bytes[digits], as: UTF8.self)), range.contains(value) else {
            throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// True or false.
    package mutating func boolean() throws(RequestFault) -> Bool {
        guard try kind() == .boolean else { throw wrong("true or false") }
        let value = bytes[place] == UInt8(ascii: "t")
        try word(value ? "true" : "false")
        return value
    }

    /// Passes a null by.
    package mutating func null() throws(RequestFault) { try word("null") }

    /// The bytes of the next value, whatever it is; it is checked like any other.
    package mutating func raw() throws(RequestFault) -> Range<Int> {
        skipSpace()
        let start = place
        try skip()
        return start..<place
    }

    /// Passes a value by, checking it.
    package mutating func skip() throws(RequestFault) {
        switch try kind() {
        case .object:
            try beginObject()
            while try nextName() != nil { try skip() }
        case .array:
            try beginArray()
            while try nextElement() { try skip() }
        case .text: _ = try scanText(limit: .max)
        case .number: _ = try scanNumber()
        case .boolean: _ = try boolean()
        case .null: try null()
        }
    }

    /// Checks that nothing but blanks follows.
    package mutating func finish() throws(RequestFault) {
        skipSpace()
        guard place == end else { throw malformed("something follows the value") }
    }

    // MARK: Bytes

    private mutating func skipSpace() {
        while place < end {
            let byte = bytes[place]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            place += 1
        }
    }

    private mutating func word(_ word: StaticString) throws(RequestFault) {
        let count = word.utf8CodeUnitCount
        guard end - place >= count, (0..<count).allSatisfy({ bytes[place + $0] == word.utf8Start[$0] }) else {
            throw malformed("no value begins here")
        }
        place += count
        // `truex` is no word.
        if place < end, bytes[place] >= UInt8(ascii: "a"), bytes[place] <= UInt8(ascii: "z") { throw malformed("no value begins here") }
    }

    /// The digits of a number, checked by its grammar.
    private mutating func scanNumber() throws(RequestFault) -> Range<Int> {
        let start = place
        func isDigit(_ place: Int) -> Bool { place < end && bytes[place] >= 0x30 && bytes[place] <= 0x39 }
        func pastDigits(_ start: Int) throws(RequestFault) -> Int {
            var place = start
            while isDigit(place) { place += 1 }
            guard place > start else { throw malformed("a number lacks digits") }
            return place
        }
        var own = place
        if bytes[own] == UInt8(ascii: "-") { own += 1 }
        let whole = own
        own = try pastDigits(own)
        guard bytes[whole] != 0x30 || own == whole + 1 else { throw malformed("a number begins with 0") }
        if own < end, bytes[own] == UInt8(ascii: ".") { own = try pastDigits(own + 1) }
        if own < end, bytes[own] == UInt8(ascii: "e") || bytes[own] == UInt8(ascii: "E") {
            own += 1
            if own < end, bytes[own] == UInt8(ascii: "+") || bytes[own] == UInt8(ascii: "-") { own += 1 }
            own = try pastDigits(own)
        }
        guard own - start <= 400 else { throw malformed("a number of more than 400 digits") }
        place = own
        return start..<own
    }

    /// A text from its first quotation mark on.
    private mutating func scanText(limit: Int) throws(RequestFault) -> String {
        let start = place + 1
        var own = start
        // Most texts hold neither escapes nor bytes beyond ASCII: found in one pass.
        var isPlain = true
        var hasEscapes = false
        while true {
            guard own < end else { throw malformed("a text does not end") }
            let byte = bytes[own]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else {
                place = own
                throw malformed("a control character within a text")
            }
            if byte == UInt8(ascii: "\\") {
                (isPlain, hasEscapes) = (false, true)
                own += 1
                guard own < end else { throw malformed("a text does not end") }
            } else if byte >= 0x80 {
                isPlain = false
            }
            own += 1
        }
        let raw = UnsafeBufferPointer(rebasing: bytes[start..<own])
        // An escape of six bytes stands for at least one.
        guard raw.count <= limit || (hasEscapes && raw.count / 6 <= limit) else { throw tooLong(limit) }
        place = own + 1
        if isPlain { return String(unsafeUninitializedCapacity: raw.count) { $0.initialize(fromContentsOf: raw) } }
        guard hasEscapes else {
            guard let text = String(validating: raw, as: UTF8.self) else { throw malformed("a text is not UTF-8") }
            return text
        }
        let text = try unescaped(raw)
        guard text.utf8.count <= limit else { throw tooLong(limit) }
        return text
    }

    private func tooLong(_ limit: Int) -> RequestFault {
        fault(.unprocessable, "the text has more than \(limit) bytes", remedy: "shorten it; /v1/schema tells the limits")
    }

    private func unescaped(_ raw: UnsafeBufferPointer<UInt8>) throws(RequestFault) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        func hex(_ start: Int) throws(RequestFault) -> UInt32 {
            guard start + 4 <= raw.count else { throw malformed("an escape lacks digits") }
            var value: UInt32 = 0
            for byte in raw[start..<(start + 4)] {
                guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                    throw malformed("an escape lacks digits")
                }
                value = value << 4 | UInt32(digit)
            }
            return value
        }
        var own = 0
        while own < raw.count {
            let byte = raw[own]
            own += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            let escape = raw[own]
            own += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var value = try hex(own)
                own += 4
                if value & 0xFC00 == 0xD800 {
                    guard own + 6 <= raw.count, raw[own] == UInt8(ascii: "\\"), raw[own + 1] == UInt8(ascii: "u") else {
                        throw malformed("half a surrogate pair")
                    }
                    let low = try hex(own + 2)
                    guard low & 0xFC00 == 0xDC00 else { throw malformed("half a surrogate pair") }
                    value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
                    own += 6
                }
                guard let scalar = Unicode.Scalar(value) else { throw malformed("half a surrogate pair") }
                result += UTF8.encode(scalar)!
            default: throw malformed("an unknown escape")
            }
        }
        guard let text = String(validating: result, as: UTF8.self) else { throw malformed("a text is not UTF-8") }
        return text
    }
}
