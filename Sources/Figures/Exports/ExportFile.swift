/// Clicks of a ``ClickSource`` as a vendor exports them.
enum ExportFile: String, CaseIterable {
    /// GA4's table of events as JSON Lines.
    case ga4
    /// Snowplow's enriched events, 131 columns.
    case snowplow

    private static let events = [
        "page_view", "click", "scroll", "view_search_results", "add_to_cart", "begin_checkout", "purchase", "login",
    ]
    .map { Array($0.utf8) }
    private static let words = ["tea", "winter jacket", "laptop", "kids", "red shoes", "gift card", "sale", "desk lamp"].map {
        Array($0.utf8)
    }
    private static let places = [("Spain", "Madrid"), ("Spain", "Sevilla"), ("Portugal", "Porto"), ("France", "Lyon")].map {
        (country: Array($0.0.utf8), city: Array($0.1.utf8))
    }

    /// Writes rows to a new file, until there are so many or the file has so many bytes. Returns the source, which counted what it made,
    /// and how many rows and bytes were written.
    func write(_ path: String, rows: Int = .max, bytes: Int = .max, source given: ClickSource) throws
        -> (source: ClickSource, rows: Int, bytes: Int)
    {
        var source = given
        var text = try TextFile(path)
        var count = 0
        while count < rows, text.total < bytes {
            let click = source.next()
            switch self {
            case .ga4: Self.addGA4(click, &text)
            case .snowplow: Self.addSnowplow(click, &text)
            }
            text.add("\n")
            try text.endRow()
            count += 1
        }
        return (source, count, try text.close())
    }

    private static func addPage(_ click: ClickSource.Click, _ text: inout TextFile) {
        text.add("/shop/c")
        text.add(click.page % 40, digits: 2)
        text.add("/item-")
        text.add(click.page, digits: 4)
    }

    private static func isSearch(_ click: ClickSource.Click) -> Bool { (click.draw >> 33) % 8 == 3 }
    private static func hasCampaign(_ click: ClickSource.Click) -> Bool { click.visitor % 3 == 0 }

    private static func addGA4(_ click: ClickSource.Click, _ text: inout TextFile) {
        let place = places[click.visitor % places.count]
        func parameter(_ key: StaticString, _ text: inout TextFile) {
            text.add("},{\"key\":\"")
            text.add(key)
            text.add("\",\"value\":{\"")
        }
        text.add("{\"event_date\":\"20260101\",\"event_timestamp\":\"")
        text.add(click.time, digits: 13)
        text.add("000\",\"event_name\":\"")
        text.add(events[Int((click.draw >> 33) % 8)])
        text.add("\",\"event_params\":[{\"key\":\"ga_session_id\",\"value\":{\"int_value\":\"")
        text.add(click.visitBegan / 1000, digits: 10)
        text.add("\"}")
        parameter("page_location", &text)
        text.add("string_value\":\"https://shop.example")
        addPage(click, &text)
        text.add("\"}")
        parameter("page_title", &text)
        text.add("string_value\":\"Winter jacket | Shop ")
        text.add(click.page, digits: 4)
        text.add("\"}")
        parameter("ga_session_number", &text)
        text.add("int_value\":\"")
        text.add(click.visit, digits: 3)
        text.add("\"}")
        parameter("engagement_time_msec", &text)
        text.add("int_value\":\"")
        text.add(Int((click.draw >> 45) % 100_000), digits: 5)
        text.add("\"}")
        parameter("session_engaged", &text)
        text.add("string_value\":\"1\"}")
        if isSearch(click) {
            parameter("search_term", &text)
            text.add("string_value\":\"")
            text.add(words[Int((click.draw >> 40) % 8)])
            text.add("\"}")
        }
        text.add("}],\"event_bundle_sequence_id\":\"")
        text.add(Int(click.draw >> 40), digits: 10)
        text.add("\",\"user_pseudo_id\":\"v")
        text.add(click.visitor, digits: 8)
        text.add("\",\"privacy_info\":{\"analytics_storage\":\"Yes\",\"ads_storage\":\"Yes\",\"uses_transient_token\":\"No\"}")
        text.add(",\"device\":{\"category\":\"")
        text.add(click.visitor % 3 == 0 ? "mobile" : "desktop")
        text.add(
            "\",\"operating_system\":\"Android\",\"operating_system_version\":\"15\",\"language\":\"es-es\",\"is_limited_ad_tracking\"")
        text.add(
            ":\"No\",\"web_info\":{\"browser\":\"Chrome\",\"browser_version\":\"140.0.0.0\",\"hostname\":\"shop.example\"}},\"geo\":{\"city\":\""
        )
        text.add(place.city)
        text.add("\",\"country\":\"")
        text.add(place.country)
        text.add("\",\"continent\":\"Europe\",\"region\":\"")
        text.add(place.city)
        text.add(
            "\",\"sub_continent\":\"Southern Europe\",\"metro\":\"(not set)\"},\"traffic_source\":{\"name\":\"(direct)\",\"medium\":\"(none)\""
        )
        text.add(",\"source\":\"(direct)\"},\"stream_id\":\"1440836021\",\"platform\":\"WEB\",\"items\":[]")
        if hasCampaign(click) {
            text.add(",\"collected_traffic_source\":{\"manual_campaign_name\":\"cmp-")
            text.add(click.visitor % 60, digits: 2)
            text.add("\",\"manual_source\":\"newsletter\",\"manual_medium\":\"email\"}")
        }
        text.add(",\"is_active_user\":true,\"batch_page_id\":\"")
        text.add(click.visitBegan, digits: 13)
        text.add("\",\"batch_ordering_id\":\"")
        text.add(click.place, digits: 4)
        text.add("\",\"batch_event_index\":\"1\"}")
    }

