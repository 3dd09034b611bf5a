public import Evaluation
public import Recommendation
public import SequenceKernel

/// How well a ranker foretells clicks on impressions of customers who did not teach it, beside the order shown and the most clicked tiles.
public struct RankerStudy: Sendable, Equatable, Encodable {
    /// What is measured of each order.
    public enum Metric: String, Sendable, CaseIterable, Codable {
        /// Share of clicks on the first tile.
        case recallAt1 = "recall_at_1"
        /// Its mean over the tiles clicked.
        case macroRecallAt1 = "macro_recall_at_1"
        /// Share of clicks on the first tiles; ``RankerStudy/places`` says how many.
        case recallAtK = "recall_at_k"
        /// Mean reciprocal rank of the clicked tile.
        case mrr
        /// Normalised discounted gain of the first tiles.
        case ndcg
        /// Mean −log of the probability of the clicked tile.
        case logLoss = "log_loss"
    }

    /// One order.
    public struct Row: Sendable, Equatable, Encodable {
        /// What it is called.
        public let name: String
        /// By ``Metric``, with 95 % intervals by customer.
        public let metrics: [String: MetricInterval]
        /// The ranker less this, paired; empty for the ranker itself.
        public let gains: [String: MetricInterval]
        /// Mean distance of probability and frequency over ten parts.
        public let calibrationError: Double
    }

    /// Impressions asked about.
    public let impressions: Int
    /// Those without a click: they say nothing of an order and are in no metric.
    public let withoutClick: Int
    /// Customers of the impressions with a click.
    public let customers: Int
    /// Places that recall and the discounted gain look at.
    public let places: Int
    /// The ranker first.
    public let rows: [Row]
    /// Impressions that the baselines learnt from.
    public let baselineImpressions: Int
    /// Impressions of customers who taught the ranker, or from before the period: they do not judge.
    public let leftOut: Int
    /// What the ranker's best tile would earn on the first place, where that was asked.
    public var firstPlace: FirstPlaceStudy?

    /// Judges a ranker.
    /// - Parameters:
    ///   - examples: with the features that it reads.
    ///   - tiles: which tile each row shows, new ones too: the classes of macro recall, `[T]`.
    ///   - split: its test judges; the baselines learn from its training.
    ///   - places: that recall and the discounted gain look at.
    ///   - learntBaselines: logistic regression and boosted trees, too: on all that the ranker reads, and on business features and counts of
    ///     pages alone where the ranker reads more.
    /// - Throws: ``StudyError/tooLittle(what:found:needed:)`` where no impression has a click, and what ranking throws.
    public init(
        _ ranker: TileRanker, _ examples: RankingExamples, tiles: [Int32], split: AppSplit, places: Int = 5,
        learntBaselines: Bool = false, resampling: Resampling = Resampling(rounds: 1000), pool: WorkerPool
    ) throws {
        let judged = examples.decisions(split.test)
        let lists = (0..<judged.count).map { judged.rows($0) }
        func judge(_ probabilities: [Float]) -> ListMetrics {
            ListMetrics(lists: lists, clicked: judged.clicked, probabilities: probabilities)
        }
        let own = judge(try ranker.probabilities(judged, pool: pool))
        guard !own.lists.isEmpty else {
            throw StudyError.tooLittle(what: "impressions with a click, of customers who did not teach", found: 0, needed: 1)
        }
        var orders = [("ranker", own)]
        let learnt = examples.decisions(split.training)
        for (name, baseline, training) in try Self.baselines(ranker, learnt, learntBaselines) {
            do throws(RankingError) {
                orders.append((name, judge(try baseline.probabilities(training: training, test: judged))))
            } catch {
                // Too few earlier clicks for a baseline are no reason to say nothing of the ranker.
                guard case .tooFew = error else { throw error }
            }
        }
        let classes = own.lists.map { list in
            tiles[examples.rows(split.test[list]).first { examples.clicked[$0] }!]
        }
        let people = own.lists.map { judged.customer[$0] }
        let numbers = orders.map { Numbers($0.1, classes, places: places) }
        let width = Metric.allCases.count
        let intervals = resampling.intervals(units: people.count, clusters: people, count: 2 * width * orders.count) { weights in
            let values = numbers.map { $0.values(weights) }
            return values.flatMap { $0 } + values.flatMap { other in zip(values[0], other).map { $0 - $1 } }
        }
        func named(_ start: Int) -> [String: MetricInterval] {
            Dictionary(uniqueKeysWithValues: Metric.allCases.enumerated().map { ($1.rawValue, intervals[start + $0]) })
        }
        rows = orders.enumerated().map { place, order in
            Row(
                name: order.0, metrics: named(place * width), gains: place == 0 ? [:] : named((orders.count + place) * width),
                calibrationError: order.1.calibration().expectedError)
        }
        (impressions, withoutClick, customers) = (judged.count, own.withoutChoice, Set(people).count)
        (self.places, leftOut) = (places, split.leftOut)
        baselineImpressions = orders.count > 1 ? learnt.clickedDecisions.count : 0
    }

