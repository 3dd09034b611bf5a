public import Evaluation

/// Scores that several ways of telling intents gave to the same sessions, judged by the same labels.
public struct IntentStudy: Sendable {
    /// One way of telling intents.
    public struct Scorer: Sendable {
        /// What a figure calls it.
        public var name: String
        /// `[S * K]`, between 0 and 1.
        public var probabilities: [Float]
        /// From which a probability means yes, `[K]`.
        public var thresholds: [Float]

        /// Scores with their thresholds.
        public init(name: String, probabilities: [Float], thresholds: [Float]) {
            (self.name, self.probabilities, self.thresholds) = (name, probabilities, thresholds)
        }
    }

    /// How one of them did.
    public struct Judgement: Sendable, Codable {
        /// Its name.
        public var name: String
        /// F1 of all pairs of session and intent together.
        public var microF1: MetricInterval
        /// Mean F1 of the intents that occur.
        public var macroF1: MetricInterval
        /// Mean average precision of the intents that occur.
        public var meanAveragePrecision: MetricInterval
        /// Expected calibration error of all pairs together, ten bins of equal width.
        public var calibrationError: MetricInterval
        /// Average precision of the first less that of this one, on the same resamples; nil for the first.
        public var behindInAveragePrecision: MetricInterval?
        /// Micro F1 of the first less that of this one; nil for the first.
        public var behindInMicroF1: MetricInterval?
    }

    /// One intent as the first scorer sees it.
    public struct IntentRow: Sendable, Codable {
        /// Its id.
        public var intent: String
        /// Sessions that show it.
        public var support: Int
        /// Sessions it is assigned to.
        public var assigned: Int
        /// Share of those assigned that show it.
        public var precision: MetricInterval
        /// Share of those that show it that are assigned.
        public var recall: MetricInterval
        /// Harmonic mean of both.
        public var f1: Double
        /// Step-wise area under precision against recall.
        public var averagePrecision: Double
        /// From which probability it is assigned.
        public var threshold: Double
    }

    /// A bin of the reliability diagram.
    public struct ReliabilityBin: Sendable, Codable {
        /// Mean probability of the pairs of session and intent in it.
        public var probability: Double
        /// Share of them that are present.
        public var frequency: MetricInterval
        /// Pairs in it.
        public var count: Int
    }

    /// Sessions judged.
    public let sessions: Int
    /// Ids of the intents, `[K]`.
    public let intents: [String]
    /// All scorers, the one that matters first.
    public let judgements: [Judgement]
    /// Intent by intent, for the first scorer.
    public let rows: [IntentRow]
    /// Probability against frequency, for the first scorer.
    public let reliability: [ReliabilityBin]
    /// `confusion[a][b]`: of the sessions that show a and are not assigned a, how many are assigned b without showing it; for the first scorer.
    public let confusion: [[Int]]

    /// - Parameters:
    ///   - present: `[S * K]`.
    ///   - clusters: whose session each is; visitors are resampled whole. Nil resamples sessions.
    ///   - scorers: the one that matters first.
    public init(
        intents: [String], present: [Bool], clusters: [Int32]? = nil, scorers: [Scorer], _ resampling: Resampling = Resampling(rounds: 1000)
    ) throws(StudyError) {
        let count = intents.count
        let sessions = present.count / max(1, count)
        guard sessions > 0, let first = scorers.first else {
            throw .tooLittle(what: "labelled sessions to judge intents by", found: sessions, needed: 1)
        }
        let prepared = scorers.map {
            MultiLabelScores(present: present, scores: $0.probabilities, labels: count, thresholds: $0.thresholds)
        }
        var judgements: [Judgement] = []
        for (scorer, own) in zip(scorers, prepared) {
            let values = own.intervals(clusters: clusters, resampling)
            let behind = judgements.isEmpty ? nil : prepared[0].differences(from: own, clusters: clusters, resampling)
            judgements.append(
                Judgement(
                    name: scorer.name, microF1: values[.microF1]!, macroF1: values[.macroF1]!,
                    meanAveragePrecision: values[.meanAveragePrecision]!, calibrationError: values[.expectedCalibrationError]!,
                    behindInAveragePrecision: behind?[.meanAveragePrecision], behindInMicroF1: behind?[.microF1]))
        }
        self.judgements = judgements
        (self.sessions, self.intents) = (sessions, intents)
        let metrics = MultiLabelMetrics(prepared[0])
        rows = zip(intents, metrics.perLabel).enumerated().map { k, pair in
            IntentRow(
                intent: pair.0, support: pair.1.support, assigned: pair.1.predicted, precision: pair.1.precision, recall: pair.1.recall,
                f1: pair.1.f1, averagePrecision: pair.1.averagePrecision, threshold: Double(first.thresholds[k]))
        }
        reliability = Self.reliability(first.probabilities, present)
        confusion = Self.confusion(first, present, count)
    }

    private static func reliability(_ probabilities: [Float], _ present: [Bool]) -> [ReliabilityBin] {
        (0..<10).compactMap { bin in
            let members = probabilities.indices.filter { min(9, Int(probabilities[$0] * 10)) == bin }
            guard !members.isEmpty else { return nil }
            return ReliabilityBin(
                probability: members.reduce(0.0) { $0 + Double(probabilities[$1]) } / Double(members.count),
                frequency: .wilson(successes: members.count { present[$0] }, of: members.count), count: members.count)
        }
    }

    private static func confusion(_ scorer: Scorer, _ present: [Bool], _ count: Int) -> [[Int]] {
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
        for session in 0..<present.count / count {
            let shown = (0..<count).filter { present[session * count + $0] }
            let assigned = (0..<count).filter { scorer.probabilities[session * count + $0] >= scorer.thresholds[$0] }
            for missed in shown where !assigned.contains(missed) {
                for wrong in assigned where !shown.contains(wrong) { confusion[missed][wrong] += 1 }
            }
        }
        return confusion
    }
}
