import EventStream
import Testing

/// Google Analytics 4: each trap of its export, by hand.
@Suite struct VendorGA4Tests {
    /// A parameter as BigQuery writes it.
    static func parameter(_ key: String, string: String? = nil, int: String? = nil, double: String? = nil) -> String {
        "{\"key\": \"\(key)\", \"value\": {\"string_value\": \(string.map { "\"\($0)\"" } ?? "null"), \"int_value\": \(int ?? "null"), "
            + "\"float_value\": null, \"double_value\": \(double ?? "null")}}"
    }

    static func event(
        _ name: String, _ time: String, visitor: String? = "v1", more: String = "", _ parameters: String...
    ) -> String {
        "{\"event_date\": \"20231114\", \"event_timestamp\": \(time), \"event_name\": \"\(name)\", "
            + "\"user_pseudo_id\": \(visitor.map { "\"\($0)\"" } ?? "null"), \(more)"
            + "\"event_params\": [\(parameters.joined(separator: ", "))]}"
    }

    static let session = parameter("ga_session_id", int: "1700000000")

    @Test func idsAsStringsAndNumbersAreOneSession() throws {
        let lines = [
            Self.event(
                "page_view", "\"1700000000000000\"", more: "\"device\": {\"category\": \"mobile\"}, ",
                Self.parameter("ga_session_id", int: "\"1700000000\""), Self.parameter("page_location", string: "https://bank.example/")),
            // Hours later: GA4's own session goes on, a pause would cut it.
            Self.event(
                "user_engagement", "1700010000000000", Self.session, Self.parameter("engagement_time_msec", int: "\"4200\""),
                Self.parameter("session_engaged", string: "1")),
            Self.event("scroll", "\"1700010001000000\"", Self.session, Self.parameter("session_engaged", int: "1")),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n") + "\n")
        #expect(imported.guess.vendor == .ga4)
        #expect(imported.sessionKeys == ["v1/1700000000"])
        #expect(imported.texts("event") == ["page_view", "user_engagement", "scroll"])
        #expect(imported.texts("page_url") == ["https://bank.example/", nil, nil])
        #expect(imported.texts("device") == ["mobile", nil, nil])
        // One parameter, twice another type.
        #expect(imported.texts("session_engaged") == [nil, "1", "1"])
        #expect(imported.numbers("engagement_ms")[1] == 4200 && imported.numbers("engagement_ms")[0].isNaN)
        #expect(imported.corpus.timesMicroseconds[0] == 1_700_000_000_000_000)
    }

    @Test func packedSessionIDsAreUnpacked() throws {
        let lines = [
            Self.event("page_view", "1700000000000000", Self.parameter("ga_session_id", string: "s1700000000$o3$g0$t1700000000")),
            Self.event("scroll", "1700003600000000", Self.parameter("ga_session_id", string: "s1700000000$o3$g1$t1700003600")),
            Self.event("click", "1700007200000000", Self.session),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.sessionKeys == ["v1/1700000000"])
        #expect(imported.summary.counts.withoutSession == 0)
    }

    @Test("A session id counts only together with its visitor")
    func sessionIDsAreNotUniqueAlone() throws {
        let lines = ["v1", "v2"].map { Self.event("page_view", "1700000000000000", visitor: $0, Self.session) }
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.sessionKeys == ["v1/1700000000", "v2/1700000000"])
        // Under a key nothing of the visitor stays in the session's id either.
        let hidden = try VendorImport(lines.joined(separator: "\n"), key: "secret")
        #expect(Set(hidden.sessionKeys).count == 2 && !hidden.sessionKeys.contains { $0.contains("v1") || $0.contains("v2") })
    }

    @Test func deniedConsentIsCountedAndCutByPauses() throws {
        let denied = "\"user_id\": \"u7\", \"privacy_info\": {\"analytics_storage\": \"No\", \"ads_storage\": \"No\"}, "
        let nobody = "\"user_id\": null, \"privacy_info\": {\"analytics_storage\": \"No\"}, "
        let lines = [
            Self.event("page_view", "1700000000000000", visitor: nil, more: denied),
            Self.event("scroll", "1700000060000000", visitor: nil, more: denied),
            // 31 minutes later.
            Self.event("page_view", "1700001920000000", visitor: nil, more: denied),
            Self.event("page_view", "1700001930000000", visitor: nil, more: nobody),
            Self.event("page_view", "1700001940000000", Self.session),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.summary.counts.withoutSession == 3)
        #expect(imported.corpus.schema.counts.withoutSession == 3)
        #expect(imported.rejects.countsByReason == [.missingIdentity: 1])
        #expect(imported.sessionKeys == ["u7:1", "u7:2", "v1/1700000000"])
        #expect(imported.texts("consent") == ["No", "No", "No", nil])
        #expect(imported.customers == ["u7", "u7", "u7", nil])
    }

    @Test("Repeated rows go, whatever the order of their parameters and of their unmapped members")
    func duplicatesAreDropped() throws {
        let (title, other) = (Self.parameter("page_title", string: "Cards"), Self.parameter("page_title", string: "Loans"))
        let lines = [
            Self.event("page_view", "1700000000000000", more: "\"event_bundle_sequence_id\": \"1\", ", Self.session, title),
            Self.event("page_view", "1700000000000000", more: "\"event_bundle_sequence_id\": \"2\", ", title, Self.session),
            Self.event("page_view", "1700000000000000", Self.session, other),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.summary.counts.duplicates == 1)
        #expect(imported.texts("page_title") == ["Cards", "Loans"])
        let kept = try VendorImport(lines.joined(separator: "\n")) { $0.dropsDuplicates = false }
        #expect(kept.summary.counts.events == 3)
    }

    /// What the mapping does not read tells them apart all the same.
    @Test func eventsOfDifferentKeysAreNotOne() throws {
        let lines = ["a", "b", "b"].map {
            Self.event("click", "1700000000000000", Self.session, Self.parameter("widget", string: $0))
        }
        let imported = try VendorImport(lines.joined(separator: "\n")) { _ in
        } mapping: {
            $0.fields.removeAll { $0.name == "widget" }
        }
        #expect(imported.summary.counts.events == 2 && imported.summary.counts.duplicates == 1)
    }

    /// With each event GA4 says how long the page was in front since the last.
    @Test func engagementIsTheDwellOfTheEventBefore() throws {
        func engaged(_ milliseconds: Int?) -> String {
            milliseconds.map { Self.parameter("engagement_time_msec", int: "\"\($0)\"") } ?? Self.parameter("none", int: "1")
        }
        let lines = [
            Self.event("page_view", "1700000000000000", Self.session, engaged(5)),
            Self.event("user_engagement", "1700000100000000", Self.session, engaged(4_200)),
            Self.event("page_view", "1700000101000000", Self.session, engaged(nil)),
            Self.event("scroll", "1700000131000000", Self.session, engaged(-1)),
            Self.event("click", "1700009131000000", Self.session, engaged(9_000_000)),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.dwells.dropLast() == [4.2, 1, 30, 1800] && imported.dwells[4].isNaN)
        let own = try VendorImport(lines.joined(separator: "\n")) { _ in
        } mapping: {
            $0.dwell = .init(field: "engagement_ms", unit: .milliseconds)
        }
        #expect(own.dwells == [0.005, 4.2, 30, 1800, 1800])
    }

    @Test func internalTrafficAndDebuggingAreLeftOut() throws {
        let lines = [
            Self.event("page_view", "1700000000000000", Self.session),
            Self.event("page_view", "1700000001000000", Self.session, Self.parameter("traffic_type", string: "internal")),
            Self.event("page_view", "1700000002000000", Self.session, Self.parameter("debug_mode", int: "1")),
            Self.event("page_view", "1700000003000000", Self.session, Self.parameter("debug_mode", int: "0")),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.summary.counts.events == 2 && imported.summary.counts.skipped == ["internal": 1, "debug": 1])
    }

    /// A key longer than any that is kept in mind, before one that is read.
    @Test(arguments: [200, 257, 300, 5_000]) func longKeysOfParameters(count: Int) throws {
        let long = Self.parameter(String(repeating: "k", count: count), string: "x")
        let lines = (0..<3).map {
            Self.event(
                "page_view", "170000000\($0)000000", long, Self.session, long, Self.parameter("page_title", string: "Cards"),
                Self.parameter("page_location", string: "/\($0)"))
        }
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.texts("page_title") == ["Cards", "Cards", "Cards"] && imported.texts("page_url") == ["/0", "/1", "/2"])
    }

    @Test func batchesAreOrderedWhereTheyCan() throws {
        func batch(_ page: String, _ event: Int) -> String {
            "\"batch_page_id\": \"\(page)\", \"batch_ordering_id\": 1, \"batch_event_index\": \"\(event)\", "
        }
        let time = "1700000000000000"
        let lines = [
            Self.event("third", time, more: batch("5", 2), Self.session), Self.event("second", time, more: batch("5", 1), Self.session),
            Self.event("first", time, Self.session),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.texts("event") == ["first", "second", "third"])
        #expect(imported.rejects.total == 0)
    }

    @Test func campaignsNeverComeFromTheFirstTouch() throws {
        let firstTouch = "\"traffic_source\": {\"source\": \"first\", \"medium\": \"cpc\", \"name\": \"old\"}, "
        let last =
            firstTouch + "\"session_traffic_source_last_click\": {\"manual_campaign\": {\"source\": null}, "
            + "\"cross_channel_campaign\": {\"source\": \"google\"}}, \"collected_traffic_source\": {\"manual_source\": \"mail\"}, "
        let lines = [
            Self.event("a", "1700000000000000", more: firstTouch, Self.session),
            Self.event("b", "1700000001000000", more: last, Self.session),
            Self.event("c", "1700000002000000", more: "\"collected_traffic_source\": {\"manual_source\": \"mail\"}, ", Self.session),
            Self.event("d", "1700000003000000", Self.session, Self.parameter("source", string: "(not set)")),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.texts("campaign_source") == [nil, "google", "mail", nil])
    }

    @Test("Own parameters are kept by name as texts, people's are not")
    func ownParameters() throws {
        let lines = [
            Self.event(
                "tool_used", "1700000000000000", Self.session, Self.parameter("loan_term", int: "60"),
                Self.parameter("user_email", string: "anna@bank.example")),
            Self.event("tool_used", "1700000001000000", Self.session, Self.parameter("loan_term", string: "five years")),
            Self.event("tool_used", "1700000002000000", Self.session, Self.parameter("loan_term", double: "1.5")),
        ]
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.texts("loan_term") == ["60", "five years", "1.5"])
        #expect(!imported.corpus.schema.fields.contains { $0.name.contains("email") })
        #expect(imported.rejects.total == 0)
    }

    @Test("Milliseconds where microseconds belong are told by their size")
    func wrongUnit() throws {
        let imported = try VendorImport(Self.event("page_view", "1700000000000", Self.session) + "\n")
        #expect(imported.corpus.timesMicroseconds[0] == 1_700_000_000_000_000)
        #expect(imported.guess.reasons.contains { $0.contains("documented in us") && $0.contains("ms") })
    }

    @Test func aHalfWrittenLastLineIsRefused() throws {
        let whole = Self.event("page_view", "1700000000000000", Self.session)
        let imported = try VendorImport(whole + "\n" + whole.prefix(90))
        #expect(imported.summary.counts.events == 1)
        #expect(imported.rejects.countsByReason == [.badJSON: 1])
    }

    @Test func eventsWithinAnEnvelope() throws {
        let lines = (0..<3).map { index in
            "{\"offset\": \(index), \"payload\": " + Self.event("page_view", "170000000000000\(index)", Self.session) + "}"
        }
        let imported = try VendorImport(lines.joined(separator: "\n"))
        #expect(imported.guess.vendor == .ga4)
        #expect(imported.sessionKeys == ["v1/1700000000"] && imported.summary.counts.events == 3)
    }
}
