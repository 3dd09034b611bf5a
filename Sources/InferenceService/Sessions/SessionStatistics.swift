/// What a ``SessionStore`` holds and what became of the sessions.
public struct SessionStatistics: Sendable, Equatable {
    /// Sessions held; some may be too old and not yet swept.
    public var sessions = 0
    /// Bytes of them, as ``SessionLimits/bytes`` counts.
    public var bytes = 0
    /// Sessions begun since the start.
    public var begun = 0
    /// Asked for and there.
    public var hits = 0
    /// Asked for and not there.
    public var misses = 0
    /// Forgotten because nobody used them.
    public var idled = 0
    /// Forgotten because they were too old.
    public var aged = 0
    /// Forgotten to make room.
    public var evicted = 0
    /// Removed on request.
    public var removed = 0
    /// The log's; nil where sessions are kept in memory only.
    public var log: SessionLogStatistics?

    static func += (total: inout SessionStatistics, part: SessionStatistics) {
        total.sessions += part.sessions
        total.bytes += part.bytes
        total.begun += part.begun
        total.hits += part.hits
        total.misses += part.misses
        total.idled += part.idled
        total.aged += part.aged
        total.evicted += part.evicted
        total.removed += part.removed
    }
}

/// What a log of sessions has read and written.
public struct SessionLogStatistics: Sendable, Equatable {
    /// Records read at the start.
    public var replayedRecords = 0
    /// Records passed over at the start because their bytes were not those that were written; the sessions have an older state, or none.
    public var damagedRecords = 0
    /// Bytes dropped at the end of the file at the start: a record that was being written when the process ended.
    public var tornBytes = 0
    /// Values read at the start that the program could not make sense of.
    public var unreadableValues = 0
    /// Bytes of the file.
    public var bytes = 0
    /// Bytes of records that still hold.
    public var liveBytes = 0
    /// Writes that were forced to the disk.
    public var commits = 0
    /// Times the file was written anew.
    public var rewrites = 0
    /// Writes that failed.
    public var failedCommits = 0
}
