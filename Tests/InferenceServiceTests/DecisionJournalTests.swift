import Audit
import AuditTestSupport
import DecisionRecords
import DurableFiles
import InferenceService
import Synchronization
import Testing

/// What is told is on record, whatever becomes of the ledger.
@Suite struct DecisionJournalTests {
    private func run(_ command: String = "label") -> DecisionJournal.Run {
        DecisionJournal.Run(
            DecisionRun(command: command, arguments: [command], models: [], idMember: "session", software: "test"), model: "0a",
            taxonomy: nil,
            purpose: "service")
    }

    private func decision(_ number: Int) -> DecisionRecorder.Decision {
        DecisionRecorder.Decision(
            id: "d\(number)", subject: .identifier("v\(number)"), input: [], output: Array("{\"session\":\"d\(number)\"}".utf8))
    }

    private func fault(_ body: () async throws -> Void) async -> RequestFault? {
        do { try await body() } catch { return error as? RequestFault }
        return nil
    }

    /// Waits for something that another thread does.
    private func soon(_ what: () throws -> Bool) async throws -> Bool {
        for _ in 0..<400 {
            if try what() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test func anAnswerThatWaitsIsOnRecordWhenItIsTold() async throws {
        let shelf = try LedgerShelf(isAway: false)
        let journal = shelf.journal(sync: true)
        for number in 0..<5 {
            try await journal.record([(decision(number), run())])
            #expect(try shelf.decisions().count == number + 1)
        }
        await withTaskGroup(of: RequestFault?.self) { group in
            for number in 5..<69 {
                group.addTask {
                    await self.fault { try await journal.record([(self.decision(number), self.run(number % 2 == 0 ? "label" : "rank"))]) }
                }
            }
            for await fault in group { #expect(fault == nil) }
        }
        #expect(try shelf.decisions().count == 69)
        let statistics = journal.statistics
        #expect(statistics.recorded == 69 && statistics.failed == 0 && statistics.pending == 0 && statistics.commits <= 69)
        #expect(shelf.opened.load(ordering: .relaxed) == 1)
        journal.close()
        #expect(await fault { try await journal.record([(decision(70), run())]) }?.code == .ledgerUnavailable)
        #expect(try shelf.decisions().count == 69)
    }

    @Test func withoutALedgerNothingIsToldAndItsReturnIsNoticed() async throws {
        let shelf = try LedgerShelf(isAway: true)
        let journal = shelf.journal(sync: true)
        defer { journal.close() }
        for number in 0..<20 {
            let fault = await fault { try await journal.record([(decision(number), run())]) }
            #expect(fault?.code == .ledgerUnavailable && fault?.code.status == 503 && fault?.retryAfter == 1)
            #expect(fault?.message.contains(shelf.folder.path) == false)
        }
        #expect(journal.failure != nil && journal.statistics.failed == 20)
        // It is tried once a second and not for every request.
        #expect(shelf.opened.load(ordering: .relaxed) == 1)
        shelf.isAway.store(false, ordering: .relaxed)
        #expect(await fault { try await journal.record([(decision(20), run())]) } != nil)
        shelf.time.pass(seconds: 1.1)
        #expect(await fault { try await journal.record([(decision(21), run())]) } == nil)
        #expect(journal.failure == nil && shelf.opened.load(ordering: .relaxed) == 2)
        #expect(try shelf.decisions().count == 1)
    }

    @Test func answersThatDoNotWaitAreRecordedSoonAndAtTheEnd() async throws {
        let shelf = try LedgerShelf(isAway: false)
        let journal = shelf.journal(sync: false, most: 3)
        await withTaskGroup(of: RequestFault?.self) { group in
            for number in 0..<200 { group.addTask { await self.fault { try await journal.record([(self.decision(number), self.run())]) } } }
            for await fault in group {
                #expect(fault == nil)
                #expect(journal.statistics.pending <= 3)
            }
        }
        journal.close()
        #expect(journal.statistics.recorded == 200)
        #expect(try shelf.decisions().count == 200)
    }

    @Test func whatWasToldBeforeTheLedgerFailedIsKeptForIt() async throws {
        let shelf = try LedgerShelf(isAway: true)
        let journal = shelf.journal(sync: false)
        defer { journal.close() }
        // Nobody knows yet that the ledger is away.
        #expect(await fault { try await journal.record([(decision(0), run())]) } == nil)
        #expect(try await soon { journal.failure != nil })
        for number in 1..<9 { #expect(await fault { try await journal.record([(decision(number), run())]) }?.code == .ledgerUnavailable) }
        #expect(journal.statistics.pending == 1 && journal.statistics.recorded == 0)
        shelf.isAway.store(false, ordering: .relaxed)
        shelf.time.pass(seconds: 1.1)
        // Nobody has to ask for it.
        #expect(try await soon { journal.statistics.recorded == 1 })
        #expect(journal.failure == nil)
        #expect(await fault { try await journal.record([(decision(9), run())]) } == nil)
        #expect(try await soon { journal.statistics.pending == 0 })
        #expect(try shelf.decisions().map(\.output).count == 2)
    }

    /// Every change of the ledger's and the vault's files fails in turn, while answers of decisions of several runs are recorded.
    @Test(arguments: FaultyVFS.Fault.allCases) func anAnswerIsOnRecordAsAWholeOrNotAtAll(_ fault: FaultyVFS.Fault) async throws {
        let folder = try TemporaryFolder()
        let vfs = FaultyVFS(named: "journal-\(fault)")
        var settings = LedgerSettings()
        settings.fileLayer = vfs.name
        let own = settings
        let time = TestClock()
        var number = 0
        while true {
            let path = folder("n\(number).ledger")
            vfs.reset(failing: number, fault)
            let journal = DecisionJournal(
                isSync: true, most: 4, key: nil, clock: time.clock,
                settings: { DecisionRecorder.Settings(purpose: $0, actor: "test", software: "test") },
                opening: { () throws(LedgerError) in
                    let ledger = try Ledger(at: path, .createIfMissing, signingKey: LedgerWorkload.key(), settings: own)
                    return (
                        ledger, try SubjectVault(besides: path, .createIfMissing, master: LedgerWorkload.master(), settings: own)
                    )
                })
            var told: [Int] = []
            for answer in 0..<4 {
                let entries = ["label", "convert", "label"].enumerated().map { place, command in
                    var decision = decision(answer * 3 + place)
                    decision.input = Array("{}".utf8)
                    return (decision, run(command))
                }
                if await self.fault({ try await journal.record(entries) }) == nil { told.append(answer) }
                time.pass(seconds: 1.1)
            }
            journal.close()
            let seen = vfs.operationsSeen
            vfs.reset(failing: -1, fault)
            let decisions = try? Ledger(at: path, .readOnly).entries().filter { $0.kind == .decision }
            // Who dies while forcing an answer to the disk told nobody, and it may be there.
            let untold = (decisions ?? []).count - told.count * 3
            #expect(untold == 0 || (fault == .death && untold == 3), "\(fault) at operation \(number)")
            if seen <= number {
                #expect(told == [0, 1, 2, 3])
                break
            }
            #expect(fault == .death || told.count >= 3, "\(fault) at operation \(number): it did not go on")
            number += 1
        }
        #expect(number > 20)
    }

    @Test func whatCannotBeRecordedAtTheEndIsCounted() async throws {
        let shelf = try LedgerShelf(isAway: true)
        let journal = shelf.journal(sync: false)
        #expect(await fault { try await journal.record([(decision(0), run())]) } == nil)
        #expect(try await soon { journal.failure != nil })
        journal.close()
        #expect(journal.statistics.failed == 1 && journal.statistics.pending == 0)
    }
}
