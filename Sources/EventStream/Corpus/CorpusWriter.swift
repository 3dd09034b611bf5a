internal import DurableFiles
internal import FoundationEssentials

/// The tables the rows' numbers point into.
struct EventTables {
    let visitors: KeyList
    /// Ids of native sessions: four bytes with the number of the visitor, then the id; no more where the row had none.
    let sessions: KeyList
    /// One for each field that is not numeric.
    let fields: [KeyList?]
}

/// Writes the arrays of a corpus from rows in order.
final class CorpusWriter {
    private let layout: EventRow
    private let tables: EventTables
    private let schema: EventSchema
    private let directory: String
    private let fileSystem: FileSystem
    private let hasVisitorKeys: Bool
    private let crew: ImportCrew

    private var sessionizer: Sessionizer
    private let calendar: CalendarHour
    private let duplicates: DuplicateFilter?
    private let pings: PagePings?

    private let sessionOffsets: ColumnWriter<Int64>
    private let sessionVisitor: ColumnWriter<Int32>
    private let sessionKey: StringWriter
    private let visitorKey: StringWriter
    private let time: ColumnWriter<Int64>
    private let gap: ColumnWriter<Float>
    /// Where a field tells dwells: whose, its place in a row, seconds a unit; and what it told of the event whose dwell comes next.
    private let toldOwner: ExportMapping.Dwell.Owner?
    private let toldOffset: Int
    private let toldUnit: Double
    private var told = Double.nan
    private let dwell: ColumnWriter<Float>
    private let hour: ColumnWriter<UInt8>
    private let weekday: ColumnWriter<UInt8>
    private var columns: [FieldWriter] = []

    private var events = 0
    private var sessions = 0
    private var visitors = 0
    private var visitor = Int32(-1)
    private var session = Int32(-1)
    private var isNative = false
    private var askedFor = Int32(-1)
    private var part = 0
    /// Sessions of the visitor without an id.
    private var unnamed = 0
    private var previousTime = Int64.min

    /// - Parameters:
    ///   - hasVisitorKeys: false where the export names no visitors; their keys are empty then.
    ///   - duplicates: what keeps repetitions from the rows; it is asked for their number at the end.
    ///   - memory: bytes for numbering values anew; where they do not suffice a file is used.
    init(
        _ directory: String, schema: EventSchema, layout: EventRow, tables: EventTables, zone: Int, hasVisitorKeys: Bool,
        duplicates: DuplicateFilter?, memory: Int, in fileSystem: FileSystem, _ crew: ImportCrew
    ) throws(FileError) {
        self.crew = crew
        self.directory = directory
        self.schema = schema
        self.layout = layout
        self.tables = tables
        self.hasVisitorKeys = hasVisitorKeys
        self.fileSystem = fileSystem
        calendar = CalendarHour(offset: Int64(zone) * 1_000_000)
        self.duplicates = duplicates
        pings = PagePings(schema.mapping, layout)
        if let rule = schema.mapping.dwell, let field = schema.fields.firstIndex(where: { $0.name == rule.field }) {
            (toldOwner, toldOffset, toldUnit) = (rule.owner, layout.fieldOffsets[field], rule.secondsPerUnit ?? 1)
        } else {
            (toldOwner, toldOffset, toldUnit) = (nil, 0, 1)
        }
        sessionizer = Sessionizer(
            schema.sessions,
            watchedOffsets: schema.sessions.splitOnChange.compactMap { name in
                schema.fields.firstIndex { $0.name == name }.map { layout.fieldOffsets[$0] }
            })
        func place(_ name: String) -> String { directory + "/" + name + ".npy" }
        sessionOffsets = try ColumnWriter(place("session_offsets"), in: fileSystem)
        sessionVisitor = try ColumnWriter(place("session_visitor"), in: fileSystem)
        sessionKey = try StringWriter(directory + "/session_key", in: fileSystem)
        visitorKey = try StringWriter(directory + "/visitor_key", in: fileSystem)
        time = try ColumnWriter(place("time_us"), in: fileSystem)
        gap = try ColumnWriter(place("gap_s"), in: fileSystem)
        dwell = try ColumnWriter(place("dwell_s"), in: fileSystem)
        hour = try ColumnWriter(place("hour"), in: fileSystem)
        weekday = try ColumnWriter(place("weekday"), in: fileSystem)
        for (index, field) in schema.fields.enumerated() {
            let stem = directory + "/" + field.stem
            if let keys = tables.fields[index] {
                let share = memory / tables.fields.count
                let offset = layout.fieldOffsets[index]
                // The memory of tables that are there has room for their numbers.
                if case .onDisk(let keys) = keys, keys.count * CodeWriter.entryBytes > share {
                    columns.append(try PagedCodeWriter(stem, keys, offset: offset, memory: share, in: fileSystem))
                } else {
                    columns.append(try CodeWriter(stem, keys, offset: offset, in: fileSystem))
                }
            } else {
                columns.append(try NumberWriter(stem, offset: layout.fieldOffsets[index], in: fileSystem))
            }
        }
    }

