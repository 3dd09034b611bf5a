/// Where one session of a visitor ends and the next begins.
public struct SessionRules: Sendable, Equatable, Codable {
    /// Longest pause inside a session in seconds: a gap strictly greater begins a new one. Where the export has session ids, it
    /// decides of rows without one alone: to which open session they belong, and where theirs end.
    public var gapSeconds: Double
    /// Longest session from first event to last in seconds; an event beyond it begins a new one. Nil for no limit.
    public var maximumLengthSeconds: Double?
    /// Most events of a session. Nil for no limit.
    public var maximumEvents: Int?
    /// Fields of which a change to another known value begins a new session: the signed-in user, the campaign.
    public var splitOnChange: [String]

    /// Rules; 30 minutes unless said.
    public init(
        gapSeconds: Double = 1800, maximumLengthSeconds: Double? = nil, maximumEvents: Int? = nil, splitOnChange: [String] = []
    ) {
        self.gapSeconds = gapSeconds
        self.maximumLengthSeconds = maximumLengthSeconds
        self.maximumEvents = maximumEvents
        self.splitOnChange = splitOnChange
    }

    /// Half an hour of inactivity, as web analytics counts.
    public static let browsing = SessionRules()
    /// One hour of inactivity: a stage of an account history (Xia et al., HUIHEN).
    public static let credit = SessionRules(gapSeconds: 3600)

    enum CodingKeys: String, CodingKey {
        case gapSeconds = "gap_seconds"
        case maximumLengthSeconds = "maximum_length_seconds"
        case maximumEvents = "maximum_events"
        case splitOnChange = "split_on_change"
    }

    var gapMicroseconds: Int64 { Int64((gapSeconds * 1e6).rounded()) }

    /// What is wrong with these rules, in one sentence; nil where nothing is.
    var fault: String? {
        // Beyond about 292,000 years the microseconds no longer fit; a century is more than any export spans.
        let longest = 100 * 366 * 86_400.0
        if !(gapSeconds > 0 && gapSeconds <= longest) { return "the gap must lie between 0 and a century, in seconds" }
        if let length = maximumLengthSeconds, !(length > 0 && length <= longest) {
            return "the maximum length must lie between 0 and a century, in seconds"
        }
        if let events = maximumEvents, events < 1 { return "the maximum count of events must be at least 1" }
        return nil
    }
}
