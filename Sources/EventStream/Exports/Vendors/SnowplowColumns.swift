/// Where Snowplow's exports hold what: enriched events as 131 columns with JSON in three of them, or a table of the warehouse with a column
/// for each context and each self-describing event.
struct SnowplowColumns {
    /// The columns of enriched events, in order.
    static let atomic = [
        "app_id", "platform", "etl_tstamp", "collector_tstamp", "dvce_created_tstamp", "event", "event_id", "txn_id", "name_tracker",
        "v_tracker",
        "v_collector", "v_etl", "user_id", "user_ipaddress", "user_fingerprint", "domain_userid", "domain_sessionidx", "network_userid",
        "geo_country", "geo_region", "geo_city", "geo_zipcode", "geo_latitude", "geo_longitude", "geo_region_name", "ip_isp",
        "ip_organization",
        "ip_domain", "ip_netspeed", "page_url", "page_title", "page_referrer", "page_urlscheme", "page_urlhost", "page_urlport",
        "page_urlpath", "page_urlquery", "page_urlfragment", "refr_urlscheme", "refr_urlhost", "refr_urlport", "refr_urlpath",
        "refr_urlquery",
        "refr_urlfragment", "refr_medium", "refr_source", "refr_term", "mkt_medium", "mkt_source", "mkt_term", "mkt_content",
        "mkt_campaign",
        "contexts", "se_category", "se_action", "se_label", "se_property", "se_value", "unstruct_event", "tr_orderid", "tr_affiliation",
        "tr_total", "tr_tax", "tr_shipping", "tr_city", "tr_state", "tr_country", "ti_orderid", "ti_sku", "ti_name", "ti_category",
        "ti_price",
        "ti_quantity", "pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max", "useragent", "br_name", "br_family",
        "br_version", "br_type", "br_renderengine", "br_lang", "br_features_pdf", "br_features_flash", "br_features_java",
        "br_features_director", "br_features_quicktime", "br_features_realplayer", "br_features_windowsmedia", "br_features_gears",
        "br_features_silverlight", "br_cookies", "br_colordepth", "br_viewwidth", "br_viewheight", "os_name", "os_family",
        "os_manufacturer",
        "os_timezone", "dvce_type", "dvce_ismobile", "dvce_screenwidth", "dvce_screenheight", "doc_charset", "doc_width", "doc_height",
        "tr_currency", "tr_total_base", "tr_tax_base", "tr_shipping_base", "ti_currency", "ti_price_base", "base_currency", "geo_timezone",
        "mkt_clickid", "mkt_network", "etl_tags", "dvce_sent_tstamp", "refr_domain_userid", "refr_dvce_tstamp", "derived_contexts",
        "domain_sessionid", "derived_tstamp", "event_vendor", "event_name", "event_format", "event_version", "event_fingerprint",
        "true_tstamp",
    ]

    /// The columns that hold self-describing JSON.
    static let cells = ["contexts", "unstruct_event", "derived_contexts"]

    /// The header of a table; nil for enriched events.
    let header: [String]?

    /// A member of a context, as the tracker or the enrichment adds it.
    func context(_ schema: String, _ members: String...) -> [String] {
        let cells = members.flatMap { ["contexts[\(schema)].\($0)", "derived_contexts[\(schema)].\($0)"] }
        guard let header else { return cells }
        return columns("contexts", schema, header).flatMap { column in members.flatMap { spellings($0).map { "\(column).0.\($0)" } } }
            + (header.contains("contexts") ? cells : [])
    }

    /// A member of a self-describing event.
    func event(_ schema: String, _ members: String...) -> [String] {
        let cells = members.map { "unstruct_event[\(schema)].\($0)" }
        guard let header else { return cells }
        return columns("unstruct_event", schema, header).flatMap { column in
            members.flatMap { spellings($0).flatMap { ["\(column).\($0)", "\(column).0.\($0)"] } }
        } + (header.contains("unstruct_event") ? cells : [])
    }

    /// The columns of any version of a schema: `contexts_com_example_page_1`, `CONTEXTS_COM_EXAMPLE_PAGE_1_0_2`.
    private func columns(_ prefix: String, _ schema: String, _ header: [String]) -> [String] {
        let stem = prefix + "_" + Self.snake(schema) + "_"
        return header.filter { name in
            let name = name.lowercased()
            return name.hasPrefix(stem) && name.dropFirst(stem.count).allSatisfy { $0 == "_" || $0.isNumber }
        }.sorted()
    }

    /// As the schema writes a member, and as warehouses do.
    private func spellings(_ member: String) -> [String] {
        let snake = Self.snake(member)
        return snake == member ? [member] : [member, snake]
    }

    /// `com.example/PageView` as `com_example_page_view`.
    static func snake(_ name: String) -> String {
        var text = ""
        for character in name {
            if character.isUppercase {
                if let last = text.last, last != "_" { text.append("_") }
                text += character.lowercased()
            } else {
                text.append(character.isLetter || character.isNumber ? character : "_")
            }
        }
        return text
    }

    /// The schema of a column that holds one, as the name of a field begins: without prefix and version.
    static func stem(of column: String) -> String {
        var name = Substring(column)
        for prefix in ["contexts_", "unstruct_event_"] where name.lowercased().hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        while let last = name.last, last.isNumber || last == "_" { name = name.dropLast() }
        return String(name)
    }

    /// Schemas of which nothing is kept beyond what the mapping names: ids of single events, tokens, sizes of windows, where somebody is.
    static let superfluous = [
        "com.snowplowanalytics.snowplow/client_session", "com.snowplowanalytics.snowplow/web_page",
        "com.snowplowanalytics.snowplow/geolocation_context", "org.w3/PerformanceTiming",
        "com.snowplowanalytics.snowplow/ua_parser_context",
        "nl.basjes/yauaa_context", "com.iab.snowplow/spiders_and_robots", "org.ietf/http_cookie", "com.google.analytics/cookies",
        "com.snowplowanalytics.snowplow/mobile_context", "com.snowplowanalytics.snowplow.ecommerce/user",
        "com.google.analytics/private", "com.mparticle.snowplow/pushregistration_event", "org.ietf/http_header",
    ]

    /// What people write into forms.
    static let writtenByPeople = ["change_form", "submit_form", "focus_form"]
}
