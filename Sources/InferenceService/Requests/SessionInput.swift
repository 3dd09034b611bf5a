package import EventStream

/// Reads sessions of requests as records, which every command's path reads like those of an import.
///
/// What an export does not say is worked out as `tessera import` does: seconds to the event before and behind, hour and weekday in the zone
/// of the corpus that the models were made from. A request that gives them itself, as one made from a corpus does, is believed.
package final class SessionInput: Sendable {
    /// How much a session may hold.
    package struct Limits: Sendable, Equatable {
        /// Most events.
        package var events: Int
        /// Most members of an event.
        package var fields: Int
        /// Largest text of a field, bytes.
        package var fieldBytes: Int

        /// Limits.
        package init(events: Int, fields: Int, fieldBytes: Int) {
            (self.events, self.fields, self.fieldBytes) = (events, fields, fieldBytes)
        }
    }

    /// What a session is called that nobody named.
    package static let unnamed = "session"
    /// Longest id of a session or visitor, bytes.
    package static let longestID = 512

    /// The schema of the corpus that the models were made from.
    package let schema: EventSchema
    /// Limits.
    package let limits: Limits
    private let zone: Int64
    private let fields: [String: Field]
    /// Fields and reserved members; a reserved name is no field's.
    private let members: MemberNames<Member>
    /// Fields, for what stands in `fields`.
    private let nested: MemberNames<Member>
    private let numeric: Int
    private let texts: Int

    /// A field by its place among texts or numbers.
    struct Field {
        var place: Int
        var isNumeric: Bool
    }

    private enum Member {
        case field(Field)
        case reserved(Reserved)
    }

    /// Members of an event that are no fields.
    private enum Reserved: String, CaseIterable {
        case time, fields, hour, weekday
        case microseconds = "time_us"
        case milliseconds = "time_ms"
        case gap = "gap_s"
        case dwell = "dwell_s"
    }

    /// Whether a member of this name says something of an event's time, so that a field of the name stands in `fields`.
    static func isReserved(_ name: String) -> Bool { Reserved(rawValue: name) != nil }

    /// For a schema; outcomes and identities are no inputs and are not taken.
    package init(schema: EventSchema, limits: Limits) {
        (self.schema, self.limits) = (schema, limits)
        zone = schema.zoneMicroseconds
        var (fields, numeric, texts): ([String: Field], Int, Int) = ([:], 0, 0)
        for field in schema.fields where field.role == .input {
            if field.kind == .numeric {
                fields[field.name] = Field(place: numeric, isNumeric: true)
                numeric += 1
            } else {
                fields[field.name] = Field(place: texts, isNumeric: false)
                texts += 1
            }
        }
        (self.fields, self.numeric, self.texts) = (fields, numeric, texts)
        let reserved = Reserved.allCases.map(\.rawValue)
        let free = fields.keys.filter { !reserved.contains($0) }
        members = MemberNames(Reserved.allCases.map { ($0.rawValue, .reserved($0)) } + free.map { ($0, .field(fields[$0]!)) })
        nested = MemberNames(fields.map { ($0, .field($1)) })
    }

    /// The session while its members are read.
    package struct Draft {
        /// Its id; nil where none was given.
        package var session: String?
        /// Its visitor's; nil where none was given.
        package var visitor: String?
        /// Its events; nil where none were given.
        fileprivate var events: DraftEvents?
        /// What its events say at their ends.
        package var seam: Seam { events?.seam ?? Seam() }

        /// Nothing yet.
        package init() {}
    }

    /// What the events of a stretch say themselves of the time to the stretches beside it, and be it null: the rest is worked out.
    package struct Seam: Sendable {
        /// Whether the first has `gap_s`.
        package var saysGap = false
        /// Whether the last has `dwell_s`.
        package var saysDwell = false

        /// Neither.
        package init() {}
    }

    /// Takes a member of a session's object.
    /// - Returns: false where it is none of a session's.
    package func take(_ name: String, _ reader: inout JSONReader, into draft: inout Draft) throws(RequestFault) -> Bool {
        switch name {
        case "session":
            guard draft.session == nil else { throw reader.repeated() }
            draft.session = try reader.text(limit: Self.longestID)
        case "visitor":
            guard draft.visitor == nil else { throw reader.repeated() }
            draft.visitor = try reader.text(limit: Self.longestID)
        case "events":
            guard draft.events == nil else { throw reader.repeated() }
            draft.events = try events(&reader)
        default: return false
        }
        return true
    }

    /// The record of what was read.
    /// - Parameter id: of a session that names none.
    package func record(_ draft: Draft, id: String = SessionInput.unnamed, _ reader: JSONReader) throws(RequestFault) -> SessionRecord {
        guard let events = draft.events else {
            throw reader.fault(.unprocessable, "there are no events", remedy: "give \"events\": a list of at least one")
        }
        return record(draft.session ?? id, draft.visitor ?? "", events)
    }

    /// One session as an object of its own; other members are refused.
    package func record(_ reader: inout JSONReader) throws(RequestFault) -> SessionRecord {
        var draft = Draft()
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard try take(name, &reader, into: &draft) else { throw reader.unknown("session, visitor, events") }
        }
        return try record(draft, reader)
    }

    private func record(_ session: String, _ visitor: String, _ events: DraftEvents) -> SessionRecord {
        var texts = [String: [String?]](minimumCapacity: self.texts)
        var numbers = [String: [Double?]](minimumCapacity: numeric)
        for (name, field) in fields {
            if field.isNumeric { numbers[name] = events.numbers(field.place) } else { texts[name] = events.texts(field.place) }
        }
        return SessionRecord(
            session: session, visitor: visitor, times: events.times, gaps: events.gaps, dwells: events.dwells, hours: events.hours,
            weekdays: events.weekdays, texts: texts, numbers: numbers)
    }

    /// A session with more events behind it: what the time between the two stretches says is worked out as within one.
    /// - Parameters:
    ///   - saysDwell: whether the last event that is known says its `dwell_s`.
    ///   - saysGap: whether the first of the next says its `gap_s`.
    package func joined(
        _ known: SessionRecord, _ next: SessionRecord, saysDwell: Bool = false, saysGap: Bool = false
    ) throws(RequestFault) -> SessionRecord {
        guard known.times.count + next.times.count <= limits.events else {
            throw RequestFault(
                .unprocessable, at: "events", "the session would have more than \(limits.events) events",
                remedy: "begin another session, or raise limits.eventsPerSession")
        }
        var record = known
        if !next.visitor.isEmpty { record.visitor = next.visitor }
        if let last = known.times.last ?? nil, let first = next.times.first ?? nil {
            guard first >= last else {
                throw RequestFault(
                    .unprocessable, at: "events[0]", "the event is before those that are there", remedy: "send events in the order of time")
            }
            let seconds = Double(first &- last) * 1e-6
            if record.dwells[record.dwells.count - 1] == nil, !saysDwell {
                record.dwells[record.dwells.count - 1] = Float(min(seconds, schema.dwellCapSeconds))
            }
            record.gaps.append(next.gaps[0] ?? (saysGap ? nil : Float(seconds)))
            record.gaps += next.gaps.dropFirst()
        } else {
            record.gaps += next.gaps
        }
        record.times += next.times
        record.dwells += next.dwells
        record.hours += next.hours
        record.weekdays += next.weekdays
        // A bundle that was exchanged meanwhile may have other fields: those that the first stretch lacks are missing there, and those
        // that the second lacks are of no use any more.
        let count = known.times.count
        record.texts = next.texts.reduce(into: [:]) { $0[$1.key] = (known.texts[$1.key] ?? Array(repeating: nil, count: count)) + $1.value }
        record.numbers = next.numbers.reduce(into: [:]) {
            $0[$1.key] = (known.numbers[$1.key] ?? Array(repeating: nil, count: count)) + $1.value
        }
        return record
    }

    // MARK: Events

    /// What an event says of its time beside the time itself; outer nil for what it leaves out.
    private struct Said {
        var time: Int64?
        var gap: Float??
        var dwell: Float??
        var hour: UInt8?
        var weekday: UInt8?
        var hasFields = false
    }

    private func events(_ reader: inout JSONReader) throws(RequestFault) -> DraftEvents {
        var events = DraftEvents(texts: texts, numbers: numeric)
        var said: [Said] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard said.count < limits.events else {
                throw reader.fault(
                    .unprocessable, "more than \(limits.events) events",
                    remedy: "send the latest \(limits.events), or raise limits.eventsPerSession")
            }
            events.begin()
            var own = Said()
            var count = 0
            try event(&reader, &own, &events, &count, members.table)
            if schema.hasTime {
                guard let time = own.time else {
                    throw reader.fault(.unprocessable, "the event has no time", remedy: "give \"time\", \"time_us\" or \"time_ms\"")
                }
                if let before = said.last?.time, time < before {
                    throw reader.fault(.unprocessable, "the event is before the one before it", remedy: "sort the events by time")
                }
            } else if own.time != nil {
                throw reader.fault(.unprocessable, "the models know no times", remedy: "leave the time out")
            }
            said.append(own)
        }
        guard !said.isEmpty else {
            throw reader.fault(.unprocessable, "there are no events", remedy: "give at least one")
        }
        fill(said, &events)
        return events
    }

    private func event(
        _ reader: inout JSONReader, _ said: inout Said, _ events: inout DraftEvents, _ count: inout Int,
        _ members: MemberNames<Member>.Table
    ) throws(RequestFault) {
        try reader.beginObject()
        while true {
            let next = try reader.nextMember(members)
            if case .end = next { return }
            count += 1
            guard count <= limits.fields else {
                throw reader.fault(.unprocessable, "more than \(limits.fields) members", remedy: "send the fields of /v1/schema only")
            }
            guard case .known(let member) = next else {
                throw reader.unknown("the fields of /v1/schema, time, time_us, time_ms, gap_s, dwell_s, hour, weekday, fields")
            }
            let field: Field
            switch member {
            case .reserved(let reserved):
                try take(reserved, &reader, &said, &events, &count)
                continue
            case .field(let own): field = own
            }
            guard events.note(field) else { throw reader.repeated() }
            if field.isNumeric {
                events.give(number: try reader.numberOrNull(), to: field.place)
            } else {
                let text = try reader.textOrNull(limit: limits.fieldBytes)
                // An import takes an empty text for a missing one.
                events.give(text: text?.isEmpty == true ? nil : text, to: field.place)
            }
        }
    }

    private func take(
        _ member: Reserved, _ reader: inout JSONReader, _ said: inout Said, _ events: inout DraftEvents, _ count: inout Int
    ) throws(RequestFault) {
        switch member {
        case .time, .microseconds, .milliseconds:
            guard said.time == nil else { throw reader.repeated() }
            said.time = try Self.time(member.rawValue, &reader)
        case .gap:
            guard said.gap == nil else { throw reader.repeated() }
            said.gap = .some(try Self.seconds(&reader))
        case .dwell:
            guard said.dwell == nil else { throw reader.repeated() }
            said.dwell = .some(try Self.seconds(&reader))
        case .hour:
            guard said.hour == nil else { throw reader.repeated() }
            said.hour = try Self.part(&reader, 0...23)
        case .weekday:
            guard said.weekday == nil else { throw reader.repeated() }
            said.weekday = try Self.part(&reader, 0...6)
        case .fields:
            guard !said.hasFields else { throw reader.repeated() }
            said.hasFields = true
            try event(&reader, &said, &events, &count, nested.table)
        }
    }

    /// Seconds between events, or nil for null. Models read them as 32-bit floats, and a record's JSON knows no others than finite ones.
    private static func seconds(_ reader: inout JSONReader) throws(RequestFault) -> Float? {
        guard let number = try reader.numberOrNull() else { return nil }
        let seconds = Float(number)
        guard seconds.isFinite else {
            throw reader.fault(.unprocessable, "the number is beyond 32-bit floats", remedy: "send a smaller one, or null")
        }
        return seconds
    }

    private static func part(_ reader: inout JSONReader, _ range: ClosedRange<Int64>) throws(RequestFault) -> UInt8 {
        guard try reader.kind() == .null else { return UInt8(try reader.integer(range)) }
        try reader.null()
        return 255
    }

    /// A time by the name of its member: `time` (RFC 3339 with a zone), `time_us` or `time_ms`. Microseconds since 1970.
    package static func time(_ name: String, _ reader: inout JSONReader) throws(RequestFault) -> Int64 {
        switch name {
        case "time_us": return try reader.integer(EventTime.range)
        case "time_ms": return try reader.integer(0...EventTime.range.upperBound / 1000) * 1000
        default:
            let text = try reader.text(limit: 64)
            guard let time = EventTime.microseconds(iso8601: text) else {
                throw reader.fault(
                    .unprocessable, "it is no time with a zone", remedy: "write it as 2026-01-05T09:00:00.000Z, or give time_us or time_ms")
            }
            return time
        }
    }

    /// Fills what was not said, as the import does.
    private func fill(_ said: [Said], _ events: inout DraftEvents) {
        (events.seam.saysGap, events.seam.saysDwell) = (said.first?.gap != nil, said.last?.dwell != nil)
        for (place, own) in said.enumerated() {
            let time = own.time ?? .min
            let (hour, weekday) = EventSchema.calendar(time, zoneMicroseconds: zone)
            events.times.append(own.time)
            events.hours.append(own.hour ?? hour)
            events.weekdays.append(own.weekday ?? weekday)
            var seconds: Double?
            if place > 0, let time = own.time, let before = said[place - 1].time { seconds = Double(time &- before) * 1e-6 }
            events.gaps.append(own.gap ?? seconds.map { Float($0) })
            if place > 0, said[place - 1].dwell == nil {
                events.dwells[place - 1] = seconds.map { Float(min($0, schema.dwellCapSeconds)) }
            }
            events.dwells.append(own.dwell ?? nil)
        }
    }
}

extension JSONReader {
    /// A fault: the member that is being read stands there more than once.
    package func repeated() -> RequestFault {
        fault(.unprocessable, "the member stands there more than once", remedy: "send it once")
    }

    /// A fault: the member that is being read is none.
    package func unknown(_ known: String) -> RequestFault {
        fault(.unprocessable, "no such member", remedy: "known are \(known)")
    }
}
