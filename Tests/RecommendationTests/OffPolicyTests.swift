import Evaluation
import Recommendation
import SequenceKernel
import Testing

/// Repeatable numbers in 0..<1 (SplitMix64).
struct UnitSource {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func unit() -> Float {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return Float((value ^ (value >> 31)) >> 40) * 0x1p-24
    }
}

/// Three tiles at two positions, shown by a skewed policy; another policy prefers the tile with the best rate.
private struct Simulation {
    static let rates: [Float] = [0.1, 0.2, 0.6]
    static let logging: [Float] = [0.6, 0.3, 0.1]
    static let evaluated: [Float] = [0.1, 0.2, 0.7]
    var (tile, position, clicks) = ([Int32](), [Int32](), [Float]())

    init(_ rows: Int, seed: UInt64) {
        var source = UnitSource(seed)
        for _ in 0..<rows {
            let draw = source.unit()
            let shown = draw < 0.6 ? 0 : draw < 0.9 ? 1 : 2
            let place = source.unit() < 0.5 ? 0 : 1
            tile.append(Int32(shown))
            position.append(Int32(place))
            clicks.append(source.unit() < Self.rates[shown] * (place == 0 ? 1 : 0.5) ? 1 : 0)
        }
    }

    /// The evaluated policy's true rate: 0.47 at the first position, half of it at the second.
    static let truth = 0.75 * zip(rates, evaluated).reduce(0.0) { $0 + Double($1.0 * $1.1) }
    func probabilities(_ policy: [Float]) -> [Float] { tile.map { policy[Int($0)] } }
    var log: OffPolicyLog {
        get throws {
            try OffPolicyLog(
                rewards: clicks, logged: probabilities(Self.logging), evaluated: probabilities(Self.evaluated))
        }
    }
    func expected(policy: [Float] = Simulation.evaluated) throws -> ExpectedRewards {
        try TileClickRates.crossFitted(
            tile: tile, position: position, rewards: clicks, tiles: 3, positions: 2, policy: policy + policy, pseudoImpressions: 20)
    }
}

@Suite struct OffPolicyTests {
    @Test func everyEstimateFindsTheOtherPolicysRate() throws {
        let simulation = Simulation(8_000, seed: 5)
        let settings = OffPolicySettings(resampling: Resampling(rounds: 400))
        let estimate = try OffPolicyEstimate(simulation.log, expected: simulation.expected(), settings)
        for interval in [estimate.inversePropensity, estimate.selfNormalised, estimate.doublyRobust!] {
            #expect(interval.lower < Simulation.truth && Simulation.truth < interval.upper)
            #expect(abs(interval.estimate - Simulation.truth) < 0.05)
        }
        // The logging policy's own rate is far from it, so nothing of the above comes for free.
        #expect(estimate.loggingPolicy.upper < Simulation.truth - 0.1)
        func width(_ interval: MetricInterval) -> Double { interval.upper - interval.lower }
        #expect(width(estimate.doublyRobust!) < width(estimate.inversePropensity))
        #expect(abs(estimate.meanWeight - 1) < 0.1 && estimate.largestWeight == Double(Float(0.7)) / Double(Float(0.1)))
        // Kish: (Σ p w)² / Σ p w², with weights 1/6, 2/3 and 7.
        let share = 1 / (0.6 / 36 + 0.3 * 4 / 9 + 0.1 * 49)
        #expect(abs(estimate.effectiveSampleSize / 8_000 - share) < 0.02)
    }

    @Test func theDoublyRobustStandsAWrongModelAndWrongWeights() throws {
        let simulation = Simulation(8_000, seed: 6)
        let nonsense = ExpectedRewards(
            ofLogged: [Float](repeating: 0.9, count: 8_000), underEvaluated: [Float](repeating: 0.9, count: 8_000))
        let settings = OffPolicySettings(resampling: Resampling(rounds: 100))
        let wrongModel = try OffPolicyEstimate(simulation.log, expected: nonsense, settings)
        #expect(abs(wrongModel.doublyRobust!.estimate - Simulation.truth) < 0.07)
        #expect(abs(wrongModel.model!.estimate - 0.9) < 1e-6)
        let misstated = try OffPolicyLog(
            rewards: simulation.clicks, logged: [Float](repeating: 1 / 3, count: 8_000),
            evaluated: simulation.probabilities(Simulation.evaluated))
        let wrongWeights = try OffPolicyEstimate(misstated, expected: simulation.expected(), settings)
        #expect(abs(wrongWeights.inversePropensity.estimate - Simulation.truth) > 0.1)
        #expect(abs(wrongWeights.doublyRobust!.estimate - Simulation.truth) < 0.05)
    }

