public import DurableFiles
internal import Synchronization

/// What a change of a session did.
public enum SessionEdit<Outcome> {
    /// The value is another one: it is kept, and recorded where the store has a log.
    case changed(Outcome)
    /// The value is as it was.
    case unchanged(Outcome)
}

/// How values are written to a store's log.
public struct SessionCoding<Value>: Sendable {
    /// A value as bytes.
    public var encode: @Sendable (Value) -> [UInt8]
    /// The value that bytes stand for; nil where they are of no use any more, such as those of an older version.
    public var decode: @Sendable ([UInt8]) -> Value?

    /// A coding.
    public init(encode: @escaping @Sendable (Value) -> [UInt8], decode: @escaping @Sendable ([UInt8]) -> Value?) {
        (self.encode, self.decode) = (encode, decode)
    }
}

/// State of sessions by id, for sessions whose events come one after another: bounded, expiring, and on request safe from a crash.
///
/// Sessions are spread over shards by their id, each with a lock and an equal part of the limits; within a shard the session that was used
/// longest ago goes first. Calls from any thread are safe, changes of one session follow one another. Without a log no call waits for
/// anything but other threads' short work; with one see ``commit()``.
public final class SessionStore<Value: Sendable>: Sendable {
    /// The limits.
    public let limits: SessionLimits
    private let shards: [Shard]
    private let times: SessionTimes
    private let clock: ServiceClock
    private let size: @Sendable (Value) -> Int
    private let log: SessionLog?
    private let coding: SessionCoding<Value>?
    private let unreadable: Int

    private final class Shard: Sendable { let state = Mutex(SessionShard<Value>()) }
    private typealias Departed = [(id: String, entry: SessionShard<Value>.Entry)]

    /// An empty store in memory.
    /// - Parameters:
    ///   - shards: locks over which sessions are spread; one session may have the limit's bytes divided by this.
    ///   - size: bytes of a value.
    public init(limits: SessionLimits, shards: Int = 16, clock: ServiceClock = .system, size: @escaping @Sendable (Value) -> Int) {
        (self.limits, self.clock, self.size) = (limits, clock, size)
        (times, self.shards) = Self.parts(limits, shards)
        (log, coding, unreadable) = (nil, nil, 0)
    }

    /// A store whose sessions outlive the process, in a folder that only the process's owner may look into.
    ///
    /// What the folder's log holds is read first. A session's age goes on while the process does not run, by the wall clock.
    /// - Throws: ``SessionStoreError`` where another process has the folder, or the log cannot be read or written.
    public convenience init(
        limits: SessionLimits, shards: Int = 16, clock: ServiceClock = .system, folder: String, coding: SessionCoding<Value>,
        in fileSystem: FileSystem = .live, size: @escaping @Sendable (Value) -> Int
    ) throws(SessionStoreError) {
        do throws(FileError) {
            if try fileSystem.status(of: folder) == nil { try fileSystem.makeDirectory(folder, isPrivate: true) }
        } catch { throw .file(error) }
        try self.init(
            limits: limits, shards: shards, clock: clock, logPath: "\(folder)/sessions.log", coding: coding, in: fileSystem, size: size)
    }

    /// The same with the log's own path.
    /// - Parameter minimumLog: bytes below which the log is never rewritten for being half dead.
    package init(
        limits: SessionLimits, shards: Int, clock: ServiceClock, logPath: String, minimumLog: Int = 1 << 20, coding: SessionCoding<Value>,
        in fileSystem: FileSystem, size: @escaping @Sendable (Value) -> Int
    ) throws(SessionStoreError) {
        (self.limits, self.clock, self.size, self.coding) = (limits, clock, size, coding)
        let (times, parts) = Self.parts(limits, shards)
        (self.times, self.shards) = (times, parts)
        var records = RecencyTable<String, SessionLogRecord>()
        let log = try SessionLog(at: logPath, minimumSize: minimumLog, clock: clock, in: fileSystem) { record in
            if record.value == nil { records.remove(record.id) } else { records.set(record, for: record.id) }
        }
        self.log = log
        var unreadable = 0
        let (now, wall) = (clock.nanoseconds(), clock.wallMilliseconds())
        let (mostSessions, mostBytes) = (limits.sessions / shards, limits.bytes / shards)
        for (id, record) in records.entriesFromOldest {
            guard let bytes = record.value else { continue }
            log.count(liveBytes: record.size)
            let value = coding.decode(bytes)
            if value == nil { unreadable += 1 }
            let cost = value.map { size($0) + id.utf8.count + SessionLimits.overhead } ?? 0
            // A wall clock that went back makes nothing younger than new.
            let began = now - Self.nanoseconds(wall, since: record.began)
            let used = now - Self.nanoseconds(wall, since: record.used)
            guard let value, cost <= mostBytes, times.cause(began, used, now) == nil else {
                log.add(SessionLogRecord.gone(id), liveBytes: -record.size)
                continue
            }
            let entry = SessionShard<Value>.Entry(
                value: value, cost: cost, began: began, used: used, beganWall: record.began, usedWall: record.used, recorded: record.size)
            let departed = Self.shard(id, parts).state.withLock { state in
                var departed: Departed = []
                state.set(entry, for: id, sessions: mostSessions, bytes: mostBytes, &departed)
                state.statistics.begun -= 1
                return departed
            }
            for (id, entry) in departed { log.add(SessionLogRecord.gone(id), liveBytes: -entry.recorded) }
        }
        self.unreadable = unreadable
        // A new file gets its head, a torn one is written anew, before the first session is acknowledged.
        try commit()
        tidy()
    }

