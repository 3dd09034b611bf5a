internal import Synchronization

/// Lets a bounded number of requests in at a time, keeps a bounded number waiting in the order in which they came, and sheds the rest.
///
/// What cannot be answered soon is refused at once, so that a service under four times its load answers a quarter of the requests quickly
/// instead of all of them late. Entering where there is room is one short lock.
public final class LoadGate: Sendable {
    /// Room for one request; give it back with ``leave(_:)``, exactly once.
    public struct Permit: Sendable {
        /// When the request was let in, on the gate's clock.
        fileprivate let since: Int64
    }

    /// What is inside and what waits.
    public struct Occupancy: Sendable, Equatable {
        /// Requests being answered.
        public var inFlight: Int
        /// Requests waiting.
        public var waiting: Int
        /// Requests shed since the start, by a full queue or for waiting too long.
        public var shed: Int

        /// An occupancy.
        public init(inFlight: Int, waiting: Int, shed: Int) { (self.inFlight, self.waiting, self.shed) = (inFlight, waiting, shed) }
    }

    private enum Outcome: Sendable {
        case admitted, late(Int), cancelled
    }

    private struct Waiter: Sendable {
        var since: Int64
        /// Nil between taking the number and going to sleep.
        var continuation: UnsafeContinuation<Outcome, Never>?
    }

    private struct State: Sendable {
        var inFlight = 0
        var shed = 0
        var tickets: UInt64 = 0
        var waiting = RecencyTable<UInt64, Waiter>()
        /// What befell waiters before they went to sleep.
        var settled: [UInt64: Outcome] = [:]
        /// Moving average of the time inside.
        var meanNanoseconds = 0.0
    }

    /// Most requests inside.
    public let inFlight: Int
    /// Most requests waiting.
    public let queue: Int
    private let longestWait: Int64
    private let clock: ServiceClock
    private let state = Mutex(State())

    /// An empty gate.
    /// - Parameters:
    ///   - inFlight: most requests inside, 1 or more.
    ///   - queue: most requests waiting; 0 sheds as soon as the gate is full.
    ///   - longestWaitSeconds: who waited longer is shed when its turn comes, because nobody waits for the answer any more.
    public init(inFlight: Int, queue: Int, longestWaitSeconds: Double = 1, clock: ServiceClock = .system) {
        precondition(inFlight > 0 && queue >= 0, "LoadGate: \(inFlight) in flight, \(queue) waiting")
        (self.inFlight, self.queue, self.clock) = (inFlight, queue, clock)
        longestWait = .nanoseconds(ofSeconds: longestWaitSeconds)
    }

    /// What is inside and what waits now.
    public var occupancy: Occupancy {
        state.withLock { Occupancy(inFlight: $0.inFlight, waiting: $0.waiting.count, shed: $0.shed) }
    }

    /// Enters where there is room now and nobody waits.
    public func enterAtOnce() -> Permit? {
        let now = clock.nanoseconds()
        let isIn = state.withLock { state in
            guard state.inFlight < inFlight, state.waiting.isEmpty else { return false }
            state.inFlight += 1
            return true
        }
        return isIn ? Permit(since: now) : nil
    }

    /// Enters, waiting for its turn where the gate is full.
    /// - Throws: ``LoadRefusal`` where the queue is full, the wait was too long, or the task was cancelled while it waited.
    public func enter() async throws(LoadRefusal) -> Permit {
        let now = clock.nanoseconds()
        let ticket: UInt64
        switch state.withLock({ arrive(&$0, now) }) {
        case .inside: return Permit(since: now)
        case .refused(let seconds): throw .queueFull(retryAfterSeconds: seconds)
        case .waiting(let number): ticket = number
        }
        switch await outcome(of: ticket) {
        case .admitted: return Permit(since: clock.nanoseconds())
        case .late(let seconds): throw .waitedTooLong(retryAfterSeconds: seconds)
        case .cancelled: throw .cancelled
        }
    }

    /// Gives the room to whoever waits longest.
    public func leave(_ permit: Permit) {
        let now = clock.nanoseconds()
        let wakened = state.withLock { state -> [(UnsafeContinuation<Outcome, Never>, Outcome)] in
            precondition(state.inFlight > 0, "LoadGate.leave: nobody is inside")
            state.inFlight -= 1
            let time = Double(max(0, now - permit.since))
            state.meanNanoseconds += (time - state.meanNanoseconds) / (state.meanNanoseconds == 0 ? 1 : 16)
            return state.waiting.isEmpty ? [] : advance(&state, now)
        }
        for (continuation, outcome) in wakened { continuation.resume(returning: outcome) }
    }

    /// Runs a body inside the gate.
    /// - Throws: ``LoadRefusal``, or what the body throws.
    public func withPermit<Result>(_ body: () async throws -> Result) async throws -> Result {
        let permit = try await enter()
        defer { leave(permit) }
        return try await body()
    }

    private enum Arrival {
        case inside
        case refused(Int)
        case waiting(UInt64)
    }

    private func arrive(_ state: inout State, _ now: Int64) -> Arrival {
        if state.inFlight < inFlight, state.waiting.isEmpty {
            state.inFlight += 1
            return .inside
        }
        guard state.waiting.count < queue else {
            state.shed += 1
            return .refused(retryAfter(state))
        }
        state.tickets += 1
        state.waiting.set(Waiter(since: now, continuation: nil), for: state.tickets)
        return .waiting(state.tickets)
    }

    /// Lets in who waits while there is room, and sheds who waited too long.
    private func advance(_ state: inout State, _ now: Int64) -> [(UnsafeContinuation<Outcome, Never>, Outcome)] {
        var wakened: [(UnsafeContinuation<Outcome, Never>, Outcome)] = []
        while state.inFlight < inFlight, let (ticket, waiter) = state.waiting.oldestEntry {
            state.waiting.remove(ticket)
            let outcome: Outcome
            if now - waiter.since > longestWait {
                state.shed += 1
                outcome = .late(retryAfter(state))
            } else {
                state.inFlight += 1
                outcome = .admitted
            }
            if let continuation = waiter.continuation { wakened.append((continuation, outcome)) } else { state.settled[ticket] = outcome }
        }
        return wakened
    }

    private func outcome(of ticket: UInt64) async -> Outcome {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let early = state.withLock { state -> Outcome? in
                    if let outcome = state.settled.removeValue(forKey: ticket) { return outcome }
                    // A change in place: using the entry would move it to the end of the queue.
                    state.waiting.change(ticket) { $0.continuation = continuation }
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> UnsafeContinuation<Outcome, Never>? in
                guard let waiter = state.waiting.remove(ticket) else { return nil }
                if waiter.continuation == nil { state.settled[ticket] = .cancelled }
                return waiter.continuation
            }
            continuation?.resume(returning: .cancelled)
        }
    }

    /// How long the queue before a newcomer takes at the pace of late; at most a minute.
    private func retryAfter(_ state: State) -> Int {
        min(60, Int64(Double(state.waiting.count + 1) * state.meanNanoseconds / Double(inFlight)).retryAfterSeconds)
    }
}

/// Why a gate did not let a request in.
public enum LoadRefusal: Error, Sendable, Equatable {
    /// As many wait as may; try again after so many seconds (a 503 with `Retry-After`, RFC 9110, section 15.6.4).
    case queueFull(retryAfterSeconds: Int)
    /// The turn came too late; as for a full queue.
    case waitedTooLong(retryAfterSeconds: Int)
    /// The task was cancelled while it waited: nobody reads an answer.
    case cancelled
}
