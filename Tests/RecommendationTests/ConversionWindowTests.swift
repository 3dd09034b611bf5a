import Recommendation
import Testing

@Suite struct ConversionWindowTests {
    private let applications = [
        ProductApplication(customer: 1, time: 100, product: 2), ProductApplication(customer: 1, time: 50, product: 1),
        ProductApplication(customer: 2, time: 60, product: 1),
    ]

    private func outcome(at time: Int64, customer: Int32 = 1, horizon: Int64 = 50) throws -> Int32 {
        try ConversionWindow(horizon: horizon, endOfData: 1000).outcomes(
            [ConversionDecision(customer: customer, time: time)], applications: applications, products: 2
        ).outcome[0]
    }

    @Test func theFirstApplicationWithinTheHorizonCounts() throws {
        #expect(try outcome(at: 10) == 1)
        #expect(try outcome(at: 10, horizon: 90) == 1, "the first of two")
        #expect(try outcome(at: 0) == 1, "up to and with the end")
        #expect(try outcome(at: 49) == 1)
        #expect(try outcome(at: 50) == 2, "not at the moment itself")
        #expect(try outcome(at: 49, horizon: 1) == 1)
        #expect(try outcome(at: 100) == 0)
        #expect(try outcome(at: 10, customer: 3) == 0)
        #expect(try outcome(at: 5, customer: 2) == 0, "60 lies beyond 55; another customer's does not count")
    }

    @Test func decisionsNobodyCanJudgeAreRefusedOrCounted() throws {
        let window = try ConversionWindow(horizon: 50, endOfData: 120)
        let decisions = [70, 71, 10, .max].map { ConversionDecision(customer: 1, time: $0) }
        #expect { _ = try window.outcomes(decisions, applications: applications, products: 2) } throws: {
            "\($0)".contains("2 decisions (the first in row 2)")
        }
        // The one at 71 has an application within the data and is left out all the same.
        let kept = try window.outcomes(decisions, applications: applications, products: 2, censored: .leftOut)
        #expect(kept.rows == [0, 2] && kept.outcome == [2, 1] && kept.censored == 2)
    }

    @Test func badWindowsAndProductsAreRefused() {
        #expect(throws: ConversionError.self) { try ConversionWindow(horizon: 0, endOfData: 10) }
        #expect {
            _ = try ConversionWindow(horizon: 1, endOfData: 10).outcomes([], applications: applications, products: 1)
        } throws: { "\($0)".contains("row 1") }
    }

    @Test func historyEndsBeforeTheDecision() {
        let records: [(customer: Int32, time: Int64, name: String)] = [
            (1, 30, "late"), (2, 5, "other"), (1, 10, "first"), (1, 20, "a"), (1, 20, "b"),
        ]
        let history = CustomerHistory(records, customer: { $0.customer }, time: { $0.time })
        func names(_ time: Int64, _ customer: Int32 = 1) -> [String] {
            history.before(ConversionDecision(customer: customer, time: time)).map(\.name)
        }
        #expect(names(20) == ["first"])
        #expect(names(21) == ["first", "a", "b"])
        #expect(names(10) == [])
        #expect(names(1000) == ["first", "a", "b", "late"])
        #expect(names(1000, 3) == [])
    }
}
