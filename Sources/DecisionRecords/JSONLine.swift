internal import FoundationEssentials

/// One line of JSON in which places are found without decoding it: one pass over the bytes, and nothing is allocated for what is passed by.
///
/// Of a line that is no JSON only what stands before the fault is seen.
struct JSONLine {
    private let bytes: UnsafeBufferPointer<UInt8>

    /// A line, which must outlive the value.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Gives the place of each value that a member of the object itself has, not one of an object within, until the body says false.
    /// - Parameter member: its name, as it reads: `"a\u0062"` in the line is `ab`.
    func values(of member: String, _ body: (Range<Int>) -> Bool) {
        var member = member
        member.withUTF8 { name in
            var place = pastSpace(0)
            guard byte(place) == UInt8(ascii: "{") else { return }
            while true {
                let start = pastSpace(place + 1)
                guard byte(start) == Self.quote, let end = pastText(start) else { return }
                let colon = pastSpace(end)
                guard byte(colon) == UInt8(ascii: ":") else { return }
                let first = pastSpace(colon + 1)
                guard let last = pastValue(first) else { return }
                if holds(start..<end, name), !body(first..<last) { return }
                place = pastSpace(last)
                guard byte(place) == UInt8(ascii: ",") else { return }
            }
        }
    }

    /// Whether a text stands anywhere as a whole, as a value or a name.
    func holds(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { text in
            var place = 0
            while place < bytes.count {
                guard bytes[place] == Self.quote else {
                    place += 1
                    continue
                }
                guard let end = pastText(place) else { return false }
                if holds(place..<end, text) { return true }
                place = end
            }
            return false
        }
    }

    /// Whether a number stands anywhere, as a value, with these digits and no others.
    func holds(number digits: String) -> Bool {
        let digits = Array(digits.utf8)
        var place = 0
        while place < bytes.count {
            if bytes[place] == Self.quote {
                guard let end = pastText(place) else { return false }
                place = end
            } else if Self.isNumeric(bytes[place]) {
                let start = place
                while place < bytes.count, Self.isNumeric(bytes[place]) { place += 1 }
                if bytes[start..<place].elementsEqual(digits) { return true }
            } else {
                place += 1
            }
        }
        return false
    }

    private static func isNumeric(_ byte: UInt8) -> Bool { "0123456789+-.eE".utf8.contains(byte) }

    /// What a place with its quotation marks reads; nil where it is no text.
    func text(_ place: Range<Int>) -> String? {
        guard place.count >= 2, bytes[place.lowerBound] == Self.quote else { return nil }
        let inner = UnsafeBufferPointer(rebasing: bytes[(place.lowerBound + 1)..<(place.upperBound - 1)])
        guard inner.contains(Self.backslash) else { return String(decoding: inner, as: UTF8.self) }
        return try? JSONDecoder().decode([String].self, from: Data([0x5B] + bytes[place] + [0x5D])).first
    }

    /// The digits of a number as they stand; nil where the place holds none.
    func number(_ place: Range<Int>) -> String? {
        guard let last = bytes[place].last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) else { return nil }
        let digits = bytes[place]
        guard digits.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), digits.first != UInt8(ascii: "+") else { return nil }
        let text = String(decoding: digits, as: UTF8.self)
        return Double(text) == nil ? nil : text
    }

    // MARK: Bytes

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// 0, which JSON has nowhere between its values, behind the end.
    private func byte(_ place: Int) -> UInt8 { place < bytes.count ? bytes[place] : 0 }

    private func pastSpace(_ start: Int) -> Int {
        var place = start
        while place < bytes.count, Self.isSpace(bytes[place]) { place += 1 }
        return place
    }

    /// Behind the text that begins here; nil where it does not end.
    private func pastText(_ start: Int) -> Int? {
        var place = start + 1
        while place < bytes.count {
            if bytes[place] == Self.quote { return place + 1 }
            place += bytes[place] == Self.backslash ? 2 : 1
        }
        return nil
    }

    /// Behind the value that begins here; nil where it does not end or there is none.
    private func pastValue(_ start: Int) -> Int? {
        var place = start
        var depth = 0
        while place < bytes.count {
            switch bytes[place] {
            case Self.quote:
                guard let end = pastText(place) else { return nil }
                place = end
                if depth == 0 { return place }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                place += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // That of the object around it ends a number or word.
                if depth == 0 { return place > start ? place : nil }
                depth -= 1
                place += 1
                if depth == 0 { return place }
            case let byte:
                if depth == 0, byte == UInt8(ascii: ",") || Self.isSpace(byte) { return place > start ? place : nil }
                place += 1
            }
        }
        return nil
    }

    /// Whether the text of this place reads so.
    private func holds(_ place: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // Escaped a text is longer, never shorter.
        guard place.count - 2 >= text.count else { return false }
        let inner = UnsafeBufferPointer(rebasing: bytes[(place.lowerBound + 1)..<(place.upperBound - 1)])
        if inner.count == text.count, inner.elementsEqual(text) { return true }
        return inner.count > text.count && inner.contains(Self.backslash) && self.text(place).map { $0.utf8.elementsEqual(text) } ?? false
    }
}
