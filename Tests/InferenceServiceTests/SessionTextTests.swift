import EventStream
import Foundation
import InferenceService
import Testing

/// A session of a corpus, written as a request and read as one, is the record that the corpus has.
@Suite struct SessionTextTests {
    private static let start: Int64 = 1_767_600_000_000_000

    private static func schema(
        zone: String? = nil, hasTime: Bool = true, _ fields: [EventSchema.Field] = usual
    ) throws -> EventSchema {
        let list = String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
        let time = "\"time\":{\"column\":\"t\",\"unit\":\"ms\"\(zone.map { ",\"zone\":\"\($0)\"" } ?? "")},"
        let json = """
            {"counts":{"duplicates":0,"events":0,"rejects":{},"sessions":0,"visitors":0},"digest":"","dwell_cap_seconds":1800,
            "fields":\(list),"format_version":1,"has_time":\(hasTime),"pairs":false,"pseudonymised":[],
            "sessions":{"gap_seconds":1800,"split_on_change":[]},
            "mapping":{"format":"csv","visitor":"v",\(hasTime ? time : "")"fields":[]}}
            """
        return try JSONDecoder().decode(EventSchema.self, from: Data(json.utf8))
    }

    private static let usual: [EventSchema.Field] = [
        .init(name: "page", kind: .url), .init(name: "title", kind: .text), .init(name: "amount", kind: .numeric),
    ]

    /// What the service works out by itself where nothing is said.
    private static func record(
        _ schema: EventSchema, seconds: [Double], texts: [String: [String?]], numbers: [String: [Double?]]
    ) -> SessionRecord {
        let times = seconds.map { start + Int64($0 * 1e6) }
        let calendar = times.map { EventSchema.calendar($0, zoneMicroseconds: schema.zoneMicroseconds) }
        let gaps = zip(times, times.dropFirst()).map { Double($1 - $0) * 1e-6 }
        return SessionRecord(
            session: "s \"1\"", visitor: "v\u{1}é", times: times, gaps: [nil] + gaps.map { Float($0) },
            dwells: gaps.map { Float(min($0, schema.dwellCapSeconds)) } + [nil], hours: calendar.map(\.hour),
            weekdays: calendar.map(\.weekday), texts: texts, numbers: numbers)
    }

    private static func text(_ record: SessionRecord, _ schema: EventSchema) -> String {
        String(decoding: SessionText.json(of: 0, in: Corpus([record], schema: schema)), as: UTF8.self)
    }

    private func expectSame(_ record: SessionRecord, _ schema: EventSchema) throws {
        let input = SessionInput(schema: schema, limits: .init(events: 100, fields: 32, fieldBytes: 4096))
        let read = try reading(Self.text(record, schema)) { try input.record(&$0) }
        #expect(read == record)
    }

    @Test func whatIsWorkedOutIsNotSaid() throws {
        let schema = try Self.schema()
        let record = Self.record(
            schema, seconds: [0, 0.1, 33.333333, 7000],
            texts: ["page": ["/a", nil, "/a", "/b"], "title": ["x", "\"\\\n\u{2028}", nil, "é"]],
            numbers: ["amount": [0.1, nil, -1e300, Double.leastNonzeroMagnitude]])
        let text = Self.text(record, schema)
        for name in ["gap_s", "dwell_s", "hour", "weekday", "fields", "null"] { #expect(!text.contains(name), "\(name)") }
        try expectSame(record, schema)
    }

    @Test func whatDiffersIsSaid() throws {
        let schema = try Self.schema()
        var record = Self.record(
            schema, seconds: [0, 10, 20, 20], texts: ["page": ["/a", "/b", "/c", "/d"], "title": [nil, nil, nil, nil]],
            numbers: ["amount": [nil, nil, nil, nil]])
        record.gaps = [0.1, nil, 16_777_217.3, Float.leastNonzeroMagnitude]
        record.dwells = [nil, 0, 3.4e38, 12.5]
        record.hours = [255, 0, 23, 5]
        record.weekdays = [6, 255, 0, 3]
        try expectSame(record, schema)
    }

    @Test func zonesAndNoTimes() throws {
        let east = try Self.schema(zone: "+05:30")
        try expectSame(
            Self.record(east, seconds: [0, 3600], texts: ["page": ["/a", "/b"], "title": [nil, nil]], numbers: ["amount": [1, 2]]), east)
        let timeless = try Self.schema(hasTime: false)
        let record = SessionRecord(
            session: "s", visitor: "", times: [nil, nil], gaps: [nil, nil], dwells: [nil, nil], hours: [255, 255], weekdays: [255, 255],
            texts: ["page": ["/a", "/b"], "title": [nil, nil]], numbers: ["amount": [1, nil]])
        try expectSame(record, timeless)
    }

    /// Fields called as members that tell of time are apart, and outcomes and identities are not there.
    @Test func reservedNamesAndOtherRoles() throws {
        let fields: [EventSchema.Field] = [
            .init(name: "time", kind: .text), .init(name: "hour", kind: .numeric), .init(name: "page", kind: .url),
            .init(name: "bought", kind: .categorical, role: .outcome), .init(name: "customer", kind: .categorical, role: .identity),
        ]
        let schema = try Self.schema(fields)
        let record = Self.record(
            schema, seconds: [0, 5], texts: ["time": ["noon", nil], "page": [nil, "/b"]], numbers: ["hour": [12, nil]])
        try expectSame(record, schema)
        var told = record
        (told.texts["bought"], told.texts["customer"]) = (["yes", "no"], ["c1", "c1"])
        #expect(Self.text(told, schema) == Self.text(record, schema))
    }

    /// Events sent one after another say the same as those that are sent together.
    @Test func eventsOneByOne() throws {
        let schema = try Self.schema()
        let record = Self.record(
            schema, seconds: [0, 10, 2500], texts: ["page": ["/a", "/b", "/c"], "title": [nil, "x", nil]],
            numbers: ["amount": [nil, 2, nil]])
        let input = SessionInput(schema: schema, limits: .init(events: 100, fields: 32, fieldBytes: 4096))
        var known: SessionRecord?
        for event in SessionText.events(of: 0, in: Corpus([record], schema: schema)) {
            let body = "{\"visitor\":\"v\\u0001é\",\"events\":[\(String(decoding: event, as: UTF8.self))]}"
            let next = try reading(body) { try ScoreRequest(&$0, input, moreOf: record.session).record }
            known = try known.map { try input.joined($0, next) } ?? next
        }
        #expect(known == record)
    }
}
