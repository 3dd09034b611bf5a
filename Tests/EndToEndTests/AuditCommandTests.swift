import Audit
import AuditTestSupport
import EventStream
import Foundation
import Testing

/// `tessera audit`, as a compliance officer and a data protection desk run it.
@Suite struct AuditCommandTests {
    private static let secret = String(repeating: "07", count: 32)
    private static let master = String(repeating: "09", count: 32)
    private static let keys = ["TESSERA_LEDGER_KEY": secret, "TESSERA_VAULT_KEY": master]
    private static let importKey = "0123456789abcdef0123456789abcdef"

    private static func pseudonym(_ visitor: String) -> [UInt8] {
        let digits = Array(SubjectPseudonym(key: Array(importKey.utf8)).pseudonym(of: visitor).utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
    }

    /// A signed ledger with a vault: decisions about three visitors.
    private static func bench() throws -> Workbench {
        let bench = try Workbench()
        let path = bench.folder.appending(path: "bank.ledger").path
        let ledger = try Ledger(at: path, .create, signingKey: LedgerWorkload.key())
        let vault = try SubjectVault(besides: path, .create, master: LedgerWorkload.master())
        for number in 0..<30 {
            let visitor = ["ann", "bob", "cleo"][number % 3]
            let sealed = try vault.seal(LedgerWorkload.input(number), of: pseudonym(visitor))
            var entry = LedgerWorkload.entry(number, of: 0, sealed: sealed)
            entry.subject = pseudonym(visitor)
            if number == 4 { entry.output = Array("{\"visitor\":\"bob\"}".utf8) }
            try ledger.append(entry)
        }
        try bench.write(importKey + "\n", to: "tessera.key")
        return bench
    }

    private static func publicKey() throws -> String { try LedgerWorkload.key().publicKey.hex }

    // MARK: Verifying

    @Test func wholeAndAnchored() throws {
        let bench = try Self.bench()
        let run = try CommandRun.tessera(
            "audit", "verify", "bank.ledger", "--key", Self.publicKey(), "--write-anchor", "a.anchor", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        #expect(run.output.hasPrefix("bank.ledger: WHOLE\n  31 entries in 31 commits, from 2023-11-14 22:13:20 UTC to 2"), "\(run.output)")
        #expect(run.output.contains("which you trust") && run.talk.contains("no anchor was given"))
        let naive = try CommandRun.tessera("audit", "verify", "bank.ledger", "--anchor", "a.anchor", "--json", in: bench.folder)
        let verdict = try naive.json()
        #expect(naive.code == 0 && naive.talk.contains("no trusted key was given"))
        #expect(verdict["intact"] as? Bool == true && verdict["entries"] as? Int == 31 && verdict["anchors"] as? Int == 1)
        try bench.write(Self.publicKey() + "\n", to: "auditor.pub")
        let full = try CommandRun.tessera(
            "audit", "verify", "bank.ledger", "--key", "auditor.pub", "--anchor", "a.anchor", "--pages", in: bench.folder)
        #expect(full.code == 0 && !full.talk.contains("warning") && full.output.contains("1 anchor compared, all agree"))
        let stranger = try CommandRun.tessera("audit", "verify", "bank.ledger", "--key", Self.master, in: bench.folder)
        #expect(stranger.code == 1 && stranger.output.contains("none of the trusted keys ever signed this ledger"))
    }

    @Test func brokenIsToldWhereAndHow() throws {
        let bench = try Self.bench()
        let path = bench.folder.appending(path: "bank.ledger").path
        _ = try CommandRun.tessera("audit", "verify", "bank.ledger", "--write-anchor", "a.anchor", in: bench.folder)
        try FileManager.default.copyItem(atPath: path, toPath: path + ".cut")
        try LedgerTamper.truncateWithHeads(after: 20).apply(to: path + ".cut")
        let blind = try CommandRun.tessera("audit", "verify", "bank.ledger.cut", in: bench.folder)
        #expect(blind.code == 0, "a cut at a commit shows only against an anchor")
        let cut = try CommandRun.tessera(
            "audit", "verify", "bank.ledger.cut", "--anchor", "a.anchor", "--write-anchor", "b.anchor", in: bench.folder)
        #expect(cut.code == 1 && cut.output.contains("BROKEN") && cut.output.contains("entries 21 to 31: missing at the end"))
        #expect(cut.output.contains("what is left was not edited") && !bench.exists("b.anchor") && cut.talk.contains("not written"))
        try LedgerTamper.editEntry(column: "output", at: 12).apply(to: path)
        let edited = try CommandRun.tessera("audit", "verify", "bank.ledger", "--json", in: bench.folder)
        let findings = try edited.json()["findings"] as? [[String: Any]]
        // The times are made up and lie before that of the first entry, which introduces the key: a warning.
        let edits = findings?.filter { $0["what"] as? String == "edited" } ?? []
        #expect(edited.code == 1 && edits.count == 1 && edits.first?["first"] as? Int == 12, "\(edited.output)")
        #expect(findings?.contains { $0["what"] as? String == "clock" } == true && findings?.count == 2)
    }

    @Test func whatIsNoLedger() throws {
        let bench = try Self.bench()
        try bench.write("time,label\n", to: "labels.csv")
        try bench.write("no key", to: "bad.pub")
        try bench.write("{}", to: "bad.anchor")
        func code(_ arguments: String...) throws -> Int32 {
            let run = try CommandRun.tessera(["audit", "verify"] + arguments, in: bench.folder)
            #expect(run.output.isEmpty && run.talk.contains("tessera: "), "\(arguments): \(run.talk)")
            return run.code
        }
        #expect(try code("nowhere.ledger") == 66)
        #expect(try code("labels.csv") == 66)
        #expect(try code("bank.ledger", "--key", "bad.pub") == 78)
        #expect(try code("bank.ledger", "--key", "nowhere.pub") == 66)
        #expect(try code("bank.ledger", "--anchor", "bad.anchor") == 65)
        #expect(try code("bank.ledger", "--write-anchor", "bank.ledger") == 73)
        try RawSQLite(bench.folder.appending(path: "bank.ledger").path).run("PRAGMA user_version=9")
        #expect(try code("bank.ledger") == 65)
    }

    // MARK: Keys

    @Test func keys() throws {
        let bench = try Self.bench()
        let made = try CommandRun.tessera("audit", "key", "new.key", in: bench.folder)
        let key = made.output.split(whereSeparator: { " \n".contains($0) }).last.map(String.init) ?? ""
        #expect(made.code == 0 && key.count == 64 && PublicKey(hex: key) != nil)
        #expect(!made.output.contains(String(decoding: try bench.data("new.key"), as: UTF8.self).prefix(64)))
        #expect(try CommandRun.tessera("audit", "key", "new.key", in: bench.folder).code == 73)
        let shown = try CommandRun.tessera("audit", "key", "new.key", "--show", "--json", in: bench.folder).json()
        #expect(shown["public"] as? String == key)
        #expect(try CommandRun.tessera("audit", "key", "nowhere", "--show", in: bench.folder).code == 66)

        _ = try CommandRun.tessera("audit", "key", "vault.key", in: bench.folder)
        let rotated = try CommandRun.tessera(
            "audit", "rotate", "bank.ledger", "--new-ledger-key", "new.key", "--new-vault-key", "vault.key", "--json", in: bench.folder,
            environment: Self.keys)
        #expect(rotated.code == 0, "\(rotated.talk)")
        #expect(try rotated.json()["rewrapped"] as? Int == 3 && rotated.json()["entry"] as? Int == 32)
        let verified = try CommandRun.tessera("audit", "verify", "bank.ledger", "--key", key, in: bench.folder)
        #expect(verified.code == 0 && verified.output.contains("signed from entry 32 on by \(key), which you trust"))
        let old = try CommandRun.tessera(
            "audit", "subject", "show", "bank.ledger", "--visitor", "ann", "--key", "tessera.key", in: bench.folder, environment: Self.keys)
        #expect(old.code == 78 && old.talk.contains("another master key"))
        #expect(try CommandRun.tessera("audit", "rotate", "bank.ledger", in: bench.folder).code == 64)
    }

    // MARK: Subjects

    @Test func showAndErase() throws {
        let bench = try Self.bench()
        func show(_ visitor: String, _ environment: [String: String] = Self.keys) throws -> CommandRun {
            try CommandRun.tessera(
                "audit", "subject", "show", "bank.ledger", "--visitor", "-", "--key", "tessera.key", "--json", in: bench.folder,
                input: visitor + "\n", environment: environment)
        }
        func states(_ run: CommandRun) throws -> [String] {
            (try run.json()["items"] as? [[String: Any]] ?? []).compactMap { $0["input_state"] as? String }
        }
        #expect(try states(show("bob")) == [String](repeating: "opened", count: 10))
        #expect(try states(show("bob", [:])) == [String](repeating: "sealed", count: 10))
        let nobody = try show("dora")
        #expect(try nobody.code == 0 && states(nobody).isEmpty)

        func erase(_ visitor: String, _ environment: [String: String] = Self.keys) throws -> CommandRun {
            try CommandRun.tessera(
                "audit", "subject", "erase", "bank.ledger", "--visitor", visitor, "--key", "tessera.key", "--receipt", "receipt.json",
                in: bench.folder, environment: environment)
        }
        #expect(try erase("bob", [:]).code == 78)
        #expect(try erase("bob", ["TESSERA_LEDGER_KEY": Self.secret]).code == 78)
        #expect(try erase("bob", ["TESSERA_LEDGER_KEY": Self.secret, "TESSERA_VAULT_KEY": Self.secret]).code == 78)
        #expect(try erase("bob", ["TESSERA_VAULT_KEY": Self.master]).code == 78)
        #expect(try states(show("bob")) == [String](repeating: "opened", count: 10) && !bench.exists("receipt.json"))
        let done = try erase("bob")
        #expect(done.code == 0 && done.output.contains("1 keys destroyed, 10 inputs erased; 10 outputs stay"), "\(done.talk)")
        // One output holds the identifier itself, which no erasure takes away: said, without the identifier.
        #expect(done.talk.contains("1 outputs that stay hold the identifier itself, the first is entry 6") && !done.talk.contains("bob"))
        let first = try bench.data("receipt.json")
        let receipt = try #require(try JSONSerialization.jsonObject(with: first) as? [String: Any])
        #expect(receipt["inputs_erased"] as? Int == 10 && receipt["entry"] as? Int == 32 && receipt["outputs_naming"] as? [Int] == [6])
        #expect(try erase("bob").code == 0 && bench.data("receipt.json") == first)
        #expect(try states(show("bob")) == [String](repeating: "erased", count: 10) + ["not kept"])
        #expect(try states(show("ann")) == [String](repeating: "opened", count: 10))
        #expect(try CommandRun.tessera("audit", "verify", "bank.ledger", in: bench.folder).code == 0)
        #expect(try erase("dora").code == 65)
    }

    @Test func subjectsAreNamedInOneWay() throws {
        let bench = try Self.bench()
        func code(_ arguments: String...) throws -> Int32 {
            try CommandRun.tessera(["audit", "subject", "show", "bank.ledger"] + arguments, in: bench.folder).code
        }
        #expect(try code() == 64)
        #expect(try code("--subject", "xyz") == 64)
        #expect(try code("--subject", "00", "--visitor", "bob") == 64)
        // Without the imports' key somebody is found only where decisions were recorded without it.
        let keyless = try CommandRun.tessera("audit", "subject", "show", "bank.ledger", "--visitor", "bob", in: bench.folder)
        #expect(keyless.code == 0 && keyless.talk.contains("without a key") && !keyless.talk.contains("bob"))
        let hex = Self.pseudonym("ann").map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let text = try CommandRun.tessera("audit", "subject", "show", "bank.ledger", "--subject", hex, in: bench.folder)
        #expect(text.code == 0 && text.output.contains("# What is held about subject \(hex)") && text.output.contains("10 entries"))
    }

    // MARK: Figures

    /// Processes that are killed, two at once, and every operation that fails; every kind of tampering.
    @Test(arguments: ["ledger-faults", "tamper"]) func figures(_ name: String) throws {
        let bench = try Workbench()
        // Thousands of commits are forced to the disk here; where the system keeps files in memory that costs nothing.
        let memory = FileManager.default.isWritableFile(atPath: "/dev/shm") ? ["TMPDIR": "/dev/shm"] : [:]
        let run = try CommandRun.tessera(name, "--quick", in: bench.folder, environment: memory, program: "tessera-figures")
        #expect(run.code == 0, "\(run.talk.suffix(2000))")
        if name == "tamper" {
            let (tried, located) = try (run.json()["tried"] as? Int ?? 0, run.json()["located"] as? Int ?? -1)
            #expect(tried == located && tried > 15_000)
        } else {
            let kills = try run.json()["kills"] as? [String: Any]
            #expect(
                (kills?["kills"] as? Int ?? 0) >= 12 && kills?["lost"] as? Int == 0 && (kills?["entries_acknowledged"] as? Int ?? 0) > 0)
        }
    }
}
