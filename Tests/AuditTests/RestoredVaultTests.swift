import Audit
import AuditTestSupport
import DurableFiles
import Testing

/// An older copy of the vault brings nothing back that the ledger says was erased.
@Suite struct RestoredVaultTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func entry(_ number: Int, _ vault: SubjectVault) throws -> LedgerEntry {
        var entry = LedgerFolder.entry(number)
        entry.subject = LedgerFolder.subject(number)
        let sealed = try vault.seal(LedgerFolder.plaintext, of: entry.subject)
        entry.inputDigest = sealed.digest
        entry.sealedInput = sealed.bytes
        return entry
    }

    private func state(_ entry: LedgerEntry, _ vault: SubjectVault) -> LedgerError.Kind? {
        do throws(LedgerError) {
            _ = try vault.open(entry)
            return nil
        } catch { return error.kind }
    }

    /// A ledger with the inputs of subjects 0 to 4, subject 2 erased, and the vault as it was before under the name `old`.
    private func erased() throws -> (ledger: Ledger, wrapped: [UInt8]) {
        let ledger = try Ledger(at: folder("a"), .create, signingKey: LedgerFolder.key)
        var wrapped: [UInt8] = []
        do {
            let vault = try SubjectVault(besides: folder("a"), .create, master: LedgerFolder.master())
            for number in 0..<5 { try ledger.append(entry(number, vault)) }
        }
        do {
            let hex = SHA256Digest.hex(LedgerFolder.subject(2))
            let rows = try RawSQLite(folder("a.keys")).run("SELECT wrapped FROM subject_keys WHERE subject = X'\(hex)'")
            if case .blob(let bytes) = rows[0][0] { wrapped = bytes }
        }
        try folder.copy("a.keys", to: "old")
        do {
            let vault = try SubjectVault(besides: folder("a"), .existing, master: LedgerFolder.master())
            _ = try vault.erase(LedgerFolder.subject(2), in: ledger, purpose: "request", actor: "desk")
        }
        return (ledger, wrapped)
    }

    private func restore() throws {
        for name in ["a.keys-wal", "a.keys-shm"] where try FileSystem.live.status(of: folder(name)) != nil {
            try FileSystem.live.removeFile(folder(name))
        }
        try folder.copy("old", to: "a.keys")
    }

    @Test func erasedStaysErased() throws {
        let (ledger, wrapped) = try erased()
        let entries = try ledger.entries(LedgerSelection(kind: .decision)) + ledger.entries(LedgerSelection(kind: .review))
        let lost = try #require(entries.first { $0.subject == LedgerFolder.subject(2) })
        try restore()
        #expect(try folder.bytes().contains(run: wrapped))
        // For reading: nothing can be destroyed, and nothing is opened.
        #expect(try state(lost, SubjectVault(besides: folder("a"), .readOnly, master: LedgerFolder.master())) == .erased)
        #expect(try FileSystem.live.contents(of: folder("a.keys")).contains(run: wrapped))
        // For writing: the key is destroyed again.
        let vault = try SubjectVault(besides: folder("a"), .existing, master: LedgerFolder.master())
        #expect(state(lost, vault) == .erased)
        try FileSystem.live.removeFile(folder("old"))
        #expect(try !folder.bytes().contains(run: wrapped), "the older copy brought the key back")
        for entry in entries where entry.subject != LedgerFolder.subject(2) { #expect(state(entry, vault) == nil) }
        // Somebody who comes back has a key of their own, which stays.
        try ledger.append(entry(2, vault))
        let back = try #require(try ledger.entries(LedgerSelection(subject: LedgerFolder.subject(2))).last)
        let again = try SubjectVault(besides: folder("a"), .existing, master: LedgerFolder.master())
        #expect(state(back, again) == nil && state(lost, again) == .erased)
        #expect(try again.erase(LedgerFolder.subject(2), in: ledger, purpose: "request", actor: "desk").keys == 1)
        #expect(state(back, again) == .erased)
        #expect(try LedgerVerification.run(at: folder("a")).isIntact)
    }

    /// The subject is recorded as erased and the program ends before the key is destroyed: the next one destroys it.
    @Test func anErasureIsBroughtToItsEnd() throws {
        let (ledger, wrapped) = try erased()
        try restore()
        try FileSystem.live.removeFile(folder("old"))
        let vault = try SubjectVault(besides: folder("a"), .existing, master: LedgerFolder.master())
        #expect(try !folder.bytes().contains(run: wrapped))
        let receipt = try vault.erase(LedgerFolder.subject(2), in: ledger, purpose: "again", actor: "desk")
        #expect(receipt.sequence == 7 && receipt.entries == 1 && receipt.keys == 1)
        #expect(try ledger.count() == 7)
    }
}
