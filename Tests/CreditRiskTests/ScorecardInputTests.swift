import CreditRisk
import Foundation
import SequenceKernel
import Testing

/// What a scorecard is given that cannot be, or not easily.
@Suite struct ScorecardInputTests {
    /// An outcome that was known before its decision is refused by line and counted; so are rows that are no rows.
    @Test func refusedRows() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        var outcomes = try String(contentsOfFile: "\(files.folder)/outcomes.csv", encoding: .utf8).split(separator: "\n").map(String.init)
        outcomes[1] = "a0,1,\(PlantedFiles.day(19_999))"
        outcomes[2] = "a1,2,\(PlantedFiles.day(21_000))"
        outcomes.append("stranger,1,\(PlantedFiles.day(21_000))")
        try files.write("outcomes.csv", outcomes.joined(separator: "\n") + "\n")
        var app = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8)
        app +=
            "a5,\(PlantedFiles.day(20_000)),pay,inf\na5,\(PlantedFiles.day(20_000)),pay,-1e300\na6,1000,home,nan\na6,900,home,\nx,5,home,\n"
        try files.write("app.csv", app)
        let data = try files.data(files.configuration())
        #expect(data.counts.refused == 4, "\(data.refusals)")
        #expect(data.refusals.contains { $0.description.contains("outcome was known before its decision") })
        #expect(data.refusals.contains { $0.description.contains("neither 0 nor 1") })
        #expect(data.counts.outcomesWithoutApplicant == 2 && data.counts.applicants == 299 && data.counts.withoutOutcome == 1)
        #expect(data.counts.tables.withoutApplicant["app", default: 0] > 1 && data.counts.tables.backwards["app", default: 0] > 0)
        #expect(!data.refusals.map(\.description).joined().contains("stranger"))
    }

    /// A column that is the outcome stops the training; asked to, it goes on and says so.
    @Test(arguments: ["framework", "huihen", "mgkd"]) func leaks(_ preset: String) throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300, extra: { _, isOverdue in isOverdue ? ",yes" : ",no" }, extraColumn: ",status")
        let configuration = try files.configuration(preset) { $0.applicants.categorical.append("status") }
        let refused = refusalMessage { _ = try files.train(configuration) }
        #expect(refused.contains("\"status\"") && refused.contains("--leaks warn"), "\(refused)")
        let card = try files.train(configuration, leaks: .warn)
        #expect(card.card.leaks?.columns == ["status"] && card.card.markdown.contains("\"status\""))
        let same = try files.configuration { $0.applicants.categorical.append("overdue") }
        #expect(refusalMessage { _ = try files.data(same) }.contains("the outcome is also a feature"))
    }

    @Test func oneClassOnly() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(200)
        let text = try String(contentsOfFile: "\(files.folder)/outcomes.csv", encoding: .utf8)
        try files.write("outcomes.csv", text.replacing(",1,", with: ",0,"))
        #expect(refusalMessage { _ = try files.train(files.configuration()) }.contains("all have the same outcome"))
        try files.fill(40)
        #expect(refusalMessage { _ = try files.train(files.configuration()) }.contains("50 or more"))
    }

    /// A student has no place for what is known later: not by name, not by a column.
    @Test func serviceIsRefused() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let configuration = try files.configuration("mgkd")
        #expect(
            refusalMessage { _ = try files.data(configuration, files: ["service": "\(files.folder)/service.csv"], training: false) }
                .contains("files.service: the table is known only after"))
        let app = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8)
        let wide = app.split(separator: "\n").enumerated().map { $0 == 0 ? "\($1),level" : "\($1),3" }.joined(separator: "\n")
        try files.write("app.csv", wide + "\n")
        #expect(refusalMessage { _ = try files.data(configuration, training: false) }.contains("level are known only after"))
        let early = try files.configuration("mgkd") { $0.stages?.outcomesFrom = 300 }
        #expect(refusalMessage { _ = try files.train(early) }.contains("outcomes begin to count"))
    }

    /// Amounts below zero are counted and not read, zero is an amount; a history of 100,000 behaviours is cut to the latest.
    @Test func oddHistories() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let decision = PlantedFiles.day(20_000)
        var app = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8)
        app += "a0,\(decision - 50),pay,-4\na0,\(decision - 40),pay,0\na0,\(decision - 30),pay,\na0,\(decision),home,\n"
        try files.write("app.csv", app)
        let configuration = try files.configuration("huihen")
        let card = try files.train(configuration)
        let counts = try card.unread(files.data(configuration, training: false))
        #expect(counts["money operations without an amount of 0 or more"] == 2 && counts["records at or after the decision"] == 1)
        try files.fill(300)
        for card in [card, try files.train(files.configuration())] {
            try files.write("applicants.csv", "customer,decided,age,channel\nlong,\(decision),40,web\n")
            try files.write(
                "app.csv", "customer,at,code,amount\n" + (1...100_000).map { "long,\(decision - $0 * 60),home,\n" }.joined())
            let long = try files.data(card.configuration, training: false)
            #expect(long.counts.tables.backwards["app"] == 99_999)
            let scores = try card.scores(long, pool: WorkerPool(threads: 1))
            #expect(scores.count == 1 && scores[0].probability > 0 && scores[0].probability < 1)
            let found = try CreditExplanation(card, long, customer: "long", most: 3, latest: 5, pool: WorkerPool(threads: 2))
            #expect(found.looked == 5 && found.records == 100_000)
        }
    }

    /// Configurations that cannot be meant.
    @Test func configurations() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        func refused(_ preset: String, _ word: String, _ change: (inout CreditConfiguration) -> Void) throws {
            let text = refusalMessage { try files.configuration(preset, change).validate() }
            #expect(text.contains(word), "\(text)")
        }
        try refused("framework", "neither a table nor") { $0.files["other"] = "x" }
        try refused("framework", "business.kind") { $0.business.kind = .perceptron }
        try refused("framework", "pointsToDouble") { $0.points.pointsToDouble = 0 }
        try refused("framework", "the outcome is also a feature") { $0.applicants.numeric.append("overdue") }
        try refused("huihen", "is no categorical field") { $0.behaviours?.code = "page" }
        try refused("huihen", "is of the device and of the product") { $0.groups.device = ["channel"] }
        try refused("huihen", "they are missing") { $0.behaviours = nil }
        try refused("mgkd", "there is no table") { $0.stages?.service = ["other"] }
        try refused("mgkd", "the window closes after") { $0.stages?.closes = 91 }
        #expect(refusalMessage { _ = try files.data(files.configuration()) }.contains("app.csv: cannot open"))
        try files.fill(60)
        #expect(
            refusalMessage { _ = try files.data(files.configuration { $0.files["app"] = nil }) }.contains("files.app: no file is given"))
    }
}
