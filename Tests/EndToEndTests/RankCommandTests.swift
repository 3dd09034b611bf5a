import DurableFiles
import Foundation
import Testing

/// `tessera rank`, as a person runs it.
@Suite struct RankCommandTests {
    static let scoring = ["rank", "score", "c", "--ranker", "r"]

    @Test func impressionsBecomeARankerThatIsJudgedByOthers() throws {
        let bench = try AppBench.bench()
        let trained = try AppBench.require(AppBench.ranking + ["r", "--threads", "1", "--json"], in: bench)
        let again = try AppBench.require(AppBench.ranking + ["again", "--threads", "2", "--json"], in: bench)
        let summary = try trained.json()
        #expect(try again.json()["ranker_id"] as? String == summary["ranker_id"] as? String, "another ranker at two threads")
        #expect(summary["blocks"] as? [String] == ["pages"] && (summary["left_out"] as? Int ?? 0) > 100)
        let card = try #require(summary["card"] as? [String: Any])
        #expect((card["impressions"] as? Int ?? 0) > 50)
        // Who is set aside to judge does not hang on who has a row in the table of customers.
        let people = String(decoding: try bench.data("bank/app/customers.csv"), as: UTF8.self).split(separator: "\n")
        try bench.write(people.enumerated().filter { $0.offset % 2 == 0 }.map { $0.element + "\n" }.joined(), to: "half.csv")
        let half = AppBench.ranking.map { $0 == "bank/app/customers.csv" ? "half.csv" : $0 } + ["half", "--json"]
        #expect(try AppBench.require(half, in: bench).json()["left_out"] as? Int == summary["left_out"] as? Int)

        let judging = ["rank", "evaluate", "c", "--ranker", "r"] + AppBench.shown + AppBench.app
        let judged = try AppBench.require(judging + ["--json"], in: bench).json()
        let rows = try #require(judged["rows"] as? [[String: Any]])
        #expect(rows.map { $0["name"] as? String } == ["ranker", "shown order", "popularity by position"])
        let metrics = try #require(rows[0]["metrics"] as? [String: [String: Double]])
        #expect(Set(metrics.keys) == ["recall_at_1", "macro_recall_at_1", "recall_at_k", "mrr", "ndcg", "log_loss"], "\(metrics.keys)")
        #expect(metrics.values.allSatisfy { $0["lower"]! <= $0["estimate"]! && $0["estimate"]! <= $0["upper"]! })
        // Six tiles a page: knowing nothing costs ln 6 = 1.792.
        #expect(metrics["log_loss"]!["estimate"]! < 1.78)
        let gains = try #require(rows[1]["gains"] as? [String: [String: Double]])
        let other = try #require((rows[1]["metrics"] as? [String: [String: Double]])?["mrr"]?["estimate"])
        #expect(abs(gains["mrr"]!["estimate"]! - (metrics["mrr"]!["estimate"]! - other)) < 1e-9)
        let (impressions, without) = (judged["impressions"] as? Int ?? 0, judged["without_click"] as? Int ?? 0)
        #expect(without > 0 && without < impressions)
        let all = try AppBench.rows(bench, "bank/app/impressions.csv").rows
        let late = Set(all.filter { Int($0[1])! >= 1_760_918_400_000 }.map { $0[0] })
        #expect(impressions < late.count, "all customers judge, those who taught, too")
        let text = try AppBench.require(judging + ["--from", "2025-11-01", "--places", "3"], in: bench).output
        #expect(text.contains("NDCG@3") && text.contains("have no click") && text.contains("popularity by position"))

        #expect(metrics["recall_at_k"]!["estimate"]! >= metrics["recall_at_1"]!["estimate"]!)
        let more = try AppBench.require(judging + ["--baselines", "--json"], in: bench).json()
        let names = (more["rows"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        // The ranker reads business features and page counts alone: there is nothing to leave out.
        #expect(
            names == [
                "ranker", "shown order", "popularity by position", "logistic regression", "boosted trees for NDCG",
                "boosted trees for the click",
            ], "\(names ?? [])")

        let early = try CommandRun.tessera(judging + ["--from", "2025-10-01"], in: bench.folder)
        #expect(early.code == 78 && early.talk.contains("learnt from later times"), "\(early.talk)")
        let never = try CommandRun.tessera(judging + ["--from", "2027-01-01"], in: bench.folder)
        #expect(never.code == 65, "\(never.code) \(never.talk)")
        #expect(!bench.names.contains { $0.hasPrefix(".") }, "\(bench.names)")
    }

    @Test func aLogWithProbabilitiesTellsWhatTheRankersBestTileWouldEarn() throws {
        let bench = try AppBench.bench()
        _ = try AppBench.require(AppBench.ranking + ["r"], in: bench)
        try bench.write("rules:\n  - { id: segments, requires: { segment: { inTile: eligible_segments } } }\n", to: "rules.yaml")
        let judging = ["rank", "evaluate", "c", "--ranker", "r"] + AppBench.shown + AppBench.app
        let judged = try AppBench.require(judging + ["--rules", "rules.yaml", "--threads", "1", "--json"], in: bench).json()
        let first = try #require(judged["first_place"] as? [String: Any])
        let value = try #require(first["value"] as? [String: Any], "\(first)")
        #expect(first["candidates"] as? String == "log" && first["without_probability"] as? Int == 0 && first["missing"] == nil)
        let (impressions, clicks) = (try #require(value["impressions"] as? Int), try #require(value["clicks"] as? Int))
        // Impressions without a click judge, too.
        #expect(impressions == judged["impressions"] as? Int && clicks > 0)
        let logged = try #require(value["logged"] as? [String: Double])
        #expect(abs(logged["estimate"]! - Double(clicks) / Double(impressions)) < 1e-6)
        for name in ["inverse_propensity", "self_normalised", "doubly_robust"] {
            let interval = try #require(value[name] as? [String: Double])
            #expect(interval["lower"]! <= interval["estimate"]! && interval["estimate"]! <= interval["upper"]!, "\(name)")
        }
        let size = try #require(value["effective_sample_size"] as? Double)
        #expect(size > 1 && size < Double(impressions))
        let again = try AppBench.require(judging + ["--rules", "rules.yaml", "--threads", "2", "--json"], in: bench).json()
        #expect(again["first_place"] as? NSDictionary == first as NSDictionary)
        let text = try AppBench.require(judging, in: bench).output
        #expect(text.contains("click rate of the first place if the ranker's best") && text.contains("effective sample size"))

        let (header, rows) = try AppBench.rows(bench, "bank/app/impressions.csv")
        #expect(header.last == "probability")
        try bench.write(([header] + rows).map { $0.dropLast().joined(separator: ",") + "\n" }.joined(), to: "plain.csv")
        let without = judging.map { $0 == "bank/app/impressions.csv" ? "plain.csv" : $0 }
        let silent = try #require(try AppBench.require(without + ["--json"], in: bench).json()["first_place"] as? [String: Any])
        #expect(silent["value"] == nil && silent["without_probability"] as? Int == impressions)
        #expect(try AppBench.require(without, in: bench).output.contains("no estimate: the log does not tell with which probability"))
    }

    @Test func peopleSessionsAndTilesNeverSeenAreRanked() throws {
        let bench = try AppBench.bench()
        _ = try AppBench.require(AppBench.ranking + ["r"], in: bench)
        // Nobody knows yet what will be clicked; one customer and two tiles are new, and one of these is not in the catalogue.
        try bench.write(
            "impression_id,time_ms,customer_id,tile,position\na,1764000000000,c0000000,card-cashback,1\na,1764000000000,c0000000,fresh,2\n"
                + "a,1764000000000,c0000000,savings-instant,3\nb,1764000000000,newcomer,strange,1\nb,1764000000000,newcomer,card-cashback,2\n",
            to: "i.csv")
        let catalogue = String(decoding: try bench.data("bank/app/tiles.csv"), as: UTF8.self)
        try bench.write(catalogue + "fresh,starship,offer,1,standard|premier|business|student,\n", to: "t.csv")
        let asked = Self.scoring + ["--impressions", "i.csv", "--tiles", "t.csv"] + AppBench.app
        let run = try AppBench.require(asked + ["--out", "o.csv", "--threads", "1", "--json"], in: bench)
        let met = try run.json()
        #expect(met["unknown_tiles"] as? Int == 1 && met["new_tiles"] as? Int == 1 && (met["without_session"] as? Int ?? 0) >= 1)
        let (header, rows) = try AppBench.rows(bench, "o.csv")
        #expect(header == ["impression_id", "rank", "tile", "probability"])
        for id in ["a", "b"] {
            let own = rows.filter { $0[0] == id }.map { Double($0[3])! }
            #expect(abs(own.reduce(0, +) - 1) < 1e-5 && own == own.sorted(by: >), "\(id): \(own)")
        }
        #expect(Set(rows.filter { $0[0] == "a" }.map { $0[2] }) == ["card-cashback", "fresh", "savings-instant"])
        _ = try AppBench.require(asked + ["--out", "two.csv", "--threads", "2"], in: bench)
        #expect(try bench.data("o.csv") == bench.data("two.csv"))

        try bench.write(
            "rules:\n  - { id: later, tiles: [fresh], from: 2030-01-01, reason: Not yet. }\n"
                + "  - { id: known, requires: { segment: { is: [standard, premier, business, student] } } }\n", to: "rules.yaml")
        _ = try AppBench.require(asked + ["--rules", "rules.yaml", "--top", "1", "--out", "o.jsonl"], in: bench)
        let lines = try AppBench.lines(bench, "o.jsonl")
        let removed = try #require(lines[0]["removed"] as? [[String: Any]])
        #expect(removed.map { $0["tile"] as? String } == ["fresh"] && removed[0]["rule"] as? String == "later")
        #expect(removed[0]["reason"] as? String == "Not yet." && removed[0]["part"] as? String == "from")
        let tiles = try #require(lines[0]["tiles"] as? [[String: Any]])
        #expect(tiles.count == 1 && tiles[0]["probability"] as? Double ?? 0 >= 0.5, "the better of two that are left: \(tiles)")
        #expect((lines[1]["tiles"] as? [Any])?.isEmpty == true && (lines[1]["removed"] as? [Any])?.count == 2)
        let empty = try AppBench.require(asked + ["--rules", "rules.yaml", "--out", "e.csv"], in: bench)
        #expect(empty.output.contains("3 removed by rules"), "\(empty.output)")
        #expect(try AppBench.rows(bench, "e.csv").rows.last == ["b", "", "", ""])
    }

    @Test func otherModelsAreRefused() throws {
        let bench = try AppBench.bench()
        try bench.write(TinyExports.config, to: "tiny.yaml")
        for seed in ["1", "2"] {
            let training = ["pretrain", "c", "--config", "tiny.yaml", "--epochs", "1", "--seed", seed, "--out", "m\(seed)"]
            _ = try AppBench.require(training, in: bench)
        }
        let trained = try AppBench.require(AppBench.ranking + ["r", "--model", "m1", "--no-pages", "--json"], in: bench)
        #expect(try trained.json()["blocks"] as? [String] == ["embedding"])
        let asked = AppBench.rankScoring + ["o.csv"]
        let none = try CommandRun.tessera(asked, in: bench.folder)
        #expect(none.code == 64 && none.talk.contains("--model"), "\(none.code) \(none.talk)")
        let other = try CommandRun.tessera(asked + ["--model", "m2"], in: bench.folder)
        #expect(other.code == 78 && other.talk.contains("training read the encoder"), "\(other.code) \(other.talk)")
        #expect(!bench.exists("o.csv"))
        _ = try AppBench.require(asked + ["--model", "m1"], in: bench)
        let notRanker = try CommandRun.tessera(asked.map { $0 == "r" ? "m1" : $0 }, in: bench.folder)
        #expect(notRanker.code == 66 || notRanker.code == 65, "\(notRanker.code) \(notRanker.talk)")
    }

    @Test func labelsThatNobodyApprovedAreJudgedAndNotServed() throws {
        let bench = try IntentCommandTests.bench()
        let people = 0..<40
        try bench.write("visitor_id,customer_id\n" + people.map { "person\($0),c\($0)\n" }.joined(), to: "links.csv")
        try bench.write("customer_id,age\n" + people.map { "c\($0),\(20 + $0)\n" }.joined(), to: "customers.csv")
        try bench.write("tile,kind\ncard,pay\nloan,credit\n", to: "tiles.csv")
        let shown = people.map { "i\($0),1750600000000,c\($0),card,1,\($0 % 2)\ni\($0),1750600000000,c\($0),loan,2,\(1 - $0 % 2)\n" }
        try bench.write("impression_id,time_ms,customer_id,tile,position,clicked\n" + shown.joined(), to: "i.csv")
        try bench.write(AppBench.ranker, to: "r.yaml")
        let given = [
            "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--impressions", "i.csv", "--tiles", "tiles.csv",
            "--customers", "customers.csv", "--links", "links.csv",
        ]
        let trained = try AppBench.require(["rank", "train"] + given + ["--config", "r.yaml", "--out", "r", "--json"], in: bench)
        #expect(trained.talk.contains("is not approved") && !trained.talk.contains("person"), "\(trained.talk)")
        #expect(try trained.json()["blocks"] as? [String] == ["pages", "labels", "embedding"])
        // All sessions taught the classifier: what is learnt from is what students said that had not seen them.
        #expect(trained.talk.contains("80 sessions of this corpus; their labels are those of students that saw"), "\(trained.talk)")
        try forgetHeldOut("bank.intents", in: bench, as: "old.intents")
        let old = given.map { $0 == "bank.intents" ? "old.intents" : $0 }
        let without = try AppBench.require(["rank", "train"] + old + ["--config", "r.yaml", "--out", "o", "--json"], in: bench)
        #expect(without.talk.contains("so their labels count as missing: train it anew"), "\(without.talk)")
        #expect(try without.json()["ranker_id"] as? String != trained.json()["ranker_id"] as? String)
        let scoring = ["rank", "score"] + given + ["--ranker", "r", "--out", "o.csv"]
        let served = try CommandRun.tessera(scoring, in: bench.folder)
        #expect(served.code == 77 && served.talk.contains("tessera taxonomy approve"), "\(served.code) \(served.talk)")
        #expect(!bench.exists("o.csv"))
        let trial = try AppBench.require(scoring + ["--for-evaluation"], in: bench)
        #expect(trial.output.hasPrefix("o.csv: 40 impressions, 80 tiles ranked, 0 removed"), "\(trial.output)")
        // At scoring, too, nobody's label goes missing in silence.
        #expect(trial.talk.contains("their labels are those of students that saw"), "\(trial.talk)")
        let silent = try AppBench.require(["rank", "score"] + old + ["--ranker", "o", "--out", "n.csv", "--for-evaluation"], in: bench)
        #expect(silent.talk.contains("so their labels count as missing: train it anew"), "\(silent.talk)")
        // All of them taught: nobody is left to judge.
        let judged = try CommandRun.tessera(["rank", "evaluate"] + given + ["--ranker", "r"], in: bench.folder)
        #expect(judged.code == 65 && judged.talk.contains("who did not teach"), "\(judged.code) \(judged.talk)")
    }

    /// The classifier as the first format kept it.
    private func forgetHeldOut(_ name: String, in bench: Workbench, as other: String) throws {
        var files: [String: [UInt8]] = [:]
        for file in try FileSystem.live.names(in: bench.folder.appending(path: name).path) where file != SealedFolder.manifestFile {
            files[file] = Array(try bench.data("\(name)/\(file)"))
        }
        #expect(files["held-out.safetensors"] != nil)
        files["held-out.safetensors"] = nil
        try SealedFolder.write(files, kind: "intents", version: 1, to: bench.folder.appending(path: other).path, replacing: false)
    }

    @Test func rulesFromYAMLRemoveWithATrace() throws {
        let bench = try AppBench.bench()
        _ = try AppBench.require(AppBench.ranking + ["r"], in: bench)
        let columns = try AppBench.rows(bench, "bank/app/customers.csv").header
        func person(_ values: [String: String]) -> String { columns.map { values[$0] ?? "" }.joined(separator: ",") + "\n" }
        try bench.write(
            columns.joined(separator: ",") + "\n"
                + person(["customer_id": "a", "segment": "standard", "tenure_years": "0.5", "products_held": "card|loan"])
                + person(["customer_id": "b", "segment": "premier", "tenure_years": "5"]), to: "people.csv")
        try bench.write(
            "tile,product,kind,new,eligible_segments\ncard,card,offer,0,standard|premier\nloan,loan,credit,0,\nfund,fund,offer,0,premier\n"
                + "late,fund,offer,1,\n", to: "t.csv")
        let asked = [("i1", 1_764_000_000_000, "a"), ("i2", 1_764_000_000_000, "b"), ("i3", 1_764_000_000_000, "stranger")]
        let last = [("i4", 1_764_543_599_999, "b"), ("i5", 1_764_543_600_000, "b")]
        let rows = (asked + last).flatMap { id, time, customer in
            ["card", "loan", "fund", "late"].map { "\(id),\(time),\(customer),\($0)\n" }
        }
        try bench.write("impression_id,time_ms,customer_id,tile\n" + rows.joined(), to: "i.csv")
        try bench.write(
            """
            rules:
              - { id: segments, requires: { segment: { inTile: eligible_segments } } }
              - id: credit
                where: { kind: { is: [credit] } }
                requires: { tenure_years: { atLeast: 1, atMost: 60 } }
                excludes: { products_held: { is: [loan, mortgage] } }
                reason: Credit is for customers of a year and more.
              - { id: season, tiles: [late], from: 2025-11-25, until: 2025-12-01T00:00:00+01:00 }
            """, to: "rules.yaml")
        let command =
            Self.scoring + ["--impressions", "i.csv", "--tiles", "t.csv", "--customers", "people.csv", "--rules", "rules.yaml", "--out"]
        let met = try AppBench.require(command + ["o.jsonl", "--json"], in: bench).json()
        let ranked = try #require(met["ranked"] as? [String: Int])
        #expect(ranked == ["impressions": 5, "tiles": 11, "removed": 9, "empty": 1], "\(ranked)")
        var traces: [String] = []
        for line in try AppBench.lines(bench, "o.jsonl") {
            let id = try #require(line["impression_id"] as? String)
            let tiles = try #require(line["tiles"] as? [[String: Any]])
            let sum = tiles.reduce(0) { $0 + ($1["probability"] as? Double ?? 0) }
            #expect(tiles.isEmpty || abs(sum - 1) < 1e-5, "\(id): \(sum)")
            traces.append("\(id) shows \(tiles.map { $0["tile"] as? String ?? "" }.sorted().joined(separator: ","))")
            for removal in try #require(line["removed"] as? [[String: Any]]) {
                let words = ["tile", "rule", "part", "reason"].map { removal[$0] as? String ?? "-" }
                traces.append("\(id) not \(words.joined(separator: "; "))")
            }
        }
        let reason = "Credit is for customers of a year and more."
        #expect(
            traces == [
                "i1 shows card", "i1 not loan; credit; requires tenure_years; \(reason)",
                "i1 not loan; credit; excludes products_held; \(reason)",
                "i1 not fund; segments; requires segment; -", "i1 not late; season; from; -",
                "i2 shows card,fund,loan", "i2 not late; season; from; -",
                "i3 shows ", "i3 not card; segments; requires segment; -", "i3 not loan; credit; requires tenure_years; \(reason)",
                "i3 not fund; segments; requires segment; -", "i3 not late; season; from; -",
                "i4 shows card,fund,late,loan",
                "i5 shows card,fund,loan", "i5 not late; season; until; -",
            ], "\(traces)")
        // Slips of the pen are told by rule and place.
        for (text, word) in [
            ("rules:\n  - { id: s, requires: { sgment: { is: [x] } } }\n", "sgment"), ("rules:\n  - { id: s, from: soon }\n", "rules.yaml"),
            ("rules:\n  - { id: s, needs: {} }\n", "needs"),
        ] {
            try bench.write(text, to: "rules.yaml")
            let run = try CommandRun.tessera(command + ["n.jsonl"], in: bench.folder)
            #expect(run.code == 78 && run.talk.contains(word) && !bench.exists("n.jsonl"), "\(run.code) \(run.talk)")
        }
    }

