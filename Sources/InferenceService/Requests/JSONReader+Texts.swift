/// Texts from their first quotation mark on.
extension JSONReader {
    /// A text that was passed by: where its bytes stand, without the quotation marks, and what there is among them.
    struct TextScan {
        let range: Range<Int>
        let isPlain: Bool
        let hasEscapes: Bool
    }

    /// A word of eight bytes of which one is a quotation mark, a backslash, a control character or beyond ASCII.
    @inline(__always)
    private static func isSpecial(_ word: UInt64) -> Bool {
        // A byte becomes 0 where it is the one that is looked for; subtracting 1 from each byte borrows into the top bit of such a byte.
        let ones: UInt64 = 0x0101_0101_0101_0101, tops: UInt64 = 0x8080_8080_8080_8080
        let quoted = word ^ (ones &* 0x22), escaped = word ^ (ones &* 0x5C)
        let found = (quoted &- ones) | (escaped &- ones) | (word &- ones &* 0x20) | word
        return found & tops != 0
    }

    /// Passes a text by, from its first quotation mark on.
    mutating func scanText() throws(RequestFault) -> TextScan {
        let start = place + 1
        var own = start
        // Most texts hold neither escapes nor bytes beyond ASCII: found in one pass.
        var isPlain = true
        var hasEscapes = false
        while true {
            while own + 8 <= end, !Self.isSpecial(UnsafeRawPointer(bytes.baseAddress! + own).loadUnaligned(as: UInt64.self)) { own += 8 }
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
        place = own + 1
        return TextScan(range: start..<own, isPlain: isPlain, hasEscapes: hasEscapes)
    }

    /// A text from its first quotation mark on.
    mutating func scannedText(limit: Int) throws(RequestFault) -> String {
        let scan = try scanText()
        return try text(scan, limit: limit)
    }

    /// The text of a scan.
    func text(_ scan: TextScan, limit: Int) throws(RequestFault) -> String {
        let (isPlain, hasEscapes) = (scan.isPlain, scan.hasEscapes)
        let raw = UnsafeBufferPointer(rebasing: bytes[scan.range])
        // An escape of six bytes stands for at least one.
        guard raw.count <= limit || (hasEscapes && raw.count / 6 <= limit) else { throw tooLong(limit) }
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
