internal import DurableFiles
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// An append-only file of ``SessionLogRecord``s that is rewritten when half of it is of no use any more.
///
/// Records are collected in memory and go to the disk with the next ``commit(_:)``, those of many threads in one write and one sync. After
/// a failed write nobody knows the file's end; it is then written anew from memory, and never added to. The same is done with a file whose
/// end was torn when the process died.
final class SessionLog: Sendable {
    private struct Pending {
        var bytes: [UInt8] = []
        /// Records added since the start.
        var added: UInt64 = 0
        /// Whether the file has to be written anew: what is collected is then of no use, since memory holds it.
        var mustRewrite = false
        /// The number of the last record that forgets a session on request, and since when such records wait for the file to be written
        /// anew; nil where the file holds nothing of such sessions.
        var forgotten: (added: UInt64, since: Int64)?
    }

    private struct Writer: Sendable {
        /// Nil where the file must be written anew.
        var file: Guarded<OpenFile>?
        var isOpen = true
        /// Records added since the start that are safe.
        var safe: UInt64 = 0
        /// Bytes of the file.
        var size = 0
        /// When rewriting failed last, and how: it is not tried again for a second, because it costs much.
        var failure: (at: Int64, error: FileError)?
    }

    let path: String
    private let fileSystem: FileSystem
    private let clock: ServiceClock
    private let minimumSize: Int
    private let lock: Mutex<Guarded<OutputLock>?>
    private let pending = Mutex(Pending())
    private let writer: Mutex<Writer>
    /// Bytes of records that still hold.
    private let live = Atomic<Int>(0)
    /// Under a lock of its own: who looks at it does not wait for a disk.
    private let counts: Mutex<SessionLogStatistics>

    /// Bytes collected at most; beyond them the file is written anew from memory instead.
    private static let mostPending = 64 << 20
    private static let pauseAfterFailure: Int64 = 1_000_000_000
    /// Events of a session that was to be forgotten stay in a large file for so long at most, nanoseconds.
    private static let longestForgetting: Int64 = 60_000_000_000

    /// What only one thread at a time can reach, because it lies in a mutex.
    private struct Guarded<Value>: @unchecked Sendable { let value: Value }

    /// Claims the file and reads it; `replay` is given each record in order, the last of an id holds.
    /// - Parameter minimumSize: bytes below which a file is never rewritten for being half dead.
    init(
        at path: String, minimumSize: Int, clock: ServiceClock, in fileSystem: FileSystem, replay: (SessionLogRecord) -> Void
    ) throws(SessionStoreError) {
        (self.path, self.fileSystem, self.clock, self.minimumSize) = (path, fileSystem, clock, minimumSize)
        do { lock = Mutex(Guarded(value: try OutputLock(for: path, in: fileSystem))) } catch { throw .file(error) }
        var statistics = SessionLogStatistics()
        var size = 0
        var isWhole = false
        var isThere = false
        var hasGone = false
        do { isThere = try fileSystem.status(of: path) != nil } catch { throw .file(error) }
        if isThere {
            let bytes: MappedFile
            do { bytes = try MappedFile(path, in: fileSystem) } catch { throw .file(error) }
            guard bytes.withUnsafeBytes({ $0.prefix(16).elementsEqual(SessionLogRecord.fileHead) }) else { throw .notALog(path: path) }
            bytes.withUnsafeBytes {
                Self.read($0, into: &statistics) { record in
                    if record.value == nil { hasGone = true }
                    replay(record)
                }
            }
            size = bytes.withUnsafeBytes { $0.count }
            isWhole = statistics.tornBytes == 0 && statistics.damagedRecords == 0
        }
        var file: Guarded<OpenFile>?
        if isWhole {
            do { file = Guarded(value: try OpenFile(path, .append, in: fileSystem)) } catch { throw .file(error) }
        }
        statistics.bytes = size
        counts = Mutex(statistics)
        writer = Mutex(Writer(file: file, size: size))
        // Of what was forgotten before the process ended the file may hold more than that.
        let forgotten: (added: UInt64, since: Int64)? = hasGone ? (0, clock.nanoseconds()) : nil
        pending.withLock { ($0.mustRewrite, $0.forgotten) = (!isWhole, forgotten) }
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, into statistics: inout SessionLogStatistics, _ replay: (SessionLogRecord) -> Void
    ) {
        var place = SessionLogRecord.fileHead.count
        while place < bytes.count {
            switch SessionLogRecord.read(bytes, at: place) {
            case .record(let record, let next):
                statistics.replayedRecords += 1
                replay(record)
                place = next
            case .damaged(let next):
                statistics.damagedRecords += 1
                place = next
            case .nothing:
                statistics.tornBytes = bytes.count - place
                place = bytes.count
            }
        }
    }

