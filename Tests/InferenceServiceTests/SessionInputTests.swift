import DurableFiles
import EventStream
import InferenceService
import Testing

/// Sessions of requests: what they leave out is worked out as an import works it out.
@Suite struct SessionInputTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// A corpus of rows of visitor, session, time in milliseconds, page, amount and title.
    private func corpus(_ rows: String, zone: String? = nil, name: String = "c") throws -> Corpus {
        var mapping = ExportMapping()
        (mapping.format, mapping.visitor, mapping.session) = (.csv, "visitor", "session")
        mapping.time = .init(column: "time", unit: zone == nil ? .milliseconds : .iso8601, zone: zone)
        mapping.fields = [
            .init(name: "page", kind: .url), .init(name: "amount", kind: .numeric), .init(name: "title", kind: .text),
            .init(name: "bought", kind: .outcome),
        ]
        let file = try folder.write("visitor,session,time,page,amount,title,bought\n" + rows, to: "\(name).csv")
        var rejects = RejectCollector()
        _ = try ExportImporter(ImportSettings()).run(
            sources: [ExportReaders.open(file, mapping: mapping)], to: folder(name), rejects: &rejects)
        #expect(rejects.total == 0)
        return try Corpus.open(folder(name))
    }

    private func input(_ schema: EventSchema, events: Int = 100, fields: Int = 10) -> SessionInput {
        SessionInput(schema: schema, limits: .init(events: events, fields: fields, fieldBytes: 64))
    }

    private func record(_ json: String, _ input: SessionInput) throws -> SessionRecord { try reading(json) { try input.record(&$0) } }

    private static let rows = #"""
        v,s,1767603600000,/cards,0.1,Cards,no
        v,s,1767603600000,/cards/gold,,,
        v,s,1767603612345,"/say ""hi""",-7e-3,Grüße,yes
        v,s,1767605400001,,1e15,,
        v,s,1767607200000,/x,3,Last,
        w,t,1767657599999,/only,1,,

        """#

    @Test func whatIsLeftOutIsWhatAnImportMakesOfIt() throws {
        let corpus = try corpus(Self.rows), input = input(corpus.schema)
        for session in 0..<corpus.sessionCount {
            let imported = try SessionRecord(json: SessionRecord.json(of: session, in: corpus))
            let events = imported.times.indices.map { place in
                var members = ["\"time_us\":\(imported.times[place]!)"]
                for (name, values) in imported.texts where name != "bought" {
                    members.append("\(JSONString.quoted(name)):\(values[place].map { JSONString.quoted($0) } ?? "null")")
                }
                for (name, values) in imported.numbers { members.append("\"\(name)\":\(values[place].map { "\($0)" } ?? "null")") }
                return "{\(members.joined(separator: ","))}"
            }
            var wanted = imported
            wanted.texts["bought"] = nil
            let json = "\"session\":\"\(imported.session)\",\"visitor\":\"\(imported.visitor)\""
            #expect(try record("{\(json),\"events\":[\(events.joined(separator: ","))]}", input) == wanted)
            // In two stretches, too.
            for cut in 1..<max(1, events.count) {
                let first = try record("{\(json),\"events\":[\(events[..<cut].joined(separator: ","))]}", input)
                let next = try record("{\"events\":[\(events[cut...].joined(separator: ","))]}", input)
                #expect(try input.joined(first, next) == wanted, "cut at \(cut)")
            }
        }
    }

    @Test func hoursAreThoseOfTheCorpusZone() throws {
        let rows = "v,s,2026-01-04T23:30:00,/a,1,,\nv,s,2026-01-05T00:10:00,/b,1,,\n"
        for zone in ["UTC", "+05:30", "-08:00"] {
            let corpus = try corpus(rows, zone: zone, name: "zone\(zone.replacing(":", with: ""))")
            let imported = try SessionRecord(json: SessionRecord.json(of: 0, in: corpus))
            #expect(imported.hours == [23, 0] && imported.weekdays == [6, 0], "\(zone)")
            let times = imported.times.map { "{\"time_us\":\($0!)}" }
            let asked = try record("{\"events\":[\(times.joined(separator: ","))]}", input(corpus.schema))
            #expect(asked.hours == imported.hours && asked.weekdays == imported.weekdays && asked.dwells == imported.dwells)
        }
    }

    @Test func aPauseIsNoLongerThanTheImportsCap() throws {
        let corpus = try corpus(Self.rows), input = input(corpus.schema)
        let cap = Float(corpus.schema.dwellCapSeconds)
        let made = try record(#"{"events":[{"time_ms":0},{"time_ms":90000000},{"time_ms":90001500}]}"#, input)
        #expect(made.dwells == [cap, 1.5, nil] && made.gaps == [nil, 90000, 1.5])
    }

    @Test func whatIsSaidIsBelieved() throws {
        let corpus = try corpus(Self.rows), input = input(corpus.schema)
        let made = try record(
            """
            {"events":[{"time":"2026-01-05T10:00:00+01:00","gap_s":4.5,"dwell_s":null,"hour":3,"weekday":null,"fields":{"page":"/a"}},
              {"time":"2026-01-05T09:00:10.5Z","gap_s":null,"dwell_s":9,"amount":null,"title":""}]}
            """, input)
        #expect(made.session == "session" && made.visitor.isEmpty)
        #expect(made.times == [1_767_603_600_000_000, 1_767_603_610_500_000])
        #expect(made.gaps == [4.5, nil] && made.dwells == [nil, 9] && made.hours == [3, 9] && made.weekdays == [255, 0])
        #expect(made.texts["page"] == ["/a", nil] && made.texts["title"] == [nil, nil] && made.numbers["amount"] == [nil, nil])
        #expect(made.texts["bought"] == nil)
    }

    @Test(arguments: [
        (#"{}"#, ""), (#"{"events":[]}"#, "events"), (#"{"events":[{}]}"#, "events[0]"), (#"{"events":[{"page":"x"}]}"#, "events[0]"),
        (#"{"events":[{"time_ms":2},{"time_ms":1}]}"#, "events[1]"), (#"{"events":[{"time_ms":1,"time_us":1}]}"#, "events[0].time_us"),
        (#"{"events":[{"time_ms":1,"bought":"yes"}]}"#, "events[0].bought"), (#"{"events":[{"time_ms":1,"page":7}]}"#, "events[0].page"),
        (#"{"events":[{"time_ms":1,"amount":"7"}]}"#, "events[0].amount"), (#"{"events":[{"time_ms":1,"gap_s":1e39}]}"#, "events[0].gap_s"),
        (#"{"events":[{"time_ms":1,"page":null,"page":"x"}]}"#, "events[0].page"),
        (#"{"events":[{"time_ms":1,"amount":1,"fields":{"amount":null}}]}"#, "events[0].fields.amount"),
        (#"{"events":[{"time_ms":1,"fields":{},"fields":{}}]}"#, "events[0].fields"),
        (#"{"events":[{"time_ms":1,"fields":{"hour":1}}]}"#, "events[0].fields.hour"),
        (#"{"events":[{"time_ms":1,"gap_s":null,"gap_s":1}]}"#, "events[0].gap_s"),
        (#"{"events":[{"time":"2026-01-05T09:00:00"}]}"#, "events[0].time"),
        (#"{"events":[{"time_ms":1}],"session":"a","session":"a"}"#, "session"), (#"{"events":[{"time_ms":1}],"want":[]}"#, "want"),
        (#"{"events":[{"time_ms":1},{"time_ms":1},{"time_ms":1},{"time_ms":1}]}"#, "events[3]"),
        (#"{"events":[{"time_ms":1,"page":"a","title":"b","amount":1,"hour":1,"weekday":1}]}"#, "events[0].weekday"),
    ])
    func refused(json: String, place: String) throws {
        let input = input(try corpus(Self.rows).schema, events: 3, fields: 5)
        let fault = refusal { _ = try record(json, input) }
        #expect(fault?.code == .unprocessable && fault?.place == place, "\(json): \(String(describing: fault))")
    }

    @Test func stretchesKeepTheOrderAndTheLimit() throws {
        let input = input(try corpus(Self.rows).schema, events: 3)
        let first = try record(#"{"session":"s","visitor":"v","events":[{"time_ms":1000},{"time_ms":2000}]}"#, input)
        #expect(refusal { _ = try input.joined(first, try record(#"{"events":[{"time_ms":1999}]}"#, input)) }?.place == "events[0]")
        #expect(refusal { _ = try input.joined(first, first) }?.code == .unprocessable)
        let whole = try input.joined(first, try record(#"{"visitor":"w","events":[{"time_ms":2000,"dwell_s":3}]}"#, input))
        #expect(whole.session == "s" && whole.visitor == "w" && whole.gaps == [nil, 1, 0] && whole.dwells == [1, 0, 3])
    }

    /// However a session's events are cut into stretches, a time that is said to be missing is missing.
    @Test func aNullWhereStretchesMeetIsKept() throws {
        let input = input(try corpus(Self.rows).schema)
        let events = [
            #"{"time_ms":1000,"dwell_s":null}"#, #"{"time_ms":2000,"gap_s":null}"#, #"{"time_ms":3000}"#,
            #"{"time_ms":4000,"gap_s":null,"dwell_s":null}"#, #"{"time_ms":5500}"#,
        ]
        let whole = try record("{\"events\":[\(events.joined(separator: ","))]}", input)
        #expect(whole.dwells == [nil, 1, 1, nil, nil] && whole.gaps == [nil, nil, 1, nil, 1.5])
        for cut in 1..<events.count {
            let stretches = try [events[..<cut], events[cut...]].map { part in
                try reading("{\"events\":[\(part.joined(separator: ","))]}") { reader throws(RequestFault) in
                    try ScoreRequest(&reader, input, moreOf: "session")
                }
            }
            let joined = try input.joined(
                stretches[0].record, stretches[1].record, saysDwell: stretches[0].seam.saysDwell, saysGap: stretches[1].seam.saysGap)
            #expect(joined == whole, "cut at \(cut)")
        }
    }

    @Test func aStretchOfOtherFieldsLeavesListsOfOneLength() throws {
        let schema = try corpus(Self.rows).schema
        var other = schema
        other.fields.removeAll { $0.name == "amount" || $0.name == "page" }
        other.fields.append(EventSchema.Field(name: "amount", kind: .text))
        let known = try record(#"{"events":[{"time_ms":1,"page":"/a","amount":7,"title":"x"}]}"#, input(schema))
        let next = try record(#"{"events":[{"time_ms":2,"amount":"seven","title":"y"}]}"#, input(other))
        let joined = try input(other).joined(known, next)
        #expect(joined.texts == ["amount": [nil, "seven"], "title": ["x", "y"]] && joined.numbers.isEmpty)
        #expect(SessionRecord.json(of: 0, in: Corpus([joined], schema: other)).count > 0)
    }
}
