import FoundationEssentials
import SyntheticBank
import Testing

/// A folder of its own for each test, removed with it.
final class Scratch {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "bank-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(_ file: String) throws -> String { String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(file)")), as: UTF8.self) }

    /// Rows of a CSV file; quoted cells hold no quotes and no line ends.
    func rows(_ file: String) throws -> [[Substring]] {
        try text(file).split(separator: "\n").map { line in
            guard line.contains("\"") else { return line.split(separator: ",", omittingEmptySubsequences: false) }
            var (cells, start, quoted): ([Substring], Substring.Index, Bool) = ([], line.startIndex, false)
            for place in line.indices {
                if line[place] == "\"" { quoted.toggle() }
                if line[place] == "," && !quoted {
                    cells.append(line[start..<place])
                    start = line.index(after: place)
                }
            }
            cells.append(line[start...])
            cells = cells.map { $0.hasPrefix("\"") ? $0.dropFirst().dropLast() : $0 }
            return cells
        }
    }
}

@Suite("A simulated bank")
struct SimulationTests {
    private func simulate(
        _ scratch: Scratch, visitors: Int, seed: UInt64 = 11, _ change: (inout BankConfiguration) -> Void = { _ in }
    ) throws -> BankSimulation.Summary {
        var configuration = BankConfiguration(visitors: visitors)
        // Many futures take longer than all the rest, and nothing here looks at decisions.
        configuration.app.futures = 2
        change(&configuration)
        return try BankSimulation(configuration: configuration, seed: seed).write(to: scratch.path + "/out")
    }

    @Test("Same seed, same bytes; another seed, other bytes; more visitors leave the first ones alone")
    func repeatable() throws {
        let (a, b, c, d) = (try Scratch(), try Scratch(), try Scratch(), try Scratch())
        let summary = try simulate(a, visitors: 60)
        #expect(try simulate(b, visitors: 60) == summary)
        for file in [
            "clicks.csv", "clicks.jsonl", "truth/sessions.csv", "configuration.json", "labels/annotators.jsonl", "truth/conversions.csv",
            "truth/needs.csv", "truth/impressions.csv", "truth/decisions.csv", "app/tiles.csv", "app/customers.csv", "app/links.csv",
            "app/impressions.csv", "app/decisions.csv", "app/applications.csv",
        ] {
            #expect(try a.text("out/" + file) == b.text("out/" + file), "\(file)")
        }
        _ = try simulate(c, visitors: 60, seed: 12)
        _ = try simulate(d, visitors: 90)
        // The last customer of the smaller bank has no second browser that would be cut off.
        for file in [
            "clicks.csv", "labels/annotators.jsonl", "truth/conversions.csv", "app/customers.csv", "app/impressions.csv",
            "app/applications.csv",
            "truth/impressions.csv", "truth/decisions.csv",
        ] {
            #expect(try c.text("out/" + file) != a.text("out/" + file), "\(file)")
            #expect(try d.text("out/" + file).hasPrefix(a.text("out/" + file)), "\(file)")
        }
    }

