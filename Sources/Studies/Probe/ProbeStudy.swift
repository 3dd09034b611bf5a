public import Evaluation
public import EventStream
internal import SequenceKernel

/// Takes: a corpus, an embedding of each session, and the hidden truth. Gives: how often a frozen linear probe finds the hidden need,
/// beside the same probe on page counts and on the last page.
///
/// All probes are the same multinomial logistic regression with a penalty chosen on validation sessions. Sessions are parted by
/// visitor (60 % to fit, 20 % to choose the penalty, 20 % to judge), so that no visitor is on two sides; intervals resample whole
/// visitors. Bots have no need and are left out.
public struct ProbeStudy: Sendable, Codable {
    /// Sessions by what they were used for.
    public struct Parts: Sendable, Equatable, Codable {
        /// To fit.
        public let training: Int
        /// To choose the penalty.
        public let validation: Int
        /// To judge.
        public let test: Int
    }

    /// Share of judged sessions whose need was found.
    public let embedding: MetricInterval
    /// The same by counts of the pages seen, log(1 + count).
    public let pageCounts: MetricInterval
    /// The same by the last page alone.
    public let lastPage: MetricInterval
    /// Embedding less page counts, on the same sessions.
    public let difference: MetricInterval
    /// By the simulator's own probabilities given all that a session shows; nil where the truth does not say.
    public let bestPossible: MetricInterval?
    /// (embedding − page counts) / (best possible − page counts).
    public let shareOfPossibleGain: MetricInterval?
    /// By always naming the most frequent need.
    public let majority: Double
    /// Sessions to fit, to choose and to judge.
    public let sessions: Parts
    /// Distinct pages.
    public let pages: Int

    /// - Parameters:
    ///   - embeddings: `[S, dimension]`, in the order of the corpus.
    ///   - pageField: the categorical, text or url field that names a page.
    public init(
        _ corpus: Corpus, embeddings: [Float], dimension: Int, truth: HiddenTruth, pageField: String
    ) throws(StudyError) {
        precondition(
            embeddings.count == corpus.sessionCount * dimension,
            "ProbeStudy: \(embeddings.count) floats for \(corpus.sessionCount) sessions of \(dimension)")
        guard let codes = corpus.codes(pageField), let dictionary = corpus.dictionary(pageField) else {
            throw .noSuchField(corpus: "corpus", field: pageField, available: corpus.schema.readableFields.map(\.name))
        }
        var parts: [[Int]] = [[], [], []]
        var needs: [Int32] = []
        var best: [Int32] = []
        var chosen: [Int] = []
        for session in 0..<corpus.sessionCount {
            guard let hidden = truth.sessions[corpus.sessionKey(session)] else { continue }
            let part = RandomSource.mix(UInt64(corpus.visitor(ofSession: session)) &+ 0x7E55_E4A) % 10
            parts[part < 6 ? 0 : part < 8 ? 1 : 2].append(chosen.count)
            chosen.append(session)
            needs.append(Int32(hidden.need))
            best.append(Int32(hidden.bestNeed ?? -1))
        }
        guard parts.allSatisfy({ $0.count >= 10 }) else {
            throw .tooLittle(what: "sessions that the truth knows", found: chosen.count, needed: 50)
        }

        var pageCodes: [Int32] = []
        var pageOffsets = [0]
        var lastPages: [Int32] = []
        for session in chosen {
            let events = corpus.events(ofSession: session)
            var last: Int32 = -1
            for event in events where codes[event] > 0 {
                last = codes[event] - 1
                pageCodes.append(last)
            }
            pageOffsets.append(pageCodes.count)
            lastPages.append(last)
        }
        let pageCount = max(1, dictionary.count)
        let tables = [
            FeatureTable.dense(chosen.flatMap { embeddings[$0 * dimension..<($0 + 1) * dimension] }, columns: dimension),
            FeatureTable.counts(of: ItemSequences(items: pageCodes, offsets: pageOffsets), columns: pageCount).loggedCounts(),
            FeatureTable.oneHot(lastPages, columns: pageCount),
        ]
        let labels = parts.map { rows in rows.map { needs[$0] } }
        let hits = tables.map { table in
            let probe = FrozenProbe.fit(
                training: table.selecting(parts[0]), labels: labels[0], validation: table.selecting(parts[1]), validationLabels: labels[1],
                classes: truth.needs.count)
            return ClassificationMetrics.hits(right: labels[2], predicted: probe.predictions(table.selecting(parts[2])))
        }

        let clusters = parts[2].map { Int32(corpus.visitor(ofSession: chosen[$0])) }
        embedding = .mean(hits[0], clusters: clusters)
        pageCounts = .mean(hits[1], clusters: clusters)
        lastPage = .mean(hits[2], clusters: clusters)
        difference = PairedInterval.difference(hits[0], hits[1], clusters: clusters)
        if parts[2].allSatisfy({ best[$0] >= 0 }) {
            let possible = ClassificationMetrics.hits(right: labels[2], predicted: parts[2].map { best[$0] })
            bestPossible = .mean(possible, clusters: clusters)
            shareOfPossibleGain = PairedInterval.shareOfPossibleGain(model: hits[0], baseline: hits[1], best: possible, clusters: clusters)
        } else {
            bestPossible = nil
            shareOfPossibleGain = nil
        }
        var counts = [Int](repeating: 0, count: truth.needs.count)
        for need in labels[0] { counts[Int(need)] += 1 }
        let most = Int32(counts.indices.max { counts[$0] < counts[$1] } ?? 0)
        majority = Double(labels[2].count { $0 == most }) / Double(labels[2].count)
        sessions = Parts(training: parts[0].count, validation: parts[1].count, test: parts[2].count)
        pages = dictionary.count
    }
}
