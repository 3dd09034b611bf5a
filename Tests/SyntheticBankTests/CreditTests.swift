import FoundationEssentials
import SyntheticBank
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files of applicants, read back.
struct CreditFiles {
    /// One row of `truth/credit.csv` with the applicant's outcome.
    struct Applicant {
        var id: Substring
        var isOverdue: Bool
        /// With everything, before the service, with profile and app, with the profile: NaN where the cell is empty.
        var given: [Double]
        /// By ``CreditSignal``.
        var signals: [Double]
    }

    var applicants: [Applicant] = []
    var old: [Applicant] = []

    init(_ scratch: Scratch, _ folder: String = "out") throws {
        var outcomes: [Substring: Bool] = [:]
        for file in ["outcomes", "old_outcomes"] {
            for row in try scratch.rows("\(folder)/credit/\(file).csv").dropFirst() { outcomes[row[0]] = row[3] == "1" }
        }
        let rows = try scratch.rows("\(folder)/truth/credit.csv")
        try #require(rows[0].dropFirst(5).map(String.init) == CreditSignal.allCases.map(\.name))
        for row in rows.dropFirst() {
            let numbers = row.dropFirst().map { Double($0) ?? .nan }
            let applicant = Applicant(
                id: row[0], isOverdue: try #require(outcomes[row[0]] as Bool?), given: Array(numbers.prefix(4)),
                signals: Array(numbers.dropFirst(4)))
            if row[0].hasPrefix("a") { applicants.append(applicant) } else { old.append(applicant) }
        }
    }

    func signal(_ signal: CreditSignal) -> [Double] { applicants.map { $0.signals[signal.rawValue] } }

    /// Log of the odds with everything known.
    var logOdds: [Double] { applicants.map { log($0.given[0] / (1 - $0.given[0])) } }

    /// A bank of one visitor, and applicants with a small sample behind their truth.
    static func configuration(_ applicants: Int, _ change: (inout CreditAssumptions) -> Void = { _ in }) -> BankConfiguration {
        var configuration = BankConfiguration(visitors: 1)
        (configuration.formats, configuration.computesReference, configuration.app.futures) = ([.csv], false, 1)
        var credit = CreditAssumptions(applicants: applicants)
        credit.sample = 2048
        change(&credit)
        configuration.credit = credit
        return configuration
    }

    static func simulate(
        _ scratch: Scratch, _ applicants: Int, seed: UInt64 = 3, in folder: String = "out",
        _ change: (inout CreditAssumptions) -> Void = { _ in }
    ) throws -> BankSimulation.Credit {
        let simulation = try BankSimulation(configuration: configuration(applicants, change), seed: seed)
        return try #require(try simulation.write(to: "\(scratch.path)/\(folder)").credit)
    }
}

func correlation(_ first: [Double], _ second: [Double]) -> Double {
    let count = Double(first.count)
    let means = (first.reduce(0, +) / count, second.reduce(0, +) / count)
    var (product, squares) = (0.0, (0.0, 0.0))
    for (a, b) in zip(first, second) {
        product += (a - means.0) * (b - means.1)
        squares = (squares.0 + (a - means.0) * (a - means.0), squares.1 + (b - means.1) * (b - means.1))
    }
    return product / (squares.0 * squares.1).squareRoot()
}

/// Distances are counted in standard deviations: 4.5 of them are met once in 150,000 comparisons.
@Suite("Applicants of the simulated bank")
struct CreditTests {
    private static let bound = 4.5
    static let files = [
        "applicants", "behaviours", "operations", "bureau", "statements", "loans", "service", "outcomes", "old_applicants", "old_outcomes",
    ].map { "credit/\($0).csv" }

