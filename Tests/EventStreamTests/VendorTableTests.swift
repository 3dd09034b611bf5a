import EventStream
import Testing

/// Vendors' events as warehouses write them: delimited text with a header.
@Suite struct VendorTableTests {
    @Test("GA4 as a flat table, with a column that the header names twice")
    func ga4() throws {
        let imported = try VendorImport(
            """
            _fivetran_id,name,platform,timestamp,user_pseudo_id,user_id,param_ga_session_id,param_ga_session_number,param_engagement_time_msec,\
            param_page_location,param_source,traffic_source_source,device_category,geo_country,batch_event_index,param_tile,param_tile,stream_id
            1,page_view,WEB,2024-09-10 12:35:00,v1,,s1700000000$o3$g1,3,,https://bank.example/,mail,first touch,desktop,DE,2,loan,7,99
            2,session_start,WEB,2024-09-10 12:35:00,v1,u1,1700000000,3,,https://bank.example/,mail,first touch,desktop,DE,1,,,99
            2,session_start,WEB,2024-09-10 12:36:00,v1,u1,1700000000,3,,https://bank.example/,mail,first touch,desktop,DE,1,,,99
            3,scroll,WEB,2024-09-10 12:37:00,v1,,,,300,,,,(not set),,,,,99

            """)
        #expect(imported.guess.vendor == .ga4Table)
        #expect(imported.sessionKeys == ["v1/1700000000"])
        #expect(imported.texts("event") == ["session_start", "page_view", "scroll"])
        #expect(imported.texts("campaign_source") == ["mail", "mail", nil])
        #expect(imported.numbers("engagement_ms").last == 300 && imported.texts("device") == ["desktop", "desktop", nil])
        #expect(imported.texts("param_tile") == [nil, "loan", nil] && imported.texts("param_tile_2") == [nil, "7", nil])
        #expect(imported.customers == ["u1", nil, nil])
        #expect(imported.summary.counts.duplicates == 1 && imported.summary.counts.withoutSession == 1)
        #expect(imported.corpus.timesMicroseconds[0] == 1_725_971_700_000_000)
        #expect(imported.guess.reasons.contains { $0.contains("twice") })
    }

    @Test("Lines of GA4 items have no event and no session")
    func ga4Items() throws {
        let imported = try VendorImport(
            """
            user_pseudo_id,item_id,item_name,price_in_usd,price,quantity,event_date,event_timestamp,country,mobile_brand_name
            1.5,(not set),(not set),,,,20201121,1605952726508472,India,Apple
            1.5,77,Leather Hat,14,14,1,20201121,1605952727508472,India,Apple
            2.5,77,Leather Hat,14,14,,20201121,1605952727508472,,<Other>

            """)
        #expect(imported.guess.vendor == .ga4Table)
        #expect(imported.visitors == ["1.5", "2.5"] && imported.sessionKeys == ["1.5:1", "2.5:1"])
        #expect(imported.texts("item") == [nil, "77", "77"] && imported.texts("item_name")[1] == "Leather Hat")
        #expect(imported.numbers("price")[1] == 14 && imported.numbers("quantity")[2].isNaN)
        #expect(imported.corpus.timesMicroseconds[0] == 1_605_952_726_508_472)
    }

