/// Reads one JSON text strictly (RFC 8259), value by value, without building anything that was not asked for.
///
/// Every text is checked to be UTF-8, every number to be one; depth and lengths are bounded. A fault names the place within the text
/// (`events[3].page`), never the value there: values may be personal.
package struct JSONReader {
    /// What a value is, by its first byte.
    package enum Kind { case object, array, text, number, boolean, null }

    /// An object or array that is being read.
    struct Frame {
        let isObject: Bool
        var count = 0
        /// Where the bytes of the last member's name stand.
        var name = 0..<0
    }

    /// What stands where a member may stand.
    package enum Member<Value> {
        /// A member that stands for this.
        case known(Value)
        /// A member of another name.
        case unknown
        /// The end of the object, which is left.
        case end
    }

    /// Most objects and arrays within each other.
    package static let mostDepth = 32
    /// Longest name of a member, bytes.
    package static let longestName = 512

    let bytes: UnsafeBufferPointer<UInt8>
    var place: Int
    let end: Int
    /// The object or array that is being read, and those around it; an outermost one that nothing stands in is around all.
    private var frame = Frame(isObject: false)
    private var around: [Frame] = []

    /// The text must outlive the reader.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>? = nil) {
        self.bytes = bytes
        (place, end) = (range?.lowerBound ?? 0, range?.upperBound ?? bytes.count)
        around.reserveCapacity(8)
    }

    // MARK: Faults

    /// Where the reader stands: names and numbers of elements.
    package var path: String {
        var path = ""
        for frame in around.dropFirst() + (around.isEmpty ? [] : [frame]) {
            if frame.isObject {
                path += (path.isEmpty || frame.name.isEmpty ? "" : ".") + String(decoding: bytes[frame.name], as: UTF8.self)
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

    func malformed(_ reason: String) -> RequestFault {
        RequestFault(.badRequest, at: path, "\(reason) (byte \(place))", remedy: "send well-formed JSON in UTF-8")
    }

    func wrong(_ expected: String) -> RequestFault {
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
        guard around.count < Self.mostDepth else { throw malformed("more than \(Self.mostDepth) objects and arrays within each other") }
        place += 1
        around.append(frame)
        frame = Frame(isObject: isObject)
    }

    /// The name of the next member, whose value must be read before the one after it; nil behind the last, and the object is left.
    package mutating func nextName() throws(RequestFault) -> String? {
        guard let scan = try nextMemberScan() else { return nil }
        let name = try text(scan, limit: Self.longestName)
        try beginValue(of: scan)
        return name
    }

    /// The next member by its name, whose value must be read before the one after it.
    package mutating func nextMember<Value>(_ names: MemberNames<Value>.Table) throws(RequestFault) -> Member<Value> {
        guard let scan = try nextMemberScan() else { return .end }
        let value: Value?
        if scan.hasEscapes {
            var name = try text(scan, limit: Self.longestName)
            value = name.withUTF8 { names.value(of: $0) }
        } else {
            value = names.value(of: UnsafeBufferPointer(rebasing: bytes[scan.range]))
            // A known name is UTF-8, as every byte of it is that of a name that is.
            if value == nil { _ = try text(scan, limit: Self.longestName) }
        }
        try beginValue(of: scan)
        return value.map { .known($0) } ?? .unknown
    }

    private mutating func nextMemberScan() throws(RequestFault) -> TextScan? {
        guard try next(closing: UInt8(ascii: "}")) else { return nil }
        guard place < end, bytes[place] == UInt8(ascii: "\"") else { throw malformed("a member has no name") }
        frame.name = 0..<0
        return try scanText()
    }

    private mutating func beginValue(of scan: TextScan) throws(RequestFault) {
        frame.name = scan.range
        skipSpace()
        guard place < end, bytes[place] == UInt8(ascii: ":") else { throw malformed("a colon is missing") }
        place += 1
    }

    /// Whether there is another element, which must be read before the one after it; false behind the last, and the array is left.
    package mutating func nextElement() throws(RequestFault) -> Bool { try next(closing: UInt8(ascii: "]")) }

    private mutating func next(closing: UInt8) throws(RequestFault) -> Bool {
        skipSpace()
        guard place < end else { throw malformed("the text ends too early") }
        if bytes[place] == closing {
            place += 1
            frame = around.removeLast()
            return false
        }
        if frame.count > 0 {
            guard bytes[place] == UInt8(ascii: ",") else { throw malformed("a comma is missing") }
            place += 1
            skipSpace()
            guard place < end, bytes[place] != closing else { throw malformed("nothing follows the comma") }
        }
        frame.count += 1
        return true
    }

    /// A text of at most so many bytes.
    package mutating func text(limit: Int) throws(RequestFault) -> String {
        guard try kind() == .text else { throw wrong("a text") }
        return try scannedText(limit: limit)
    }

    /// A text, or nil for null.
    package mutating func textOrNull(limit: Int) throws(RequestFault) -> String? {
        switch try kind() {
        case .null:
            try null()
            return nil
        case .text: return try scannedText(limit: limit)
        default: throw wrong("a text or null")
        }
    }

    /// A finite number.
    package mutating func number() throws(RequestFault) -> Double {
        guard try kind() == .number else { throw wrong("a number") }
        let range = try scanNumber()
        if let value = shortDecimal(range) { return value }
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
        guard let value = shortInteger(digits) ?? Int64(String(decoding: bytes[digits], as: UTF8.self)), range.contains(value) else {
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
        case .text: _ = try scannedText(limit: .max)
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
}
