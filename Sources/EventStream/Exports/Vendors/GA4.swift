extension ExportMapping {
    /// Google Analytics 4, table `events_YYYYMMDD` or `events_intraday_YYYYMMDD` of the BigQuery export as JSON Lines.
    ///
    /// - Session: `user_pseudo_id` and the parameter `ga_session_id`, which is a start second and not unique alone. Some properties send it
    ///   packed (`s1700000000$o3$g1…`); its first part is the same number. Rows without it (denied consent, SDK gaps) join the visitor's open session or are cut by pauses.
    ///   Streams share visitors only where the property is set up so; `stream_id` is kept as a field.
    /// - Visitor: `user_pseudo_id`; where consent was denied it is null, and `user_id` stands in if known. Rows with neither belong to nobody
    ///   and are refused as `missing_identity`. `client_id` and `client_key` are what dbt packages call the visitor.
    /// - Time: `event_timestamp`. Events of one batch share it; the batch's numbers order them, where the export has them (since July 2024).
    /// - Campaign: of the session's last click, else as collected, else from parameters. `traffic_source` is the first touch of the visitor
    ///   and is not read.
    /// - Duplicates: the same visitor, name, time and all parameters, in any order.
    /// - Dwell: `engagement_time_msec` of the next event, which is how long the page was in front since the last one; else the time between.
    /// - Internal traffic and events of a debugging session, as Google marks them, are left out.
    static var ga4: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        let visitor: Columns = ["user_pseudo_id", "client_id", "client_key", "user_id"]
        mapping.visitor = visitor
        mapping.session = SessionKey([
            .init(["user_pseudo_id", "client_id", "client_key"]),
            .init(["event_params[ga_session_id]", "ga_session_id"], between: ["s", "$"]),
        ])
        mapping.customer = "user_id"
        mapping.time = .init(column: "event_timestamp", unit: .microseconds)
        mapping.order = ["batch_page_id", "batch_ordering_id", "batch_event_index"]
        mapping.orderOptional = true
        mapping.duplicates = [visitor, "event_name", "event_timestamp", "event_params[]"]
        mapping.missing = ["", "(not set)"]
        mapping.dwell = Dwell(field: "engagement_ms", unit: .milliseconds, of: .previous)
        mapping.skip = [
            Skip("internal", "event_params[traffic_type]", is: ["internal"]), Skip("debug", "event_params[debug_mode]", is: ["1", "true"]),
        ]
        let session = "session_traffic_source_last_click"
        func campaign(_ name: String, _ manual: String, _ cross: String, _ parameter: String, _ collected: String) -> Field {
            Field(
                name: name,
                columns: [
                    "\(session).manual_campaign.\(manual)", "\(session).cross_channel_campaign.\(cross)",
                    "collected_traffic_source.\(collected)", "event_params[\(parameter)]",
                ], kind: .categorical)
        }
        mapping.fields += [
            Field(name: "event", column: "event_name", kind: .categorical),
            Field(name: "platform", kind: .categorical),
            Field(name: "stream", column: "stream_id", kind: .categorical),
            Field(name: "page_url", columns: ["event_params[page_location]", "page_location"], kind: .url),
            Field(name: "page_title", columns: ["event_params[page_title]", "page_title"], kind: .text),
            Field(name: "page_type", column: "event_params[content_group]", kind: .categorical),
            Field(name: "referrer", columns: ["event_params[page_referrer]", "page_referrer"], kind: .url),
            Field(name: "screen", columns: ["event_params[firebase_screen]", "event_params[firebase_screen_class]"], kind: .categorical),
            Field(name: "search_query", column: "event_params[search_term]", kind: .text),
            Field(name: "engagement_ms", column: "event_params[engagement_time_msec]", kind: .numeric),
            Field(name: "session_number", columns: ["event_params[ga_session_number]", "ga_session_number"], kind: .categorical),
            Field(name: "session_engaged", columns: ["event_params[session_engaged]", "session_engaged"], kind: .categorical),
            campaign("campaign_source", "source", "source", "source", "manual_source"),
            campaign("campaign_medium", "medium", "medium", "medium", "manual_medium"),
            campaign("campaign_name", "campaign_name", "campaign_name", "campaign", "manual_campaign_name"),
            campaign("campaign_term", "term", "term", "term", "manual_term"),
            campaign("campaign_content", "content", "content", "content", "manual_content"),
            Field(
                name: "click_id",
                columns: [
                    "collected_traffic_source.gclid", "collected_traffic_source.dclid", "collected_traffic_source.srsltid",
                    "event_params[gclid]",
                ], kind: .categorical),
            Field(name: "device", column: "device.category", kind: .categorical),
            Field(name: "brand", column: "device.mobile_brand_name", kind: .categorical),
            Field(name: "os", column: "device.operating_system", kind: .categorical),
            Field(name: "browser", columns: ["device.web_info.browser", "device.browser"], kind: .categorical),
            Field(name: "language", column: "device.language", kind: .categorical),
            Field(name: "hostname", column: "device.web_info.hostname", kind: .categorical),
            Field(name: "country", column: "geo.country", kind: .categorical),
            Field(name: "region", column: "geo.region", kind: .categorical),
            Field(name: "city", column: "geo.city", kind: .categorical),
            Field(name: "consent", column: "privacy_info.analytics_storage", kind: .categorical),
            Field(name: "consent_ads", column: "privacy_info.ads_storage", kind: .categorical),
        ]
        return mapping
    }
}