    @Test("Segment's pages, and RudderStack's sessions in the same form")
    func segment() throws {
        let pages = try VendorImport(
            """
            id,anonymous_id,user_id,received_at,sent_at,timestamp,url,path,title,search,referrer,context_campaign_source,context_ip,tile
            m1,a1,u1,2023-11-14 22:13:25,2023-11-14 22:13:24,2023-11-14 22:13:20,https://bank.example/,/,Home,?q=1,https://s.example/,mail,1.2.3.4,x
            m1,a1,u1,2023-11-14 22:13:26,2023-11-14 22:13:24,2023-11-14 22:13:20,https://bank.example/,/,Home,?q=1,https://s.example/,mail,1.2.3.4,x
            m2,,u2,2023-11-14 22:13:26,2023-11-14 22:13:24,,https://bank.example/,/,Home,,,,1.2.3.4,y
            m3,,,2023-11-14 22:13:26,2023-11-14 22:13:24,,https://bank.example/,/,Home,,,,1.2.3.4,y

            """)
        #expect(pages.guess.vendor == .segmentTable)
        #expect(pages.visitors == ["a1", "u2"] && pages.sessionKeys == ["a1:1", "u2:1"])
        #expect(pages.texts("page_title") == ["Home", "Home"] && pages.texts("query_string") == ["?q=1", nil])
        #expect(pages.texts("campaign_source") == ["mail", nil] && pages.texts("tile") == ["x", "y"])
        #expect(pages.corpus.timesMicroseconds[0] == 1_700_000_000_000_000 && pages.corpus.timesMicroseconds[1] == 1_700_000_004_000_000)
        #expect(pages.summary.counts.duplicates == 1)
        #expect(pages.rejects.countsByReason == [.missingIdentity: 1])
        // Addresses of people's machines are not kept.
        #expect(pages.guess.mapping.fields.allSatisfy { !$0.column.names.contains("context_ip") })

        let tracks = try VendorImport(
            """
            id,anonymous_id,context_session_id,timestamp,received_at,event,event_text,query
            m1,a1,1700000000123,2023-11-14T22:13:20Z,2023-11-14T22:13:25Z,products_searched,Products Searched,car loan
            m2,a1,1700000000123,2023-11-15T22:13:20Z,2023-11-15T22:13:25Z,loan_opened,Loan Opened,60

            """)
        #expect(tracks.sessionKeys == ["a1/1700000000123"])
        #expect(tracks.texts("event") == ["Products Searched", "Loan Opened"])
        #expect(tracks.texts("search_query") == ["car loan", nil])
    }

    @Test("Amplitude's properties are JSON in cells")
    func amplitude() throws {
        let imported = try VendorImport(
            """
            device_id,id,_insert_id,amplitude_id,event_time,event_type,session_id,user_id,uuid,os_name,event_properties,user_properties
            d1,2,i1,5,2023-11-14T22:13:20.500,open,1700000000500,,x1,iOS,"{""[Amplitude] Page Title"":""Home"",""tile"":3}","{""utm_source"":""mail""}"
            d1,1,i2,5,2023-11-14T22:13:20.500,start,1700000000500,,x2,iOS,{},{}
            d1,3,i3,5,2023-11-14T23:13:20.500,push,-1,u1,x3,iOS,"{""tile"":""big"",""email"":""a@bank.example""}",
            d1,3,i3,5,2023-11-14T23:13:21.500,push,-1,u1,x3,iOS,,

            """)
        #expect(imported.guess.vendor == .amplitudeTable)
        #expect(imported.texts("event") == ["start", "open", "push"])
        #expect(imported.sessionKeys == ["d1/1700000000500", "d1:1"])
        #expect(imported.texts("page_title") == [nil, "Home", nil] && imported.texts("campaign_source") == [nil, "mail", nil])
        #expect(imported.texts("tile") == [nil, "3", "big"])
        #expect(imported.corpus.timesMicroseconds[0] == 1_700_000_000_500_000)
        #expect(imported.summary.counts.duplicates == 1 && imported.customers == [nil, nil, "u1"])
        #expect(!imported.guess.mapping.fields.contains { $0.name.contains("email") })
    }

    @Test("A table that lacks every column with a visitor is refused with what to export")
    func nobody() throws {
        let folder = ScratchDirectory()
        let file = folder.file("e.csv", "event_id,event,collector_tstamp\ne1,page_view,2024-02-02 10:00:00\n")
        let input = try ExportInput(path: file)
        let error = #expect(throws: ExportError.self) { try ExportReaders.guess(input, format: .snowplowTable) }
        #expect(error?.reason.contains("visitor") == true)
        // A format of lines is not one of tables, and the other way round.
        #expect(throws: ExportError.self) { try ExportReaders.guess(input, format: .segment) }
        let lines = try ExportInput(path: folder.file("e.jsonl", "{\"a\": 1}\n"))
        #expect(throws: ExportError.self) { try ExportReaders.guess(lines, format: .segmentTable) }
    }

