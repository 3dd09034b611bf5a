/// Texts, numbers and times appended to a buffer that keeps its memory: no strings are made on the way.
package enum LogText {
    static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// A JSON string in printable ASCII alone (RFC 8259, section 7): no reader of lines, terminal or page can be led astray by it.
    static func append(quoted text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        if isPlain { return bytes.append(contentsOf: text.utf8) }
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C: bytes += [0x5C, UInt8(unit)]
            case 0x20...0x7E: bytes.append(UInt8(unit))
            default:
                append("\\u", to: &bytes)
                for shift in [12, 8, 4, 0] as [UInt16] {
                    let digit = UInt8(unit >> shift & 15)
                    bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                }
            }
        }
    }

    /// A whole number, with zeros before it up to so many digits.
    static func append(_ number: Int, digits: Int = 1, to bytes: inout [UInt8]) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = bytes.count
        var written = 0
        while rest > 0 || written < digits {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
            written += 1
        }
        bytes[start...].reverse()
    }

    /// A time as RFC 3339 writes it, in UTC with milliseconds; years 0 to 9999, others as the nearest.
    /// The calendar is that of H. Hinnant, "chrono-compatible low-level date algorithms" (civil_from_days).
    package static func append(time: Int64, to bytes: inout [UInt8]) {
        let time = Int(min(max(time, -62_167_219_200_000), 253_402_300_799_999))
        let milliseconds = (time % 86_400_000 + 86_400_000) % 86_400_000
        let days = (time - milliseconds) / 86_400_000 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        append(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), digits: 4, to: &bytes)
        append("-", to: &bytes)
        append(month, digits: 2, to: &bytes)
        append("-", to: &bytes)
        append(dayOfYear - (153 * shifted + 2) / 5 + 1, digits: 2, to: &bytes)
        append("T", to: &bytes)
        append(milliseconds / 3_600_000, digits: 2, to: &bytes)
        append(":", to: &bytes)
        append(milliseconds / 60_000 % 60, digits: 2, to: &bytes)
        append(":", to: &bytes)
        append(milliseconds / 1000 % 60, digits: 2, to: &bytes)
        append(".", to: &bytes)
        append(milliseconds % 1000, digits: 3, to: &bytes)
        append("Z", to: &bytes)
    }
}
