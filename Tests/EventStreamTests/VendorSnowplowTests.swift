import DurableFiles
import EventStream
import Testing

/// Snowplow: enriched events in 131 columns, and tables with a header.
@Suite struct VendorSnowplowTests {
    /// A line with values at their columns, which count from 1.
    static func line(_ values: [Int: String], columns: Int = 131) -> String {
        (1...columns).map { values[$0] ?? "" }.joined(separator: "\t")
    }

    static func id(_ number: Int) -> String {
        "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
    }

    /// An event on the web: number, name, second of the day, session, page view.
    static func web(_ number: Int, _ name: String, _ second: Int, session: String = "s1", page: String = "p1", _ more: [Int: String] = [:])
        -> String
    {
        let time = "2024-02-02 10:\(two(second / 60)):\(two(second % 60)).250"
        var values: [Int: String] = [
            1: "bank", 2: "web", 4: "2024-02-02 11:00:00.000", 6: name, 7: id(number), 16: "v1", 17: "3",
            30: "https://bank.example/loans?q=a",
            31: "Loans", 36: "/loans", 53: contexts([("com.snowplowanalytics.snowplow/web_page", "{\"id\":\"\(page)\"}")]), 124: session,
            125: time,
            127: name,
        ]
        values.merge(more) { $1 }
        return line(values)
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    static func contexts(_ contexts: [(String, String)]) -> String {
        let list = contexts.map { "{\"schema\":\"iglu:\($0.0)/jsonschema/1-0-2\",\"data\":\($0.1)}" }.joined(separator: ",")
        return "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0\",\"data\":[\(list)]}"
    }

    static func event(_ schema: String, _ data: String) -> String {
        "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0\",\"data\":"
            + "{\"schema\":\"iglu:\(schema)/jsonschema/2-0-0\",\"data\":\(data)}}"
    }

    @Test("Columns, cells of JSON, campaign and place")
    func enriched() throws {
        let search = Self.event("com.snowplowanalytics.snowplow/site_search", "{\"terms\":[\"car\",\"loan\"]}")
        let card = Self.contexts([
            ("com.snowplowanalytics.snowplow/web_page", "{\"id\":\"p1\"}"),
            ("com.bank/card", "{\"kind\":\"gold\",\"email\":\"a@bank.example\"}"),
        ])
        let imported = try VendorImport(
            [
                Self.web(1, "page_view", 0, [13: "u1", 19: "DE", 21: "Köln", 48: "email", 49: "mail", 52: "spring", 117: "g1", 53: card]),
                Self.web(2, "unstruct", 5, [59: search, 127: "site_search"]),
                Self.web(3, "struct", 6, [54: "form", 55: "submit", 127: "event"]),
                Self.web(
                    4, "unstruct", 7,
                    [
                        59: Self.event("com.snowplowanalytics.snowplow/change_form", "{\"formId\":\"f1\",\"value\":\"Anna\"}"),
                        127: "change_form",
                    ]),
            ].joined(separator: "\n"))
        #expect(imported.guess.vendor == .snowplow)
        #expect(imported.visitors == ["v1"] && imported.sessionKeys == ["s1"])
        #expect(imported.texts("event") == ["page_view", "site_search", "event", "change_form"])
        #expect(imported.texts("page_url")[0] == "https://bank.example/loans?q=a" && imported.texts("page_path")[1] == "/loans")
        #expect(imported.texts("search_query") == [nil, "car loan", nil, nil])
        #expect(imported.texts("se_action") == [nil, nil, "submit", nil])
        #expect(imported.texts("campaign_name")[0] == "spring" && imported.texts("campaign_medium")[0] == "email")
        #expect(imported.texts("click_id")[0] == "g1" && imported.texts("country")[0] == "DE" && imported.texts("city")[0] == "Köln")
        // What the mapping does not name stays, unless it tells who somebody is.
        #expect(imported.texts("card.kind") == ["gold", nil, nil, nil])
        #expect(imported.texts("change_form.formId").last == "f1")
        #expect(!imported.guess.mapping.fields.contains { $0.name.contains("value") && $0.name != "se_value" })
        #expect(imported.guess.reasons.contains { $0.contains("email") && $0.contains("left out") })
        #expect(imported.customers == ["u1", nil, nil, nil])
        #expect(imported.corpus.timesMicroseconds[0] == 1_706_868_000_250_000)
        #expect(imported.rejects.total == 0)
    }

    @Test("The time the tracker sets comes before the corrected one, which comes before the collector's")
    func times() throws {
        let imported = try VendorImport(
            [
                Self.web(1, "page_view", 0, [131: "2024-02-02 09:00:00"]), Self.web(2, "page_view", 1),
                Self.web(3, "page_view", 2, [125: ""]), Self.web(4, "page_view", 3, [4: "", 125: ""]),
            ].joined(separator: "\n"))
        let times = Array(imported.corpus.timesMicroseconds)
        #expect(times == [1_706_864_400_000_000, 1_706_868_001_250_000, 1_706_871_600_000_000])
        #expect(imported.rejects.countsByReason == [.missingTime: 1])
    }

    @Test("Pings become the dwell of their page view, and stray ones stay in their session")
    func pings() throws {
        let lines = [
            Self.web(1, "page_view", 0), Self.web(2, "page_ping", 5), Self.web(3, "page_ping", 15), Self.web(4, "page_ping", 16),
            Self.web(5, "link_click", 20), Self.web(6, "page_ping", 25), Self.web(7, "page_view", 30, page: "p2"),
            Self.web(8, "page_view", 40, page: "p3"), Self.web(9, "page_ping", 900, session: "s2", page: "p2"),
            Self.web(10, "page_ping", 910, session: "s2", page: "p2"),
        ].joined(separator: "\n")
        let imported = try VendorImport(lines)
        #expect(imported.texts("event") == ["page_view", "link_click", "page_view", "page_view", "page_ping"])
        #expect(imported.texts("stray_ping") == [nil, nil, nil, nil, "page_ping"])
        // 5, 15 and 25 are three stretches of ten seconds, 15 and 16 one: 10 · 2 + 5.
        #expect(imported.dwells[0] == 25)
        #expect(imported.dwells[1] == 10 && imported.dwells[2] == 10 && imported.dwells[3].isNaN)
        #expect(imported.dwells[4] == 15)
        #expect(imported.sessionKeys == ["s1", "s2"])
        #expect(imported.summary.counts.skipped.values.reduce(0, +) == 5)

        let folded = try VendorImport(lines, mapping: { $0.pings?.stray = .fold })
        #expect(folded.sessionKeys == ["s1"] && folded.dwells[2] == 15)
        #expect(folded.summary.counts.skipped.values.reduce(0, +) == 6)

        let none = try VendorImport(lines, mapping: { $0.pings = nil })
        #expect(none.summary.counts.events == 10)
    }

    @Test("A long page view's dwell is written though its session is already on disk")
    func manyPings() throws {
        var lines: [String] = []
        for minute in 0..<50 {
            lines.append(Self.web(minute, "page_view", minute * 60, page: "p\(minute)"))
            for ping in 0..<4 {
                lines.append(Self.web(1_000 + minute * 10 + ping, "page_ping", minute * 60 + 5 + ping * 10, page: "p\(minute)"))
            }
        }
        for visitor in 0..<20_000 { lines.append(Self.web(10_000 + visitor, "page_view", 7, session: "t", page: "", [16: "w\(visitor)"])) }
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.summary.counts.events == 20_050)
        #expect(imported.dwells[0..<50].allSatisfy { $0 == 35 })
        try imported.corpus.verifyDigest()
        // The same from front to back, and with rows and tables on disk.
        let text = lines.joined(separator: "\n")
        let serial = try VendorImport(text) { $0.readsInBlocks = false }
        let spilled = try VendorImport(text) { $0.memoryLimit = 1 << 18 }
        #expect(serial.corpus.digest == imported.corpus.digest && spilled.corpus.digest == imported.corpus.digest)
    }