    @Test("Where RudderStack's time is missing it is computed from the three others")
    func rudderStackTime() throws {
        func line(_ id: String, _ times: String) -> String {
            "{\"type\": \"track\", \"messageId\": \"\(id)\", \"anonymousId\": \"a\", \"event\": \"E\(id)\", \(times), \"context\": {\"sessionId\": 1}}"
        }
        let imported = try VendorImport(
            [
                // The device's clock is a day behind: it sent ten seconds after the event.
                line(
                    "1",
                    "\"originalTimestamp\": \"2023-11-13T22:13:20Z\", \"sentAt\": \"2023-11-13T22:13:30Z\", \"receivedAt\": \"2023-11-14T22:13:30Z\""
                ),
                line("2", "\"timestamp\": \"2023-11-14T22:13:21Z\", \"originalTimestamp\": \"2020-01-01T00:00:00Z\""),
                line("3", "\"originalTimestamp\": \"2023-11-14T22:13:22Z\", \"receivedAt\": \"2023-11-14T22:13:30Z\""),
                line(
                    "4", "\"originalTimestamp\": \"later\", \"sentAt\": \"2023-11-13T22:13:30Z\", \"receivedAt\": \"2023-11-14T22:13:30Z\""),
            ].joined(separator: "\n"))
        #expect(imported.guess.vendor == .rudderstack)
        #expect(Array(imported.corpus.timesMicroseconds) == [1_700_000_000_000_000, 1_700_000_001_000_000, 1_700_000_002_000_000])
        #expect(imported.rejects.countsByReason == [.badTime: 1])
    }

    @Test("A mapping says lookups, pings, visitors of two columns and corrected times, and is written back as it was read")
    func language() throws {
        var mapping = plainMapping { mapping in
            mapping.visitorRest = [["v", "w"]]
            mapping.time = .init(column: "t", unit: .iso8601, none: ["0"])
            mapping.time?.sent = "sent"
            mapping.time?.received = "received"
            mapping.fields = [
                .init(name: "page", column: "c[com.example/page].id", kind: .categorical),
                .init(name: "ping", column: "p", kind: .categorical, when: .init(column: "p", is: ["ping"])),
                .init(name: "b", columns: ["b"], kind: .text, separator: ",", lookup: .init(file: "b.tsv", values: ["1": "one"])),
            ]
            mapping.pings = .init(page: "page", marker: "ping", heartbeatSeconds: 30, minimumSeconds: 0, stray: .fold)
        }
        try mapping.validate()
        #expect(try mapping.again() == mapping)
        func fault(_ change: (inout ExportMapping) -> Void) -> String? {
            var changed = mapping
            change(&changed)
            do throws(ExportError) {
                try changed.validate()
                return nil
            } catch { return error.place }
        }
        #expect(fault { $0.pings?.page = "other" } == "mapping, `pings: page`")
        #expect(fault { $0.pings?.marker = "page" } == "mapping, `pings`")
        #expect(fault { $0.pings?.heartbeatSeconds = 0 } == "mapping, `pings: heartbeat_s`")
        #expect(fault { $0.pings?.minimumSeconds = .nan } == "mapping, `pings: minimum_s`")
        #expect(fault { $0.time = nil } == "mapping, `pings`")
        #expect(fault { $0.time?.sent = nil } == "mapping, `time`")
        #expect(fault { $0.fields[2].lookup = .init() } == "mapping, `fields: b`")
        #expect(fault { $0.format = .jsonl } == "mapping, `fields: b`")
        #expect(fault { $0.visitorRest = [[]] } == "mapping, `visitor_rest`")
        mapping.visitor = nil
        mapping.session = "s"
        #expect(fault { _ in } == "mapping, `visitor_rest`")
    }
}
