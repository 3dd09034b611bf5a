internal import SequenceEmbedding

/// How an applicant's behaviours are cut into sessions, and which of them are kept (systems.md 3.3).
public struct SessionRules: Sendable, Hashable, Codable {
    /// A pause longer than this starts a new session; seconds (3600).
    public var pause: Int64 = 3_600
    /// Sessions of fewer behaviours are noise and are dropped (3).
    public var minimumBehaviours = 3
    /// The latest sessions that are kept (50).
    public var sessions = 50
    /// The latest behaviours of each that are kept (25).
    public var behaviours = 25
    /// What is added to times to get the clock by which weekday and day of month are told; seconds (0).
    public var clockOffset: Int64 = 0

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case pause, minimumBehaviours, sessions, behaviours, clockOffset
    }

    /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.pause, into: &pause)
        try values.read(.minimumBehaviours, into: &minimumBehaviours)
        try values.read(.sessions, into: &sessions)
        try values.read(.behaviours, into: &behaviours)
        try values.read(.clockOffset, into: &clockOffset)
    }

    /// Refuses values that cannot be meant.
    public func validate() throws(IntentionHabitError) {
        try IntentionHabitSettings.check("rules.pause", pause, 1...31_536_000)
        try IntentionHabitSettings.check("rules.minimumBehaviours", minimumBehaviours, 1...10_000)
        try IntentionHabitSettings.check("rules.sessions", sessions, 1...100_000)
        try IntentionHabitSettings.check("rules.behaviours", behaviours, 1...100_000)
        try IntentionHabitSettings.check("rules.clockOffset", clockOffset, -86_400...86_400)
    }

    /// Weekday (Monday is 0) and day of month (the first is 0) of a time in seconds since 1970-01-01T00:00:00Z.
    package func calendar(_ time: Int64) -> (weekday: Int32, day: Int32) {
        let seconds = time + clockOffset
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let weekday = ((days + 3) % 7 + 7) % 7
        // Days of the Gregorian calendar counted from 1 March of year 0, in eras of 400 years (Hinnant, 2013).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        return (Int32(weekday), Int32(ofYear - (153 * month + 2) / 5))
    }
}
