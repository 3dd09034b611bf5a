import Foundation
import Testing

/// Labels → sheets → verdicts → estimates → suspension → labels, by the command line alone.
@Suite struct ReviewCommandTests {
    static let drawing = [
        "audit", "review", "draw", "l.jsonl", "--corpus", "bank.corpus", "--taxonomy", "shop.yaml", "--size", "40", "--per-intent", "10",
        "--reviewers", "anna,ben", "--overlap", "2", "--out", "r",
    ]
    static let reading = ["audit", "review", "read", "r/design.json", "r/anna.csv", "r/ben.csv"]

    /// A served classifier and its labels.
    private static func bench() throws -> Workbench {
        let bench = try IntentCommandTests.bench()
        for command in [
            ["taxonomy", "approve", "shop.yaml", "--by", "The board"],
            ["intents", "pack", "bank.intents", "--model", "bank.model", "--taxonomy", "shop.yaml", "--out", "bank.serving"],
            label("l.jsonl"), drawing,
        ] {
            let run = try CommandRun.tessera(command, in: bench.folder)
            try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        }
        return bench
    }

    private static func label(_ out: String) -> [String] {
        ["label", "bank.corpus", "--model", "bank.model", "--intents", "bank.serving", "--out", out]
    }

    /// Writes a word into every verdict of a reviewer; pages of the journey decide which.
    private static func fill(_ bench: Workbench, _ name: String, _ verdict: (String) -> String) throws {
        let text = String(decoding: try bench.data("r/\(name).csv"), as: UTF8.self)
        // Each item begins with its name, the last three cells are empty.
        let rows = text.components(separatedBy: "\"\",\"\",\"\"\r\n")
        try bench.write(rows.dropLast().map { $0 + "\"\(verdict($0))\",\"\",\"\"\r\n" }.joined() + rows.last!, to: "r/\(name).csv")
    }

    @Test func aReviewSuspendsAndAnApprovalLifts() throws {
        let bench = try Self.bench()
        #expect(["README.txt", "anna.csv", "ben.csv", "design.json", "intents.csv"].allSatisfy { bench.exists("r/\($0)") })
        let sheet = String(decoding: try bench.data("r/anna.csv"), as: UTF8.self)
        #expect(sheet.contains("compare: Compare. Looks at rates.") && sheet.contains("0:00 ") && !sheet.contains("person"))

        let empty = try CommandRun.tessera(Self.reading, in: bench.folder)
        #expect(empty.code == 0 && empty.output.contains("0 of ") && empty.output.contains("anna: "), "\(empty.output)\(empty.talk)")

        // Both find that nothing ever compares, and agree on the rest.
        for name in ["anna", "ben"] {
            try Self.fill(bench, name) { row in
                let isCompared = row.contains("\"compare: ") || row.contains("\ncompare: ")
                return !isCompared ? "right" : row.contains("pay: ") ? "pay" : "wrong"
            }
        }
        let read = try CommandRun.tessera(Self.reading + ["--floor", "0.7", "--json"], in: bench.folder)
        try #require(read.code == 0, "\(read.talk)")
        let outcome = try #require(try read.json()["outcome"] as? [String: Any])
        #expect(outcome["to_suspend"] as? [String] == ["compare"] && (outcome["findings"] as? [Any])?.isEmpty == true)
        #expect(outcome["judged"] as? Int == outcome["drawn"] as? Int)
        let before = try bench.data("l.jsonl")
        #expect(!String(decoding: before, as: UTF8.self).contains("suspended"))

        let suspended = try CommandRun.tessera(
            Self.reading + ["--floor", "0.7", "--suspend", "bank.serving", "--by", "Model risk"], in: bench.folder)
        #expect(suspended.code == 0 && suspended.output.contains("bank.serving: suspended from now on: compare"), "\(suspended.talk)")
        let again = try CommandRun.tessera(
            Self.reading + ["--floor", "0.7", "--suspend", "bank.serving", "--by", "Model risk"], in: bench.folder)
        #expect(again.output.contains("nothing more is suspended"))

        // `label` honours it, the classifier stays what it was, and packing anew does not free it.
        let held = try CommandRun.tessera(Self.label("held.jsonl"), in: bench.folder)
        #expect(held.code == 0 && held.talk.contains("suspended and not told: compare"), "\(held.talk)")
        let lines = String(decoding: try bench.data("held.jsonl"), as: UTF8.self)
        #expect(lines.contains("\"reason\":\"suspended\"") && lines.contains("\"suspended\":[\"compare\"]"))
        #expect(!lines.contains("\"id\":\"compare\"") && lines.contains("\"id\":\"pay\""))
        let packed = try CommandRun.tessera(
            "intents", "pack", "bank.intents", "--model", "bank.model", "--taxonomy", "shop.yaml", "--out", "bank.serving", "--replace",
            in: bench.folder)
        #expect(packed.code == 0 && packed.output.contains("; suspended: compare"), "\(packed.output)\(packed.talk)")
        let judging = try CommandRun.tessera(Self.label("judge.jsonl") + ["--for-evaluation"], in: bench.folder)
        #expect(judging.code == 0)
        #expect(try bench.data("judge.jsonl") == before, "who judges sees it")

        let approving = ["audit", "review", "approve", "bank.serving", "--intent", "compare"]
        #expect(try CommandRun.tessera(approving, in: bench.folder).code == 64, "nobody's approval")
        #expect(try CommandRun.tessera(approving + ["--by", " "], in: bench.folder).code == 64)
        let wrong = try CommandRun.tessera("audit", "review", "approve", "bank.serving", "--intent", "pay", "--by", "x", in: bench.folder)
        #expect(wrong.code == 64 && wrong.talk.contains("suspended: compare"), "\(wrong.talk)")
        let lifted = try CommandRun.tessera(approving + ["--by", "The board", "--at", "2026-04-01T00:00:00Z"], in: bench.folder)
        #expect(lifted.code == 0 && lifted.output.contains("approved by The board, 2026-04-01T00:00:00Z"), "\(lifted.talk)")
        #expect(try CommandRun.tessera(Self.label("free.jsonl"), in: bench.folder).code == 0)
        #expect(try bench.data("free.jsonl") == before, "as before the suspension, byte for byte")
        let file = String(decoding: try bench.data("bank.serving/suspensions.json"), as: UTF8.self)
        #expect(file.contains("Model risk") && file.contains("The board"), "nothing is removed")

        // A file that cannot be read stops serving.
        try bench.write("{", to: "bank.serving/suspensions.json")
        let broken = try CommandRun.tessera(Self.label("no.jsonl"), in: bench.folder)
        #expect(broken.code == 65 && broken.talk.contains("suspensions.json") && !bench.exists("no.jsonl"), "\(broken.code) \(broken.talk)")
    }

