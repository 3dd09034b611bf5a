import Evaluation
import CreditRisk
import SequenceKernel
import Testing

@Suite struct LeakCheckTests {
    static func with(_ table: CreditTable, _ extra: [CreditTable.Column]) throws -> CreditTable {
        try CreditTable(customers: table.customers, outcomes: table.outcomes, columns: table.columns + extra)
    }

    @Test func honestColumnsAreLeftAlone() throws {
        let check = try LeakCheck(PlantedTable.make(500, seed: 1))
        #expect(check.findings.isEmpty && check.unjudged.isEmpty && check.outcomesBeforeDecision == 0)
    }

    @Test func columnsThatTellTheOutcomeAreFound() throws {
        let table = try PlantedTable.make(500, seed: 1)
        var random = RandomSource(5, 1)
        let y = table.outcomes
        let extra: [CreditTable.Column] = [
            .numeric("label", y), .numeric("opposite", y.map { 7 - 2 * $0 }), .categorical("word", y.map { $0 == 1 ? "bad" : "good" }),
            // Falls with the risk; with a little noise.
            .numeric("paid", y.map { 100 - 90 * $0 + 20 * random.uniform() }),
            // Neither rises nor falls: the overdue lie in the middle.
            .numeric(
                "middle", y.map { $0 == 1 ? 0.2 * random.uniform() : random.uniform() < 0.5 ? 1 + random.uniform() : -1 - random.uniform() }
            ),
            .numeric("closed", y.map { $0 == 1 ? .nan : random.uniform() }),
            .categorical("status", y.map { ($0 == 1 ? ["A", "B"] : ["C", "D"])[random.below(2)] }),
        ]
        let check = try LeakCheck(Self.with(table, extra))
        let faults = Dictionary(check.findings.map { ($0.column, $0.fault) }) { first, _ in first }
        #expect(
            faults == [
                "label": .isOutcome, "opposite": .isOutcome, "word": .isOutcome, "paid": .separates, "middle": .separates,
                "closed": .missingSeparates, "status": .separates,
            ])
        #expect(check.columns == extra.map(\.name) && check.unjudged == ["closed"])
        let paid = try #require(check.findings.first { $0.column == "paid" }?.auc)
        #expect(paid.estimate > 0.99 && paid.lower > 0.9)
        #expect(check.findings.allSatisfy { $0.text.contains($0.column) && $0.text.contains("leave it out") })
        // A number for each customer tells nothing about other customers.
        let own = try LeakCheck(Self.with(table, [.categorical("id", table.customers.map { "\($0)" })]))
        #expect(own.findings.isEmpty)
    }

    @Test func theTimeCut() throws {
        let table = try PlantedTable.make(200, seed: 2)
        let decisions = (0..<200).map { Int64(1_000 + $0) }
        var late: [Int64?] = decisions.map { $0 - 5 }
        // At the moment of the decision counts as known, a second later does not.
        (late[0], late[1], late[2], late[3]) = (decisions[0], decisions[1] + 1, decisions[2] + 900, nil)
        var outcomes: [Int64?] = decisions.map { $0 + 100 }
        (outcomes[0], outcomes[1], outcomes[2]) = (decisions[0], decisions[1] - 1, nil)
        let check = try LeakCheck(table, decisionTimes: decisions, knownAt: ["one": late], outcomeTimes: outcomes)
        #expect(check.findings.map(\.fault) == [.knownAfterDecision, .timeNotKnown] && check.findings.map(\.applicants) == [2, 1])
        #expect(check.columns == ["one"] && check.outcomesBeforeDecision == 2)
        // A missing value need have no time.
        let values: [Float] = (0..<200).map { $0 < 4 ? .nan : 1 }
        let missing = try LeakCheck(
            Self.with(table, [.numeric("late", values)]), decisionTimes: decisions, knownAt: ["late": late])
        #expect(missing.findings.isEmpty)
    }

    @Test func whatCannotBeChecked() throws {
        let table = try PlantedTable.make(100, seed: 3)
        let few = try LeakCheck(table.selecting(Array(0..<12)))
        #expect(few.findings.isEmpty && few.unjudged.count == 5)
        let decisions = (0..<100).map { Int64($0) }
        var settings = LeakCheckSettings()
        settings.implausibleAUC = 1
        for fault in [
            RiskReportTests.refusal { _ = try LeakCheck(table, knownAt: ["one": decisions]) },
            RiskReportTests.refusal { _ = try LeakCheck(table, decisionTimes: [1]) },
            RiskReportTests.refusal { _ = try LeakCheck(table, decisionTimes: decisions, knownAt: ["nothing": decisions]) },
            RiskReportTests.refusal { _ = try LeakCheck(table, decisionTimes: decisions, knownAt: ["one": [1]]) },
            RiskReportTests.refusal { _ = try LeakCheck(table, settings) },
            RiskReportTests.refusal { _ = try LeakCheck(CreditTable(customers: [1], columns: [.numeric("x", [1])])) },
        ] { #expect(fault != nil) }
    }
}
