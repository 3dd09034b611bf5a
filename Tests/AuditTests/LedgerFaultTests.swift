import Audit
import AuditTestSupport
import DurableFiles
import Testing

/// Every change of a file fails in turn: what was acknowledged stays, nothing is half there, and it goes on afterwards.
@Suite(.serialized) struct LedgerFaultTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    /// What was told to be done.
    private struct Acknowledged {
        var entries = 0
        var receipt: ErasureReceipt?
    }

    private let subjects = [1, 2, 1, 3, 2, 1]

    /// Three commits of two entries with sealed inputs, and the erasure of one subject.
    /// - Parameter retries: how often a step that failed is tried again.
    private func work(_ path: String, _ settings: LedgerSettings, retries: Int, _ done: inout Acknowledged) throws(LedgerError) {
        func insist<Result>(_ step: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
            for _ in 0..<retries {
                do throws(LedgerError) { return try step() } catch { check(error) }
            }
            return try step()
        }
        let ledger = try insist { () throws(LedgerError) in
            try Ledger(at: path, .createIfMissing, signingKey: LedgerFolder.key, settings: settings)
        }
        let vault = try insist { () throws(LedgerError) in
            try SubjectVault(
                besides: path, .createIfMissing, master: VaultKey(secret: [UInt8](repeating: 9, count: 32)), settings: settings)
        }
        for commit in 0..<3 {
            try insist { () throws(LedgerError) in
                let sealed = try vault.seal((0..<2).map { (LedgerFolder.subject(subjects[2 * commit + $0]), LedgerFolder.plaintext) })
                let entries = (0..<2).map { number in
                    var entry = LedgerFolder.entry(2 * commit + number)
                    entry.subject = LedgerFolder.subject(subjects[2 * commit + number])
                    entry.inputDigest = sealed[number].digest
                    entry.sealedInput = sealed[number].bytes
                    return entry
                }
                done.entries = try ledger.append(entries).upperBound - 1
            }
        }
        done.receipt = try insist { () throws(LedgerError) in
            try vault.erase(LedgerFolder.subject(1), in: ledger, purpose: "request", actor: "desk")
        }
    }

    private func check(_ error: LedgerError) {
        #expect([.inputOutput, .diskFull, .readOnly].contains(error.kind), "\(error)")
        #expect(error.description.contains(folder.path))
    }

    @Test(arguments: FaultyVFS.Fault.allCases) func everyOperation(fault: FaultyVFS.Fault) throws {
        let vfs = FaultyVFS(named: "faulty-\(fault)")
        var settings = LedgerSettings()
        settings.fileLayer = vfs.name
        vfs.reset(failing: -1, fault)
        var undisturbed = Acknowledged()
        try work(folder("whole"), settings, retries: 0, &undisturbed)
        let operations = vfs.operationsSeen
        #expect(undisturbed.entries == 7 && undisturbed.receipt?.entries == 3 && operations > 40)
        for number in 0..<operations {
            let path = folder("n\(number)")
            var done = Acknowledged()
            vfs.reset(failing: number, fault)
            do throws(LedgerError) {
                try work(path, settings, retries: fault == .death ? 0 : 1, &done)
            } catch { check(error) }
            if fault != .death { #expect(done.receipt != nil, "operation \(number): one fault, and a second try did not help") }
            vfs.reset(failing: -1, fault)
            try look(path, done, "\(fault) at operation \(number)")
            for name in try FileSystem.live.names(in: folder.path) where name.hasPrefix("n") {
                try FileSystem.live.removeFile(folder(name))
            }
        }
    }

    /// Opens what is left with the system's own files.
    private func look(_ path: String, _ done: Acknowledged, _ place: Comment) throws {
        let ledger = try Ledger(at: path, .createIfMissing, signingKey: LedgerFolder.key)
        let vault = try SubjectVault(besides: path, .createIfMissing, master: LedgerFolder.master())
        let verification = try LedgerVerification.run(at: path)
        #expect(verification.isIntact, "\(place): \(verification.findings)")
        #expect(verification.entries >= done.entries, "\(place): acknowledged entries are lost")
        let entries = try ledger.entries().filter { $0.kind == .decision || $0.kind == .review }
        #expect(entries.count.isMultiple(of: 2), "\(place): half a commit")
        for entry in entries {
            do throws(LedgerError) {
                #expect(try vault.open(entry).input == LedgerFolder.plaintext, place)
                if entry.subject == LedgerFolder.subject(1) { #expect(done.receipt == nil, "\(place): not erased") }
            } catch { #expect(error.kind == .erased && entry.subject == LedgerFolder.subject(1), "\(place): \(error)") }
        }
        if let receipt = done.receipt {
            #expect(try ledger.hash(at: receipt.sequence) == receipt.hash, place)
        } else if entries.contains(where: { $0.subject == LedgerFolder.subject(1) }) {
            let receipt = try vault.erase(LedgerFolder.subject(1), in: ledger, purpose: "request", actor: "desk")
            #expect(receipt.entries == entries.filter { $0.subject == LedgerFolder.subject(1) }.count, place)
        }
        try ledger.append(LedgerFolder.entry(9))
        #expect(try LedgerVerification.run(at: path).isIntact, place)
    }
}
