/// A JSON value that keeps what a general decoder drops: the order of members, repeated names, and numbers that are none.
package enum JSONText: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number, also `NaN`, `Infinity` and `-Infinity`, which Python writes although JSON has none, so that they can be told by name.
    case number(Double)
    case text(String)
    case list([JSONText])
    case members([Member])

    /// One name and its value.
    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSONText
    }

    /// Nothing a person or a sound program writes is nested deeper.
    static let deepest = 32

    /// Reads one value that fills the text (RFC 8259); nil where it is not one.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var reading = JSONReading(bytes)
        guard let value = reading.value(depth: 0) else { return nil }
        reading.skipSpace()
        guard reading.isAtEnd else { return nil }
        self = value
    }

    /// The last member of a name; nil where there is none or this is no object.
    package subscript(name: String) -> JSONText? {
        guard case .members(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }
}

private struct JSONReading {
    let bytes: ArraySlice<UInt8>
    var place: Int

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, place) = (bytes, bytes.startIndex) }

    var isAtEnd: Bool { place == bytes.endIndex }
    var next: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        place += 1
        return true
    }

    mutating func take(_ word: StaticString) -> Bool {
        let end = place + word.utf8CodeUnitCount
        guard end <= bytes.endIndex else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[place + offset] != word.utf8Start[offset] { return false }
        place = end
        return true
    }

    mutating func value(depth: Int) -> JSONText? {
        guard depth < JSONText.deepest else { return nil }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return list(depth)
        case UInt8(ascii: "\""): return text().map { .text($0) }
        case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return take("null") ? .null : nil
        case UInt8(ascii: "N"): return take("NaN") ? .number(.nan) : nil
        case UInt8(ascii: "I"): return take("Infinity") ? .number(.infinity) : nil
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> JSONText? {
        place += 1
        var members: [JSONText.Member] = []
        if take(UInt8(ascii: "}")) { return .members([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\""), let name = text(), take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else {
                return nil
            }
            members.append(JSONText.Member(name: name, value: value))
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .members(members) : nil
    }

    private mutating func list(_ depth: Int) -> JSONText? {
        place += 1
        var items: [JSONText] = []
        if take(UInt8(ascii: "]")) { return .list([]) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            items.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .list(items) : nil
    }

    private mutating func number() -> JSONText? {
        if take("-Infinity") { return .number(-.infinity) }
        let start = place
        if next == UInt8(ascii: "-") { place += 1 }
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else { return nil }
        if next == UInt8(ascii: ".") {
            place += 1
            guard digits() > 0 else { return nil }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            place += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
            guard digits() > 0 else { return nil }
        }
        return Double(String(decoding: bytes[start..<place], as: UTF8.self)).map { .number($0) }
    }

    private mutating func digits() -> Int {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func text() -> String? {
        place += 1
        var result: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: result, as: UTF8.self)
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let escaped = next else { return nil }
                place += 1
                switch escaped {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escaped)
                case UInt8(ascii: "b"): result.append(0x08)
                case UInt8(ascii: "f"): result.append(0x0C)
                case UInt8(ascii: "n"): result.append(0x0A)
                case UInt8(ascii: "r"): result.append(0x0D)
                case UInt8(ascii: "t"): result.append(0x09)
                case UInt8(ascii: "u"):
                    guard let scalar = scalar() else { return nil }
                    result.append(contentsOf: String(Character(scalar)).utf8)
                default: return nil
                }
            default: result.append(byte)
            }
        }
        return nil
    }

    private mutating func unit() -> UInt32? {
        guard place + 4 <= bytes.endIndex else { return nil }
        var value: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        place += 4
        return value
    }

    /// One scalar from one escape, or from a pair of surrogates.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let high = unit() else { return nil }
        guard (0xD800...0xDBFF).contains(high) else { return Unicode.Scalar(high) }
        guard take("\\u"), let low = unit(), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }
}