    /// Columns by their places, from 1; those between stay empty.
    private static func addSnowplow(_ click: ClickSource.Click, _ text: inout TextFile) {
        let place = places[click.visitor % places.count]
        let event = events[Int((click.draw >> 33) % 8)]
        let isView = (click.draw >> 33) % 8 == 0
        var column = 1
        func go(to wanted: Int, _ text: inout TextFile) {
            while column < wanted {
                text.add("\t")
                column += 1
            }
        }
        func id(_ tail: Int, _ text: inout TextFile) {
            text.add(Int(click.draw >> 38), digits: 8)
            text.add("-30da-42fd-a48d-")
            text.add(tail % 1_000_000_000_000, digits: 12)
        }
        text.add("shop\tweb\t")
        text.add(time: click.time + 1500, isPlain: true)
        text.add("\t")
        text.add(time: click.time + 900, isPlain: true)
        text.add("\t")
        text.add(time: click.time, isPlain: true)
        text.add("\t")
        text.add(isView ? "page_view" : isSearch(click) ? "unstruct" : "struct")
        text.add("\t")
        id(click.time, &text)
        column = 7
        go(to: 9, &text)
        text.add("sp\tjs-4.6.3\tssc-3.4.0-kafka\tsnowplow-enrich-kafka-5.3.0-common-5.3.0\t\t192.0.2.7\t\tv")
        text.add(click.visitor, digits: 8)
        text.add("\t")
        text.add(click.visit, digits: 3)
        column = 17
        go(to: 19, &text)
        text.add(place.country)
        column = 19
        go(to: 21, &text)
        text.add(place.city)
        go(to: 30, &text)
        text.add("https://shop.example")
        addPage(click, &text)
        text.add("\tWinter jacket | Shop ")
        text.add(click.page, digits: 4)
        text.add("\t\thttps\tshop.example\t443\t")
        addPage(click, &text)
        column = 36
        if hasCampaign(click) {
            go(to: 48, &text)
            text.add("email\tnewsletter\t\t\tcmp-")
            text.add(click.visitor % 60, digits: 2)
            column = 52
        }
        go(to: 53, &text)
        text.add("{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0\",\"data\":[{\"schema\":")
        text.add("\"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0\",\"data\":{\"id\":\"")
        id(click.page, &text)
        text.add("\"}}]}")
        if !isView, !isSearch(click) {
            go(to: 54, &text)
            text.add("shop\t")
            text.add(event)
            column = 55
        }
        if isSearch(click) {
            go(to: 59, &text)
            text.add(
                "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0\",\"data\":{\"schema\":\"iglu:com.snow")
            text.add("plowanalytics.snowplow/site_search/jsonschema/1-0-0\",\"data\":{\"terms\":[\"")
            text.add(words[Int((click.draw >> 40) % 8)])
            text.add("\"]}}}")
        }
        go(to: 78, &text)
        text.add("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36")
        go(to: 84, &text)
        text.add("es-ES")
        go(to: 101, &text)
        text.add("Europe/Madrid")
        go(to: 107, &text)
        text.add("UTF-8")
        go(to: 120, &text)
        text.add(time: click.time + 300, isPlain: true)
        go(to: 123, &text)
        text.add(
            "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1\",\"data\":[{\"schema\":\"iglu:com.snowplowanalyt")
        text.add(
            "ics.snowplow/ua_parser_context/jsonschema/1-0-0\",\"data\":{\"useragentFamily\":\"Chrome Mobile\",\"useragentMajor\":\"140\",")
        text.add(
            "\"osFamily\":\"Android\",\"osMajor\":\"15\",\"deviceFamily\":\"Generic\"}},{\"schema\":\"iglu:nl.basjes/yauaa_context/jsonschema"
        )
        text.add("/1-0-4\",\"data\":{\"deviceClass\":\"")
        text.add(click.visitor % 3 == 0 ? "Phone" : "Desktop")
        text.add("\",\"agentClass\":\"Browser\",\"agentName\":\"Chrome\",\"operatingSystemName\":\"Android\"}}]}")
        go(to: 124, &text)
        text.add(click.visitor, digits: 8)
        text.add("-4e3f-4033-a8e8-")
        text.add(click.visitBegan % 1_000_000_000_000, digits: 12)
        go(to: 125, &text)
        text.add(time: click.time, isPlain: true)
        go(to: 126, &text)
        text.add("com.snowplowanalytics.snowplow\t")
        text.add(isView ? "page_view" : isSearch(click) ? "site_search" : "event")
        text.add("\tjsonschema\t1-0-0\t")
        text.add(Int(click.draw >> 20), digits: 14)
        column = 130
        go(to: 131, &text)
    }
}