    @Test("Counts agree with the files, and both formats hold the same events")
    func formats() throws {
        let scratch = try Scratch()
        let summary = try simulate(scratch, visitors: 120)
        let csv = try scratch.rows("out/clicks.csv")
        #expect(csv.count == summary.events + 1)
        let columns = csv[0].map(String.init)
        let json = try scratch.text("out/clicks.jsonl").split(separator: "\n")
        #expect(json.count == summary.events)
        for (line, row) in zip(json, csv.dropFirst()) {
            try #require(row.count == columns.count)
            let record = try JSONDecoder().decode([String: Value].self, from: Data(line.utf8))
            for (column, cell) in zip(columns, row) { #expect(record[column]?.text ?? "" == cell, "\(column)") }
        }
        let truth = try scratch.rows("out/truth/sessions.csv")
        #expect(truth.count == summary.sessions + 1)
        #expect(Set(csv.dropFirst().map { $0[1] }) == Set(truth.dropFirst().map { $0[0] }))
        #expect(try scratch.rows("out/truth/needs.csv").count == 36)
        let linked = try scratch.text("out/mapping-linked.yaml")
        #expect(linked.contains("\ncustomer: customer_id\n") && !linked.contains("left out on purpose"))
        #expect(try !scratch.text("out/mapping.yaml").contains("customer:"))
        for name in ["mapping.yaml", "mapping-linked.yaml", "README.txt"] { #expect(!(try scratch.text("out/\(name)").isEmpty)) }
        for word in ["README.txt", "configuration.json"] { #expect(try scratch.text("out/\(word)").lowercased().contains("synthetic")) }
    }

    private enum Value: Decodable {
        case number(Int64)
        case string(String)
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int64.self) { self = .number(number) } else { self = .string(try value.decode(String.self)) }
        }
        var text: String {
            switch self {
            case .number(let number): String(number)
            case .string(let text): text
            }
        }
    }

    @Test("What is missing is missing for its reason, and time runs forward")
    func missingness() throws {
        let scratch = try Scratch()
        _ = try simulate(scratch, visitors: 800)
        let rows = try scratch.rows("out/clicks.csv").dropFirst()
        var first: [Substring: [Substring]] = [:]
        var (previous, time): (Substring, Int64) = ("", 0)
        for row in rows {
            let (session, now) = (row[1], try #require(Int64(row[3])))
            if session == previous {
                #expect(now > time)
                #expect(row[8].isEmpty && row[9].isEmpty && row[10].isEmpty, "a campaign after the first event")
                #expect(row[13].isEmpty == first[session]![13].isEmpty, "scroll depth comes and goes")
            } else {
                #expect(first[session] == nil, "a session in two places")
                first[session] = row
                // Ad blockers drop both or neither.
                #expect(row[8].isEmpty == row[13].isEmpty)
            }
            #expect(row[5].isEmpty == (row[12] == "Privacy Browser"))
            #expect(row[7].isEmpty || row[6] == "search")
            (previous, time) = (session, now)
        }
        let share = Double(first.values.filter { $0[13].isEmpty }.count) / Double(first.count)
        #expect(share > 0.06 && share < 0.22, "ad blockers: \(share)")
        #expect(rows.contains { !$0[2].isEmpty } && rows.contains { $0[2].isEmpty })
    }

    /// If the reference were not the true posterior, its probabilities would not come true as often as they say.
    @Test("The best possible guess is calibrated, and better than any fixed one", arguments: [UInt64(1), 2])
    func reference(seed: UInt64) throws {
        let scratch = try Scratch()
        let summary = try simulate(scratch, visitors: 4000, seed: seed) { $0.formats = [.csv] }
        let rows = try scratch.rows("out/truth/sessions.csv").dropFirst().filter { $0[3] == "0" }
        var (expected, found, counts) = (
            [Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5)
        )
        for row in rows {
            let probability = try #require(Double(row[6]))
            let bin = min(4, Int(probability * 5))
            expected[bin] += probability
            counts[bin] += 1
            if row[4] == row[5] { found[bin] += 1 }
        }
        for bin in 0..<5 {
            let (p, n) = (expected[bin] / counts[bin], counts[bin])
            let deviation = (p * (1 - p) / n).squareRoot()
            #expect(
                abs(found[bin] / n - p) < 4 * deviation + 0.002, "seed \(seed), bin \(bin): said \(p), came true \(found[bin] / n) of \(n)")
        }
        let accuracy = try #require(summary.referenceAccuracy)
        #expect(abs(accuracy - found.reduce(0, +) / Double(rows.count)) < 1e-12)
        #expect(accuracy > 0.5 && accuracy < 0.95)
        let commonest = Dictionary(grouping: rows, by: { $0[4] }).values.map(\.count).max()!
        #expect(Double(commonest) / Double(rows.count) < 0.12)
    }

    /// A guess that passed over one of the signals would still be calibrated; but it would not get better as the signal grows.
    @Test("The best possible guess reads dwell, queries and campaigns", arguments: ["dwell", "query", "campaign"])
    func signals(name: String) throws {
        func logLoss(_ strength: Double) throws -> Double {
            let summary = try simulate(try Scratch(), visitors: 3000) {
                $0.formats = [.csv]
                switch name {
                case "dwell": $0.dwellContrast = 2 * strength
                case "query": $0.needQueryShare = strength
                default: $0.campaignTargeting = strength
                }
            }
            return try #require(summary.referenceLogLoss)
        }
        let (without, with) = (try logLoss(0), try logLoss(1))
        #expect(without - with > 0.04, "\(name): \(without) without, \(with) with")
    }

    @Test("Needs keep their shares from session to session")
    func stationary() throws {
        let scratch = try Scratch()
        _ = try simulate(scratch, visitors: 12_000) {
            $0.formats = [.csv]
            $0.computesReference = false
            $0.meanFurtherSessions = 3
        }
        let shares = Dictionary(
            uniqueKeysWithValues: try scratch.rows("out/truth/needs.csv").dropFirst().map { ($0[0], Double($0.last!)!) })
        let rows = try scratch.rows("out/truth/sessions.csv").dropFirst().filter { $0[3] == "0" }
        #expect(rows.allSatisfy { $0[6].isEmpty })
        for ordinal in ["-01", "-03"] {
            let own = rows.filter { $0[0].hasSuffix(ordinal) }
            for (need, share) in shares {
                let measured = Double(own.filter { $0[4] == need }.count) / Double(own.count)
                let deviation = (share * (1 - share) / Double(own.count)).squareRoot()
                #expect(abs(measured - share) < 4.5 * deviation, "\(need) in sessions \(ordinal): \(measured), expected \(share)")
            }
        }
    }

    @Test("Bots are many pages in little time, and the truth names them")
    func bots() throws {
        let scratch = try Scratch()
        let summary = try simulate(scratch, visitors: 200) {
            $0.botShare = 0.5
            $0.formats = [.csv]
        }
        let bots = Set(try scratch.rows("out/truth/sessions.csv").dropFirst().filter { $0[3] == "1" }.map { $0[0] })
        #expect(bots.count == summary.botSessions && summary.botSessions > 50)
        let events = Dictionary(grouping: try scratch.rows("out/clicks.csv").dropFirst(), by: { $0[1] })
        for session in bots {
            let own = events[session]!
            #expect(own.count >= 25)
            #expect(Int64(own.last![3])! - Int64(own[0][3])! < Int64(own.count) * 1600)
        }
    }
}
