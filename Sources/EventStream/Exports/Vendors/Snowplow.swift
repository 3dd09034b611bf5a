extension ExportMapping {
    /// Snowplow's enriched events: 131 columns, tabs between, no header, no quotes. Lines with another number of columns are refused;
    /// empty is no value.
    ///
    /// - Session: `domain_sessionid`; on mobiles the `sessionId` of the context `client_session`. Rows without (anonymous tracking)
    ///   join the visitor's open session or are cut by pauses.
    /// - Visitor: `domain_userid`, the first-party cookie; on mobiles the `userId` of `client_session`; else the collector's cookie, else
    ///   the signed-in user. The customer is `user_id`.
    /// - Time: `true_tstamp` where the tracker sets it, else `derived_tstamp` (corrected for the clock of the device), else that of the
    ///   collector. All are UTC and do not say so.
    /// - Order: `eventIndex` of `client_session`, which mobiles send; web events of one time keep the order of the file.
    /// - Duplicates: the same `event_id` and `event_fingerprint`. The same id with another fingerprint is another event (a broken client, a
    ///   robot) and stays. Where there is no fingerprint the id decides.
    /// - Dwell: page pings, folded into the page view whose id the context `web_page` has, with the packages' defaults of 10 seconds after
    ///   the first 5. A site may have set others: keep the mapping and change `pings`, also for pings of tabs left open.
    /// - Robots as the IAB list or YAUAA tell them are left out.
    static var snowplow: ExportMapping {
        var mapping = snowplow(SnowplowColumns(header: nil))
        mapping.format = .tsv
        mapping.delimiter = "\t"
        mapping.quote = ""
        mapping.header = false
        mapping.columns = SnowplowColumns.atomic
        return mapping
    }

    /// Snowplow's table of events as warehouses write it, in any order of columns and with a column for each context. As ``snowplow``; the
    /// columns that the table lacks are left out. Tables without session ids have the session's number with the visitor.
    static func snowplowTable(_ header: [String]) -> ExportMapping {
        var mapping = snowplow(SnowplowColumns(header: header))
        mapping.format = .csv
        mapping.header = true
        let names = Set(header.map { $0.lowercased() })
        if !names.contains("domain_sessionid"), names.contains("domain_sessionidx"), names.contains("domain_userid") {
            mapping.session = ["domain_userid", "domain_sessionidx"]
        }
        return mapping.pruned(to: header)
    }

    private static func snowplow(_ columns: SnowplowColumns) -> ExportMapping {
        let own = "com.snowplowanalytics.snowplow/"
        let mobile = "com.snowplowanalytics.mobile/"
        let shop = "com.snowplowanalytics.snowplow.ecommerce/"
        let (robots, agent, parser) = ("com.iab.snowplow/spiders_and_robots", "nl.basjes/yauaa_context", own + "ua_parser_context")
        var mapping = ExportMapping()
        mapping.visitor = Columns(
            ["domain_userid"] + columns.context(own + "client_session", "userId") + ["network_userid", "user_id"])
        mapping.session = SessionKey([
            .init(Columns(["domain_sessionid"] + columns.context(own + "client_session", "sessionId")))
        ])
        mapping.customer = Columns(["user_id"] + columns.context(shop + "user", "id"))
        mapping.time = .init(column: "true_tstamp", unit: .iso8601, zone: "UTC")
        mapping.timeAlternatives = ["derived_tstamp", "collector_tstamp"].map { .init(column: $0, unit: .iso8601, zone: "UTC") }
        mapping.order = Array(columns.context(own + "client_session", "eventIndex").prefix(1))
        mapping.orderOptional = !mapping.order.isEmpty
        mapping.duplicates = ["event_id", ["event_fingerprint", "event_id"]]
        mapping.skip = [
            Skip("robot", Columns(columns.context(robots, "spiderOrRobot")), is: ["true", "1"]),
            Skip("robot", Columns(columns.context(agent, "agentClass")), is: ["Robot", "Robot Mobile", "Robot Imitator", "Hacker"]),
        ]
        func field(_ name: String, _ columns: [String], _ kind: Kind = .categorical, when: Condition? = nil) -> Field {
            Field(name: name, columns: Columns(columns), kind: kind, when: when)
        }
        let page = columns.context(own + "web_page", "id")
        mapping.fields += [
            field("event", ["event_name", "event"]), field("platform", ["platform"]), field("app", ["app_id"]),
            field("page_url", ["page_url"], .url), field("page_path", ["page_urlpath"]), field("page_title", ["page_title"], .text),
            field("page_type", columns.context(shop + "page", "type")),
            field("query_string", ["page_urlquery"], .text), field("referrer", ["page_referrer"], .url),
            field("referrer_type", ["refr_medium"]), field("referrer_source", ["refr_source"]),
            field("referrer_term", ["refr_term"], .text),
            field("screen", columns.context(mobile + "screen", "name") + columns.event(mobile + "screen_view", "name")),
            field("search_query", columns.event(own + "site_search", "terms").map { $0 + ".*" }, .text),
            field("link", columns.event(own + "link_click", "targetUrl"), .url),
            field("action", columns.event(shop + "snowplow_ecommerce_action", "type")),
            field("campaign_source", ["mkt_source"]), field("campaign_medium", ["mkt_medium"]), field("campaign_name", ["mkt_campaign"]),
            field("campaign_term", ["mkt_term"]), field("campaign_content", ["mkt_content"]), field("click_id", ["mkt_clickid"]),
            field("campaign_network", ["mkt_network"]),
            field("se_category", ["se_category"]), field("se_action", ["se_action"]), field("se_label", ["se_label"]),
            field("se_property", ["se_property"]), field("se_value", ["se_value"]),
            field("device", ["dvce_type"] + columns.context(agent, "deviceClass") + columns.context(parser, "deviceFamily")),
            field("os", ["os_family", "os_name"] + columns.context(parser, "osFamily") + columns.context(agent, "operatingSystemName")),
            field("browser", ["br_family", "br_name"] + columns.context(parser, "useragentFamily") + columns.context(agent, "agentName")),
            field("language", ["br_lang"]), field("time_zone", ["os_timezone", "geo_timezone"]),
            field("country", ["geo_country"]), field("region", ["geo_region_name", "geo_region"]), field("city", ["geo_city"]),
            field("consent", columns.event(own + "consent_preferences", "eventType")),
            field("session_number", ["domain_sessionidx"] + columns.context(own + "client_session", "sessionIndex")),
            field("page_view_id", page, when: .init(column: "event", is: ["page_view", "page_ping"])),
            field("stray_ping", ["event"], when: .init(column: "event", is: ["page_ping"])),
        ]
        if !page.isEmpty { mapping.pings = Pings(page: "page_view_id", marker: "stray_ping") }
        return mapping
    }
}
