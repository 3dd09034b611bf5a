extension ExportMapping {
    /// Adobe Experience Platform: XDM ExperienceEvents, one a line, with or without the prefix `xdm:`.
    ///
    /// - Session: XDM has none; pauses cut.
    /// - Visitor: the ECID, wherever it stands, else the older AAID and AVID. The customer is the identity `CRMID`.
    /// - Time: `timestamp`, which names its zone.
    /// - Duplicates: `_id`.
    static var adobeXDM: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        func both(_ paths: String...) -> Columns {
            Columns(
                paths.flatMap { path in
                    let prefixed = path.split(separator: ".").map { step in
                        let isName = step.utf8.contains { $0 > 0x39 } && step.first != "_" && !Self.namespaces.contains(String(step))
                        return isName ? "xdm:\(step)" : String(step)
                    }
                    return [path, prefixed.joined(separator: ".")]
                })
        }
        func field(_ name: String, _ columns: Columns, _ kind: Kind = .categorical) -> Field {
            Field(name: name, columns: columns, kind: kind)
        }
        mapping.visitor = Columns(
            both(
                "identityMap.ECID.0.id", "identityMap.AAID.0.id", "identityMap.AVID.0.id"
            ).names + ["endUserIDs._experience.mcid.id", "endUserIDs._experience.aaid.id"])
        mapping.customer = both("identityMap.CRMID.0.id")
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

    /// Steps of paths that are identities' namespaces, which have no prefix.
    private static let namespaces: Set<String> = ["ECID", "AAID", "AVID", "CRMID"]
}
