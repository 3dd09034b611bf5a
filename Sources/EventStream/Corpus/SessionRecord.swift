public import DurableFiles
internal import FoundationEssentials

/// One session of a corpus as JSON, readable and whole: a corpus made of such records gives a model the same events, bit for bit.
///
/// ```
/// {"session":"v1/17","visitor":"v1","time_us":[1700000000000000,…],"gap_s":[null,12.5],"dwell_s":[12.5,null],"hour":[9,9],
///  "weekday":[1,1],"texts":{"page":["cards",null]},"numbers":{"amount":[null,3.0]}}
/// ```
/// One entry an event; `null` is missing. Numbers are written in the fewest digits that give the same float again.
public struct SessionRecord: Sendable, Equatable, Codable {
    /// Its id.
    public var session: String
    /// Its visitor's id, or the keyed digest of that; empty where the export has none.
    public var visitor: String
    /// Microseconds since 1970 UTC.
    public var times: [Int64?]
    /// Seconds since the event before.
    public var gaps: [Float?]
    /// Seconds to the next event, or as the corpus has it.
    public var dwells: [Float?]
    /// 0 to 23; 255 unknown.
    public var hours: [UInt8]
    /// Monday 0 to Sunday 6; 255 unknown.
    public var weekdays: [UInt8]
    /// Values of categorical, text and url fields, the customer's id among them.
    public var texts: [String: [String?]]
    /// Values of numeric fields.
    public var numbers: [String: [Double?]]

    enum CodingKeys: String, CodingKey {
        case session, visitor, texts, numbers
        case times = "time_us"
        case gaps = "gap_s"
        case dwells = "dwell_s"
        case hours = "hour"
        case weekdays = "weekday"
    }

    /// A session's events in columns of one length.
    public init(
        session: String, visitor: String, times: [Int64?], gaps: [Float?], dwells: [Float?], hours: [UInt8], weekdays: [UInt8],
        texts: [String: [String?]], numbers: [String: [Double?]]
    ) {
        (self.session, self.visitor, self.times, self.gaps, self.dwells) = (session, visitor, times, gaps, dwells)
        (self.hours, self.weekdays, self.texts, self.numbers) = (hours, weekdays, texts, numbers)
    }

    /// A record from the JSON of ``json(of:in:)``.
    /// - Throws: `DecodingError` for anything else, also where the lists are not of one length.
    public init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(SessionRecord.self, from: Data(json))
        let lengths =
            [times.count, gaps.count, dwells.count, hours.count, weekdays.count] + texts.values.map(\.count) + numbers.values.map(\.count)
        guard Set(lengths).count == 1, times.count > 0, hours.allSatisfy({ $0 < 24 || $0 == 255 }),
            weekdays.allSatisfy({ $0 < 7 || $0 == 255 })
        else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "the lists of a session do not fit each other"))
        }
    }

    /// The JSON of a session of a corpus; the same bytes for the same events.
    public static func json(of session: Int, in corpus: Corpus) -> [UInt8] {
        let events = corpus.events(ofSession: session)
        var text: [UInt8] = []
        text.reserveCapacity(256 + events.count * 160)
        text += "{\"session\":".utf8
        text += JSONString.quoted(corpus.sessionKey(session)).utf8
        text += ",\"visitor\":".utf8
        text += JSONString.quoted(corpus.visitorKey(corpus.visitor(ofSession: session))).utf8
        func list(_ name: String, _ write: (Int) -> Void) {
            text += ",\"\(name)\":[".utf8
            for event in events {
                if event > events.lowerBound { text.append(UInt8(ascii: ",")) }
                write(event)
            }
            text.append(UInt8(ascii: "]"))
        }
        let missing = Array("null".utf8)
        list("time_us") { event in
            let time = corpus.timesMicroseconds[event]
            if time == .min { text += missing } else { text += String(time).utf8 }
        }
        list("gap_s") { event in
            let gap = corpus.gaps[event]
            if gap.isNaN { text += missing } else { text += gap.description.utf8 }
        }
        list("dwell_s") { event in
            let dwell = corpus.dwells[event]
            if dwell.isNaN { text += missing } else { text += dwell.description.utf8 }
        }
        list("hour") { text += String(corpus.hours[$0]).utf8 }
        list("weekday") { text += String(corpus.weekdays[$0]).utf8 }
        var isFirst = true
        func fields(_ name: String, numeric: Bool, _ write: (EventSchema.Field) -> Void) {
            text += ",\"\(name)\":{".utf8
            isFirst = true
            for field in corpus.schema.fields where (field.kind == .numeric) == numeric { write(field) }
            text.append(UInt8(ascii: "}"))
        }
        func begin(_ field: EventSchema.Field) {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            text += JSONString.quoted(field.name).utf8
            text += ":[".utf8
        }
        fields("texts", numeric: false) { field in
            let isCustomer = field.role == .identity
            guard let codes = isCustomer ? corpus.customers?.codes : corpus.codes(field.name),
                let dictionary = isCustomer ? corpus.customers?.ids : corpus.dictionary(field.name)
            else { return }
            begin(field)
            for event in events {
                if event > events.lowerBound { text.append(UInt8(ascii: ",")) }
                let code = codes[event]
                if code == 0 { text += missing } else { text += JSONString.quoted(dictionary[Int(code) - 1]).utf8 }
            }
            text.append(UInt8(ascii: "]"))
        }
        fields("numbers", numeric: true) { field in
            guard let numbers = corpus.numbers(field.name) else { return }
            begin(field)
            for event in events {
                if event > events.lowerBound { text.append(UInt8(ascii: ",")) }
                let number = numbers[event]
                if number.isFinite { text += number.description.utf8 } else { text += missing }
            }
            text.append(UInt8(ascii: "]"))
        }
        text.append(UInt8(ascii: "}"))
        return text
    }

    /// Writes records as a corpus, whole or not at all. Sessions of one visitor should follow one another; the order is kept.
    /// - Parameter schema: the schema of the corpus they are of; counts and digest are told anew.
    public static func write(
        _ records: [SessionRecord], schema: EventSchema, to path: String, replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(FileError) {
        try DirectoryPublication.publish(at: path, replacing: replacing, marker: CorpusFormat.schemaFile, in: fileSystem) {
            directory throws(FileError) in
            try RecordedCorpus(records, schema, directory, fileSystem).write()
        }
    }
}

