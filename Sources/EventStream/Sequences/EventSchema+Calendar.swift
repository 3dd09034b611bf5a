extension EventSchema {
    /// Microseconds east of Greenwich of the zone in which hours and weekdays of the corpus are told; 0 where the mapping names none.
    package var zoneMicroseconds: Int64 {
        Int64(mapping.time?.zone.flatMap { TimeZoneOffset($0) }?.seconds ?? 0) * 1_000_000
    }

    /// Hour 0 to 23 and weekday, Monday 0 to Sunday 6, of a time in such a zone; 255 twice for `Int64.min`, which is unknown.
    package static func calendar(_ time: Int64, zoneMicroseconds zone: Int64) -> (hour: UInt8, weekday: UInt8) {
        CalendarHour(offset: zone).of(time)
    }
}

extension EventTime {
    /// Times that can be read: 1970 to 2262, microseconds since 1970.
    package static let range: ClosedRange<Int64> = 0...(upperBound - 1)

    /// Microseconds since 1970 of ISO 8601 with a zone; nil for anything else.
    package static func microseconds(iso8601 text: String) -> Int64? {
        var text = text
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress,
                case .microseconds(let time) = readISO8601(TextSlice(base, bytes.count).trimmed, nil)
            else { return nil }
            return time
        }
    }
}
