public import DurableFiles
internal import FoundationEssentials

/// Takes: the directory an import wrote.   Gives: its sessions, events and fields, in mapped memory.
///
/// Everything is checked when it is opened — types, lengths, offsets, codes — so that a truncated or edited corpus is an error
/// then, and no index read from it can trap later. See ``CorpusFormat`` for the files.
public struct Corpus: Sendable {
    /// What the events hold, and how they came here.
    public let schema: EventSchema
    /// The directory.
    public let path: String
    /// Microseconds since 1970 UTC, one for each event; `Int64.min` throughout where the export has no times.
    public let timesMicroseconds: Column<Int64>
    /// Seconds since the session's previous event; NaN for its first.
    public let gaps: Column<Float>
    /// Seconds to the session's next event, or what page pings (``ExportMapping/Pings``) or a field (``ExportMapping/Dwell``) say, capped; NaN for its last
    /// without them.
    public let dwells: Column<Float>
    /// 0 to 23; 255 unknown.
    public let hours: Column<UInt8>
    /// Monday 0 to Sunday 6; 255 unknown.
    public let weekdays: Column<UInt8>
    /// `sessionCount + 1` ends of sessions among the events.
    public let sessionOffsets: Column<Int64>
    /// The visitor of each session.
    public let sessionVisitors: Column<Int32>

    private let sessionKeys: StringDictionary
    private let visitorKeys: StringDictionary
    private let coded: [String: (codes: Column<Int32>, dictionary: StringDictionary)]
    private let numeric: [String: Column<Double>]

    /// The customer's id of each event, for linking only: codes, 0 where unknown, and the ids or their keyed digests. Nil unless the
    /// mapping names a `customer`.
    ///
    /// ``codes(_:)`` and ``dictionary(_:)`` do not give it, so that no model, baseline or summary can ask for it by name.
    public let customers: (codes: Column<Int32>, ids: StringDictionary)?

    /// Digest of all arrays; see ``CorpusFormat``.
    public var digest: String { schema.digest }
    /// Sessions.
    public var sessionCount: Int { schema.counts.sessions }
    /// Events.
    public var eventCount: Int { schema.counts.events }
    /// Distinct visitors.
    public var visitorCount: Int { schema.counts.visitors }

    /// Events of a session; traps outside the corpus.
    public func events(ofSession session: Int) -> Range<Int> {
        Int(sessionOffsets[session])..<Int(sessionOffsets[session + 1])
    }

    /// Number of a session's visitor.
    public func visitor(ofSession session: Int) -> Int { Int(sessionVisitors[session]) }
    /// The id of a session.
    public func sessionKey(_ session: Int) -> String { sessionKeys[session] }
    /// The id of a visitor, or its keyed digest; empty where the export has none.
    public func visitorKey(_ visitor: Int) -> String { visitorKeys[visitor] }

    /// Codes of a categorical, text or url field: 0 missing, k for entry k - 1 of its dictionary. Nil where there is no such field.
    public func codes(_ field: String) -> Column<Int32>? { coded[field]?.codes }
    /// Values of a numeric field, NaN where missing. Nil where there is no such field.
    public func numbers(_ field: String) -> Column<Double>? { numeric[field] }
    /// Entries of a categorical, text or url field. Nil where there is no such field.
    public func dictionary(_ field: String) -> StringDictionary? { coded[field]?.dictionary }

    /// Opens a corpus and checks it.
    /// - Throws: ``CorpusError`` naming the file, what was expected and what was found.
    public static func open(_ path: String, in fileSystem: FileSystem = .live) throws(CorpusError) -> Corpus {
        try Corpus(path, in: fileSystem)
    }

    /// Reads every array again and compares its digest with the schema's: finds a changed value that is possible in itself.
    public func verifyDigest(in fileSystem: FileSystem = .live) throws(CorpusError) {
        let found: String
        do { found = try CorpusFormat.digest(of: path, in: fileSystem, ImportCrew(threads: ImportCrew.processors)) } catch {
            throw .file(error)
        }
        guard found == digest else { throw .damaged(file: path, expected: "digest \(digest.prefix(16))…", found: "\(found.prefix(16))…") }
    }

