import Audit
import Foundation
import Testing

/// `tessera audit record`: decisions of other programs.
@Suite struct AuditRecordTests {
    private static let subject = ["--subject", "visitor"]

    private static func record(
        _ bench: Workbench, _ lines: String, _ more: [String] = subject, ledger: String = "bank.ledger"
    ) throws -> CommandRun {
        try bench.write(lines, to: "spark.jsonl")
        return try CommandRun.tessera(
            ["audit", "record", ledger, "spark.jsonl", "--id", "session", "--model-id", "1f3a", "--purpose", "marketing", "--actor", "job"]
                + more, in: bench.folder,
            environment: [
                "TESSERA_VAULT_KEY": String(repeating: "ab", count: 32), "TESSERA_LEDGER_KEY": String(repeating: "0c", count: 32),
            ])
    }

    private static func decisions(_ bench: Workbench, _ ledger: String = "bank.ledger") throws -> [LedgerEntry] {
        try Ledger(at: bench.folder.appending(path: ledger).path, .readOnly).entries(LedgerSelection(kind: .decision))
    }

    private static func outputs(_ bench: Workbench, _ ledger: String = "bank.ledger") throws -> [String] {
        try decisions(bench, ledger).map { String(decoding: $0.output, as: UTF8.self) }
    }

