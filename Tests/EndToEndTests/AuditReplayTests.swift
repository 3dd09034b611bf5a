import Audit
import Foundation
import Testing

/// Decisions recorded by the commands, and made again by `tessera audit replay`.
@Suite struct AuditReplayTests {
    static let keys = ["--vault-key", "vault.key", "--ledger-key", "ledger.key"]
    static let ledger = ["--ledger", "bank.ledger"] + keys

    static func require(_ command: [String], in bench: Workbench) throws -> CommandRun {
        let run = try CommandRun.tessera(command, in: bench.folder)
        try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        return run
    }

    static func writeKeys(_ bench: Workbench) throws {
        try bench.write(String(repeating: "ab", count: 32) + "\n", to: "vault.key")
        try bench.write(String(repeating: "0c", count: 32) + "\n", to: "ledger.key")
        for name in ["vault.key", "ledger.key"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: bench.folder.appending(path: name).path)
        }
    }

    static let labelling = [
        "label", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--for-evaluation", "--out", "out.jsonl",
    ]

    @Test("Labels are made again byte for byte: elsewhere, with other threads, from a bundle; what changed is named")
    func labels() throws {
        let bench = try IntentCommandTests.bench()
        try Self.writeKeys(bench)
        _ = try Self.require(Self.labelling.dropLast() + ["plain.jsonl"], in: bench)
        _ = try Self.require(Self.labelling + Self.ledger + ["--threads", "2", "--purpose", "marketing"], in: bench)
        #expect(try bench.data("out.jsonl") == bench.data("plain.jsonl"))

        let replaying = ["audit", "replay", "bank.ledger", "--sample", "50", "--vault-key", "vault.key"]
        let replayed = try Self.require(replaying + ["--threads", "1", "--export", "case", "--json"], in: bench).json()
        #expect(replayed["decisions"] as? Int == 50 && replayed["same"] as? Int == 50)
        let again = try Self.require(["audit", "replay", "--bundle", "case"], in: bench)
        #expect(again.output.contains("every byte is the same") && again.output.contains("label: 50 same"))
        // The ledger tells no session in the open.
        let text = String(decoding: try bench.data("bank.ledger"), as: UTF8.self)
        #expect(text.contains("\"session\":null") && !text.contains("person1:") && text.contains("marketing"))

        // One of them by its place, after 1 the key, 2 the run.
        #expect(
            try Self.require(["audit", "replay", "bank.ledger", "3", "4", "--vault-key", "vault.key"], in: bench).output.contains("2 same"))
        let note = try CommandRun.tessera(["audit", "replay", "bank.ledger", "2", "--vault-key", "vault.key"], in: bench.folder)
        #expect(note.code == 65 && note.talk.contains("no decision"))
        let missing = try CommandRun.tessera(["audit", "replay", "bank.ledger", "9999", "--vault-key", "vault.key"], in: bench.folder)
        #expect(missing.code == 65 && missing.talk.contains("9999"))

        let keyless = try CommandRun.tessera(Array(replaying.dropLast(2)) + ["--json"], in: bench.folder)
        #expect(keyless.code == 1)
        #expect((try keyless.json()["by_command"] as? [String: [String: Int]])?["label"]?["not_kept"] == 50)

        // Another model where the old one was; the old one elsewhere.
        let manager = FileManager.default
        try manager.moveItem(at: bench.folder.appending(path: "bank.model"), to: bench.folder.appending(path: "archive"))
        let gone = try CommandRun.tessera(replaying + ["--json"], in: bench.folder)
        #expect(gone.code == 1 && gone.output.contains("model_missing"))
        _ = try Self.require(["pretrain", "bank.corpus", "--out", "bank.model", "--config", "tiny.yaml", "--seed", "4"], in: bench)
        let changed = try CommandRun.tessera(replaying, in: bench.folder)
        #expect(changed.code == 1 && changed.output.contains("model changed") && changed.output.contains("bank.model holds the model"))
        #expect(try Self.require(replaying + ["--models", "archive"], in: bench).output.contains("50 same"))
        #expect(try Self.require(["audit", "replay", "--bundle", "case"], in: bench).output.contains("50 same"))

        // An edited bundle.
        let file = bench.folder.appending(path: "case/decisions.json")
        let edited = String(decoding: try Data(contentsOf: file), as: UTF8.self).replacing(
            "\\\"hour\\\":[", with: "\\\"hour\\\":[0,", maxReplacements: 1)
        try Data(edited.utf8).write(to: file)
        let refused = try CommandRun.tessera(["audit", "replay", "--bundle", "case", "--json"], in: bench.folder)
        #expect(refused.code == 1)
        #expect((try refused.json()["by_command"] as? [String: [String: Int]])?["label"] == ["same": 49, "damaged": 1])
    }

    @Test("Reviewers get sheets of recorded labels; without the vault's key nobody knows whose they are; after an erasure neither")
    func reviewsAndErasure() throws {
        let bench = try IntentCommandTests.bench()
        try Self.writeKeys(bench)
        _ = try Self.require(Self.labelling + Self.ledger, in: bench)
        let drawing = [
            "audit", "review", "draw", "--ledger", "bank.ledger", "--corpus", "bank.corpus", "--taxonomy", "shop.yaml", "--reviewers",
            "a,b",
            "--size", "20", "--json", "--out",
        ]
        let drawn = try Self.require(drawing + ["sheets", "--vault-key", "vault.key"], in: bench).json()
        #expect((drawn["drawn"] as? Int ?? 0) >= 20 && drawn["sessions"] as? Int == 80)
        // Verdicts of this draw belong into this ledger: elsewhere its places are those of strangers.
        _ = try Self.require(Self.labelling + ["--ledger", "other.ledger"] + Self.keys, in: bench)
        try bench.write("", to: "empty.ledger")
        let reading = ["audit", "review", "read", "sheets/design.json", "sheets/a.csv", "--ledger-key", "ledger.key", "--ledger"]
        let foreign = try CommandRun.tessera(reading + ["other.ledger"], in: bench.folder)
        #expect(foreign.code == 65 && foreign.talk.contains("drawn from another ledger"), "\(foreign.code) \(foreign.talk)")
        _ = try Self.require(reading + ["bank.ledger"], in: bench)
        let unsigned = try CommandRun.tessera(
            Self.labelling + ["--ledger", "empty.ledger", "--vault-key", "vault.key"], in: bench.folder)
        #expect(unsigned.code == 78 && unsigned.talk.contains("--unsigned"), "\(unsigned.talk)")
        #expect(try CommandRun.tessera(drawing + ["none"], in: bench.folder).code == 65)

        let subject = ["bank.ledger", "--visitor", "-", "--vault-key", "vault.key"]
        func show() throws -> [[String: Any]] {
            let run = try CommandRun.tessera(["audit", "subject", "show"] + subject + ["--json"], in: bench.folder, input: "person1\n")
            #expect(run.code == 0, "\(run.talk)")
            return try run.json()["items"] as? [[String: Any]] ?? []
        }
        let held = try show()
        #expect(held.count == 2 && held.allSatisfy { $0["input_state"] as? String == "opened" })
        let erasing = ["audit", "subject", "erase"] + subject + ["--ledger-key", "ledger.key", "--receipt", "receipt.json"]
        let erased = try CommandRun.tessera(erasing, in: bench.folder, input: "person1\n")
        #expect(erased.code == 0 && !erased.talk.contains("hold the identifier"), "\(erased.talk)")
        #expect(try show().prefix(2).allSatisfy { $0["input_state"] as? String == "erased" })
        _ = try Self.require(["audit", "verify", "bank.ledger"], in: bench)
        let replayed = try CommandRun.tessera(
            ["audit", "replay", "bank.ledger", "--sample", "80", "--vault-key", "vault.key", "--export", "case", "--json"], in: bench.folder
        )
        #expect(replayed.code == 1)
        #expect((try replayed.json()["by_command"] as? [String: [String: Int]])?["label"] == ["same": 78, "erased": 2])
        // Neither the ledger nor what was made of it afterwards tells who it was.
        for file in ["bank.ledger", "bank.ledger.keys", "case/decisions.json"] {
            let text = try bench.data(file)
            #expect(text.range(of: Data("person1\"".utf8)) == nil && text.range(of: Data("person1:".utf8)) == nil, "\(file)")
        }
        let after = try Self.require(drawing + ["after", "--vault-key", "vault.key"], in: bench).json()
        #expect(after["sessions"] as? Int == 78)
    }

    @Test("What cannot be recorded is told before the work")
    func refusals() throws {
        let bench = try IntentCommandTests.bench()
        try Self.writeKeys(bench)
        let table = try CommandRun.tessera(Self.labelling.dropLast() + ["l.out"] + Self.ledger, in: bench.folder)
        #expect(table.code == 64 && table.talk.contains(".jsonl"))
        let keyless = try CommandRun.tessera(Self.labelling + ["--ledger", "bank.ledger"], in: bench.folder)
        #expect(keyless.code == 78 && keyless.talk.contains("--vault-key"))
        let nowhere = try CommandRun.tessera(Self.labelling + ["--ledger", "no/where.ledger"] + Self.keys, in: bench.folder)
        let unsigned = try CommandRun.tessera(
            Self.labelling + ["--ledger", "new.ledger", "--vault-key", "vault.key"], in: bench.folder)
        #expect(unsigned.code == 78 && unsigned.talk.contains("--unsigned"), "\(unsigned.talk)")
        #expect(nowhere.code != 0 && nowhere.code != 70, "\(nowhere.talk)")
        #expect(!FileManager.default.fileExists(atPath: bench.folder.appending(path: "out.jsonl").path))

        _ = try Self.require(Self.labelling + Self.ledger, in: bench)
        // Another signing key than the ledger's.
        try bench.write(String(repeating: "0d", count: 32) + "\n", to: "ledger.key")
        let other = try CommandRun.tessera(Self.labelling + Self.ledger, in: bench.folder)
        #expect(other.code == 78, "\(other.talk)")
        _ = try Self.require(Self.labelling + ["--ledger", "digests.ledger", "--no-keep-inputs", "--unsigned"], in: bench)
        let digests = try CommandRun.tessera(
            ["audit", "replay", "digests.ledger", "--sample", "5", "--vault-key", "vault.key", "--json"], in: bench.folder)
        #expect(digests.code != 0)
    }

    @Test("Rankings and forecasts, with sessions and customers of a simulated bank")
    func app() throws {
        let bench = try AppBench.bench()
        try Self.writeKeys(bench)
        _ = try Self.require(AppBench.ranking + ["r"], in: bench)
        _ = try Self.require(AppBench.converting + ["p"], in: bench)
        _ = try Self.require(AppBench.rankScoring + ["ranked.jsonl", "--top", "2"] + Self.ledger, in: bench)
        _ = try Self.require(AppBench.convertScoring + ["f.jsonl"] + Self.ledger, in: bench)
        for command in ["rank score", "convert score"] {
            let replaying = ["audit", "replay", "bank.ledger", "--sample", "60", "--command", command, "--vault-key", "vault.key"]
            let replayed = try Self.require(replaying + ["--json"], in: bench).json()
            #expect(replayed["same"] as? Int == replayed["decisions"] as? Int && (replayed["decisions"] as? Int ?? 0) >= 30)
        }

        let agreed = try Self.addConsent(to: "bank/app/customers.csv", key: "customer_id", in: bench)
        for (command, id, table, plain) in [
            (AppBench.rankScoring + ["agreed.jsonl", "--top", "2"], "impression_id", "impressions", "ranked.jsonl"),
            (AppBench.convertScoring + ["agreed.jsonl"], "decision_id", "decisions", "f.jsonl"),
        ] {
            let recording = command + ["--ledger", "\(table).ledger", "--no-keep-inputs", "--unsigned", "--consent-field"]
            _ = try Self.require(recording + ["agreed"], in: bench)
            #expect(try bench.data("agreed.jsonl") == bench.data(plain), "what somebody agreed to is no feature")
            let (header, rows) = try AppBench.rows(bench, "bank/app/\(table).csv")
            let (own, other) = (try #require(header.firstIndex(of: id)), try #require(header.firstIndex(of: "customer_id")))
            let customers = Dictionary(rows.map { ($0[own], $0[other]) }, uniquingKeysWith: { first, _ in first })
            let expected = try AppBench.lines(bench, "agreed.jsonl").map { agreed[customers[$0[id] as? String ?? ""] ?? ""] }
            #expect(try Self.consents(bench, "\(table).ledger") == expected && Set(expected).count == 4)
            let unknown = try CommandRun.tessera(recording + ["agrees"], in: bench.folder)
            #expect(unknown.code == 64 && unknown.talk.contains("no such column") && unknown.talk.contains("agreed"))
            let alone = try CommandRun.tessera(command + ["--consent-field", "agreed"], in: bench.folder)
            #expect(alone.code == 64 && alone.talk.contains("--consent-field is for --ledger"))
        }
    }

    /// Adds a column `agreed` to a table; what it says of each key.
    private static func addConsent(to table: String, key: String, in bench: Workbench) throws -> [String: LedgerEntry.Consent] {
        let states: [(String, LedgerEntry.Consent)] = [("Yes", .given), ("denied", .refused), ("revoked", .withdrawn), ("", .unknown)]
        let (header, rows) = try AppBench.rows(bench, table)
        let column = try #require(header.firstIndex(of: key))
        var agreed: [String: LedgerEntry.Consent] = [:]
        var lines = [(header + ["agreed"]).joined(separator: ",")]
        for (number, row) in rows.enumerated() {
            agreed[row[column]] = states[number % 4].1
            lines.append((row + [states[number % 4].0]).joined(separator: ","))
        }
        try bench.write(lines.joined(separator: "\n") + "\n", to: table)
        return agreed
    }

    private static func consents(_ bench: Workbench, _ ledger: String) throws -> [LedgerEntry.Consent?] {
        try Ledger(at: bench.folder.appending(path: ledger).path, .readOnly).entries(LedgerSelection(kind: .decision)).map(\.consent)
    }

    @Test("Scores of applicants")
    func credit() throws {
        let bench = try Workbench()
        try Self.writeKeys(bench)
        _ = try Self.require(["simulate", "--visitors", "1", "--applicants", "600", "--seed", "4", "--out", "bank"], in: bench)
        let text = String(decoding: try bench.data("bank/credit/framework.yaml"), as: UTF8.self)
        try bench.write(text + "framework: {epochs: 1}\nbusiness: {folds: 2, seeds: 2}\n", to: "bank/credit/framework.yaml")
        _ = try Self.require(["credit", "train", "bank/credit/framework.yaml", "--judges", "0.4", "--out", "m"], in: bench)
        _ = try Self.require(["credit", "score", "m", "--data", "bank/credit", "--out", "s.jsonl"] + Self.ledger, in: bench)
        let replaying = ["audit", "replay", "bank.ledger", "--sample", "100", "--vault-key", "vault.key", "--threads", "1", "--json"]
        let replayed = try Self.require(replaying, in: bench).json()
        #expect(replayed["same"] as? Int == 100 && replayed["decisions"] as? Int == 100)

        // What an input lacks is not read from where the training read it, here the working folder.
        _ = try Self.require(["audit", "replay", "bank.ledger", "3", "--vault-key", "vault.key", "--export", "case"], in: bench)
        try bench.write(try bench.data("bank/credit/bureau.csv"), to: "bureau.csv")
        try BundleTests.forge(bench) { bundle in
            var input = try #require(try JSONSerialization.jsonObject(with: Data(bundle.decisions[0].input.utf8)) as? [String: Any])
            var files = try #require(input["files"] as? [String: String])
            #expect(files.removeValue(forKey: "--file bureau") != nil)
            input["files"] = files
            bundle.decisions[0].input = String(decoding: try JSONSerialization.data(withJSONObject: input), as: UTF8.self)
            bundle.decisions[0].seal()
        }
        #expect(try BundleTests.verdicts(bench) == ["failed": 1])

        let agreed = try Self.addConsent(to: "bank/credit/applicants.csv", key: "applicant_id", in: bench)
        let scoring = ["credit", "score", "m", "--data", "bank/credit", "--out", "agreed.jsonl", "--ledger", "agreed.ledger"]
        _ = try Self.require(scoring + ["--no-keep-inputs", "--unsigned", "--consent-field", "agreed"], in: bench)
        let expected = try AppBench.lines(bench, "agreed.jsonl").map { agreed[$0["customer"] as? String ?? ""] }
        #expect(try Self.consents(bench, "agreed.ledger") == expected && Set(expected).count == 4)
    }
}
