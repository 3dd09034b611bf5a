/// Says of each event, taken in the order of the corpus, whether a session begins with it.
///
/// Where the export has its own session id a new id begins a session; elsewhere a gap strictly greater than the limit does (a gap
/// equal to it stays inside). A new visitor always does, and so do the optional limits and changes of the rules.
struct Sessionizer {
    private let gap: Int64
    private let maximumLength: Int64
    private let maximumEvents: Int
    private let watchedOffsets: [Int]
    private var watched: [Int32]
    private var visitor = Int32(-1)
    private var session = Int32(-1)
    private var start = Int64(0)
    private var last = Int64(0)
    private var events = 0

    /// - Parameter watchedOffsets: where in a row the codes of ``SessionRules/splitOnChange`` lie.
    init(_ rules: SessionRules, watchedOffsets: [Int]) {
        gap = rules.gapMicroseconds
        maximumLength = rules.maximumLengthSeconds.map { Int64(($0 * 1e6).rounded()) } ?? .max
        maximumEvents = rules.maximumEvents ?? .max
        self.watchedOffsets = watchedOffsets
        watched = Array(repeating: 0, count: watchedOffsets.count)
    }

    /// - Parameters:
    ///   - hasNativeID: whether `session` is an id of the export; where it is not, the gap decides.
    ///   - time: microseconds, `Int64.min` where unknown.
    @inline(__always)
    mutating func begins(visitor: Int32, session: Int32, hasNativeID: Bool, time: Int64, row: RowPointer) -> Bool {
        var begins = visitor != self.visitor || session != self.session || events >= maximumEvents
        if !begins, time != .min {
            begins = (!hasNativeID && time &- last > gap) || time &- start > maximumLength
        }
        for index in watchedOffsets.indices {
            let code = Int32(truncatingIfNeeded: row.number(watchedOffsets[index]))
            if code != 0 && watched[index] != 0 && code != watched[index] { begins = true }
        }
        if begins {
            self.visitor = visitor
            self.session = session
            start = time
            events = 0
            for index in watched.indices { watched[index] = 0 }
        }
        for index in watchedOffsets.indices {
            let code = Int32(truncatingIfNeeded: row.number(watchedOffsets[index]))
            if code != 0 { watched[index] = code }
        }
        last = time
        events += 1
        return begins
    }
}

/// Hour and weekday of a time in a zone of fixed offset.
struct CalendarHour {
    /// Microseconds east of Greenwich.
    let offset: Int64

    /// 0 to 23 and Monday 0 to Sunday 6; 255 twice where the time is unknown.
    @inline(__always)
    func of(_ time: Int64) -> (hour: UInt8, weekday: UInt8) {
        if time == .min { return (255, 255) }
        var hours = (time &+ offset) / 3_600_000_000
        if (time &+ offset) % 3_600_000_000 < 0 { hours -= 1 }
        var hour = hours % 24
        if hour < 0 { hour += 24 }
        // 1970-01-01 was a Thursday.
        var weekday = ((hours - hour) / 24 + 3) % 7
        if weekday < 0 { weekday += 7 }
        return (UInt8(truncatingIfNeeded: hour), UInt8(truncatingIfNeeded: weekday))
    }
}
