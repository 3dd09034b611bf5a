import Audit
import AuditTestSupport
import Foundation
import Testing

/// Bundles of recorded decisions: what one shows, and what one that comes from elsewhere cannot make the program do.
@Suite struct BundleTests {
    /// `decisions.json`, to be changed.
    struct Bundle: Codable {
        struct Decision: Codable {
            var entry: EntryProof
            var salt: String
            var input: String

            /// Gives the entry the digest and the hash that fit the input.
            mutating func seal() {
                let salt = stride(from: 0, to: 32, by: 2).map { UInt8(self.salt.dropFirst($0).prefix(2), radix: 16) ?? 0 }
                entry.entry.inputDigest = OpenedInput(salt: salt, input: Array(input.utf8)).digest
                entry = EntryProof(of: entry.entry, after: entry.previous)
            }
        }

        var formatVersion: Int
        var ledger: String
        var runs: [EntryProof]
        var decisions: [Decision]
    }

    private static let replaying = ["audit", "replay", "bank.ledger", "--vault-key", "vault.key"]
    private static let secrets = ["TESSERA_LEDGER_KEY": String(repeating: "0c", count: 32)]

    /// Recorded labels, and five of them in the bundle `case`.
    private static func bench() throws -> Workbench {
        let bench = try IntentCommandTests.bench()
        try AuditReplayTests.writeKeys(bench)
        _ = try AuditReplayTests.require(AuditReplayTests.labelling + AuditReplayTests.ledger + ["--purpose", "marketing"], in: bench)
        _ = try AuditReplayTests.require(replaying + ["3", "4", "5", "6", "7", "--export", "case"], in: bench)
        return bench
    }

    /// Writes the bundle `forged`, the same but for a change.
    static func forge(_ bench: Workbench, _ change: (inout Bundle) throws -> Void) throws {
        let (case_, forged) = (bench.folder.appending(path: "case"), bench.folder.appending(path: "forged"))
        try? FileManager.default.removeItem(at: forged)
        try FileManager.default.copyItem(at: case_, to: forged)
        var bundle = try JSONDecoder().decode(Bundle.self, from: try bench.data("case/decisions.json"))
        try change(&bundle)
        try bench.write(try JSONEncoder().encode(bundle), to: "forged/decisions.json")
    }

    /// Changes what the run says, and gives its entry the hash that fits.
    private static func forgeRun(_ bench: Workbench, _ change: (inout [String: Any]) -> Void) throws {
        try forge(bench) { bundle in
            var note = try #require(try JSONSerialization.jsonObject(with: Data(bundle.runs[0].entry.output)) as? [String: Any])
            var run = try #require(note["run"] as? [String: Any])
            change(&run)
            note["run"] = run
            bundle.runs[0].entry.output = Array(try JSONSerialization.data(withJSONObject: note, options: [.sortedKeys]))
            bundle.runs[0] = EntryProof(of: bundle.runs[0].entry, after: bundle.runs[0].previous)
        }
    }

    /// Replays `forged`; verdicts by number.
    static func verdicts(
        _ bench: Workbench, _ more: [String] = [], environment: [String: String] = [:]
    ) throws -> [String: Int] {
        let run = try CommandRun.tessera(
            ["audit", "replay", "--bundle", "forged", "--json"] + more, in: bench.folder, environment: environment)
        #expect(run.code == 0 || run.code == 1, "\(run.talk)")
        let counts = (try run.json()["by_command"] as? [String: [String: Int]] ?? [:]).values
        return counts.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }

