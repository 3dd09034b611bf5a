public import EventStream
public import IntentTaxonomy
public import SequenceEmbedding
public import SequenceKernel

/// A classifier judged on labelled sessions, beside baselines that learn from the labelled sessions outside of them.
public struct ClassifierStudy: Sendable, Codable {
    /// Digest of the corpus whose sessions were judged.
    public let corpus: String
    /// Digest of the label set that judged.
    public let labels: String
    /// Id of the encoder below the classifier.
    public let encoder: String
    /// The taxonomy.
    public let taxonomy: TaxonomyReference
    /// Whether it is approved as it is.
    public let approved: Bool
    /// Sessions judged.
    public let sessions: Int
    /// Labelled sessions of the same visitors outside of these: neither the classifier nor a baseline learns from them.
    public let sharedVisitors: Int
    /// Labelled sessions of the period that are not judged by, as their visitors taught the classifier.
    public let taughtVisitors: Int
    /// Intents that the classifier does not score, and how often they are present here: no figure below counts them.
    public let heldBack: [String: Int]
    /// The classifier first, then the baselines.
    public let judgements: [IntentStudy.Judgement]
    /// Intent by intent.
    public let intents: [IntentStudy.IntentRow]
    /// Probability against frequency.
    public let reliability: [IntentStudy.ReliabilityBin]
    /// See ``IntentStudy/confusion``.
    public let confusion: [[Int]]
    /// Share of sessions whose conformal set holds every present intent.
    public let coverage: Double
    /// Promised share.
    public let promisedCoverage: Double
    /// Mean number of intents in a conformal set.
    public let setSize: Double
    /// Share of sessions without an assigned intent.
    public let abstained: Double

    /// - Parameters:
    ///   - digest: the label set's, to be told with the result.
    ///   - judged: sessions to judge on; nil for all labelled.
    ///   - say: told what is being done.
    public init(
        _ classifier: IntentClassifier, encoder: ModelArtifact, corpus: Corpus, labels: MergedLabels, digest: String = "",
        judged: Set<Int>?,
        withBaselines: Bool, pool: WorkerPool, say: (String) -> Void = { _ in }
    ) throws {
        let table = CorpusTable(corpus)
        let count = classifier.count
        let columns = classifier.settings.intents.map { labels.intents.firstIndex(of: $0)! }
        let card = classifier.card
        let teachers = Set(
            card.corpus == corpus.digest
                ? card.taughtSessions.filter { $0 < corpus.sessionCount }.map { table.visitor(ofSession: $0) } : [])
        let wanted = labels.sessions.indices.filter { judged?.contains(labels.sessions[$0]) ?? true }
        let rows = wanted.filter { !teachers.contains(table.visitor(ofSession: labels.sessions[$0])) }
        let sessions = rows.map { labels.sessions[$0] }
        guard !sessions.isEmpty else {
            throw StudyError.tooLittle(
                what: "labelled sessions in the period of visitors who did not teach the classifier", found: 0, needed: 1)
        }
        taughtVisitors = wanted.count - rows.count
        var heldBack: [String: Int] = [:]
        for (column, intent) in labels.intents.enumerated() where !classifier.settings.intents.contains(intent) {
            heldBack[intent] = rows.count { labels.confidences[$0 * labels.intents.count + column] >= labels.threshold }
        }
        self.heldBack = heldBack
        func present(_ rows: [Int]) -> [Bool] {
            rows.flatMap { row in columns.map { labels.confidences[row * labels.intents.count + $0] >= labels.threshold } }
        }
        let truth = present(rows)
        let scorer = try SessionScorer(classifier, encoder: encoder, table: table)
        let probabilities = scorer.probabilities(of: sessions, pool: pool)
        var scorers = [
            IntentStudy.Scorer(
                name: "classifier", probabilities: probabilities, thresholds: classifier.settings.thresholds.map(Float.init))
        ]
        let visitors = Set(sessions.map { table.visitor(ofSession: $0) })
        let outside = labels.sessions.indices.filter { !(judged?.contains(labels.sessions[$0]) ?? true) }
        let training = outside.filter { !visitors.contains(table.visitor(ofSession: labels.sessions[$0])) }
        sharedVisitors = outside.count - training.count
        if withBaselines, !training.isEmpty {
            let learnt = training.map { labels.sessions[$0] }
            let harness = BaselineScores(
                training: learnt,
                targets: training.flatMap { row in
                    columns.map {
                        classifier.settings.distillation.target(
                            labels.confidences[row * labels.intents.count + $0], presentFrom: labels.threshold)
                    }
                },
                present: present(training), visitors: learnt.map { table.visitor(ofSession: $0) },
                settings: classifier.settings.distillation)
            for baseline in IntentBaselines.all(table, threads: pool.threads) {
                say("baseline: \(baseline.name)")
                scorers.append(try harness.make(baseline, scored: sessions))
            }
        }
        let study = try IntentStudy(
            intents: classifier.settings.intents, present: truth, clusters: sessions.map { Int32(table.visitor(ofSession: $0)) },
            scorers: scorers)
        (self.corpus, self.labels, self.encoder) = (corpus.digest, digest, encoder.id)
        (taxonomy, approved) = (classifier.settings.taxonomy, classifier.taxonomy.isApproved)
        (self.sessions, judgements, intents) = (study.sessions, study.judgements, study.rows)
        (reliability, confusion) = (study.reliability, study.confusion)
        let sets = classifier.settings.conformal
        var (covered, size, empty) = (0, 0, 0)
        for session in sessions.indices {
            let own = session * count..<(session + 1) * count
            if own.allSatisfy({ !truth[$0] || sets.contains(Double(probabilities[$0])) }) { covered += 1 }
            size += own.count { sets.contains(Double(probabilities[$0])) }
            if own.allSatisfy({ Double(probabilities[$0]) < classifier.settings.thresholds[$0 % count] }) { empty += 1 }
        }
        coverage = Double(covered) / Double(sessions.count)
        promisedCoverage = sets.coverage
        setSize = Double(size) / Double(sessions.count)
        abstained = Double(empty) / Double(sessions.count)
    }
}

/// The baselines that every classifier is printed beside.
public enum IntentBaselines {
    /// Majority, logistic regression and boosted trees on page and event counts, TF-IDF with logistic regression.
    public static func all(_ table: any EventTable, threads: Int) -> [any IntentBaseline] {
        [
            MajorityBaseline(), CountLogisticBaseline(table, threads: threads), CountTreesBaseline(table, threads: threads),
            WordLogisticBaseline(table, threads: threads),
        ]
    }
}
