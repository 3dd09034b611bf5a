import InferenceService
import Synchronization
import Testing

@Suite struct LoadGateTests {
    private let time = TestClock()

    /// What tasks note down.
    private final class Notes: Sendable {
        let order = Mutex<[Int]>([])
        let inside = Atomic<Int>(0)
        let most = Atomic<Int>(0)
    }

    /// Waits until as many wait as should.
    private func until(_ gate: LoadGate, waiting: Int) async {
        while gate.occupancy.waiting != waiting { await Task.yield() }
    }

    @Test func roomThenQueueThenShedding() async throws {
        let gate = LoadGate(inFlight: 2, queue: 1, clock: time.clock)
        let first = try await gate.enter()
        let second = try #require(gate.enterAtOnce())
        #expect(gate.enterAtOnce() == nil)
        let third = Task { try await gate.enter() }
        await until(gate, waiting: 1)
        await #expect(throws: LoadRefusal.queueFull(retryAfterSeconds: 1)) { _ = try await gate.enter() }
        #expect(gate.occupancy == LoadGate.Occupancy(inFlight: 2, waiting: 1, shed: 1))
        gate.leave(first)
        let permit = try await third.value
        #expect(gate.occupancy == LoadGate.Occupancy(inFlight: 2, waiting: 0, shed: 1))
        gate.leave(second)
        gate.leave(permit)
        #expect(gate.occupancy.inFlight == 0)
    }

    @Test func whoCameFirstIsFirst() async throws {
        let gate = LoadGate(inFlight: 1, queue: 10, clock: time.clock)
        let permit = try await gate.enter()
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    try await gate.withPermit { notes.order.withLock { $0.append(number) } }
                }
                await until(gate, waiting: number + 1)
            }
            gate.leave(permit)
            try await group.waitForAll()
        }
        #expect(notes.order.withLock { $0 } == Array(0..<10))
        #expect(gate.occupancy == LoadGate.Occupancy(inFlight: 0, waiting: 0, shed: 0))
    }

    @Test func nobodyIsLetInWhoWaitedTooLong() async throws {
        let gate = LoadGate(inFlight: 1, queue: 10, longestWaitSeconds: 2, clock: time.clock)
        let permit = try await gate.enter()
        let late = Task { try await gate.enter() }
        await until(gate, waiting: 1)
        time.pass(seconds: 1.5)
        let early = Task { try await gate.enter() }
        await until(gate, waiting: 2)
        time.pass(seconds: 1)
        gate.leave(permit)
        // One request took 2.5 seconds, and one more is still in the queue: 5 seconds.
        await #expect(throws: LoadRefusal.waitedTooLong(retryAfterSeconds: 5)) { _ = try await late.value }
        gate.leave(try await early.value)
        #expect(gate.occupancy == LoadGate.Occupancy(inFlight: 0, waiting: 0, shed: 1))
    }

    @Test func aCancelledWaiterLeavesTheQueue() async throws {
        let gate = LoadGate(inFlight: 1, queue: 2, clock: time.clock)
        let permit = try await gate.enter()
        let gone = Task { try await gate.enter() }
        await until(gate, waiting: 1)
        let stays = Task { try await gate.enter() }
        await until(gate, waiting: 2)
        gone.cancel()
        await #expect(throws: LoadRefusal.cancelled) { _ = try await gone.value }
        #expect(gate.occupancy.waiting == 1)
        gate.leave(permit)
        gate.leave(try await stays.value)
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await gate.withPermit { 1 }
        }
        #expect(try await cancelled.value == 1, "where there is room nobody waits")
        #expect(gate.occupancy == LoadGate.Occupancy(inFlight: 0, waiting: 0, shed: 0))
    }

    @Test func retryAfterGrowsWithTheQueue() async throws {
        let gate = LoadGate(inFlight: 1, queue: 3, longestWaitSeconds: 1000, clock: time.clock)
        let slow = try await gate.enter()
        time.pass(seconds: 4)
        gate.leave(slow)
        let permit = try await gate.enter()
        let waiters = try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask { try await gate.withPermit {} }
                await until(gate, waiting: number + 1)
            }
            await #expect(throws: LoadRefusal.queueFull(retryAfterSeconds: 16)) { _ = try await gate.enter() }
            gate.leave(permit)
            try await group.waitForAll()
            return 3
        }
        #expect(waiters == 3)
    }

    @Test func underManyTasksNeverMoreThanItsRoom() async throws {
        let gate = LoadGate(inFlight: 3, queue: 20, longestWaitSeconds: 1000, clock: time.clock)
        let notes = Notes()
        let (done, shed) = await withTaskGroup(of: (Int, Int).self) { group in
            for worker in 0..<30 {
                group.addTask {
                    var (done, shed) = (0, 0)
                    for turn in 0..<50 {
                        let work = Task {
                            try await gate.withPermit {
                                let now = notes.inside.add(1, ordering: .relaxed).newValue
                                notes.most.max(now, ordering: .relaxed)
                                await Task.yield()
                                notes.inside.subtract(1, ordering: .relaxed)
                            }
                        }
                        if (worker + turn) % 5 == 0 { work.cancel() }
                        do {
                            try await work.value
                            done += 1
                        } catch { shed += 1 }
                    }
                    return (done, shed)
                }
            }
            return await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
        #expect(done + shed == 1500 && done > 0)
        #expect(notes.most.load(ordering: .relaxed) <= 3)
        let occupancy = gate.occupancy
        #expect(occupancy.inFlight == 0 && occupancy.waiting == 0)
    }
}
