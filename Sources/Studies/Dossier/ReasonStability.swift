public import Evaluation
public import IntentTaxonomy
public import SequenceEmbedding
public import SequenceKernel

/// Takes: a classifier, sessions, and classifiers trained with other seeds.   Gives: whether labels and their reasons stay what they are.
///
/// The reason of a label is the event without which its intent falls most (``IntentTaxonomy/LeaveOneOut``). A small edit takes one other
/// event out of the session, chosen by the seed; labels and reasons of the edited session stand beside those of the whole one. Shares have
/// 95 % intervals by visitor.
public struct ReasonStability: Sendable, Equatable, Codable {
    /// What became of labels and reasons.
    public struct Shares: Sendable, Equatable, Codable {
        /// What was changed, in words.
        public var change: String
        /// Sessions looked at: labelled ones.
        public var sessions: Int
        /// All the same intents assigned.
        public var sameLabels: MetricInterval
        /// The first intent still assigned.
        public var firstKept: MetricInterval
        /// Its strongest event the same.
        public var sameReason: MetricInterval
        /// Shared share of its three strongest events (Jaccard).
        public var overlap: MetricInterval
    }

    /// After one event was taken out.
    public let edits: Shares?
    /// By classifiers of other seeds.
    public let seeds: [Shares]

    /// Most sessions looked at.
    public static let mostSessions = 200

    /// - Parameters:
    ///   - others: classifiers of other seeds on the same encoder.
    ///   - sessions: those to draw from.
    public init(
        _ classifier: IntentClassifier, others: [IntentClassifier], encoder: ModelArtifact, table: any EventTable, sessions: [Int],
        pool: WorkerPool, seed: UInt64 = 1
    ) throws(IntentClassifierError) {
        let scorer = try SessionScorer(classifier, encoder: encoder, table: table)
        let drawn = sessions.filter { (3...60).contains(table.events(ofSession: $0).count) }
            .sorted { (RandomSource.mix(UInt64($0) ^ seed << 32), $0) < (RandomSource.mix(UInt64($1) ^ seed << 32), $1) }
            .prefix(Self.mostSessions * 2)
        let scratch = scorer.makeScratch()
        var wholes: [(session: Int, reading: ReasonReading)] = []
        for session in drawn {
            guard wholes.count < Self.mostSessions else { break }
            let reading = ReasonReading(scorer, table, session: session, scratch)
            if reading.first != nil { wholes.append((session, reading)) }
        }
        var pairs: [(whole: ReasonReading, other: ReasonReading)] = []
        for (session, whole) in wholes {
            guard let top = whole.reasons.first else { continue }
            let events = table.events(ofSession: session)
            var random = RandomSource(seed, UInt64(session), 0xED17)
            var removed = random.below(events.count - 1)
            if removed >= top { removed += 1 }
            let variants = SessionVariants(table, session: session, removed: [events.lowerBound + removed])
            var edited = ReasonReading(scorer.rebound(to: variants), variants, session: 1, scratch, about: whole.first)
            edited.reasons = edited.reasons.map { $0 >= removed ? $0 + 1 : $0 }
            // What was taken out cannot come back: it is no reason to compare with.
            var own = whole
            own.reasons.removeAll { $0 == removed }
            pairs.append((own, edited))
        }
        let visitors = wholes.map { Int32(table.visitor(ofSession: $0.session)) }
        let edited = wholes.indices.filter { !wholes[$0].reading.reasons.isEmpty }
        edits =
            pairs.count < 10
            ? nil : Shares("one event taken out, not the strongest reason", pairs, clusters: edited.map { visitors[$0] })
        var seeds: [Shares] = []
        for other in others where wholes.count >= 10 {
            let own = try SessionScorer(other, encoder: encoder, table: table)
            let scratch = own.makeScratch()
            let compared = wholes.map { session, whole in
                (whole: whole, other: ReasonReading(own, table, session: session, scratch, about: whole.first))
            }
            seeds.append(
                Shares("classifier \(other.id.prefix(12)), seed \(other.settings.distillation.seed)", compared, clusters: visitors))
        }
        self.seeds = seeds
    }
}

/// What a classifier says of one session: what it assigns, and the places of the events that speak for one intent.
struct ReasonReading {
    var assigned: Set<String>
    /// The intent that the reasons are about: the most probable one unless asked for.
    var first: String?
    /// Places in the session of its three strongest events.
    var reasons: [Int]

    init(_ scorer: SessionScorer, _ table: any EventTable, session: Int, _ scratch: SessionScorer.Scratch, about intent: String? = nil) {
        let effects = LeaveOneOut(scorer, table: table).effects(session: session, scratch)
        let events = table.events(ofSession: session)
        let classifier = scorer.classifier
        let label = classifier.label(session: session, events: events.count, probabilities: effects.probabilities)
        assigned = Set(label.assigned.map { classifier.settings.intents[$0] })
        first = intent ?? label.assigned.first.map { classifier.settings.intents[$0] }
        reasons =
            first.flatMap { classifier.settings.intents.firstIndex(of: $0) }.map { place in
                effects.evidence(for: place, atMost: 3).map { $0.event - events.lowerBound }
            } ?? []
    }
}

extension ReasonStability.Shares {
    init(_ change: String, _ pairs: [(whole: ReasonReading, other: ReasonReading)], clusters: [Int32]) {
        func share(_ value: ((whole: ReasonReading, other: ReasonReading)) -> Double) -> MetricInterval {
            .mean(pairs.map(value), clusters: clusters)
        }
        self.change = change
        sessions = pairs.count
        sameLabels = share { $0.whole.assigned == $0.other.assigned ? 1 : 0 }
        firstKept = share { pair in pair.whole.first.map { pair.other.assigned.contains($0) } == true ? 1 : 0 }
        sameReason = share { $0.whole.reasons.first == $0.other.reasons.first ? 1 : 0 }
        overlap = share { pair in
            let (own, other) = (Set(pair.whole.reasons), Set(pair.other.reasons))
            let all = own.union(other).count
            return all == 0 ? 1 : Double(own.intersection(other).count) / Double(all)
        }
    }
}
