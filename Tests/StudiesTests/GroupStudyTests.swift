import Evaluation
import Studies
import Testing

/// Groups stand beside one another, and small ones are hidden.
@Suite struct GroupStudyTests {
    /// 40 visitors of phones, 30 of desks, 12 of a watch, 9 of a set; one session each, of two intents; those of phones and desks are judged.
    private func study(deskRight: Bool) -> GroupStudy {
        let values: [String?] = (0..<91).map { $0 < 40 ? "phone" : $0 < 70 ? "desk" : $0 < 82 ? "watch" : "set" }
        let sessions = Array(0..<70)
        let present = sessions.flatMap { [$0 % 2 == 0, $0 % 2 == 1] }
        let assigned = sessions.flatMap { session in
            session < 40 || deskRight ? [session % 2 == 0, session % 2 == 1] : [session % 2 == 1, session % 10 == 1]
        }
        return GroupStudy(
            field: "device", values: values, visitors: Array(0..<91), isSilent: (0..<91).map { $0 % 4 == 0 },
            judged: (sessions, present, assigned), intents: 2)
    }

    @Test func figuresOfGroups() {
        let study = study(deskRight: false)
        #expect(study.rows.map(\.name) == ["phone", "desk"] && study.rows.map(\.sessions) == [40, 30])
        #expect(study.hiddenGroups == 2 && study.hiddenSessions == 21)
        #expect(study.rows[0].abstained.estimate == 0.25 && study.rows[0].microF1?.estimate == 1)
        // Of the desk's 30 pairs present 3 are assigned; 18 are assigned in all.
        #expect(study.rows[1].recall?.estimate == 3.0 / 30 && study.rows[1].precision?.estimate == 3.0 / 18)
        #expect(abs((study.rows[1].microF1?.estimate ?? 0) - 2 * 3.0 / 48) < 1e-12)
        #expect(study.difference == "desk is told worse than phone: their 95 % intervals do not overlap")
    }

    /// One group alone would be the whole less those that are shown.
    @Test func nobodyIsHiddenAlone() {
        let values: [String?] = (0..<115).map { $0 < 40 ? "phone" : $0 < 70 ? "desk" : $0 < 95 ? "set" : "watch" }
        func study(_ count: Int) -> GroupStudy {
            GroupStudy(
                field: "device", values: Array(values[..<count]), visitors: Array(0..<count),
                isSilent: [Bool](repeating: false, count: count),
                judged: ([], [], []), intents: 1)
        }
        let one = study(105)
        #expect(one.rows.map(\.name) == ["phone", "desk"] && one.hiddenGroups == 2 && one.hiddenSessions == 35)
        #expect(study(115).rows.count == 4 && study(95).hiddenGroups == 0)
        #expect(study(50).rows.isEmpty && study(50).hiddenGroups == 2)
    }

    @Test func equalGroupsDoNotDiffer() { #expect(study(deskRight: true).difference == nil) }

    @Test func groupsWithFewJudgedSessionsAreNotJudged() {
        let study = GroupStudy(
            field: "x", values: (0..<60).map { _ in nil }, visitors: Array(0..<60), isSilent: [Bool](repeating: true, count: 60),
            judged: ([1, 2], [true, false], [true, true]), intents: 1)
        #expect(study.rows.map(\.name) == ["(none)"] && study.rows[0].judged == 2 && study.rows[0].microF1 == nil)
        #expect(study.rows[0].abstained.estimate == 1 && study.difference == nil)
    }

    @Test func manySessionsOfFewPeopleAreHidden() {
        let study = GroupStudy(
            field: "x", values: (0..<500).map { _ in "a" }, visitors: (0..<500).map { $0 % 19 },
            isSilent: [Bool](repeating: false, count: 500), judged: ([], [], []), intents: 1)
        #expect(study.rows.isEmpty && study.hiddenSessions == 500 && study.hiddenGroups == 1)
    }
}
