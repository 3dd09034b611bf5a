package import EventStream

/// One session at a time over dictionaries that stay: a service's way from a session to what models read.
///
/// What depends on a value only is worked out when a thread first meets the value, as for the dictionary of a corpus, and kept for the
/// sessions that follow. Nothing of it changes what a session gives: codes stand for values, and no model reads a code.
///
/// Values stay in memory, whoever sent them, until a window is full or its models are exchanged; they are told to nobody.
/// Memory is bounded: when ``isFull``, or for a session with more events than ``capacity``, begin another one.
package final class SessionWindow: EventTable, @unchecked Sendable {
    /// Most values of all fields together before a window is full.
    package static let mostValues = 1 << 13
    /// Most bytes of values before a window is full.
    package static let mostBytes = 1 << 20

    /// The fields, in the order of the schema; without the customer's id.
    package let fields: [TableField]
    /// False when the events have no time.
    package let hasTime: Bool
    /// Most events of a session.
    package let capacity: Int
    /// Whether the last session brought values that were not there.
    package private(set) var hasGrown = false
    private var key: String?
    /// Events of the session.
    package private(set) var eventCount = 0
    private var values = 0
    private var bytes = 0
    private let texts: [TextColumn]
    private let figures: [(name: String, column: UnsafeMutablePointer<Double>)]
    /// Places of fields among ``texts``, and among ``figures``.
    private let textPlaces: [String: Int]
    private let figurePlaces: [String: Int]
    private let timeColumn: UnsafeMutablePointer<Int64>
    private let gapColumn: UnsafeMutablePointer<Float>
    private let dwellColumn: UnsafeMutablePointer<Float>
    private let hourColumn: UnsafeMutablePointer<UInt8>
    private let weekdayColumn: UnsafeMutablePointer<UInt8>

    /// Codes of a field's values, and the values by code.
    private final class TextColumn {
        let name: String
        let codes: UnsafeMutablePointer<Int32>
        // Compared byte by byte: what looks alike to a reader may be two values to an export.
        var known: [TextBytes: Int32] = [:]
        var entries: [String] = []

        init(_ name: String, _ capacity: Int) {
            self.name = name
            codes = .allocate(capacity: capacity)
        }

        deinit { codes.deallocate() }
    }

    /// An empty window.
    /// - Parameters:
    ///   - schema: of the corpus that the models were made from.
    ///   - capacity: most events of a session.
    package init(_ schema: EventSchema, capacity: Int) {
        self.capacity = capacity
        hasTime = schema.hasTime
        fields = schema.readableFields.map { TableField($0) }
        var texts: [TextColumn] = []
        var figures: [(name: String, column: UnsafeMutablePointer<Double>)] = []
        var (textPlaces, figurePlaces): ([String: Int], [String: Int]) = ([:], [:])
        for field in schema.readableFields {
            if field.kind == .numeric {
                figurePlaces[field.name] = figures.count
                figures.append((field.name, .allocate(capacity: capacity)))
            } else {
                textPlaces[field.name] = texts.count
                texts.append(TextColumn(field.name, capacity))
            }
        }
        (self.texts, self.figures) = (texts, figures)
        (self.textPlaces, self.figurePlaces) = (textPlaces, figurePlaces)
        timeColumn = .allocate(capacity: capacity)
        gapColumn = .allocate(capacity: capacity)
        dwellColumn = .allocate(capacity: capacity)
        hourColumn = .allocate(capacity: capacity)
        weekdayColumn = .allocate(capacity: capacity)
    }

    deinit {
        for figure in figures { figure.column.deallocate() }
        timeColumn.deallocate()
        gapColumn.deallocate()
        dwellColumn.deallocate()
        hourColumn.deallocate()
        weekdayColumn.deallocate()
    }

    /// Whether so many values are kept that another window should begin.
    package var isFull: Bool { values > Self.mostValues || bytes > Self.mostBytes }

    /// Takes a session in place of the one before, as ``Corpus/init(_:schema:)`` takes it. Traps for more events than ``capacity``, and for
    /// lists of different lengths.
    package func take(_ record: SessionRecord) {
        let count = record.times.count
        precondition(count <= capacity, "SessionWindow: \(count) events, room for \(capacity)")
        precondition(
            record.gaps.count == count && record.dwells.count == count && record.hours.count == count && record.weekdays.count == count,
            "SessionWindow: lists that do not fit each other")
        (key, eventCount) = (record.session, count)
        hasGrown = false
        for event in 0..<count {
            timeColumn[event] = record.times[event] ?? .min
            gapColumn[event] = record.gaps[event] ?? .nan
            dwellColumn[event] = record.dwells[event] ?? .nan
            hourColumn[event] = record.hours[event]
            weekdayColumn[event] = record.weekdays[event]
        }
        for (name, column) in figures {
            guard let values = record.numbers[name] else {
                column.update(repeating: .nan, count: count)
                continue
            }
            precondition(values.count == count, "SessionWindow: lists that do not fit each other")
            for event in 0..<count { column[event] = values[event] ?? .nan }
        }
        for column in texts {
            guard let values = record.texts[column.name] else {
                column.codes.update(repeating: 0, count: count)
                continue
            }
            precondition(values.count == count, "SessionWindow: lists that do not fit each other")
            // Most values stay from event to event: a visitor's device and campaign, a page that is looked at again.
            var (before, last): (String?, Int32) = (nil, 0)
            for event in 0..<count {
                guard let value = values[event] else {
                    column.codes[event] = 0
                    continue
                }
                if before.map({ TextBytes($0) == TextBytes(value) }) != true { (before, last) = (value, code(value, column)) }
                column.codes[event] = last
            }
        }
    }

    private func code(_ text: String, _ column: TextColumn) -> Int32 {
        if let code = column.known[TextBytes(text)] { return code }
        column.entries.append(text)
        column.known[TextBytes(text)] = Int32(column.entries.count)
        values += 1
        bytes += text.utf8.count
        hasGrown = true
        return Int32(column.entries.count)
    }

    /// One, once a session was taken.
    package var sessionCount: Int { key == nil ? 0 : 1 }
    /// The events of the session.
    package func events(ofSession session: Int) -> Range<Int> {
        precondition(session == 0, "SessionWindow: it has one session")
        return 0..<eventCount
    }
    /// There is one visitor.
    package func visitor(ofSession session: Int) -> Int { 0 }
    /// The session's id.
    package func sessionKey(_ session: Int) -> String { key ?? "" }
    /// Codes of a field: 0 missing, k the entry k − 1.
    package func codes(_ field: String) -> UnsafePointer<Int32>? { text(field).map { UnsafePointer($0.codes) } }
    /// Values of a numeric field, NaN where missing.
    package func numbers(_ field: String) -> UnsafePointer<Double>? {
        figurePlaces[field].map { UnsafePointer(figures[$0].column) }
    }
    /// Entries of a field's dictionary so far.
    package func dictionaryCount(_ field: String) -> Int { text(field)?.entries.count ?? 0 }
    /// Calls `body` with the UTF-8 bytes of one entry.
    package func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var entry = text(field)!.entries[index]
        return entry.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
    /// Microseconds since 1970, `Int64.min` for none.
    package var times: UnsafePointer<Int64> { UnsafePointer(timeColumn) }
    /// Seconds since the previous event, NaN for none.
    package var gaps: UnsafePointer<Float> { UnsafePointer(gapColumn) }
    /// Seconds to the next event, NaN for none.
    package var dwells: UnsafePointer<Float> { UnsafePointer(dwellColumn) }
    /// Hour of the day, 255 for none.
    package var hours: UnsafePointer<UInt8> { UnsafePointer(hourColumn) }
    /// Day of the week, 0 for Monday, 255 for none.
    package var weekdays: UnsafePointer<UInt8> { UnsafePointer(weekdayColumn) }

    private func text(_ field: String) -> TextColumn? { textPlaces[field].map { texts[$0] } }
}