    private static func parts(_ limits: SessionLimits, _ shards: Int) -> (SessionTimes, [Shard]) {
        precondition(shards > 0 && limits.sessions >= shards, "SessionStore: \(limits.sessions) sessions in \(shards) shards")
        let times = SessionTimes(idle: .nanoseconds(ofSeconds: limits.idleSeconds), age: .nanoseconds(ofSeconds: limits.ageSeconds))
        return (times, (0..<shards).map { _ in Shard() })
    }

    private static func nanoseconds(_ now: Int64, since then: Int64) -> Int64 {
        // At most 100 years, so that nothing overflows whatever a damaged clock wrote.
        let (difference, isOver) = now.subtractingReportingOverflow(then)
        return isOver ? 0 : min(max(0, difference), 3_150_000_000_000) * 1_000_000
    }

    private static func shard(_ id: String, _ shards: [Shard]) -> Shard {
        shards.count == 1 ? shards[0] : shards[Int(UInt(bitPattern: id.hashValue) % UInt(shards.count))]
    }

    /// The value of a session, which is thereby used; nil where there is none or it is too old.
    public func value(for id: String) -> Value? {
        let now = clock.nanoseconds()
        return Self.shard(id, shards).state.withLock { state in
            var departed: Departed = []
            let entry = state.current(id, now, times, &departed)
            record(departed)
            guard let entry else {
                state.statistics.misses += 1
                return nil
            }
            state.statistics.hits += 1
            return state.entries.use(id) { value in
                value.used = now
                return entry.value
            }
        }
    }

    /// Changes a session, or begins it: the body is given its value, nil where there is none, and what it makes of it is kept where nobody
    /// changed the session meanwhile. Otherwise it is called again with what is there then.
    ///
    /// No lock is held while the body works and its result is written as bytes for the log.
    /// - Parameters:
    ///   - durably: whether to return only when the change is on the disk, for stores with a log. Otherwise call ``commit()``.
    ///   - forgets: whether a session that the body takes away leaves the log as soon as one that ``remove(_:durably:)`` does.
    /// - Throws: ``SessionStoreError/tooLarge(bytes:most:)`` with the session as it was before, and ``SessionStoreError/file(_:)`` where
    ///   the change holds and could not be made safe.
    @discardableResult
    public func update<Outcome>(
        _ id: String, durably: Bool = true, forgets: Bool = false, _ body: (inout Value?) -> SessionEdit<Outcome>
    ) throws(SessionStoreError) -> Outcome {
        guard (1...SessionLimits.longestID).contains(id.utf8.count) else {
            throw .badID(bytes: id.utf8.count, most: SessionLimits.longestID)
        }
        let shard = Self.shard(id, shards)
        var isFirst = true
        while true {
            let now = clock.nanoseconds()
            let old = shard.state.withLock { [isFirst] state in
                var departed: Departed = []
                let old = state.current(id, now, times, &departed)
                // At once: the log must not be told that the old session is gone after it was told of the new one.
                record(departed)
                if isFirst, old == nil { state.statistics.misses += 1 } else if isFirst { state.statistics.hits += 1 }
                return old
            }
            isFirst = false
            var value = old?.value
            switch body(&value) {
            case .unchanged(let outcome):
                shard.state.withLock { _ = $0.entries.use(id) { $0.used = now } }
                return outcome
            case .changed(let outcome):
                guard try put(value, id, in: shard, after: old, now, forgets: forgets) else { continue }
                if durably { try commit() }
                return outcome
            }
        }
    }

