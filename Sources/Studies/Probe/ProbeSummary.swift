internal import Evaluation

/// A ``ProbeStudy`` as others read it: the share of right guesses first, everything it rests on behind.
public struct ProbeSummary: Codable, Sendable {
    /// Share of sessions whose need the embedding reveals.
    public let embedding: Double
    /// The same by page counts.
    public let pageCounts: Double
    /// The same by the last page.
    public let lastPage: Double
    /// Interval of embedding less page counts, from below to above.
    public let differenceInterval: [Double]
    /// (embedding − page counts) / (best possible − page counts); nil where the best is not known.
    public let shareOfPossibleGain: Double?
    /// By the best possible guess.
    public let bestPossible: Double?
    /// By always naming the most frequent need.
    public let majority: Double
    /// Every metric with its 95 % interval.
    public let study: ProbeStudy

    /// The numbers of a study.
    public init(_ study: ProbeStudy) {
        embedding = study.embedding.estimate
        pageCounts = study.pageCounts.estimate
        lastPage = study.lastPage.estimate
        differenceInterval = [study.difference.lower, study.difference.upper]
        shareOfPossibleGain = study.shareOfPossibleGain?.estimate
        bestPossible = study.bestPossible?.estimate
        majority = study.majority
        self.study = study
    }

    private enum CodingKeys: String, CodingKey {
        case embedding, majority, study
        case pageCounts = "page_counts"
        case lastPage = "last_page"
        case differenceInterval = "difference_interval"
        case shareOfPossibleGain = "share_of_possible_gain"
        case bestPossible = "best_possible"
    }
}
