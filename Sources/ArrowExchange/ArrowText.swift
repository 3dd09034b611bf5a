/// Bytes that grow and are used again; a value's text lies here until the next ``clear()``.
public final class ArrowText {
    // One reader owns a text and calls it from one place at a time.
    @exclusivity(unchecked) private var memory: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var capacity: Int
    /// Bytes held.
    @exclusivity(unchecked) public private(set) var count = 0

    /// Nothing yet.
    public init() {
        capacity = 64
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// The bytes; not behind the next change.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Forgets the bytes and keeps the memory.
    @inline(__always)
    public func clear() { count = 0 }

    /// Adds a byte.
    @inline(__always)
    public func append(_ byte: UInt8) {
        if count == capacity { grow(1) }
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Adds bytes.
    @inline(__always)
    public func append(_ other: UnsafeRawBufferPointer) {
        guard let base = other.baseAddress, other.count > 0 else { return }
        if count + other.count > capacity { grow(other.count) }
        (memory + count).copyMemory(from: base, byteCount: other.count)
        count += other.count
    }

    func append(_ text: StaticString) { append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }

    func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    private func grow(_ more: Int) {
        let larger = max(2 * capacity, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        (memory, capacity) = (moved, larger)
    }

    /// Adds a number in decimal digits, with zeros in front up to a width.
    func append(digits value: UInt64, width: Int = 1) {
        var value = value
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { digits in
            var place = 24
            repeat {
                place -= 1
                digits[place] = UInt8(truncatingIfNeeded: 48 + value % 10)
                value /= 10
            } while value > 0 && place > 0
            while 24 - place < min(width, 24) {
                place -= 1
                digits[place] = 48
            }
            append(UnsafeRawBufferPointer(rebasing: digits[place...]))
        }
    }

    func append(whole value: Int64) {
        if value < 0 { append(0x2D) }
        append(digits: value.magnitude)
    }

    /// The shortest text that reads back as the same number; whole ones below 2⁵³ without a point, so that an id some tool made a float is
    /// the same text as the id.
    func append(_ value: Double, isSingle: Bool) {
        if value.rounded(.towardZero) == value, abs(value) < 0x1p53 { return append(whole: Int64(value)) }
        if !isSingle, append(places: value) { return }
        append(isSingle ? "\(Float(value))" : "\(value)")
    }

    /// A number of at most four decimal places and fifteen digits, as most are; false, and nothing is written, for another. No shorter text
    /// reads back as such a number: up to fifteen digits, different texts are different doubles.
    private func append(places value: Double) -> Bool {
        let scaled = (value.magnitude * 10_000).rounded()
        guard scaled < 1e15, scaled / 10_000 == value.magnitude else { return false }
        let (whole, rest) = UInt64(scaled).quotientAndRemainder(dividingBy: 10_000)
        var (fraction, width) = (rest, 4)
        while fraction % 10 == 0, width > 1 { (fraction, width) = (fraction / 10, width - 1) }
        if value < 0 { append(0x2D) }
        append(digits: whole)
        append(0x2E)
        append(digits: fraction, width: width)
        return true
    }

    func append(_ value: Int128, scale: Int) {
        if value < 0 { append(0x2D) }
        let text = String(value.magnitude)
        let digits = String(repeating: "0", count: max(0, scale + 1 - text.count)) + text
        append(String(digits.dropLast(scale)))
        if scale > 0 { append("." + String(digits.suffix(scale))) }
    }

    /// A JSON string.
    public func append(quoted text: UnsafeRawBufferPointer) {
        append(0x22)
        for byte in text {
            switch byte {
            case 0x22, 0x5C:
                append(0x5C)
                append(byte)
            case 0..<0x20:
                append("\\u00")
                append((byte >> 4) + 48)
                append((byte & 15) + (byte & 15 < 10 ? 48 : 87))
            default: append(byte)
            }
        }
        append(0x22)
    }
}

/// How times are written as text.
public enum ArrowTimeText: Sendable, Equatable {
    /// `2026-11-21T09:30:00.250Z`, without the Z where the column names no zone.
    case iso8601
    /// Units since 1970, a fraction behind a point where there is one: so many microseconds a unit.
    case epoch(microsecondsPerUnit: Int64)
}

extension ArrowColumn {
    /// Writes the text of a value: texts as they are, numbers in decimal, truth values as `true` and `false`, dates and times by `times`,
    /// lists and structs as JSON.
    /// - Returns: false where there is no value (a float that is no number is none); then nothing was written.
    @discardableResult
    public func write(_ row: Int, to text: ArrowText, times: ArrowTimeText = .iso8601) -> Bool {
        guard !isNull(row) else { return false }
        if let words {
            guard let word = wholeNumber(row) else { return false }
            return words.write(Int(word), to: text, times: times)
        }
        switch layout {
        case .integer(8, false): text.append(digits: unsigned(row))
        case .integer: text.append(whole: wholeNumber(row) ?? 0)
        case .boolean: wholeNumber(row) == 1 ? text.append("true") : text.append("false")
        case .float(let bytes):
            guard let value = double(row), !value.isNaN else { return false }
            text.append(value, isSingle: bytes < 8)
        case .decimal(_, let scale): text.append(decimal(row), scale: scale)
        case .utf8, .largeUTF8, .utf8View: if let bytes = self.text(row) { text.append(bytes) }
        case .date32: writeTime((wholeNumber(row) ?? 0) &* 86_400, 0, digits: 0, suffix: .day, to: text, times)
        case .date64:
            let (seconds, rest) = (wholeNumber(row) ?? 0).flooredQuotient(by: 1_000)
            writeTime(seconds, rest &* 1_000_000, digits: 3, suffix: .day, to: text, times)
        case .timestamp(let unit, let zone):
            let (seconds, rest) = (wholeNumber(row) ?? 0).flooredQuotient(by: unit.perSecond)
            let nanoseconds = rest * (1_000_000_000 / unit.perSecond)
            let digits = nanoseconds == 0 ? 0 : nanoseconds % 1_000_000 == 0 ? 3 : nanoseconds % 1_000 == 0 ? 6 : 9
            writeTime(seconds, nanoseconds, digits: digits, suffix: zone.isEmpty ? .local : .universal, to: text, times)
        case .list, .largeList, .fixedSizeList, .map, .structure: writeJSON(row, to: text)
        case .null, .unsupported: return false
        }
        return true
    }

    /// Writes a value as JSON: texts, dates and times in quotes, missing values as null.
    public func writeJSON(_ row: Int, to text: ArrowText) {
        guard !isNull(row) else { return text.append("null") }
        if let words {
            guard let word = wholeNumber(row) else { return text.append("null") }
            return words.writeJSON(Int(word), to: text)
        }
        switch layout {
        case .utf8, .largeUTF8, .utf8View: self.text(row).map { text.append(quoted: $0) }
        case .date32, .date64, .timestamp:
            text.append(0x22)
            write(row, to: text)
            text.append(0x22)
        case .list, .largeList, .fixedSizeList, .map:
            text.append(0x5B)
            let elements = elements(at: row)
            for element in elements {
                if element > elements.lowerBound { text.append(0x2C) }
                children[0].writeJSON(element, to: text)
            }
            text.append(0x5D)
        case .structure:
            text.append(0x7B)
            for (index, child) in children.enumerated() {
                if index > 0 { text.append(0x2C) }
                var name = child.field.name
                name.withUTF8 { text.append(quoted: UnsafeRawBufferPointer($0)) }
                text.append(0x3A)
                child.writeJSON(row, to: text)
            }
            text.append(0x7D)
        default: if !write(row, to: text) { text.append("null") }
        }
    }

    private enum Suffix { case day, local, universal }

    private func writeTime(
        _ seconds: Int64, _ nanoseconds: Int64, digits: Int, suffix: Suffix, to text: ArrowText, _ times: ArrowTimeText
    ) {
        if case .epoch(let unit) = times, suffix != .day {
            let (microseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000)
            guard !isTooLarge, seconds >= 0 else { return text.append(seconds < 0 ? "-1" : "9223372036854775807") }
            let (whole, rest) = (microseconds &+ nanoseconds / 1_000).quotientAndRemainder(dividingBy: unit)
            text.append(whole: whole)
            guard rest > 0 else { return }
            text.append(0x2E)
            text.append(digits: UInt64(rest), width: unit == 1_000_000 ? 6 : 3)
            return
        }
        let (days, ofDay) = seconds.flooredQuotient(by: 86_400)
        let (year, month, day) = civilDate(days)
        // A sign or five digits: nobody reads that as a date.
        if year < 0 { text.append(0x2D) }
        text.append(digits: year.magnitude, width: 4)
        text.append(0x2D)
        text.append(digits: UInt64(month), width: 2)
        text.append(0x2D)
        text.append(digits: UInt64(day), width: 2)
        guard suffix != .day else { return }
        text.append(0x54)
        text.append(digits: UInt64(ofDay / 3_600), width: 2)
        text.append(0x3A)
        text.append(digits: UInt64(ofDay / 60 % 60), width: 2)
        text.append(0x3A)
        text.append(digits: UInt64(ofDay % 60), width: 2)
        if digits > 0 {
            text.append(0x2E)
            let unit: Int64 = digits == 3 ? 1_000_000 : digits == 6 ? 1_000 : 1
            text.append(digits: UInt64(nanoseconds / unit), width: digits)
        }
        if suffix == .universal { text.append(0x5A) }
    }
}

extension Int64 {
    /// Quotient rounded down, and a remainder that is not negative.
    func flooredQuotient(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}

/// The Gregorian date of a day since 1970-01-01. The year is counted from March, as in `daysSince1970` of `EventStream`.
func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days &+ 719_468).flooredQuotient(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}