    /// What the ledger says holds where an older copy of the classifier knows nothing of it, and the report tells both.
    @Test func theLedgerHoldsASuspension() throws {
        let bench = try Self.bench()
        let recording = ["--ledger", "bank.ledger", "--no-keep-inputs", "--unsigned"]
        let first = try CommandRun.tessera(Self.label("first.jsonl") + recording + ["--consent-field", "page"], in: bench.folder)
        try #require(first.code == 0, "\(first.talk)")
        #expect(try bench.data("first.jsonl") == bench.data("l.jsonl"))
        #expect(try CommandRun.tessera(Self.label("x.jsonl") + recording + ["--consent-field", "none"], in: bench.folder).code == 64)
        #expect(try CommandRun.tessera(Self.label("x.jsonl") + ["--consent-field", "page"], in: bench.folder).code == 64)
        for name in ["anna", "ben"] {
            try Self.fill(bench, name) { row in
                let isCompared = row.contains("\"compare: ") || row.contains("\ncompare: ")
                return !isCompared ? "right" : row.contains("pay: ") ? "pay" : "wrong"
            }
        }
        let read = try CommandRun.tessera(
            Self.reading + ["--floor", "0.7", "--suspend", "bank.serving", "--by", "Model risk", "--ledger", "bank.ledger"],
            in: bench.folder)
        try #require(read.code == 0 && read.output.contains("suspended from now on: compare"), "\(read.talk)")
        let reporting = ["audit", "report", "bank.corpus", "--model", "bank.model", "--intents", "bank.serving", "--ledger", "bank.ledger"]
        let report = try CommandRun.tessera(reporting + ["--out", "a.html", "--json"], in: bench.folder)
        let verdicts = (try report.json()["ledger"] as? [String: Any])?["verdicts"] as? [String: Int]
        #expect((verdicts?["confirmed"] ?? 0) > 0 && (verdicts?["overruled"] ?? 0) > 0, "\(report.talk)")
        let page = String(decoding: try bench.data("a.html"), as: UTF8.self)
        #expect(page.contains("Suspended after a review") && page.contains("now: it is not told") && page.contains("overruled"))

        try FileManager.default.removeItem(at: bench.folder.appending(path: "bank.serving/suspensions.json"))
        let held = try CommandRun.tessera(Self.label("held.jsonl") + recording, in: bench.folder)
        let told = try CommandRun.tessera(reporting + ["--out", "b.html", "--json"], in: bench.folder)
        #expect((try told.json()["ledger"] as? [String: Any])?["suspended"] as? [String] == ["compare"], "\(told.talk)")
        #expect(String(decoding: try bench.data("b.html"), as: UTF8.self).contains("folder differ"))
        #expect(held.code == 0 && held.talk.contains("compare is suspended in the ledger and not in"), "\(held.talk)")
        let lines = String(decoding: try bench.data("held.jsonl"), as: UTF8.self)
        #expect(!lines.contains("\"id\":\"compare\"") && lines.contains("\"suspended\":[\"compare\"]"))

        // Where the ledger alone holds it an approval with that ledger ends it, and one without finds nothing.
        let approving = ["audit", "review", "approve", "bank.serving", "--intent", "compare", "--by", "The board"]
        #expect(try CommandRun.tessera(approving, in: bench.folder).code == 64)
        let lifted = try CommandRun.tessera(approving + ["--ledger", "bank.ledger"], in: bench.folder)
        #expect(lifted.code == 0 && !bench.exists("bank.serving/suspensions.json"), "\(lifted.talk)")
        #expect(try CommandRun.tessera(Self.label("free.jsonl") + recording, in: bench.folder).code == 0)
        #expect(try bench.data("free.jsonl") == bench.data("first.jsonl"))
    }

