import InferenceService
import Synchronization
import Testing

@Suite struct SessionStoreTests {
    private let time = TestClock()

    private func store(
        sessions: Int = 100, bytes: Int = 1 << 20, idle: Double = 60, age: Double = 600, shards: Int = 1
    ) -> SessionStore<[UInt8]> {
        SessionStore(
            limits: SessionLimits(sessions: sessions, bytes: bytes, idleSeconds: idle, ageSeconds: age), shards: shards, clock: time.clock,
            size: { $0.count })
    }

    @Test func whatIsSetIsThere() throws {
        let store = store()
        #expect(store.value(for: "a") == nil)
        try store.set([1], for: "a")
        #expect(store.value(for: "a") == [1])
        let seen = try store.update("a") { value in
            let old = value
            value?.append(2)
            return .changed(old)
        }
        #expect(seen == [1] && store.value(for: "a") == [1, 2])
        try store.update("a") { value in
            value = nil
            return .changed(())
        }
        #expect(store.value(for: "a") == nil)
        try store.set([3], for: "a")
        #expect(try store.remove("a") && !store.remove("a"))
        let statistics = store.statistics
        #expect(statistics.sessions == 0 && statistics.bytes == 0 && statistics.begun == 2 && statistics.removed == 2)
        #expect(statistics.hits == 4 && statistics.misses == 4 && statistics.log == nil)
    }

    @Test func whatABodyLeavesStays() throws {
        let store = store()
        try store.set([1], for: "a")
        let count = try store.update("a") { value in
            value = [9, 9]
            return .unchanged(7)
        }
        #expect(count == 7 && store.value(for: "a") == [1])
        try store.update("b") { _ in .unchanged(()) }
        #expect(store.statistics.sessions == 1)
    }

    @Test func silenceAndAgeEndASession() throws {
        let store = store(idle: 60, age: 100)
        try store.set([1], for: "a")
        time.pass(seconds: 59.9)
        #expect(store.value(for: "a") == [1])
        time.pass(seconds: 39)
        #expect(store.value(for: "a") == [1], "asking is using")
        time.pass(seconds: 1.2)
        #expect(store.value(for: "a") == nil, "100.1 seconds old")
        try store.set([2], for: "a")
        time.jump(seconds: 1e7)
        #expect(store.value(for: "a") == [2], "the wall clock means nothing")
        time.pass(seconds: 60)
        try store.update("a") { value in
            #expect(value == nil)
            value = [3]
            return .changed(())
        }
        time.pass(seconds: 60)
        store.sweep()
        let statistics = store.statistics
        #expect(statistics.sessions == 0 && statistics.bytes == 0 && statistics.aged == 1 && statistics.idled == 2)
    }

    @Test func theOneUsedLongestAgoMakesRoom() throws {
        let few = store(sessions: 3)
        for id in ["a", "b", "c"] { try few.set([1], for: id) }
        _ = few.value(for: "a")
        try few.set([1], for: "d")
        #expect(["a", "b", "c", "d"].filter { few.value(for: $0) != nil } == ["a", "c", "d"])
        let cost = 1 + SessionLimits.overhead + 100
        let small = store(bytes: 3 * cost)
        for id in ["a", "b", "c"] { try small.set([UInt8](repeating: 0, count: 100), for: id) }
        #expect(small.statistics.bytes == 3 * cost)
        try small.set([UInt8](repeating: 0, count: 101), for: "c")
        #expect(["a", "b", "c"].filter { small.value(for: $0) != nil } == ["b", "c"])
        #expect(small.statistics.evicted == 1 && small.statistics.bytes == 2 * cost + 1)
        let error = #expect(throws: SessionStoreError.self) { try small.set([UInt8](repeating: 0, count: 3 * cost), for: "b") }
        #expect(error == .tooLarge(bytes: 3 * cost + 1 + SessionLimits.overhead, most: 3 * cost))
        #expect(small.value(for: "b")?.count == 100 && small.value(for: "c")?.count == 101)
    }

