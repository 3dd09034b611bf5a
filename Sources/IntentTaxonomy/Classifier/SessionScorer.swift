public import SequenceEmbedding
public import SequenceKernel

/// A classifier and its encoder made ready once, for tables that come one after another: what depends on weights alone is worked out here.
public struct PreparedClassifier: Sendable {
    /// The classifier.
    public let classifier: IntentClassifier
    /// The encoder with the weights that the classifier reads: its own where it trained it on, else those of the encoder.
    public let embedder: SessionEmbedder
    /// How the encoder reads events.
    package let encoding: FeatureEncoding
    let facts: FactIndex?

    /// Makes a classifier ready.
    public init(_ classifier: IntentClassifier, encoder: ModelArtifact, precision: SessionEmbedder.Precision = .float32) {
        self.classifier = classifier
        embedder = SessionEmbedder(encoder.model, classifier.encoderWeights ?? encoder.weights, precision: precision)
        encoding = encoder.encoding
        facts = classifier.facts.map { FactIndex($0) }
    }
}

/// Events → probabilities of intents: encoder, facts and classifier over one table.
///
/// A session's probabilities depend on nothing but its events: not on its neighbours, the threads, or the order.
public final class SessionScorer: @unchecked Sendable {
    /// The classifier.
    public let classifier: IntentClassifier
    let embedder: SessionEmbedder
    package let events: EncodedEvents
    let facts: SessionFacts?
    /// Sessions that are scored together.
    static let block = SessionEmbedder.blockSessions

    /// Looks at a table.
    /// - Throws: ``IntentClassifierError/facts(_:)`` where the table lacks what model or facts need.
    public convenience init(
        _ classifier: IntentClassifier, encoder: ModelArtifact, table: any EventTable, precision: SessionEmbedder.Precision = .float32
    ) throws(IntentClassifierError) {
        try self.init(PreparedClassifier(classifier, encoder: encoder, precision: precision), table: table)
    }

    /// Looks at a table with models that were made ready before.
    /// - Throws: ``IntentClassifierError/facts(_:)`` where the table lacks what model or facts need.
    public convenience init(_ prepared: PreparedClassifier, table: any EventTable) throws(IntentClassifierError) {
        do throws(EncodingMismatch) {
            let facts: SessionFacts?
            if let index = prepared.facts { facts = try SessionFacts(table, index) } else { facts = nil }
            self.init(prepared.classifier, prepared.embedder, try EncodedEvents(table, prepared.encoding), facts)
        } catch { throw .facts(error.description) }
    }

    init(_ classifier: IntentClassifier, _ embedder: SessionEmbedder, _ events: EncodedEvents, _ facts: SessionFacts?) {
        (self.classifier, self.embedder, self.events, self.facts) = (classifier, embedder, events, facts)
    }

    /// Works out what depends on a value only for the entries that the table's dictionaries have got since: of a table whose dictionaries
    /// grow, before its next events are read.
    package func takeEntries(of table: any EventTable, _ prepared: PreparedClassifier) {
        events.takeEntries(of: table, prepared.encoding)
        facts?.takeEntries()
    }

    /// The same scorer over a table whose fields share the dictionaries of this one's.
    package func rebound(to table: any EventTable) -> SessionScorer {
        SessionScorer(classifier, embedder, events.rebound(to: table), facts?.rebound(to: table))
    }

    /// Memory of one worker, reused from call to call.
    public final class Scratch: @unchecked Sendable {
        let workspace = Workspace()
        let embedding: SessionEmbedder.Scratch
        let facts: FactScratch?
        let rows: UnsafeMutablePointer<Float>

        /// For any table that the models read.
        public init(_ prepared: PreparedClassifier) {
            embedding = prepared.embedder.makeScratch()
            facts = prepared.classifier.facts == nil ? nil : FactScratch()
            rows = .allocate(capacity: SessionScorer.block * prepared.embedder.model.configuration.embeddingSize)
        }

        init(_ scorer: SessionScorer) {
            embedding = scorer.embedder.makeScratch()
            facts = scorer.facts == nil ? nil : FactScratch()
            rows = .allocate(capacity: SessionScorer.block * scorer.embedder.model.configuration.embeddingSize)
        }

        deinit { rows.deallocate() }
    }

    /// Scratch memory for one thread.
    public func makeScratch() -> Scratch { Scratch(self) }

    /// Features of up to ``block`` sessions into rows `[n, F]`: embedding, then facts.
    func fill(_ sessions: some RandomAccessCollection<Int>, _ scratch: Scratch, into features: Rows) {
        let size = classifier.settings.inputs.readEmbedding ? embedder.model.configuration.embeddingSize : 0
        if size > 0 {
            embedder.embed(events, sessions: sessions, scratch.embedding, into: scratch.rows)
            for place in 0..<sessions.count { features[place].update(from: scratch.rows + place * size, count: size) }
        }
        if let facts, let factScratch = scratch.facts {
            for (place, session) in sessions.enumerated() { facts.fill(session: session, factScratch, into: features[place] + size) }
        }
    }

    /// Probabilities `[n, K]` of some sessions into `output`. Allocates nothing once the largest have been seen.
    public func score(_ sessions: some RandomAccessCollection<Int>, _ scratch: Scratch, into output: UnsafeMutablePointer<Float>) {
        var (rest, done) = (sessions[...], 0)
        while !rest.isEmpty {
            let block = rest.prefix(Self.block)
            scratch.workspace.reset()
            let features = scratch.workspace.rows(block.count, classifier.inputs)
            fill(block, scratch, into: features)
            let rows = classifier.probabilities(features, scratch.workspace)
            (output + done * classifier.count).update(from: rows.base, count: rows.scalarCount)
            done += block.count
            rest = rest.dropFirst(Self.block)
        }
    }

    /// Probabilities `[sessions.count * K]`; the same bytes at any number of threads.
    public func probabilities(_ sessions: Range<Int>, pool: WorkerPool, scratch: [Scratch]? = nil) -> [Float] {
        let (count, step) = (classifier.count, Self.block * 4)
        let scratch = scratch ?? (0..<pool.threads).map { _ in makeScratch() }
        return [Float](unsafeUninitializedCapacity: sessions.count * count) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run((sessions.count + step - 1) / step) { index, worker in
                let first = sessions.lowerBound + index * step
                score(
                    first..<min(first + step, sessions.upperBound), scratch[worker], into: base! + (first - sessions.lowerBound) * count)
            }
            initialized = sessions.count * count
        }
    }

    /// Probabilities `[sessions.count * K]` of some sessions, in their order.
    public func probabilities(of sessions: [Int], pool: WorkerPool) -> [Float] {
        let count = classifier.count
        let scratch = (0..<pool.threads).map { _ in makeScratch() }
        return [Float](unsafeUninitializedCapacity: sessions.count * count) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run(sessions.count) { index, worker in
                score(sessions[index]..<sessions[index] + 1, scratch[worker], into: base! + index * count)
            }
            initialized = sessions.count * count
        }
    }
}