    @Test func troublesAreToldWithTheirCodes() throws {
        let bench = try Self.bench()
        func run(_ arguments: [String]) throws -> CommandRun { try CommandRun.tessera(arguments, in: bench.folder) }
        #expect(try run(Self.drawing).code == 73, "a review is not written over")
        let again = Self.drawing.dropLast() + ["r2"]
        #expect(try run(Array(again)).code == 0)
        #expect(try bench.data("r/anna.csv") == bench.data("r2/anna.csv"), "the same seed draws the same")
        func drawing(_ change: [String: String]) -> [String] { Self.drawing.dropLast().map { change[$0] ?? $0 } + ["r3"] }
        #expect(try run(drawing(["40": "1"])).code == 64)
        #expect(try run(drawing(["2": "3"])).code == 64)
        #expect(try run(drawing(["l.jsonl": "none.jsonl"])).code == 66)
        #expect(try run(drawing(["l.jsonl": "clicks.csv"])).code == 65)
        #expect(try run(drawing([:]) + ["--by", "nothing"]).code == 64)
        #expect(try run(drawing([:]) + ["--ledger", "l"]).code == 64, "labels and a ledger")
        #expect(try run(["audit", "review", "read", "none.json"]).code == 66)
        #expect(try run(["audit", "review", "read", "l.jsonl"]).code == 65)
        #expect(try run(Self.reading + ["--suspend", "bank.serving"]).code == 64)
        #expect(try run(Self.reading + ["--floor", "7"]).code == 64)
        #expect(
            try run(Self.reading + ["--floor", "0.7", "--suspend", "bank.model", "--by", "x"]).code == 66, "a model is no classifier")
        #expect(try run(Self.reading + ["--ledger", "none.ledger"]).code == 66)
        let foreign = try run(["audit", "review", "read", "r/design.json", "l.jsonl"])
        #expect(foreign.code == 0 && foreign.output.contains("not_a_sheet"), "\(foreign.output)")
        #expect(!bench.exists("r3"))
    }

    /// Two who differ are tied; a third decides on a sheet of the tied items.
    @Test func tiesAreAdjudicated() throws {
        let bench = try Self.bench()
        try Self.fill(bench, "anna") { _ in "none" }
        try Self.fill(bench, "ben") { row in row.hasSuffix("0\",") || row.contains("0001") ? "pay" : "none" }
        let read = try CommandRun.tessera(Self.reading + ["--adjudicate", "third.csv", "--json"], in: bench.folder)
        let tied = try #require((try read.json()["outcome"] as? [String: Any])?["tied"] as? [String])
        #expect(!tied.isEmpty && read.code == 0, "\(read.talk)")
        let third = String(decoding: try bench.data("third.csv"), as: UTF8.self)
        #expect(tied.allSatisfy { third.contains("\"\($0)\",\"adjudicator\"") } && third.contains("0:00 "))
        try bench.write(third.replacing("\"\",\"\",\"\"\r\n", with: "\"pay\",\"\",\"\"\r\n"), to: "third.csv")
        let decided = try CommandRun.tessera(Self.reading + ["third.csv", "--json"], in: bench.folder)
        let outcome = try #require(try decided.json()["outcome"] as? [String: Any])
        #expect((outcome["tied"] as? [Any])?.isEmpty == true && outcome["judged"] as? Int == outcome["drawn"] as? Int)
    }
}