    private init(_ path: String, in fileSystem: FileSystem) throws(CorpusError) {
        self.path = path
        schema = try Self.readSchema(path, in: fileSystem)
        let counts = schema.counts
        func place(_ name: String) -> String { path + "/" + name + ".npy" }

        sessionOffsets = try Column(place("session_offsets"), count: counts.sessions + 1, in: fileSystem)
        try sessionOffsets.checkOffsets(upTo: counts.events, place("session_offsets"))
        sessionVisitors = try Column(place("session_visitor"), count: counts.sessions, in: fileSystem)
        try sessionVisitors.check(place("session_visitor"), "visitors below \(counts.visitors)") { $0 >= 0 && $0 < counts.visitors }
        sessionKeys = try StringDictionary(path + "/session_key", count: counts.sessions, in: fileSystem)
        visitorKeys = try StringDictionary(path + "/visitor_key", count: counts.visitors, in: fileSystem)
        timesMicroseconds = try Column(place("time_us"), count: counts.events, in: fileSystem)
        gaps = try Column(place("gap_s"), count: counts.events, in: fileSystem)
        dwells = try Column(place("dwell_s"), count: counts.events, in: fileSystem)
        hours = try Column(place("hour"), count: counts.events, in: fileSystem)
        try hours.check(place("hour"), "hours below 24, or 255") { $0 < 24 || $0 == 255 }
        weekdays = try Column(place("weekday"), count: counts.events, in: fileSystem)
        try weekdays.check(place("weekday"), "weekdays below 7, or 255") { $0 < 7 || $0 == 255 }

        var coded: [String: (codes: Column<Int32>, dictionary: StringDictionary)] = [:]
        var numeric: [String: Column<Double>] = [:]
        for field in schema.fields {
            if field.kind == .numeric {
                numeric[field.name] = try Column(place(field.stem + ".values"), count: counts.events, in: fileSystem)
            } else {
                let dictionary = try StringDictionary(path + "/" + field.stem + ".dictionary", count: nil, in: fileSystem)
                let codes = try Column<Int32>(place(field.stem + ".codes"), count: counts.events, in: fileSystem)
                let entries = dictionary.count
                try codes.check(place(field.stem + ".codes"), "codes up to \(entries)") { $0 >= 0 && $0 <= entries }
                coded[field.name] = (codes, dictionary)
            }
        }
        let identity = schema.fields.first { $0.role == .identity }
        customers = identity.flatMap { coded.removeValue(forKey: $0.name) }.map { (codes: $0.codes, ids: $0.dictionary) }
        self.coded = coded
        self.numeric = numeric
    }

    /// A corpus of some records in memory, for whoever has sessions and no directory: every command's path from events to scores is open to
    /// them, and gives the bytes it gives for the same sessions on a disk.
    ///
    /// The corpus has no digest. Fields that a record lacks are missing in its events; those that the schema lacks are left out.
    /// - Parameters:
    ///   - records: lists of one record are of one length, as ``SessionRecord/init(json:)`` checks; traps otherwise.
    ///   - schema: of the corpus that the models were made from; counts and digest are told anew.
    public init(_ records: [SessionRecord], schema: EventSchema) {
        let columns = RecordColumns(records)
        var own = schema
        own.counts = EventSchema.Counts()
        own.counts.events = Int(columns.offsets[records.count])
        (own.counts.sessions, own.counts.visitors, own.digest) = (records.count, columns.visitorNames.count, "")
        (self.schema, path) = (own, "memory")
        sessionOffsets = Column(columns.offsets)
        sessionVisitors = Column(columns.visitors)
        sessionKeys = StringDictionary(records.map(\.session))
        visitorKeys = StringDictionary(columns.visitorNames)
        timesMicroseconds = Column(columns.times)
        gaps = Column(columns.gaps)
        dwells = Column(columns.dwells)
        hours = Column(columns.hours)
        weekdays = Column(columns.weekdays)
        var coded: [String: (codes: Column<Int32>, dictionary: StringDictionary)] = [:]
        var numeric: [String: Column<Double>] = [:]
        var customers: (codes: Column<Int32>, ids: StringDictionary)?
        for field in schema.fields {
            guard field.kind != .numeric else {
                numeric[field.name] = Column(columns.numbers(field.name))
                continue
            }
            let (codes, entries) = columns.codes(field.name)
            if field.role == .identity {
                customers = (Column(codes), StringDictionary(entries))
            } else {
                coded[field.name] = (Column(codes), StringDictionary(entries))
            }
        }
        (self.coded, self.numeric, self.customers) = (coded, numeric, customers)
    }

