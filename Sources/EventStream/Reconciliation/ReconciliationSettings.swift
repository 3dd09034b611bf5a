/// What the sessions of an export are compared with, and what tells why they differ.
public struct ReconciliationSettings: Sendable, Equatable {
    /// The rule (30 minutes of inactivity unless said).
    public var rules = SessionRules.browsing
    /// Minutes east of Greenwich of the vendor's calendar, for cuts at midnight (0).
    public var zoneMinutes = 0
    /// The field that says what kind of event one is; nil where none does.
    public var eventField: String?
    /// Its values that a page sends by itself while it is open: pings and heartbeats.
    public var pings: Set<String> = []
    /// Fields of which a change to another known value begins a session at some vendors.
    public var campaignFields: [String] = []
    /// Where the vendor ends a session however busy: seconds from first event to last. Only Adobe has such limits: 12 hours.
    public var limitSeconds = Double.infinity
    /// The same for events (Adobe: 2,500 hits).
    public var limitEvents = Int.max
    /// How many events within how many seconds of the first end a session, which keeps robots small (Adobe: 100 hits in 100 seconds).
    public var burst: (events: Int, seconds: Double)? {
        get { burstEvents == .max ? nil : (burstEvents, burstSeconds) }
        set { (burstEvents, burstSeconds) = newValue ?? (.max, 0) }
    }
    private(set) var burstEvents = Int.max
    private(set) var burstSeconds = 0.0

    /// What the fields of a corpus say of themselves by their names.
    public init(_ schema: EventSchema) {
        if schema.mapping.session?.parts.contains(where: { $0.column.names.contains("visit_num") }) ?? false {
            (limitSeconds, limitEvents) = (12 * 3_600, 2_500)
            burst = (100, 100)
        }
        let names = schema.readableFields.filter { $0.kind == .categorical || $0.kind == .text }.map(\.name)
        eventField = ["event", "event_name", "event_type", "type", "action"].first(where: names.contains)
        campaignFields = names.filter { name in
            ["campaign", "utm_", "click_id"].contains { name.hasPrefix($0) } || ["source", "medium", "marketing_source"].contains(name)
        }
    }

    /// Names of values that pages send by themselves, among those of the event's field.
    static func isPing(_ value: String) -> Bool {
        let name = value.lowercased()
        return ["ping", "heartbeat", "keepalive", "user_engagement"].contains { name.contains($0) }
    }
}
