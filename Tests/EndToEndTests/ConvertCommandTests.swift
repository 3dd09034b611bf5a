import Foundation
import Testing

/// `tessera convert`, as a person runs it.
@Suite struct ConvertCommandTests {
    static let judging = ["convert", "evaluate", "c", "--predictor", "p"] + AppBench.outcomes + AppBench.app

    @Test func decisionsBecomeAPredictorThatIsJudgedByOthers() throws {
        let bench = try AppBench.bench()
        let trained = try AppBench.require(AppBench.converting + ["p", "--threads", "1", "--json"], in: bench)
        let again = try AppBench.require(AppBench.converting + ["again", "--threads", "2", "--json"], in: bench)
        let summary = try trained.json()
        #expect(try again.json()["predictor_id"] as? String == summary["predictor_id"] as? String, "another predictor at two threads")
        let classes = try #require(summary["classes"] as? [String])
        #expect(classes.first == "none" && classes.count > 3)
        let card = try #require(summary["card"] as? [String: Any])
        #expect(card["decisions"] as? Int ?? 0 > 20 && (card["decisions"] as? Int ?? 0) + (summary["left_out"] as? Int ?? 0) == 129)

        // Every decision is scored, those of customers who are judged by, too.
        _ = try AppBench.require(AppBench.convertScoring + ["o.csv", "--threads", "1"], in: bench)
        let (header, rows) = try AppBench.rows(bench, "o.csv")
        #expect(header == ["decision_id", "offer"] + classes && rows.count == 129)
        let threshold = try #require(summary["threshold"] as? Double)
        for row in rows {
            let probabilities = row.dropFirst(2).map { Double($0)! }
            #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
            let best = probabilities.dropFirst().max()!
            let offered = best >= threshold ? classes[probabilities[1...].firstIndex(of: best)!] : ""
            #expect(row[1] == offered, "\(row)")
        }
        _ = try AppBench.require(AppBench.convertScoring + ["o.jsonl", "--threads", "2"], in: bench)
        let lines = try AppBench.lines(bench, "o.jsonl")
        #expect(lines.map { $0["decision_id"] as? String } == rows.map { $0[0] })
        for (line, row) in zip(lines, rows) {
            let probabilities = try #require(line["probabilities"] as? [String: Double])
            #expect(zip(classes, row.dropFirst(2)).allSatisfy { probabilities[$0] == Double($1) })
            #expect((line["offer"] as? String ?? "") == row[1])
        }
    }

    @Test func laterDecisionsOfOthersAreJudged() throws {
        let bench = try AppBench.bench()
        // Twenty days before the first decisions that judge, so that some are left whose horizon is over.
        let training = AppBench.converting.map { $0 == "2025-11-10" ? "2025-10-25" : $0 }
        _ = try AppBench.require(training + ["p"], in: bench)
        let judged = try AppBench.require(Self.judging + ["--json"], in: bench).json()
        let (decisions, left) = (judged["decisions"] as? Int ?? 0, judged["left_out"] as? Int ?? 0)
        let censored = judged["censored"] as? Int ?? 0
        #expect(decisions > 3 && left > decisions && decisions + left + censored == 129, "\(decisions) \(left) \(censored)")
        let outcomes = try #require(judged["outcomes"] as? [String: Int])
        #expect(outcomes.values.reduce(0, +) == decisions)
        let lift = try #require(judged["lift"] as? [[String: Any]])
        #expect(abs((lift.last?["captured"] as? Double ?? 0) - 1) < 1e-9)
        let shares = try #require((judged["class_shares"] as? [String: Any])?["auc"] as? [String: Double])
        #expect(shares["estimate"] == 0.5, "shares alone order nobody")
        let text = try AppBench.require(Self.judging + ["--until", "2025-12-01"], in: bench).output
        #expect(text.contains("micro F1 of products") && text.contains("whose horizon is not over") && text.contains("lift"))
        // A product that the predictor never heard of is something taken all the same, and a miss.
        let product = try #require(outcomes.filter { $0.key != "none" }.max { ($0.value, $1.key) < ($1.value, $0.key) })
        let applications = String(decoding: try bench.data("bank/app/applications.csv"), as: UTF8.self)
        try bench.write(applications.replacing(",\(product.key)\n", with: ",yacht\n"), to: "yachts.csv")
        let sailing = Self.judging.map { $0 == "bank/app/applications.csv" ? "yachts.csv" : $0 }
        let missed = try AppBench.require(sailing + ["--json"], in: bench)
        let missing = try missed.json()
        #expect(missed.talk.contains("applications are for products that the training did not know"), "\(missed.talk)")
        #expect(missing["unknown_product"] as? Int == product.value && judged["unknown_product"] as? Int == 0)
        let others = try #require(missing["outcomes"] as? [String: Int])
        #expect(others["(unknown)"] == product.value && others["none"] == outcomes["none"] && others[product.key] == nil)
        func estimate(_ study: [String: Any], _ metric: String) -> Double? {
            ((study["predictor"] as? [String: Any])?[metric] as? [String: Any])?["estimate"] as? Double
        }
        #expect(try #require(estimate(missing, "log_loss")) > #require(estimate(judged, "log_loss")))
        #expect(estimate(missing, "auc") == estimate(judged, "auc"), "any product is any product")
        let none = try CommandRun.tessera(Self.judging + ["--until", "2025-10-26"], in: bench.folder)
        #expect(none.code == 65, "\(none.code) \(none.talk)")
        let early = try CommandRun.tessera(Self.judging + ["--from", "2025-10-01"], in: bench.folder)
        #expect(early.code == 78, "\(early.code) \(early.talk)")
    }

    @Test func troubleHasItsCode() throws {
        let bench = try AppBench.bench()
        _ = try AppBench.require(AppBench.converting + ["p"], in: bench)
        func code(_ arguments: [String]) throws -> Int32 { try CommandRun.tessera(arguments, in: bench.folder).code }
        func swapped(_ from: String, _ to: String, _ command: [String]) -> [String] { command.map { $0 == from ? to : $0 } }
        #expect(try code(AppBench.converting + ["p"]) == 73)
        #expect(try code(swapped("bank/app/applications.csv", "none.csv", AppBench.converting) + ["n"]) == 66)
        #expect(try code(swapped("bank/app/applications.csv", "bank/app/customers.csv", AppBench.converting) + ["n"]) == 78)
        #expect(try code(swapped("2025-11-10", "2020-01-01", AppBench.converting) + ["n"]) == 65)
        try bench.write("head: forest\n", to: "bad.yaml")
        #expect(try code(swapped("p.yaml", "bad.yaml", AppBench.converting) + ["n"]) == 78)
        try bench.write("decision_id,customer_id\nd,c0000000\n", to: "d.csv")
        #expect(try code(swapped("bank/app/decisions.csv", "d.csv", AppBench.converting) + ["n"]) == 78)
        #expect(try code(swapped("bank/app/decisions.csv", "d.csv", AppBench.convertScoring) + ["o.csv"]) == 78)
        #expect(try code(AppBench.convertScoring + ["bank/app/decisions.csv"]) == 73)
        #expect(try code(swapped("p", "c", AppBench.convertScoring) + ["o.csv"]) == 66)
        #expect(!bench.exists("n") && !bench.exists("o.csv"))
    }
}
