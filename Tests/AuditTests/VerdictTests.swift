import Audit
import AuditTestSupport
import DurableFiles
import Testing

/// What a person reads of a verification, and of what is held about somebody.
@Suite struct VerdictTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func verdict(_ name: String, _ change: (inout LedgerVerification.Options) -> Void = { _ in }) throws -> LedgerVerdict {
        var options = LedgerVerification.Options()
        options.clockTolerance = .max
        change(&options)
        return LedgerVerdict(try LedgerVerification.run(at: folder(name), options), options)
    }

    @Test func whole() throws {
        try folder.ledger("a", entries: 40)
        let anchor = try #require(try Ledger(at: folder("a"), .readOnly).exportAnchor())
        let naive = try verdict("a")
        #expect(naive.intact && naive.entries == 40 && naive.keys.map(\.trusted) == [false])
        #expect(naive.warnings.count == 2 && naive.warnings[0].contains("--key"))
        let trusting = try verdict("a") {
            $0.trustedKeys = [LedgerFolder.key.publicKey]
            $0.anchors = [anchor]
        }
        #expect(trusting.warnings.isEmpty && trusting.keys.map(\.trusted) == [true])
        let text = trusting.text("a")
        #expect(text.hasPrefix("a: WHOLE\n") && text.contains("1 anchor compared, all agree") && text.contains("which you trust"))
        // Entry 1 introduces the key by this machine's clock; the others' times are made up.
        #expect(text.contains("from 2023-11-14 22:13:22 UTC to 2"))
        try folder.ledger("plain", entries: 5, key: nil)
        let plain = try verdict("plain")
        #expect(plain.intact && plain.keys.isEmpty && plain.warnings[0].contains("not signed"))
        #expect(plain.text("p").contains("not signed"))
    }

    @Test func aCutTailIsToldFromAnEdit() throws {
        try folder.ledger("a", entries: 60)
        try folder.copy("a", to: "cut")
        try LedgerTamper.truncate(after: 50).apply(to: folder("cut"))
        let cut = try verdict("cut")
        #expect(!cut.intact && cut.findings.map(\.what) == [.cutOff] && (cut.findings[0].first, cut.findings[0].last) == (51, 60))
        #expect(cut.text("cut").contains("BROKEN") && cut.text("cut").contains("what is left was not edited"))
        try LedgerTamper.editEntry(column: "output", at: 20).apply(to: folder("a"))
        let edited = try verdict("a")
        #expect(!edited.intact && edited.findings.map(\.what) == [.edited] && edited.findings[0].first == 20)
        #expect(!edited.text("a").contains("not edited"))
        try folder.copy("a", to: "both")
        try LedgerTamper.truncate(after: 50).apply(to: folder("both"))
        let both = try verdict("both")
        #expect(both.findings.map(\.what) == [.edited, .cutOff] && !both.text("b").contains("what is left was not edited"))
    }

    @Test func manyFindingsStayReadable() throws {
        try folder.ledger("a", entries: 2400)
        let raw = try RawSQLite(folder("a"))
        try raw.withoutTriggers { try raw.run("UPDATE entries SET consent = 2 WHERE seq % 2 = 0") }
        let text = try verdict("a").text("a")
        #expect(text.contains("1,200 findings: edited") && text.split(separator: "\n").count < 50)
        #expect(text.contains("and 1,160 findings more"))
    }

    /// Times that no clock gives are shown and trap nothing.
    @Test(arguments: [Int64.min, -62_135_596_800_000_001, -1, 0, 253_402_300_800_000_000, Int64.max]) func anyTime(_ time: Int64) throws {
        let ledger = try Ledger(at: folder("a"), .create)
        try ledger.append(LedgerEntry(.note, purpose: "test", actor: "test", time: time))
        let from = try #require(try verdict("a").from)
        let expected: [Int64: String] = [-1: "1969-12-31 23:59:59 UTC", 0: "1970-01-01 00:00:00 UTC"]
        #expect(from == expected[time] ?? "\(time) µs since 1970")
    }

    @Test func aWalkCanBeEnded() throws {
        let ledger = try Ledger(at: folder("a"), .create)
        try ledger.append((0..<25_000).map { LedgerEntry(.note, purpose: "n", actor: "a", time: Int64($0)) })
        var told: [Int] = []
        let ended = try LedgerVerification.run(
            at: folder("a"),
            progress: {
                told.append($0); return told.count < 2
            })
        #expect(ended == nil && told == [10_000, 20_000])
        #expect(try LedgerVerification.run(at: folder("a"), progress: { _ in true })?.entries == 25_000)
    }

    // MARK: What is held about somebody

    private func account(_ subject: Int, vault: Bool) throws -> SubjectAccount {
        let held = vault ? try SubjectVault(besides: folder("a"), .readOnly, master: LedgerFolder.master()) : nil
        return try SubjectAccount(of: LedgerFolder.subject(subject), in: Ledger(at: folder("a"), .readOnly), vault: held)
    }

    @Test func accounts() throws {
        let ledger = try Ledger(at: folder("a"), .create, signingKey: LedgerFolder.key)
        let vault = try SubjectVault(besides: folder("a"), .create, master: LedgerFolder.master())
        for number in [1, 2, 1] {
            let sealed = try vault.seal(LedgerFolder.plaintext, of: LedgerFolder.subject(number))
            try ledger.append(
                LedgerEntry(
                    .decision, purpose: "marketing", actor: "label", time: 0, subject: LedgerFolder.subject(number), model: [1, 2],
                    software: "0.9", consent: .given, inputDigest: sealed.digest, sealedInput: sealed.bytes,
                    output: Array("{\"intent\":\"card\u{1B}[2J\"}\n".utf8), evidence: [0xFF, 0x00]))
        }
        try ledger.append(
            LedgerEntry(.note, purpose: "desk", actor: "desk", time: 1_700_000_000_000_000, subject: LedgerFolder.subject(1)))
        let plaintext = String(decoding: LedgerFolder.plaintext, as: UTF8.self)
        let open = try account(1, vault: true)
        #expect(open.items.map(\.inputState) == [.opened, .opened, .notKept] && open.items[0].input == plaintext)
        #expect(open.text.contains(plaintext) && open.text.contains("evidence: ff00") && open.text.contains("model: 0102"))
        #expect(open.text.contains("3 entries, from 1970-01-01 00:00:00 UTC to 2023-11-14 22:13:20 UTC"))
        // A text from a file moves no cursor.
        #expect(!open.text.unicodeScalars.contains("\u{1B}"))
        let closed = try account(1, vault: false)
        #expect(closed.items.map(\.inputState) == [.sealed, .sealed, .notKept] && !closed.text.contains(plaintext))
        #expect(try account(77, vault: true).items.isEmpty && account(77, vault: true).text.contains("Nothing."))

        _ = try vault.erase(LedgerFolder.subject(1), in: ledger, purpose: "request", actor: "desk")
        for vault in [true, false] {
            let erased = try account(1, vault: vault)
            #expect(erased.items.map(\.inputState) == [.erased, .erased, .notKept, .notKept])
            #expect(erased.text.contains("1 keys destroyed, 2 inputs erased") && !erased.text.contains(plaintext))
        }
        #expect(try account(2, vault: true).items.map(\.inputState) == [.opened])
    }

    @Test func outputsThatNameSomebodyAreFound() throws {
        let ledger = try Ledger(at: folder("a"), .create)
        for (number, output) in ["{\"session\":\"s1\"}", "{\"visitor\":\"jane@x\"}", "jane", ""].enumerated() {
            try ledger.append(
                LedgerEntry(
                    .decision, purpose: "p", actor: "a", subject: [1], output: Array(output.utf8),
                    evidence: number == 0 ? Array("by jane@x".utf8) : []))
        }
        try ledger.append(LedgerEntry(.decision, purpose: "p", actor: "a", subject: [2], output: Array("jane@x".utf8)))
        let naming = try LedgerNaming([1], ["jane@x", ""], in: ledger)
        #expect(naming.kept == 3 && naming.naming == [1, 2])
        #expect(try LedgerNaming([1], [], in: ledger).naming.isEmpty)
    }
}
