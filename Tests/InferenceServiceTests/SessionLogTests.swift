import DurableFiles
import FaultTestSupport
import Glibc
import InferenceService
import Synchronization
import Testing

@Suite struct SessionLogTests {
    private let time = TestClock()
    private let folder: TemporaryFolder
    private static let coding = SessionCoding<[UInt8]>(encode: { $0 }, decode: { $0.first == 255 ? nil : $0 })

    init() throws { folder = try TemporaryFolder() }

    private func open(
        _ path: String? = nil, in fileSystem: FileSystem = .live, sessions: Int = 100, idle: Double = 1e6, minimum: Int = 1 << 20
    ) throws -> SessionStore<[UInt8]> {
        try SessionStore(
            limits: SessionLimits(sessions: sessions, bytes: 1 << 20, idleSeconds: idle, ageSeconds: 1e6), shards: 1, clock: time.clock,
            logPath: path ?? folder("log"), minimumLog: minimum, coding: Self.coding, in: fileSystem, size: { $0.count })
    }

    private func contents() throws -> [UInt8] { try FileSystem.live.contents(of: folder("log")) }

    @Test func theChecksumIsTheStandardOne() {
        // The check value of CRC-32C, and RFC 3720's example of 32 zeros.
        #expect(Array("123456789".utf8).withUnsafeBytes { Checksum.crc32c($0) } == 0xE306_9283)
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { Checksum.crc32c($0) } == 0x8A91_36AA)
    }

    @Test func sessionsOutliveTheProcess() throws {
        var store = try open()
        try store.set([1, 2], for: "a")
        try store.set([3], for: "b")
        try store.set([4], for: "b")
        try store.set([5], for: "c")
        try store.remove("c")
        try store.close()
        store = try open()
        #expect(store.value(for: "a") == [1, 2] && store.value(for: "b") == [4] && store.value(for: "c") == nil)
        #expect(store.statistics.sessions == 2 && store.statistics.begun == 0)
        let log = try #require(store.statistics.log)
        // Of the one that was removed nothing is left.
        #expect(log.replayedRecords == 2 && log.tornBytes == 0 && log.damagedRecords == 0)
        #expect(log.liveBytes == 2 * (SessionLogRecord.headSize + 1) + 3)
        #expect(log.bytes == (try contents()).count)
    }

    @Test func aFolderIsPrivateAndHasOneOwner() throws {
        let limits = SessionLimits(sessions: 100, bytes: 1 << 20, idleSeconds: 10, ageSeconds: 10)
        let store = try SessionStore(limits: limits, folder: folder("sessions"), coding: Self.coding, size: { $0.count })
        try store.set([1], for: "a")
        #expect(try FileSystem.live.status(of: folder("sessions"))?.permissions == 0o700)
        let error = #expect(throws: SessionStoreError.self) {
            _ = try SessionStore(limits: limits, folder: folder("sessions"), coding: Self.coding, size: { $0.count })
        }
        guard case .file(let file) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(file.isBusy)
        try store.close()
        #expect(throws: SessionStoreError.self) { try store.set([2], for: "a") }
        let again = try SessionStore(limits: limits, folder: folder("sessions"), coding: Self.coding, size: { $0.count })
        #expect(again.value(for: "a") == [1])
    }

    @Test func ageGoesOnWhileNobodyRuns() throws {
        try open().set([1], for: "a")
        time.pass(seconds: 50)
        try open().set([2], for: "b")
        time.pass(seconds: 50)
        time.jump(seconds: 20)
        let store = try open(idle: 100)
        #expect(store.value(for: "a") == nil && store.value(for: "b") == [2])
        time.pass(seconds: 29)
        #expect(store.value(for: "b") == [2])
        try store.close()
        time.jump(seconds: -1e6)
        #expect(try open(idle: 100).value(for: "b") == [2], "a clock that went back makes nothing older than it is")
    }

    @Test func anExpiredSessionThatBeginsAgainIsKept() throws {
        var store = try open(idle: 10)
        try store.set([1], for: "a")
        time.pass(seconds: 20)
        try store.set([2], for: "a")
        try store.close()
        store = try open(idle: 10)
        #expect(store.value(for: "a") == [2])
    }

    @Test func limitsHoldWhenALogIsRead() throws {
        let store = try open()
        for number in 0..<10 { try store.set([UInt8(number)], for: "s\(number)", durably: false) }
        try store.update("s0") { value in
            value = [100]
            return .changed(())
        }
        try store.close()
        for _ in 0..<2 {
            let few = try open(sessions: 3)
            #expect((0..<10).filter { few.value(for: "s\($0)") != nil } == [0, 8, 9])
            try few.close()
        }
    }

    @Test func everyTruncationIsToleratedAndTold() throws {
        let store = try open()
        var ends: [Int] = []
        for number in 0..<4 {
            try store.set([UInt8](repeating: UInt8(number), count: 10 + number), for: "s\(number)")
            ends.append(try contents().count)
        }
        try store.close()
        let whole = try contents()
        for length in SessionLogRecord.fileHead.count..<whole.count {
            try AtomicFile.write(Array(whole[..<length]), to: folder("log"))
            let store = try open()
            let kept = ends.count { $0 <= length }
            #expect((0..<4).filter { store.value(for: "s\($0)") != nil } == Array(0..<kept), "cut at \(length)")
            let log = try #require(store.statistics.log)
            #expect(log.tornBytes == length - (kept == 0 ? SessionLogRecord.fileHead.count : ends[kept - 1]))
            #expect(log.rewrites == (log.tornBytes == 0 ? 0 : 1))
            try store.set([9], for: "new")
            try store.close()
            #expect(try open().statistics.sessions == kept + 1)
        }
    }

    @Test func everyFlippedByteLosesOneSessionAtMostOrTheRestAndIsTold() throws {
        let store = try open()
        for number in 0..<3 { try store.set([UInt8(number), 7, 7], for: "s\(number)") }
        try store.close()
        let whole = try contents()
        let size = SessionLogRecord.size(id: "s0", value: 3)
        for place in SessionLogRecord.fileHead.count..<whole.count {
            var bytes = whole
            bytes[place] ^= 0x10
            try AtomicFile.write(bytes, to: folder("log"))
            let store = try open()
            let number = (place - SessionLogRecord.fileHead.count) / size
            let isHead = (place - SessionLogRecord.fileHead.count) % size < SessionLogRecord.headSize
            let found = (0..<3).filter { store.value(for: "s\($0)") == [UInt8($0), 7, 7] }
            #expect(found == (isHead ? Array(0..<number) : (0..<3).filter { $0 != number }), "byte \(place)")
            let log = try #require(store.statistics.log)
            #expect(isHead ? log.tornBytes == (3 - number) * size : log.damagedRecords == 1)
            #expect(store.statistics.sessions == found.count)
        }
        try AtomicFile.write(Array("somebody else's file".utf8), to: folder("log"))
        #expect(throws: SessionStoreError.notALog(path: folder("log"))) { try open() }
        #expect(try contents() == Array("somebody else's file".utf8))
    }

    @Test func valuesOfAnOtherVersionAreDropped() throws {
        let store = try open()
        try store.set([255], for: "old")
        try store.set([1], for: "new")
        try store.close()
        let read = try open()
        #expect(read.value(for: "old") == nil && read.value(for: "new") == [1])
        #expect(read.statistics.log?.unreadableValues == 1)
    }

    @Test func theLogIsRewrittenWhenHalfIsDead() throws {
        let store = try open(minimum: 4096)
        let value = [UInt8](repeating: 1, count: 200)
        for turn in 0..<400 { try store.set(value, for: "s\(turn % 5)") }
        let log = try #require(store.statistics.log)
        let live = 5 * SessionLogRecord.size(id: "s0", value: 200)
        #expect(log.liveBytes == live && log.rewrites > 10)
        #expect(log.bytes <= 4096 + SessionLogRecord.size(id: "s0", value: 200), "\(log.bytes) bytes")
        #expect(log.bytes == (try contents()).count)
        try store.remove("s3")
        try store.compact()
        #expect(try contents().count == 16 + live / 5 * 4)
        try store.close()
        let read = try open()
        #expect([0, 1, 2, 4].allSatisfy { read.value(for: "s\($0)") == value } && read.value(for: "s3") == nil)
    }

    private func holds(_ word: String, _ name: String = "log") throws -> Bool {
        try FileSystem.live.contents(of: folder(name)).firstRange(of: Array(word.utf8)) != nil
    }

    @Test func whatIsForgottenLeavesTheLog() throws {
        // A small log at once.
        let small = try open()
        try small.set(Array("kept".utf8), for: "a")
        try small.set(Array("secret".utf8), for: "b")
        try small.remove("b")
        #expect(try !holds("secret") && holds("kept"))
        try small.close()
        // A large one within a minute.
        let large = try open(minimum: 4096)
        try large.set([UInt8](repeating: 7, count: 9000), for: "c")
        try large.set(Array("secret".utf8), for: "b")
        try large.remove("b")
        #expect(try holds("secret") && !large.isUntidy)
        time.pass(seconds: 59)
        large.tidy()
        #expect(try holds("secret") && !large.isUntidy)
        time.pass(seconds: 2)
        #expect(large.isUntidy)
        large.tidy()
        #expect(try !holds("secret") && holds("kept") && !large.isUntidy)
        // Or with a commit then, or at the end.
        for ending in [{ () throws in try large.set([1], for: "d") }, { () throws in try large.close() }] {
            try large.set(Array("secret".utf8), for: "b")
            try large.remove("b")
            #expect(try holds("secret"))
            time.pass(seconds: 61)
            try ending()
            #expect(try !holds("secret"))
        }
        #expect(try open().value(for: "c")?.count == 9000)
    }

    @Test func whatWasForgottenBeforeAKillLeavesTheLogAfterIt() throws {
        for minimum in [1 << 20, 4096] {
            try? FileSystem.live.removeFile(folder("log"))
            let store = try open(minimum: 64)
            try store.set([UInt8](repeating: 7, count: 9000), for: "c")
            try store.set(Array("secret".utf8), for: "b")
            try store.remove("b")
            #expect(try holds("secret"))
            try AtomicFile.write(contents(), to: folder("copy"))
            try store.close()
            let after = try open(folder("copy"), minimum: minimum)
            #expect(after.value(for: "b") == nil)
            #expect(try holds("secret", "copy") == (minimum == 4096))
            time.pass(seconds: 61)
            after.tidy()
            #expect(try !holds("secret", "copy"))
            #expect(after.value(for: "c")?.count == 9000)
            try after.close()
        }
    }

    @Test func forgettingGoesOnWhenTheDiskHasRoomAgain() throws {
        for operation in 2..<12 {
            try? FileSystem.live.removeFile(folder("log"))
            let counted = FaultPlan(failing: -1, code: 0)
            let counting = try open(in: .failing(counted))
            try counting.set(Array("secret".utf8), for: "b")
            let before = counted.operationsSeen
            try counting.remove("b")
            guard before + operation < counted.operationsSeen else { break }
            try counting.close()
            try FileSystem.live.removeFile(folder("log"))
            let store = try open(in: .failing(FaultPlan(failing: before + operation, code: ENOSPC)))
            try store.set(Array("secret".utf8), for: "b")
            _ = try? store.remove("b")
            #expect(store.value(for: "b") == nil)
            time.pass(seconds: 61)
            store.tidy()
            #expect(try !holds("secret"), "operation \(operation)")
            try store.close()
        }
    }

    @Test func statisticsDoNotWaitForTheDisk() async throws {
        let isWriting = Atomic<Bool>(false), goOn = Atomic<Bool>(true)
        let coding = SessionCoding<[UInt8]>(
            encode: { value in
                isWriting.store(true, ordering: .relaxed)
                while !goOn.load(ordering: .relaxed) { usleep(1000) }
                return value
            }, decode: { $0 })
        let store = try SessionStore(
            limits: SessionLimits(sessions: 10, bytes: 1 << 20, idleSeconds: 10, ageSeconds: 10), shards: 1, clock: time.clock,
            logPath: folder("slow"),
            coding: coding, in: .live, size: { $0.count })
        try store.set([1], for: "a")
        goOn.store(false, ordering: .relaxed)
        isWriting.store(false, ordering: .relaxed)
        // The log is written anew, and that takes as long as this test wants.
        let writing = Task { try store.compact() }
        while !isWriting.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(store.statistics.log?.commits == 2 && store.statistics.sessions == 1)
        #expect(store.value(for: "a") == [1])
        goOn.store(true, ordering: .relaxed)
        try await writing.value
        #expect(store.statistics.log?.rewrites == 2)
    }

    @Test func threadsShareWritesAndEachIsSafe() async throws {
        let store = try open(minimum: 4096)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<6 {
                group.addTask { for turn in 0..<200 { try store.set([UInt8(turn)], for: "w\(worker)-\(turn % 7)") } }
            }
            try await group.waitForAll()
        }
        // Not closed: what is there now is what a killed process would leave.
        let bytes = try contents()
        try AtomicFile.write(bytes, to: folder("copy"))
        let read = try open(folder("copy"))
        for worker in 0..<6 {
            for rest in 0..<7 { #expect(read.value(for: "w\(worker)-\(rest)") == [UInt8((0..<200).last { $0 % 7 == rest }!)]) }
        }
    }

    // MARK: Faults

    /// Steps that write, with rewrites among them, and what of them was acknowledged.
    private struct Steps {
        /// Every state an id may rightly have after a crash: the last that was acknowledged, and those tried after it.
        var allowed: [String: [[UInt8]?]] = [:]
        var failures = 0

        mutating func run(_ store: SessionStore<[UInt8]>, afterEach: (Steps) throws -> Void) rethrows {
            for turn in 0..<24 {
                let id = "s\(turn % 4)"
                let value: [UInt8]? = turn % 7 == 6 ? nil : [UInt8](repeating: UInt8(turn), count: 20 + turn)
                attempt(id, value) {
                    try store.update(id) { state in
                        state = value
                        return .changed(())
                    }
                }
                if turn == 13 { do { try store.compact() } catch { failures += 1 } }
                try afterEach(self)
            }
            do { try store.close() } catch { failures += 1 }
        }

        mutating func attempt(_ id: String, _ value: [UInt8]?, _ step: () throws -> Void) {
            do {
                try step()
                allowed[id] = [value]
            } catch {
                failures += 1
                allowed[id, default: [nil]].append(value)
            }
        }
    }

    @Test(arguments: [
        (EIO, FaultPlan.Aftermath.recover, false), (ENOSPC, .recover, true), (EIO, .dead, false), (EIO, .dead, true),
    ])
    func whateverFailsNothingAcknowledgedIsLost(_ code: Int32, _ aftermath: FaultPlan.Aftermath, _ tears: Bool) throws {
        var number = 0
        var (failures, rewrites) = (0, 0)
        while true {
            try? FileSystem.live.removeFile(folder("log"))
            let plan = FaultPlan(failing: number, code: code, aftermath: aftermath, tearsWrites: tears)
            var steps = Steps()
            if let store = try? open(in: .failing(plan), minimum: 200) {
                var looks = 0
                try steps.run(store) { steps in
                    // Two seconds between steps: a failed rewrite is tried again.
                    time.pass(seconds: 2)
                    // What a process would leave that is killed soon after the fault, before a later rewrite heals what it did.
                    guard plan.operationsSeen > number, looks < 4 else { return }
                    looks += 1
                    try AtomicFile.write(contents(), to: folder("copy"))
                    try look(folder("copy"), steps, "operation \(number), \(looks) steps later")
                }
                if plan.operationsSeen <= number { rewrites = store.statistics.log?.rewrites ?? 0 }
            }
            for name in try FileSystem.live.names(in: folder.path) where name != "log" { try FileSystem.live.removeTree(folder(name)) }
            try look(folder("log"), steps, "operation \(number), in the end")
            failures += steps.failures
            if plan.operationsSeen <= number { break }
            number += 1
        }
        #expect(number > 60 && rewrites > 3, "\(number) operations, \(rewrites) rewrites: too few to say anything")
        // The rest are those of rewrites that nobody asked for, which cost nothing but a larger file.
        #expect(failures > number / 3, "\(failures) failures of \(number) operations were noticed")
    }

    private func look(_ path: String, _ steps: Steps, _ place: Comment) throws {
        let read = try open(path)
        for (id, states) in steps.allowed {
            let found = read.value(for: id)
            #expect(states.contains(found), "\(place): \(id) has \(found?.first.map(Int.init) ?? -1), \(found?.count ?? 0) bytes")
        }
        #expect(read.statistics.log?.damagedRecords == 0, place)
        try read.close()
    }

    /// The house's own check: messages say where and what to do, and the same work, run again, ends in the same bytes.
    @Test func theHousesCheckOfEveryFault() throws {
        let every = try EveryFault()
        every.passing = ["log"]
        every.personal = ["visitor-1", "secret"]
        let operations = try every.check("session log") { folder, fileSystem in
            let store = try open(folder + "/log", in: fileSystem, minimum: 200)
            defer { try? store.close() }
            for turn in 0..<6 { try store.set(Array("secret\(turn)".utf8), for: "visitor-\(turn % 2)") }
            try store.compact()
            try store.close()
        }
        #expect(operations > 20)
    }

    @Test func aFailedSyncIsNoAcknowledgement() throws {
        let counted = FaultPlan(failing: -1, code: 0)
        let counting = try open(in: .failing(counted))
        let before = counted.operationsSeen
        try counting.set([1], for: "a")
        #expect(counted.operationsSeen == before + 2, "one write and one sync")
        try counting.close()
        for operation in 0..<2 {
            try FileSystem.live.removeFile(folder("log"))
            let store = try open(in: .failing(FaultPlan(failing: before + operation, code: EIO)))
            #expect(throws: SessionStoreError.self) { try store.set([1], for: "a") }
            #expect(store.value(for: "a") == [1], "it holds in memory")
            #expect(store.statistics.log?.failedCommits == 1)
            try store.set([2], for: "b")
            try store.close()
            #expect(try open().value(for: "a") == [1], "the next commit took it along")
        }
    }

    @Test func aFullDiskIsNotWrittenToAgainAtOnce() throws {
        let plan = FaultPlan(failing: 40, code: ENOSPC, aftermath: .dead)
        let store = try open(in: .failing(plan))
        while plan.operationsSeen < 39 { try store.set([1], for: "a") }
        #expect(throws: SessionStoreError.self) { try store.set([2], for: "a") }
        #expect(throws: SessionStoreError.self) { try store.set([3], for: "a") }
        let after = plan.operationsSeen
        for _ in 0..<100 {
            let error = #expect(throws: SessionStoreError.self) { try store.set([4], for: "a") }
            #expect(error.map { "\($0)".contains("disk is full") } == true)
        }
        #expect(plan.operationsSeen == after)
        time.pass(seconds: 1.5)
        #expect(throws: SessionStoreError.self) { try store.set([5], for: "a") }
        #expect(plan.operationsSeen > after)
        #expect(store.value(for: "a") == [5])
    }
}