    @Test("Lines with fewer or more columns are refused, and the reason says how many there are")
    func wrongCounts() throws {
        let imported = try VendorImport(
            [
                Self.web(1, "page_view", 0), Self.line([4: "2024-02-02 10:00:00", 7: Self.id(2), 16: "v1"], columns: 130),
                Self.web(3, "page_view", 1),
                Self.line([7: Self.id(4)], columns: 129), Self.line([7: Self.id(5)], columns: 132), Self.web(6, "page_view", 2),
                Self.web(7, "page_view", 3),
            ].joined(separator: "\n"))
        #expect(imported.guess.vendor == .snowplow && imported.summary.counts.events == 4)
        #expect(imported.rejects.countsByReason == [.tooFewFields: 2, .tooManyFields: 1])
        #expect(imported.rejects.first.map(\.line) == [2, 4, 5])
        for (reject, count) in zip(imported.rejects.first, [130, 129, 132]) {
            #expect(reject.hint.hasPrefix("\(count) fields for 131 columns"))
        }
    }

    @Test("The session of mobiles is in a context, and anonymous rows are cut by pauses")
    func mobile() throws {
        func session(_ index: Int) -> String {
            Self.contexts([
                (
                    "com.snowplowanalytics.snowplow/client_session",
                    "{\"userId\":\"m1\",\"sessionId\":\"ms1\",\"sessionIndex\":2,\"eventIndex\":\(index),\"previousSessionId\":null}"
                ),
                ("com.snowplowanalytics.mobile/screen", "{\"id\":\"x\",\"name\":\"Accounts\"}"),
            ])
        }
        let app: [Int: String] = [2: "mob", 16: "", 124: ""]
        let imported = try VendorImport(
            [
                Self.web(1, "screen_view", 0, app.merging([53: session(2)]) { $1 }),
                Self.web(2, "screen_end", 0, app.merging([53: session(1)]) { $1 }),
                Self.web(3, "page_view", 0, page: "a", [16: "", 18: "n1", 124: ""]),
                Self.web(4, "page_view", 3000, page: "b", [16: "", 18: "n1", 124: ""]),
            ].joined(separator: "\n"))
        #expect(imported.visitors == ["m1", "n1"])
        #expect(imported.sessionKeys == ["ms1", "n1:1", "n1:2"])
        // Equal times are ordered by the index of the event.
        #expect(imported.texts("event").prefix(2) == ["screen_end", "screen_view"])
        #expect(imported.texts("screen").prefix(2) == ["Accounts", "Accounts"])
        #expect(imported.summary.counts.withoutSession == 2)
    }

