import Audit
import AuditTestSupport
import DurableFiles
import Glibc
import Testing

/// Files that are no ledgers, or not any more.
@Suite struct UnusualFileTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func kind(_ name: String, _ access: Ledger.Access = .existing) -> LedgerError.Kind? {
        do throws(LedgerError) {
            _ = try Ledger(at: folder(name), access)
            return nil
        } catch { return error.kind }
    }

    @Test func missingAndForeign() throws {
        for access in [Ledger.Access.existing, .readOnly] { #expect(kind("nothing", access) == .notThere) }
        #expect(kind("no/folder", .create) != nil)
        try FileSystem.live.makeDirectory(folder("directory"))
        #expect(kind("directory") == .notALedger)
        try AtomicFile.write([], to: folder("empty"))
        for access in [Ledger.Access.existing, .readOnly] { #expect(kind("empty", access) == .notALedger) }
        try AtomicFile.write(Array(String(repeating: "time,kind,label\n", count: 500).utf8), to: folder("text"))
        for access in [Ledger.Access.existing, .readOnly, .create, .createIfMissing] { #expect(kind("text", access) == .notALedger) }
        try RawSQLite(folder("other")).run("CREATE TABLE t (a)")
        for access in [Ledger.Access.existing, .readOnly, .create, .createIfMissing] { #expect(kind("other", access) == .notALedger) }
        // An empty file may be one that another process is about to fill.
        for name in ["nothing", "empty", "directory"] { #expect(try !Ledger.exists(at: folder(name)), "\(name)") }
        #expect(kind("empty", .createIfMissing) == nil)
        #expect(try Ledger.exists(at: folder("empty")))
        #expect(throws: LedgerError.self) { try Ledger.exists(at: folder("other")) }
    }

    @Test func newerVersion() throws {
        try folder.ledger("a", entries: 3, key: nil)
        try RawSQLite(folder("a")).run("PRAGMA user_version=2")
        #expect(kind("a") == .newerVersion(found: 2, newestSupported: 1))
        #expect(throws: LedgerError.self) { try LedgerVerification.run(at: folder("a")) }
    }

    @Test func truncatedFile() throws {
        try folder.ledger("a", entries: 300)
        let bytes = try FileSystem.live.contents(of: folder("a"))
        for size in stride(from: 0, to: bytes.count, by: 4096) + [50, 1000, bytes.count - 1] {
            try AtomicFile.write(Array(bytes[..<size]), to: folder("cut"))
            do throws(LedgerError) {
                let verification = try LedgerVerification.run(at: folder("cut"))
                #expect(!verification.isIntact, "\(size) of \(bytes.count) bytes")
            } catch { #expect([.damaged, .notALedger].contains(error.kind), "\(size) bytes: \(error)") }
        }
    }

    @Test func damagedPages() throws {
        try folder.ledger("a", entries: 300)
        let bytes = try FileSystem.live.contents(of: folder("a"))
        var options = LedgerVerification.Options()
        options.checksIndexes = true
        for page in stride(from: 4096, to: bytes.count, by: 4096) {
            var damaged = bytes
            for place in page..<min(page + 4096, bytes.count) { damaged[place] = UInt8(truncatingIfNeeded: place &* 31) }
            try AtomicFile.write(damaged, to: folder("damaged"))
            do throws(LedgerError) {
                let verification = try LedgerVerification.run(at: folder("damaged"), options)
                #expect(!verification.isIntact, "page \(page / 4096)")
            } catch { #expect(error.kind == .damaged, "page \(page / 4096): \(error)") }
        }
    }

    @Test func folderThatMayNotBeWritten() throws {
        try folder.ledger("a", entries: 12)
        chmod(folder.path, 0o555)
        chmod(folder("a"), 0o444)
        defer { chmod(folder.path, 0o755) }
        // The administrator may write everywhere, so this thread does it as another user.
        typealias SetUser = @convention(c) (UInt32) -> Int32
        guard let symbol = dlsym(nil, "setfsuid") else { return }
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        let isAdministrator = geteuid() == 0
        if isAdministrator { _ = setUser(65_534) }
        let verification = Result { try LedgerVerification.run(at: folder("a")) }
        let writing = kind("a")
        let making = kind("new", .create)
        if isAdministrator { _ = setUser(0) }
        #expect(try verification.get().isIntact)
        #expect(writing == .readOnly)
        #expect(making == .readOnly)
    }
}