    /// Gives all records that hold, one after the other. It must not call the log.
    typealias Snapshot = ((SessionLogRecord) throws(FileError) -> Void) throws(FileError) -> Void

    /// Counts bytes of records that hold.
    func count(liveBytes change: Int) { live.wrappingAdd(change, ordering: .relaxed) }

    /// Collects a record for the next commit.
    /// - Parameters:
    ///   - record: ``SessionLogRecord/bytes``.
    ///   - change: how many bytes of records hold more than before.
    ///   - forgets: whether somebody wants the session forgotten.
    func add(_ record: [UInt8], liveBytes change: Int, forgets: Bool = false) {
        count(liveBytes: change)
        pending.withLock { pending in
            pending.added += 1
            if forgets { pending.forgotten = (pending.added, pending.forgotten?.since ?? clock.nanoseconds()) }
            if pending.mustRewrite { return }
            pending.bytes += record
            if pending.bytes.count > Self.mostPending {
                pending.bytes = []
                pending.mustRewrite = true
            }
        }
    }

    /// Returns when everything collected before the call is on the disk.
    func commit(_ snapshot: Snapshot) throws(FileError) {
        let target = pending.withLock { $0.added }
        try writer.withLock { writer throws(FileError) in
            try checkOpen(writer)
            // Somebody else's write may have taken these records along while this thread waited for its turn.
            let isBroken = pending.withLock { $0.mustRewrite }
            if !isBroken, writer.safe >= target { return }
            if isBroken {
                if let failure = writer.failure, clock.nanoseconds() - failure.at < Self.pauseAfterFailure { throw failure.error }
                return try rewrite(&writer, snapshot)
            }
            try append(&writer)
            tidy(&writer, atOnce: false, snapshot)
        }
    }

    /// Whether events of sessions that were to be forgotten have been in the file for long enough.
    var isUntidy: Bool {
        pending.withLock { $0.forgotten }.map { clock.nanoseconds() - $0.since >= Self.longestForgetting } ?? false
    }

    /// Writes the file anew where it is small and ``isUntidy`` soon, where it is so already, or where half of it is of no use. A failure is
    /// counted, and the file is as it was.
    func tidy(_ snapshot: Snapshot) {
        writer.withLock { writer in
            if writer.isOpen { tidy(&writer, atOnce: false, snapshot) }
        }
    }

    /// - Parameter atOnce: whether what was to be forgotten goes now.
    private func tidy(_ writer: inout Writer, atOnce: Bool, _ snapshot: Snapshot) {
        let dead = writer.size - SessionLogRecord.fileHead.count - live.load(ordering: .relaxed)
        let isHalfDead = writer.size >= minimumSize && 2 * dead >= writer.size
        // A small file costs little to be written.
        let isForgetting = pending.withLock { $0.forgotten != nil } && (atOnce || writer.size < minimumSize || isUntidy)
        guard isHalfDead || isForgetting else { return }
        if let failure = writer.failure, clock.nanoseconds() - failure.at < Self.pauseAfterFailure { return }
        // What was asked for is safe; that the file could not be made smaller is told by the statistics.
        do { try rewrite(&writer, snapshot) } catch {}
    }