    /// What stands beside the ranker, with what it learns from.
    private static func baselines(
        _ ranker: TileRanker, _ learnt: RankingExamples, _ learntBaselines: Bool
    ) throws(RankingError) -> [(name: String, baseline: RankingBaseline, training: RankingExamples)] {
        var all: [(name: String, baseline: RankingBaseline, training: RankingExamples)] = [
            ("shown order", .shownOrder, learnt), ("popularity by position", .popularityByPosition, learnt),
        ]
        guard learntBaselines else { return all }
        let names = ranker.contextNames
        let business = FeatureRow.business.selected(names)
        for (suffix, context) in [("", names), (", \(FeatureRow.business.name)", business)] where suffix.isEmpty || context != names {
            let own = try learnt.selecting(context: context, tileFeatures: ranker.tileFeatureNames)
            all.append(("logistic regression" + suffix, .logistic, own))
            all.append(("boosted trees for NDCG" + suffix, .rankingTrees(TileRankerSettings.Trees()), own))
            all.append(("boosted trees for the click" + suffix, .listwiseTrees(TileRankerSettings.Trees()), own))
        }
        return all
    }

    /// What one order gives each impression.
    private struct Numbers {
        let hits: [Double]
        let ranks: [Double]
        let gains: [Double]
        let found: [Double]
        let losses: [Double]
        let classes: [Int]
        let classCount: Int

        init(_ metrics: ListMetrics, _ classes: [Int32], places: Int) {
            (hits, ranks) = (metrics.ranking.hits(at: 1), metrics.ranking.reciprocalRanks(at: .max))
            (found, gains, losses) = (metrics.ranking.hits(at: places), metrics.ranking.gains(at: places), metrics.logLosses)
            let names = Set(classes).sorted()
            let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
            (self.classes, classCount) = (classes.map { numbers[$0]! }, names.count)
        }

        /// In the order of ``Metric``.
        func values(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
            var sums = (count: 0.0, hits: 0.0, found: 0.0, ranks: 0.0, gains: 0.0, losses: 0.0)
            var (own, all) = ([Double](repeating: 0, count: classCount), [Double](repeating: 0, count: classCount))
            for unit in hits.indices {
                let weight = Double(weights[unit])
                if weight == 0 { continue }
                sums.count += weight
                sums.hits += weight * hits[unit]
                sums.ranks += weight * ranks[unit]
                sums.gains += weight * gains[unit]
                sums.found += weight * found[unit]
                sums.losses += weight * losses[unit]
                own[classes[unit]] += weight * hits[unit]
                all[classes[unit]] += weight
            }
            let shares = zip(own, all).filter { $0.1 > 0 }.map { $0.0 / $0.1 }
            return [
                sums.hits / sums.count, shares.reduce(0, +) / Double(shares.count), sums.found / sums.count, sums.ranks / sums.count,
                sums.gains / sums.count, sums.losses / sums.count,
            ]
        }
    }
}
