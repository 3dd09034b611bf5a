import Foundation
import Testing

/// Head-to-head studies of tiles and conversions, and the page that shows them, as a person makes them.
@Suite struct HeadToHeadReportTests {
    static let app = ["--customers", "customers.csv", "--links", "links.csv"]
    static let models = ["--model", "bank.model", "--intents", "i", "--labels", "set", "--judges", "0.5"]
    static let tiles =
        ["evaluate", "tiles", "bank.corpus", "--impressions", "shown.csv", "--tiles", "tiles.csv"] + app + models
        + ["--config", "ranker.yaml", "--seeds", "2"]
    static let conversion =
        ["evaluate", "conversion", "bank.corpus", "--decisions", "decisions.csv", "--applications", "applications.csv"] + app + models
        + ["--horizon", "1d", "--seeds", "1"]
    static let page = IntentReportTests.report + ["--tiles-study", "tiles.json", "--conversion-study", "conversion.json"]

    /// Everybody sees three tiles a day and clicks by what kind of visitor they are; some apply.
    static func bench() throws -> Workbench {
        let bench = try IntentReportTests.judged()
        var (customers, links, shown) = (
            "customer_id,age\n", "session_id,customer_id\n", "impression_id,time_ms,customer_id,tile,position,clicked\n"
        )
        var (decisions, applications) = ("decision_id,time_ms,customer_id\n", "customer_id,time_ms,product\n")
        for person in 0..<40 {
            customers += "cust\(person),\(20 + person % 7)\n"
            // Two people were never linked.
            if person < 38 { links += "person\(person):1,cust\(person)\nperson\(person):2,cust\(person)\n" }
            for day in 0..<6 {
                let time = (1_750_300_000 + day * 86_400 + person * 60) * 1000
                let wish = (person % 5 == day % 5 ? person + 1 : person) % 2
                for (place, tile) in ["card", "loan", "news"].enumerated() {
                    let clicked = (person + day) % 9 == 0 ? 0 : place == wish ? 1 : 0
                    shown += "i\(person)-\(day),\(time),cust\(person),\(tile),\(place + 1),\(clicked)\n"
                }
                decisions += "d\(person)-\(day),\(time),cust\(person)\n"
                if (person + day) % 3 == 0 { applications += "cust\(person),\(time + 3_600_000),\(wish == 0 ? "card" : "loan")\n" }
            }
        }
        applications += "cust0,1760000000000,card\n"
        for (text, name) in [
            (customers, "customers.csv"), (links, "links.csv"), (shown, "shown.csv"), (decisions, "decisions.csv"),
            (applications, "applications.csv"), ("tile,kind\ncard,offer\nloan,offer\nnews,service\n", "tiles.csv"),
            ("members: 1\nepochs: 4\nfolds: 2\n", "ranker.yaml"),
        ] { try bench.write(text, to: name) }
        return bench
    }

    @Test func studiesBecomeSectionsAndOthersAreRefused() throws {
        let bench = try Self.bench()
        for (command, file) in [(Self.tiles, "tiles"), (Self.conversion, "conversion")] {
            _ = try IntentReportTests.succeed(command + ["--out", "\(file).json", "--threads", "1"], bench)
            _ = try IntentReportTests.succeed(command + ["--out", "again.json", "--threads", "3"], bench)
            let study = try bench.data("\(file).json")
            #expect(try bench.data("again.json") == study, "\(file)")
            let text = String(decoding: study, as: UTF8.self)
            #expect(!text.contains("cust1"), "\(file) names somebody")
            #expect(text.contains("+ embedding and distilled labels") && text.contains("\"task\" : \"\(file)\""))
        }
        _ = try IntentReportTests.succeed(Self.page + ["--threads", "1"], bench)
        let first = try bench.data("page.html")
        let page = String(decoding: first, as: UTF8.self)
        for text in [
            "<h2>Home pages: what labels and embeddings add</h2>", "<h2>Home pages before and after</h2>",
            "<h2>Applications: what labels and embeddings add</h2>", "The price of transparency", "Are probabilities of tiles",
            "Are probabilities of an application", "Who applies, by how likely it was called",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(!page.contains("cust1") && !page.contains("person1") && !page.lowercased().contains("synthetic"))
        // Without the classifier an intent has its id.
        #expect(!page.contains("Compare &lt;b&gt;"))
        _ = try IntentReportTests.succeed(Self.page + ["--threads", "3"], bench)
        #expect(try bench.data("page.html") == first)
        try refusals(bench)
    }

    private func refusals(_ bench: Workbench) throws {
        let study = String(decoding: try bench.data("tiles.json"), as: UTF8.self)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(study.utf8)) as? [String: Any])
        let corpus = try #require(json["corpus"] as? String)
        let encoder = try #require(json["encoder"] as? String)
        for (text, code, says) in [
            (study.replacing(corpus, with: "0123"), Int32(78), "another corpus"),
            (study.replacing(encoder, with: "0123"), 78, "another encoder"),
            (study.replacing("\"seeds\" : 2", with: "\"seeds\" : 0"), 65, "cannot be those of a study"),
            (String(decoding: try bench.data("conversion.json"), as: UTF8.self), 65, "it is a study of conversion"),
            ("[]", 65, "it is not what evaluate tiles writes"),
        ] {
            try bench.write(text, to: "tiles.json")
            let run = try CommandRun.tessera(Self.page, in: bench.folder)
            #expect(run.code == code && run.talk.contains("tiles.json") && run.talk.contains(says), "\(says): \(run.talk)")
        }
        let missing = try CommandRun.tessera(IntentReportTests.report + ["--tiles-study", "none.json"], in: bench.folder)
        #expect(missing.code == 66, "\(missing.talk)")
        let onto = try CommandRun.tessera(
            Array(IntentReportTests.report.dropLast()) + ["tiles.json", "--tiles-study", "tiles.json"], in: bench.folder)
        #expect(onto.code == 73, "\(onto.talk)")
    }
}
