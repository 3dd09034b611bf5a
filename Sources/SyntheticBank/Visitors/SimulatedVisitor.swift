/// One event of a simulated session. Page numbers index the site's pages.
struct SimulatedEvent {
    var page: Int
    /// Milliseconds since 1 January 1970 (UTC).
    var time: Int64
    /// Scrolled quarters of the page, 0 to 4.
    var scroll: Int
    /// Typed phrase and what was really typed, for searches.
    var query: (phrase: Int, typed: String)?
}

/// One session with its hidden truth.
struct SimulatedSession {
    /// What kind of browsing it is.
    enum Mode: String {
        case goal, idle, bot
    }

    var mode: Mode
    /// Index of the hidden need; meaningless for bots.
    var need: Int
    var arrival: Int
    var events: [SimulatedEvent] = []
    /// Index of the first event that carries the customer id, if the visitor logged in.
    var firstKnownEvent: Int?
}

/// What a browser is, and hides.
struct SimulatedVisitor {
    enum Device: String, CaseIterable {
        case mobile, desktop, tablet
    }

    var number: Int
    var device: Device
    var browser: String
    /// Customer number, for customers; two browsers may belong to one.
    var customer: Int?
    var isBot: Bool
    /// Drops campaign fields and scroll depth.
    var blocksScripts: Bool
    /// Hides titles.
    var hidesTitles: Bool
    var sessions: [SimulatedSession] = []

    var isMobile: Bool { device != .desktop }
}