    @Test("Truth is met by outcomes: as a mean, in each fifth, and by whatever is known")
    func calibration() throws {
        let scratch = try Scratch()
        let summary = try CreditFiles.simulate(scratch, 12_000) { $0.sample = 16_384 }
        let files = try CreditFiles(scratch)
        #expect(summary.overdue == files.applicants.count(where: \.isOverdue) && files.old.count == 24_000)
        var aucs: [Double] = []
        for known in 0..<4 {
            let sorted = files.applicants.sorted { $0.given[known] < $1.given[known] }
            for fifth in 0..<6 {
                let part = fifth == 5 ? sorted[...] : sorted[(fifth * 2400)..<(fifth * 2400 + 2400)]
                let expected = part.reduce(0) { $0 + $1.given[known] }
                let variance = part.reduce(0) { $0 + $1.given[known] * (1 - $1.given[known]) }
                let overdue = Double(part.count(where: \.isOverdue))
                // What is averaged over a sample is uncertain by itself, as its setting says; twice that is allowed.
                let allowance = known < 2 ? 0 : 0.02 * expected
                #expect(
                    abs(overdue - expected) < Self.bound * variance.squareRoot() + allowance, "\(known), \(fifth): \(overdue), \(expected)")
            }
            // Mean rank of those overdue (Mann and Whitney).
            let ranks = sorted.indices.filter { sorted[$0].isOverdue }
            let count = Double(ranks.count)
            let sum = ranks.reduce(0.0) { $0 + Double($1) } - count * (count - 1) / 2
            aucs.append(sum / count / (Double(sorted.count) - count))
        }
        // Deviation of an AUC here: 0.007.
        for (auc, range) in zip(aucs, [0.81...0.88, 0.785...0.85, 0.765...0.83, 0.67...0.74]) { #expect(range.contains(auc), "\(aucs)") }
        #expect(aucs == aucs.sorted(by: >))
        let expected = files.old.reduce(0) { $0 + $1.given[3] }
        let variance = files.old.reduce(0) { $0 + $1.given[3] * (1 - $1.given[3]) }
        let overdue = Double(files.old.count(where: \.isOverdue))
        #expect(abs(overdue - expected) < Self.bound * variance.squareRoot())
        #expect(files.old.allSatisfy { $0.given[0].isNaN && $0.given[2].isNaN })
    }

    @Test("As many fall overdue as were asked for")
    func rates() throws {
        let scratch = try Scratch()
        for (rate, old) in [(0.03, 0.2), (0.3, 0.05)] {
            let folder = "\(rate)"
            _ = try CreditFiles.simulate(scratch, 5000, in: folder) { credit in
                (credit.defaultRate, credit.oldDefaultRate, credit.oldPerApplicant) = (rate, old, 1)
            }
            let files = try CreditFiles(scratch, folder)
            for (people, asked) in [(files.applicants, rate), (files.old, old)] {
                let share = Double(people.count(where: \.isOverdue)) / 5000
                // The bound itself is found on a small sample.
                #expect(abs(share - asked) < Self.bound * (asked * (1 - asked) / 5000).squareRoot() + 0.05 * asked, "\(share) of \(asked)")
            }
        }
    }

