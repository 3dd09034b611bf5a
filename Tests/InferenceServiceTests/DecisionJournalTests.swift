import Audit
import DecisionRecords
import DurableFiles
import InferenceService
import Synchronization
import Testing

/// What is told is on record, whatever becomes of the ledger.
@Suite struct DecisionJournalTests {
    /// A ledger that can be taken away and given back.
    private final class Shelf: Sendable {
        let folder: TemporaryFolder
        let isAway: Atomic<Bool>
        let opened = Atomic<Int>(0)
        let time = TestClock()

        init(isAway: Bool) throws {
            folder = try TemporaryFolder()
            self.isAway = Atomic(isAway)
        }

        var path: String { folder("decisions.ledger") }

        func journal(sync: Bool, most: Int = 4) -> DecisionJournal {
            DecisionJournal(
                isSync: sync, most: most, key: nil, clock: time.clock,
                settings: { DecisionRecorder.Settings(purpose: $0, actor: "test", software: "test") },
                opening: { [self] () throws(LedgerError) in
                    opened.wrappingAdd(1, ordering: .relaxed)
                    let place = isAway.load(ordering: .relaxed) ? folder("no/such/folder/decisions.ledger") : path
                    return (try Ledger(at: place, .createIfMissing), nil)
                })
        }

        func decisions() throws -> [LedgerEntry] { try Ledger(at: path, .readOnly).entries().filter { $0.kind == .decision } }
    }

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
        let shelf = try Shelf(isAway: false)
        let journal = shelf.journal(sync: true)
        for number in 0..<5 {
            try await journal.record(decision(number), run())
            #expect(try shelf.decisions().count == number + 1)
        }
        await withTaskGroup(of: RequestFault?.self) { group in
            for number in 5..<69 {
                group.addTask {
                    await self.fault { try await journal.record(self.decision(number), self.run(number % 2 == 0 ? "label" : "rank")) }
                }
            }
            for await fault in group { #expect(fault == nil) }
        }
        #expect(try shelf.decisions().count == 69)
        let statistics = journal.statistics
        #expect(statistics.recorded == 69 && statistics.failed == 0 && statistics.pending == 0 && statistics.commits <= 69)
        #expect(shelf.opened.load(ordering: .relaxed) == 1)
        journal.close()
        #expect(await fault { try await journal.record(decision(70), run()) }?.code == .ledgerUnavailable)
        #expect(try shelf.decisions().count == 69)
    }

    @Test func withoutALedgerNothingIsToldAndItsReturnIsNoticed() async throws {
        let shelf = try Shelf(isAway: true)
        let journal = shelf.journal(sync: true)
        defer { journal.close() }
        for number in 0..<20 {
            let fault = await fault { try await journal.record(decision(number), run()) }
            #expect(fault?.code == .ledgerUnavailable && fault?.code.status == 503 && fault?.retryAfter == 1)
            #expect(fault?.message.contains(shelf.folder.path) == false)
        }
        #expect(journal.failure != nil && journal.statistics.failed == 20)
        // It is tried once a second and not for every request.
        #expect(shelf.opened.load(ordering: .relaxed) == 1)
        shelf.isAway.store(false, ordering: .relaxed)
        #expect(await fault { try await journal.record(decision(20), run()) } != nil)
        shelf.time.pass(seconds: 1.1)
        #expect(await fault { try await journal.record(decision(21), run()) } == nil)
        #expect(journal.failure == nil && shelf.opened.load(ordering: .relaxed) == 2)
        #expect(try shelf.decisions().count == 1)
    }

    @Test func answersThatDoNotWaitAreRecordedSoonAndAtTheEnd() async throws {
        let shelf = try Shelf(isAway: false)
        let journal = shelf.journal(sync: false, most: 3)
        await withTaskGroup(of: RequestFault?.self) { group in
            for number in 0..<200 { group.addTask { await self.fault { try await journal.record(self.decision(number), self.run()) } } }
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
        let shelf = try Shelf(isAway: true)
        let journal = shelf.journal(sync: false)
        defer { journal.close() }
        // Nobody knows yet that the ledger is away.
        #expect(await fault { try await journal.record(decision(0), run()) } == nil)
        #expect(try await soon { journal.failure != nil })
        for number in 1..<9 { #expect(await fault { try await journal.record(decision(number), run()) }?.code == .ledgerUnavailable) }
        #expect(journal.statistics.pending == 1 && journal.statistics.recorded == 0)
        shelf.isAway.store(false, ordering: .relaxed)
        shelf.time.pass(seconds: 1.1)
        // Nobody has to ask for it.
        #expect(try await soon { journal.statistics.recorded == 1 })
        #expect(journal.failure == nil)
        #expect(await fault { try await journal.record(decision(9), run()) } == nil)
        #expect(try await soon { journal.statistics.pending == 0 })
        #expect(try shelf.decisions().map(\.output).count == 2)
    }

    @Test func whatCannotBeRecordedAtTheEndIsCounted() async throws {
        let shelf = try Shelf(isAway: true)
        let journal = shelf.journal(sync: false)
        #expect(await fault { try await journal.record(decision(0), run()) } == nil)
        #expect(try await soon { journal.failure != nil })
        journal.close()
        #expect(journal.statistics.failed == 1 && journal.statistics.pending == 0)
    }
}
