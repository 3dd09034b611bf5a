import Foundation
import Testing

/// Labels → classifier → labels of every session, by the command line alone.
@Suite struct IntentCommandTests {
    static let taxonomy = """
        taxonomy: shop
        version: "1.0.0"
        description: For tests.
        intents:
          - { id: money, name: Money, definition: Anything about money., group: true, owner: shop }
          - { id: compare, name: Compare, definition: Looks at rates., parent: money, owner: shop, examples: [Rates.] }
          - { id: pay, name: Pay, definition: Applies., parent: money, owner: shop, examples: [Apply.] }
          - { id: fly, name: Fly, definition: Takes off., owner: shop, examples: [Never.] }

        """

    static let config = """
        distillation: { hidden: 8, members: 2, epochs: 12, folds: 3 }
        facts: { minimumSessions: 2 }

        """

    /// What each session of the tiny export shows: rates are compared, applying is paying, nobody flies.
    static func labels() -> String {
        var pages: [String: Set<String>] = [:]
        for row in TinyExports.clicks().split(separator: "\n").dropFirst() {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false)
            let visitor = Int(cells[0].dropFirst("person".count))!
            let isFirst = Int(cells[1])! - 1_750_000_000 - visitor * 3_000 < 86_400
            pages["\(cells[0]):\(isFirst ? 1 : 2)", default: []].insert(String(cells[2]))
        }
        return pages.sorted { $0.key < $1.key }.map { key, pages in
            #"{"session_id":"\#(key)","annotator":"a","intents":{"compare":\#(pages.contains("rates") ? 0.9 : 0.1),"#
                + #""pay":\#(pages.contains("apply") ? 0.8 : 0)}}"# + "\n"
        }.joined()
    }

    static let importing = ["labels", "import", "l.jsonl", "--corpus", "bank.corpus", "--taxonomy", "shop.yaml", "--out", "set"]
    static let training = [
        "intents", "train", "bank.corpus", "--model", "bank.model", "--labels", "set", "--config", "intents.yaml", "--minimum-positives",
        "8",
        "--out", "bank.intents",
    ]
    static let labelling = ["label", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--out", "l.out"]

    /// A corpus, a model, a taxonomy that nobody approved, labels and, if wished, a classifier.
    static func bench(trains: Bool = true) throws -> Workbench {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        try bench.write(taxonomy, to: "shop.yaml")
        try bench.write(config, to: "intents.yaml")
        try bench.write(labels(), to: "l.jsonl")
        for command in [importing] + (trains ? [training] : []) {
            let run = try CommandRun.tessera(command, in: bench.folder)
            try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        }
        return bench
    }

    private static func lines(_ bench: Workbench, _ name: String) throws -> [[String: Any]] {
        try String(decoding: bench.data(name), as: UTF8.self).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test func labelsBecomeLabelsOfEverySession() throws {
        let bench = try Self.bench(trains: false)
        let trained = try CommandRun.tessera(Self.training + ["--json"], in: bench.folder)
        try #require(trained.code == 0, "\(trained.talk)")
        #expect(trained.talk.contains("taxonomy shop 1.0.0 is not approved as it is"))
        #expect(trained.talk.contains("fly is not trained: no positive (--train fly"))
        let summary = try trained.json()
        #expect(summary["intents"] as? [String] == ["compare", "pay"] && summary["held_back"] as? [String] == ["fly"])
        #expect(summary["approved"] as? Bool == false)
        let card = try #require(summary["card"] as? [String: Any])
        #expect(card["sessions"] as? Int == 80 && card["visitors"] as? Int == 40)
        let (loss, ofShares) = (card["held_out_log_loss"] as? Double, card["held_out_log_loss_of_shares"] as? Double)
        #expect(try #require(loss) < #require(ofShares))
        let again = try CommandRun.tessera(Self.training.dropLast() + ["again.intents", "--threads", "1", "--json"], in: bench.folder)
        #expect(try again.json()["classifier_id"] as? String == summary["classifier_id"] as? String, "\(again.talk)")

        let judged = try CommandRun.tessera(
            "intents", "evaluate", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--labels", "set", "--json",
            in: bench.folder)
        #expect(judged.code == 65 && judged.talk.contains("who did not teach"), "whoever taught must not judge: \(judged.talk)")

        // Nobody approved the taxonomy.
        let packing = ["intents", "pack", "bank.intents", "--model", "bank.model", "--out", "bank.serving"]
        for command in [packing, packing + ["--taxonomy", "shop.yaml"], Self.labelling] {
            let run = try CommandRun.tessera(command, in: bench.folder)
            #expect(run.code == 77 && run.output.isEmpty, "\(command): \(run.code) \(run.talk)")
            #expect(run.talk.contains("is not approved") && run.talk.contains("tessera taxonomy approve"), "\(run.talk)")
        }
        #expect(!bench.exists("bank.serving") && !bench.exists("l.out"))
        let trial = try CommandRun.tessera(Self.labelling + ["--for-evaluation"], in: bench.folder)
        #expect(trial.code == 0 && trial.output.hasPrefix("l.out: 80 sessions, "), "\(trial.talk)")

        #expect(try CommandRun.tessera("taxonomy", "approve", "shop.yaml", "--by", "The board", in: bench.folder).code == 0)
        #expect(try CommandRun.tessera(packing, in: bench.folder).code == 77, "the classifier does not know of it yet")
        let packed = try CommandRun.tessera(packing + ["--taxonomy", "shop.yaml", "--json"], in: bench.folder)
        try #require(packed.code == 0, "\(packed.talk)")
        #expect(try packed.json()["approved_by"] as? String == "The board")
        let serving = ["--model", "bank.model", "--intents", "bank.serving", "--field", "page"]
        let labelled = try CommandRun.tessera(["label", "bank.corpus", "--out", "a.jsonl", "--json"] + serving, in: bench.folder)
        try #require(labelled.code == 0, "\(labelled.talk)")
        let counts = try labelled.json()
        #expect(counts["sessions"] as? Int == 80)
        #expect(counts["labelled"] as? Int ?? 0 > 20 && (counts["intents"] as? [String: Int])?["fly"] == nil)
        let rows = try Self.lines(bench, "a.jsonl")
        #expect(rows.count == 80 && Set(rows.map { $0["session"] as? String }).count == 80)
        let taxonomy = try #require(rows[0]["taxonomy"] as? [String: String])
        let packedID = try packed.json()["classifier_id"] as? String
        #expect(taxonomy["id"] == "shop" && rows[0]["classifier"] as? String == packedID)
        let intents = rows.flatMap { $0["intents"] as? [[String: Any]] ?? [] }
        let evidence = intents.flatMap { $0["evidence"] as? [[String: Any]] ?? [] }
        #expect(!evidence.isEmpty && evidence.allSatisfy { ($0["effect"] as? Double ?? -1) >= 0 && $0["gradient"] == nil })
        let events = evidence.map { $0["event"] as? String ?? "" }
        #expect(events.contains { $0.contains("rates") || $0.contains("apply") }, "\(Set(events))")

        // The export itself gives the same bytes as its corpus.
        let file = try CommandRun.tessera(
            ["label", "clicks.csv", "--mapping", "clicks.yaml", "--out", "b.jsonl", "--threads", "1"] + serving, in: bench.folder)
        #expect(file.code == 0, "\(file.talk)")
        #expect(try bench.data("a.jsonl") == bench.data("b.jsonl"))
        let bare = try CommandRun.tessera(
            ["label", "bank.corpus", "--out", "c.jsonl", "--evidence", "0", "--all"] + serving, in: bench.folder)
        #expect(bare.code == 0, "\(bare.talk)")
        let plain = try Self.lines(bench, "c.jsonl")
        #expect(plain.allSatisfy { ($0["probabilities"] as? [String: Double])?.count == 2 })
        #expect(!plain.contains { ($0["intents"] as? [[String: Any]] ?? []).contains { $0["evidence"] != nil } })
        let both = try CommandRun.tessera(["label", "bank.corpus", "--out", "d.jsonl", "--gradients"] + serving, in: bench.folder)
        #expect(both.code == 0, "\(both.talk)")
        let second = try Self.lines(bench, "d.jsonl").flatMap { $0["intents"] as? [[String: Any]] ?? [] }
            .flatMap { $0["evidence"] as? [[String: Any]] ?? [] }
        #expect(!second.isEmpty && second.allSatisfy { $0["gradient"] is Double })
        #expect(!bench.names.contains { $0.hasPrefix(".") }, "\(bench.names)")
    }

    @Test func aLaterPeriodIsJudgedBesideBaselines() throws {
        let bench = try Self.bench(trains: false)
        // Forty visitors in a row, 3,000 seconds apart, and all of them again a day later; most have labels on one day, some on both.
        let kept = Self.labels().split(separator: "\n").filter { line in
            let key = line.drop { $0 != "p" }.dropFirst("person".count).prefix { $0 != "\"" }.split(separator: ":").map { Int($0)! }
            return key[0] % 8 == 7 || (key[1] == 1) == (key[0] % 4 < 2)
        }
        try bench.write(kept.joined(separator: "\n") + "\n", to: "l.jsonl")
        let again = try CommandRun.tessera(Self.importing + ["--replace"], in: bench.folder)
        try #require(again.code == 0, "\(again.talk)")
        let early = try CommandRun.tessera(Self.training + ["--before", "2025-06-17", "--student", "linear"], in: bench.folder)
        try #require(early.code == 0, "\(early.talk)")
        #expect(early.talk.contains("4 labelled sessions are left out"), "\(early.talk)")
        let judged = try CommandRun.tessera(
            "intents", "evaluate", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--labels", "set", "--from",
            "2025-06-17T00:00:00Z", "--json", in: bench.folder)
        try #require(judged.code == 0, "\(judged.talk)")
        let study = try judged.json()
        let judgements = try #require(study["judgements"] as? [[String: Any]])
        #expect(judgements.count == 5, "\(judgements)")
        #expect(study["shared_visitors"] as? Int ?? 0 > 0)
        let text = try CommandRun.tessera(
            "intents", "evaluate", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--labels", "set", "--no-baselines",
            in: bench.folder)
        #expect(text.code == 0 && text.output.contains("classifier"), "\(text.talk)")
        #expect(text.output.contains("their visitors taught the classifier"), "\(text.output)")
    }

    struct Case: Sendable {
        let name: String
        let code: Int32
        let says: [String]
        let command: [String]
    }

    private static func training(_ changes: [String: String], _ more: [String] = []) -> [String] {
        training.map { changes[$0] ?? $0 } + more
    }

    private static func labelling(_ changes: [String: String], _ more: [String] = []) -> [String] {
        labelling.map { changes[$0] ?? $0 } + more
    }

    static let cases: [Case] = [
        Case(
            name: "labels of another corpus", code: 78, says: ["corpus"], command: training(["bank.corpus": "other.corpus"], ["--replace"])),
        Case(
            name: "evaluated by labels of another taxonomy", code: 78, says: ["labelled under"],
            command: [
                "intents", "evaluate", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--labels", "changed.set",
            ]),
        Case(
            name: "approved with other words", code: 78, says: ["changed.yaml", "train anew"],
            command: ["intents", "pack", "bank.intents", "--model", "bank.model", "--taxonomy", "changed.yaml", "--out", "new"]),
        Case(
            name: "intents of another model", code: 78, says: ["bank.intents", "model"],
            command: labelling(["bank.model": "other.model"], ["--for-evaluation"])),
        Case(name: "an unknown intent by name", code: 64, says: ["swim"], command: training(["bank.intents": "new"], ["--train", "swim"])),
        Case(
            name: "an intent nobody shows by name", code: 65, says: ["fly", "no labelled session shows it"],
            command: training(["bank.intents": "new"], ["--train", "fly"])),
        Case(
            name: "too high a bar", code: 65, says: ["no intent has enough"],
            command: training(["bank.intents": "new", "8": "1000"])),
        Case(
            name: "an empty period", code: 65, says: ["no session begins in the period"],
            command: training(["bank.intents": "new"], ["--before", "2001-01-01"])),
        Case(
            name: "a period the wrong way round", code: 64, says: ["--from must lie before"],
            command: training(["bank.intents": "new"], ["--from", "2025-01-02", "--before", "2025-01-01"])),
        Case(name: "no such corpus", code: 66, says: ["nowhere"], command: training(["bank.corpus": "nowhere", "bank.intents": "new"])),
        Case(name: "no such model", code: 66, says: ["nowhere"], command: training(["bank.model": "nowhere", "bank.intents": "new"])),
        Case(name: "no such labels", code: 66, says: ["nowhere"], command: training(["set": "nowhere", "bank.intents": "new"])),
        Case(name: "no such classifier", code: 66, says: ["nowhere", "no intents here"], command: labelling(["bank.intents": "nowhere"])),
        Case(name: "a model for a classifier", code: 66, says: ["no intents here"], command: labelling(["bank.intents": "bank.model"])),
        Case(
            name: "no such export", code: 66, says: ["nowhere.csv"],
            command: labelling(["bank.corpus": "nowhere.csv"], ["--for-evaluation"])),
        Case(name: "there already", code: 73, says: ["bank.intents", "ask for it to be replaced"], command: training),
        Case(
            name: "in place of a model", code: 73, says: ["bank.model"],
            command: training(["bank.intents": "bank.model"], ["--replace"])),
        Case(
            name: "in place of a directory of another kind", code: 73, says: ["changed.set", "not what would be replaced"],
            command: training(["bank.intents": "changed.set"], ["--replace"])),
        Case(name: "labels in place of a directory", code: 73, says: ["set"], command: labelling(["l.out": "set"], ["--for-evaluation"])),
        Case(
            name: "a setting out of range", code: 78, says: ["folds", "between 2 and 100"],
            command: training(["intents.yaml": "folds.yaml", "bank.intents": "new"])),
        Case(
            name: "an unknown setting", code: 78, says: ["magic"],
            command: training(["intents.yaml": "magic.yaml", "bank.intents": "new"])),
        Case(name: "an unknown student", code: 64, says: ["fine-tuned"], command: training(["bank.intents": "new"], ["--student", "x"])),
        Case(
            name: "a field nobody imported", code: 64, says: ["--field", "page"],
            command: labelling([:], ["--for-evaluation", "--field", "colour"])),
        Case(name: "too much evidence", code: 64, says: ["--evidence"], command: labelling([:], ["--evidence", "101"])),
        Case(
            name: "a corpus without the fields", code: 78, says: ["title"],
            command: labelling(["bank.corpus": "bare.corpus"], ["--for-evaluation"])),
    ]

    private static func prepared() throws -> Workbench {
        let bench = try Self.bench()
        try bench.write(TinyExports.clicks(visitors: 12), to: "other.csv")
        try bench.write(TinyExports.mapping.replacing("  - { name: title, column: title, kind: text }\n", with: ""), to: "bare.yaml")
        try bench.write("distillation: { folds: 1 }\n", to: "folds.yaml")
        try bench.write("distillation: { magic: 1 }\n", to: "magic.yaml")
        try bench.write(taxonomy.replacing("Looks at rates", with: "Looks at all rates"), to: "changed.yaml")
        for command in [
            ["import", "other.csv", "--mapping", "clicks.yaml", "--out", "other.corpus"],
            ["import", "clicks.csv", "--mapping", "bare.yaml", "--out", "bare.corpus"],
            ["pretrain", "bank.corpus", "--out", "other.model", "--config", "tiny.yaml", "--seed", "4", "--epochs", "1"],
            ["taxonomy", "approve", "changed.yaml", "--by", "x"],
            ["labels", "import", "l.jsonl", "--corpus", "bank.corpus", "--taxonomy", "changed.yaml", "--out", "changed.set"],
        ] {
            let run = try CommandRun.tessera(command, in: bench.folder)
            try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        }
        return bench
    }

    /// In one folder for all: none of the commands changes anything.
    @Test func badInputIsRefused() throws {
        let bench = try Self.prepared()
        let before = bench.names
        for row in Self.cases {
            let run = try CommandRun.tessera(row.command, in: bench.folder)
            #expect(run.code == row.code && !run.died, "\(row.name): exit \(run.code): \(run.talk)")
            for word in row.says { #expect(run.talk.contains(word), "\(row.name): \(run.talk)") }
            #expect(run.output.isEmpty && !run.talk.contains("person"), "\(row.name): \(run.output)\(run.talk)")
            #expect(bench.names == before, "\(row.name)")
        }
    }

    @Test func aDamagedClassifierIsRefused() throws {
        let bench = try Self.bench()
        for name in ["intents.json", "classifier.safetensors", "facts.json", "taxonomy.json", "manifest.json"] {
            let whole = try bench.data("bank.intents/\(name)")
            try bench.write(whole.prefix(whole.count / 2), to: "bank.intents/\(name)")
            let run = try CommandRun.tessera(Self.labelling + ["--for-evaluation"], in: bench.folder)
            #expect(run.code == 65 && !run.died && run.talk.contains("bank.intents/\(name)"), "\(name): \(run.code) \(run.talk)")
            try bench.write(whole, to: "bank.intents/\(name)")
        }
        #expect(try CommandRun.tessera(Self.labelling + ["--for-evaluation"], in: bench.folder).code == 0)
    }
}