    @Test("Members of the line's own object are taken out, whatever stands within, and nobody is named in what stays")
    func members() throws {
        let bench = try Workbench()
        let lines = """
            {"context":{"visitor":"x"},"session":"v9/1","visitor":"anna@example.org"}
            {"session" : "v9\\/2",\t"visitor": "ann\\u0061@example.org", "score": 1.50}
            {"session":12,"visitor":-4711,"list":[{"session":"x"},12]}

            """
        let run = try Self.record(bench, lines)
        #expect(run.code == 0 && run.output == "bank.ledger: 3 decisions recorded\n", "\(run.talk)")
        #expect(
            try Self.outputs(bench) == [
                "{\"context\":{\"visitor\":\"x\"},\"session\":null,\"visitor\":null}\n",
                "{\"session\" : null,\t\"visitor\": null, \"score\": 1.50}\n",
                "{\"session\":null,\"visitor\":null,\"list\":[{\"session\":\"x\"},12]}\n",
            ])
        let entries = try Self.decisions(bench)
        #expect(entries[0].subject == entries[1].subject && entries[0].subject != entries[2].subject)
        // Without inputs there is nothing that a digest could be of.
        #expect(entries.allSatisfy { $0.inputDigest.isEmpty && $0.sealedInput == nil && !$0.subject.isEmpty })
        for file in bench.names where file.hasPrefix("bank.ledger") {
            #expect(try bench.data(file).range(of: Data("example.org".utf8)) == nil, "\(file)")
        }
        let shown = try CommandRun.tessera(
            "audit", "subject", "show", "bank.ledger", "--visitor", "-4711", "--json", in: bench.folder)
        // A number's digits are the id.
        #expect(try shown.code == 0 ? (shown.json()["items"] as? [Any])?.count == 1 : shown.code == 64, "\(shown.talk)")
        let read = try CommandRun.tessera(
            "audit", "subject", "show", "bank.ledger", "--visitor", "-", "--json", in: bench.folder, input: "-4711\n")
        #expect(try (read.json()["items"] as? [Any])?.count == 1, "\(read.talk)")
    }

    @Test(
        "What cannot be recorded is told with its line, and nothing is",
        arguments: [
            ("{\"session\":\"a\"}", "there is no member `visitor`"),
            ("{\"session\":1,\"visitor\":1001,\"customer\":1001}", "stands in the line once more"),
            ("{\"session\":1,\"visitor\":\"1001\",\"rank\":1,\"list\":[10010,{\"customer\":1001}]}", "stands in the line once more"),
            ("{\"session\":\"a\",\"x\":{\"visitor\":\"b\"}}", "there is no member `visitor`"),
            ("{\"session\":null,\"visitor\":\"b\"}", "`session` is neither a text nor a number"),
            ("{\"session\":[\"a\"],\"visitor\":\"b\"}", "`session` is neither a text nor a number"),
            ("{\"session\":\"a\",\"visitor\":true}", "`visitor` is neither a text nor a number"),
            ("{\"session\":\"a\",\"visitor\":\"b\",\"visitor\":\"c\"}", "more than one member `visitor`"),
            ("{\"session\":\"a\",\"visitor\":\"b\",\"v\\u0069sitor\":\"c\"}", "more than one member `visitor`"),
            (
                "{\"session\":\"a\",\"visitor\":\"bob7\",\"who\":{\"visitor\":\"bob7\"}}",
                "what `visitor` holds stands in the line once more"
            ),
            ("{\"session\":\"a\",\"visitor\":\"bob7\",\"who\":[\"b\\u006fb7\"]}", "what `visitor` holds stands in the line once more"),
            ("{\"session\":\"a\",\"visitor\":\"bob7\",\"scores\":{\"bob7\":1}}", "what `visitor` holds stands in the line once more"),
            ("{\"session\":\"bob7/1\",\"visitor\":\"v\",\"of\":\"bob7/1\"}", "what `session` holds stands in the line once more"),
            ("[\"session\"]", "no JSON object"), ("{\"session\":\"a\"", "no JSON object"), ("", "the line is empty"),
            (" \r", "the line is empty"),
        ])
    func refusals(line: String, reason: String) throws {
        let bench = try Workbench()
        let run = try Self.record(bench, "{\"session\":\"s\",\"visitor\":\"v\"}\n\(line)\n{\"session\":\"t\",\"visitor\":\"v\"}\n")
        #expect(run.code == 65 && run.talk.contains("spark.jsonl:2: ") && run.talk.contains(reason), "\(run.talk)")
        #expect(run.talk.contains("nothing was recorded") && !run.talk.contains("bob7") && !bench.exists("bank.ledger"))
    }

    @Test("Inputs keep to their lines, and an empty one is none")
    func inputs() throws {
        let bench = try Workbench()
        let lines = "{\"session\":\"a\",\"visitor\":\"u\"}\n{\"session\":\"b\",\"visitor\":\"v\"}\n{\"session\":\"c\",\"visitor\":\"w\"}\n"
        try bench.write("A\n\nC\n", to: "in.jsonl")
        #expect(try Self.record(bench, lines, Self.subject + ["--inputs", "in.jsonl"]).code == 0)
        let vault = try SubjectVault(
            besides: bench.folder.appending(path: "bank.ledger").path, .readOnly,
            master: VaultKey(secret: [UInt8](repeating: 0xab, count: 32)))
        let entries = try Self.decisions(bench)
        #expect(try [0, 2].map { String(decoding: try vault.open(entries[$0]).input, as: UTF8.self) } == ["A", "C"])
        #expect(entries[1].sealedInput == nil && entries[1].inputDigest.isEmpty)

        try bench.write("A\nC\n", to: "in.jsonl")
        let fewer = try Self.record(bench, lines, Self.subject + ["--inputs", "in.jsonl"])
        #expect(fewer.code == 65 && fewer.talk.contains("2 inputs for 3 decisions"))
        // The blank line is the fault, and not that there is an input too few.
        let blank = try Self.record(bench, lines.replacing("\n{\"session\":\"c\"", with: "\n\n{\"session\":\"c\""))
        #expect(blank.code == 65 && blank.talk.contains("spark.jsonl:3: the line is empty"))
        #expect(try Self.decisions(bench).count == 3)

        // Another program decided: that is no damage. However many are asked for.
        let replayed = try CommandRun.tessera(
            "audit", "replay", "bank.ledger", "--sample", "9223372036854775807", "--json", in: bench.folder)
        #expect(replayed.code == 1 && !replayed.died)
        #expect((try replayed.json()["by_command"] as? [String: [String: Int]])?["outside"] == ["failed": 3])
    }

    @Test("Consent comes from a member of each line, or from the option")
    func consent() throws {
        let bench = try Workbench()
        let words = ["\"Yes\"", "\"denied\"", "true", "0", "\"withdrawn\"", "\"perhaps\"", "null"]
        let lines =
            words.enumerated().map { "{\"session\":\"s\($0)\",\"visitor\":\"v\",\"agreed\":\($1)}\n" }.joined()
            + "{\"session\":\"s9\",\"visitor\":\"v\"}\n"
        let member = Self.subject + ["--consent-member", "agreed"]
        #expect(try Self.record(bench, lines, member + ["--consent", "given"]).code == 0)
        #expect(
            try Self.decisions(bench).map(\.consent) == [.given, .refused, .given, .refused, .withdrawn, .unknown, .unknown, .unknown])
        #expect(try Self.record(bench, lines, Self.subject + ["--consent", "withdrawn"], ledger: "w.ledger").code == 0)
        #expect(try Self.decisions(bench, "w.ledger").allSatisfy { $0.consent == .withdrawn })

        let list = try Self.record(bench, "{\"session\":\"s\",\"visitor\":\"v\",\"agreed\":[]}\n", member, ledger: "n.ledger")
        #expect(list.code == 65 && list.talk.contains("`agreed` is no word"))
        let nowhere = try Self.record(bench, lines, Self.subject + ["--consent-member", "agrees"], ledger: "n.ledger")
        #expect(nowhere.code == 65 && nowhere.talk.contains("--consent-member") && !bench.exists("n.ledger"))
    }
}
