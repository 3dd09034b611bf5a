internal import Evaluation
internal import IntentTaxonomy
public import SequenceEmbedding
public import SequenceKernel

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A probe to be chosen by cross-validation, and the rows to be scored by it.
struct LogisticChoice {
    let validation: LogisticCrossValidation
    let scored: FeatureTable
}

/// Logistic regression for each intent on counts of the values of categorical and url fields, events and duration.
///
/// The penalty, and whether counts are brought to equal spread, are those of the lowest log loss in five folds of the training visitors.
public struct CountLogisticBaseline: IntentBaseline {
    /// What a figure calls it.
    public let name = "logistic regression on counts"
    private let table: any EventTable
    private let threads: Int

    /// - Parameter threads: intents fitted at once; the scores are the same with any number.
    public init(_ table: any EventTable, threads: Int = WorkerPool.availableProcessors) { (self.table, self.threads) = (table, threads) }

    /// Learns and scores, `[M, K]`; see ``IntentBaseline/scores(training:targets:intents:scored:)``.
    public func scores(training: [Int], targets: [Float], intents: Int, scored: [Int]) throws(StudyError) -> [Float] {
        try IntentTargets.check(training, targets, intents)
        let folds = try VisitorFolds.ofBaseline(training, table)
        let counts = SessionCounts(table, training: training)
        let own = counts.rows(training)
        let choice = LogisticChoice(
            validation: LogisticCrossValidation(own.standardisingLast(2, by: own).features, folds: folds),
            scored: counts.rows(scored).standardisingLast(2, by: own).features)
        return IntentTargets.scores(choice, targets: targets, intents: intents, threads: threads)
    }
}

/// Logistic regression for each intent on the words of all text, url and categorical fields.
///
/// Weights of words are TF-IDF with (1 + log of the count) times (1 + log((1 + sessions) / (1 + sessions with the word))), rows of length 1
/// (Salton and Buckley, 1988; smoothed as scikit-learn does). Words are lower-cased; what stands between the separators of a field that has
/// one is kept whole. A word is kept if two training sessions have it, at most 50,000. The penalty is chosen as in ``CountLogisticBaseline``.
public struct WordLogisticBaseline: IntentBaseline {
    /// What a figure calls it.
    public let name = "logistic regression on TF-IDF"
    private let table: any EventTable
    private let threads: Int

    /// - Parameter threads: intents fitted at once; the scores are the same with any number.
    public init(_ table: any EventTable, threads: Int = WorkerPool.availableProcessors) { (self.table, self.threads) = (table, threads) }

    /// Learns and scores, `[M, K]`; see ``IntentBaseline/scores(training:targets:intents:scored:)``.
    public func scores(training: [Int], targets: [Float], intents: Int, scored: [Int]) throws(StudyError) -> [Float] {
        try IntentTargets.check(training, targets, intents)
        let folds = try VisitorFolds.ofBaseline(training, table)
        let numbers = TokenNumbers()
        let fields = table.fields.filter { [.categorical, .url, .text].contains($0.kind) }
            .compactMap { FieldTokens(table, $0, .words, numbers) }
        func words(_ session: Int) -> [Int32] {
            table.events(ofSession: session).flatMap { event in fields.flatMap { $0.tokens($0.codes[event]) } }
        }
        let own = training.map(words)
        let vocabulary = TokenVocabulary(own, numbers, minimumSessions: 2, maximumCount: 50_000)
        guard vocabulary.count > 0 else {
            return try MajorityBaseline().scores(training: training, targets: targets, intents: intents, scored: scored)
        }
        func features(_ sessions: [[Int32]]) -> FeatureTable {
            var rows = SparseRows(width: vocabulary.count)
            for tokens in sessions {
                let weighted = vocabulary.counts(tokens).map { place, count in
                    let rarity = log(Double(1 + training.count) / Double(1 + vocabulary.sessions[Int(place)])) + 1
                    return (place, (1 + log(Double(count))) * rarity)
                }
                let length = weighted.reduce(0.0) { $0 + $1.1 * $1.1 }.squareRoot()
                for (place, weight) in weighted { rows.append(Int(place), Float(weight / length)) }
                rows.endRow()
            }
            return rows.features
        }
        let choice = LogisticChoice(
            // Rows have length 1 already; another scale would undo it.
            validation: LogisticCrossValidation(features(own), folds: folds, standardised: [false]),
            scored: features(scored.map(words)))
        return IntentTargets.scores(choice, targets: targets, intents: intents, threads: threads)
    }
}
