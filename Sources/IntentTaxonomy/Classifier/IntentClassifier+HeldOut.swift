/// What is said of the sessions that taught a classifier.
extension IntentClassifier {
    /// The sessions of a corpus that taught the classifier, and what to say of them: it knows their labels by heart, so whoever learns from
    /// its probabilities is to take these in place of its own.
    /// - Parameter corpus: the corpus' digest.
    /// - Returns: `sessions` by their numbers, rising, and `scores` `[S * K]` by students that saw no session of their visitor, NaN where
    ///   nobody kept them; nil for another corpus, of which nobody knows whether it holds sessions that taught.
    public func taughtScores(ofCorpus corpus: String) -> (sessions: [Int], scores: [Float])? {
        guard !corpus.isEmpty, card.corpus == corpus else { return nil }
        let missing = [Float](repeating: .nan, count: heldOut.isEmpty ? card.taughtSessions.count * count : 0)
        return (card.taughtSessions, heldOut.isEmpty ? missing : heldOut)
    }
}
