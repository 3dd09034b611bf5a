extension ExportMapping {
    /// Segment's calls as JSON Lines.
    ///
    /// - Session: the specification defines none; pauses cut.
    /// - Visitor: `anonymousId`; server libraries send `userId` alone. Rows with neither are refused.
    /// - Time: `timestamp`, which Segment corrects by the clock of the device; where a pipeline dropped it the time the device named, then those
    ///   of sending and receipt.
    /// - Event: the name of a track call or of a page or screen, else the type of the call. Calls that only say who somebody is (identify,
    ///   group, alias) are kept: their `call` tells them apart.
    /// - Search: `properties.query` of "Products Searched". `context.page.search` is the query string of the address and kept as such.
    /// - Duplicates: retries have the same `messageId` and perhaps another `timestamp`.
    static var segment: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        mapping.visitor = ["anonymousId", "userId"]
        mapping.customer = "userId"
        mapping.time = .init(column: "timestamp", unit: .iso8601)
        mapping.timeAlternatives = ["originalTimestamp", "sentAt", "receivedAt"].map { .init(column: $0, unit: .iso8601) }
        mapping.duplicates = ["messageId"]
        mapping.fields += [
            Field(name: "event", columns: ["event", "name", "type"], kind: .categorical),
            Field(name: "call", column: "type", kind: .categorical),
            Field(name: "channel", columns: ["channel", "context.channel"], kind: .categorical),
            Field(name: "page_url", columns: ["properties.url", "context.page.url"], kind: .url),
            Field(name: "page_path", columns: ["properties.path", "context.page.path"], kind: .categorical),
            Field(name: "page_title", columns: ["properties.title", "context.page.title"], kind: .text),
            Field(name: "page_type", columns: ["category", "properties.category"], kind: .categorical),
            Field(name: "referrer", columns: ["properties.referrer", "context.page.referrer"], kind: .url),
            Field(name: "query_string", columns: ["properties.search", "context.page.search"], kind: .text),
            Field(
                name: "search_query", column: "properties.query", kind: .text,
                when: .init(column: "event", is: ["Products Searched"])),
            Field(name: "campaign_source", column: "context.campaign.source", kind: .categorical),
            Field(name: "campaign_medium", column: "context.campaign.medium", kind: .categorical),
            Field(name: "campaign_name", column: "context.campaign.name", kind: .categorical),
            Field(name: "campaign_term", column: "context.campaign.term", kind: .categorical),
            Field(name: "campaign_content", column: "context.campaign.content", kind: .categorical),
            Field(name: "click_id", columns: ["context.campaign.gclid", "context.referrer.id"], kind: .categorical),
            Field(name: "device", columns: ["context.device.type", "context.device.model"], kind: .categorical),
            Field(name: "os", column: "context.os.name", kind: .categorical),
            Field(name: "user_agent", column: "context.userAgent", kind: .categorical),
            Field(name: "app", column: "context.app.name", kind: .categorical),
            Field(name: "language", column: "context.locale", kind: .categorical),
            Field(name: "time_zone", column: "context.timezone", kind: .categorical),
            Field(name: "country", column: "context.location.country", kind: .categorical),
            Field(name: "region", column: "context.location.region", kind: .categorical),
            Field(name: "city", column: "context.location.city", kind: .categorical),
            Field(name: "consent", column: "context.consent.categoryPreferences", kind: .categorical),
        ]
        return mapping
    }
}
