import Audit
import AuditTestSupport
import DurableFiles
import Testing

@Suite struct ErasureTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func kind(_ body: () throws -> Void) -> LedgerError.Kind? {
        do { try body() } catch { return (error as? LedgerError)?.kind }
        return nil
    }

    private func entry(_ subject: Int, _ vault: SubjectVault, text: String = "") throws -> LedgerEntry {
        var entry = LedgerFolder.entry(subject)
        entry.subject = LedgerFolder.subject(subject)
        let sealed = try vault.seal(LedgerFolder.plaintext + Array(text.utf8), of: entry.subject)
        entry.inputDigest = sealed.digest
        entry.sealedInput = sealed.bytes
        return entry
    }

    @Test func sealedInputsComeBack() throws {
        let vault = try SubjectVault(besides: folder("a"), .createIfMissing, master: LedgerFolder.master())
        let inputs = (0..<50).map { (subject: LedgerFolder.subject($0 % 7), input: [UInt8](repeating: UInt8($0), count: $0)) }
        let sealed = try vault.seal(inputs)
        #expect(Set(sealed.map(\.bytes)).count == 50 && Set(sealed.map(\.digest)).count == 50)
        let again = try SubjectVault(besides: folder("a"), .existing, master: LedgerFolder.master())
        for (number, sealed) in sealed.enumerated() {
            var entry = LedgerFolder.entry(1)
            entry.subject = inputs[number].subject
            entry.inputDigest = sealed.digest
            entry.sealedInput = sealed.bytes
            let opened = try again.open(entry)
            #expect(opened.input == inputs[number].input && opened.digest == sealed.digest)
            // Another subject's entry, another digest, other bytes: refused.
            entry.inputDigest[3] ^= 1
            #expect(kind { _ = try again.open(entry) } == .damaged)
            entry.inputDigest = sealed.digest
            entry.sealedInput = sealed.bytes.dropLast() + [sealed.bytes[sealed.bytes.count - 1] ^ 1]
            #expect(kind { _ = try again.open(entry) } == .damaged)
            entry.sealedInput = sealed.bytes
            entry.subject = LedgerFolder.subject(99)
            #expect(kind { _ = try again.open(entry) } == .notStored)
            entry.sealedInput = nil
            #expect(kind { _ = try again.open(entry) } == .notStored)
        }
        let wrong = try VaultKey(secret: [UInt8](repeating: 1, count: 32))
        #expect(kind { _ = try SubjectVault(besides: self.folder("a"), .existing, master: wrong) } == .wrongKey)
        #expect(kind { _ = try SubjectVault(besides: self.folder("b"), .existing, master: wrong) } == .notThere)
    }

    @Test func nothingIsLeftAfterErasure() throws {
        let ledger = try Ledger(at: folder("a"), .create, signingKey: LedgerFolder.key)
        let vault = try SubjectVault(besides: folder("a"), .create, master: LedgerFolder.master())
        // So many subjects that pages of the vault have been split.
        for round in 0..<3 { for subject in 0..<300 { try ledger.append(entry((subject * 7 + round) % 300, vault)) } }
        let raw = try RawSQLite(folder("a.keys"))
        func wrapped(_ subject: Int) throws -> [UInt8] {
            let hex = SHA256Digest.hex(LedgerFolder.subject(subject))
            guard case .blob(let bytes) = try raw.run("SELECT wrapped FROM subject_keys WHERE subject = X'\(hex)'")[0][0] else { return [] }
            return bytes
        }
        let master = [UInt8](repeating: 9, count: 32)
        var destroyed: [[UInt8]] = []
        for subject in [0, 123, 299] {
            let key = try wrapped(subject)
            destroyed.append(Array(key[12..<44]))
            #expect(try folder.bytes().contains(run: key))
            let hex = SHA256Digest.hex(LedgerFolder.subject(subject))
            guard case .integer(let number) = try raw.run("SELECT number FROM subject_keys WHERE subject = X'\(hex)'")[0][0] else { return }
            let place = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } + LedgerFolder.subject(subject)
            let secret = try #require(AuthenticatedCipher().open(key[...], key: master, associated: place))
            #expect(secret.count == 32)
            let receipt = try vault.erase(LedgerFolder.subject(subject), in: ledger, purpose: "request of the subject", actor: "desk")
            #expect(receipt.entries == 3 && receipt.keys == 1)
            let recorded = try ledger.entry(at: receipt.sequence)
            #expect(ErasureReceipt(recorded, hash: try ledger.hash(at: receipt.sequence)) == receipt)
            #expect(try !folder.bytes().contains(run: key), "the wrapped key of \(subject) is still there")
            #expect(try !folder.bytes().contains(run: Array(key[12..<44])), "the key of \(subject) is still there")
            #expect(try !folder.bytes().contains(run: secret), "the secret of \(subject) stands in a file")
            // Asked again: the same receipt.
            #expect(try vault.erase(LedgerFolder.subject(subject), in: ledger, purpose: "again", actor: "desk") == receipt)
        }
        // Backups made from now on, page by page and by content.
        for name in ["a", "a.keys"] {
            try folder.copy(name, to: "backup-\(name)")
            try RawSQLite(folder(name)).run("VACUUM INTO '\(folder("vacuum-\(name)"))'")
        }
        let everything = try folder.bytes()
        for key in destroyed { #expect(!everything.contains(run: key), "a key is in a backup") }
        #expect(!everything.contains(run: LedgerFolder.plaintext))
        for name in ["backup-a", "backup-a.keys", "vacuum-a", "vacuum-a.keys"] { try FileSystem.live.removeFile(folder(name)) }
        let kept = try wrapped(5)
        #expect(try folder.bytes().contains(run: kept))
        try ledger.read(LedgerSelection(kind: .decision)) { entry throws(LedgerError) in
            let isErased = [0, 123, 299].map(LedgerFolder.subject).contains(entry.subject)
            do throws(LedgerError) {
                let opened = try vault.open(entry)
                #expect(!isErased && opened.input == LedgerFolder.plaintext)
            } catch { #expect(isErased && error.kind == .erased) }
        }
        #expect(kind { _ = try vault.erase([1, 2, 3], in: ledger, purpose: "request", actor: "desk") } == .notStored)
        #expect(try LedgerVerification.run(at: folder("a")).isIntact)
        // A subject that comes back has a new key, which the old inputs do not open.
        try ledger.append(entry(0, vault, text: "again"))
        let entries = try ledger.entries(LedgerSelection(subject: LedgerFolder.subject(0))).filter { $0.sealedInput != nil }
        #expect(try vault.open(entries[entries.count - 1]).input.suffix(5) == Array("again".utf8)[...])
        #expect(kind { _ = try vault.open(entries[0]) } == .erased)
        #expect(try vault.erase(LedgerFolder.subject(0), in: ledger, purpose: "request", actor: "desk").entries == 1)
    }

    /// While one folds the log into the file another one waits.
    @Test func erasuresAtTheSameTime() async throws {
        let path = folder("many")
        let ledger = try Ledger(at: path, .create, signingKey: LedgerFolder.key)
        let vault = try SubjectVault(besides: path, .create, master: LedgerFolder.master())
        let sealed = try vault.seal((0..<60).map { (LedgerFolder.subject($0), [UInt8($0)]) })
        try ledger.append(
            sealed.indices.map { number in
                var entry = LedgerFolder.entry(number)
                entry.subject = LedgerFolder.subject(number)
                (entry.inputDigest, entry.sealedInput) = (sealed[number].digest, sealed[number].bytes)
                return entry
            })
        try await withThrowingTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    let ledger = try Ledger(at: path, .existing, signingKey: LedgerFolder.key)
                    let vault = try SubjectVault(besides: path, .existing, master: LedgerFolder.master())
                    for number in 0..<15 {
                        _ = try vault.erase(LedgerFolder.subject(writer * 15 + number), in: ledger, purpose: "p", actor: "a")
                        _ = try vault.seal([1], of: LedgerFolder.subject(200 + writer))
                    }
                }
            }
            try await group.waitForAll()
        }
        let after = try SubjectVault(besides: path, .readOnly, master: LedgerFolder.master())
        for entry in try ledger.entries(LedgerSelection(kind: .decision)) {
            do throws(LedgerError) {
                _ = try after.open(entry)
                Issue.record("entry \(entry.sequence) can be read")
            } catch { #expect(error.kind == .erased) }
        }
        #expect(try ledger.entries(LedgerSelection(kind: .erasure)).count == 60)
    }
}
