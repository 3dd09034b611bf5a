import Foundation
import Testing

/// The commands for taxonomies and labels, as a person runs them.
@Suite struct LabelCommandTests {
    static let taxonomy = """
        # Kept by the shop.
        taxonomy: shop
        version: "1.0.0"
        description: For tests.
        intents:
          - { id: compare, name: Compare, definition: Weighs pages., owner: shop, examples: [Back and forth.] }
          - { id: pay, name: Pay, definition: Goes to the till., owner: shop, examples: [Till.] }

        """

    /// A corpus of the tiny export and the taxonomy beside it.
    static func bench() throws -> Workbench {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(visitors: 12), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        try bench.write(taxonomy, to: "shop.yaml")
        let run = try CommandRun.tessera("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        return bench
    }

    static func labels(_ annotator: String, present: (Int) -> Bool) -> String {
        (0..<12).map { person in
            "{\"session_id\":\"person\(person):1\",\"annotator\":\"\(annotator)\",\"intents\":{\"pay\":\(present(person) ? 0.9 : 0.1)}}\n"
        }.joined()
    }

    static let importing = ["labels", "import", "l.jsonl", "--corpus", "c", "--taxonomy", "shop.yaml", "--out", "set"]

    @Test func aTaxonomyIsCheckedApprovedAndChanged() throws {
        let bench = try Workbench()
        try bench.write(Self.taxonomy, to: "shop.yaml")
        let before = try CommandRun.tessera("taxonomy", "check", "shop.yaml", in: bench.folder)
        #expect(before.code == 0 && before.talk.contains("warning: nobody has approved it"))
        #expect(try CommandRun.tessera("taxonomy", "check", "shop.yaml", "--require-approval", in: bench.folder).code == 65)
        let approve = try CommandRun.tessera(
            "taxonomy", "approve", "shop.yaml", "--by", "The board", "--at", "2026-01-01T00:00:00Z", in: bench.folder)
        #expect(approve.code == 0 && approve.output.contains("approved by The board at 2026-01-01T00:00:00Z"), "\(approve.talk)")
        let text = String(decoding: try bench.data("shop.yaml"), as: UTF8.self)
        #expect(text.hasPrefix(Self.taxonomy) && text.contains("approval:\n  by: \"The board\""))
        let after = try CommandRun.tessera("taxonomy", "check", "shop.yaml", "--require-approval", "--json", in: bench.folder)
        #expect(after.code == 0)
        #expect(try after.json()["approval"] as? String == "approved" && (after.json()["issues"] as? [Any])?.isEmpty == true)
        try bench.write(text.replacing("Goes to the till", with: "Pays"), to: "shop.yaml")
        let changed = try CommandRun.tessera("taxonomy", "check", "shop.yaml", in: bench.folder)
        #expect(changed.code == 0 && changed.talk.contains("it changed after it was approved"))
        #expect(try CommandRun.tessera("taxonomy", "check", "shop.yaml", "--require-approval", in: bench.folder).code == 65)
        #expect(bench.names == ["shop.yaml"])
    }

    @Test func errorsAreToldByLine() throws {
        let bench = try Workbench()
        try bench.write(Self.taxonomy.replacing("definition: Goes to the till., ", with: "parent: nowhere, "), to: "shop.yaml")
        let check = try CommandRun.tessera("taxonomy", "check", "shop.yaml", in: bench.folder)
        #expect(check.code == 65)
        #expect(check.talk.contains("shop.yaml:7: error: pay: the definition is missing"))
        #expect(check.talk.contains("shop.yaml:7: error: pay: there is no intent `nowhere`"))
        let approve = try CommandRun.tessera("taxonomy", "approve", "shop.yaml", "--by", "x", in: bench.folder)
        #expect(approve.code == 65 && approve.talk.contains("shop.yaml:7"))
        #expect(try CommandRun.tessera("taxonomy", "check", "none.yaml", in: bench.folder).code == 66)
        try bench.write("taxonomy: [", to: "bad.yaml")
        #expect(try CommandRun.tessera("taxonomy", "check", "bad.yaml", in: bench.folder).code == 78)
    }

    @Test func versionsAreComparedAndModelsNamed() throws {
        let bench = try Workbench()
        try bench.write(Self.taxonomy, to: "one.yaml")
        try bench.write(Self.taxonomy.replacing("1.0.0", with: "1.1.0").replacing("Weighs pages", with: "Weighs two pages"), to: "two.yaml")
        let digest = try CommandRun.tessera("taxonomy", "check", "one.yaml", "--json", in: bench.folder).json()["digest"] as? String ?? ""
        try bench.write(#"{"taxonomy":{"id":"shop","version":"1.0.0","digest":"\#(digest)"}}"#, to: "models/m/intents.json")
        let diff = try CommandRun.tessera("taxonomy", "diff", "one.yaml", "two.yaml", "--models", "models", in: bench.folder)
        #expect(diff.code == 0 && diff.output.hasPrefix("shop 1.0.0 → 1.1.0: 1 redefined\n"))
        #expect(diff.output.contains("Weighs {+two+} pages."))
        #expect(diff.output.contains("Models trained on the old version\n  models/m (shop 1.0.0)"))
        let json = try CommandRun.tessera("taxonomy", "diff", "one.yaml", "two.yaml", "--json", in: bench.folder).json()
        #expect(((json["difference"] as? [String: Any])?["changes"] as? [Any])?.count == 1)
        let show = try CommandRun.tessera("taxonomy", "show", "one.yaml", "pay", in: bench.folder)
        #expect(show.code == 0 && show.output.hasPrefix("Pay (pay)\n  Goes to the till."))
        #expect(try CommandRun.tessera("taxonomy", "show", "one.yaml", "none", in: bench.folder).code == 64)
    }

    @Test func labelsAreImportedAndAgreementIsTold() throws {
        let bench = try Self.bench()
        try bench.write(
            Self.labels("a") { $0 % 2 == 0 } + Self.labels("b") { $0 % 2 == 0 && $0 != 4 } + "{\"session_id\":\"jane\",\"annotator\":\"a\","
                + "\"intents\":{}}\n", to: "l.jsonl")
        let run = try CommandRun.tessera(
            Self.importing + ["--rejects", "r.csv", "--conflicts", "q.jsonl", "--json"], in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        let summary = try run.json()
        #expect(summary["annotations"] as? Int == 24 && summary["sessions"] as? Int == 12 && summary["rejects"] as? Int == 1)
        #expect((summary["rejects_by_reason"] as? [String: Int]) == ["unknown_session": 1] && summary["conflicts"] as? Int == 1)
        #expect(summary["intents_without_positive"] as? [String] == ["compare"])
        #expect(run.talk.contains("l.jsonl:25: unknown_session") && !run.talk.contains("jane"))
        #expect(String(decoding: try bench.data("r.csv"), as: UTF8.self).hasPrefix("file,line,reason,hint\nl.jsonl,25,unknown_session,"))
        #expect(String(decoding: try bench.data("q.jsonl"), as: UTF8.self).contains("\"session\":\"person4:1\""))
        let again = try CommandRun.tessera(Self.importing.dropLast() + ["set2"], in: bench.folder)
        #expect(again.code == 0)
        for file in ["manifest.json", "labels.jsonl", "taxonomy.json", "contradictions.jsonl"] {
            #expect(try bench.data("set/\(file)") == bench.data("set2/\(file)"))
        }
        let table = try CommandRun.tessera("labels", "agreement", "set", "--minimum-positives", "3", in: bench.folder)
        #expect(table.code == 0 && table.output.contains("b beside a on 12 sessions: micro F1 0.91"), "\(table.talk)")
        #expect(table.output.contains("1 of 2 intents pass the gate; 1 sessions to be decided"))
        let json = try CommandRun.tessera("labels", "agreement", "set", "--train", "pay", "--json", in: bench.folder).json()
        #expect(json["trained"] as? [String] == ["pay"])
    }

    @Test func keysFindReplacedVisitors() throws {
        let bench = try Self.bench()
        try bench.write(String(repeating: "k", count: 32), to: "key")
        let hashed = try CommandRun.tessera(
            "import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", "--replace", "--key", "key", in: bench.folder)
        #expect(hashed.code == 0)
        try bench.write(Self.labels("a") { $0 == 0 }, to: "l.jsonl")
        #expect(try CommandRun.tessera(Self.importing, in: bench.folder).code == 65)
        let run = try CommandRun.tessera(Self.importing + ["--key", "key", "--json"], in: bench.folder)
        #expect(try run.json()["sessions"] as? Int == 12, "\(run.talk)")
        #expect(!String(decoding: try bench.data("set/labels.jsonl"), as: UTF8.self).contains("person"))
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let code: Int32
        let says: [String]
        let text: String
        var more: [String] = []
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "nothing usable", code: 65, says: ["not one row", "unknown_session"],
            text: #"{"session_id":"x","annotator":"a","intents":{}}"#),
        Case(name: "empty file", code: 65, says: ["l.jsonl", "empty"], text: ""),
        Case(name: "neither form", code: 78, says: ["l.jsonl", "neither JSON Lines nor a table"], text: "hello\n"),
        Case(name: "unknown column", code: 78, says: ["l.jsonl:1", "column 2"], text: "session_id,fly\nperson0:1,1\n"),
        Case(
            name: "another taxonomy", code: 78, says: ["l.jsonl:1", "labelled under", "--accept-taxonomy abcd"],
            text: #"{"session_id":"person0:1","annotator":"a","intents":{},"taxonomy_digest":"abcd"}"#),
        Case(
            name: "no such corpus", code: 66, says: ["nowhere"], text: labels("a") { _ in true }, more: ["--corpus", "nowhere"]),
        Case(name: "output is an input", code: 73, says: ["input"], text: labels("a") { _ in true }, more: ["--rejects", "l.jsonl"]),
    ]

    @Test(arguments: cases) func badLabelsAreRefused(_ row: Case) throws {
        let bench = try Self.bench()
        try bench.write(row.text, to: "l.jsonl")
        let run = try CommandRun.tessera(Self.importing + row.more, in: bench.folder)
        #expect(run.code == row.code && !run.died, "\(run.talk)")
        for word in row.says { #expect(run.talk.contains(word), "\(run.talk)") }
        #expect(!bench.exists("set") && !bench.names.contains { $0.hasPrefix(".") })
    }

    @Test func aSetIsNotReplacedUnaskedAndDamageIsSeen() throws {
        let bench = try Self.bench()
        try bench.write(Self.labels("a") { _ in true }, to: "l.jsonl")
        #expect(try CommandRun.tessera(Self.importing, in: bench.folder).code == 0)
        #expect(try CommandRun.tessera(Self.importing, in: bench.folder).code == 73)
        #expect(try CommandRun.tessera(Self.importing + ["--replace"], in: bench.folder).code == 0)
        try bench.write("", to: "set/labels.jsonl")
        #expect(try CommandRun.tessera("labels", "agreement", "set", in: bench.folder).code == 65)
        #expect(try CommandRun.tessera("labels", "agreement", "c", in: bench.folder).code == 66)
        let forced = try CommandRun.tessera(Self.importing + ["--replace"], in: bench.folder)
        #expect(forced.code == 0)
        #expect(try CommandRun.tessera("labels", "agreement", "set", "--train", "fly", in: bench.folder).code == 64)
        let named = try CommandRun.tessera("labels", "agreement", "set", "--train", "compare", in: bench.folder)
        #expect(named.code == 65 && named.talk.contains("no labelled session shows it"))
    }
}