    /// Twice the same applicants: every other strength is 0 the first time, and the rest the second time.
    @Test("A strength of 0 takes its signal's effect away, and no row of the files with it")
    func strengths() throws {
        let scratch = try Scratch()
        let settings: [(CreditSignal, WritableKeyPath<CreditAssumptions, Double>, sign: Double)] = [
            (.hesitation, \.hesitationStrength, 1), (.productHabit, \.productHabitStrength, -1), (.intention, \.intentionStrength, 1),
            (.routine, \.routineStrength, -1), (.monthEnd, \.monthEndStrength, 1), (.weekend, \.weekendStrength, -1),
            (.order, \.orderStrength, 1), (.amounts, \.amountStrength, 1), (.refusedQueries, \.refusedQueryStrength, 1),
            (.missingBalances, \.missingBalanceStrength, 1), (.utilisation, \.utilisationStrength, 1), (.service, \.serviceStrength, 1),
        ]
        let count = 6000
        let chance = Self.bound / Double(count).squareRoot()
        for lot in 0...1 {
            _ = try CreditFiles.simulate(scratch, count, in: "\(lot)") { credit in
                for (place, setting) in settings.enumerated() where place % 2 == lot { credit[keyPath: setting.1] = 0 }
            }
            let files = try CreditFiles(scratch, "\(lot)")
            // The service shows what disposes an applicant whether or not it counts; that it adds nothing is seen below.
            for (place, setting) in settings.enumerated() where lot == 0 || setting.0 != .service {
                let effect = setting.sign * correlation(files.signal(setting.0), files.logOdds)
                if place % 2 == lot { #expect(abs(effect) < chance, "\(setting.0)") } else { #expect(effect > chance, "\(setting.0)") }
            }
            // What foretells the service counts as far as the service does.
            let foretold = correlation(files.signal(.foretelling), files.logOdds)
            #expect(lot == 1 ? abs(foretold) < chance : foretold > chance)
            if lot == 1 { for applicant in files.applicants { #expect(abs(applicant.given[0] - applicant.given[1]) < 2e-6) } }
        }
        for file in Self.files where !file.hasSuffix("outcomes.csv") && !file.hasSuffix("service.csv") {
            #expect(try scratch.text("0/" + file) == scratch.text("1/" + file), "\(file)")
        }
    }

    @Test("A profile without strength is worth nothing, and a service that nothing foretells is not foretold")
    func profileAndService() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 3000, in: "none") { ($0.profileStrength, $0.foreseen, $0.shown) = (0, 0, 0) }
        let files = try CreditFiles(scratch, "none")
        #expect(Set(files.applicants.map { $0.given[3] }).count == 1)
        let chance = Self.bound / 3000.0.squareRoot()
        #expect(abs(correlation(files.signal(.foretelling), files.signal(.service))) < chance)
        #expect(abs(correlation(files.signal(.foretelling), files.logOdds)) < chance)
        #expect(correlation(files.signal(.service), files.logOdds) > chance)
        _ = try CreditFiles.simulate(scratch, 3000, in: "all") { ($0.foreseen, $0.shown) = (1, 0) }
        // The deviation of the service is 1 beside that of what foretells it, so that everything is known before but for what is cut to cents.
        for applicant in try CreditFiles(scratch, "all").applicants { #expect(abs(applicant.given[0] - applicant.given[1]) < 1e-3) }
    }

    @Test("The same seed gives the same bytes, and fewer applicants the beginning of the files of more")
    func bytes() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 300, in: "once")
        _ = try CreditFiles.simulate(scratch, 300, in: "again")
        _ = try CreditFiles.simulate(scratch, 200, in: "fewer")
        _ = try CreditFiles.simulate(scratch, 300, seed: 4, in: "other")
        for file in Self.files + ["truth/credit.csv"] {
            let once = try scratch.text("once/" + file)
            #expect(try once == scratch.text("again/" + file), "\(file)")
            if file == "credit/operations.csv" { continue }
            #expect(try once != scratch.text("other/" + file), "\(file)")
            if file != "truth/credit.csv" { #expect(try once.hasPrefix(scratch.text("fewer/" + file)), "\(file)") }
        }
        let sizes = try ["applicants", "old_applicants", "outcomes"].map { try scratch.rows("once/credit/\($0).csv").count }
        #expect(sizes == [301, 601, 301])
    }

    @Test("Applicants change nothing of the rest of the bank, and a bank without them has nothing of them")
    func apart() throws {
        let scratch = try Scratch()
        var with = CreditFiles.configuration(5)
        with.visitors = 40
        var without = with
        without.credit = nil
        let first = try BankSimulation(configuration: with, seed: 3).write(to: scratch.path + "/with")
        var second = try BankSimulation(configuration: without, seed: 3).write(to: scratch.path + "/without")
        #expect(second.credit == nil && first.credit?.applicants == 5)
        second.credit = first.credit
        #expect(first == second)
        let all = FileManager.default
        let files = try all.subpathsOfDirectory(atPath: scratch.path + "/without").filter { $0.contains(".") }
        #expect(files.count > 12 && !files.contains { $0.contains("credit") })
        for file in files where file != "configuration.json" && file != "README.txt" {
            #expect(try scratch.text("with/" + file) == scratch.text("without/" + file), "\(file)")
        }
        for file in ["README.txt", "configuration.json"] { #expect(try !scratch.text("without/" + file).contains("credit")) }
        let notice = try scratch.text("with/README.txt")
        #expect(try notice.hasPrefix(scratch.text("without/README.txt")) && notice.contains("SYNTHETIC"))
        for file in Self.files { #expect(notice.contains("  " + file.dropFirst(7)), "\(file)") }
        for signal in CreditSignal.allCases { #expect(notice.contains(signal.name)) }
    }

    @Test("A recipe with applicants is read back, one from before there were any has none")
    func recipes() throws {
        for configuration in [CreditFiles.configuration(7), BankConfiguration()] {
            let data = try JSONEncoder().encode(configuration)
            #expect(try JSONDecoder().decode(BankConfiguration.self, from: data) == configuration)
            #expect(String(decoding: data, as: UTF8.self).contains("credit") == (configuration.credit != nil))
        }
    }

    @Test("Assumptions no bank can have are refused by field")
    func configuration() {
        let changes: [(String, (inout BankConfiguration) -> Void)] = [
            ("credit.applicants", { $0.credit?.applicants = 0 }), ("credit.defaultRate", { $0.credit?.defaultRate = 0 }),
            ("credit.foreseen", { $0.credit?.foreseen = 1.1 }), ("credit.shown", { $0.credit?.shown = -0.1 }),
            ("credit.foreseen and credit.shown", { $0.credit?.shown = 0.9 }),
            ("credit.profileCurvature", { $0.credit?.profileCurvature = .nan }),
            ("credit.codesPerOperation", { $0.credit?.codesPerOperation = 0 }), ("credit.sample", { $0.credit?.sample = 1 }),
            ("credit.meanBehaviours", { $0.credit?.meanBehaviours = 2 }), ("credit.orderStrength", { $0.credit?.orderStrength = -1 }),
            ("firstDay", { $0.firstDay = 1000 }),
        ]
        for (field, change) in changes {
            var configuration = CreditFiles.configuration(1)
            change(&configuration)
            let error = #expect(throws: SimulationError.self) { try BankSimulation(configuration: configuration, seed: 1) }
            #expect(error?.description.contains(field) == true, "\(field)")
        }
        // The least and the most that is allowed can be simulated.
        let extremes: [(inout BankConfiguration) -> Void] = [
            { $0.firstDay = 2500 }, { $0.credit?.meanBehaviours = 3 }, { $0.credit?.meanSessions = 1 },
            { $0.credit?.decisionDays = 1 }, { $0.credit?.meanBehaviours = 20 }, { $0.credit?.meanSessions = 40 },
            { $0.credit?.serviceDays = 7 }, { $0.credit?.historyDays = 30 }, { $0.credit?.codesPerOperation = 50 },
            { configuration in
                configuration.firstDay = 2500
                configuration.credit?.serviceDays = 365
                configuration.credit?.horizonDays = 1095
                configuration.credit?.historyDays = 720
            },
        ]
        for (number, change) in extremes.enumerated() {
            #expect(throws: Never.self, "\(number)") {
                let scratch = try Scratch()
                var configuration = CreditFiles.configuration(50) { $0.sample = 64 }
                change(&configuration)
                _ = try BankSimulation(configuration: configuration, seed: 1).write(to: scratch.path + "/out")
            }
        }
    }
}
