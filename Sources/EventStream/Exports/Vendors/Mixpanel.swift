extension ExportMapping {
    /// Mixpanel's raw export: `{"event": …, "properties": {…}}` a line.
    ///
    /// - Session: none is exported; pauses cut.
    /// - Visitor: `$device_id`, which outlives signing in; `distinct_id` (the person, once merged) where there is none. The customer is
    ///   `$user_id`.
    /// - Time: `properties.time`, seconds; milliseconds in some pipelines, told by the size. Projects made before 2023 export in their own time
    ///   zone as if it were UTC: then give a mapping, as nothing in the file says so.
    /// - Duplicates: Mixpanel's own rule, event name, time, `distinct_id` and `$insert_id`.
    static var mixpanel: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        mapping.visitor = ["properties.$device_id", "properties.distinct_id"]
        mapping.customer = "properties.$user_id"
        mapping.time = .init(column: "properties.time", unit: .seconds)
        mapping.duplicates = ["event", "properties.time", "properties.distinct_id", "properties.$insert_id"]
        func property(_ name: String, _ columns: String..., kind: Kind = .categorical) -> Field {
            Field(name: name, columns: Columns(columns.map { "properties.\($0)" }), kind: kind)
        }
        mapping.fields += [
            Field(name: "event", column: "event", kind: .categorical),
            property("page_url", "$current_url", "current_url", "current_page_url", "url", kind: .url),
            property("page_path", "current_url_path"),
            property("page_title", "current_page_title", "$page_title", "title", kind: .text),
            property("referrer", "$referrer", kind: .url),
            property("search_query", "search_query", "query", "search_term", "$search_keyword", "mp_keyword", kind: .text),
            property("campaign_source", "utm_source"), property("campaign_medium", "utm_medium"),
            property("campaign_name", "utm_campaign"), property("campaign_term", "utm_term"), property("campaign_content", "utm_content"),
            property("click_id", "gclid", "fbclid", "msclkid"),
            property("device", "$device", "$model"), property("os", "$os"), property("browser", "$browser"),
            property("country", "mp_country_code", "$country_code"), property("region", "$region"), property("city", "$city"),
            property("library", "mp_lib"), property("duration_s", "$duration", kind: .numeric),
        ]
        return mapping
    }
}
