public import Evaluation
internal import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Discrimination and log loss of scores by several seeds, or the differences of two scorers.
public struct StageMetrics: Sendable, Equatable, Codable {
    /// Area under the ROC curve.
    public var auc: MetricInterval
    /// Largest distance between the distributions of scores of both classes.
    public var ks: MetricInterval
    /// Mean cross-entropy; less is better.
    public var logLoss: MetricInterval
}

/// Scores of the same applicants by models of several seeds, compared pair by pair.
///
/// Each round of the bootstrap draws customers with all their applications, and seeds; both scorers are judged on the same draw. The mean over
/// the drawn seeds is the statistic, so that an interval tells of other customers and other runs at once.
public struct StageScores: Sendable {
    private let positives: [Bool]
    private let clusters: [Int32]
    private let runs: [Run]

    /// Seeds.
    public var seeds: Int { runs.count }

    /// - Parameters:
    ///   - probabilities: of each seed `[B]`, at least one seed.
    ///   - customers: numbers that tell customers apart, `[B]`.
    ///   - outcomes: 1 overdue, 0 not, `[B]`.
    /// - Throws: ``StageDistillationError`` where sizes differ, an outcome is not known or all are the same, or a score is no probability.
    public init(probabilities: [[Float]], customers: [UInt64], outcomes: [Float]) throws(StageDistillationError) {
        guard let first = probabilities.first, probabilities.allSatisfy({ $0.count == customers.count }), first.count == outcomes.count
        else {
            throw .table("scores, customers and outcomes differ in number; give each applicant one of each for every seed")
        }
        guard outcomes.allSatisfy({ $0 == 0 || $0 == 1 }), outcomes.contains(0), outcomes.contains(1) else {
            throw .examples("those judged by have unknown outcomes or all the same; give some of both")
        }
        guard probabilities.allSatisfy({ $0.allSatisfy { (0...1).contains($0) } }) else {
            throw .table("a score is not a probability")
        }
        let truth = outcomes.map { $0 == 1 }
        var numbers: [UInt64: Int32] = [:]
        clusters = customers.map { customer in
            let number = numbers[customer] ?? Int32(numbers.count)
            numbers[customer] = number
            return number
        }
        positives = truth
        runs = probabilities.map { Run($0, truth) }
    }

    /// Each metric, mean over the seeds.
    public func metrics(_ resampling: Resampling = Resampling(rounds: 1_000)) -> StageMetrics {
        intervals(resampling, centred: [1]) { weights, seed in runs[seed].values(weights) }
    }

    /// Each metric less that of another scorer on the same applicants by the same seeds.
    public func differences(
        from other: StageScores, _ resampling: Resampling = Resampling(rounds: 1_000)
    ) throws(StageDistillationError) -> StageMetrics {
        guard positives == other.positives, clusters == other.clusters, seeds == other.seeds else {
            throw .table("two scorers are compared on other applicants or by other numbers of seeds; give both the same")
        }
        return intervals(resampling) { weights, seed in
            zip(runs[seed].values(weights), other.runs[seed].values(weights)).map { $0 - $1 }
        }
    }

    /// Standard deviation of the AUC between seeds; NaN with one seed.
    public var deviationOfAUC: Double {
        let ones = [Int32](repeating: 1, count: positives.count)
        let aucs = ones.withUnsafeBufferPointer { ones in runs.map { $0.values(ones)[0] } }
        let mean = aucs.reduce(0, +) / Double(aucs.count)
        return (aucs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(aucs.count - 1)).squareRoot()
    }

    private func intervals(
        _ resampling: Resampling, centred: Set<Int> = [], _ values: (UnsafeBufferPointer<Int32>, Int) -> [Double]
    ) -> StageMetrics {
        var round: UInt64 = 0
        let found = resampling.intervals(units: positives.count, clusters: clusters, count: 3, centred: centred) { weights in
            // The first is the estimate, on all seeds as they are.
            var random = RandomSource(resampling.seed, 0x5EED, round)
            var sums = [0.0, 0.0, 0.0]
            for seed in runs.indices {
                let own = values(weights, round == 0 ? seed : random.below(runs.count))
                for index in sums.indices { sums[index] += own[index] / Double(runs.count) }
            }
            round += 1
            return sums
        }
        return StageMetrics(auc: found[0], ks: found[1], logLoss: found[2])
    }

    /// Scores of one seed, sorted once.
    private struct Run: Sendable {
        let scores: DiscriminationScores
        let losses: [Double]

        init(_ probabilities: [Float], _ truth: [Bool]) {
            scores = DiscriminationScores(scores: probabilities, positives: truth)
            losses = zip(probabilities, truth).map { probability, isOverdue in
                let p = min(max(Double(probability), 1e-7), 1 - 1e-7)
                return -log(isOverdue ? p : 1 - p)
            }
        }

        /// AUC, KS and log loss of applicants drawn so often. NaN with one class.
        func values(_ weights: UnsafeBufferPointer<Int32>) -> [Double] {
            let found = scores.measured(weights)
            var (loss, total) = (0.0, 0)
            for (place, weight) in weights.enumerated() {
                loss += Double(weight) * losses[place]
                total += Int(weight)
            }
            return [found[0], found[2], found[0].isNaN ? .nan : loss / Double(total)]
        }
    }
}
