internal import Synchronization

/// A part of a store's sessions under one lock.
struct SessionShard<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        var value: Value
        /// Bytes as the limits count them.
        var cost: Int
        /// Nanoseconds on the monotonic clock.
        var began: Int64
        var used: Int64
        /// Milliseconds since 1970, as the log has it.
        var beganWall: Int64
        var usedWall: Int64
        /// Bytes of the session's last record in the log.
        var recorded: Int
        /// Tells this state of the session from those before and after it.
        var change = 0
    }

    var entries = RecencyTable<String, Entry>()
    var bytes = 0
    private var changes = 0
    var statistics = SessionStatistics()

    /// A session that is still young enough; one that is not is put among the departed.
    mutating func current(_ id: String, _ now: Int64, _ limits: SessionTimes, _ departed: inout [(id: String, entry: Entry)]) -> Entry? {
        guard let entry = entries.value(of: id) else { return nil }
        guard let cause = limits.cause(entry.began, entry.used, now) else { return entry }
        depart(id, cause, &departed)
        return nil
    }

    mutating func depart(_ id: String, _ cause: SessionTimes.Cause?, _ departed: inout [(id: String, entry: Entry)]) {
        guard let entry = entries.remove(id) else { return }
        bytes -= entry.cost
        switch cause {
        case .idle: statistics.idled += 1
        case .age: statistics.aged += 1
        case .room: statistics.evicted += 1
        case nil: statistics.removed += 1
        }
        departed.append((id, entry))
    }

    /// Sets a session as the newest and makes room for it.
    mutating func set(_ entry: Entry, for id: String, sessions: Int, bytes most: Int, _ departed: inout [(id: String, entry: Entry)]) {
        var entry = entry
        changes += 1
        entry.change = changes
        bytes += entry.cost
        if let old = entries.set(entry, for: id) { bytes -= old.cost } else { statistics.begun += 1 }
        while entries.count > sessions || bytes > most, let oldest = entries.oldestEntry, oldest.key != id {
            depart(oldest.key, .room, &departed)
        }
    }

    /// Forgets what is too old.
    mutating func sweep(_ now: Int64, _ limits: SessionTimes, _ departed: inout [(id: String, entry: Entry)]) {
        for (id, entry) in entries.entriesFromOldest {
            if let cause = limits.cause(entry.began, entry.used, now) { depart(id, cause, &departed) }
        }
    }
}

/// The times of ``SessionLimits`` in nanoseconds.
struct SessionTimes: Sendable {
    enum Cause { case idle, age, room }

    var idle: Int64
    var age: Int64

    func cause(_ began: Int64, _ used: Int64, _ now: Int64) -> Cause? { now - began >= age ? .age : now - used >= idle ? .idle : nil }
}
