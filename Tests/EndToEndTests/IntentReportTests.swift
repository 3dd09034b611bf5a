import Foundation
import Testing

/// The report of a classifier of intents, as a person makes it.
@Suite struct IntentReportTests {
    static let taxonomy = """
        taxonomy: shop
        version: "1.0.0"
        description: "For <script>tests</script>."
        intents:
          - { id: aims, name: Aims, definition: All of them., group: true }
          - { id: compare, name: "Compare <b>'all'</b>", definition: "Weighs & pages.", parent: aims, owner: "<i>shop</i>" }
          - { id: pay, name: Pay, definition: Goes to the till., parent: aims, owner: shop, examples: [Till.], sensitivity: sensitive }
          - { id: leave, name: Leave, definition: Is gone., parent: aims, owner: shop, examples: [Gone.] }

        """
    static let from = "2025-06-17"
    static let report = ["report", "bank.corpus", "--model", "bank.model", "--out", "page.html"]
    static let whole = report + ["--intents", "i", "--labels", "set", "--intents-study", "study.json"]

    static func succeed(_ arguments: [String], _ bench: Workbench) throws -> CommandRun {
        let run = try CommandRun.tessera(arguments, in: bench.folder)
        try #require(run.code == 0, "\(arguments.joined(separator: " ")): \(run.talk)")
        return run
    }

    /// Corpus, model, labels of two annotators, a classifier and its study.
    static func judged() throws -> Workbench {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        try bench.write(taxonomy, to: "shop.yaml")
        var labels = ""
        for person in 0..<40 {
            // Most people have labels on one of the two days; some have them on both, and must not teach.
            for session in 1...2 where person % 8 == 7 || (session == 1) == (person % 4 < 2) {
                for annotator in ["ann", "bob"] {
                    // Bob changes his mind about one person in ten.
                    let pays = person.isMultiple(of: 2) != (annotator == "bob" && person.isMultiple(of: 10))
                    let intent = pays ? "pay" : "compare"
                    labels +=
                        #"{"session_id":"person\#(person):\#(session)","annotator":"\#(annotator)","intents":{"\#(intent)":1}}"# + "\n"
                }
            }
        }
        try bench.write(labels, to: "l.jsonl")
        try bench.write("distillation: { student: linear, epochs: 3, members: 1 }\n", to: "i.yaml")
        _ = try succeed(["labels", "import", "l.jsonl", "--corpus", "bank.corpus", "--taxonomy", "shop.yaml", "--out", "set"], bench)
        let common = ["bank.corpus", "--model", "bank.model", "--labels", "set"]
        let limits = ["--minimum-positives", "5"]
        _ = try succeed(["intents", "train"] + common + limits + ["--before", from, "--config", "i.yaml", "--out", "i"], bench)
        let study = try succeed(["intents", "evaluate"] + common + ["--intents", "i", "--from", from, "--json"], bench)
        try bench.write(study.output, to: "study.json")
        return bench
    }

    @Test func thePageHoldsEverySectionAndRefusesWhatDoesNotBelong() throws {
        let bench = try Self.judged()
        _ = try Self.succeed(Self.whole + ["--threads", "1"], bench)
        let first = try bench.data("page.html")
        let page = String(decoding: first, as: UTF8.self)
        for heading in ["Intents: the taxonomy", "Labels", "How well intents are told", "Sessions explained"] {
            #expect(page.contains("<h2>\(heading)</h2>"), "\(heading)")
        }
        for text in [
            "nobody has approved it", "sensitive", "held back: no session shows it", "Agreement by intent", "logistic regression on TF-IDF",
            "Intent by intent", "Are probabilities what they promise?", "Krippendorff", "taught on sessions before 2025-06-17",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(page.contains("Compare &lt;b&gt;&#39;all&#39;&lt;/b&gt;") && page.contains("Weighs &amp; pages."))
        #expect(!page.contains("<script") && !page.contains("<i>shop") && !page.contains("person1"))
        #expect(!page.lowercased().contains("synthetic") && !page.lowercased().contains("simulated"))
        _ = try Self.succeed(Self.whole + ["--threads", "3"], bench)
        #expect(try bench.data("page.html") == first)
        try refusals(bench)
    }

    private func refusals(_ bench: Workbench) throws {
        let study = String(decoding: try bench.data("study.json"), as: UTF8.self)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(study.utf8)) as? [String: Any])
        let taxonomy = try #require((json["taxonomy"] as? [String: Any])?["digest"] as? String)
        let corpus = try #require(json["corpus"] as? String)
        let encoder = try #require(json["encoder"] as? String)
        for (text, code, says) in [
            (study.replacing(taxonomy, with: "0123"), Int32(78), "another taxonomy"),
            (study.replacing(corpus, with: "0123"), 78, "another corpus"),
            (study.replacing(encoder, with: "0123"), 78, "another encoder"),
            (study.replacing("\"threshold\":", with: "\"threshold\":1.5e-3,\"was\":"), 78, "another classifier"),
            (study.replacing("\"coverage\":", with: "\"coverage\":7,\"was\":"), 65, "cannot be those of a study"),
            ("{}", 65, "not what intents evaluate prints"), ("", 65, "not what intents evaluate prints"),
        ] {
            try bench.write(text, to: "study.json")
            let run = try CommandRun.tessera(Self.whole, in: bench.folder)
            #expect(run.code == code && run.talk.contains("study.json") && run.talk.contains(says), "\(says): \(run.talk)")
        }
        try bench.write(study, to: "study.json")
        let alone = try CommandRun.tessera(Self.report + ["--labels", "set"], in: bench.folder)
        #expect(alone.code == 64 && alone.talk.contains("--intents"), "\(alone.talk)")
        // The same labels for a corpus of fewer visitors.
        try bench.write(TinyExports.clicks(visitors: 30), to: "clicks.csv")
        _ = try Self.succeed(["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "bank.corpus", "--replace"], bench)
        let other = try CommandRun.tessera(Self.report + ["--intents", "i", "--labels", "set"], in: bench.folder)
        #expect(other.code == 78 && other.talk.contains("belong to another corpus"), "\(other.talk)")
    }
}
