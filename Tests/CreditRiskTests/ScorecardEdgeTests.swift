import CreditRisk
import Foundation
import SequenceKernel
import Testing

/// What a scorecard must not learn, must not show and must tell.
@Suite struct ScorecardEdgeTests {
    /// One for each use: a pool does one thing at a time, and tests run beside one another.
    private static var pool: WorkerPool { WorkerPool(threads: 2) }

    /// Microseconds of a day since 1970.
    private func time(_ day: Int) -> Int64 { Int64(PlantedFiles.day(day)) * 1_000_000 }

    private func train(
        _ files: PlantedFiles, _ configuration: CreditConfiguration, _ judges: CreditScorecard.Judges, warn: (String) -> Void = { _ in }
    ) throws -> CreditScorecard {
        try CreditScorecard.train(
            configuration, files.data(configuration), name: "edge", judges: judges, pool: Self.pool, warn: warn)
    }

    private func scores(_ files: PlantedFiles, _ card: CreditScorecard) throws -> [Float] {
        try card.scores(files.data(card.configuration, training: false), reasons: 0, pool: Self.pool).map(\.probability)
    }

    /// Rows of a file, changed one by one, with the number of each applicant.
    private func rewrite(_ files: PlantedFiles, _ name: String, _ change: (Int, [String]) -> [String]) throws {
        let lines = try String(contentsOfFile: "\(files.folder)/\(name)", encoding: .utf8).split(separator: "\n")
        let rows = lines.dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return change(Int(fields[0].dropFirst())!, fields).joined(separator: ",")
        }
        try files.write(name, ([String(lines[0])] + rows).joined(separator: "\n") + "\n")
    }

    /// Outcomes are known 200 days after decisions of 300 days: at the boundary those of the first 80 days were. The others teach nothing, not
    /// even where they say the opposite, unless that is asked for; and what is left has to be enough.
    @Test func outcomesKnownLater() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        let configuration = try files.configuration()
        let judges = CreditScorecard.Judges(before: time(20_280))
        var warnings: [String] = []
        let card = try train(files, configuration, judges) { warnings.append($0) }
        let sentence = "320 applicants decided before 2025-07-11, whose outcome was known only later, taught nothing."
        #expect(card.card.limits.contains(sentence) && warnings.contains(sentence) && card.card.markdown.contains(sentence))
        #expect(card.card.parts.prefix(3).reduce(0) { $0 + $1.applicants } == 160 && card.card.settings["before"] == "2025-07-11")
        #expect(!card.card.limits.contains { $0.contains("became known only after the boundary") })
        let before = try scores(files, card)

        let later = try train(files, configuration, .init(before: time(20_280), knownLater: true)) { warnings.append($0) }
        #expect(later.card.parts.prefix(3).reduce(0) { $0 + $1.applicants } == 480 && !later.card.limits.contains(sentence))
        #expect(later.card.limits.contains { $0.contains("320 outcomes became known only after the boundary") })
        #expect(warnings.contains { $0.contains("320 outcomes became known only after the boundary") })

        let refused = refusalMessage { _ = try train(files, configuration, .init(before: time(20_210))) }
        #expect(
            refused.contains("20 with a known outcome are left") && refused.contains("390 more") && refused.contains("--known-later"),
            "\(refused)")

        try rewrite(files, "outcomes.csv") { number, row in
            (80..<280).contains(number % 300) ? [row[0], row[1] == "1" ? "0" : "1", row[2]] : row
        }
        #expect(try scores(files, train(files, configuration, judges)) == before)
        #expect(try scores(files, train(files, configuration, .init(before: time(20_280), knownLater: true))) != scores(files, later))
    }

    /// Outcomes whose time is not told teach, and the card says how many.
    @Test func untoldOutcomeTimes() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        try rewrite(files, "outcomes.csv") { number, row in number < 60 ? [row[0], row[1], ""] : row }
        let card = try train(files, files.configuration(), .init(before: time(20_280)))
        #expect(
            card.card.limits.contains("Of 60 applicants learnt from it is not told when their outcome became known: they taught."),
            "\(card.card.limits)")
        let none = try train(files, files.configuration { $0.applicants.outcomeTime = nil }, .init(before: time(20_280)))
        #expect(none.card.limits.contains { $0.hasPrefix("Of 480 applicants learnt from it is not told") })
    }

    /// Without those who taught nobody can say who they were: a file without the training's decisions does not judge.
    @Test func fileWithoutTheTraining() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        let configuration = try files.configuration()
        let card = try train(files, configuration, .init(before: time(20_280)))
        #expect(try CreditStudy.judged(card, files.data(configuration), pool: Self.pool).study.applicants == 20)
        let lines = try String(contentsOfFile: "\(files.folder)/applicants.csv", encoding: .utf8).split(separator: "\n")
        let later = lines.dropFirst().filter { Int($0.split(separator: ",")[1])! >= PlantedFiles.day(20_280) }
        try files.write("applicants.csv", ([lines[0]] + later).joined(separator: "\n") + "\n")
        let refused = refusalMessage { _ = try CreditStudy.judged(card, files.data(configuration), pool: Self.pool) }
        #expect(refused.contains("no decision lies before the training's boundary"), "\(refused)")
    }

    /// Applicants of former days who were set aside, decided after the boundary or whose outcome was known only later teach nothing: with the
    /// opposite outcomes the scores are the same. The others teach.
    @Test func oldApplicantsKeepToTheBoundary() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(500)
        var random = RandomSource(9, 0x01D)
        var applicants = "customer,decided,age,channel\n", outcomes = "customer,overdue,known\n"
        for number in 0..<240 {
            let isOverdue = random.uniform() < 0.4, decision = number < 180 ? 19_000 + number : 20_281 + number
            applicants += "o\(number),\(PlantedFiles.day(decision)),\(20 + random.below(40) + (isOverdue ? 9 : 0)),web\n"
            outcomes += "o\(number),\(isOverdue ? 1 : 0),\(PlantedFiles.day((120..<180).contains(number) ? 20_280 : decision + 90))\n"
        }
        try files.write("old.csv", applicants)
        try files.write("oldOutcomes.csv", outcomes)
        let configuration = try files.configuration("huihen") {
            $0.files["oldApplicants"] = "old.csv"
            $0.files["oldOutcomes"] = "oldOutcomes.csv"
            $0.huihen.preTrainingEpochs = 3
        }
        let judges = CreditScorecard.Judges(share: 0.3, before: time(20_280))
        let old = try files.data(
            files.configuration(), files: ["applicants": "\(files.folder)/old.csv", "outcomes": "\(files.folder)/oldOutcomes.csv"]
        ).examples
        let teaches = Set(
            old.customers.indices.filter { number in number < 120 && !judges.holds(old.customers[number]) })
        #expect((60..<110).contains(teaches.count))
        let card = try train(files, configuration, judges), before = try scores(files, card)
        let late = (120..<180).count { !judges.holds(old.customers[$0]) }
        #expect(card.card.limits.contains { $0.hasPrefix("\(late) applicants of former days decided before 2025-07-11") })
        let setAside = (0..<180).count { judges.holds(old.customers[$0]) } + 60
        #expect(card.card.limits.contains { $0.hasPrefix("\(setAside) applicants of former days taught nothing") })
        func flipped(_ chosen: (Int) -> Bool) throws -> [Float] {
            try files.write("oldOutcomes.csv", outcomes)
            try rewrite(files, "oldOutcomes.csv") { number, row in
                chosen(number) ? [row[0], row[1] == "1" ? "0" : "1", row[2]] : row
            }
            return try scores(files, train(files, configuration, judges))
        }
        #expect(try flipped { !teaches.contains($0) } == before)
        #expect(try flipped(teaches.contains) != before)
    }

    /// A code that only those show who did not teach is unknown to the network, and counted; with rules of a file and without.
    @Test(arguments: [true, false]) func vocabularyOfTheLearnt(_ hasRules: Bool) throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let configuration = try files.configuration("huihen") {
            if !hasRules { $0.files["operations"] = nil }
        }
        let judges = CreditScorecard.Judges(share: 0.3)
        let examples = try files.data(configuration).examples
        let heldBack = examples.customers.indices.filter { judges.holds(examples.customers[$0]) }
        var app = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8)
        for number in heldBack { app += "\(examples.keys[number]),\(examples.decisions[number] / 1_000_000 - 60),strange,\n" }
        try files.write("app.csv", app)
        let rules = try String(contentsOfFile: "\(files.folder)/operations.csv", encoding: .utf8)
        try files.write("operations.csv", rules + "strange,strange,itemClick\n")
        let card = try train(files, configuration, judges)
        let unread = try card.unread(files.data(configuration, training: false))
        #expect(heldBack.count > 50 && unread["behaviours of codes that no rule names"] == heldBack.count, "\(unread)")
    }

    /// One time that is not told leaves the other applicants' to be checked; those that could not be are told.
    @Test func teachersCheckEveryRow() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        try rewrite(files, "outcomes.csv") { number, row in number < 90 ? [row[0], row[1], ""] : row }
        let early = try files.configuration("mgkd") { $0.stages?.outcomesFrom = 300 }
        #expect(refusalMessage { _ = try files.train(early) }.contains("outcomes begin to count"))
        let card = try train(files, files.configuration("mgkd"), .init())
        #expect(card.card.limits.contains { $0.hasPrefix("Of 90 applicants learnt from") && $0.contains("it was not checked") })
        try files.fill(300)
        let whole = try train(files, files.configuration("mgkd"), .init())
        #expect(!whole.card.limits.contains { $0.contains("it was not checked") })
    }

    /// Records beyond the most that are kept are counted, of both stages.
    @Test func crowdedOut() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let configuration = try files.configuration("mgkd") { $0.mgkd.longestRecords = 3 }
        let card = try files.train(configuration)
        let rows = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8).split(separator: "\n").dropFirst()
        let counts = Dictionary(grouping: rows) { $0.split(separator: ",")[0] }.mapValues(\.count)
        let wanted = counts.values.reduce(0) { $0 + max(0, $1 - 3) }
        let unread = try card.unread(files.data(configuration, training: false))
        #expect(wanted > 300 && unread["records crowded out by later ones"] == wanted, "\(unread)")
        // Four records of the service each.
        #expect(try card.unread(files.data(configuration))["records of the service crowded out by later ones"] == 300)
    }

    /// A service that was granted ten days later is read ten days longer, and its outcome counts ten days later.
    @Test func windowFromTheGrant() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        var service = "customer,at,operation,level\n", loans = "customer,granted,sum\n"
        for number in 0..<300 {
            let decision = 20_000 + number % 300
            service +=
                "a\(number),\(PlantedFiles.day(decision + 20)),in,4\na\(number),\(PlantedFiles.day(decision + 95)),out,\(number % 9)\n"
            // One loan was never granted.
            if number > 0 { loans += "a\(number),\(PlantedFiles.day(decision + 10)),5\n" }
        }
        try files.write("service.csv", service)
        try files.write("loans.csv", loans)
        func configuration(granted: Bool, outcomesFrom: Int = 90) throws -> CreditConfiguration {
            try files.configuration("mgkd") {
                $0.stages?.outcomesFrom = outcomesFrom
                guard granted else { return }
                var table = FrameworkConfiguration.Table(name: "loans", key: "customer", time: "granted")
                table.numeric = ["sum"]
                $0.tables.append(table)
                $0.files["loans"] = "loans.csv"
                $0.stages?.granted = "loans"
            }
        }
        let key = "records of the service outside its window"
        let own = try configuration(granted: true), card = try train(files, own, .init())
        #expect(try card.unread(files.data(own))[key] == 1)
        #expect(card.card.limits.contains { $0.hasPrefix("1 applicants learnt from have no record in \"loans\"") })
        #expect(!card.card.columns.contains { $0.contains("loans") } && !card.configuration.tablesBefore.contains { $0.name == "loans" })
        let plain = try configuration(granted: false)
        #expect(try train(files, plain, .init()).unread(files.data(plain))[key] == 300)
        // Known after 200 days: within 195 of the decision, not of the grant.
        _ = try train(files, configuration(granted: false, outcomesFrom: 195), .init())
        #expect(
            refusalMessage { _ = try train(files, configuration(granted: true, outcomesFrom: 195), .init()) }.contains(
                "outcomes begin to count"))
        var wrong = own
        wrong.stages?.granted = "contracts"
        #expect(refusalMessage { try wrong.validate() }.contains("stages.granted"))
        wrong.stages?.granted = "service"
        #expect(refusalMessage { try wrong.validate() }.contains("a table of the service, too"))
        #expect(
            refusalMessage { _ = try files.data(own, files: ["loans": "\(files.folder)/loans.csv"], training: false) }.contains(
                "files.loans"))
    }

    /// A grant after the key's next decision is that decision's: the one before has none. What grants nothing is counted.
    @Test func grantsBelongToTheirDecision() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        var loans = "customer,granted\n"
        // The last applies under the key of the first, 299 days later; the first was never granted anything.
        for number in 1..<300 { loans += "a\(number == 299 ? 0 : number),\(PlantedFiles.day(20_000 + number + 1))\n" }
        loans += "a5,\(PlantedFiles.day(20_090))\na6,\(PlantedFiles.day(19_990))\n"
        try files.write("loans.csv", loans)
        try files.joinOutcomes(applying: "a299", as: "a0")
        let configuration = try files.configuration("mgkd") {
            $0.files["outcomes"] = nil
            $0.tables.append(FrameworkConfiguration.Table(name: "loans", key: "customer", time: "granted"))
            $0.files["loans"] = "loans.csv"
            $0.stages?.granted = "loans"
        }
        let card = try train(files, configuration, .init())
        #expect(card.card.limits.contains { $0.hasPrefix("1 applicants learnt from have no record in \"loans\"") }, "\(card.card.limits)")
        let unread = try card.unread(files.data(configuration))
        // The second of a5 and the early one of a6.
        #expect(unread["records of grants that granted nothing to these applicants"] == 2, "\(unread)")
    }

    /// Where grants are told, a decision does not read the service of the next one on its key.
    @Test func serviceOfTheNextDecision() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        var (loans, service) = ("customer,granted\n", "customer,at,operation,level\n")
        for number in 0..<300 {
            // The last applies under the key of the one 20 days before, who was granted nothing.
            if number != 279 { loans += "a\(number == 299 ? 279 : number),\(PlantedFiles.day(20_000 + number + 1))\n" }
            service += "a\(number == 299 ? 279 : number),\(PlantedFiles.day(20_000 + number + 5)),in,\(number % 9)\n"
        }
        try files.write("loans.csv", loans)
        try files.write("service.csv", service)
        try files.joinOutcomes(applying: "a299", as: "a279")
        func configuration(granted: Bool) throws -> CreditConfiguration {
            try files.configuration("mgkd") {
                $0.files["outcomes"] = nil
                guard granted else { return }
                $0.tables.append(FrameworkConfiguration.Table(name: "loans", key: "customer", time: "granted"))
                $0.files["loans"] = "loans.csv"
                $0.stages?.granted = "loans"
            }
        }
        let key = "records of the service outside its window"
        let told = try configuration(granted: true), untold = try configuration(granted: false)
        // The earlier record lies before the later decision in both.
        #expect(try train(files, told, .init()).unread(files.data(told))[key] == 2)
        #expect(try train(files, untold, .init()).unread(files.data(untold))[key] == 1)
    }

    /// Of a field of many values the commonest have columns, and all others one.
    @Test func manyValues() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        var app = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8)
        for number in 0..<300 {
            for value in 0..<24 where number >= value * 8 {
                app += "a\(number),\(PlantedFiles.day(20_000 + number % 300) - 9),v\(value),\n"
            }
        }
        try files.write("app.csv", app)
        let columns = try train(files, files.configuration(), .init()).card.columns
        // Five codes are planted, and v0 to v14 are had by most.
        #expect(columns.count { $0.hasPrefix("app: records with code ") } == 20, "\(columns)")
        #expect(columns.contains("app: records with code v0") && !columns.contains("app: records with code v23"))
        #expect(columns.contains("app: records with code, other"))
    }

    /// Values that few customers have are in no column and no reason, whoever has them.
    @Test func rareValuesArePooled() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        var app = try String(contentsOfFile: "\(files.folder)/app.csv", encoding: .utf8)
        for number in 0..<9 {
            for second in 1..<20 { app += "a\(number),\(PlantedFiles.day(20_000 + number) - second),rare\(number % 2),\n" }
        }
        try files.write("app.csv", app)
        let configuration = try files.configuration()
        #expect(configuration.business.leastCustomers == 10)
        let card = try train(files, configuration, .init())
        #expect(card.card.columns.contains("app: records with code late") && card.card.columns.contains("app: records with code, other"))
        #expect(!card.card.columns.joined().contains("rare"))
        let all = try train(files, files.configuration { $0.business.leastCustomers = 1 }, .init())
        #expect(all.card.columns.contains { $0.contains("rare") } && !all.card.columns.contains { $0.hasSuffix(", other") })
        // The folder says so, too.
        try card.write(to: "\(files.folder)/model")
        let read = try CreditScorecard("\(files.folder)/model")
        #expect(try scores(files, read) == scores(files, card))
        #expect(
            refusalMessage { try files.configuration { $0.business.leastCustomers = 0 }.validate() }.contains("business.leastCustomers"))
    }

    /// What a file does not say.
    @Test func defaults() throws {
        let text = #"{"tables": [{"name": "app", "key": "k", "time": "at"}]}"#
        let configuration = try JSONDecoder().decode(CreditConfiguration.self, from: Data(text.utf8))
        #expect(configuration.business.kind == .boostedTrees && configuration.business.leastCustomers == 10)
        #expect(configuration.business.folds == 3 && configuration.business.seeds == 3 && configuration.calibration == .platt)
    }
}
