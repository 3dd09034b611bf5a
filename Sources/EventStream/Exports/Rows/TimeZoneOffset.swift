/// A fixed offset from UTC. Named zones change their offset with the date and need a database, so they are not read.
package struct TimeZoneOffset: Sendable, Equatable {
    /// Seconds east of Greenwich.
    package var seconds: Int

    /// Reads `UTC`, `GMT`, `Z`, `+02:00`, `-0330`, `+02`; nil for anything else.
    package init?(_ text: String) {
        var text = text
        let parsed: (seconds: Int, length: Int)? = text.withUTF8 { Self.parse($0.baseAddress, 0, $0.count) }
        guard let parsed, parsed.length == text.utf8.count else { return nil }
        seconds = parsed.seconds
    }

    /// Reads a zone at `start`; gives the offset and the bytes it takes.
    static func parse(_ bytes: UnsafePointer<UInt8>?, _ start: Int, _ end: Int) -> (seconds: Int, length: Int)? {
        guard let bytes, start < end else { return nil }
        let letter = bytes[start]
        if letter == UInt8(ascii: "Z") || letter == UInt8(ascii: "z") { return (0, 1) }
        if end - start >= 3 {
            let name = (bytes[start], bytes[start + 1], bytes[start + 2])
            if name == (UInt8(ascii: "U"), UInt8(ascii: "T"), UInt8(ascii: "C")) { return (0, 3) }
            if name == (UInt8(ascii: "G"), UInt8(ascii: "M"), UInt8(ascii: "T")) { return (0, 3) }
        }
        guard letter == UInt8(ascii: "+") || letter == UInt8(ascii: "-") else { return nil }
        func pair(_ at: Int) -> Int? {
            guard at + 2 <= end, bytes[at] &- 48 < 10, bytes[at + 1] &- 48 < 10 else { return nil }
            return Int(bytes[at] &- 48) * 10 + Int(bytes[at + 1] &- 48)
        }
        guard let hours = pair(start + 1), hours <= 18 else { return nil }
        var length = 3
        var minutes = 0
        let next = start + 3
        if next < end, bytes[next] == UInt8(ascii: ":") {
            guard let value = pair(next + 1) else { return nil }
            minutes = value
            length = 6
        } else if let value = pair(next) {
            minutes = value
            length = 5
        }
        guard minutes < 60 else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return (letter == UInt8(ascii: "-") ? -seconds : seconds, length)
    }
}