    @Test func troubleHasItsCode() throws {
        let bench = try AppBench.bench()
        _ = try AppBench.require(AppBench.ranking + ["r"], in: bench)
        func code(_ arguments: [String]) throws -> Int32 { try CommandRun.tessera(arguments, in: bench.folder).code }
        func swapped(_ from: String, _ to: String, _ command: [String]) -> [String] { command.map { $0 == from ? to : $0 } }
        // What is there already is kept, unless replacing is wished.
        #expect(try code(AppBench.ranking + ["r"]) == 73)
        #expect(try code(AppBench.ranking + ["r", "--replace"]) == 0)
        #expect(try code(AppBench.ranking + ["c", "--replace"]) == 73)
        #expect(try code(swapped("0.4", "1", AppBench.ranking) + ["n"]) == 64)
        #expect(try code(swapped("bank/app/impressions.csv", "none.csv", AppBench.ranking) + ["n"]) == 66)
        #expect(try code(swapped("bank/app/impressions.csv", "bank/app/decisions.csv", AppBench.ranking) + ["n"]) == 78)
        #expect(try code(swapped("2025-10-20", "2020-01-01", AppBench.ranking) + ["n"]) == 65)
        try bench.write("epoch: 3\n", to: "bad.yaml")
        #expect(try code(swapped("r.yaml", "bad.yaml", AppBench.ranking) + ["n"]) == 78)
        try bench.write("members: 0\n", to: "bad.yaml")
        #expect(try code(swapped("r.yaml", "bad.yaml", AppBench.ranking) + ["n"]) == 78)
        let columns = String(decoding: try bench.data("bank/app/impressions.csv"), as: UTF8.self)
        try bench.write(columns.replacing("clicked", with: "klicked"), to: "i.csv")
        let unclicked = try CommandRun.tessera(swapped("bank/app/impressions.csv", "i.csv", AppBench.ranking) + ["n"], in: bench.folder)
        #expect(unclicked.code == 78 && unclicked.talk.contains("`clicked`"), "\(unclicked.talk)")
        // Without log-ins and without a table of links nobody knows whose a session is.
        _ = try AppBench.require(["import", "bank/clicks.csv", "--mapping", "bank/mapping.yaml", "--out", "p"], in: bench)
        let linkless = swapped("c", "p", AppBench.ranking).filter { $0 != "--links" && $0 != "bank/app/links.csv" }
        let run = try CommandRun.tessera(linkless + ["n"], in: bench.folder)
        #expect(run.code == 65 && run.talk.contains("customer: COLUMN"), "\(run.code) \(run.talk)")
        #expect(!bench.exists("n"))

        let asked = AppBench.rankScoring
        #expect(try code(asked + ["bank/app/tiles.csv"]) == 73)
        #expect(try code(asked + ["r"]) == 73)
        #expect(try code(asked + ["o.csv", "--top", "0"]) == 64)
        try bench.write("rules:\n  - { id: a, tiles: [nothing], from: 2030-01-01 }\n", to: "rules.yaml")
        #expect(try code(asked + ["o.csv", "--rules", "rules.yaml"]) == 78)
        #expect(try code(swapped("r", "c", asked) + ["o.csv"]) == 66)
        try bench.write("tile,kind\ncard,pay\n", to: "t.csv")
        #expect(try code(swapped("bank/app/tiles.csv", "t.csv", asked) + ["o.csv"]) == 0, "a poor catalogue is a cold start")
        try bench.write("{}", to: "r/inputs.json")
        let damaged = try CommandRun.tessera(asked + ["d.csv"], in: bench.folder)
        #expect(damaged.code == 65 && damaged.talk.contains("inputs.json"), "\(damaged.code) \(damaged.talk)")
        #expect(!bench.exists("d.csv"))
    }
}