    @Test("Nothing of a bundle can be changed by itself; whether it is the ledger's shows --against")
    func proof() throws {
        let bench = try Self.bench()
        let whole = try AuditReplayTests.require(["audit", "replay", "--bundle", "case"], in: bench)
        #expect(whole.output.contains("label: 5 same") && whole.output.contains("not compared with the ledger"))
        let compared = ["audit", "replay", "--bundle", "case", "--against", "bank.ledger"]
        let against = try AuditReplayTests.require(compared, in: bench)
        #expect(against.output.contains("label: 5 same") && against.output.contains("compared with bank.ledger, entry by entry"))
        #expect(try AuditReplayTests.require(compared + ["--json"], in: bench).json()["compared_with_ledger"] as? Bool == true)

        let edits: [(inout Bundle) -> Void] = [
            { $0.decisions[0].entry.entry.output = Array("{\"session\":null}\n".utf8) },
            { $0.decisions[0].entry.entry.purpose = "credit" },
            { $0.decisions[0].entry.entry.consent = .given },
            { $0.decisions[0].entry.entry.inputDigest[0] ^= 1 },
            { $0.decisions[0].entry.entry.sealedInput?[40] ^= 1 },
            { $0.decisions[0].entry.previous[0] ^= 1 },
            { $0.decisions[0].input += " " },
            { $0.decisions[0].salt = "00" },
        ]
        for (number, edit) in edits.enumerated() {
            try Self.forge(bench, edit)
            #expect(try Self.verdicts(bench) == ["same": 4, "damaged": 1], "edit \(number)")
        }
        try Self.forge(bench) {
            $0.runs[0].entry.output.replace(Array("\"--evidence\",\"3\"".utf8), with: Array("\"--evidence\",\"2\"".utf8))
        }
        #expect(try Self.verdicts(bench) == ["damaged": 5])

        // With a hash that fits: what it decides is another thing, and the ledger does not know it.
        try Self.forge(bench) { bundle in
            bundle.decisions[0].entry.entry.output.append(0x20)
            bundle.decisions[0].entry = EntryProof(of: bundle.decisions[0].entry.entry, after: bundle.decisions[0].entry.previous)
        }
        #expect(try Self.verdicts(bench) == ["same": 4, "different": 1])
        #expect(try Self.verdicts(bench, ["--against", "bank.ledger"]) == ["same": 4, "damaged": 1])
        try Self.forgeRun(bench) { $0["software"] = "tessera 99" }
        #expect(try Self.verdicts(bench) == ["same": 5])
        #expect(try Self.verdicts(bench, ["--against", "bank.ledger"]) == ["damaged": 5])
        try Self.forge(bench) { bundle in
            bundle.decisions[0].entry.entry.sequence = 9999
            bundle.decisions[0].entry = EntryProof(of: bundle.decisions[0].entry.entry, after: bundle.decisions[0].entry.previous)
        }
        #expect(try Self.verdicts(bench, ["--against", "bank.ledger"]) == ["same": 4, "damaged": 1])

        _ = try AuditReplayTests.require(AuditReplayTests.labelling + ["--ledger", "other.ledger"] + AuditReplayTests.keys, in: bench)
        let other = try CommandRun.tessera("audit", "replay", "--bundle", "case", "--against", "other.ledger", in: bench.folder)
        #expect(other.code == 65 && other.talk.contains("another ledger"))
        try bench.write("{\"formatVersion\":1,\"ledger\":\"\",\"runs\":{},\"decisions\":[]}", to: "forged/decisions.json")
        let older = try CommandRun.tessera("audit", "replay", "--bundle", "forged", in: bench.folder)
        #expect(older.code == 65 && older.talk.contains("form 1"))
    }

    @Test("A run of a bundle makes the program do nothing but decide, in a folder of its own")
    func foreignRuns() throws {
        let bench = try Self.bench()
        let arguments = try #require(
            (try JSONSerialization.jsonObject(with: Data(Self.note(bench))) as? [String: [String: Any]])?["run"]?["arguments"] as? [String])
        let attacks: [(String, (inout [String: Any]) -> Void)] = [
            ("ledger", { $0["arguments"] = arguments + ["--ledger", "victim.ledger", "--no-keep-inputs"] }),
            ("ledger in one word", { $0["arguments"] = arguments + ["--ledger=victim.ledger", "--no-keep-inputs"] }),
            ("option as value", { $0["arguments"] = ["--suspended", "", "--evidence", "--ledger=victim.ledger"] }),
            ("output", { $0["arguments"] = arguments + ["--out", "victim.ledger"] }),
            ("words of its own", { $0["arguments"] = arguments + ["--wording", "vault.key"] }),
            ("value alone", { $0["arguments"] = arguments + ["clicks.csv"] }),
            ("twice", { $0["arguments"] = arguments + ["--evidence", "3"] }),
            ("no value", { $0["arguments"] = arguments + ["--gradients", "--evidence"] }),
            ("command", { $0["command"] = "audit rotate" }),
            ("part of a command", { $0["command"] = "label --ledger" }),
            ("file of no such command", { $0["files"] = [["option": "--mapping", "name": "m.yaml", "text": "a"]] }),
            ("model by path", { $0["models"] = [["option": "--model", "path": "bank.model", "id": "../../x"]] }),
            (
                "model by option",
                { $0["models"] = [["option": "--ledger", "path": "victim.ledger", "id": String(repeating: "a", count: 64)]] }
            ),
            ("member", { $0["idMember"] = "status" }),
            ("no corpus", { $0["corpus"] = nil }),
        ]
        for (name, attack) in attacks {
            try Self.forgeRun(bench, attack)
            #expect(try Self.verdicts(bench, environment: Self.secrets) == ["damaged": 5], "\(name)")
            #expect(!bench.exists("victim.ledger"), "\(name)")
        }
        // A table that labels have not, and a file with a path in its name, of a command that has files.
        try Self.forge(bench) { bundle in
            let input = bundle.decisions[0].input.replacing("\"files\":{}", with: "\"files\":{\"--ledger\":\"a\\n\"}")
            #expect(input != bundle.decisions[0].input)
            bundle.decisions[0].input = input
            bundle.decisions[0].seal()
        }
        #expect(try Self.verdicts(bench, environment: Self.secrets) == ["same": 4, "damaged": 1])
        try Self.forgeRun(bench) { run in
            (run["command"], run["arguments"], run["idMember"]) = ("rank score", [String](), "impression_id")
            run["models"] = [[String: String]]()
            run["files"] = [["option": "--rules", "name": "/../../victim.ledger", "text": "a"]]
        }
        #expect(try Self.verdicts(bench, environment: Self.secrets) == ["damaged": 5])

