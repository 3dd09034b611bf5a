import CreditRisk
import Testing

@Suite struct SessionHistoryTests {
    static func vocabulary() throws -> BehaviourVocabulary {
        try BehaviourVocabulary([
            .init(code: "loan.open", behaviour: "loan", category: .itemClick),
            .init(code: "loan.open.v2", behaviour: "loan", category: .itemClick),
            .init(code: "fund.open", behaviour: "fund", category: .itemClick),
            .init(code: "transfer.done", behaviour: "transfer", category: .transformOperation),
            .init(code: "confirm@loan", behaviour: "confirm", category: .functionWidget),
            .init(code: "back@fund", behaviour: "back", category: .functionWidget),
        ])
    }

    /// Codes of one product are one behaviour, all widgets are one, and a code without a rule is another.
    @Test func merging() throws {
        let vocabulary = try Self.vocabulary()
        #expect(vocabulary.entries.map(\.name) == ["other", "widget", "fund", "loan", "transfer"])
        #expect(vocabulary["loan.open"] == vocabulary["loan.open.v2"] && vocabulary["loan.open"] == 3)
        #expect(vocabulary["confirm@loan"] == BehaviourVocabulary.widget && vocabulary["back@fund"] == BehaviourVocabulary.widget)
        #expect(vocabulary["never.seen"] == BehaviourVocabulary.other && vocabulary.category(0) == .other)
        #expect(vocabulary.category(vocabulary["transfer.done"]) == .transformOperation)
        #expect(throws: IntentionHabitError.self) {
            try BehaviourVocabulary([
                .init(code: "a", behaviour: "x", category: .itemClick), .init(code: "a", behaviour: "y", category: .itemClick),
            ])
        }
        #expect(throws: IntentionHabitError.self) {
            try BehaviourVocabulary([
                .init(code: "a", behaviour: "x", category: .itemClick), .init(code: "b", behaviour: "x", category: .transformOperation),
            ])
        }
    }

    /// Pauses of 59:59 and 60:00 stay in a session, 60:01 starts a new one; short sessions go, and the counts say so.
    @Test func cutting() throws {
        var histories = try SessionHistories(try Self.vocabulary())
        let start: Int64 = 1_600_000_000
        var time = start
        var own = [AppBehaviour("loan.open", at: time)]
        for gap: Int64 in [3_599, 3_600, 3_601, 10, 3_601, 5, 5] {
            time += gap
            own.append(AppBehaviour("never.seen", at: time))
        }
        try histories.append(own, before: time + 1)
        #expect(histories.sessionCount(0) == 2)
        #expect(histories.counts.sessions == 3 && histories.counts.shortSessions == 1)
        #expect(histories.counts.behaviours == 8 && histories.counts.kept == 6 && histories.counts.unknownCodes == 7)
    }

    @Test func latest() throws {
        var rules = SessionRules()
        (rules.sessions, rules.behaviours) = (4, 5)
        var histories = try SessionHistories(try Self.vocabulary(), rules)
        let own = (0..<6).flatMap { session in
            (0..<3 + session).map { AppBehaviour("fund.open", at: Int64(session * 100_000 + $0)) }
        }
        try histories.append(own, before: 1_000_000)
        #expect(histories.sessionCount(0) == 4 && histories.counts.earlySessions == 2)
        // Sessions of 5, 6, 7 and 8.
        #expect(histories.counts.kept == 20 && histories.counts.earlyBehaviours == 6)
        try histories.append([], before: 0)
        #expect(histories.count == 2 && histories.sessionCount(1) == 0)
    }

    /// Weekdays and days of month from 0, by Python's `datetime`, at noon; and a clock that is ahead tells the next day.
    @Test(
        arguments: [
            (951_825_600, 1, 28), (-43_200, 2, 30), (1_795_262_400, 5, 20), (1_735_646_400, 1, 30), (-2_203_848_000, 3, 0),
            (4_107_499_200, 6, 27),
        ] as [(Int64, Int32, Int32)]) func calendar(time: Int64, weekday: Int32, day: Int32)
    {
        var rules = SessionRules()
        #expect(rules.calendar(time) == (weekday, day))
        #expect(rules.calendar(time - 43_200) == (weekday, day) && rules.calendar(time + 43_199) == (weekday, day))
        rules.clockOffset = 43_200
        #expect(rules.calendar(time).weekday == (weekday + 1) % 7 && rules.calendar(time - 1) == (weekday, day))
    }

    @Test func refusals() throws {
        var histories = try SessionHistories(try Self.vocabulary())
        let refused: [([AppBehaviour], Int64)] = [
            ([AppBehaviour("loan.open", at: 10), AppBehaviour("loan.open", at: 9)], 100),
            ([AppBehaviour("loan.open", at: 10)], 10),
            ([AppBehaviour("transfer.done", at: 10)], 100),
            ([AppBehaviour("transfer.done", at: 10, amount: -1)], 100),
            ([AppBehaviour("transfer.done", at: 10, amount: .nan)], 100),
            ([AppBehaviour("transfer.done", at: 10, amount: .infinity)], 100),
        ]
        for (own, decision) in refused {
            #expect(throws: IntentionHabitError.self) { try histories.append(own, before: decision) }
        }
        #expect(histories.count == 0 && histories.counts == SessionHistories.Counts())
        try histories.append([AppBehaviour("transfer.done", at: 10, amount: 0)], before: 11)
        #expect(histories.count == 1)
    }
}
