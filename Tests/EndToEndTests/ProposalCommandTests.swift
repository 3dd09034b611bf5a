import Foundation
import Testing

/// Proposing a taxonomy and annotating sessions through files, with a script in the place of whoever fills them.
@Suite struct ProposalCommandTests {
    /// Numbers of sessions that a question shows.
    static func sessions(_ bench: Workbench, _ question: String) throws -> [Int] {
        try text(bench, "q/\(question).request.txt").split(separator: "\n").compactMap { line in
            guard line.hasPrefix("Session "), let colon = line.firstIndex(of: ":") else { return nil }
            return Int(line[..<colon].dropFirst(8))
        }
    }

    static func text(_ bench: Workbench, _ name: String) throws -> String { String(decoding: try bench.data(name), as: UTF8.self) }

    /// Every shown session pays with a confidence that tells sessions apart; odd ones compare, too.
    static func annotate(_ bench: Workbench, _ question: String) throws {
        let entries = try sessions(bench, question).map { number in
            let compare = number.isMultiple(of: 2) ? "" : #",{"id":"compare","confidence":0.5}"#
            return #"{"session":\#(number),"intents":[{"id":"pay","confidence":0.\#(number % 9 + 1)}\#(compare)]}"#
        }
        try bench.write("As you wish:\n{\"sessions\":[\(entries.joined(separator: ","))]}\n", to: "q/\(question).answer.json")
    }

    static func intent(_ id: String, replaces: [String] = [], evidence: [Int] = []) -> String {
        #"{"id":"\#(id)","name":"Name of \#(id)","definition":"What \#(id) is.","include":[],"exclude":[],"examples":[],"#
            + #""replaces":\#(replaces),"evidence":\#(evidence)}"#
    }

