import Audit
import Evaluation
import Testing

/// Intervals against values that were computed by other means.
@Suite struct ScoreIntervalTests {
    private func isNear(_ a: Double, _ b: Double, _ tolerance: Double = 1e-6) -> Bool { abs(a - b) < tolerance }

    /// One cell of a population without end is Wilson's interval, up to half an item of it.
    @Test(arguments: [(0, 10), (1, 10), (7, 20), (20, 20), (199, 200)]) func oneCellIsWilson(_ right: Int, _ judged: Int) throws {
        let endless = 1 << 40
        let interval = try #require(ScoreInterval.proportion([ReviewCell(population: endless, judged: judged, positive: right)]))
        let wilson = MetricInterval.wilson(successes: right, of: judged)
        #expect(isNear(interval.estimate, wilson.estimate) && isNear(interval.lower, wilson.lower) && isNear(interval.upper, wilson.upper))
    }

    /// 90 of 100 judged are right and 20 are left: Wilson of more items, and half an item of 120 times the share judged.
    @Test func fewAreLeft() throws {
        let interval = try #require(ScoreInterval.proportion([ReviewCell(population: 120, judged: 100, positive: 90)]))
        // n' = 100 · 119 / 20 = 595; Wilson of p = 0.9: centre (0.9 + z²/1190) / (1 + z²/595), half z/(1 + z²/595) √(0.09/595 + z²/(4·595²)).
        #expect(isNear(interval.lower, 0.8732697 - 0.5 / 120 * 100 / 120) && isNear(interval.upper, 0.9215985 + 0.5 / 120 * 100 / 120))
    }

    @Test func whatWasJudgedWholeIsKnown() throws {
        let cells = [ReviewCell(population: 30, judged: 30, positive: 27), ReviewCell(population: 10, judged: 10, positive: 1)]
        #expect(ScoreInterval.proportion(cells) == MetricInterval(estimate: 0.7, lower: 0.7, upper: 0.7))
        let share = try #require(ScoreInterval.share(found: [cells[0]], missed: [cells[1]]))
        #expect(isNear(share.estimate, 27.0 / 28) && share.lower == share.upper)
    }

    /// Weights, not numbers judged, make the estimate: 0.9 · 0.5 + 0.1 · 1.
    @Test func cellsWeighWhatTheyStandFor() throws {
        let cells = [ReviewCell(population: 900, judged: 10, positive: 5), ReviewCell(population: 100, judged: 50, positive: 50)]
        let interval = try #require(ScoreInterval.proportion(cells))
        #expect(isNear(interval.estimate, 0.55) && interval.lower > 0.3 && interval.lower < 0.55 && interval.upper < 0.8)
        // As wide as ten verdicts allow, not sixty.
        #expect(interval.upper - interval.lower > 0.4)
    }

    /// 80 of 100 found are right, 2 of 100 of 10,000 others were missed: 800 found, 180 missed.
    @Test func recallWeighsWhatWasMissed() throws {
        let found = [ReviewCell(population: 1000, judged: 100, positive: 80)],
            missed = [ReviewCell(population: 9000, judged: 100, positive: 2)]
        let interval = try #require(ScoreInterval.share(found: found, missed: missed))
        #expect(isNear(interval.estimate, 800.0 / 980))
        // By z only: of 9,000 between 0.55 % and 7 % may have been missed (Wilson), that is 50 to 630.
        #expect(interval.lower > 800.0 / (800 + 900) && interval.lower < 800.0 / (800 + 400))
        #expect(interval.upper > 800.0 / (800 + 80) && interval.upper < 800.0 / (800 + 20))
    }

    /// Nothing missed in a hundred is not a recall of one for certain.
    @Test func nothingMissedIsNoProof() throws {
        let found = [ReviewCell(population: 100, judged: 50, positive: 50)],
            missed = [ReviewCell(population: 5000, judged: 100, positive: 0)]
        let interval = try #require(ScoreInterval.share(found: found, missed: missed))
        #expect(interval.estimate == 1 && interval.upper == 1 && interval.lower < 0.5 && interval.lower > 0.2)
    }

    /// One of four strata of one session was judged: as much as one of four sessions drawn at random.
    @Test(arguments: [0, 1]) func oneVerdictIsNoProof(_ positive: Int) throws {
        let cells = (0..<4).map { ReviewCell(population: 1, judged: $0 == 2 ? 1 : 0, positive: $0 == 2 ? positive : 0) }
        let interval = try #require(ScoreInterval.proportion(cells))
        let drawn = try #require(ScoreInterval.proportion([ReviewCell(population: 4, judged: 1, positive: positive)]))
        #expect(interval.estimate == Double(positive) && interval.upper - interval.lower > 0.75)
        #expect(isNear(interval.lower, drawn.lower) && isNear(interval.upper, drawn.upper))
        #expect(isNear(ScoreInterval.effectiveCount(cells), 1))
        // Beside a judged stratum of a hundred others, too.
        let share = try #require(ScoreInterval.share(found: cells, missed: [ReviewCell(population: 100, judged: 50, positive: 10)]))
        #expect(share.upper - share.lower > 0.1)
    }

