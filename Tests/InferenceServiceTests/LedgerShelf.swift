import Audit
import AuditTestSupport
import DecisionRecords
import DurableFiles
import InferenceService
import Synchronization

/// A ledger that can be taken away and given back.
final class LedgerShelf: Sendable {
    let folder: TemporaryFolder
    let isAway: Atomic<Bool>
    let opened = Atomic<Int>(0)
    let time = TestClock()
    private let keepsInputs: Bool
    private let settings: LedgerSettings

    /// - Parameter keepsInputs: whether there is a vault beside it.
    init(isAway: Bool = false, keepsInputs: Bool = false, settings: LedgerSettings = LedgerSettings()) throws {
        folder = try TemporaryFolder()
        self.isAway = Atomic(isAway)
        (self.keepsInputs, self.settings) = (keepsInputs, settings)
    }

    var path: String { folder("decisions.ledger") }

    func journal(sync: Bool, most: Int = 4) -> DecisionJournal {
        DecisionJournal(
            isSync: sync, most: most, key: nil, clock: time.clock,
            settings: { DecisionRecorder.Settings(purpose: $0, actor: "test", software: "test") },
            opening: { [self] () throws(LedgerError) in
                opened.wrappingAdd(1, ordering: .relaxed)
                let place = isAway.load(ordering: .relaxed) ? folder("no/such/folder/decisions.ledger") : path
                let ledger = try Ledger(at: place, .createIfMissing, settings: settings)
                guard keepsInputs else { return (ledger, nil) }
                return (ledger, try SubjectVault(besides: place, .createIfMissing, master: LedgerWorkload.master(), settings: settings))
            })
    }

    func entries() throws -> [LedgerEntry] { try Ledger(at: path, .readOnly).entries() }
    func decisions() throws -> [LedgerEntry] { try entries().filter { $0.kind == .decision } }
}
