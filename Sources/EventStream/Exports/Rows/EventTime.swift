/// What reading a time gives: microseconds since 1970, or why not.
package enum TimeOutcome: Equatable {
    case microseconds(Int64)
    case fault(RejectReason)
}

/// Reads the time of an event in the form the mapping gives. All times lie in 1970 to 2262.
package enum EventTime: Sendable {
    /// The export has none.
    case none
    /// One column of units since 1970, each of so many microseconds.
    case epoch(microsecondsPerUnit: Int64)
    /// One column of ISO 8601; the zone is for times that name none.
    case iso8601(zoneSeconds: Int?)
    /// Several columns.
    case composed([ExportMapping.Time.Part], zoneSeconds: Int)

    /// The first microsecond of 2263.
    package static let upperBound: Int64 = 9_246_182_400_000_000

    package init(_ time: ExportMapping.Time?) {
        let zone = time?.zone.flatMap(TimeZoneOffset.init)?.seconds
        switch (time?.compose, time?.unit) {
        case (.some, _): self = .composed(time!.parts, zoneSeconds: zone ?? 0)
        case (nil, .seconds): self = .epoch(microsecondsPerUnit: 1_000_000)
        case (nil, .milliseconds): self = .epoch(microsecondsPerUnit: 1_000)
        case (nil, .microseconds): self = .epoch(microsecondsPerUnit: 1)
        case (nil, .iso8601): self = .iso8601(zoneSeconds: zone)
        case (nil, nil): self = .none
        }
    }

    /// What a person should write instead.
    var hint: String {
        switch self {
        case .none: "no time expected"
        case .epoch(1): "expected microseconds since 1970; see `time: unit` in the mapping"
        case .epoch(1_000): "expected milliseconds since 1970; see `time: unit` in the mapping"
        case .epoch: "expected seconds since 1970; see `time: unit` in the mapping"
        case .iso8601: "expected ISO 8601 such as 2026-11-21T09:30:00+01:00; give `time: zone` when times name none"
        case .composed(let parts, _):
            "expected \(parts.map(\.rawValue).joined(separator: ", ")) as numbers; see `time: compose` and `pattern` in the mapping"
        }
    }

    /// Reads one column. Not for composed times.
    @inline(__always)
    package func read(_ text: TextSlice) -> TimeOutcome {
        switch self {
        case .epoch(let unit): Self.readEpoch(text.trimmed, unit)
        case .iso8601(let zone): Self.readISO8601(text.trimmed, zone)
        case .none, .composed: .fault(.badTime)
        }
    }

    /// The time of a row by the clock of the receiver: received − (sent − own). Not for composed times.
    func readCorrected(_ own: TextSlice, sent: TextSlice, received: TextSlice) -> TimeOutcome {
        var times: [Int64] = []
        for text in [own, sent, received] {
            switch read(text) {
            case .microseconds(let value): times.append(value)
            case .fault(let reason): return .fault(reason)
            }
        }
        return Self.checked(times[2] - (times[1] - times[0]))
    }

    static func readEpoch(_ text: TextSlice, _ unit: Int64) -> TimeOutcome {
        let bytes = text.bytes
        var i = 0
        let isNegative = text.count > 0 && bytes[0] == UInt8(ascii: "-")
        if isNegative { i = 1 }
        var whole: Int64 = 0
        var isHuge = false
        let firstDigit = i
        while i < text.count, bytes[i] &- 48 < 10 {
            if whole < 1_000_000_000_000_000_0 { whole = whole * 10 + Int64(bytes[i] &- 48) } else { isHuge = true }
            i += 1
        }
        guard i > firstDigit else { return .fault(.badTime) }
        var fraction: Int64 = 0
        if i < text.count, bytes[i] == UInt8(ascii: ".") {
            i += 1
            var place = unit
            while i < text.count, bytes[i] &- 48 < 10 {
                let digit = Int64(bytes[i] &- 48)
                if place >= 10 {
                    place /= 10
                    fraction += digit * place
                } else if place == 1 {
                    if digit >= 5 { fraction += 1 }
                    place = 0
                }
                i += 1
            }
        }
        guard i == text.count else { return .fault(.badTime) }
        guard !isNegative || (whole == 0 && fraction == 0), !isHuge, whole <= upperBound / unit else { return .fault(.timeOutOfRange) }
        return checked(whole * unit + fraction)
    }

    static func readISO8601(_ text: TextSlice, _ zone: Int?) -> TimeOutcome {
        if let microseconds = readUsualForm(text) { return checked(microseconds) }
        guard let (day, dateLength) = readDate(text) else { return .fault(.badTime) }
        var i = dateLength
        var ofDay: Int64 = 0
        if i < text.count, text.bytes[i] == UInt8(ascii: "T") || text.bytes[i] == UInt8(ascii: "t") || text.bytes[i] == 0x20 {
            guard let (value, length) = readTimeOfDay(TextSlice(text.bytes + i + 1, text.count - i - 1)) else { return .fault(.badTime) }
            ofDay = value
            i += 1 + length
        }
        var offset = zone
        if i < text.count, text.bytes[i] == 0x20 { i += 1 }
        if i < text.count {
            guard let (seconds, length) = TimeZoneOffset.parse(text.bytes, i, text.count), i + length == text.count else {
                return .fault(.badTime)
            }
            offset = seconds
        }
        guard let offset else { return .fault(.localTime) }
        return checked(day * 86_400_000_000 + ofDay - Int64(offset) * 1_000_000)
    }

    /// `2026-11-21T09:30:00Z` or `…:00.250Z`, as nearly every machine writes times; nil for anything else, valid or not.
    @inline(__always)
    private static func readUsualForm(_ text: TextSlice) -> Int64? {
        let bytes = text.bytes
        guard text.count == 24 || text.count == 20, bytes[text.count - 1] == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return nil }
        var worst: UInt8 = 0
        func pair(_ at: Int) -> Int64 {
            let (tens, ones) = (bytes[at] &- 48, bytes[at + 1] &- 48)
            worst = max(worst, max(tens, ones))
            return Int64(tens) &* 10 &+ Int64(ones)
        }
        let year = pair(0) * 100 + pair(2)
        let (month, dayOfMonth, hour, minute, second) = (pair(5), pair(8), pair(11), pair(14), pair(17))
        var fraction: Int64 = 0
        if text.count == 24 {
            guard bytes[19] == UInt8(ascii: ".") else { return nil }
            let last = bytes[22] &- 48
            worst = max(worst, last)
            fraction = (pair(20) * 10 + Int64(last)) * 1000
        }
        guard worst < 10, hour < 24, minute < 60, second <= 60,
            let day = daysSince1970(year: year, month: month, day: dayOfMonth)
        else { return nil }
        return day * 86_400_000_000 + hour * 3_600_000_000 + minute * 60_000_000 + second * 1_000_000 + fraction
    }

    /// Reads several columns in the order of the parts.
    package static func readComposed(_ parts: [ExportMapping.Time.Part], _ zone: Int, _ text: (Int) -> TextSlice) -> TimeOutcome {
        var (year, month, dayOfMonth): (Int64, Int64, Int64) = (1970, 1, 1)
        var day: Int64?
        var ofDay: Int64 = 0
        for (index, part) in parts.enumerated() {
            let slice = text(index).trimmed
            switch part {
            case .date:
                guard let (value, length) = readDate(slice), length == slice.count else { return .fault(.badTime) }
                day = value
            case .time:
                guard let (value, length) = readTimeOfDay(slice), length == slice.count else { return .fault(.badTime) }
                ofDay = value
            case .second:
                guard case .microseconds(let value) = readEpoch(slice, 1_000_000), value < 61_000_000 else { return .fault(.badTime) }
                ofDay += value
            case .year, .month, .day, .hour, .minute:
                guard let value = wholeNumber(slice), value >= 0, value < 10_000 else { return .fault(.badTime) }
                switch part {
                case .year: year = value
                case .month: month = value
                case .day: dayOfMonth = value
                case .hour where value < 24: ofDay += value * 3_600_000_000
                case .minute where value < 60: ofDay += value * 60_000_000
                default: return .fault(.badTime)
                }
            }
        }
        guard let days = day ?? daysSince1970(year: year, month: month, day: dayOfMonth) else { return .fault(.badTime) }
        return checked(days * 86_400_000_000 + ofDay - Int64(zone) * 1_000_000)
    }

    private static func checked(_ microseconds: Int64) -> TimeOutcome {
        microseconds >= 0 && microseconds < upperBound ? .microseconds(microseconds) : .fault(.timeOutOfRange)
    }

    private static func digits(_ text: TextSlice, _ at: Int, _ count: Int) -> Int64? {
        guard at + count <= text.count else { return nil }
        var value: Int64 = 0
        for i in at..<at + count {
            guard text.bytes[i] &- 48 < 10 else { return nil }
            value = value * 10 + Int64(text.bytes[i] &- 48)
        }
        return value
    }

    /// `2026-11-21` or `20261121`; gives days since 1970 and the bytes taken.
    private static func readDate(_ text: TextSlice) -> (Int64, Int)? {
        guard let year = digits(text, 0, 4) else { return nil }
        let isSeparated = text.count > 4 && text.bytes[4] == UInt8(ascii: "-")
        let step = isSeparated ? 1 : 0
        guard let month = digits(text, 4 + step, 2), let day = digits(text, 6 + 2 * step, 2) else { return nil }
        if isSeparated, text.bytes[7] != UInt8(ascii: "-") { return nil }
        return daysSince1970(year: year, month: month, day: day).map { ($0, 8 + 2 * step) }
    }

    /// `09:30`, `09:30:15.25`, `093015`; gives microseconds since midnight and the bytes taken.
    private static func readTimeOfDay(_ text: TextSlice) -> (Int64, Int)? {
        guard let hour = digits(text, 0, 2), hour < 24 else { return nil }
        let isSeparated = text.count > 2 && text.bytes[2] == UInt8(ascii: ":")
        let step = isSeparated ? 1 : 0
        guard let minute = digits(text, 2 + step, 2), minute < 60 else { return nil }
        var length = 4 + step
        var value = hour * 3_600_000_000 + minute * 60_000_000
        let hasSeconds = isSeparated ? length < text.count && text.bytes[length] == UInt8(ascii: ":") : digits(text, length, 2) != nil
        guard hasSeconds else { return (value, length) }
        guard let second = digits(text, length + step, 2), second <= 60 else { return nil }
        value += second * 1_000_000
        length += 2 + step
        guard length < text.count, text.bytes[length] == UInt8(ascii: ".") || text.bytes[length] == UInt8(ascii: ",") else {
            return (value, length)
        }
        length += 1
        let firstDigit = length
        var place: Int64 = 100_000
        while length < text.count, text.bytes[length] &- 48 < 10 {
            value += Int64(text.bytes[length] &- 48) * place
            place /= 10
            length += 1
        }
        return length > firstDigit ? (value, length) : nil
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, negative before; nil for a day that does not exist. The year is counted from
/// March, so that the leap day comes last and a month's beginning is a linear function of its number.
package func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard (1...12).contains(month), day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: Int64 = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    guard day <= lengths else { return nil }
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