    @Test func aBodyMayTakeItsTimeAndIsCalledAgainWhereSomebodyWasFaster() throws {
        let store = store()
        try store.set([1], for: "a")
        var calls = 0
        try store.update("a") { value in
            calls += 1
            // Nobody waits for the body: neither for this session nor for another.
            if calls == 1 { try? store.set([5], for: "a") }
            try? store.set([9], for: "b")
            value?.append(2)
            return .changed(())
        }
        #expect(calls == 2 && store.value(for: "a") == [5, 2] && store.value(for: "b") == [9])
        try store.update("a") { value in
            // Gone and begun anew is another session, and be it the same in it.
            if calls == 2 {
                _ = try? store.remove("a")
                try? store.set([5, 2], for: "a")
            }
            calls += 1
            value = nil
            return .changed(())
        }
        #expect(calls == 4 && store.value(for: "a") == nil)
    }

    @Test func oneAtATimeHasASessionsTurn() async throws {
        let few = SessionTurns(most: 0)
        #expect(await few.enter("a"))
        #expect(await !few.enter("a"))
        #expect(await few.enter("b"))
        few.leave("a")
        #expect(await few.enter("a"))
        final class Room: Sendable {
            let turns = SessionTurns()
            let inside = Atomic<Int>(0)
        }
        let room = Room()
        let most = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    guard await room.turns.enter("a") else { return 99 }
                    let count = room.inside.wrappingAdd(1, ordering: .relaxed).newValue
                    await Task.yield()
                    room.inside.wrappingSubtract(1, ordering: .relaxed)
                    room.turns.leave("a")
                    return count
                }
            }
            return await group.reduce(0) { max($0, $1) }
        }
        #expect(most == 1)
    }

    @Test func idsHaveALength() {
        for id in ["", String(repeating: "x", count: SessionLimits.longestID + 1)] {
            #expect(throws: SessionStoreError.badID(bytes: id.utf8.count, most: SessionLimits.longestID)) { try store().set([], for: id) }
        }
    }

    /// Many random steps against a dictionary; the bounds hold after each.
    @Test func agreesWithADictionary() throws {
        let store = store(sessions: 40, bytes: 8000, idle: 1e6, age: 1e6, shards: 4)
        var slow: [String: [UInt8]] = [:]
        var seed: UInt64 = 11
        for _ in 0..<4000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let id = "s\(seed >> 33 & 63)"
            switch seed >> 58 & 3 {
            case 0: #expect(try store.remove(id) ? slow[id] != nil : true)
            case 1:
                if let value = store.value(for: id) { #expect(value == slow[id]) }
                continue
            default:
                let value = [UInt8](repeating: UInt8(truncatingIfNeeded: seed >> 20), count: Int(seed >> 44 & 127))
                try store.set(value, for: id)
                slow[id] = value
                #expect(store.value(for: id) == value)
                continue
            }
            slow[id] = nil
            #expect(store.value(for: id) == nil)
        }
        let statistics = store.statistics
        #expect(statistics.sessions <= 40 && statistics.bytes <= 8000 && statistics.evicted > 100)
        #expect(statistics.begun - statistics.evicted - statistics.removed == statistics.sessions)
    }

    @Test func noChangeIsLostBetweenThreads() async throws {
        let store = SessionStore<Int>(
            limits: SessionLimits(sessions: 64, bytes: 1 << 20, idleSeconds: 60, ageSeconds: 60), shards: 4, clock: time.clock,
            size: { _ in 8 })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    for turn in 0..<1000 {
                        try store.update("\(turn % 5)") { value in
                            value = (value ?? 0) + 1
                            return .changed(())
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect((0..<5).map { store.value(for: "\($0)") } == [1200, 1200, 1200, 1200, 1200])
    }
}