    /// Puts a value in the place of a state that was looked at before.
    /// - Returns: false where it is not there any more.
    private func put(
        _ value: Value?, _ id: String, in shard: Shard, after old: SessionShard<Value>.Entry?, _ now: Int64, forgets: Bool
    ) throws(SessionStoreError) -> Bool {
        let (most, count) = (limits.bytes / shards.count, limits.sessions / shards.count)
        var new: SessionShard<Value>.Entry?
        var bytes: [UInt8] = []
        if let value {
            let cost = size(value) + id.utf8.count + SessionLimits.overhead
            guard cost <= most else { throw SessionStoreError.tooLarge(bytes: cost, most: most) }
            let wall = clock.wallMilliseconds()
            let beganWall = old?.beganWall ?? wall
            if let coding { bytes = SessionLogRecord(id: id, value: coding.encode(value), began: beganWall, used: wall).bytes }
            new = .init(
                value: value, cost: cost, began: old?.began ?? now, used: now, beganWall: beganWall, usedWall: wall, recorded: bytes.count)
        }
        return shard.state.withLock { [new, bytes] state in
            guard state.entries.value(of: id)?.change == old?.change else { return false }
            var departed: Departed = []
            if let new {
                log?.add(bytes, liveBytes: bytes.count - (old?.recorded ?? 0))
                state.set(new, for: id, sessions: count, bytes: most, &departed)
            } else {
                state.depart(id, nil, &departed)
            }
            record(departed, forgets: forgets && new == nil)
            return true
        }
    }

    /// Sets the value of a session, whatever it was.
    public func set(_ value: Value, for id: String, durably: Bool = true) throws(SessionStoreError) {
        try update(id, durably: durably) { old in
            old = value
            return .changed(())
        }
    }

    /// Removes a session, as somebody wants it forgotten. Its bytes leave a log of less than 1 MiB with the next commit, and a larger one
    /// within a minute where ``tidy()`` is called now and then; ``compact()`` takes them out at once.
    /// - Returns: whether there was one.
    @discardableResult
    public func remove(_ id: String, durably: Bool = true) throws(SessionStoreError) -> Bool {
        let isRemoved = Self.shard(id, shards).state.withLock { state in
            var departed: Departed = []
            state.depart(id, nil, &departed)
            record(departed, forgets: true)
            return !departed.isEmpty
        }
        if isRemoved, durably { try commit() }
        return isRemoved
    }

    /// Forgets every session that is too old; call it now and then, so that their memory is free before somebody asks for them.
    public func sweep() {
        let now = clock.nanoseconds()
        for shard in shards {
            shard.state.withLock { state in
                var departed: Departed = []
                state.sweep(now, times, &departed)
                record(departed)
            }
        }
    }

    /// Returns when every change that was made before the call is on the disk: it outlives the process however that ends.
    ///
    /// Waits for the disk: milliseconds, and for as long as writing all sessions takes where half of the log is dead. Threads that call it
    /// at the same time share one write. Do not call it on a thread that serves connections.
    public func commit() throws(SessionStoreError) {
        guard let log else { return }
        do { try log.commit(snapshot) } catch { throw .file(error) }
    }

    /// Writes the log anew: nothing stays in it of sessions that are gone.
    public func compact() throws(SessionStoreError) {
        guard let log else { return }
        do { try log.compact(snapshot) } catch { throw .file(error) }
    }

    /// Whether sessions that were removed have been in the log for long enough: then call ``tidy()``.
    public var isUntidy: Bool { log?.isUntidy ?? false }

    /// Writes the log anew where ``isUntidy``, where it is small and holds sessions that were removed, or where half of it is dead. Waits for
    /// the disk, as ``commit()`` does; a failure is counted, and the next call tries again.
    public func tidy() { log?.tidy(snapshot) }

    /// Commits and lets the log go, with nothing in it of sessions that were removed; changes that come later cannot be made safe.
    public func close() throws(SessionStoreError) {
        guard let log else { return }
        do { try log.close(snapshot) } catch { throw .file(error) }
    }

    /// What is held, and what became of sessions.
    public var statistics: SessionStatistics {
        var total = SessionStatistics()
        for shard in shards {
            total += shard.state.withLock { state in
                var part = state.statistics
                (part.sessions, part.bytes) = (state.entries.count, state.bytes)
                return part
            }
        }
        total.log = log?.statistics
        total.log?.unreadableValues = unreadable
        return total
    }

    /// Tells the log who is gone. Called under the shard's lock, so that the log has records of one id in the order of the changes.
    private func record(_ departed: Departed, forgets: Bool = false) {
        guard let log else { return }
        for (id, entry) in departed { log.add(SessionLogRecord.gone(id), liveBytes: -entry.recorded, forgets: forgets) }
    }

    /// Every session as a record, the one used longest ago first.
    private func snapshot(_ write: (SessionLogRecord) throws(FileError) -> Void) throws(FileError) {
        guard let coding else { return }
        var all: [(id: String, entry: SessionShard<Value>.Entry)] = []
        for shard in shards { all += shard.state.withLock { $0.entries.entriesFromOldest.map { ($0.key, $0.value) } } }
        all.sort { ($0.entry.used, $0.id) < ($1.entry.used, $1.id) }
        for (id, entry) in all {
            try write(SessionLogRecord(id: id, value: coding.encode(entry.value), began: entry.beganWall, used: entry.usedWall))
        }
    }
}
