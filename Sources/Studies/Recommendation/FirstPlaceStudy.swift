public import Evaluation
public import Recommendation
public import SequenceKernel

/// What the tile that a ranker finds best would earn on the first place, estimated from a log of another policy with its probabilities.
public struct FirstPlaceStudy: Sendable, Equatable, Encodable {
    /// The estimates.
    public struct Value: Sendable, Equatable, Encodable {
        /// Impressions that they rest on.
        public let impressions: Int
        /// Of which the tile on the first place was clicked.
        public let clicks: Int
        /// What was drawn for the intervals, in words.
        public let resampled: String
        /// Click rate of the first place as logged.
        public let logged: MetricInterval
        /// Of the ranker's best tile there: inverse propensity.
        public let inversePropensity: MetricInterval
        /// Self-normalised.
        public let selfNormalised: MetricInterval
        /// Doubly robust, with click rates by tile.
        public let doublyRobust: MetricInterval
        /// Impressions that would say as much without weights.
        public let effectiveSampleSize: Double
        /// About 1 where the log covers what the ranker would show.
        public let meanWeight: Double
        /// Of all weights.
        public let largestWeight: Double
    }

    /// Among which tiles the ranker chose.
    public enum Candidates: String, Sendable, Codable {
        /// Those shown: their probabilities add up to 1, so there were no others.
        case shown
        /// Those of the log that had been shown to anybody before, and that the rules allow.
        case log
    }

    /// Nil where nothing can be estimated.
    public private(set) var value: Value?
    /// Why not; nil where something can.
    public private(set) var missing: String?
    /// Among which tiles the ranker chose.
    public let candidates: Candidates
    /// Impressions whose first place has no known probability.
    public let withoutProbability: Int
    /// Impressions for which no tile was known or allowed.
    public private(set) var withoutTile = 0

    /// Estimates from impressions.
    /// - Parameters:
    ///   - examples: of all impressions of the tables.
    ///   - impressions: of customers who did not teach the ranker.
    ///   - rules: which tiles may be shown; nil for all.
    /// - Throws: what scoring throws.
    public init(
        _ ranker: TileRanker, _ tables: AppTables, _ examples: RankingExamples, _ inputs: AppInputs, impressions: [Int],
        rules: Eligibility? = nil, resampling: Resampling = Resampling(rounds: 1000), pool: WorkerPool
    ) throws {
        guard let log = tables.log, let catalogue = tables.catalogue else {
            throw StudyError.missingFile(what: "impressions", option: "--impressions")
        }
        let firsts = FirstPlaceLog(log, impressions: impressions)
        withoutProbability = firsts.withoutProbability
        candidates = firsts.showsAll ? .shown : .log
        guard firsts.count > 0 else {
            missing = "the log does not tell with which probability the tile on the first place stood there"
            return
        }
        guard firsts.showsAll || log.featureNames.isEmpty else {
            missing = "the ranker reads features of tiles as they were shown, and those of tiles that were not shown are unknown"
            return
        }
        var policy = FirstPlacePolicy()
        let choice = Choice(log, tables, rules)
        let encoded = TileCatalogue(catalogue.table, encoder: inputs.catalogue ?? catalogue.encoder)
        let all = firsts.showsAll ? nil : AllTiles(log, encoded, inputs)
        let block = max(1, 65_536 / max(1, log.tileNames.count))
        for start in stride(from: 0, to: firsts.count, by: block) {
            let chosen = Array(firsts.impressions[start..<min(start + block, firsts.count)])
            let names = all.map { all in chosen.flatMap { _ in all.names } } ?? chosen.flatMap { log.tiles[examples.rows($0)] }
            let rows = try all.map { try $0.examples(examples, chosen) } ?? examples.decisions(chosen)
            let allowed = chosen.map { choice.allowed($0, amongAll: all != nil) }
            try policy.add(bestOf: ranker, rows, names: names, pool: pool) { allowed[$0][Int(names[$1])] }
        }
        withoutTile = (0..<policy.count).count { policy.rows($0).isEmpty }
        guard withoutTile < firsts.count else {
            missing = "no tile may be shown: look at the rules"
            return
        }
        let found = try firsts.estimate(policy, OffPolicySettings(resampling: resampling))
        guard let doublyRobust = found.doublyRobust, found.largestWeight > 0 else {
            missing = "the tile that the ranker finds best never stood on the first place"
            return
        }
        value = Value(
            impressions: found.rows, clicks: found.rewarded, resampled: found.resampled, logged: found.loggingPolicy,
            inversePropensity: found.inversePropensity, selfNormalised: found.selfNormalised, doublyRobust: doublyRobust,
            effectiveSampleSize: found.effectiveSampleSize, meanWeight: found.meanWeight, largestWeight: found.largestWeight)
    }

    /// Which tiles may stand first in an impression.
    private struct Choice {
        private let log: ImpressionLog
        private let tables: AppTables
        private let rules: Eligibility?
        /// When each tile was shown first, by its place among the names.
        private var since: [Int64]

        init(_ log: ImpressionLog, _ tables: AppTables, _ rules: Eligibility?) {
            (self.log, self.tables, self.rules) = (log, tables, rules)
            since = [Int64](repeating: .max, count: log.tileNames.count)
            for impression in 0..<log.decisions.count {
                for tile in log.tiles[log.offsets[impression]..<log.offsets[impression + 1]] {
                    since[Int(tile)] = min(since[Int(tile)], log.decisions.times[impression])
                }
            }
        }

        /// By the places of the names. What the impression itself drew decides nothing, or its weight would not fit.
        func allowed(_ impression: Int, amongAll: Bool) -> [Bool] {
            let time = log.decisions.times[impression]
            var allowed = since.map { !amongAll || $0 < time }
            guard let rules else { return allowed }
            let kept = Set(
                rules.apply(
                    log.tileNames, customer: tables.row(of: log.decisions.customers[impression]), timeMicroseconds: time
                ).kept)
            for tile in allowed.indices where !kept.contains(tile) { allowed[tile] = false }
            return allowed
        }
    }

    /// All tiles of a log as rows of every impression.
    private struct AllTiles {
        let names: [Int32]
        private let shown: TileCatalogue.Shown
        private let catalogue: [String]

        init(_ log: ImpressionLog, _ catalogue: TileCatalogue, _ inputs: AppInputs) {
            names = log.tileNames.indices.map { Int32($0) }
            shown = catalogue.look(up: names, in: log.tileNames, trained: inputs.tiles.map(Set.init))
            self.catalogue = catalogue.tiles
        }

        func examples(_ all: RankingExamples, _ chosen: [Int]) throws(RankingError) -> RankingExamples {
            let (width, rows) = (all.contextNames.count, chosen.count * names.count)
            return try RankingExamples(
                contextNames: all.contextNames, context: chosen.flatMap { all.context[$0 * width..<($0 + 1) * width] },
                offsets: (0...chosen.count).map { $0 * names.count }, catalogue: catalogue, tile: chosen.flatMap { _ in shown.numbers },
                tileFeatureNames: all.tileFeatureNames, tileFeatures: chosen.flatMap { _ in shown.features },
                position: [Int32](repeating: 0, count: rows), clicked: [Bool](repeating: false, count: rows),
                customer: chosen.map { all.customer[$0] }, time: chosen.map { all.time[$0] })
        }
    }
}
