extension ExportMapping {
    /// Adobe Experience Platform: XDM ExperienceEvents, one a line, with or without the prefix `xdm:`.
    ///
    /// - Session: XDM has none; pauses cut.
    /// - Visitor: the ECID, wherever it stands (an identity map under its code or its namespace, `endUserIDs`), else the older AAID and AVID.
    ///   The customer is the identity `CRMID`.
    /// - Time: `timestamp`, which names its zone.
    /// - Duplicates: `_id`.
    static var adobeXDM: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        func both(_ paths: String...) -> Columns {
            Columns(
                paths.flatMap { path in
                    let prefixed = path.split(separator: ".").map { "xdm:\($0)" }
                    return [path, prefixed.joined(separator: ".")]
                })
        }
        func field(_ name: String, _ columns: Columns, _ kind: Kind = .categorical) -> Field {
            Field(name: name, columns: columns, kind: kind)
        }
        func identity(_ code: String) -> [String] {
            ["identityMap.\(code).0.id", "xdm:identityMap.\(code).0.xdm:id", "xdm:identityMap.\(code).0.id"]
        }
        let endUser = ["xdm:endUserIDs.https://ns\\.adobe\\.com/experience/mcid.", "endUserIDs._experience.mcid."]
        mapping.visitor = Columns(
            identity("ECID") + identity("https://data\\.adobe\\.io/entities/namespace/4")
                + [endUser[0] + "xdm:id", endUser[0] + "@id", endUser[1] + "id"] + identity("AAID") + identity("AVID"))
        mapping.customer = Columns(identity("CRMID"))
        mapping.time = .init(column: "timestamp", unit: .iso8601)
        mapping.timeAlternatives = [.init(column: "xdm:timestamp", unit: .iso8601)]
        mapping.duplicates = [["_id", "@id"]]
        mapping.fields += [
            field("event", both("eventType")),
            field("page_url", both("web.webPageDetails.URL"), .url),
            field("page_title", both("web.webPageDetails.name"), .text),
            field("page_type", both("web.webPageDetails.siteSection")),
            field("referrer", both("web.webReferrer.URL"), .url),
            field("referrer_type", both("web.webReferrer.type")),
            field("link", both("web.webInteraction.name"), .text),
            field("search_query", both("siteSearch.phrase", "search.keywords"), .text),
            field("campaign_name", both("marketing.campaignName", "marketing.trackingCode")),
            field("campaign_group", both("marketing.campaignGroup")),
            field("channel", ["channel._id", "xdm:channel.@id", "channel.mediaType", "xdm:channel.xdm:mediaType"]),
            field("device", both("device.type")),
            field("model", both("device.model")),
            field("environment", both("environment.type")),
            field("os", both("environment.operatingSystem")),
            field("browser", both("environment.browserDetails.name")),
            field("language", both("environment.browserDetails.acceptLanguage", "environment.language")),
            field("country", both("placeContext.geo.countryCode")),
            field("region", both("placeContext.geo.stateProvince")),
            field("city", both("placeContext.geo.city")),
            field("consent", both("consents.collect.val")),
        ]
        return mapping
    }
}
