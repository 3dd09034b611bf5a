/// An export format of a vendor, known by what is in the file: its mapping needs not be written.
///
/// Detection looks at members and values of the first block, never at the file's name. The mapping is plain data
/// (``ExportMapping``): it can be printed, kept and changed like one written by hand. Members of objects for free use (event parameters,
/// properties) that it does not name are kept under their own names, as texts: a parameter that changes its type between rows costs none.
public enum VendorFormat: String, Sendable, CaseIterable {
    /// Google Analytics 4, BigQuery export as JSON Lines.
    case ga4
    /// RudderStack calls as JSON Lines. Before Segment, whose calls look alike.
    case rudderstack
    /// Segment calls as JSON Lines.
    case segment
    /// Amplitude's export, JSON Lines.
    case amplitude
    /// Mixpanel's raw export, JSON Lines.
    case mixpanel
    /// Adobe Experience Platform, XDM ExperienceEvents as JSON Lines.
    case xdm
    /// OTTO's recommender data: one session a line.
    case otto
    /// Snowplow enriched events, tab-separated without a header.
    case snowplow
    /// Snowplow's table of events as a warehouse writes it, delimited text with a header.
    case snowplowTable = "snowplow-table"
    /// Adobe Analytics data feed: hits without a header, and the names of their columns in a file beside them.
    case adobeFeed = "adobe-feed"
    /// Google Analytics 4 as a flat table, delimited text with a header.
    case ga4Table = "ga4-table"
    /// Segment's or RudderStack's table of calls, delimited text with a header.
    case segmentTable = "segment-table"
    /// Amplitude's events as a loader lands them, delimited text with a header.
    case amplitudeTable = "amplitude-table"

    /// What it is called in output.
    public var title: String {
        switch self {
        case .ga4: "GA4 BigQuery export (JSON Lines)"
        case .rudderstack: "RudderStack events (JSON Lines)"
        case .segment: "Segment events (JSON Lines)"
        case .amplitude: "Amplitude export (JSON Lines)"
        case .mixpanel: "Mixpanel export (JSON Lines)"
        case .xdm: "Adobe XDM ExperienceEvents (JSON Lines)"
        case .otto: "OTTO sessions (JSON Lines)"
        case .snowplow: "Snowplow enriched events (TSV)"
        case .snowplowTable: "Snowplow events table (CSV or TSV with a header)"
        case .adobeFeed: "Adobe Analytics data feed (TSV)"
        case .ga4Table: "GA4 flat table (CSV or TSV)"
        case .segmentTable: "Segment or RudderStack table (CSV or TSV)"
        case .amplitudeTable: "Amplitude events table (CSV or TSV)"
        }
    }

    /// Where its parts of the mapping come from, in one line.
    public var rule: String {
        switch self {
        case .ga4:
            "sessions by user_pseudo_id and ga_session_id, packed ids unpacked; time is event_timestamp, a batch is ordered by its indexes; "
                + "dwell is the engagement time that the next event tells, else the time between; campaigns never from the first touch"
        case .rudderstack: "sessions by anonymousId and context.sessionId; time is timestamp, else computed from the three others"
        case .segment: "no session ids, so pauses cut; time is timestamp, else originalTimestamp, sentAt, receivedAt"
        case .amplitude: "sessions by device_id and session_id, where -1 is none; times are UTC"
        case .mixpanel: "no session ids, so pauses cut; the visitor is $device_id, else distinct_id"
        case .xdm: "no session ids, so pauses cut; the visitor is the ECID, else another identity"
        case .otto: "the session stands for the visitor"
        case .snowplow, .snowplowTable:
            "sessions by domain_sessionid, else client_session; time is true_tstamp, else derived_tstamp, else collector_tstamp; "
                + "page pings are folded into the dwell of their page view"
        case .adobeFeed:
            "sessions by the visitor's id, visit_num and visit_start_time_gmt; hits that Adobe excludes are left out; columns of processing "
                + "rules (post_) come first; searches within the site stand in an eVar or prop of its own, which has to be mapped"
        case .ga4Table: "sessions by user_pseudo_id and the session's id, where the table has it; campaigns never from the first touch"
        case .segmentTable: "sessions by anonymous_id and context_session_id, where the table has it; times are UTC"
        case .amplitudeTable: "sessions by device_id and session_id, where -1 is none; times are UTC"
        }
    }

