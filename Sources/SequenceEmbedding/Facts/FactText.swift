/// How the texts of facts fall into parts.
enum FactText {
    /// Longest text read, in bytes.
    static let limit = TextHashing.limit

    /// The distinct values of a list in the order of their first appearance; spaces around a value are not part of it, and nothing
    /// between two separators is no value.
    static func values(_ text: UnsafeRawBufferPointer, separator: String) -> [String] {
        let mark = Array(separator.utf8)
        var found: [String] = []
        var known = Set<String>()
        var start = 0
        func add(_ end: Int) {
            var range = start..<end
            while let first = range.first, text[first] == 0x20 { range = range.dropFirst() }
            while let last = range.last, text[last] == 0x20 { range = range.dropLast() }
            if range.isEmpty { return }
            let value = String(decoding: UnsafeRawBufferPointer(rebasing: text[range]), as: UTF8.self)
            if known.insert(value).inserted { found.append(value) }
        }
        var place = 0
        while place + mark.count <= text.count {
            if zip(mark, text[place..<place + mark.count]).allSatisfy({ $0 == $1 }) {
                add(place)
                place += mark.count
                start = place
            } else {
                place += 1
            }
        }
        add(text.count)
        return found
    }

    /// The distinct words of a text's first ``limit`` bytes, lower-cased, in the order of their first appearance: runs of letters, digits
    /// and marks that have two letters at least.
    static func words(_ text: UnsafeRawBufferPointer) -> [String] {
        if let plain = plainWords(text.prefix(limit)) { return plain }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: text.prefix(limit)), as: UTF8.self).lowercased()
        var found: [String] = []
        var known = Set<String>()
        var word = String.UnicodeScalarView()
        var letters = 0
        func end() {
            if letters >= 2, known.insert(String(word)).inserted { found.append(String(word)) }
            word.removeAll(keepingCapacity: true)
            letters = 0
        }
        for scalar in text.unicodeScalars {
            if isLetter(scalar) {
                letters += 1
                word.append(scalar)
            } else if isDigitOrMark(scalar) {
                word.append(scalar)
            } else {
                end()
            }
        }
        end()
        return found
    }

    /// The same of a text in ASCII, without going through Unicode's tables; nil for any other.
    private static func plainWords(_ text: Slice<UnsafeRawBufferPointer>) -> [String]? {
        guard text.allSatisfy({ $0 < 0x80 }) else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count + 1) { word in
            var found: [String] = []
            // Most texts have few words, which are compared faster than hashed.
            var known = Set<String>()
            var (length, letters) = (0, 0)
            func end() {
                if letters >= 2 {
                    let own = String(decoding: word[0..<length], as: UTF8.self)
                    if found.count == 16 { known.formUnion(found) }
                    let isNew = found.count < 16 ? !found.contains(own) : known.insert(own).inserted
                    if isNew { found.append(own) }
                }
                (length, letters) = (0, 0)
            }
            for byte in text {
                let lowered = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
                if lowered >= 0x61 && lowered <= 0x7A {
                    letters += 1
                } else if !(lowered >= 0x30 && lowered <= 0x39) {
                    end()
                    continue
                }
                word[length] = lowered
                length += 1
            }
            end()
            return found
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x61 && scalar.value <= 0x7A }
        // U+FFFD stands for bytes that are no text.
        return scalar.properties.isAlphabetic && scalar.value != 0xFFFD
    }

    private static func isDigitOrMark(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x30 && scalar.value <= 0x39 }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .nonspacingMark, .spacingMark: return true
        default: return false
        }
    }
}
