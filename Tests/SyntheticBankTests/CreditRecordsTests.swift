import FoundationEssentials
import SyntheticBank
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What applicants did in the app, read from the files and merged by the rules beside them; nothing of the simulator's is asked.
private struct Behaviours {
    struct Row {
        var time: Int64
        var operation: Substring
        var category: Substring
        var amount: Double?
    }

    /// By applicant, session by session.
    var sessions: [Substring: [[Row]]] = [:]
    var rules: [Substring: (operation: Substring, category: Substring)] = [:]
    var codes = Set<Substring>()

    init(_ scratch: Scratch, _ folder: String = "out") throws {
        for row in try scratch.rows("\(folder)/credit/operations.csv").dropFirst() {
            try #require(row.count == 3 && rules.updateValue((row[1], row[2]), forKey: row[0]) == nil, "a code has two rules")
        }
        for row in try scratch.rows("\(folder)/credit/behaviours.csv").dropFirst() {
            try #require(row.count == 5)
            let rule = try #require(rules[row[2]])
            let own = Row(time: try #require(Int64(row[1])), operation: rule.operation, category: row[3], amount: Double(row[4]))
            try #require(rule.category == row[3] && (own.amount != nil) == (row[3] == "transformOperation"))
            codes.insert(row[2])
            let last = sessions[row[0]]?.last?.last?.time
            try #require(last ?? 0 <= own.time)
            if let last, own.time - last <= 3_600_000 {
                sessions[row[0]]![sessions[row[0]]!.count - 1].append(own)
            } else {
                sessions[row[0], default: []].append([own])
            }
        }
    }
}

@Suite("Records of applicants")
struct CreditRecordsTests {
    private func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }

