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
/// Decisions that come while the disk is busy are committed together. In `sync` mode an answer waits for its record; in `bounded-async` mode
/// it does not, but where as many wait as may, requests wait for them. What cannot be recorded is not told: the request gets a 503, and the
/// ledger is tried again a second later.
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

    /// What became of decisions.
    package struct Statistics: Sendable, Equatable {
        /// On the disk.
        package var recorded = 0
        /// Waiting now.
        package var pending = 0
        /// Refused because the ledger could not be written.
        package var failed = 0
        /// Commits.
        package var commits = 0
    }

    private struct Pending {
        var run: Run
        var decision: DecisionRecorder.Decision
        var waiter: UnsafeContinuation<Bool, Never>?
    }

    private struct State {
        var pending: [Pending] = []
        /// Requests that wait for room.
        var crowd: [UnsafeContinuation<Void, Never>] = []
        var isClosing = false
        var statistics = Statistics()
        /// Why the last commit failed; nil while all is well.
        var failure: String?
    }

    private let state = Mutex(State())
    private let wake = DispatchedWake()
    private let opening: Opening
    private let settings: @Sendable (String) -> DecisionRecorder.Settings
    private let key: [UInt8]?
    private let isSync: Bool
    private let most: Int
    private let clock: ServiceClock
    private let thread = Mutex<pthread_t?>(nil)

    /// Starts the thread; the ledger is opened by the first decision.
    /// - Parameters:
    ///   - key: of the import, for pseudonyms of ids that are in the open.
    ///   - most: decisions that may wait in `bounded-async` mode.
    ///   - settings: by the purpose.
    package init(
        isSync: Bool, most: Int, key: [UInt8]?, clock: ServiceClock = .system,
        settings: @escaping @Sendable (String) -> DecisionRecorder.Settings, opening: @escaping Opening
    ) {
        (self.isSync, self.most, self.key, self.clock) = (isSync, most, key, clock)
        (self.settings, self.opening) = (settings, opening)
        var handle = pthread_t()
        let failure = pthread_create(
            &handle, nil,
            { argument in
                #if canImport(Glibc)
                    Unmanaged<DecisionJournal>.fromOpaque(argument!).takeRetainedValue().run()
                #else
                    Unmanaged<DecisionJournal>.fromOpaque(argument).takeRetainedValue().run()
                #endif
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(failure == 0, "DecisionJournal: no thread can be made")
        thread.withLock { $0 = handle }
    }

    /// What became of decisions so far.
    package var statistics: Statistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.pending = state.pending.count
            return statistics
        }
    }

    /// Why the ledger cannot be written at the moment; nil where it can.
    package var failure: String? { state.withLock { $0.failure } }

    /// Records a decision, before anybody can see it or (``ServiceSettings/LedgerMode/boundedAsync``) soon after.
    /// - Throws: a fault with status 503 where it cannot be recorded.
    package func record(_ decision: DecisionRecorder.Decision, _ run: Run) async throws(RequestFault) {
        if isSync {
            let isDone = await withUnsafeContinuation { waiter in add(Pending(run: run, decision: decision, waiter: waiter)) }
            guard isDone else { throw Self.refusal }
            return
        }
        guard failure == nil else { throw Self.refusal }
        while state.withLock({ $0.pending.count >= most && !$0.isClosing }) {
            await withUnsafeContinuation { waiter in
                let hasRoom = state.withLock { state in
                    guard state.pending.count >= most, !state.isClosing else { return true }
                    state.crowd.append(waiter)
                    return false
                }
                if hasRoom { waiter.resume() }
            }
        }
        add(Pending(run: run, decision: decision, waiter: nil))
    }

    private static let refusal = RequestFault(
        .ledgerUnavailable, "the answer cannot be recorded at the moment, and is not told without its record",
        remedy: "try again later; who runs the service finds the reason in its log", retryAfter: 1)

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
                state.pending.removeAll(keepingCapacity: true)
                return (batch, state.isClosing)
            }
            if batch.isEmpty {
                if isLast { break }
                wake.wait()
                continue
            }
            let now = clock.nanoseconds()
            // A ledger that failed is not tried for every request: that would be a queue of failures.
            let mayTry = failure == nil || triedAt == .min || now - triedAt > 1_000_000_000
            if mayTry { triedAt = now }
            let failed = mayTry ? commit(batch, &opened, &recorders) : failure
            settle(batch, failed)
        }
        for recorder in recorders.values { try? recorder.finish() }
        settle([], nil)
    }

    /// - Returns: why it failed; nil where all is on the disk.
    private func commit(
        _ batch: [Pending], _ opened: inout (ledger: Ledger, vault: SubjectVault?)?, _ recorders: inout [Run: DecisionRecorder]
    ) -> String? {
        do throws(LedgerError) {
            let own: (ledger: Ledger, vault: SubjectVault?)
            if let opened {
                own = opened
            } else {
                own = try opening()
                opened = own
            }
            var groups: [Run: [DecisionRecorder.Decision]] = [:]
            var order: [Run] = []
            for pending in batch {
                if groups[pending.run] == nil { order.append(pending.run) }
                groups[pending.run, default: []].append(pending.decision)
            }
            for run in order {
                let recorder: DecisionRecorder
                if let known = recorders[run] {
                    recorder = known
                } else {
                    recorder = try DecisionRecorder(
                        own.ledger, vault: own.vault, run.run, model: run.model, taxonomy: run.taxonomy, key: key, settings(run.purpose))
                    recorders[run] = recorder
                }
                guard recorder.record(groups[run]!) else { throw recorder.failure! }
            }
            return nil
        } catch {
            // Opened anew the next time: whatever was wrong may be over.
            (opened, recorders) = (nil, [:])
            return error.description
        }
    }

    private func settle(_ batch: [Pending], _ failed: String?) {
        let crowd = state.withLock { state in
            if failed == nil {
                state.statistics.recorded += batch.count
                state.statistics.commits += batch.isEmpty ? 0 : 1
            } else {
                state.statistics.failed += batch.count
            }
            if !batch.isEmpty { state.failure = failed }
            let crowd = state.crowd
            state.crowd = []
            return crowd
        }
        for pending in batch { pending.waiter?.resume(returning: failed == nil) }
        for waiter in crowd { waiter.resume() }
    }
}

/// A flag that a thread sleeps on.
private final class DispatchedWake: @unchecked Sendable {
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
}
