/// Names of Adobe's data feed that are needed in more than one place.
enum AdobeFeed {
    /// The tables of a feed's lookup archive.
    static let lookupNames: Set<String> = [
        "column_headers", "browser", "browser_type", "color_depth", "connection_type", "country", "event", "javascript_version",
        "languages",
        "operating_systems", "plugins", "referrer_type", "resolution", "search_engines", "mobile_attributes", "carrier",
    ]

    /// Whether a folder called so holds these tables.
    static func isLookupFolder(_ name: String) -> Bool { name == "lookup" || name == "lookups" || name.hasSuffix("lookup_data") }

    /// Whether a file is one of these tables, by its name and its folder's.
    static func isLookup(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        guard names.count > 1 else { return false }
        return isLookupFolder(String(names[names.count - 2])) && lookupNames.contains(String(names[names.count - 1].prefix { $0 != "." }))
    }

    /// Columns without which hits are none.
    static let needed: Set<String> = ["hit_time_gmt", "visit_num"]
}

extension ExportMapping {
    /// Adobe Analytics, data feed: hits as tab-separated text with backslashes before what is data, ISO 8859-1 or UTF-8.
    ///
    /// Of two columns of a name the one that processing rules have passed (`post_`) comes first.
    /// - Session: the visitor, `visit_num` and `visit_start_time_gmt`, as a number alone can come again.
    /// - Visitor: both halves of the visitor's id. The customer is `cust_visid`.
    /// - Time: that of the device where the suite takes it, else of the collector. `date_time` is local to the suite and not read.
    /// - Order: `visit_page_num`.
    /// - Duplicates: both halves of the hit's id with the visitor's, as the hit's alone is nearly unique.
    /// - Left out: what Adobe leaves out of reports (`exclude_hit`), uploads of data sources and hits that summarise (`hit_source` 5, 7,
    ///   8, 9), and hits of an app in the background.
    /// - Event: the kind of hit; what happened in it is `actions`, the entries of the event list by their names. The site's section stands
    ///   for the page's type. Searches within the site stand in an eVar or prop of the site's own: it has to be mapped.
    /// - Dwell: the time to the next hit of the visit.
    static var adobeFeed: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .tsv
        mapping.delimiter = "\t"
        mapping.quote = ""
        mapping.escape = "\\"
        func both(_ names: String...) -> [String] { names.flatMap { ["post_" + $0, $0] } }
        let (high, low) = (Columns(both("visid_high")), Columns(both("visid_low")))
        mapping.visitor = high
        mapping.visitorRest = [low]
        mapping.session = SessionKey([.init(high), .init(low), .init("visit_num"), .init("visit_start_time_gmt")])
        mapping.customer = Columns(both("cust_visid"))
        let times = both("cust_hit_time_gmt") + ["hit_time_gmt"]
        mapping.time = .init(column: times[0], unit: .seconds, none: ["0"])
        mapping.timeAlternatives = times.dropFirst().map { .init(column: $0, unit: .seconds, none: ["0"]) }
        mapping.order = ["visit_page_num"]
        mapping.orderOptional = true
        mapping.duplicates = ["hitid_high", "hitid_low", high, low]
        mapping.skip = [
            Skip("excluded by Adobe", "exclude_hit", not: ["0", ""]),
            Skip("data sources and summaries", "hit_source", is: ["5", "7", "8", "9"]),
            Skip("app in the background", "customer_perspective", is: ["1"]),
        ]
        func field(_ name: String, _ columns: [String], _ kind: Kind = .categorical, table: String? = nil) -> Field {
            Field(name: name, columns: Columns(columns), kind: kind, lookup: table.map { Lookup(file: $0 + ".tsv") })
        }
        let kinds = [
            "0": "page_view", "10": "link", "11": "download", "12": "exit_link", "100": "link", "101": "download", "102": "exit_link",
        ]
        mapping.fields += [
            Field(name: "event", columns: Columns(both("page_event")), kind: .categorical, lookup: Lookup(values: kinds)),
            Field(
                name: "actions", columns: Columns(both("event_list")), kind: .text, separator: ",",
                lookup: Lookup(file: "event.tsv")),
            field("page_url", both("page_url"), .url), field("page_title", both("pagename"), .text),
            field("page_type", both("channel")), field("error_page", both("page_type")),
            field("link", both("page_event_var2"), .text), field("link_url", both("page_event_var1"), .url),
            field("products", both("product_list"), .text), field("purchase", both("purchaseid")),
            field("referrer", both("referrer"), .url), field("referrer_domain", ["ref_domain"]),
            field("referrer_type", ["ref_type"], table: "referrer_type"),
            field("search_term", both("keywords"), .text), field("search_engine", both("search_engine"), table: "search_engines"),
            field("campaign_name", both("campaign")), field("channel", ["va_closer_id"]), field("channel_detail", ["va_closer_detail"]),
            field("mobile", ["mobile_id"]), field("app", both("mobileappid")),
            field("os", ["os"], table: "operating_systems"), field("browser", ["browser"], table: "browser"),
            field("language", ["language"], table: "languages"), field("resolution", ["resolution"], table: "resolution"),
            field("connection", ["connection_type"], table: "connection_type"), field("user_agent", ["user_agent"]),
            field("country", ["geo_country"]), field("region", ["geo_region"]), field("city", ["geo_city"]),
            field("network_country", ["country"], table: "country"), field("visit_number", ["visit_num"]),
        ]
        return mapping
    }
}
