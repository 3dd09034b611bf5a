import Evaluation
import SequenceKernel
import Studies
import Testing

/// What has moved is told from what chance does.
@Suite struct StabilityStudyTests {
    /// 200 visitors of one to three sessions, in two periods of the same kind.
    private static func sessions(_ seed: UInt64) -> (isSecond: [Bool], visitors: [Int], random: RandomSource) {
        var random = RandomSource(seed, 0x57AB1)
        var (isSecond, visitors) = ([Bool](), [Int]())
        for visitor in 0..<200 {
            for _ in 0...random.below(3) {
                visitors.append(visitor)
                isSecond.append(visitor % 2 == 0)
            }
        }
        return (isSecond, visitors, random)
    }

    @Test func noiseIsChance() throws {
        var (isSecond, visitors, random) = Self.sessions(1)
        let columns = (0..<40).map { place in
            StabilityStudy.Column(.input, "noise \(place)", numbers: visitors.map { _ in random.uniform() })
        }
        let study = try StabilityStudy(columns, isSecond: isSecond, visitors: visitors)
        // Two of forty are expected beyond the 95 % of chance; more than seven would happen in one of 2,000 runs.
        #expect(study.rows.count { $0.reading != .chance } <= 7)
        #expect(study.rows.allSatisfy { $0.reading != .changed && $0.chance > 0 && $0.share > 0 && $0.share <= 1 })
        #expect(study.first.visitors == 100 && study.second.visitors == 100 && study.deals == 199)
    }

    @Test func aShiftIsToldBySize() throws {
        var (isSecond, visitors, random) = Self.sessions(2)
        func column(_ shift: Float) -> StabilityStudy.Column {
            .init(.input, "shift \(shift)", numbers: isSecond.map { random.uniform() + ($0 ? shift : 0) })
        }
        let study = try StabilityStudy([column(0), column(0.4)], isSecond: isSecond, visitors: visitors)
        #expect(study.rows[0].reading == .chance && study.rows[1].reading == .changed)
        #expect(study.rows[1].share == 1.0 / 200, "none of 199 deals reaches it")
    }

    @Test func theIndexIsThatOfTheCounts() throws {
        let visitors = Array(0..<80)
        let isSecond = visitors.map { $0 >= 40 }
        // 30 and 10 of the first period, 20 and 20 of the second.
        let texts = visitors.map { visitor -> String? in visitor < 40 ? (visitor < 30 ? "a" : "b") : visitor < 60 ? "a" : nil }
        let study = try StabilityStudy([.init(.input, "x", texts: texts)], isSecond: isSecond, visitors: visitors)
        let expected = PopulationStability.index(expectedCounts: [30, 10, 0, 0], actualCounts: [20, 0, 0, 20])
        #expect(abs(study.rows[0].index - expected) < 1e-12 && study.rows[0].parts == 4)
    }

    @Test func visitorsAreDealtWhole() throws {
        // Each of 60 visitors has one of two values in all of its 40 sessions: 2,400 sessions that know no more than 60 visitors.
        var random = RandomSource(3, 0x57AB2)
        let values = (0..<60).map { _ in random.below(2) }
        let visitors = (0..<2_400).map { $0 / 40 }
        let study = try StabilityStudy(
            [.init(.label, "own value", texts: visitors.map { "\(values[$0])" })], isSecond: visitors.map { $0 < 30 }, visitors: visitors)
        let alone = try StabilityStudy(
            [.init(.label, "own value", texts: visitors.map { "\(values[$0])" })], isSecond: visitors.map { $0 < 30 },
            visitors: Array(0..<2_400))
        #expect(study.rows[0].index == alone.rows[0].index)
        #expect(study.rows[0].chance > 10 * alone.rows[0].chance, "sessions of one visitor are no news of others")
    }

    @Test func whoCameInBothPeriodsChangesPlaces() throws {
        // A hundred visitors, each with a value of its own in both periods: nothing moves, and no deal makes it.
        let visitors = (0..<200).map { $0 % 100 }
        let texts = visitors.map { "\($0 % 7)" }
        let study = try StabilityStudy([.init(.input, "own", texts: texts)], isSecond: (0..<200).map { $0 >= 100 }, visitors: visitors)
        #expect(study.rows[0].index < 1e-12 && study.rows[0].chance < 1e-12 && study.rows[0].reading == .chance)
    }

    @Test func severalPartsASession() throws {
        let visitors = Array(0..<60)
        let sets: [[Int32]] = visitors.map { $0 < 30 ? [0, 1] : [1] }
        let study = try StabilityStudy([.init(.label, "i", parts: 3, sets: sets)], isSecond: visitors.map { $0 >= 30 }, visitors: visitors)
        let expected = PopulationStability.index(expectedCounts: [30, 30, 0], actualCounts: [0, 30, 0])
        #expect(abs(study.rows[0].index - expected) < 1e-12 && study.rows[0].reading == .changed)
    }

    @Test func tooFewVisitorsAreRefused() throws {
        let visitors = Array(0..<39)
        #expect(throws: StudyError.self) {
            try StabilityStudy(
                [.init(.input, "x", texts: visitors.map { _ in "a" })], isSecond: visitors.map { $0 >= 20 }, visitors: visitors)
        }
    }

    @Test func missingNumbersHaveAPart() throws {
        let visitors = Array(0..<100)
        let isSecond = visitors.map { $0 >= 50 }
        let numbers = visitors.map { Float($0 % 10) }
        let gone = visitors.map { isSecond[$0] && $0 % 2 == 0 ? Float.nan : Float($0 % 10) }
        let study = try StabilityStudy(
            [.init(.input, "all", numbers: numbers), .init(.input, "gone", numbers: gone)], isSecond: isSecond, visitors: visitors)
        #expect(study.rows[0].index < 1e-9 && study.rows[0].reading == .chance && study.rows[1].reading == .changed)
    }
}
