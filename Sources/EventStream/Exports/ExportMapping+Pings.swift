/// Signs of life that a page sends while it is looked at.
extension ExportMapping {
    /// Rows that say only that a page view goes on: they are folded into its dwell and are no events of their own.
    ///
    /// ```yaml
    /// pings: { page: page_view_id, marker: ping, heartbeat_s: 10, minimum_s: 5, stray: keep }
    /// ```
    /// The dwell of a page view with n pings in different stretches of `heartbeat_s` is `heartbeat_s` · (n − 1) + `minimum_s` seconds, no
    /// longer than the import's limit; without pings it is the time to the next event as ever. Folded rows are counted among those left
    /// out. They do not bridge pauses where an export has no session ids.
    public struct Pings: Sendable, Equatable {
        /// What becomes of a ping that comes in another session than its page view: a tab left open for days sends such.
        public enum Stray: String, Sendable, Codable, CaseIterable {
            /// The first of a page in a session stays an event there, and takes up those that follow.
            case keep
            /// It counts for the page view in the visitor's earlier session.
            case fold
        }

        /// The field with the id of the page view, in page views and pings. Categorical.
        public var page: String
        /// The field that only pings have. Categorical, with `when`.
        public var marker: String
        /// Seconds between two pings, above 0.
        public var heartbeatSeconds: Double
        /// Seconds before the first ping, 0 or more.
        public var minimumSeconds: Double
        /// What becomes of pings in another session than their page view.
        public var stray: Stray

        /// Pings told by a marker, of the page a field names.
        public init(page: String, marker: String, heartbeatSeconds: Double = 10, minimumSeconds: Double = 5, stray: Stray = .keep) {
            (self.page, self.marker, self.stray) = (page, marker, stray)
            (self.heartbeatSeconds, self.minimumSeconds) = (heartbeatSeconds, minimumSeconds)
        }
    }

    func validatePings() throws(ExportError) {
        guard let pings else { return }
        guard time != nil else { throw refuse("pings", "pings have no meaning without times", "name the time, or remove the entry") }
        for (entry, name) in [("page", pings.page), ("marker", pings.marker)] {
            guard fields.contains(where: { $0.name == name && $0.kind == .categorical }) else {
                throw refuse(
                    "pings: \(entry)", "there is no categorical field \(name)", "name a field of the mapping with `kind: categorical`")
            }
        }
        guard pings.page != pings.marker else {
            throw refuse("pings", "`page` and `marker` are the same field", "give `marker` a field that only pings have")
        }
        guard pings.heartbeatSeconds >= 0.001, pings.heartbeatSeconds <= 86_400 else {
            throw refuse(
                "pings: heartbeat_s", "it is not between 0.001 and 86400 seconds",
                "write the seconds between two pings, as the site sets them")
        }
        guard pings.minimumSeconds >= 0, pings.minimumSeconds <= 86_400 else {
            throw refuse(
                "pings: minimum_s", "it is not between 0 and 86400 seconds",
                "write the seconds before the first ping, as the site sets them")
        }
    }
}

extension ExportMapping.Pings: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case page, marker, stray
        case heartbeatSeconds = "heartbeat_s"
        case minimumSeconds = "minimum_s"
    }

    /// Decodes the rule; `page` and `marker` are needed.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            page: try entries.decode(String.self, forKey: .page), marker: try entries.decode(String.self, forKey: .marker),
            heartbeatSeconds: try entries.decodeIfPresent(Double.self, forKey: .heartbeatSeconds) ?? 10,
            minimumSeconds: try entries.decodeIfPresent(Double.self, forKey: .minimumSeconds) ?? 5,
            stray: try entries.decodeIfPresent(Stray.self, forKey: .stray) ?? .keep)
    }

    /// Encodes every entry.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(page, forKey: .page)
        try entries.encode(marker, forKey: .marker)
        try entries.encode(heartbeatSeconds, forKey: .heartbeatSeconds)
        try entries.encode(minimumSeconds, forKey: .minimumSeconds)
        try entries.encode(stray, forKey: .stray)
    }
}