    private static func readSchema(_ path: String, in fileSystem: FileSystem) throws(CorpusError) -> EventSchema {
        let file = path + "/" + CorpusFormat.schemaFile
        let isThere: Bool
        do throws(FileError) {
            // Listing says whether the path is missing, forbidden or a file.
            isThere = try fileSystem.names(in: path).contains(CorpusFormat.schemaFile)
        } catch { throw .file(error) }
        guard isThere else { throw .notACorpus(path: path) }
        let bytes: [UInt8]
        do { bytes = try fileSystem.contents(of: file, limit: 1 << 28) } catch { throw .file(error) }
        struct Version: Decodable {
            var format_version: Int
        }
        let data = Data(bytes)
        let version: Version
        do { version = try JSONDecoder().decode(Version.self, from: data) } catch {
            throw .damaged(file: file, expected: "a JSON object with format_version", found: "something else")
        }
        guard version.format_version == CorpusFormat.version else {
            throw .unsupportedVersion(path: path, found: version.format_version, newestSupported: CorpusFormat.version)
        }
        let schema: EventSchema
        do { schema = try JSONDecoder().decode(EventSchema.self, from: data) } catch {
            throw .damaged(file: file, expected: "a schema of format \(CorpusFormat.version)", found: "entries missing or of another type")
        }
        try schema.check(file)
        return schema
    }
}

extension Column {
    /// Checks every element; the error tells the place, not the value.
    fileprivate func check(_ path: String, _ expected: String, _ isPossible: (Element) -> Bool) throws(CorpusError) {
        // Counting without a branch lets the loop run over whole vectors; the place is looked for only when there is one.
        var impossible = 0
        for value in memory where !isPossible(value) { impossible += 1 }
        guard impossible > 0 else { return }
        let place = memory.firstIndex { !isPossible($0) } ?? 0
        throw .damaged(file: path, expected: expected, found: "\(impossible) others, the first at element \(place)")
    }
}

extension EventSchema {
    /// Checks what a hand could have changed and the arrays do not show.
    fileprivate func check(_ file: String) throws(CorpusError) {
        let numbers = [counts.events, counts.sessions, counts.visitors]
        guard numbers.allSatisfy({ $0 >= 0 && $0 < Int.max / 16 }) else {
            throw .damaged(file: file, expected: "counts that are possible", found: "others")
        }
        guard Set(fields.map(\.name)).count == fields.count else {
            throw .damaged(file: file, expected: "fields of different names", found: "a name twice")
        }
        guard fields.count(where: { $0.role == .identity }) <= 1, fields.allSatisfy({ $0.role != .identity || $0.kind != .numeric }) else {
            throw .damaged(file: file, expected: "at most one field of role identity, with codes", found: "another")
        }
        // The stem is part of a path: a slash in it would lead out of the corpus.
        guard fields.allSatisfy({ $0.stem == CorpusFormat.stem(of: $0.name) }) else {
            throw .damaged(file: file, expected: "stems that follow from the names of the fields", found: "another")
        }
    }
}
