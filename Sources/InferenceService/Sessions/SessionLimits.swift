/// How much a ``SessionStore`` keeps, and for how long.
public struct SessionLimits: Sendable, Equatable {
    /// Most sessions.
    public var sessions: Int
    /// Most bytes of all sessions, with ``SessionLimits/overhead`` and the id for each.
    public var bytes: Int
    /// A session that was not used for so long is forgotten, seconds.
    public var idleSeconds: Double
    /// A session that began so long ago is forgotten, seconds.
    public var ageSeconds: Double

    /// Bytes that a session costs beside its id and its value: the store's own tables.
    public static let overhead = 160
    /// Longest id, bytes.
    public static let longestID = 512

    /// Limits.
    public init(sessions: Int, bytes: Int, idleSeconds: Double, ageSeconds: Double) {
        precondition(sessions > 0 && bytes > 0, "SessionLimits: \(sessions) sessions, \(bytes) bytes")
        precondition(idleSeconds > 0 && ageSeconds > 0, "SessionLimits: idle \(idleSeconds) s, age \(ageSeconds) s")
        (self.sessions, self.bytes, self.idleSeconds, self.ageSeconds) = (sessions, bytes, idleSeconds, ageSeconds)
    }
}