    /// Writes the file anew with nothing in it but what holds.
    func compact(_ snapshot: Snapshot) throws(FileError) {
        try writer.withLock { writer throws(FileError) in
            try checkOpen(writer)
            try rewrite(&writer, snapshot)
        }
    }

    private func checkOpen(_ writer: Writer) throws(FileError) {
        guard writer.isOpen else { throw FileError(.write, path, code: EBADF, advice: "the log of sessions was closed: open it again") }
    }

    private func append(_ writer: inout Writer) throws(FileError) {
        let (bytes, added) = pending.withLock { pending in
            let taken = (pending.bytes, pending.added)
            pending.bytes = []
            return taken
        }
        guard let file = writer.file?.value else { preconditionFailure("SessionLog.append: no file is open") }
        do throws(FileError) {
            try bytes.withUnsafeBufferPointer { bytes throws(FileError) in try file.write(UnsafeRawBufferPointer(bytes)) }
            try file.sync()
        } catch {
            counts.withLock { $0.failedCommits += 1 }
            breakOff(&writer)
            throw error
        }
        writer.size += bytes.count
        writer.safe = added
        let size = writer.size
        counts.withLock { counts in
            counts.bytes = size
            counts.commits += 1
        }
    }

    private func breakOff(_ writer: inout Writer) {
        pending.withLock { pending in
            pending.mustRewrite = true
            pending.bytes = []
        }
        writer.file = nil
    }

    private func rewrite(_ writer: inout Writer, _ snapshot: Snapshot) throws(FileError) {
        // The mark is taken before the snapshot: whatever was added until here is in memory, and so in the snapshot. What comes meanwhile
        // is collected and written after it once more, which is harmless, since a record holds the whole state.
        let (before, wasBroken, added) = pending.withLock { pending in
            let taken = (pending.bytes, pending.mustRewrite, pending.added)
            pending.bytes = []
            pending.mustRewrite = false
            return taken
        }
        var size = SessionLogRecord.fileHead.count
        var isPublishing = false
        do throws(FileError) {
            let publication = try FilePublication(at: path, in: fileSystem)
            defer { publication.abandon() }
            try publication.writer.write(SessionLogRecord.fileHead)
            try snapshot { (record: SessionLogRecord) throws(FileError) in
                let bytes = record.bytes
                size += bytes.count
                try publication.writer.write(bytes)
            }
            isPublishing = true
            try publication.commit()
        } catch {
            counts.withLock { $0.failedCommits += 1 }
            writer.failure = (clock.nanoseconds(), error)
            if wasBroken || isPublishing {
                // The old file's end is unknown, or it may not be the one with the name any more.
                breakOff(&writer)
            } else {
                pending.withLock { $0.bytes = before + $0.bytes }
            }
            throw error
        }
        writer.safe = added
        writer.size = size
        counts.withLock { [size] counts in
            counts.bytes = size
            counts.commits += 1
            counts.rewrites += 1
        }
        writer.failure = nil
        let now = clock.nanoseconds()
        pending.withLock { pending in
            guard let last = pending.forgotten?.added else { return }
            if last > added { pending.forgotten?.since = now } else { pending.forgotten = nil }
        }
        // The records are safe even where the file cannot be opened again; the next commit then rewrites it.
        do { writer.file = Guarded(value: try OpenFile(path, .append, in: fileSystem)) } catch { breakOff(&writer) }
    }

    /// What was read and written.
    var statistics: SessionLogStatistics {
        var statistics = counts.withLock { $0 }
        statistics.liveBytes = live.load(ordering: .relaxed)
        return statistics
    }

    /// Commits, closes the file and lets it go.
    func close(_ snapshot: Snapshot) throws(FileError) {
        defer {
            writer.withLock { writer in
                writer.isOpen = false
                writer.file = nil
            }
            lock.withLock { lock in
                lock?.value.release()
                lock = nil
            }
        }
        try commit(snapshot)
        writer.withLock { tidy(&$0, atOnce: true, snapshot) }
    }
}