    /// The mapping for lines that hold what it describes at their top.
    public var mapping: ExportMapping {
        var mapping: ExportMapping =
            switch self {
            case .ga4: .ga4
            case .rudderstack: .rudderStack
            case .segment: .segment
            case .amplitude: .amplitude
            case .mixpanel: .mixpanel
            case .xdm: .adobeXDM
            case .otto: .otto
            case .snowplow: .snowplow
            case .snowplowTable: .snowplowTable(SnowplowColumns.atomic)
            case .adobeFeed: .adobeFeed
            case .ga4Table: .ga4Table
            case .segmentTable: .segmentTable
            case .amplitudeTable: .amplitudeTable(Self.amplitudeColumns)
            }
        mapping.customer = mapping.customer  // as the last field, as a mapping is read back
        return mapping
    }

    /// What loaders call the columns of Amplitude's events, as far as the mapping reads them.
    private static let amplitudeColumns = [
        "device_id", "amplitude_id", "user_id", "session_id", "event_time", "client_event_time", "server_received_time", "event_id", "uuid",
        "event_type", "platform", "event_properties", "user_properties", "device_type", "device_family", "os_name", "language", "country",
        "region", "city", "library", "version_name",
    ]

    /// What the names of members for free use begin with; those the mapping does not name are kept, too.
    var freeMembers: [String] {
        switch self {
        case .ga4: ["event_params[", "user_properties["]
        case .rudderstack, .segment: ["properties."]
        case .amplitude: ["event_properties."]
        case .mixpanel: ["properties."]
        case .xdm, .otto, .snowplow, .snowplowTable, .adobeFeed, .ga4Table, .segmentTable, .amplitudeTable: []
        }
    }

    /// Whether lines with these columns are of this format.
    func fits(_ columns: VendorColumns) -> Bool {
        switch self {
        case .ga4:
            columns.has("event_name") && columns.has("event_timestamp") && (columns.has("event_params") || columns.hasAny("event_params["))
        case .rudderstack: columns.areCalls && columns.areRudderStack
        case .segment:
            columns.areCalls && !columns.areRudderStack
                && (columns.has("anonymousId") || columns.has("userId") || columns.has("messageId"))
        case .amplitude:
            columns.has("event_type") && columns.has("event_time") && (columns.has("device_id") || columns.has("amplitude_id"))
                && (columns.has("uuid") || columns.has("$insert_id") || columns.has("event_properties")
                    || columns.hasAny("event_properties."))
        case .mixpanel:
            columns.has("event") && columns.has("properties.time")
                && (columns.has("properties.distinct_id") || columns.has("properties.$device_id"))
        case .xdm:
            (columns.has("timestamp") || columns.has("xdm:timestamp"))
                && (columns.hasAny("identityMap.") || columns.hasAny("xdm:identityMap.") || columns.hasAny("xdm:endUserIDs.")
                    || (columns.has("eventType") && columns.has("_id")))
        case .otto: columns.has("session") && columns.areElements("events", with: ["aid", "ts", "type"])
        case .snowplow, .snowplowTable, .adobeFeed, .ga4Table, .segmentTable, .amplitudeTable: false
        }
    }
}

/// The columns of a sample as one of its objects holds them: those below a member, without its name.
struct VendorColumns {
    /// The member; empty for the line itself.
    let member: String
    private let columns: [String: ColumnSample]
    private let names: [String]

    init(_ samples: [ColumnSample], in member: String) {
        self.member = member
        let prefix = member.isEmpty ? "" : member + "."
        var columns: [String: ColumnSample] = [:]
        for sample in samples where sample.name.hasPrefix(prefix) {
            columns[String(sample.name.dropFirst(prefix.count))] = sample
        }
        self.columns = columns
        names = columns.keys.sorted()
    }

    subscript(_ name: String) -> ColumnSample? { columns[name] }
    func has(_ name: String) -> Bool { columns[name] != nil }
    func hasAny(_ prefix: String) -> Bool { names.contains { $0.hasPrefix(prefix) } }

    /// Whether nearly all lines are calls of the specification that Segment and RudderStack share.
    var areCalls: Bool {
        let calls = ["page", "screen", "track", "identify", "group", "alias"]
        return columns["type"]?.share { text in calls.contains { text.holds(Array($0.utf8)) } } ?? 0 > 0.9
    }

    /// Whether RudderStack left its marks in calls.
    var areRudderStack: Bool {
        has("rudderId") || has("context.sessionId") || has("context.sessionStart")
            || columns["context.library.name"]?.values.contains { String(decoding: $0, as: UTF8.self).contains("udder") } ?? false
    }

    /// Whether most values of a column are lists of objects with these members; some may be empty.
    func areElements(_ name: String, with members: [String]) -> Bool {
        guard let column = columns[name] else { return false }
        return column.share { text in
            let start = String(decoding: UnsafeBufferPointer(start: text.bytes, count: min(text.count, 400)), as: UTF8.self)
            return start.hasPrefix("[") && members.allSatisfy { start.contains("\"\($0)\":") }
        } > 0.5
    }
}
