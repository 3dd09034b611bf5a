public import SequenceKernel

/// Takes: a number of impressions.   Gives: how fast a ranker is trained on them and scores, on made-up features of usual sizes.
public struct RankerBenchmark {
    /// What was measured.
    public struct Rates: Sendable {
        /// Impressions trained on, and tiles in each.
        public var impressions = 0
        /// Tiles of an impression.
        public var tiles = 0
        /// Seconds of the whole training: networks of all parts of the customers, calibration, and the network that is kept.
        public var trainingSeconds = 0.0
        /// Impressions that went through a training step, a second.
        public var trainedPerSecond = 0.0
        /// Impressions scored a second, many at once on all threads.
        public var scoredPerSecond = 0.0
        /// Seconds to score one impression: the median and the 99th percentile of single calls.
        public var callSeconds = (median: 0.0, p99: 0.0)
        /// Blocks of memory that single calls asked for in the steady state.
        public var allocations = 0
        /// Greatest difference between a probability alone and in a crowd.
        public var greatestDifference = 0.0
    }

    private let examples: RankingExamples
    private let settings: TileRankerSettings
    private let pool: WorkerPool
    private static let tiles = 20, catalogue = 50, embedding = 64, business = 16, features = 8

    /// Makes the impressions: an embedding of 64 floats and 16 business features for each, 20 of 50 tiles with 8 features each.
    public init(impressions: Int, settings: TileRankerSettings, pool: WorkerPool) throws(RankingError) {
        (self.settings, self.pool) = (settings, pool)
        var random = RandomSource(11, 0xBE4C)
        let (width, rows) = (Self.embedding + Self.business, impressions * Self.tiles)
        let context = (0..<impressions * width).map { _ in 2 * random.uniform() - 1 }
        let features = (0..<rows * Self.features).map { _ in 2 * random.uniform() - 1 }
        var (tile, clicked) = ([Int32](), [Bool](repeating: false, count: rows))
        tile.reserveCapacity(rows)
        for impression in 0..<impressions {
            let first = random.below(Self.catalogue)
            var best = (row: 0, score: -Float.infinity)
            for place in 0..<Self.tiles {
                let row = impression * Self.tiles + place
                tile.append(Int32((first + place * 7) % Self.catalogue))
                let score = context[impression * width] * features[row * Self.features] + random.uniform()
                if score > best.score { best = (row, score) }
            }
            clicked[best.row] = true
        }
        examples = try RankingExamples(
            contextNames: (0..<width).map { "c\($0)" }, context: context,
            offsets: Array(stride(from: 0, through: rows, by: Self.tiles)), catalogue: (0..<Self.catalogue).map { "t\($0)" }, tile: tile,
            tileFeatureNames: (0..<Self.features).map { "f\($0)" }, tileFeatures: features,
            position: (0..<rows).map { Int32($0 % Self.tiles + 1) }, clicked: clicked, customer: (0..<impressions).map { Int32($0 / 3) },
            time: [Int64](repeating: 0, count: impressions))
    }

    private static func seconds(_ body: () throws(RankingError) -> Void) throws(RankingError) -> Double {
        let clock = ContinuousClock.now
        try body()
        return (ContinuousClock.now - clock) / .seconds(1)
    }

    /// Trains once, scores all impressions and then single ones.
    /// - Parameter calls: single calls that are timed.
    public func run(calls: Int = 5_000) throws(RankingError) -> Rates {
        var rates = Rates()
        (rates.impressions, rates.tiles) = (examples.count, Self.tiles)
        var trained: TileRanker.Trained?
        rates.trainingSeconds = try Self.seconds { () throws(RankingError) in
            trained = try TileRanker.train(examples, settings, pool: pool)
        }
        // Each part is left out once, and the last training leaves nothing out.
        let passes = examples.count * settings.folds * settings.members * settings.epochs
        rates.trainedPerSecond = Double(passes) / rates.trainingSeconds
        guard let ranker = trained?.ranker else { return rates }
        var all: [Float] = []
        rates.scoredPerSecond =
            Double(examples.count)
            / (try Self.seconds { () throws(RankingError) in
                all = try ranker.probabilities(examples, pool: pool)
            })
        try single(ranker, all, calls, &rates)
        return rates
    }

    private func single(_ ranker: TileRanker, _ all: [Float], _ calls: Int, _ rates: inout Rates) throws(RankingError) {
        let scratch = TileRanker.Scratch()
        let output = UnsafeMutablePointer<Float>.allocate(capacity: Self.tiles)
        defer { output.deallocate() }
        var times: [Double] = []
        times.reserveCapacity(calls)
        let width = Self.embedding + Self.business
        for call in 0..<calls + 200 {
            let decision = call * 7 % examples.count
            let rows = examples.rows(decision)
            if call == 200 { rates.allocations = scratch.allocationCount }
            let clock = ContinuousClock.now
            let failure = examples.context.withUnsafeBufferPointer { context in
                examples.tileFeatures.withUnsafeBufferPointer { features in
                    examples.tile.withUnsafeBufferPointer { tiles -> RankingError? in
                        do throws(RankingError) {
                            try ranker.score(
                                context: context.baseAddress! + decision * width, tiles: UnsafeBufferPointer(rebasing: tiles[rows]),
                                features: features.baseAddress! + rows.lowerBound * Self.features, scratch, into: output)
                            return nil
                        } catch { return error }
                    }
                }
            }
            let time = (ContinuousClock.now - clock) / .seconds(1)
            if let failure { throw failure }
            if call >= 200 { times.append(time) }
            for (place, row) in rows.enumerated() {
                rates.greatestDifference = max(rates.greatestDifference, Double(abs(output[place] - all[row])))
            }
        }
        rates.allocations = scratch.allocationCount - rates.allocations
        times.sort()
        rates.callSeconds = (times[times.count / 2], times[times.count * 99 / 100])
    }
}
