public import SequenceEmbedding

/// Evidence by removal: how much less probable each intent is when an event is taken out and the session is read anew.
///
/// Nothing is approximated: every variant goes through encoder, facts and classifier like a session of its own.
public struct LeaveOneOut: Sendable {
    /// What removals do to one session.
    public struct Effects: Sendable, Equatable {
        /// Probabilities of the session as it is, `[K]`.
        public let probabilities: [Float]
        /// The events that were taken out, one at a time; numbers in the table, rising.
        public let events: [Int]
        /// Probability as it is less probability without the event, `[events.count * K]`.
        public let effects: [Float]

        /// Events that speak for an intent, the strongest first; of equally strong ones the earlier.
        public func evidence(for intent: Int, atMost count: Int) -> [(event: Int, effect: Float)] {
            let intents = probabilities.count
            var found: [(event: Int, effect: Float)] = []
            for index in events.indices where effects[index * intents + intent] > 0 {
                found.append((events[index], effects[index * intents + intent]))
            }
            found.sort { $0.effect != $1.effect ? $0.effect > $1.effect : $0.event < $1.event }
            return Array(found.prefix(count))
        }
    }

    private let scorer: SessionScorer
    private let table: any EventTable
    /// Most events of a session that are taken out: the latest ones.
    public let mostEvents: Int

    /// Over the table that the scorer reads.
    public init(_ scorer: SessionScorer, table: any EventTable, mostEvents: Int = 256) {
        (self.scorer, self.table, self.mostEvents) = (scorer, table, max(1, mostEvents))
    }

    /// Takes the events of a session out, one at a time.
    /// - Complexity: one pass for each event: for n events the work of n sessions.
    public func effects(session: Int, _ scratch: SessionScorer.Scratch) -> Effects {
        let events = Array(table.events(ofSession: session).suffix(mostEvents))
        let intents = scorer.classifier.count
        // Each variant is a copy of the session: of a very long one only some are in memory at a time.
        let block = max(1, Self.mostRows / max(1, table.events(ofSession: session).count) - 1)
        var whole: [Float] = []
        var effects: [Float] = []
        for start in stride(from: 0, to: max(1, events.count), by: block) {
            let removed = Array(events[min(start, events.count)..<min(start + block, events.count)])
            let variants = SessionVariants(table, session: session, removed: removed)
            let own = scorer.rebound(to: variants)
            let scores = [Float](unsafeUninitializedCapacity: variants.sessionCount * intents) { buffer, count in
                own.score(0..<variants.sessionCount, scratch, into: buffer.baseAddress!)
                count = variants.sessionCount * intents
            }
            whole = Array(scores[0..<intents])
            effects += (0..<removed.count * intents).map { whole[$0 % intents] - scores[intents + $0] }
        }
        return Effects(probabilities: whole, events: events, effects: effects)
    }

    /// Rows of all variants that are in memory at a time, unless the session alone has more.
    private static let mostRows = 1 << 18
}
