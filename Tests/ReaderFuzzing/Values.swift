import EventStream

/// Numbers and times in text.
enum Values {
    static let read: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let text = Array(bytes.prefix(200)) + [0]
        text.withUnsafeBufferPointer { buffer in
            let slice = TextSlice(buffer.baseAddress!, text.count - 1)
            number(slice, text.dropLast())
            for unit in [1, 1_000, 1_000_000] as [Int64] { isInRange(EventTime.epoch(microsecondsPerUnit: unit).read(slice)) }
            for zone in [nil, 0, 7_200, -43_200] as [Int?] { isInRange(EventTime.iso8601(zoneSeconds: zone).read(slice)) }
            let parts = text.dropLast().split(separator: 0x2C, maxSplits: 7, omittingEmptySubsequences: false).map { part in
                TextSlice(buffer.baseAddress! + part.startIndex, part.count)
            }
            for pattern in [[.date, .time], [.year, .month, .day, .hour, .minute, .second]] as [[ExportMapping.Time.Part]]
            where parts.count >= pattern.count {
                isInRange(EventTime.readComposed(pattern, 3_600) { parts[$0] })
            }
        }
    }

    private static func isInRange(_ outcome: TimeOutcome) {
        guard case .microseconds(let time) = outcome else { return }
        promise((0..<EventTime.upperBound).contains(time), "time \(time) lies outside of 1970 to 2262")
    }

    /// The standard library reads the same number, bit for bit, wherever it reads one in these characters.
    private static func number(_ slice: TextSlice, _ bytes: ArraySlice<UInt8>) {
        let found = decimalNumber(slice)
        let core = String(decoding: bytes, as: UTF8.self).drop { $0 == " " }
        var trimmed = core
        while trimmed.last == " " { trimmed.removeLast() }
        let isDecimal = trimmed.utf8.allSatisfy { (48...57).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }
        let expected = isDecimal ? Double(trimmed).flatMap { $0.isFinite ? $0 : nil } : nil
        promise(found?.bitPattern == expected?.bitPattern, "\(trimmed) is read as \(found as Any), not \(expected as Any)")
    }
}