        // Fields say how their files are called; here they do not.
        try Self.forgeRun(bench) { run in
            var corpus = run["corpus"] as? [String: Any] ?? [:]
            let schema = corpus["schema"] as? String ?? ""
            corpus["schema"] = schema.replacing("\"stem\":\"field_", with: "\"stem\":\"../../../victim_")
            #expect(schema.contains("\"stem\":\"field_"))
            run["corpus"] = corpus
        }
        try FileManager.default.createDirectory(at: bench.folder.appending(path: "scratch"), withIntermediateDirectories: true)
        #expect(try Self.verdicts(bench, environment: ["TMPDIR": "scratch"]) == ["same": 5])
        let left = FileManager.default.enumerator(atPath: bench.folder.path)?.compactMap { $0 as? String } ?? []
        #expect(!left.isEmpty && !left.contains { $0.contains("victim") })
    }

    private static func note(_ bench: Workbench) throws -> [UInt8] {
        try JSONDecoder().decode(Bundle.self, from: try bench.data("case/decisions.json")).runs[0].entry.output
    }

    @Test("Models come from the bundle and from --models before what stands at the recorded place")
    func models() throws {
        let bench = try Self.bench()
        let folder = bench.folder.appending(path: "case/models")
        var changed = 0
        for model in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let weights = folder.appending(path: model).appending(path: "model.safetensors")
            guard var bytes = try? Data(contentsOf: weights) else { continue }
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: weights)
            changed += 1
        }
        try #require(changed > 0)
        let run = try CommandRun.tessera(["audit", "replay", "--bundle", "case", "--json"], in: bench.folder)
        #expect(run.code == 1)
        #expect((try run.json()["by_command"] as? [String: [String: Int]])?["label"] == ["failed": 5])
        let named = try CommandRun.tessera(Self.replaying + ["3", "--models", "case/models"], in: bench.folder)
        #expect(named.code == 1 && named.output.contains("1 failed"))
    }

    @Test("Nothing replayed is no success, and no bundle")
    func nothing() throws {
        let bench = try Self.bench()
        try Self.forge(bench) { $0.decisions = [] }
        let empty = try CommandRun.tessera("audit", "replay", "--bundle", "forged", in: bench.folder)
        #expect(empty.code == 1 && empty.output.contains("nothing to replay") && empty.talk.contains("holds no decision"))

        let erasing = ["audit", "subject", "erase", "bank.ledger", "--visitor", "-", "--receipt", "receipt.json"] + AuditReplayTests.keys
        #expect(try CommandRun.tessera(erasing, in: bench.folder, input: "person1\n").code == 0)
        let all = try CommandRun.tessera(Self.replaying + ["--sample", "80", "--export", "some", "--json"], in: bench.folder)
        let erased = (try all.json()["others"] as? [[String: Any]] ?? []).compactMap { $0["entry"] as? Int }
        #expect(erased.count == 2 && bench.exists("some/decisions.json"))
        let none = try CommandRun.tessera(Self.replaying + erased.map { "\($0)" } + ["--export", "none"], in: bench.folder)
        #expect(none.code == 1 && !bench.exists("none") && none.talk.contains("none was not written"))
        #expect(none.output.contains("2 erased") && !none.output.contains("none: the bundle"))
    }

    @Test("A decision whose run is not there, or whose entry was changed, is damaged; the others are replayed")
    func brokenEntries() throws {
        let bench = try Self.bench()
        let ledger = try Ledger(
            at: bench.folder.appending(path: "bank.ledger").path, .existing,
            signingKey: SigningKey(secret: [UInt8](repeating: 0x0c, count: 32)))
        var entry = try ledger.entry(at: 3)
        entry.evidence = Array("{\"run\":9999}".utf8)
        let place = try ledger.append(entry)
        entry.evidence = Array("{\"run\":3}".utf8)
        try ledger.append(entry)
        let run = try CommandRun.tessera(Self.replaying + ["3", "\(place)", "\(place + 1)", "--json"], in: bench.folder)
        #expect(run.code == 1)
        let counts = try run.json()["by_command"] as? [String: [String: Int]] ?? [:]
        #expect(counts["label"] == ["same": 1] && counts[""] == ["damaged": 2])
        let drawn = try CommandRun.tessera(Self.replaying + ["--sample", "90", "--command", "label", "--json"], in: bench.folder)
        #expect(try drawn.code == 0 && drawn.json()["same"] as? Int == 80, "\(drawn.talk)")

        try LedgerTamper.editEntry(column: "purpose", at: 4).apply(to: bench.folder.appending(path: "bank.ledger").path)
        let edited = try CommandRun.tessera(Self.replaying + ["3", "4", "--json"], in: bench.folder)
        #expect((try edited.json()["by_command"] as? [String: [String: Int]])?["label"] == ["same": 1, "damaged": 1])
    }
}
