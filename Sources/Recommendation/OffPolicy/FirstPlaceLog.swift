public import SequenceKernel

/// Takes: impressions with the logging policy's probabilities, and a policy for the first place.   Gives: its click rate there.
///
/// An action is the tile on the first place, its reward 1 where that tile was clicked: impressions without a click and clicks further down
/// count as 0. The tiles below stay what the logging policy makes of them. The logged probability of a tile is that of its standing
/// first, over all draws of the page; so a policy may choose among all tiles that could be had, not among those that a draw happened to show.
/// Only where every page shows all that could be had (``showsAll``) are these the same.
public struct FirstPlaceLog: Sendable {
    /// Impressions that count, by their places in the log, `[N]`.
    public let impressions: [Int]
    /// The tile on the first place, by its place among the log's names, `[N]`.
    public let tiles: [Int32]
    /// With which probability it stood there, `[N]`.
    public let probabilities: [Float]
    /// 1 where it was clicked, `[N]`.
    public let clicks: [Float]
    /// Whose impression it was, `[N]`.
    public let customers: [Int32]
    /// Impressions asked for that do not count: nothing is known of their first place or of its probability.
    public let withoutProbability: Int
    /// Whether the probabilities of the tiles of each of these impressions add up to 1: nothing else could have been shown.
    public let showsAll: Bool
    /// Names of the log.
    public let names: [String]

    /// How many count (N).
    public var count: Int { impressions.count }

    /// What some impressions of a log say of the first place.
    public init(_ log: ImpressionLog, impressions asked: [Int]) {
        let known = asked.filter { impression in
            let first = log.offsets[impression]
            return log.positions[first] == 1 && !log.probabilities[first].isNaN
        }
        let firsts = known.map { log.offsets[$0] }
        impressions = known
        tiles = firsts.map { log.tiles[$0] }
        probabilities = firsts.map { log.probabilities[$0] }
        clicks = firsts.map { log.clicked[$0] ? 1 : 0 }
        customers = known.map { log.decisions.customers[$0] }
        withoutProbability = asked.count - known.count
        showsAll = known.allSatisfy { impression in
            let sum = log.probabilities[log.offsets[impression]..<log.offsets[impression + 1]].reduce(0, +)
            return abs(sum - 1) < 0.005
        }
        names = log.tileNames
    }

    /// What a policy would have earned, with intervals by customer. The direct model of the doubly robust estimate is the click rate of each
    /// tile on the first place, of other customers (``TileClickRates``).
    /// - Parameter policy: of the same impressions; those for which it has no tile are left out.
    /// - Throws: ``OffPolicyError`` where sizes do not agree, or no impression is left.
    public func estimate(
        _ policy: FirstPlacePolicy, _ settings: OffPolicySettings = OffPolicySettings()
    ) throws(OffPolicyError) -> OffPolicyEstimate {
        guard policy.count == count else { throw .wrongSize(what: "impressions of the policy", found: policy.count, expected: count) }
        let rows = (0..<count).filter { !policy.rows($0).isEmpty }
        let (tile, groups) = (rows.map { tiles[$0] }, rows.map { customers[$0] })
        let rewards = rows.map { clicks[$0] }
        let evaluated = rows.map { row in
            policy.rows(row).reduce(Float(0)) { $0 + (policy.tiles[$1] == tiles[row] ? policy.probabilities[$1] : 0) }
        }
        let log = try OffPolicyLog(
            rewards: rewards, logged: rows.map { probabilities[$0] }, evaluated: evaluated.map { min($0, 1) }, groups: groups,
            groupName: "customers")
        let none = [Float](repeating: 0, count: rows.count)
        var expected = ExpectedRewards(ofLogged: none, underEvaluated: none)
        let folds = CustomerFolds(groups, count: 5, seed: 0)
        let places = [Int32](repeating: 0, count: rows.count)
        for number in 0..<folds.count {
            let rates = try TileClickRates(
                tile: tile, position: places, rewards: rewards, tiles: names.count, positions: 1,
                rows: rows.indices.filter { folds.fold[$0] != number }
            ).rates
            for (place, row) in rows.enumerated() where folds.fold[place] == number {
                expected.ofLogged[place] = rates[Int(tile[place])]
                expected.underEvaluated[place] = policy.rows(row).reduce(0) {
                    $0 + policy.probabilities[$1] * rates[Int(policy.tiles[$1])]
                }
            }
        }
        return try OffPolicyEstimate(log, expected: expected, settings)
    }
}

/// Which tile a policy puts on the first place of each impression.
public struct FirstPlacePolicy: Sendable, Equatable {
    /// Impression n has the tiles `[n] ..< [n + 1]`, `[N + 1]`.
    public private(set) var offsets = [0]
    /// By their places among the names of a log.
    public private(set) var tiles: [Int32] = []
    /// With which probability each stands first; of one impression they add up to 1.
    public private(set) var probabilities: [Float] = []

    /// A policy for no impression yet.
    public init() {}

    /// Impressions (N).
    public var count: Int { offsets.count - 1 }

    /// Tiles of an impression.
    public func rows(_ impression: Int) -> Range<Int> { offsets[impression]..<offsets[impression + 1] }

    /// Adds an impression; without tiles it has nothing to show.
    /// - Parameter shares: above 0 together; they are brought to the sum 1.
    public mutating func add(_ choices: [(tile: Int32, share: Float)]) {
        let sum = choices.reduce(0) { $0 + $1.share }
        for choice in choices where sum > 0 {
            tiles.append(choice.tile)
            probabilities.append(choice.share / sum)
        }
        offsets.append(tiles.count)
    }

    /// Adds impressions of which the tile that a ranker finds likeliest stands first, of several alike the one first named in the log: the
    /// order in which they were shown is the logging policy's.
    /// - Parameters:
    ///   - candidates: the impressions with all tiles that could be had; other rows may be among them.
    ///   - names: of each row the tile's place among the names of the log, `[T]`.
    ///   - isAllowed: whether the tile of a row may be shown, by impression and row.
    public mutating func add(
        bestOf ranker: TileRanker, _ candidates: RankingExamples, names: [Int32], pool: WorkerPool, isAllowed: (Int, Int) -> Bool
    ) throws(RankingError) {
        guard names.count == candidates.rowCount else {
            throw .wrongSize(what: "names of tiles", found: names.count, expected: candidates.rowCount)
        }
        let scores = try ranker.probabilities(candidates, pool: pool)
        for impression in 0..<candidates.count {
            let rows = candidates.rows(impression).filter { isAllowed(impression, $0) }
            let best = rows.max { (scores[$0], names[$1]) < (scores[$1], names[$0]) }
            add(best.map { [(tile: names[$0], share: Float(1))] } ?? [])
        }
    }
}