    @Test("Repetitions have the same id and fingerprint; robots are left out")
    func duplicatesAndRobots() throws {
        let robot = Self.contexts([("com.iab.snowplow/spiders_and_robots", "{\"spiderOrRobot\":true,\"category\":\"SPIDER\"}")])
        let person = Self.contexts([("com.iab.snowplow/spiders_and_robots", "{\"spiderOrRobot\":false}")])
        let imported = try VendorImport(
            [
                Self.web(1, "page_view", 0, [130: "f1", 123: person]), Self.web(1, "page_view", 9, [130: "f1"]),
                Self.web(1, "page_view", 12, [130: "f2"]), Self.web(2, "page_view", 20), Self.web(2, "page_view", 21),
                Self.web(3, "page_view", 30, [123: robot]),
            ].joined(separator: "\n"))
        #expect(imported.summary.counts.events == 3 && imported.summary.counts.duplicates == 2)
        #expect(imported.summary.counts.skipped == ["robot": 1])
    }

    @Test("A cell that should be JSON and is not costs its row")
    func brokenCell() throws {
        let imported = try VendorImport(
            [
                Self.web(1, "page_view", 0), Self.web(2, "page_view", 1, [53: "{\"schema\":\"iglu:com.sn"]),
                Self.web(3, "page_view", 2, [53: "x"]),
                Self.web(4, "page_view", 3, [53: String(repeating: "[", count: 100) + String(repeating: "]", count: 100)]),
            ].joined(separator: "\n"))
        #expect(imported.summary.counts.events == 1)
        #expect(imported.rejects.countsByReason == [.badJSON: 2, .nestedTooDeep: 1])
        #expect(imported.rejects.first.map(\.column) == [53, 53, 53])
    }

