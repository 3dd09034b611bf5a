extension ExportMapping {
    /// Amplitude's export, one event a line.
    ///
    /// - Session: `device_id` and `session_id`, the start in milliseconds; -1 says that the event lies outside sessions, so pauses cut.
    /// - Visitor: `device_id`, which sessions belong to; `amplitude_id` (the person as Amplitude merged it) where there is none.
    /// - Time: `event_time`, corrected by Amplitude for the clock of the device, in UTC though it does not say so.
    /// - Order: `event_id` counts the events of a device.
    /// - Duplicates: `uuid`, and `$insert_id` where it is missing: hours that are exported twice.
    static var amplitude: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        mapping.visitor = ["device_id", "amplitude_id", "user_id"]
        mapping.session = SessionKey([.init("device_id"), .init("session_id", none: ["-1"])])
        mapping.customer = "user_id"
        mapping.time = .init(column: "event_time", unit: .iso8601, zone: "UTC")
        mapping.timeAlternatives = ["client_event_time", "server_received_time"].map { .init(column: $0, unit: .iso8601, zone: "UTC") }
        mapping.order = ["event_id"]
        mapping.orderOptional = true
        mapping.duplicates = [["uuid", "$insert_id"]]
        func property(_ name: String, _ others: String..., kind: Kind = .categorical) -> Field {
            Field(
                name: name, columns: Columns(others.map { "event_properties.\($0)" } + others.map { "user_properties.\($0)" }), kind: kind)
        }
        mapping.fields += [
            Field(name: "event", column: "event_type", kind: .categorical),
            Field(name: "platform", kind: .categorical),
            property("page_url", "[Amplitude] Page URL", "[Amplitude] Page Location", "page_url", "url", kind: .url),
            property("page_path", "[Amplitude] Page Path", "page_path", "path"),
            property("page_title", "[Amplitude] Page Title", "page_title", "title", kind: .text),
            property("referrer", "referrer", kind: .url),
            property("search_query", "search_query", "query", "search_term", kind: .text),
            property("campaign_source", "utm_source"), property("campaign_medium", "utm_medium"),
            property("campaign_name", "utm_campaign"), property("campaign_term", "utm_term"), property("campaign_content", "utm_content"),
            property("click_id", "gclid", "fbclid", "msclkid"),
            Field(name: "device", columns: ["device_type", "device_family"], kind: .categorical),
            Field(name: "os", columns: ["os_name"], kind: .categorical),
            Field(name: "language", kind: .categorical),
            Field(name: "country", kind: .categorical),
            Field(name: "region", kind: .categorical),
            Field(name: "city", kind: .categorical),
            Field(name: "library", kind: .categorical),
            Field(name: "version", column: "version_name", kind: .categorical),
        ]
        return mapping
    }
}
