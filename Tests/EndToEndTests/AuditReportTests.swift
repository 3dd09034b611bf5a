import Foundation
import Testing

/// The audit report as a person writes it, and as a person reads it.
@Suite struct AuditReportTests {
    static let inventory = """
        model: What visitors of the shop try to do
        does: Reads a visit and says which of three aims it shows.
        purpose: Orders the home page.
        never: [credit, prices]
        owner: head of the shop
        challenge: Write to labels@shop.example; a person looks at it within ten days.
        limits: [Visits of less than three pages are seldom told.]
        floor: 0.99
        status: a test
        signatures: [{role: validation, by: A. Validator, at: 2026-01-02, decision: approved until 2027}]

        """

    private static let reporting = [
        "audit", "report", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--labels", "set", "--at", "2026-02-03",
        "--inventory", "inventory.yaml", "--split", "2025-06-16T18:53:20Z", "--by", "page", "--out", "audit.html", "--json",
    ]

    private static func bench() throws -> Workbench {
        let bench = try IntentCommandTests.bench()
        try bench.write(inventory, to: "inventory.yaml")
        return bench
    }

    private static func text(_ bench: Workbench, _ name: String = "audit.html") throws -> String {
        String(decoding: try bench.data(name), as: UTF8.self)
    }

    @Test func aPersonFindsWhatTheyAskFor() throws {
        let bench = try Self.bench()
        let run = try CommandRun.tessera(
            Self.reporting + ["--export", "clicks.csv", "--other-seed", "bank.intents"], in: bench.folder)
        try #require(run.code == 0, "\(run.talk)")
        let page = try Self.text(bench)
        for needle in [
            "What does it do?", "Reads a visit and says", "How good is it?", "Where is it weak?", "Who approved it?", "A. Validator",
            "How do I challenge a label?", "labels@shop.example", "The taxonomy is not approved as it stands", "Inventory entry",
            "Export files", "clicks.csv", "Population stability index", "Yurdakul", "hidden", "Limits", "SR 26-2", "12 CFR 1002.9",
            "helps to show", "Art. 15", "No ledger was given", "Not said yet", "Below what its owner asks for",
            "ground",
            "keyed digest",
        ] { #expect(page.contains(needle), "the page lacks: \(needle)") }
        #expect(!page.lowercased().contains("complies") && !page.contains("person1:"), "a promise, or somebody's session")
        let json = try run.json()
        #expect((json["inventory"] as? [String: Any])?["owner"] as? String == "head of the shop")
        let serving = try #require(json["serving"] as? [String: Any])
        #expect(serving["sessions"] as? Int == 80)
        let reasons = try #require(json["reasons"] as? [String: Any])
        let seeds = try #require(reasons["seeds"] as? [[String: Any]])
        // The same classifier is its own twin.
        for key in ["same_labels", "first_kept", "same_reason", "overlap"] {
            #expect((seeds.first?[key] as? [String: Any])?["estimate"] as? Double == 1, "\(key)")
        }
        let edits = try #require(reasons["edits"] as? [String: Any])
        let kept = try #require((edits["same_reason"] as? [String: Any])?["estimate"] as? Double)
        #expect(kept > 0.2 && kept <= 1)
        let files = try #require((json["lineage"] as? [String: Any])?["files"] as? [[String: Any]])
        #expect(files.first?["name"] as? String == "clicks.csv" && (files.first?["sha256"] as? String)?.count == 64)
        let stability = try #require((json["stability"] as? [String: Any])?["rows"] as? [[String: Any]])
        #expect(Set(stability.compactMap { $0["kind"] as? String }) == ["input", "embedding", "label"])
        let performance = try #require(json["performance"] as? [String: Any])
        #expect((performance["judged_on"] as? String)?.contains("saw no session of their visitor") == true)
        #expect((performance["judgements"] as? [[String: Any]])?.count == 2, "a baseline beside it")

        // The same bytes, whatever the threads.
        let again = try CommandRun.tessera(
            Self.reporting + ["--export", "clicks.csv", "--other-seed", "bank.intents", "--threads", "1"], in: bench.folder)
        let samePage = try Self.text(bench) == page
        #expect(again.output == run.output && samePage)
    }

    @Test func changesAreTold() throws {
        let bench = try Self.bench()
        let first = try CommandRun.tessera(Self.reporting, in: bench.folder)
        try #require(first.code == 0, "\(first.talk)")
        try bench.write(first.output, to: "last.json")
        let same = try CommandRun.tessera(Self.reporting + ["--previous", "last.json"], in: bench.folder)
        let none = try same.json()["changes"] as? [Any]
        #expect(same.code == 0 && none?.isEmpty == true, "\(same.talk)")
        #expect(try Self.text(bench).contains("Nothing differs from the report of 2026-02-03"))
        #expect(try CommandRun.tessera("taxonomy", "approve", "shop.yaml", "--by", "The board", in: bench.folder).code == 0)
        let packing = [
            "intents", "pack", "bank.intents", "--model", "bank.model", "--taxonomy", "shop.yaml", "--out", "bank.serving",
        ]
        #expect(try CommandRun.tessera(packing, in: bench.folder).code == 0)
        try bench.write(Self.inventory.replacing("head of the shop", with: "head of risk"), to: "inventory.yaml")
        let later = try CommandRun.tessera(
            Self.reporting.map { $0 == "bank.intents" ? "bank.serving" : $0 } + ["--previous", "last.json"], in: bench.folder)
        try #require(later.code == 0, "\(later.talk)")
        let changes = try #require(try later.json()["changes"] as? [[String: Any]])
        #expect(Set(changes.compactMap { $0["what"] as? String }).isSuperset(of: ["classifier", "approval", "owner", "inventory"]))
        let approved = try Self.text(bench)
        #expect(!approved.contains("The taxonomy is not approved as it stands"))
    }

    @Test func withoutAnythingBesideItSaysWhatIsMissing() throws {
        let bench = try Self.bench()
        let run = try CommandRun.tessera(
            "audit", "report", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--out", "a.html", in: bench.folder)
        #expect(run.code == 0 && run.output.hasPrefix("a.html: "), "\(run.talk)")
        let page = try Self.text(bench, "a.html")
        for needle in ["nobody has said so yet", "Nobody has judged it", "nobody has signed", "Sessions were not parted", "No export file"]
        {
            #expect(page.contains(needle), "the page lacks: \(needle)")
        }
    }

    @Test func refusals() throws {
        let bench = try Self.bench()
        func run(_ more: [String]) throws -> CommandRun { try CommandRun.tessera(Self.reporting + more, in: bench.folder) }
        for (text, name) in [("{}", "empty.json"), ("no json", "text.json"), (#"{"format_version":99}"#, "new.json")] {
            try bench.write(text, to: name)
            let refused = try run(["--previous", name])
            #expect(refused.code == 65 && refused.talk.contains(name) && refused.talk.contains("audit report"), "\(refused.talk)")
        }
        try bench.write("model: x\nowner: y\nsignature: z\n", to: "typo.yaml")
        let typo = try run(["--inventory", "typo.yaml"])
        #expect(typo.code == 78 && typo.talk.contains("typo.yaml:3"), "\(typo.talk)")
        #expect(try run(["--by", "nobody"]).code != 0)
        #expect(try run(["--rules", "r.yaml"]).code == 64)
        #expect(try run(["--ledger", "none.ledger"]).code == 66)
        #expect(try run(["--split", "2099-01-01"]).code == 65, "a period without visitors")
    }
}
