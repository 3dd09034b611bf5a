import EventStream
import Testing

/// Amplitude, Mixpanel, Adobe XDM and OTTO.
@Suite struct VendorOtherTests {
    @Test func amplitude() throws {
        let imported = try VendorImport(
            """
            {"event_type": "open", "event_time": "2023-11-14 22:13:20.500000", "device_id": "d1", "user_id": null, "amplitude_id": 5, "session_id": 1700000000500, "event_id": 2, "uuid": "x1", "os_name": "Chrome", "event_properties": {"[Amplitude] Page Title": "Home", "tile": 3}, "user_properties": {"utm_source": "mail"}}
            {"event_type": "start", "event_time": "2023-11-14 22:13:20.500000", "device_id": "d1", "amplitude_id": 5, "session_id": 1700000000500, "event_id": 1, "uuid": "x2", "event_properties": {}}
            {"event_type": "open", "event_time": "2023-11-14 22:13:20.500000", "device_id": "d1", "amplitude_id": 5, "session_id": 1700000000500, "event_id": 2, "uuid": "x1", "os_name": "Chrome 2", "event_properties": {}}
            {"event_type": "push", "event_time": "2023-11-14 23:13:20", "device_id": "d1", "user_id": "u1", "amplitude_id": 5, "session_id": -1, "uuid": "x3", "event_properties": {"tile": "big"}}
            """)
        #expect(imported.guess.vendor == .amplitude)
        #expect(imported.texts("event") == ["start", "open", "push"])
        #expect(imported.sessionKeys == ["d1/1700000000500", "d1:1"])
        #expect(imported.summary.counts.withoutSession == 1 && imported.summary.counts.duplicates == 1)
        #expect(imported.texts("page_title") == [nil, "Home", nil])
        #expect(imported.texts("campaign_source") == [nil, "mail", nil])
        #expect(imported.texts("tile") == [nil, "3", "big"])
        #expect(imported.corpus.timesMicroseconds[0] == 1_700_000_000_500_000)
    }

    @Test func mixpanel() throws {
        let imported = try VendorImport(
            """
            {"event": "View", "properties": {"time": 1700000000, "distinct_id": "p1", "$device_id": "d1", "$insert_id": "i1", "$current_url": "https://bank.example/", "mp_country_code": "DE", "rate": 3}}
            {"event": "View", "properties": {"time": 1700000000, "distinct_id": "p1", "$device_id": "d1", "$insert_id": "i1", "$current_url": "https://bank.example/2", "mp_country_code": "DE"}}
            {"event": "View", "properties": {"time": 1700000060, "distinct_id": "p1", "$user_id": "u1", "$device_id": "d1", "$insert_id": "i1", "rate": "three"}}
            {"event": "View", "properties": {"time": 1700000060, "distinct_id": "p2"}}
            {"event": "View", "properties": {"time": 1700000061, "distinct_id": "p2"}}
            """)
        #expect(imported.guess.vendor == .mixpanel)
        #expect(imported.visitors == ["d1", "p2"])
        #expect(imported.summary.counts.events == 4 && imported.summary.counts.duplicates == 1)
        #expect(imported.texts("page_url") == ["https://bank.example/", nil, nil, nil])
        #expect(imported.texts("rate") == ["3", "three", nil, nil])
        #expect(imported.customers == [nil, "u1", nil, nil])
    }

    /// Times of a second each: only the vendor's id tells whether two events are one.
    @Test func mixpanelEventsOfOneSecond() throws {
        let lines = ["i1", "i2", "i3", "i1"].map {
            "{\"event\": \"Add\", \"properties\": {\"time\": 1700000000, \"distinct_id\": \"p\", \"$insert_id\": \"\($0)\"}}"
        }
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.summary.counts.events == 3 && imported.summary.counts.duplicates == 1)
    }

    @Test("XDM with the prefix and without")
    func xdm() throws {
        let imported = try VendorImport(
            """
            {"_id": "e1", "timestamp": "2023-11-14T22:13:20Z", "eventType": "web.webpagedetails.pageViews", "identityMap": {"ECID": [{"id": "c1", "primary": true}], "CRMID": [{"id": "k1"}]}, "web": {"webPageDetails": {"URL": "https://bank.example/", "name": "Home"}}}
            {"@id": "e2", "xdm:timestamp": "2023-11-14T23:13:20+01:00", "xdm:eventType": "click", "xdm:identityMap": {"ECID": [{"xdm:id": "c1"}]}, "xdm:device": {"xdm:type": "mobile"}, "xdm:placeContext": {"xdm:geo": {"xdm:countryCode": "DE"}}}
            {"_id": "e1", "timestamp": "2023-11-14T22:13:21Z", "eventType": "repeated", "identityMap": {"ECID": [{"id": "c1"}]}}
            """)
        #expect(imported.guess.vendor == .xdm)
        #expect(imported.visitors == ["c1"] && imported.sessionKeys == ["c1:1"])
        #expect(imported.texts("event") == ["web.webpagedetails.pageViews", "click"])
        #expect(imported.texts("device") == [nil, "mobile"] && imported.texts("country") == [nil, "DE"])
        #expect(imported.texts("page_title") == ["Home", nil])
        #expect(imported.customers == ["k1", nil])
    }

    @Test func otto() throws {
        let imported = try VendorImport(
            """
            {"session": 12, "events": [{"aid": 5, "ts": 1700000000000, "type": "clicks"}, {"aid": 4, "ts": 1700900000000, "type": "carts"}]}
            {"session": 13, "events": [{"aid": 5, "ts": 1700000000001, "type": "orders"}]}
            {"session": 14, "events": []}
            {"session": 15, "events": null}
            {"session": 16, "events": [7, {"aid": 6, "ts": 1700000000002, "type": "clicks"}]}
            """)
        #expect(imported.guess.vendor == .otto)
        #expect(imported.sessionKeys == ["12", "13", "16"])
        #expect(imported.texts("item") == ["5", "4", "5", "6"])
        #expect(imported.texts("event") == ["clicks", "carts", "orders", "clicks"])
        #expect(imported.corpus.timesMicroseconds[1] == 1_700_900_000_000_000)
        #expect(imported.rejects.countsByReason == [.badJSON: 2])
        #expect(imported.rejects.first.map(\.line) == [4, 5])
    }
}