    @Test func weightsAreCutOnlyWhenAskedForAndThatIsSaid() throws {
        let simulation = Simulation(500, seed: 7)
        let free = try OffPolicyEstimate(simulation.log, OffPolicySettings(resampling: Resampling(rounds: 20)))
        #expect(free.clip == nil && free.clippedRows == 0 && free.doublyRobust == nil && free.model == nil)
        let cut = try OffPolicyEstimate(simulation.log, OffPolicySettings(clip: 2, resampling: Resampling(rounds: 20)))
        #expect(cut.clip == 2 && cut.largestWeight == 2 && cut.clippedRows == simulation.tile.count { $0 == 2 })
        #expect(cut.effectiveSampleSize > free.effectiveSampleSize)
        #expect(throws: OffPolicyError.self) { try OffPolicyEstimate(simulation.log, OffPolicySettings(clip: 0)) }
    }

    @Test func groupsAreDrawnWhole() throws {
        // Every row ten times: as rows the interval pretends to ten times the evidence.
        let simulation = Simulation(300, seed: 8)
        func repeated(_ values: [Float]) -> [Float] { values.flatMap { [Float](repeating: $0, count: 10) } }
        let logged = repeated(simulation.probabilities(Simulation.logging))
        let evaluated = repeated(simulation.probabilities(Simulation.evaluated))
        let rows = try OffPolicyLog(rewards: repeated(simulation.clicks), logged: logged, evaluated: evaluated)
        let grouped = try OffPolicyLog(
            rewards: repeated(simulation.clicks), logged: logged, evaluated: evaluated, groups: (0..<3_000).map { Int32($0 / 10) },
            groupName: "customers")
        let settings = OffPolicySettings(resampling: Resampling(rounds: 300))
        let (own, whole) = (try OffPolicyEstimate(rows, settings), try OffPolicyEstimate(grouped, settings))
        func width(_ interval: MetricInterval) -> Double { interval.upper - interval.lower }
        #expect(width(whole.inversePropensity) > 2 * width(own.inversePropensity))
        #expect(own.resampled == "rows" && whole.resampled == "300 of customers, with all their rows")
    }

    @Test(arguments: [Float.nan, 0, -0.1, 1.5]) func impossibleLoggedProbabilitiesNameTheirRow(_ probability: Float) {
        #expect {
            _ = try OffPolicyLog(rewards: [0, 1, 0], logged: [0.5, 0.5, probability], evaluated: [0.1, 0.1, 0.1])
        } throws: { "\($0)".contains("row 3") && "\($0)".contains("logging policy") }
    }

    @Test func otherBadRowsAreRefused() {
        #expect(throws: OffPolicyError.self) { try OffPolicyLog(rewards: [], logged: [], evaluated: []) }
        #expect(throws: OffPolicyError.self) { try OffPolicyLog(rewards: [1], logged: [0.5], evaluated: [.nan]) }
        #expect(throws: OffPolicyError.self) { try OffPolicyLog(rewards: [.infinity], logged: [0.5], evaluated: [0.5]) }
        #expect(throws: OffPolicyError.self) { try OffPolicyLog(rewards: [1, 0], logged: [0.5], evaluated: [0.5, 0.5]) }
        #expect(throws: OffPolicyError.self) {
            try TileClickRates(tile: [3], position: [0], rewards: [1], tiles: 3, positions: 1)
        }
    }

    @Test func clickRatesShrinkWhereLittleWasSeen() throws {
        let rates = try TileClickRates(
            tile: [0, 0, 0, 1], position: [0, 0, 0, 0], rewards: [1, 0, 0, 1], tiles: 3, positions: 1, pseudoImpressions: 2
        ).rates
        // Overall 1/2; tile 0: (1 + 2/2)/(3 + 2) = 0.4, then at its position (1 + 2 × 0.4)/(3 + 2) = 0.36; tile 2 was never seen.
        #expect(abs(rates[0] - 0.36) < 1e-6)
        #expect(abs(rates[1] - (1 + 2 * (2.0 / 3)) / 3) < 1e-6)
        #expect(rates[2] == 0.5)
    }

    @Test func aRowDoesNotTeachItsOwnExpectation() throws {
        let simulation = Simulation(400, seed: 9)
        let expected = try simulation.expected()
        for row in [0, 17, 399] {
            var other = simulation
            other.clicks[row] = 1 - other.clicks[row]
            #expect(try other.expected().ofLogged[row] == expected.ofLogged[row])
        }
    }
}