    /// Adds rows in order, and does other work beside it.
    func write(_ rows: UnsafeBufferPointer<RowPointer>, _ meanwhile: () -> Void) throws(FileError) {
        let rows = pings?.fold(rows) ?? rows
        // What takes longest goes first.
        try crew.run(columns.count + 2) { index throws(FileError) in
            switch index {
            case 0: for row in rows { try writeFrame(row) }
            case 1: meanwhile()
            default: try columns[index - 2].write(rows)
            }
        }
        try writeDwells()
    }

    /// The dwells that pings tell, as far as their events are written.
    private func writeDwells() throws(FileError) {
        guard let pings else { return }
        for told in pings.takeDwells(before: dwell.count) {
            try dwell.replace(told.event, by: Float(min(told.seconds, schema.dwellCapSeconds)))
        }
    }

    /// Times and sessions of one event.
    private func writeFrame(_ row: RowPointer) throws(FileError) {
        let now = row.long(EventRow.time)
        let visitor = Int32(truncatingIfNeeded: row.number(layout.visitor))
        let session = Int32(truncatingIfNeeded: row.number(layout.session))
        if session != askedFor {
            askedFor = session
            isNative = session < 0 ? false : try tables.sessions.length(of: Int(session)) > 4
        }
        if sessionizer.begins(visitor: visitor, session: session, hasNativeID: isNative, time: now, row: row) {
            if events > 0 { try appendDwell(.nan) }
            try beginSession(visitor, session)
            try gap.append(.nan)
        } else if now == .min {
            try gap.append(.nan)
            try dwell.append(.nan)
        } else {
            let seconds = Double(now &- previousTime) * 1e-6
            try gap.append(Float(seconds))
            if toldOwner == .previous { told = toldSeconds(row) }
            try appendDwell(seconds)
        }
        if toldOwner == .own { told = toldSeconds(row) }
        try time.append(now)
        let (hour, weekday) = calendar.of(now)
        try self.hour.append(hour)
        try self.weekday.append(weekday)
        previousTime = now
        events += 1
    }

    /// The dwell of the event before: as a field tells it, else so many seconds.
    private func appendDwell(_ seconds: Double) throws(FileError) {
        try dwell.append(Float(min(told.isNaN ? seconds : told, schema.dwellCapSeconds)))
        told = .nan
    }

    private func toldSeconds(_ row: RowPointer) -> Double {
        let seconds = Double(bitPattern: UInt64(bitPattern: row.long(toldOffset))) * toldUnit
        return seconds >= 0 ? seconds : .nan
    }

    private func beginSession(_ visitor: Int32, _ session: Int32) throws(FileError) {
        let isNewVisitor = visitor != self.visitor
        if isNewVisitor {
            if hasVisitorKeys { try visitorKey.append(tables.visitors.bytes(of: Int(visitor))) }
            try visitorKey.end()
            visitors += 1
            self.visitor = visitor
        }
        try sessionOffsets.append(Int64(events))
        try sessionVisitor.append(Int32(truncatingIfNeeded: visitors - 1))
        // A native id that the rules cut further is "id", "id:2", …; a computed one is "visitor:1", "visitor:2", ….
        if isNewVisitor { unnamed = 0 }
        if isNative {
            part = isNewVisitor || session != self.session ? 1 : part + 1
        } else {
            unnamed += 1
            part = unnamed
        }
        self.session = session
        if isNative {
            try sessionKey.append(UnsafeRawBufferPointer(rebasing: tables.sessions.bytes(of: Int(session))[4...]))
        } else {
            try sessionKey.append(tables.visitors.bytes(of: Int(visitor)))
        }
        if !isNative || part > 1 {
            try sessionKey.append(UInt8(ascii: ":"))
            try sessionKey.append(decimal: part)
        }
        try sessionKey.end()
        sessions += 1
    }

    /// Writes what is left, the dictionaries and the schema with counts and digest, and gives it.
    /// - Parameter counts: what was counted before rows came here; the rest is filled in.
    func finish(_ counts: EventSchema.Counts) throws(FileError) -> EventSchema {
        if events > 0 { try appendDwell(.nan) }
        pings?.finish()
        try writeDwells()
        try sessionOffsets.append(Int64(events))
        try sessionOffsets.finish()
        try sessionVisitor.finish()
        try sessionKey.finish()
        try visitorKey.finish()
        try time.finish()
        try gap.finish()
        try dwell.finish()
        try hour.finish()
        try weekday.finish()
        try crew.run(columns.count) { index throws(FileError) in try columns[index].finish() }

        var schema = schema
        schema.counts = counts
        schema.counts.events = events
        schema.counts.sessions = sessions
        schema.counts.visitors = visitors
        schema.counts.duplicates = duplicates?.dropped ?? 0
        if let pings, pings.folded > 0 { schema.counts.skipped[PagePings.reason, default: 0] += pings.folded }
        schema.digest = try CorpusFormat.digest(of: directory, syncs: true, in: fileSystem, crew)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text: Data
        do { text = try encoder.encode(schema) } catch { preconditionFailure("CorpusWriter: a schema that cannot be encoded: \(error)") }
        let writer = try FileWriter(creating: directory + "/" + CorpusFormat.schemaFile, in: fileSystem)
        try writer.write(Array(text) + [UInt8(ascii: "\n")])
        try writer.finish(sync: false)
        return schema
    }
}
