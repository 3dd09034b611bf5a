public import EventStream
public import IntentTaxonomy

/// Labelled sessions of people who did not teach a classifier, with what it says of them; or, where there are none, what students said that
/// had not seen their visitors.
public struct JudgedLabels: Sendable {
    /// Numbers in the corpus.
    public let sessions: [Int]
    /// Whether the label finds each intent present, `[S * K]`.
    public let present: [Bool]
    /// Probabilities, `[S * K]`.
    public let probabilities: [Float]
    /// Whether these are held-out scores of sessions that taught: thresholds and calibration were chosen on them.
    public let isHeldOut: Bool

    /// Fewest sessions that are enough to judge by.
    public static let fewest = 50

    /// Nil where neither gives enough.
    /// - Parameter scores: of all sessions of the corpus by the classifier, `[sessions * K]`.
    public init?(_ classifier: IntentClassifier, corpus: Corpus, labels: LabelSet, scores: [Float]) throws(LabelError) {
        try labels.check(corpus: corpus)
        let count = classifier.count
        let isTeacher = classifier.card.labels == labels.manifest.digest
        let merged = try labels.merged(isTeacher ? classifier.card.merge : LabelMerge())
        let columns = classifier.settings.intents.compactMap { merged.intents.firstIndex(of: $0) }
        guard columns.count == count else { return nil }
        let known = classifier.card.corpus == corpus.digest
        let taught = known ? classifier.card.taughtSessions.filter { $0 < corpus.sessionCount } : []
        let teachers = Set(taught.map { corpus.visitor(ofSession: $0) })
        func rows(_ wanted: (Int) -> Bool) -> [Int] { merged.sessions.indices.filter { wanted(merged.sessions[$0]) } }
        func present(_ rows: [Int]) -> [Bool] {
            rows.flatMap { row in columns.map { merged.confidences[row * merged.intents.count + $0] >= merged.threshold } }
        }
        let unseen = rows { !teachers.contains(corpus.visitor(ofSession: $0)) }
        if unseen.count >= Self.fewest {
            sessions = unseen.map { merged.sessions[$0] }
            self.present = present(unseen)
            probabilities = sessions.flatMap { scores[$0 * count..<($0 + 1) * count] }
            isHeldOut = false
            return
        }
        guard known, !classifier.heldOut.isEmpty else { return nil }
        let places = Dictionary(uniqueKeysWithValues: classifier.card.taughtSessions.enumerated().map { ($1, $0) })
        let own = rows { places[$0] != nil }
        guard own.count >= Self.fewest else { return nil }
        sessions = own.map { merged.sessions[$0] }
        self.present = present(own)
        probabilities = sessions.flatMap { session in
            classifier.heldOut[places[session]! * count..<(places[session]! + 1) * count]
        }
        isHeldOut = true
    }
}