    /// Ten of forty strata of one session: the same sessions put together, up to what a quarter of an item moves.
    @Test func strataOfOneAreARandomSample() throws {
        let cells = (0..<40).map { ReviewCell(population: 1, judged: $0 < 10 ? 1 : 0, positive: $0 < 7 ? 1 : 0) }
        let interval = try #require(ScoreInterval.proportion(cells))
        let drawn = try #require(ScoreInterval.proportion([ReviewCell(population: 40, judged: 10, positive: 7)]))
        #expect(isNear(interval.estimate, 0.7) && isNear(interval.lower, drawn.lower, 0.06) && isNear(interval.upper, drawn.upper, 0.06))
        #expect(isNear(ScoreInterval.effectiveCount(cells), 10))
    }

    /// Whole strata are known by themselves; what they are taken to say of others is not.
    @Test func wholeStrataDoNotMakeOthersCertain() throws {
        let whole = ReviewCell(population: 20, judged: 20, positive: 20), open = ReviewCell(population: 30, judged: 0, positive: 0)
        let known = try #require(ScoreInterval.proportion([whole])), taken = try #require(ScoreInterval.proportion([whole, open]))
        #expect(known.lower == 1 && taken.estimate == 1)
        // n' = 20 · 49 / 30 of one cell, and half an item of 50 times 20 / 50.
        let n = 20.0 * 49 / 30, z = 1.959963984540054
        #expect(isNear(taken.lower, 1 / (1 + z * z / n) - 0.5 / 50 * 0.4))
        // A certain stratum beside a sampled one takes no part in the error.
        let part = ReviewCell(population: 100, judged: 10, positive: 5)
        let both = try #require(ScoreInterval.proportion([whole, part])), alone = try #require(ScoreInterval.proportion([part]))
        #expect(isNear((both.upper - both.lower) * 120, (alone.upper - alone.lower) * 100, 0.5))
    }

    /// A stratum nobody judged changes the less, the smaller it is.
    @Test func aFewLeftOutChangeLittle() throws {
        let judged = [ReviewCell(population: 900, judged: 60, positive: 50), ReviewCell(population: 100, judged: 50, positive: 20)]
        let without = try #require(ScoreInterval.proportion(judged))
        let with = try #require(ScoreInterval.proportion(judged + [ReviewCell(population: 1, judged: 0, positive: 0)]))
        #expect(
            isNear(with.estimate, without.estimate) && isNear(with.lower, without.lower, 1e-3) && isNear(with.upper, without.upper, 1e-3))
        let half = try #require(ScoreInterval.proportion(judged + [ReviewCell(population: 1000, judged: 0, positive: 0)]))
        #expect(isNear(half.estimate, without.estimate) && half.upper - half.lower > without.upper - without.lower)
    }

    /// Five verdicts of which one stands for nearly all are worth one.
    @Test func weightsTakeFromTheWorthOfVerdicts() {
        #expect(isNear(ScoreInterval.effectiveCount([ReviewCell(population: 50, judged: 8, positive: 3)]), 8))
        let uneven = [ReviewCell(population: 4, judged: 4, positive: 4), ReviewCell(population: 1000, judged: 1, positive: 0)]
        #expect(ScoreInterval.effectiveCount(uneven) < 1.01 && ScoreInterval.effectiveCount([]) == 0)
    }

    /// What nobody judged may hold any number of missed items, or of right ones.
    @Test func recallIsNotKnownWithoutBothParts() {
        let found = ReviewCell(population: 50, judged: 10, positive: 8), missed = ReviewCell(population: 500, judged: 40, positive: 3)
        let unseen = ReviewCell(population: 500, judged: 0, positive: 0), none = ReviewCell(population: 0, judged: 0, positive: 0)
        #expect(ScoreInterval.share(found: [found], missed: [unseen]) == nil)
        #expect(ScoreInterval.share(found: [unseen], missed: [missed]) == nil)
        // Where there is nothing there is nothing to judge.
        #expect(ScoreInterval.share(found: [found], missed: [])?.estimate == 1)
        #expect(ScoreInterval.share(found: [found], missed: [none])?.estimate == 1)
        #expect(ScoreInterval.share(found: [none], missed: [missed])?.estimate == 0)
        #expect(ScoreInterval.share(found: [found], missed: [unseen, missed]) != nil)
    }

    @Test func nothingIsSaidOfNothing() {
        #expect(ScoreInterval.proportion([]) == nil && ScoreInterval.proportion([ReviewCell(population: 9, judged: 0, positive: 0)]) == nil)
        let empty = ReviewCell(population: 9, judged: 9, positive: 0)
        #expect(ScoreInterval.share(found: [empty], missed: [empty]) == nil)
    }

    /// Ends stay in order and between 0 and 1, and hold the estimate, wherever the cells lie.
    @Test func endsAreSound() throws {
        var state: UInt64 = 5
        func below(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(count))
        }
        func cell() -> ReviewCell {
            let population = 1 + below(below(2) == 0 ? 3 : 500), judged = below(min(population, 40) + 1)
            return ReviewCell(population: population, judged: judged, positive: below(judged + 1))
        }
        for _ in 0..<200 {
            let found = (0...below(6)).map { _ in cell() }, missed = (0...below(6)).map { _ in cell() }
            let own = ScoreInterval.proportion(found)
            for interval in [own, ScoreInterval.share(found: found, missed: missed)].compactMap({ $0 }) {
                #expect(0 <= interval.lower && interval.lower <= interval.estimate + 1e-9, "\(found) \(missed)")
                #expect(interval.estimate <= interval.upper + 1e-9 && interval.upper <= 1, "\(found) \(missed)")
            }
            // Nothing is certain that was not judged whole.
            let isWhole = found.allSatisfy { $0.judged == $0.population }
            if let own { #expect(isWhole == (own.lower == own.upper), "\(found)") }
        }
    }
}