    /// Where a signal is not held at three deviations, it is the measured value but for two constants.
    private func expectSame(_ measured: [Double?], _ files: CreditFiles, _ signal: CreditSignal, atLeast least: Int) {
        let pairs = zip(measured, files.signal(signal)).compactMap { measured, written in
            abs(written) < 2.9 ? measured.map { ($0, written) } : nil
        }
        #expect(pairs.count >= least, "\(signal): \(pairs.count)")
        let same = correlation(pairs.map(\.0), pairs.map(\.1))
        #expect(same > 0.99999, "\(signal): \(same)")
        for (measured, written) in zip(measured, files.signal(signal)) where measured == nil { #expect(written == 0) }
    }

    @Test("The app's files show the signals that count, measured from them anew")
    func app() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 400)
        let files = try CreditFiles(scratch)
        let behaviours = try Behaviours(scratch)
        let products = try scratch.rows("out/credit/applicants.csv").dropFirst().map { $0[13] }
        let families: [Substring: String] = [
            "cash": "transfers-", "card-instalment": "card-", "shopping": "shopping-", "fund-pledge": "funds-", "premium": "insurance-",
            "deposit-pledge": "deposit-",
        ]
        var measured: [CreditSignal: [Double?]] = [:]
        for (applicant, product) in zip(files.applicants, products) {
            let sessions = try #require(behaviours.sessions[applicant.id]).filter { $0.count >= 3 }
            let rows = sessions.flatMap { $0 }
            let stays = sessions.flatMap { session in
                zip(session, session.dropFirst()).map { (isButton: $1.operation == "widget", log: log(Double($1.time - $0.time))) }
            }
            let buttons = mean(stays.filter(\.isButton).map(\.log)), others = mean(stays.filter { !$0.isButton }.map(\.log))
            measured[.hesitation, default: []].append(buttons.flatMap { own in others.map { own - $0 } })
            let pages = rows.map(\.operation).filter { row in families.values.contains { row.hasPrefix($0) && row != "card-payment" } }
                .filter { $0 != "deposit-payment" }
            let family = try #require(families[product])
            measured[.productHabit, default: []].append(mean(pages.map { $0.hasPrefix(family) ? 1 : 0 }))
            let wishes: Set<Substring> = ["loan-rates", "loan-form", "loan-calculator"]
            measured[.intention, default: []].append(mean(sessions[sessions.count - 1].map { wishes.contains($0.operation) ? 1 : 0 }))
            measured[.routine, default: []].append(mean(sessions.map { $0[0].operation == "balance" ? 1 : 0 }))
            let weekend = sessions.map { [2, 3].contains($0[0].time / 86_400_000 % 7) ? 1.0 : 0 }
            measured[.weekend, default: []].append(mean(weekend))
            let orders = sessions.compactMap { session -> Double? in
                let limit = session.firstIndex { $0.operation == "limit" }, bill = session.firstIndex { $0.operation == "bill" }
                #expect((limit == nil) == (bill == nil), "counts tell of the order")
                return limit.flatMap { limit in bill.map { limit < $0 ? 1 : 0 } }
            }
            measured[.order, default: []].append(mean(orders))
            let out: Set<Substring> = ["withdrawal", "transfer-out", "card-payment", "bill-payment"]
            let incoming: Set<Substring> = ["top-up", "salary", "transfer-in"]
            func amounts(_ names: Set<Substring>) -> Double? {
                mean(rows.filter { names.contains($0.operation) }.compactMap { $0.amount.map { log($0) } })
            }
            measured[.amounts, default: []].append(amounts(out).flatMap { own in amounts(incoming).map { own - $0 } })
            let late: Set<Substring> = ["repayment-plan", "due-dates", "extension"]
            let clicks = rows.filter { $0.category == "itemClick" }
            measured[.foretelling, default: []].append(mean(clicks.map { late.contains($0.operation) ? 1 : 0 }))
        }
        for (signal, values) in measured { expectSame(values, files, signal, atLeast: 340) }
        #expect(measured.count == 8)
    }

    @Test("The day of the month is the calendar's")
    func calendar() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 400)
        let files = try CreditFiles(scratch)
        let sessions = try Behaviours(scratch).sessions
        // By adding up the lengths of the months of the four years that matter, one of them a leap year.
        var isLate: [Int: Bool] = [:]
        var day = 19_358  // 1 January 2023
        for year in 2023...2026 {
            for length in [31, year == 2024 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
                for number in 1...length { isLate[day + number - 1] = number >= 25 }
                day += length
            }
        }
        let measured = try files.applicants.map { applicant -> Double? in
            let own = try #require(sessions[applicant.id]).filter { $0.count >= 3 }
            return mean(try own.map { try #require(isLate[Int($0[0].time / 86_400_000)] as Bool?) ? 1 : 0 })
        }
        expectSame(measured, files, .monthEnd, atLeast: 380)
    }

    @Test("Bureau, statements and service show theirs; nothing is seen before its time")
    func records() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 400)
        let files = try CreditFiles(scratch)
        func byApplicant(_ file: String) throws -> [Substring: [[Substring]]] {
            Dictionary(grouping: try scratch.rows("out/credit/\(file).csv").dropFirst(), by: { $0[0] })
        }
        let applicants = try byApplicant("applicants"), loans = try byApplicant("loans"), outcomes = try byApplicant("outcomes")
        let bureau = try byApplicant("bureau"), statements = try byApplicant("statements"), service = try byApplicant("service")
        let behaviours = try byApplicant("behaviours")
        func times(_ rows: [[Substring]]?) throws -> [Int64] {
            let times = try (rows ?? []).map { try #require(Int64($0[1])) }
            #expect(times == times.sorted())
            return times
        }
        var refused: [Double?] = [], missing: [Double?] = [], drift: [Double?] = [], strain: [Double?] = []
        for id in files.applicants.map(\.id) {
            let decision = try #require(Int64(applicants[id]![0][1])), granted = try #require(Int64(loans[id]![0][1]))
            let start = try #require(Int64(outcomes[id]![0][1])), known = try #require(Int64(outcomes[id]![0][2]))
            #expect(granted > decision && start - granted == 90 * 86_400_000 && known - start == 180 * 86_400_000)
            for rows in [bureau[id], statements[id], behaviours[id]] { for time in try times(rows) { #expect(time <= decision) } }
            #expect(try times(behaviours[id]).last! < decision)
            for time in try times(service[id]) { #expect(time > granted && time < start) }
            let records = bureau[id] ?? []
            let queries = records.filter { $0[2] == "query" }, ownLoans = records.filter { $0[2] == "loan" }
            #expect(queries.allSatisfy { $0[4...] == ["", "", ""] } && ownLoans.allSatisfy { Int($0[4]) ?? 0 > 0 })
            refused.append(
                mean(
                    try queries.map { query in
                        let time = try #require(Int64(query[1]))
                        let isAnswered = ownLoans.contains { loan in
                            loan[3] == query[3] && (time...time + 14 * 86_400_000).contains(Int64(loan[1])!)
                        }
                        return isAnswered ? 0 : 1
                    }))
            missing.append(mean(ownLoans.map { $0[6].isEmpty ? 1 : 0 }))
            let shares = try (statements[id] ?? []).map { try #require(Double($0[3])) / #require(Double($0[2])) }
            #expect(shares.count <= 12)
            drift.append(shares.count < 6 ? nil : mean(shares.suffix(3))! - mean(Array(shares.dropLast(3)))!)
            strain.append(-(try #require(mean(service[id]!.map { log(Double($0[4])!) }))))
        }
        expectSame(refused, files, .refusedQueries, atLeast: 340)
        expectSame(missing, files, .missingBalances, atLeast: 300)
        expectSame(drift, files, .utilisation, atLeast: 300)
        expectSame(strain, files, .service, atLeast: 380)
        // A loan that is paid off and one that is not reported are two things, and both are common.
        let balances = bureau.values.flatMap { $0 }.filter { $0[2] == "loan" }.map { $0[6] }
        for text in ["0", ""] { #expect(balances.count { $0 == text } > balances.count / 8) }
    }

    @Test("Profiles are plausible, some of it missing, and say nothing of behaviours")
    func profiles() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 3000) { $0.oldPerApplicant = 0.1 }
        let rows = try scratch.rows("out/credit/applicants.csv")
        #expect(try scratch.rows("out/credit/old_applicants.csv")[0] == rows[0] && rows[0].count == 17)
        for (name, shares) in [("income", 0.08...0.16), ("job_years", 0.05...0.11), ("device_price", 0.03...0.09), ("age", 0.0...0.0)] {
            let column = try #require(rows[0].firstIndex(of: Substring(name)))
            let share = Double(rows.dropFirst().count { $0[column].isEmpty }) / 3000
            #expect(shares.contains(share), "\(name): \(share)")
        }
        #expect(rows.dropFirst().allSatisfy { (20...65).contains(Int($0[2]) ?? 0) && Int($0[14]) ?? 0 >= 500 })
        let files = try CreditFiles(scratch)
        let profile = files.applicants.map { log($0.given[3] / (1 - $0.given[3])) }
        // The service shows, afterwards, whatever makes the liability.
        #expect(correlation(profile, files.signal(.service)) > 4.5 / 3000.0.squareRoot())
        for signal in CreditSignal.allCases where signal != .service {
            #expect(abs(correlation(profile, files.signal(signal))) < 4.5 / 3000.0.squareRoot(), "\(signal)")
        }
        // Old applicants' outcomes are known before the first day, 1 September 2025.
        for row in try scratch.rows("out/credit/old_outcomes.csv").dropFirst() {
            #expect(try #require(Int64(row[2])) < 20_332 * 86_400_000)
        }
    }

    @Test("Histories are as long as asked for, at most 50 sessions of 25 behaviours, and their signals do not show in counts")
    func histories() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 900)
        let behaviours = try Behaviours(scratch)
        let all = behaviours.sessions.values.flatMap { $0 }
        let perApplicant = Double(all.count) / 900, perSession = Double(all.reduce(0) { $0 + $1.count }) / Double(all.count)
        #expect((9.0...12).contains(perApplicant) && (7.5...10).contains(perSession), "\(perApplicant), \(perSession)")
        #expect(behaviours.sessions.values.allSatisfy { (1...50).contains($0.count) } && all.allSatisfy { $0.count <= 25 })
        let glances = Double(all.count { $0.count < 3 }) / Double(all.count)
        #expect((0.06...0.13).contains(glances), "\(glances)")
        let files = try CreditFiles(scratch)
        // Buttons are pressed as often by those who hesitate before them, and the balance hardly more often by those who begin with it.
        let counted = [("widget", CreditSignal.hesitation, 0.15), ("limit", .order, 0.15), ("balance", .routine, 0.28)]
        for (operation, signal, most) in counted {
            let shares = try files.applicants.map { applicant in
                let rows = try #require(behaviours.sessions[applicant.id]).flatMap { $0 }
                return Double(rows.count { $0.operation == Substring(operation) }) / Double(rows.count)
            }
            #expect(abs(correlation(shares, files.signal(signal))) < most, "\(operation)")
        }
    }

    @Test("Some forty operations hide under hundreds of codes, and only their names change with it")
    func codes() throws {
        let scratch = try Scratch()
        _ = try CreditFiles.simulate(scratch, 300, in: "many")
        _ = try CreditFiles.simulate(scratch, 300, in: "one") { $0.codesPerOperation = 1 }
        let many = try Behaviours(scratch, "many"), one = try Behaviours(scratch, "one")
        #expect(many.rules.count == 420 && one.rules.count == 40)
        #expect(Set(many.rules.values.map(\.operation)).count == 40 && many.codes.count == 420)
        func merged(_ behaviours: Behaviours) -> [Substring: [[String]]] {
            behaviours.sessions.mapValues { $0.map { $0.map { "\($0.time) \($0.operation) \($0.amount ?? -1)" } } }
        }
        #expect(merged(many) == merged(one))
        #expect(try scratch.text("many/truth/credit.csv") == scratch.text("one/truth/credit.csv"))
    }

    @Test("Stopping among the applicants leaves nothing behind")
    func stopping() throws {
        let scratch = try Scratch()
        let simulation = try BankSimulation(configuration: CreditFiles.configuration(1000) { $0.sample = 64 }, seed: 1)
        var asked: [Int] = []
        #expect(throws: SimulationError.stopped) {
            try simulation.write(to: scratch.path + "/out") { written in
                asked.append(written)
                return written < 600
            }
        }
        #expect(asked == [0, 1, 257, 513, 769])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }
}
