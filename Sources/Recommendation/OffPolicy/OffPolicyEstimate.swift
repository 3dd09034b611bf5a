public import Evaluation

/// Takes: a log of one policy and another policy's probabilities.   Gives: the mean reward that the other would have had.
///
/// With the weight w of a row, the evaluated policy's probability over the logging policy's (Horvitz and Thompson, 1952):
/// - inverse propensity (IPS): mean of w r;
/// - self-normalised (SNIPS; Swaminathan and Joachims, 2015): Σ w r / Σ w, a little biased, and indifferent to an error common to all weights;
/// - doubly robust (Dudík, Langford and Li, 2011): mean of what a model expects under the evaluated policy, plus w times the model's error at
///   the action taken. Unbiased where either the weights or the model is right.
///
/// Intervals are percentile bootstraps over rows, or over whole groups of rows where the log has groups; with few rewards and heavy weights
/// they are too narrow rather than too wide, which the effective sample size shows.
public struct OffPolicyEstimate: Sendable, Equatable {
    /// Rows of the log.
    public var rows: Int
    /// Rows with a reward other than 0.
    public var rewarded: Int
    /// What was drawn for the intervals, in words.
    public var resampled: String
    /// Mean reward of the logging policy itself.
    public var loggingPolicy: MetricInterval
    /// Inverse propensity score.
    public var inversePropensity: MetricInterval
    /// Self-normalised inverse propensity score; NaN where no row has a weight.
    public var selfNormalised: MetricInterval
    /// Doubly robust; nil without a model.
    public var doublyRobust: MetricInterval?
    /// What the model alone expects (direct method); nil without a model. Its interval knows nothing of the model's own errors.
    public var model: MetricInterval?
    /// Rows that would say as much without weights: (Σ w)² / Σ w² (Kish, 1965).
    public var effectiveSampleSize: Double
    /// Mean weight: far from 1, the probabilities do not belong to this log or do not cover the evaluated policy.
    public var meanWeight: Double
    /// The largest weight, after clipping.
    public var largestWeight: Double
    /// Largest weight allowed; nil where none was cut.
    public var clip: Double?
    /// Rows whose weight was cut.
    public var clippedRows: Int

    /// Estimates from a log.
    /// - Parameter expected: what a model that did not see the rows expects of them, for the doubly robust estimate.
    /// - Throws: ``OffPolicyError`` where sizes do not agree, an expectation is not a number, or the clip is not above 0.
    /// - Complexity: O(rounds × N).
    public init(
        _ log: OffPolicyLog, expected: ExpectedRewards? = nil, _ settings: OffPolicySettings = OffPolicySettings()
    ) throws(OffPolicyError) {
        if let clip = settings.clip, !(clip > 0 && clip.isFinite) {
            throw .badSetting(name: "the largest weight", found: "\(clip)", expected: "a number above 0, or leave it out")
        }
        if let expected { try Self.check(expected, rows: log.count) }
        let raw = zip(log.evaluated, log.logged).map { Double($0) / Double($1) }
        let weights = raw.map { min($0, settings.clip ?? .infinity) }
        let rewards = log.rewards.map(Double.init)
        let weighted = zip(weights, rewards).map { $0 * $1 }
        let corrected = expected.map { expected in
            log.rewards.indices.map { row in
                Double(expected.underEvaluated[row]) + weights[row] * (rewards[row] - Double(expected.ofLogged[row]))
            }
        }
        let direct = expected.map { $0.underEvaluated.map(Double.init) }
        let intervals = settings.resampling.intervals(units: log.count, clusters: log.groups, count: 5) { drawn in
            var (count, reward, weight, both, robust, model) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
            for row in rewards.indices where drawn[row] != 0 {
                let times = Double(drawn[row])
                count += times
                reward += times * rewards[row]
                weight += times * weights[row]
                both += times * weighted[row]
                if let corrected { robust += times * corrected[row] }
                if let direct { model += times * direct[row] }
            }
            return [reward / count, both / count, weight > 0 ? both / weight : .nan, robust / count, model / count]
        }
        (rows, rewarded) = (log.count, rewards.count { $0 != 0 })
        resampled = log.groups == nil ? "rows" : "\(Set(log.groups!).count) of \(log.groupName), with all their rows"
        (loggingPolicy, inversePropensity, selfNormalised) = (intervals[0], intervals[1], intervals[2])
        doublyRobust = corrected == nil ? nil : intervals[3]
        model = direct == nil ? nil : intervals[4]
        let (sum, squares) = (weights.reduce(0, +), weights.reduce(0) { $0 + $1 * $1 })
        effectiveSampleSize = squares > 0 ? sum * sum / squares : 0
        meanWeight = sum / Double(weights.count)
        largestWeight = weights.max() ?? 0
        clip = settings.clip
        clippedRows = settings.clip.map { clip in raw.count { $0 > clip } } ?? 0
    }

    private static func check(_ expected: ExpectedRewards, rows: Int) throws(OffPolicyError) {
        for (what, values) in [
            ("expected rewards of logged actions", expected.ofLogged),
            ("expected rewards of the evaluated policy", expected.underEvaluated),
        ] {
            guard values.count == rows else { throw .wrongSize(what: what, found: values.count, expected: rows) }
            if let row = values.firstIndex(where: { !$0.isFinite }) {
                throw .badRow(row: row + 1, what: "no number among the \(what)", remedy: "let the model speak of every row")
            }
        }
    }
}
