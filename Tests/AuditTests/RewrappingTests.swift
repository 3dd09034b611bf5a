import Audit
import AuditTestSupport
import DurableFiles
import Testing

/// A vault is put under another master key, whole or not at all.
@Suite(.serialized) struct RewrappingTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private static func key(_ byte: UInt8) throws -> VaultKey { try VaultKey(secret: [UInt8](repeating: byte, count: 32)) }

    private func kind(_ body: () throws -> Void) -> LedgerError.Kind? {
        do { try body() } catch { return (error as? LedgerError)?.kind }
        return nil
    }

    /// Inputs of some subjects as entries, the first of them erased.
    private func fill(_ name: String, subjects: Int) throws -> [LedgerEntry] {
        let ledger = try Ledger(at: folder(name), .create, signingKey: LedgerFolder.key)
        let vault = try SubjectVault(besides: folder(name), .create, master: Self.key(9))
        let sealed = try vault.seal((0..<subjects).map { (subject: LedgerFolder.subject($0), input: LedgerFolder.plaintext) })
        try ledger.append(
            sealed.enumerated().map { number, sealed in
                var entry = LedgerFolder.entry(number)
                (entry.subject, entry.inputDigest, entry.sealedInput) = (LedgerFolder.subject(number), sealed.digest, sealed.bytes)
                return entry
            })
        _ = try vault.erase(LedgerFolder.subject(0), in: ledger, purpose: "request", actor: "desk")
        return try ledger.entries().filter { $0.sealedInput != nil }
    }

    /// Entries that a vault opens.
    private func opened(_ entries: [LedgerEntry], _ vault: SubjectVault) throws -> Int {
        try entries.count { entry throws in
            do throws(LedgerError) { return try vault.open(entry).input == LedgerFolder.plaintext } catch {
                #expect(error.kind == .erased && entry.subject == LedgerFolder.subject(0), "\(error)")
                return false
            }
        }
    }

    @Test func allKeysAreWrappedAnew() throws {
        // More than one reading takes.
        let entries = try fill("a", subjects: 2500)
        let before = try RawSQLite(folder("a.keys")).run("SELECT wrapped FROM subject_keys WHERE number IN (2, 1500, 2500)")
        let late = try SubjectVault(besides: folder("a"), .existing, master: Self.key(9))
        #expect(try SubjectVault.rewrap(besides: folder("a"), from: Self.key(9), to: Self.key(5)) == 2499)
        for row in before {
            guard case .blob(let wrapped) = row[0] else { continue }
            #expect(try !folder.bytes().contains(run: wrapped), "a key is still there under the old master key")
        }
        #expect(kind { _ = try SubjectVault(besides: self.folder("a"), .existing, master: Self.key(9)) } == .wrongKey)
        #expect(kind { _ = try late.seal(LedgerFolder.plaintext, of: LedgerFolder.subject(9999)) } == .wrongKey)
        #expect(kind { _ = try late.seal(LedgerFolder.plaintext, of: LedgerFolder.subject(3)) } == .wrongKey)
        #expect(kind { _ = try late.open(entries[3]) } == .wrongKey)
        let vault = try SubjectVault(besides: folder("a"), .existing, master: Self.key(5))
        #expect(try opened(entries, vault) == 2499)
        // Asked again, it is done already; under a third key it cannot be told.
        #expect(try SubjectVault.rewrap(besides: folder("a"), from: Self.key(9), to: Self.key(5)) == 0)
        #expect(kind { try SubjectVault.rewrap(besides: self.folder("a"), from: Self.key(9), to: Self.key(6)) } == .wrongKey)
    }

    @Test func aDamagedKeyChangesNothing() throws {
        let entries = try fill("a", subjects: 30)
        try RawSQLite(folder("a.keys")).run("UPDATE subject_keys SET wrapped = randomblob(60) WHERE number = 20")
        #expect(kind { try SubjectVault.rewrap(besides: self.folder("a"), from: Self.key(9), to: Self.key(5)) } == .damaged)
        let vault = try SubjectVault(besides: folder("a"), .existing, master: Self.key(9))
        #expect(try vault.open(entries[5]).input == LedgerFolder.plaintext)
    }

    /// Every change of a file fails in turn, by error, full disk and death.
    @Test(arguments: FaultyVFS.Fault.allCases) func everyOperation(fault: FaultyVFS.Fault) throws {
        let vfs = FaultyVFS(named: "rewrap-\(fault)")
        var settings = LedgerSettings()
        settings.fileLayer = vfs.name
        let entries = try fill("whole", subjects: 200)
        func copy(to name: String) throws { for end in ["", ".keys"] { try folder.copy("whole" + end, to: name + end) } }
        try copy(to: "counted")
        vfs.reset(failing: -1, fault)
        try SubjectVault.rewrap(besides: folder("counted"), from: Self.key(9), to: Self.key(5), settings: settings)
        let operations = vfs.operationsSeen
        #expect(operations > 10)
        var (olds, news) = (0, 0)
        for number in 0..<operations {
            let name = "n\(number)"
            try copy(to: name)
            vfs.reset(failing: number, fault)
            let failure = kind { try SubjectVault.rewrap(besides: folder(name), from: Self.key(9), to: Self.key(5), settings: settings) }
            #expect(failure == nil || [.inputOutput, .diskFull, .readOnly].contains(failure), "operation \(number)")
            vfs.reset(failing: -1, fault)
            let isOld = kind { _ = try SubjectVault(besides: self.folder(name), .existing, master: Self.key(9)) } == nil
            if isOld { olds += 1 } else { news += 1 }
            #expect(try opened(entries, SubjectVault(besides: folder(name), .existing, master: Self.key(isOld ? 9 : 5))) == 199)
            let count = try SubjectVault.rewrap(besides: folder(name), from: Self.key(9), to: Self.key(5))
            #expect(count == (isOld ? 199 : 0), "operation \(number): asked again")
            #expect(try opened(entries, SubjectVault(besides: folder(name), .existing, master: Self.key(5))) == 199)
            for file in try FileSystem.live.names(in: folder.path) where file.hasPrefix("n") {
                try FileSystem.live.removeFile(folder(file))
            }
        }
        #expect(olds > 0 && news > 0)
    }
}
