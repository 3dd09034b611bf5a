public import EventStream

/// What is said of the sessions that taught a classifier.
extension IntentClassifier {
    /// The sessions of a corpus that taught the classifier, and what to say of them: it knows their labels by heart, so whoever learns from
    /// its probabilities is to take these in place of its own.
    /// - Parameter corpus: the corpus' digest.
    /// - Returns: `sessions` by their numbers, rising, and `scores` `[S * K]` by students that saw no session of their visitor, NaN where
    ///   nobody kept them; nil for another corpus, of which nobody knows whether it holds sessions that taught.
    /// - Parameter part: which sessions of that corpus are meant, where they have other numbers here; those are given.
    public func taughtScores(ofCorpus corpus: String, part: EventSchema.Part? = nil) -> (sessions: [Int], scores: [Float])? {
        guard let part else { return taughtScores(ofWhole: corpus) }
        guard let whole = taughtScores(ofWhole: part.digest) else { return nil }
        let places = Dictionary(zip(whole.sessions, 0...), uniquingKeysWith: { first, _ in first })
        var (sessions, scores): ([Int], [Float]) = ([], [])
        for (number, session) in part.sessions.enumerated() {
            guard let place = places[session] else { continue }
            sessions.append(number)
            scores += whole.scores[place * count..<(place + 1) * count]
        }
        return (sessions, scores)
    }

    private func taughtScores(ofWhole corpus: String) -> (sessions: [Int], scores: [Float])? {
        guard !corpus.isEmpty, card.corpus == corpus else { return nil }
        let missing = [Float](repeating: .nan, count: heldOut.isEmpty ? card.taughtSessions.count * count : 0)
        return (card.taughtSessions, heldOut.isEmpty ? missing : heldOut)
    }
}
