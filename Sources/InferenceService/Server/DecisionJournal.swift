package import Audit
package import DecisionRecords
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Records what is given out, from a thread of its own: no thread that serves connections waits for a disk.
///
/// Decisions of one answer go into one commit, all or none, so that no part of an answer that is refused is on record. Answers that come while
/// the disk is busy are committed together. In `sync` mode an answer waits for its record; in `bounded-async` mode
/// it does not, but where as many wait as may, requests wait for them. Once the ledger cannot be written nothing more is told in either
/// mode: requests get a 503, and the ledger is tried again a second later. Those that were told before that are kept until it can be
/// written; only the end of the process loses them.
package final class DecisionJournal: @unchecked Sendable {
    /// Opens the ledger.
    package typealias Opening = @Sendable () throws(LedgerError) -> (ledger: Ledger, vault: SubjectVault?)

    /// What decisions of one kind have in common.
    package struct Run: Sendable, Hashable {
        /// As the ledger keeps it.
        package var run: DecisionRun
        /// Id of the model that decides.
        package var model: String
        /// Digest of the taxonomy; nil where none takes part.
        package var taxonomy: String?
        /// What for.
        package var purpose: String

        /// A run.
        package init(_ run: DecisionRun, model: String, taxonomy: String?, purpose: String) {
            (self.run, self.model, self.taxonomy, self.purpose) = (run, model, taxonomy, purpose)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(run.arguments)
            hasher.combine(model)
        }
    }

    /// A decision and the run that it belongs to.
    package typealias Entry = (decision: DecisionRecorder.Decision, run: Run)

    /// What became of decisions.
    package struct Statistics: Sendable, Equatable {
        /// On the disk.
        package var recorded = 0
        /// Waiting now.
        package var pending = 0
        /// Refused, or lost at the end, because the ledger could not be written.
        package var failed = 0
        /// Commits.
        package var commits = 0
    }

    /// The decisions of one answer.
    private struct Pending {
        var entries: [Entry]
        var waiter: UnsafeContinuation<Bool, Never>?
    }

    private struct State {
        var pending: [Pending] = []
        /// Decisions that were told, or will be, whatever becomes of their record: the pending ones without a waiter, and those of them
        /// that are being written.
        var told = 0
        /// Requests that wait for room.
        var crowd: [UnsafeContinuation<Void, Never>] = []
        var isClosing = false
        var statistics = Statistics()
        /// Why the last commit failed; nil while all is well.
        var failure: String?
    }

    private let state = Mutex(State())
    private let wake = ThreadWake()
    private let opening: Opening
    private let settings: @Sendable (String) -> DecisionRecorder.Settings
    private let key: [UInt8]?
    private let isSync: Bool
    private let most: Int
    private let clock: ServiceClock
    private let told: @Sendable (String?) -> Void
    private let thread = Mutex<pthread_t?>(nil)

    /// Starts the thread; the ledger is opened by the first decision.
    /// - Parameters:
    ///   - key: of the import, for pseudonyms of ids that are in the open.
    ///   - most: decisions that may wait in `bounded-async` mode; those of one answer stay together and may go beyond.
    ///   - settings: by the purpose.
    ///   - told: called from the journal's thread with why the ledger cannot be written, and with nil when it can again.
    package init(
        isSync: Bool, most: Int, key: [UInt8]?, clock: ServiceClock = .system, told: @escaping @Sendable (String?) -> Void = { _ in },
        settings: @escaping @Sendable (String) -> DecisionRecorder.Settings, opening: @escaping Opening
    ) {
        (self.isSync, self.most, self.key, self.clock, self.told) = (isSync, most, key, clock, told)
        (self.settings, self.opening) = (settings, opening)
        let handle = BackgroundThread.start { self.run() }
        precondition(handle != nil, "DecisionJournal: no thread can be made")
        thread.withLock { $0 = handle }
    }

    /// What became of decisions so far.
    package var statistics: Statistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.pending = max(state.pending.reduce(0) { $0 + $1.entries.count }, state.told)
            return statistics
        }
    }

    /// Why the ledger cannot be written at the moment; nil where it can.
    package var failure: String? { state.withLock { $0.failure } }

    /// Records the decisions of an answer, before anybody can see it or (``ServiceSettings/LedgerMode/boundedAsync``) soon after.
    /// - Throws: a fault with status 503 where they cannot be recorded; none of them is then.
    package func record(_ entries: [Entry]) async throws(RequestFault) {
        guard !entries.isEmpty else { return }
        let answer = Pending(entries: entries, waiter: nil)
        while !isSync, failure == nil {
            if try addWithoutWaiting(answer) { return }
            await withUnsafeContinuation { waiter in
                let mustWait = state.withLock { state in
                    guard state.told >= most, !state.isClosing, state.failure == nil else { return false }
                    state.crowd.append(waiter)
                    return true
                }
                if !mustWait { waiter.resume() }
            }
        }
        // Where the ledger failed, a decision that waits is how its return is noticed.
        let isDone = await withUnsafeContinuation { waiter in
            var own = answer
            own.waiter = waiter
            add(own)
        }
        guard isDone else { throw refusal }
    }

    /// - Returns: false where there is no room.
    private func addWithoutWaiting(_ pending: Pending) throws(RequestFault) -> Bool {
        let (hasRoom, isClosing) = state.withLock { state in
            guard !state.isClosing, state.told < most else { return (false, state.isClosing) }
            state.pending.append(pending)
            state.told += pending.entries.count
            return (true, false)
        }
        if isClosing { throw refusal }
        if hasRoom { wake.signal() }
        return hasRoom
    }

    private var refusal: RequestFault {
        var fault = RequestFault(
            .ledgerUnavailable, "the answer cannot be recorded at the moment, and is not told without its record",
            remedy: "try again later; who runs the service finds the reason in its log", retryAfter: 1)
        fault.cause = failure ?? "the service ends"
        return fault
    }

    private func add(_ pending: Pending) {
        let isOpen = state.withLock { state in
            guard !state.isClosing else { return false }
            state.pending.append(pending)
            return true
        }
        if isOpen { wake.signal() } else { pending.waiter?.resume(returning: false) }
    }

    /// Records what waits, notes the end of every run and ends the thread.
    package func close() {
        state.withLock { $0.isClosing = true }
        wake.signal()
        if let thread = thread.withLock({ $0.take() }) { pthread_join(thread, nil) }
    }

    // MARK: The thread

    private func run() {
        var opened: (ledger: Ledger, vault: SubjectVault?)?
        var recorders: [Run: DecisionRecorder] = [:]
        var triedAt: Int64 = .min
        while true {
            let (batch, isLast) = state.withLock { state in
                let batch = state.pending
                state.pending = []
                return (batch, state.isClosing)
            }
            if batch.isEmpty {
                if isLast { break }
                wake.wait()
                continue
            }
            let now = clock.nanoseconds()
            // A ledger that failed is not tried for every request: that would be a queue of failures.
            let mayTry = failure == nil || isLast || triedAt == .min || now - triedAt > 1_000_000_000
            if mayTry { triedAt = now }
            var recorded = Set<Int>()
            let failed = mayTry ? commit(batch, &recorded, &opened, &recorders) : failure
            let before = failure
            settle(batch, recorded, failed, isLast: isLast)
            if (before == nil) != (failed == nil) { told(failed) }
            if failed != nil, !isLast { wake.wait(milliseconds: 200) }
        }
        for recorder in recorders.values {
            do throws(LedgerError) { try recorder.finish() } catch { told(error.description) }
        }
        settle([], [], nil, isLast: true)
    }

    /// - Parameter recorded: given the places of those that are on the disk.
    /// - Returns: why it failed; nil where all is on the disk.
    private func commit(
        _ batch: [Pending], _ recorded: inout Set<Int>, _ opened: inout (ledger: Ledger, vault: SubjectVault?)?,
        _ recorders: inout [Run: DecisionRecorder]
    ) -> String? {
        do throws(LedgerError) {
            let own: (ledger: Ledger, vault: SubjectVault?)
            if let opened {
                own = opened
            } else {
                own = try opening()
                opened = own
            }
            var places: [Int] = []
            var decisions: [(recorder: DecisionRecorder, decision: DecisionRecorder.Decision)] = []
            for (place, pending) in batch.enumerated() {
                for (decision, run) in pending.entries {
                    let recorder: DecisionRecorder
                    if let known = recorders[run] {
                        recorder = known
                    } else {
                        recorder = try DecisionRecorder(
                            own.ledger, vault: own.vault, run.run, model: run.model, taxonomy: run.taxonomy, key: key,
                            settings(run.purpose))
                        recorders[run] = recorder
                    }
                    decisions.append((recorder, decision))
                }
                places.append(place)
                guard decisions.count >= DecisionRecorder.batch || place == batch.count - 1 else { continue }
                try DecisionRecorder.record(decisions)
                recorded.formUnion(places)
                (places, decisions) = ([], [])
            }
            return nil
        } catch {
            // Opened anew the next time: whatever was wrong may be over.
            (opened, recorders) = (nil, [:])
            return error.description
        }
    }

    /// Tells who waits, and keeps what was told and is not on the disk.
    private func settle(_ batch: [Pending], _ recorded: Set<Int>, _ failed: String?, isLast: Bool) {
        let crowd = state.withLock { state in
            var kept: [Pending] = []
            for (place, pending) in batch.enumerated() {
                let isKept = !recorded.contains(place) && pending.waiter == nil && !isLast
                let count = pending.entries.count
                if isKept { kept.append(pending) } else if pending.waiter == nil { state.told -= count }
                if recorded.contains(place) {
                    state.statistics.recorded += count
                } else if !isKept {
                    state.statistics.failed += count
                }
            }
            state.pending.insert(contentsOf: kept, at: 0)
            state.statistics.commits += recorded.isEmpty ? 0 : 1
            if !batch.isEmpty { state.failure = failed }
            let crowd = state.crowd
            state.crowd = []
            return crowd
        }
        for (place, pending) in batch.enumerated() { pending.waiter?.resume(returning: recorded.contains(place)) }
        for waiter in crowd { waiter.resume() }
    }
}

/// A flag that a thread sleeps on.
private final class ThreadWake: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isSet = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func signal() {
        pthread_mutex_lock(mutex)
        isSet = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func wait() {
        pthread_mutex_lock(mutex)
        while !isSet { pthread_cond_wait(condition, mutex) }
        isSet = false
        pthread_mutex_unlock(mutex)
    }

    /// Waits for at most so long.
    func wait(milliseconds: Int) {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        let nanoseconds = end.tv_nsec + milliseconds * 1_000_000
        (end.tv_sec, end.tv_nsec) = (end.tv_sec + nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
        pthread_mutex_lock(mutex)
        while !isSet, pthread_cond_timedwait(condition, mutex, &end) == 0 {}
        isSet = false
        pthread_mutex_unlock(mutex)
    }
}
