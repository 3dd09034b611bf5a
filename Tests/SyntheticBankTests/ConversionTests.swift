import SyntheticBank
import Testing

@Suite("Simulated conversions")
struct ConversionTests {
    @Test("Every need has a row of probabilities, and none has too many")
    func table() {
        #expect(Set(ConversionTable.rows.keys) == Set(NeedCatalogue.all.map(\.id)))
        for (need, row) in ConversionTable.rows {
            #expect(row[.none] == nil && row.values.allSatisfy { $0 > 0 } && row.values.reduce(0, +) < 0.95, "\(need)")
        }
        // Whoever only wants service buys hardly anything.
        for need in NeedCatalogue.all where ["service", "security", "other"].contains(need.family) {
            #expect(ConversionTable.rows[need.id]!.values.reduce(0, +) < 0.1, "\(need.id)")
        }
    }

    @Test("What follows comes from the need: as often as the table says, less often after idle browsing")
    func shares() throws {
        let scratch = try Scratch()
        var configuration = BankConfiguration(visitors: 8000)
        (configuration.formats, configuration.computesReference) = ([.csv], false)
        _ = try BankSimulation(configuration: configuration, seed: 5).write(to: scratch.path + "/out")
        let truth = try scratch.rows("out/truth/sessions.csv").dropFirst().filter { $0[3] == "0" }
        let rows = Array(try scratch.rows("out/truth/conversions.csv").dropFirst())
        try #require(rows.count == truth.count)
        let noise = configuration.conversion.noise
        var (counts, found, days): ([Substring: Double], [Substring: Double], [Int: Int]) = ([:], [:], [:])
        var (goal, idle, products) = ((0.0, 0.0), (0.0, 0.0), [Substring: Int]())
        for (row, session) in zip(rows, truth) {
            #expect(row[0] == session[1] && row[1] == session[0])
            let isNone = row[2] == "none"
            #expect(row[3].isEmpty == isNone)
            if let day = Int(row[3]) { #expect((0...ConversionTable.horizonDays).contains(day)) } else { #expect(isNone) }
            products[row[2], default: 0] += 1
            if let day = Int(row[3]) { days[day, default: 0] += 1 }
            if session[2] == "goal" {
                goal = (goal.0 + 1, goal.1 + (isNone ? 0 : 1))
                counts[session[4], default: 0] += 1
                let own = ConversionTable.rows[String(session[4])]!.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
                if own.map({ $0.key.rawValue == row[2] }) ?? false { found[session[4], default: 0] += 1 }
            } else {
                idle = (idle.0 + 1, idle.1 + (isNone ? 0 : 1))
            }
        }
        for (need, count) in counts {
            let own = Double(ConversionTable.rows[String(need)]!.values.max() ?? 0)
            // Noise gives a need its own product now and then, too: a fifth of it at most.
            let (low, high) = ((1 - noise) * own, own == 0 ? 0 : (1 - noise) * own + 0.3 * noise)
            let margin = 4.5 * (max(own, 0.01) / count).squareRoot()
            let measured = (found[need] ?? 0) / count
            #expect(measured > low - margin && measured < high + margin, "\(need): \(measured), expected \(low) to \(high)")
        }
        let none = Double(products["none"]!) / Double(rows.count)
        #expect((0.4...0.6).contains(none), "none: \(none)")
        #expect(Set(products.keys) == Set(ConversionTable.Product.allCases.map { Substring($0.rawValue) }))
        #expect(products.values.allSatisfy { Double($0) > 0.01 * Double(rows.count) }, "\(products)")
        #expect(idle.1 / idle.0 < 0.6 * goal.1 / goal.0)
        // Sooner rather than later, and up to the last day.
        #expect(days[0]! > 3 * days[20]! && days[ConversionTable.horizonDays] != nil)
    }
}
