import CreditRisk
import Evaluation
import Foundation
import SequenceKernel
import Testing

/// A scorecard from raw files to points, reasons and judgement.
@Suite struct ScorecardTests {
    /// What is planted in the records is found by customers who did not teach, and scores are the same at any number of threads.
    @Test(arguments: ["framework", "huihen", "mgkd"]) func learnsFromRecords(_ preset: String) throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        let configuration = try files.configuration(preset)
        let one = try files.train(configuration, threads: 1), two = try files.train(configuration, threads: 2)
        let pool = WorkerPool(threads: 2)
        let data = try files.data(configuration, training: false)
        let scores = try one.scores(data, pool: pool)
        #expect(try two.scores(data, pool: WorkerPool(threads: 1)) == scores)
        #expect(scores.count == 500 && scores.allSatisfy { (0...1).contains($0.probability) && $0.reasons.count <= 4 })
        // The more points, the less risk.
        #expect(scores.allSatisfy { abs($0.points - Int(try! PointsScale().score(Double($0.probability)).rounded())) == 0 })

        let (study, leftOut) = try CreditStudy.judged(one, files.data(configuration), pool: pool)
        #expect(
            study.rows.map(\.name) == [
                "scorecard", "sequences alone", "without sequences", "logistic regression", "perceptron", "random forest",
            ])
        // Two records in five tell the outcome in three cases of four, and so does the age a little; 0.5 is chance.
        #expect(study.rows[0].metrics.discrimination.auc.estimate > 0.7)
        #expect(study.applicants + leftOut == 500 && (100...200).contains(study.applicants))
        #expect(study.rows.dropFirst().allSatisfy { $0.comparison != nil } && study.rows[0].comparison == nil)
        // The card says the same of the same applicants.
        #expect(one.card.metrics["scorecard"] == study.rows[0].metrics)
        #expect(one.card.parts.map(\.name) == ["learnt from", "validation", "calibration", "judged"])
        #expect(one.card.parts.reduce(0) { $0 + $1.applicants } == 500)
        let text = one.card.markdown
        #expect(text.contains("| judged |") && text.contains("## What it must not be taken for") && !text.contains("a17"))
    }

    /// Outcomes are not needed to score, nor known categories and codes, nor records, nor the tables of the service.
    @Test(arguments: ["framework", "huihen", "mgkd"]) func scoresPeopleNeverSeen(_ preset: String) throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(400)
        let card = try files.train(files.configuration(preset))
        for name in ["outcomes.csv", "service.csv", "operations.csv"] {
            try FileManager.default.removeItem(atPath: "\(files.folder)/\(name)")
        }
        let decision = PlantedFiles.day(21_000)
        try files.write("applicants.csv", "customer,decided,age,channel\nnew,\(decision),,moon\nempty,\(decision),31,web\n")
        try files.write("app.csv", "customer,at,code,amount\nnew,\(decision - 9),strange,\nnew,\(decision - 5),pay,7\n")
        let data = try files.data(card.configuration, training: false)
        let scores = try card.scores(data, reasons: 2, pool: WorkerPool(threads: 1))
        #expect(scores.map(\.customer) == ["new", "empty"] && scores.allSatisfy { $0.probability > 0 && $0.probability < 1 })
        #expect(try card.unread(data)["applicants without records that are read"] == 1)
        let table = CreditScorecard.table(scores, key: "customer", 2).split(separator: "\n")
        #expect(table[0] == "customer,probability,points,reason_1,reason_2" && table.count == 3)
    }

    /// An applicant is explained by what is in the tables: the planted records speak against, and without them the score is lower.
    @Test func explains() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        let configuration = try files.configuration { $0.business.kind = .logisticRegression }
        let card = try files.train(configuration)
        let data = try files.data(configuration), pool = WorkerPool(threads: 2)
        let riskiest = try CreditStudy.riskiest(card, data, pool: pool)
        #expect(riskiest.tables.first?.name == "app" && riskiest.tables[0].effect > 0)
        let worst = try #require(riskiest.events.max { $0.effect < $1.effect })
        #expect(worst.fields["code"] == "late" && worst.effect > 0 && worst.days > 0)
        #expect(riskiest.events.count <= 8 && riskiest.looked == riskiest.records && riskiest.models == 2)
        #expect(riskiest.reasons.allSatisfy { $0.points > 0 && $0.agreement >= 0.5 })
        let own = try CreditExplanation(card, data, customer: riskiest.customer, most: 3, latest: 2, pool: pool)
        #expect(own.probability == riskiest.probability && own.events.count <= 2 && own.looked == min(2, riskiest.records))
        let score = try card.scores(data, pool: pool).first { $0.customer == riskiest.customer }
        #expect(score.map { Double($0.probability) } == riskiest.probability && score?.points == riskiest.points)
        #expect(throws: ScorecardError.noSuchApplicant) { try CreditExplanation(card, data, customer: "nobody", pool: pool) }
    }

    /// Customers set aside are told by their ids; where none were, later newcomers judge, or nobody does.
    @Test func judges() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        let configuration = try files.configuration(), data = try files.data(configuration), pool = WorkerPool(threads: 2)
        let none = try files.train(configuration, judges: 0)
        #expect(none.card.metrics.isEmpty && none.card.limits.contains { $0.contains("Nobody was set aside") })
        #expect(throws: ScorecardError.self) { try CreditStudy.judged(none, data, pool: pool) }
        let boundary = Int64(PlantedFiles.day(20_200)) * 1_000_000
        let early = try CreditScorecard.train(
            configuration, data, name: "early", judges: .init(before: boundary, knownLater: true), pool: pool)
        let (study, _) = try CreditStudy.judged(early, data, pool: pool)
        // Decisions fall on 300 days, one after the other: those from the 200th on are of 100 people.
        #expect(study.applicants == 100 && early.card.parts.last?.applicants == study.applicants)
        #expect(early.card.limits.contains { $0.contains("became known only after the boundary") })
        #expect(throws: ScorecardError.self) { try CreditStudy.judged(early, data, from: boundary - 1, pool: pool) }
    }

    /// The caller may stop it.
    @Test func stops() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let configuration = try files.configuration()
        var calls = 0
        #expect(throws: (any Error).self) {
            try CreditScorecard.train(
                configuration, files.data(configuration), name: "stopped", pool: WorkerPool(threads: 1),
                progress: { _ in
                    calls += 1
                    return calls < 5
                })
        }
        #expect(calls == 5)
    }
}