    static let table = """
        app_id,event_id,event,event_name,collector_tstamp,derived_tstamp,domain_userid,domain_sessionid,user_id,page_url,mkt_source,test_group,\
        contexts_com_snowplowanalytics_snowplow_web_page_1_0_0,contexts_com_bank_offer_2,unstruct_event_com_bank_tap_1_0_1
        bank,e1,page_view,page_view,2024-02-02 10:00:01,2024-02-02 10:00:00.5 UTC,v1,s1,u1,https://bank.example/,mail,B,"[{""id"": ""p1""}]",\
        "[{""tile"": ""loan"", ""rank"": 2}]",
        bank,e2,page_ping,page_ping,2024-02-02 10:00:11,2024-02-02 10:00:10.5+00:00,v1,s1,NULL,https://bank.example/,NULL,B,"[{""id"": ""p1""}]",[],
        bank,e3,unstruct,tap,2024-02-02 10:00:21,,v1,s1,NULL,https://bank.example/,NULL,B,"[{""id"": ""p1""}]",[],"{""where"": ""footer""}"
        bank,e4,unstruct,tap,2024-02-02 10:00:22,,v2,s1,NULL,https://bank.example/,NULL,A,[],[],"[{""where"": ""head""}]"

        """

    @Test("Tables have a column for each context, of any version")
    func tables() throws {
        let imported = try VendorImport(Self.table)
        #expect(imported.guess.vendor == .snowplowTable)
        #expect(imported.texts("event") == ["page_view", "tap", "tap"])
        #expect(imported.dwells[0] == 5)
        #expect(imported.sessionKeys == ["s1", "s1"] && imported.visitors == ["v1", "v2"])
        #expect(imported.texts("campaign_source") == ["mail", nil, nil])
        #expect(imported.customers == ["u1", nil, nil])
        #expect(imported.texts("com_bank_offer.tile") == ["loan", nil, nil] && imported.texts("com_bank_offer.rank")[0] == "2")
        #expect(imported.texts("test_group") == ["B", "B", "A"])
        #expect(imported.corpus.timesMicroseconds[0] == 1_706_868_000_500_000)
    }

    @Test("Upper case, and no session ids but their numbers")
    func oldTables() throws {
        let imported = try VendorImport(
            """
            EVENT_ID,EVENT,COLLECTOR_TSTAMP,DOMAIN_USERID,DOMAIN_SESSIONIDX,PAGE_URLPATH
            e1,page_view,2024-02-02 10:00:00,v1,1,/a
            e2,page_view,2024-02-02 10:00:05,v1,2,/b
            e3,page_ping,2024-02-02 10:00:15,v1,2,/b

            """)
        #expect(imported.guess.vendor == .snowplowTable)
        #expect(imported.sessionKeys == ["v1/1", "v1/2"])
        // Nothing says which page view the ping belongs to.
        #expect(imported.texts("event") == ["page_view", "page_view", "page_ping"])
        #expect(imported.guess.mapping.pings == nil)
    }

    @Test("A table of one context names nobody, and the refusal says what to import")
    func contextTable() throws {
        let error = #expect(throws: ExportError.self) {
            try VendorImport("root_id,root_tstamp,type\ne1,2024-02-02 10:00:00,page\n")
        }
        #expect(error?.reason.contains("Snowplow context") == true)
    }

    @Test("Events of one moment with different ids are different events")
    func oneMoment() throws {
        let rows = [1, 2, 3, 2].map { Self.web($0, "struct", 0, [54: "form", 130: "f\($0)"]) }
        let imported = try VendorImport(rows.joined(separator: "\n"))
        #expect(imported.summary.counts.events == 3 && imported.summary.counts.duplicates == 1)
    }

    @Test("Paths in cells are shown by --explain with what they hold")
    func explained() throws {
        let folder = try ImportFolder()
        let path = folder("table.csv")
        try AtomicFile.write(Array(Self.table.utf8), to: path)
        let input = try ExportInput(path: path)
        let explanation = try ExportReaders.explain(input, mapping: ExportReaders.guess(input).mapping)
        let tile = try #require(explanation.parts.first { $0.name.hasPrefix("com_bank_offer.tile") })
        #expect(tile.columns == [["contexts_com_bank_offer_2.0.tile"]] && tile.filled == 0.25 && tile.examples == ["loan"])
        #expect(!explanation.unread.contains("contexts_com_bank_offer_2"))
        #expect(explanation.parts.filter(\.isHidden).allSatisfy { $0.examples.isEmpty })
    }
}
