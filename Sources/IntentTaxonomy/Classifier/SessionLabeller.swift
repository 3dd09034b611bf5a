public import EventStream
public import SequenceEmbedding
public import SequenceKernel

/// Takes: a corpus, an encoder, a classifier.   Gives: each session's intents with the events that caused them.
public final class SessionLabeller: @unchecked Sendable {
    /// What is asked for beside the labels.
    public struct Options: Sendable {
        /// Most events told for each assigned intent; 0 for none.
        public var evidence: Int
        /// Whether integrated gradients are told beside removals.
        public var gradients = false
        /// Visitors that must share a word before it is shown in evidence.
        public var fewestVisitors = 3
        /// Fields that name a step, most telling first; nil for those chosen by name and kind.
        public var fields: [String]?
        /// The words in which events may be told; nil for those of the corpus.
        public var words: EventWording?
        /// Words of events by session and place, in place of those that the corpus would show: of a decision that is made again.
        public var wording: [String: [String]]?

        /// The defaults.
        /// - Parameter evidence: most events told for each assigned intent.
        public init(evidence: Int = 3) { self.evidence = evidence }
    }

    /// The scorer over the corpus.
    public let scorer: SessionScorer
    private let table: any EventTable
    private let summary: SessionSummary?
    private let options: Options

    /// Looks at a corpus.
    public convenience init(
        _ classifier: IntentClassifier, encoder: ModelArtifact, corpus: Corpus, precision: SessionEmbedder.Precision = .float32,
        _ options: Options = Options()
    ) throws(IntentClassifierError) {
        try self.init(PreparedClassifier(classifier, encoder: encoder, precision: precision), corpus: corpus, options)
    }

    /// Looks at a corpus with models that were made ready before.
    public init(_ prepared: PreparedClassifier, corpus: Corpus, _ options: Options = Options()) throws(IntentClassifierError) {
        let table = CorpusTable(corpus)
        self.table = table
        scorer = try SessionScorer(prepared, table: table)
        summary =
            if options.evidence == 0 || options.wording != nil {
                nil
            } else if let words = options.words {
                SessionSummary(corpus, words)
            } else {
                SessionSummary(corpus, fields: options.fields, fewestVisitors: options.fewestVisitors)
            }
        self.options = options
    }

    /// Looks at a table through a scorer that reads it.
    /// - Parameter summary: the words of the events, where evidence is told.
    package init(_ scorer: SessionScorer, table: any EventTable, evidence: Int = 0, summary: SessionSummary? = nil) {
        (self.scorer, self.table, self.summary) = (scorer, table, summary)
        options = Options(evidence: evidence)
    }

    /// Sessions of the corpus.
    public var sessionCount: Int { table.sessionCount }
    /// The id of a session.
    public func sessionKey(_ session: Int) -> String { table.sessionKey(session) }

    /// Words of a session's events as evidence shows them; nil without evidence.
    public func wording(ofSession session: Int) -> [String]? {
        guard options.evidence > 0 else { return nil }
        return table.events(ofSession: session).map { text(session, $0) }
    }

    private func text(_ session: Int, _ event: Int) -> String {
        if let summary { return summary.step(event) }
        let words = options.wording?[table.sessionKey(session)] ?? []
        let place = event - table.events(ofSession: session).lowerBound
        return place < words.count ? words[place] : ""
    }

    /// The label of one session, on the thread that asks: the same as among others.
    /// - Parameter embedding: called with the session's vector where the classifier reads it, `embeddingSize` floats.
    public func label(
        _ session: Int, _ scratch: SessionScorer.Scratch, embedding: (UnsafeBufferPointer<Float>) -> Void = { _ in }
    ) -> SessionLabel {
        let probabilities = [Float](unsafeUninitializedCapacity: scorer.classifier.count) { buffer, count in
            scorer.score(CollectionOfOne(session), scratch, into: buffer.baseAddress!)
            count = scorer.classifier.count
        }
        if scorer.classifier.settings.inputs.readEmbedding {
            embedding(UnsafeBufferPointer(start: scratch.rows, count: scorer.embedder.model.configuration.embeddingSize))
        }
        var label = scorer.classifier.label(session: session, events: table.events(ofSession: session).count, probabilities: probabilities)
        if options.evidence > 0 { label.evidence = evidence(label, scratch) }
        return label
    }

    /// Labels of some sessions; the same at any number of threads.
    public func labels(_ sessions: Range<Int>, pool: WorkerPool, scratch: [SessionScorer.Scratch]) -> [SessionLabel] {
        let classifier = scorer.classifier, intents = classifier.count
        let probabilities = scorer.probabilities(sessions, pool: pool, scratch: scratch)
        var labels = sessions.indices.map { index in
            let place = index - sessions.lowerBound
            return classifier.label(
                session: index, events: table.events(ofSession: index).count,
                probabilities: probabilities[place * intents..<(place + 1) * intents])
        }
        guard options.evidence > 0 else { return labels }
        labels.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress!
            pool.run(buffer.count) { index, worker in base[index].evidence = evidence(base[index], scratch[worker]) }
        }
        return labels
    }

    private func evidence(_ label: SessionLabel, _ scratch: SessionScorer.Scratch) -> [[SessionLabel.Evidence]] {
        guard !label.assigned.isEmpty else { return [] }
        let effects = LeaveOneOut(scorer, table: table).effects(session: label.session, scratch)
        let first = table.events(ofSession: label.session).lowerBound
        return label.assigned.map { intent in
            let second =
                options.gradients ? IntegratedGradients(scorer).attribution(session: label.session, intent: intent, scratch) : nil
            return effects.evidence(for: intent, atMost: options.evidence).map { event, effect in
                let place = second?.events.firstIndex(of: event)
                return SessionLabel.Evidence(
                    place: event - first + 1, text: text(label.session, event), effect: effect,
                    gradient: place.map { second!.eventEffects[$0] })
            }
        }
    }
}
