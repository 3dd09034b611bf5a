/// Takes: a value.   Gives: what sort of personal data it seems to hold.
///
/// It looks for shapes and check digits, not for names: what it does not find may still be somebody's.
package enum PersonalData: String, CaseIterable, Sendable {
    /// `name@host.tld`, also where the sign is escaped as `%40`.
    case email = "e-mail addresses"
    /// 13 to 19 digits as cards have them, in groups or not, whose check digit is right (Luhn).
    case card = "card numbers"
    /// The same with another check digit: of numbers that only look like cards nine in ten.
    case cardLength = "numbers as long as a card's"
    /// Two letters, two digits and 11 to 30 letters and digits, whose remainder by 97 is 1 (ISO 13616).
    case iban = "account numbers (IBAN)"
    /// `+` or `00`, then 9 to 15 digits, in groups or not.
    case phone = "telephone numbers"

    /// The first sort that is found.
    package static func found(in text: UnsafeRawBufferPointer) -> PersonalData? {
        if hasEmail(text) { return .email }
        if hasIBAN(text) { return .iban }
        return hasNumber(text)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
    private static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || [0x2D, 0x2E, 0x5F, 0x2B].contains(byte) }

    private static func hasEmail(_ text: UnsafeRawBufferPointer) -> Bool {
        for place in text.indices {
            var next = place + 1
            if text[place] == 0x25, place + 2 < text.count, text[place + 1] == 0x34, text[place + 2] == 0x30 {
                next = place + 3
            } else if text[place] != 0x40 {
                continue
            }
            guard place > 0, isWord(text[place - 1]), next < text.count else { continue }
            // A host: letters and digits, a dot, and two letters at least.
            var end = next
            while end < text.count, isDigit(text[end]) || isLetter(text[end]) || text[end] == 0x2D || text[end] == 0x2E { end += 1 }
            var last = end
            while last > next, isLetter(text[last - 1]) { last -= 1 }
            if end - last >= 2, last - 1 > next, text[last - 1] == 0x2E { return true }
        }
        return false
    }

    /// Telephone and card numbers: digits with single blanks or hyphens between them, and no digit or letter beside them.
    private static func hasNumber(_ text: UnsafeRawBufferPointer) -> PersonalData? {
        var place = 0
        while place < text.count {
            guard isDigit(text[place]), place == 0 || !(isLetter(text[place - 1]) || isDigit(text[place - 1]) || text[place - 1] == 0x2E)
            else {
                place += 1
                continue
            }
            var (digits, end): ([UInt8], Int) = ([], place)
            while end < text.count, digits.count < 32 {
                if isDigit(text[end]) {
                    digits.append(text[end] - 0x30)
                    end += 1
                } else if [0x20, 0x2D].contains(text[end]), end + 1 < text.count, isDigit(text[end + 1]) {
                    end += 1
                } else {
                    break
                }
            }
            let isAlone = end == text.count || !(isLetter(text[end]) || isDigit(text[end]))
            if isAlone {
                let hasPlus = place > 0 && text[place - 1] == 0x2B
                if hasPlus ? (9...15).contains(digits.count) : digits.starts(with: [0, 0]) && (11...17).contains(digits.count) {
                    return .phone
                }
                if isCardLength(digits) { return isLuhn(digits) ? .card : .cardLength }
            }
            place = end + 1
        }
        return nil
    }

    private static func isLuhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = place % 2 == 1 ? Int(digit) * 2 : Int(digit)
            sum += value > 9 ? value - 9 : value
        }
        return sum % 10 == 0
    }

    /// Lengths and beginnings that issuers have; times in milliseconds and dates with a time have others.
    private static func isCardLength(_ digits: [UInt8]) -> Bool {
        switch digits.count {
        case 13: digits[0] == 4
        case 14: digits[0] == 3
        case 15...19: (3...6).contains(digits[0]) || (digits[0] == 2 && (2...7).contains(digits[1]))
        default: false
        }
    }

    private static func hasIBAN(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 15 else { return false }
        for place in 0...(text.count - 15) {
            guard isLetter(text[place]), isLetter(text[place + 1]), isDigit(text[place + 2]), isDigit(text[place + 3]),
                place == 0 || !(isLetter(text[place - 1]) || isDigit(text[place - 1]))
            else { continue }
            var own: [UInt8] = []
            var end = place
            // It may end at every blank: what follows may be a word.
            while end < text.count, own.count <= 34, isDigit(text[end]) || isLetter(text[end]) || text[end] == 0x20 {
                if text[end] != 0x20 { own.append(text[end]) } else if isIBAN(own) { return true }
                end += 1
            }
            if isIBAN(own) { return true }
        }
        return false
    }

    private static func isIBAN(_ text: [UInt8]) -> Bool {
        guard (15...34).contains(text.count) else { return false }
        var rest = 0
        for byte in text[4...] + text[..<4] {
            rest = isDigit(byte) ? (rest * 10 + Int(byte - 0x30)) % 97 : (rest * 100 + Int(byte & 0xDF) - 55) % 97
        }
        return rest == 1
    }

    /// The value with an x for each letter and a 9 for each digit, the first 40 bytes of it.
    package static func shape(_ text: UnsafeRawBufferPointer) -> String {
        let shown = text.prefix(40).map { byte -> UInt8 in
            isDigit(byte) ? 0x39 : isLetter(byte) || byte >= 0x80 ? 0x78 : byte < 0x20 || byte == 0x7F ? 0x20 : byte
        }
        return String(decoding: shown, as: UTF8.self) + (text.count > 40 ? "…" : "")
    }
}
