import CreditRisk
import DurableFiles
import Foundation
import Studies
import Testing

/// Who is one person, which months are looked at, and which are foretold.
@Suite struct MonthlyCardsTests {
    /// A folder of its own, removed with the value.
    final class Scratch {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "cards-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Statuses of cards by month, the first month first; the last is that of the extract.
        func cards(_ histories: [(id: String, fields: String, statuses: String)], ends: [String: Int] = [:]) throws -> MonthlyCards {
            var applications = "ID,SEX,INCOME,DAYS_EMPLOYED\n", statuses = "ID,MONTHS_BALANCE,STATUS\n"
            for (id, fields, months) in histories {
                applications += "\(id),\(fields)\n"
                let last = ends[id] ?? 0
                for (month, status) in months.enumerated() where status != " " {
                    statuses += "\(id),\(month + 1 - months.count - last),\(status)\n"
                }
            }
            try Data(applications.utf8).write(to: URL(filePath: path + "/applications.csv"))
            try Data(statuses.utf8).write(to: URL(filePath: path + "/statuses.csv"))
            return try MonthlyCards(applications: path + "/applications.csv", statuses: path + "/statuses.csv")
        }
    }

    static let good = String(repeating: "0", count: 24)

    static func late(_ month: Int, _ status: Character = "2", months: Int = 30) -> String {
        String((1...months).map { $0 == month ? status : "0" })
    }

    @Test func equalApplicationsAreOnePerson() throws {
        let cards = try Scratch().cards([
            ("1", "F,100,-50", Self.good), ("2", "F,100,-50", Self.good), ("3", "F,100,-51", Self.good), ("4", "M,100,-50", Self.good),
        ])
        let persons = cards.cards.map(\.person)
        #expect(persons[0] == persons[1] && Set(persons).count == 3 && cards.counts.persons == 3)
        #expect(cards.applications.customers == persons)
        // Both cards of the person were opened in one month and still are two decisions.
        let examples = try cards.examples(of: [0, 1, 2, 3], cards.encoding(of: [0, 1, 2, 3]))
        #expect(examples.preService.customers == persons && Set(examples.preService.decisions.prefix(2)).count == 2)
    }

    /// Months 13 to 24 are the outcome, and nothing before or after; 60 days and more, and nothing less.
    @Test(arguments: [(1, false), (12, false), (13, true), (24, true), (25, false)])
    func outcomesAreOfTheSecondYear(month: Int, isOverdue: Bool) throws {
        let own = try Scratch().cards([
            ("1", "F,100,-50", Self.late(month)), ("2", "M,100,-50", Self.late(month, "5")), ("3", "M,90,-50", Self.late(month, "1")),
        ])
        #expect(own.cards.map(\.isOverdue) == [isOverdue, isOverdue, false])
        #expect(own.cards.map(\.wasOverdue) == [month <= 12, month <= 12, false])
        #expect(own.applications.outcomes == [isOverdue ? 1 : 0, isOverdue ? 1 : 0, 0])
        #expect(own.cards[0].firstYear == (1...12).map { $0 == month ? "2" : "0" })
    }

    @Test func youngAndClosedCardsAreCounted() throws {
        let cards = try Scratch().cards(
            [
                ("1", "F,100,-50", Self.good), ("2", "F,101,-50", String(repeating: "0", count: 23)),
                ("3", "F,102,-50", String(repeating: "C", count: 12)), ("4", "F,103,-50", String(repeating: "X", count: 13)),
            ], ends: ["3": 20, "4": 20])
        #expect(cards.cards.count == 2 && cards.counts.tooYoung == 1 && cards.counts.closedBefore == 1 && cards.counts.cards == 4)
        #expect(cards.cards[1].firstYear == Array(repeating: "X", count: 12) && cards.cards[1].openedMonthsBack == 32)
    }

    /// A student is given application fields alone, the same whatever happened later; a teacher the first year.
    @Test func studentsReadNothingAfterTheOpening() throws {
        func examples(_ statuses: [String]) throws -> InServiceExamples {
            let cards = try Scratch().cards(
                statuses.enumerated().map { ("\($0)", $0 % 2 == 0 ? "F,\($0),-5" : "M,\($0),365243", $1) })
            return try cards.examples(of: Array(cards.cards.indices), cards.encoding(of: Array(cards.cards.indices)))
        }
        let late = Array(repeating: Self.late(20), count: 40)
        let calm = try examples(late + Array(repeating: Self.late(30), count: 40))
        let stormy = try examples(late + Array(repeating: "5X1" + Self.late(27, months: 27), count: 40))
        for own in [calm, stormy] {
            #expect(
                own.preService.records == nil
                    && own.preService.profile.names.allSatisfy { name in
                        ["SEX", "INCOME", "DAYS_EMPLOYED"].contains { name.hasPrefix($0) }
                    })
            #expect(own.records.fields.names.sorted() == ["bucket", "status"] && own.records.recordCount == 80 * 12)
        }
        #expect(calm.preService.profile.values.count == stormy.preService.profile.values.count)
        #expect(zip(calm.preService.profile.values, stormy.preService.profile.values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
        // No employment is no large number.
        let days = try #require(calm.preService.profile.names.firstIndex(of: "DAYS_EMPLOYED"))
        #expect(calm.preService.profile.values[calm.preService.profile.names.count + days].isNaN)
    }

    /// A value that only those judged have in numbers gets no column of its own.
    @Test func columnsAreOfThoseWhoTeach() throws {
        let cards = try Scratch().cards((0..<80).map { ("\($0)", "\($0 < 40 ? "F" : "M"),\($0),-5", Self.good) })
        let encoding = cards.encoding(of: Array(0..<45))
        #expect(encoding.columns[0].categories == ["F"] && cards.encoding(of: Array(0..<80)).columns[0].categories == ["F", "M"])
        let judged = try cards.examples(of: Array(45..<80), encoding).preService.profile
        let other = try #require(judged.names.firstIndex(of: "SEX=(other)"))
        #expect((0..<35).allSatisfy { judged.values[$0 * judged.names.count + other] == 1 })
    }

    @Test func brokenTablesAreNamed() throws {
        let scratch = try Scratch()
        let fault = #expect(throws: StudyError.self) { try scratch.cards([("1", "F,1,-1", Self.good), ("1", "F,1,-1", Self.good)]) }
        #expect("\(try #require(fault))".contains("applications.csv:3: its card came before"))
        let months = #expect(throws: StudyError.self) { try scratch.cards([("1", "F,1,-1", Self.good)], ends: ["1": -1]) }
        #expect("\(try #require(months))".contains("the month is not 0 or less"))
    }
}
