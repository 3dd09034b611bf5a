import EventStream
import Testing

/// Segment and RudderStack.
@Suite struct VendorCallsTests {
    @Test func segment() throws {
        let imported = try VendorImport(
            """
            {"type": "page", "messageId": "m1", "anonymousId": "a1", "userId": null, "name": "Home", "timestamp": "2023-11-14T22:13:20.000Z", "properties": {"url": "https://bank.example/", "title": "Home"}, "context": {"page": {"url": "https://bank.example/other", "search": "?utm_source=x"}, "campaign": {"source": "mail", "medium": "email"}, "locale": "de-DE", "userAgent": "UA"}}
            {"type": "track", "messageId": "m2", "anonymousId": "a1", "userId": "u1", "event": "Products Searched", "timestamp": "2023-11-14T22:14:20Z", "properties": {"query": "loan"}, "context": {"page": {"url": "https://bank.example/search"}}}
            {"type": "track", "messageId": "m2", "anonymousId": "a1", "userId": "u1", "event": "Products Searched", "timestamp": "2023-11-14T22:14:21Z", "properties": {"query": "loan"}, "context": {"page": {"url": "https://bank.example/search"}}}
            {"type": "track", "messageId": "m3", "userId": "u1", "event": "Loan Opened", "originalTimestamp": "2023-11-14T22:15:20Z", "sentAt": "2023-11-14T22:19:20Z", "properties": {"query": "not a search", "term": 60}}
            {"type": "identify", "messageId": "m4", "anonymousId": "a1", "userId": "u1", "timestamp": "2023-11-14T23:00:00Z", "traits": {"email": "anna@bank.example"}}
            {"type": "track", "messageId": "m5", "event": "Nobody", "timestamp": "2023-11-14T23:00:00Z"}
            {"type": "track", "messageId": "m6", "anonymousId": "a1", "event": "Timeless"}
            """)
        #expect(imported.guess.vendor == .segment)
        #expect(imported.summary.counts.duplicates == 1)
        #expect(imported.visitors == ["a1", "u1"])
        // No session ids: the pause before 23:00 cuts.
        #expect(imported.sessionKeys == ["a1:1", "a1:2", "u1:1"])
        #expect(imported.summary.counts.withoutSession == 0)
        #expect(imported.texts("event") == ["Home", "Products Searched", "identify", "Loan Opened"])
        #expect(imported.texts("page_url") == ["https://bank.example/", "https://bank.example/search", nil, nil])
        #expect(imported.texts("search_query") == [nil, "loan", nil, nil])
        #expect(imported.texts("query_string") == ["?utm_source=x", nil, nil, nil])
        #expect(imported.texts("campaign_source") == ["mail", nil, nil, nil])
        #expect(imported.texts("term") == [nil, nil, nil, "60"])
        #expect(imported.customers == [nil, "u1", "u1", "u1"])
        #expect(imported.corpus.timesMicroseconds[3] == 1_700_000_120_000_000)
        #expect(imported.rejects.countsByReason == [.missingIdentity: 1, .missingTime: 1])
    }

    @Test("RudderStack has sessions, and server libraries send none")
    func rudderStack() throws {
        let imported = try VendorImport(
            """
            {"type": "page", "messageId": "m1", "anonymousId": "a1", "name": "Home", "timestamp": "2023-11-14T22:13:20.000Z", "context": {"sessionId": 1700000000123, "sessionStart": true, "page": {"url": "https://bank.example/", "initial_referrer": "https://search.example/"}}}
            {"type": "track", "messageId": "m2", "anonymousId": "a1", "userId": "u1", "event": "Opened", "originalTimestamp": "2023-11-15T03:13:20Z", "context": {"sessionId": "1700000000123"}}
            {"type": "track", "messageId": "m3", "anonymousId": "a2", "event": "Opened", "timestamp": "2023-11-14T22:13:20Z", "context": {"sessionId": 1700000000123}}
            {"type": "track", "messageId": "m4", "userId": "u1", "event": "Paid", "timestamp": "2023-11-14T22:13:20Z", "context": {"library": {"name": "rudder-server"}}}
            {"type": "track", "messageId": "m5", "userId": "u1", "event": "Paid again", "timestamp": "2023-11-14T22:43:21Z"}
            """)
        #expect(imported.guess.vendor == .rudderstack)
        #expect(imported.sessionKeys == ["a1/1700000000123", "a2/1700000000123", "u1:1", "u1:2"])
        #expect(imported.summary.counts.withoutSession == 2)
        #expect(imported.texts("event") == ["Home", "Opened", "Opened", "Paid", "Paid again"])
        #expect(imported.texts("referrer")[0] == "https://search.example/")
        #expect(imported.texts("session_start")[0] == "true")
    }

    @Test("Calls are told from other lines that have a type")
    func otherLinesAreNoCalls() throws {
        let scratch = ScratchDirectory()
        let file = scratch.file("x.jsonl", "{\"type\": \"purchase\", \"userId\": \"u\", \"timestamp\": \"2023-11-14T22:13:20Z\"}\n")
        #expect(try ExportReaders.guess(ExportInput(path: file)).vendor == nil)
        // Whoever knows better says so.
        #expect(try ExportReaders.guess(ExportInput(path: file), format: .segment).vendor == .segment)
        let table = scratch.file("x.csv", "user_id,timestamp\nu,1700000000\n")
        #expect(throws: ExportError.self) { try ExportReaders.guess(ExportInput(path: table), format: .ga4) }
    }
}