    static func list(_ intents: [String]) -> String { #"{"intents":[\#(intents.joined(separator: ","))]}"# }

    static let annotating = [
        "labels", "annotate", "c", "--taxonomy", "shop.yaml", "--out", "l.jsonl", "--files", "q", "--batch", "10", "--annotator", "jo",
        "--time", "2026-01-01T00:00:00Z",
    ]

    @Test func sessionsAreAnnotatedThroughFiles() throws {
        let bench = try LabelCommandTests.bench()
        let asked = try CommandRun.tessera(Self.annotating, in: bench.folder)
        #expect(asked.code == 75 && asked.talk.contains("3 questions wait") && asked.talk.contains("q/0001-annotate.answer.json"))
        #expect(!bench.exists("l.jsonl"))
        let questions = ["0001-annotate", "0002-annotate", "0003-annotate"]
        #expect(try questions.map { try Self.sessions(bench, $0).count } == [10, 10, 4])
        for name in questions {
            let question = try Self.text(bench, "q/\(name).request.txt")
            #expect(question.contains("- pay: Pay. Goes to the till.") && !question.contains(#/person[0-9]/#), "\(name)")
        }

        // One right, one wrong, one missing: nothing is written yet, and what is wrong is told.
        try Self.annotate(bench, questions[0])
        try bench.write(#"{"sessions":[{"session":1,"intents":[{"id":"fly","confidence":1}]}]}"#, to: "q/0002-annotate.answer.json")
        let half = try CommandRun.tessera(Self.annotating, in: bench.folder)
        #expect(half.code == 75 && half.talk.contains("10 sessions left out") && half.talk.contains("1 questions wait"), "\(half.talk)")
        #expect(!bench.exists("l.jsonl") && !half.talk.contains("fly"))
        let reason = try Self.text(bench, "q/0002-annotate.refused.txt")
        #expect(reason.contains("refused: session 1 has an intent that is not in the list"), "\(reason)")

        // All answered, one still wrong: the finished ones are written.
        try Self.annotate(bench, questions[2])
        let refused = try CommandRun.tessera(Self.annotating + ["--json"], in: bench.folder)
        #expect(refused.code == 65, "\(refused.talk)")
        let summary = try refused.json()
        #expect(summary["sessions"] as? Int == 24 && summary["annotated"] as? Int == 14 && summary["refused_requests"] as? Int == 1)
        #expect(summary["cut_sessions"] as? Int == 0)
        let kept = try Self.text(bench, "l.jsonl").split(separator: "\n")
        #expect(kept.count == 14)

        // Mended: everything, the finished ones as they were, and the same bytes each time.
        try Self.annotate(bench, questions[1])
        let whole = try CommandRun.tessera(Self.annotating, in: bench.folder)
        #expect(whole.code == 0 && whole.output.contains("24 of 24 sessions"), "\(whole.talk)")
        #expect(!bench.exists("q/0002-annotate.refused.txt"))
        let labels = try bench.data("l.jsonl")
        let lines = String(decoding: labels, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 24 && Set(kept).isSubset(of: lines))
        #expect(lines.allSatisfy { $0.contains(#""annotator":"jo""#) && $0.contains(#""time":"2026-01-01T00:00:00Z""#) })
        #expect(try CommandRun.tessera(Self.annotating, in: bench.folder).code == 0)
        #expect(try bench.data("l.jsonl") == labels)
        let imported = try CommandRun.tessera(LabelCommandTests.importing + ["--json"], in: bench.folder)
        #expect(try imported.json()["annotations"] as? Int == 24 && imported.json()["rejects"] as? Int == 0, "\(imported.talk)")

        // Under another taxonomy the old answers answer another question.
        try bench.write(LabelCommandTests.taxonomy.replacing("Goes to the till", with: "Pays"), to: "shop.yaml")
        let stale = try CommandRun.tessera(Self.annotating, in: bench.folder)
        #expect(stale.code == 65 && stale.talk.contains("answers another question"), "\(stale.talk)")
        #expect(try bench.data("l.jsonl") == labels)
    }

    /// What `labels import` would refuse, nobody is asked for.
    @Test func sessionsCutByTheImportAreLeftOut() throws {
        let bench = try Workbench()
        var clicks = "visitor_id,session_id,time,page\n"
        // Visit 2 has six events and is cut in three; the others have two.
        for visit in 0..<5 {
            for event in 0..<(visit == 2 ? 6 : 2) {
                clicks += "v\(visit % 2),visit\(visit),\(1_750_000_000 + visit * 9000 + event * 60),home\n"
            }
        }
        try bench.write(clicks, to: "clicks.csv")
        try bench.write(
            """
            format: csv
            visitor: visitor_id
            session: session_id
            time: { column: time, unit: s }
            fields:
              - { name: page, column: page, kind: categorical }

            """, to: "clicks.yaml")
        try bench.write(LabelCommandTests.taxonomy, to: "shop.yaml")
        let run = try CommandRun.tessera(
            "import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", "--max-events", "2", "--json", in: bench.folder)
        #expect(try run.code == 0 && run.json()["sessions"] as? Int == 7, "\(run.talk)")
        let asked = try CommandRun.tessera(Self.annotating, in: bench.folder)
        #expect(asked.code == 75 && asked.talk.contains("1 sessions left out: the import cut them into parts"), "\(asked.talk)")
        #expect(try Self.sessions(bench, "0001-annotate").count == 6)
        try Self.annotate(bench, "0001-annotate")
        let written = try CommandRun.tessera(Self.annotating + ["--json"], in: bench.folder)
        #expect(try written.code == 0 && written.json()["cut_sessions"] as? Int == 1 && written.json()["sessions"] as? Int == 6)
        // Everything that is written is taken; the cut session is the only one that would not be.
        let imported = try CommandRun.tessera(LabelCommandTests.importing + ["--json"], in: bench.folder)
        #expect(try imported.json()["annotations"] as? Int == 6 && imported.json()["rejects"] as? Int == 0, "\(imported.talk)")
        try bench.write(#"{"session_id":"visit2","annotator":"jo","intents":{}}"#, to: "l.jsonl")
        let refused = try CommandRun.tessera(LabelCommandTests.importing + ["--replace"], in: bench.folder)
        #expect(refused.code == 65 && refused.talk.contains("cut_session"), "\(refused.talk)")
    }

    static let proposing = [
        "taxonomy", "propose", "bank.corpus", "--model", "bank.model", "--out", "proposal", "--id", "shop", "--intents", "4", "--clusters",
        "6",
        "--batch", "14", "--files", "q", "--model-name", "jo", "--threads", "2",
    ]

    @Test func aTaxonomyIsProposedThroughFiles() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        let first = try CommandRun.tessera(Self.proposing, in: bench.folder)
        #expect(first.code == 75 && first.talk.contains("q/0001-generate.answer.json") && !bench.exists("proposal"), "\(first.talk)")
        #expect(try !Self.text(bench, "q/0001-generate.request.txt").contains(#/person[0-9]/#))

        try bench.write(
            Self.list([Self.intent("pay", evidence: [1]), Self.intent("fly", evidence: [9999])]), to: "q/0001-generate.answer.json")
        let invented = try CommandRun.tessera(Self.proposing, in: bench.folder)
        #expect(
            invented.code == 65 && invented.talk.contains("0001-generate") && invented.talk.contains("was not shown"), "\(invented.talk)")
        #expect(try Self.text(bench, "q/0001-generate.refused.txt").contains("was not shown") && !invented.talk.contains("fly"))

        try bench.write(
            Self.list([Self.intent("pay", evidence: [1]), Self.intent("compare", evidence: [2])]), to: "q/0001-generate.answer.json")
        var answered = 1
        var last = try CommandRun.tessera(Self.proposing, in: bench.folder)
        #expect(!bench.exists("q/0001-generate.refused.txt"))
        while last.code == 75, answered < 20 {
            answered += 1
            let number = String(repeating: "0", count: answered < 10 ? 3 : 2) + "\(answered)"
            let step = bench.exists("q/\(number)-review.request.txt") ? "review" : "update"
            let question = try Self.text(bench, "q/\(number)-\(step).request.txt")
            #expect(question.contains("- pay: Name of pay. What pay is.") && last.talk.contains("\(number)-\(step).answer.json"))
            if answered == 2 {
                // An answer that forgets what was agreed stops the run here; the answers before it stay.
                try bench.write(Self.list([Self.intent("pay")]), to: "q/0002-update.answer.json")
                let forgets = try CommandRun.tessera(Self.proposing, in: bench.folder)
                #expect(forgets.code == 65 && forgets.talk.contains("neither stay nor are replaced"), "\(forgets.talk)")
                #expect(bench.exists("q/0002-update.refused.txt") && !bench.exists("q/0001-generate.refused.txt"))
            }
            let intents =
                step == "review"
                ? [Self.intent("pay"), Self.intent("weigh", replaces: ["compare"])] : [Self.intent("pay"), Self.intent("compare")]
            try bench.write("Here:\n" + Self.list(intents), to: "q/\(number)-\(step).answer.json")
            last = try CommandRun.tessera(Self.proposing, in: bench.folder)
        }
        #expect(last.code == 0 && last.output.contains("proposal: 3 intents from 6 groups of 80 sessions"), "\(last.output) \(last.talk)")
        #expect(answered > 2 && !bench.names.contains { $0.hasPrefix(".") })
        let yaml = try Self.text(bench, "proposal/taxonomy.yaml")
        #expect(["pay", "weigh", "other"].allSatisfy { yaml.contains("id: \($0)") } && !yaml.contains("id: compare"), "\(yaml)")
        let report = try JSONSerialization.jsonObject(with: try bench.data("proposal/report.json")) as? [String: Any] ?? [:]
        #expect(report["model"] as? String == "jo" && (report["steps"] as? [Any])?.count == answered)
        let check = try CommandRun.tessera("taxonomy", "check", "proposal/taxonomy.yaml", in: bench.folder)
        #expect(check.code == 0 && check.talk.contains("nobody has approved it"), "\(check.talk)")
        // A proposal is not written over; into another folder it is the same to the byte.
        #expect(try CommandRun.tessera(Self.proposing, in: bench.folder).code == 73)
        let again = try CommandRun.tessera(Self.proposing.map { $0 == "proposal" ? "again" : $0 }, in: bench.folder)
        #expect(again.code == 0, "\(again.talk)")
        for file in ["taxonomy.yaml", "report.json"] {
            #expect(try bench.data("proposal/\(file)") == bench.data("again/\(file)"), "\(file)")
        }
    }
}
