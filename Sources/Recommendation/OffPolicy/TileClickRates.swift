/// The simplest reward model of tiles: click rates by tile and position, drawn towards the tile's and the log's own rate where little was seen.
///
/// rate(tile) = (clicks + m · rate) / (n + m), rate(tile, position) = (clicks + m · rate(tile)) / (n + m), with m pseudo-impressions
/// (an empirical-Bayes shrinkage with a fixed strength).
public struct TileClickRates: Sendable, Equatable {
    /// Tiles.
    public let tiles: Int
    /// Positions.
    public let positions: Int
    /// `[tiles, positions]`.
    public let rates: [Float]

    /// Counts a log.
    /// - Parameters:
    ///   - tile: `[N]`, from 0.
    ///   - position: `[N]`, from 0.
    ///   - rewards: `[N]`.
    ///   - rows: those to count; all by default.
    ///   - pseudoImpressions: m, from 0; 200 is about what one click takes at half a per cent.
    public init(
        tile: [Int32], position: [Int32], rewards: [Float], tiles: Int, positions: Int, rows: [Int]? = nil, pseudoImpressions: Double = 200
    ) throws(OffPolicyError) {
        try Self.check(tile: tile, position: position, rewards: rewards, tiles: tiles, positions: positions)
        guard pseudoImpressions >= 0, pseudoImpressions.isFinite else {
            throw .badSetting(name: "pseudo-impressions", found: "\(pseudoImpressions)", expected: "0 or more")
        }
        var (clicks, shown) = ([Double](repeating: 0, count: tiles * positions), [Double](repeating: 0, count: tiles * positions))
        for row in rows ?? Array(rewards.indices) {
            let place = Int(tile[row]) * positions + Int(position[row])
            clicks[place] += Double(rewards[row])
            shown[place] += 1
        }
        func rate(_ sum: Double, _ count: Double, towards prior: Double) -> Double {
            let total = count + pseudoImpressions
            return total == 0 ? prior : (sum + pseudoImpressions * prior) / total
        }
        let (all, count) = (clicks.reduce(0, +), shown.reduce(0, +))
        let overall = count == 0 ? 0 : all / count
        rates = (0..<tiles).flatMap { tile in
            let range = tile * positions..<(tile + 1) * positions
            let own = rate(clicks[range].reduce(0, +), shown[range].reduce(0, +), towards: overall)
            return range.map { Float(rate(clicks[$0], shown[$0], towards: own)) }
        }
        (self.tiles, self.positions) = (tiles, positions)
    }

    /// What rates expect of each row that were counted without it: groups are parted into folds, and each fold is judged by the others.
    /// - Parameters:
    ///   - policy: `[positions, tiles]`, the evaluated policy's probability of each tile at each position.
    ///   - groups: `[N]`, kept in one fold; every row for itself by default.
    ///   - folds: 2 or more.
    public static func crossFitted(
        tile: [Int32], position: [Int32], rewards: [Float], tiles: Int, positions: Int, policy: [Float], groups: [Int32]? = nil,
        folds: Int = 5, pseudoImpressions: Double = 200
    ) throws(OffPolicyError) -> ExpectedRewards {
        try check(tile: tile, position: position, rewards: rewards, tiles: tiles, positions: positions)
        guard policy.count == tiles * positions else {
            throw .wrongSize(what: "probabilities of the evaluated policy", found: policy.count, expected: tiles * positions)
        }
        guard folds >= 2 else { throw .badSetting(name: "folds", found: "\(folds)", expected: "2 or more") }
        let fold = CustomerFolds(groups ?? rewards.indices.map { Int32($0) }, count: folds, seed: 0).fold
        var expected = ExpectedRewards(
            ofLogged: [Float](repeating: 0, count: rewards.count), underEvaluated: [Float](repeating: 0, count: rewards.count))
        for number in 0..<folds {
            let own = try TileClickRates(
                tile: tile, position: position, rewards: rewards, tiles: tiles, positions: positions,
                rows: rewards.indices.filter { fold[$0] != number }, pseudoImpressions: pseudoImpressions)
            let means = (0..<positions).map { place in
                (0..<tiles).reduce(Float(0)) { $0 + policy[place * tiles + $1] * own.rates[$1 * positions + place] }
            }
            for row in rewards.indices where fold[row] == number {
                expected.ofLogged[row] = own.rates[Int(tile[row]) * positions + Int(position[row])]
                expected.underEvaluated[row] = means[Int(position[row])]
            }
        }
        return expected
    }

    private static func check(
        tile: [Int32], position: [Int32], rewards: [Float], tiles: Int, positions: Int
    ) throws(OffPolicyError) {
        for (what, found) in [("tiles of the rows", tile.count), ("positions of the rows", position.count)] where found != rewards.count {
            throw .wrongSize(what: what, found: found, expected: rewards.count)
        }
        for row in rewards.indices {
            guard tile[row] >= 0, tile[row] < tiles, position[row] >= 0, position[row] < positions, rewards[row].isFinite else {
                throw .badRow(
                    row: row + 1, what: "its tile, position or reward is none of those counted",
                    remedy: "\(tiles) tiles and \(positions) positions were announced: correct the row or leave it out")
            }
        }
    }
}