/// The arrays of a corpus from records.
struct RecordColumns {
    private let records: [SessionRecord]
    private(set) var offsets: [Int64] = [0]
    private(set) var visitors: [Int32] = []
    private(set) var visitorNames: [String] = []

    /// Visitors are numbered in the order in which they first appear.
    init(_ records: [SessionRecord]) {
        self.records = records
        var numbers: [TextBytes: Int32] = [:]
        for record in records {
            offsets.append(offsets[offsets.count - 1] + Int64(record.times.count))
            let number = numbers[TextBytes(record.visitor)] ?? Int32(visitorNames.count)
            if number == visitorNames.count {
                numbers[TextBytes(record.visitor)] = number
                visitorNames.append(record.visitor)
            }
            visitors.append(number)
        }
    }

    var times: [Int64] { records.flatMap { $0.times.map { $0 ?? .min } } }
    var gaps: [Float] { records.flatMap { $0.gaps.map { $0 ?? .nan } } }
    var dwells: [Float] { records.flatMap { $0.dwells.map { $0 ?? .nan } } }
    var hours: [UInt8] { records.flatMap(\.hours) }
    var weekdays: [UInt8] { records.flatMap(\.weekdays) }

    /// Values of a numeric field; one that a record does not have is missing in all its events.
    func numbers(_ field: String) -> [Double] {
        records.flatMap { record in values(record.numbers[field], record).map { $0 ?? .nan } }
    }

    /// Codes and entries of another field, in the order in which the entries first appear.
    func codes(_ field: String) -> (codes: [Int32], entries: [String]) {
        var known: [TextBytes: Int32] = [:]
        var entries: [String] = []
        let codes = records.flatMap { record in
            values(record.texts[field], record).map { text -> Int32 in
                guard let text else { return 0 }
                // A session alone has few values, which are compared faster than hashed.
                if entries.count < 8 {
                    if let place = entries.firstIndex(where: { TextBytes($0) == TextBytes(text) }) { return Int32(place + 1) }
                } else if let code = known[TextBytes(text)] {
                    return code
                }
                entries.append(text)
                if entries.count == 8 {
                    for (place, entry) in entries.enumerated() { known[TextBytes(entry)] = Int32(place + 1) }
                } else if entries.count > 8 {
                    known[TextBytes(text)] = Int32(entries.count)
                }
                return Int32(entries.count)
            }
        }
        return (codes, entries)
    }

    private func values<Value>(_ values: [Value?]?, _ record: SessionRecord) -> [Value?] {
        let values = values ?? Array(repeating: nil, count: record.times.count)
        precondition(values.count == record.times.count, "SessionRecord: lists that do not fit each other")
        return values
    }
}

/// Writes the arrays of a corpus from records.
private struct RecordedCorpus {
    let records: [SessionRecord]
    let schema: EventSchema
    let directory: String
    let fileSystem: FileSystem

    init(_ records: [SessionRecord], _ schema: EventSchema, _ directory: String, _ fileSystem: FileSystem) {
        (self.records, self.schema, self.directory, self.fileSystem) = (records, schema, directory, fileSystem)
    }

    func write() throws(FileError) {
        let columns = RecordColumns(records)
        try column("session_offsets", columns.offsets)
        try column("session_visitor", columns.visitors)
        try texts("session_key", records.map(\.session))
        try texts("visitor_key", columns.visitorNames)
        try column("time_us", columns.times)
        try column("gap_s", columns.gaps)
        try column("dwell_s", columns.dwells)
        try column("hour", columns.hours)
        try column("weekday", columns.weekdays)
        for field in schema.fields {
            if field.kind == .numeric {
                try column(field.stem + ".values", columns.numbers(field.name))
            } else {
                let (codes, entries) = columns.codes(field.name)
                try column(field.stem + ".codes", codes)
                try texts(field.stem + ".dictionary", entries)
            }
        }
        var schema = schema
        schema.counts = EventSchema.Counts()
        schema.counts.events = Int(columns.offsets[records.count])
        (schema.counts.sessions, schema.counts.visitors) = (records.count, columns.visitorNames.count)
        schema.digest = try CorpusFormat.digest(of: directory, in: fileSystem, ImportCrew(threads: 1))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text: Data
        do { text = try encoder.encode(schema) } catch { preconditionFailure("SessionRecord: a schema that cannot be encoded: \(error)") }
        let writer = try FileWriter(creating: directory + "/" + CorpusFormat.schemaFile, in: fileSystem)
        try writer.write(Array(text) + [UInt8(ascii: "\n")])
        try writer.finish(sync: false)
    }

    private func column<Element: NumPyElement>(_ name: String, _ values: [Element]) throws(FileError) {
        let writer = try ColumnWriter<Element>(directory + "/" + name + ".npy", in: fileSystem)
        for value in values { try writer.append(value) }
        try writer.finish()
    }

    private func texts(_ stem: String, _ texts: [String]) throws(FileError) {
        let writer = try StringWriter(directory + "/" + stem, in: fileSystem)
        for text in texts {
            for byte in text.utf8 { try writer.append(byte) }
            try writer.end()
        }
        try writer.finish()
    }
}
