/// Sessions held in memory: events that a service was just asked about, or a test made up.
public final class MemoryTable: EventTable, @unchecked Sendable {
    /// One event as a person would write it down.
    public struct Event: Sendable, Hashable {
        /// Values of categorical, text and url fields by name; left out where missing.
        public var strings: [String: String]
        /// Values of numeric fields by name.
        public var numbers: [String: Double]
        /// Microseconds since 1970; nil for none.
        public var timeMicroseconds: Int64?

        /// An event.
        public init(strings: [String: String] = [:], numbers: [String: Double] = [:], timeMicroseconds: Int64? = nil) {
            self.strings = strings
            self.numbers = numbers
            self.timeMicroseconds = timeMicroseconds
        }
    }

    /// The fields, in the order of the schema.
    public let fields: [TableField]
    /// False when the events have no time.
    public let hasTime: Bool
    private let offsets: [Int]
    private let visitors: [Int]
    private var codeColumns: [String: UnsafeMutablePointer<Int32>] = [:]
    private var numberColumns: [String: UnsafeMutablePointer<Double>] = [:]
    private var dictionaries: [String: [String]] = [:]
    private let timeColumn: UnsafeMutablePointer<Int64>
    private let gapColumn: UnsafeMutablePointer<Float>
    private let dwellColumn: UnsafeMutablePointer<Float>
    private let hourColumn: UnsafeMutablePointer<UInt8>
    private let weekdayColumn: UnsafeMutablePointer<UInt8>

    /// Lays sessions into columns. `visitors` says whose each session is (default: everybody has one); times are taken as
    /// UTC. Events must be in order.
    public init(fields: [TableField], sessions: [[Event]], visitors: [Int]? = nil) {
        precondition(visitors.map { $0.count == sessions.count } ?? true, "MemoryTable: one visitor a session")
        self.fields = fields
        self.visitors = visitors ?? Array(sessions.indices)
        var offsets = [0]
        for session in sessions { offsets.append(offsets.last! + session.count) }
        self.offsets = offsets
        let events = sessions.flatMap { $0 }
        let count = max(events.count, 1)
        hasTime = events.contains { $0.timeMicroseconds != nil }
        timeColumn = .allocate(capacity: count)
        gapColumn = .allocate(capacity: count)
        dwellColumn = .allocate(capacity: count)
        hourColumn = .allocate(capacity: count)
        weekdayColumn = .allocate(capacity: count)
        for field in fields {
            if field.kind == .numeric {
                let column = UnsafeMutablePointer<Double>.allocate(capacity: count)
                for (index, event) in events.enumerated() { column[index] = event.numbers[field.name] ?? .nan }
                numberColumns[field.name] = column
            } else {
                let column = UnsafeMutablePointer<Int32>.allocate(capacity: count)
                var entries: [String] = []
                var known: [String: Int32] = [:]
                for (index, event) in events.enumerated() {
                    guard let value = event.strings[field.name] else {
                        column[index] = 0
                        continue
                    }
                    if known[value] == nil {
                        entries.append(value)
                        known[value] = Int32(entries.count)
                    }
                    column[index] = known[value]!
                }
                codeColumns[field.name] = column
                dictionaries[field.name] = entries
            }
        }
        for session in sessions.indices { fillTimes(offsets[session]..<offsets[session + 1], events) }
    }

    deinit {
        for column in codeColumns.values { column.deallocate() }
        for column in numberColumns.values { column.deallocate() }
        timeColumn.deallocate()
        gapColumn.deallocate()
        dwellColumn.deallocate()
        hourColumn.deallocate()
        weekdayColumn.deallocate()
    }

    private func fillTimes(_ range: Range<Int>, _ events: [Event]) {
        let hour: Int64 = 3_600_000_000
        for index in range {
            let time = events[index].timeMicroseconds
            timeColumn[index] = time ?? .min
            (gapColumn[index], dwellColumn[index], hourColumn[index], weekdayColumn[index]) = (.nan, .nan, 255, 255)
            guard let time else { continue }
            let hours = time >= 0 ? time / hour : (time - hour + 1) / hour
            hourColumn[index] = UInt8(((hours % 24) + 24) % 24)
            // 1970-01-01 was a Thursday.
            let days = hours >= 0 ? hours / 24 : (hours - 23) / 24
            weekdayColumn[index] = UInt8((((days + 3) % 7) + 7) % 7)
            if index > range.lowerBound, let before = events[index - 1].timeMicroseconds {
                gapColumn[index] = Float(Double(time &- before) * 1e-6)
                dwellColumn[index - 1] = gapColumn[index]
            }
        }
    }

    /// Sessions (S).
    public var sessionCount: Int { offsets.count - 1 }
    /// Events (E).
    public var eventCount: Int { offsets.last! }
    /// The events of a session.
    public func events(ofSession session: Int) -> Range<Int> { offsets[session]..<offsets[session + 1] }
    /// Whose session it is.
    public func visitor(ofSession session: Int) -> Int { visitors[session] }
    /// The name the user knows a session by.
    public func sessionKey(_ session: Int) -> String { "\(session)" }
    /// Codes of a field: 0 missing, k the entry k − 1.
    public func codes(_ field: String) -> UnsafePointer<Int32>? { codeColumns[field].map { UnsafePointer($0) } }
    /// Values of a numeric field, NaN where missing.
    public func numbers(_ field: String) -> UnsafePointer<Double>? { numberColumns[field].map { UnsafePointer($0) } }
    /// Entries of a field's dictionary.
    public func dictionaryCount(_ field: String) -> Int { dictionaries[field]?.count ?? 0 }
    /// Calls `body` with the UTF-8 bytes of one entry.
    public func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var entry = dictionaries[field]![index]
        return entry.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
    /// Microseconds since 1970, `Int64.min` for none.
    public var times: UnsafePointer<Int64> { UnsafePointer(timeColumn) }
    /// Seconds since the previous event, NaN for none.
    public var gaps: UnsafePointer<Float> { UnsafePointer(gapColumn) }
    /// Seconds to the next event, NaN for none.
    public var dwells: UnsafePointer<Float> { UnsafePointer(dwellColumn) }
    /// Hour of the day, 255 for none.
    public var hours: UnsafePointer<UInt8> { UnsafePointer(hourColumn) }
    /// Day of the week, 0 for Monday, 255 for none.
    public var weekdays: UnsafePointer<UInt8> { UnsafePointer(weekdayColumn) }
}
