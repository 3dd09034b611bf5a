/// Exports of vendors as loaders write them into warehouses: one column for each member, delimited text with a header. Columns that a table
/// lacks are left out, see ``ExportMapping/pruned(to:)``.
extension ExportMapping {
    /// Google Analytics 4, flat: events as Fivetran lands them (`param_…`), or lines of items from the merchandise store's sample. As
    /// ``ga4``.
    ///
    /// - Session: `user_pseudo_id` and the session's id, packed or plain. Lines of items have none; pauses cut.
    /// - Time: `event_timestamp` in microseconds, else `timestamp`, which is UTC and does not say so.
    /// - Duplicates: the loader's id of the row. Without one equal rows alone are repetitions.
    /// - Campaign: as collected, else from parameters; `traffic_source_…` is the visitor's first touch and not read.
    static var ga4Table: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .csv
        mapping.missing = ["", "(not set)"]
        mapping.visitor = ["user_pseudo_id", "user_id"]
        mapping.session = SessionKey([
            .init("user_pseudo_id"), .init(["param_ga_session_id", "ga_session_id", "session_id"], between: ["s", "$"]),
        ])
        mapping.customer = "user_id"
        mapping.time = .init(column: "event_timestamp", unit: .microseconds)
        mapping.timeAlternatives = [.init(column: "timestamp", unit: .iso8601, zone: "UTC")]
        mapping.order = ["batch_page_id", "batch_ordering_id", "batch_event_index"]
        mapping.orderOptional = true
        mapping.duplicates = ["_fivetran_id"]
        func param(_ name: String, _ parameter: String, _ others: String..., kind: Kind = .categorical) -> Field {
            Field(name: name, columns: Columns(others + ["param_" + parameter, parameter]), kind: kind)
        }
        func column(_ name: String, _ columns: String..., kind: Kind = .categorical) -> Field {
            Field(name: name, columns: Columns(columns), kind: kind)
        }
        mapping.fields += [
            column("event", "event_name", "name"), column("platform", "platform"), column("stream", "stream_id"),
            param("page_url", "page_location", kind: .url), param("page_title", "page_title", kind: .text),
            param("page_type", "content_group"), param("referrer", "page_referrer", kind: .url), param("screen", "firebase_screen"),
            param("search_query", "search_term", kind: .text), param("engagement_ms", "engagement_time_msec", kind: .numeric),
            param("session_number", "ga_session_number"),
            param("campaign_source", "source", "collected_traffic_source_manual_source"),
            param("campaign_medium", "medium", "collected_traffic_source_manual_medium"),
            param("campaign_name", "campaign", "collected_traffic_source_manual_campaign_name"),
            param("campaign_term", "term", "collected_traffic_source_manual_term"),
            param("campaign_content", "content", "collected_traffic_source_manual_content"),
            param("click_id", "gclid", "collected_traffic_source_gclid"),
            column("item", "item_id"), column("item_name", "item_name", kind: .text),
            column("price", "price_in_usd", "price", kind: .numeric), column("quantity", "quantity", kind: .numeric),
            column("revenue", "item_revenue_in_usd", "item_revenue", kind: .numeric),
            column("device", "device_category"), column("brand", "device_mobile_brand_name", "mobile_brand_name"),
            column("model", "device_mobile_model_name", "mobile_model_name"), column("os", "device_operating_system", "operating_system"),
            column("browser", "device_web_info_browser", "device_browser"), column("language", "device_language"),
            column("hostname", "event_dimensions_hostname", "device_web_info_hostname"),
            column("country", "geo_country", "country"), column("region", "geo_region", "region"), column("city", "geo_city", "city"),
            column("consent", "privacy_info_analytics_storage"),
        ]
        return mapping
    }

    /// Segment's and RudderStack's tables (pages, screens, tracks, one for each event): calls with names in snake case.
    ///
    /// - Session: RudderStack's `context_session_id` with `anonymous_id`; Segment has none, so pauses cut.
    /// - Time: `timestamp`, then when the device says it was, when it was sent and received; UTC.
    /// - Event: `event_text`, `event` or the page's `name`. Tables of pages need not have one.
    /// - Duplicates: `id`, which is the call's `messageId`.
    static var segmentTable: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .csv
        mapping.visitor = ["anonymous_id", "user_id"]
        mapping.session = ["anonymous_id", "context_session_id"]
        mapping.customer = "user_id"
        mapping.time = .init(column: "timestamp", unit: .iso8601, zone: "UTC")
        mapping.timeAlternatives = ["original_timestamp", "sent_at", "received_at"].map { .init(column: $0, unit: .iso8601, zone: "UTC") }
        mapping.duplicates = [["id", "message_id"]]
        func column(_ name: String, _ columns: String..., kind: Kind = .categorical) -> Field {
            Field(name: name, columns: Columns(columns), kind: kind)
        }
        mapping.fields += [
            column("event", "event_text", "event", "name"), column("channel", "channel", "context_channel"),
            column("page_url", "url", "context_page_url", kind: .url), column("page_path", "path", "context_page_path"),
            column("page_title", "title", "context_page_title", kind: .text), column("page_type", "category"),
            column("referrer", "referrer", "context_page_referrer", "context_page_initial_referrer", kind: .url),
            column("query_string", "search", "context_page_search", kind: .text),
            Field(
                name: "search_query", column: "query", kind: .text,
                when: .init(column: "event", is: ["products_searched", "Products Searched"])),
            column("campaign_source", "context_campaign_source"), column("campaign_medium", "context_campaign_medium"),
            column("campaign_name", "context_campaign_name"), column("campaign_term", "context_campaign_term"),
            column("campaign_content", "context_campaign_content"), column("click_id", "context_campaign_gclid", "gclid"),
            column("device", "context_device_type", "context_device_model"), column("os", "context_os_name"),
            column("user_agent", "context_user_agent"), column("app", "context_app_name"), column("language", "context_locale"),
            column("time_zone", "context_timezone"), column("country", "context_location_country"),
            column("region", "context_location_region"), column("city", "context_location_city"),
            column("session_start", "context_session_start"),
        ]
        return mapping
    }

    /// Amplitude's events as a loader lands them: as ``amplitude``, with properties as JSON in cells.
    static func amplitudeTable(_ header: [String]) -> ExportMapping {
        var mapping = amplitude
        mapping.format = .csv
        mapping.duplicates = [["uuid", "$insert_id", "_insert_id"]]
        // Where a loader calls the count of a device's events so.
        if !header.contains("event_id"), header.contains("id") { mapping.order = ["id"] }
        return mapping.pruned(to: header)
    }
}
