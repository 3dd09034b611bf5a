internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding

/// The models of a bundle over a ``SessionWindow``: what one thread needs to read a session, and what it keeps of the values it has met.
///
/// One thread uses it at a time.
final class SessionReading: @unchecked Sendable {
    private let schema: EventSchema
    private let encoder: ModelArtifact
    private let embedder: SessionEmbedder
    private let classifier: PreparedClassifier?
    private let classifierScratch: SessionScorer.Scratch?
    private let embedderScratch: SessionEmbedder.Scratch
    private var bound: Bound

    /// Events that there is room for at first.
    private static let leastEvents = 64

    /// A window and what is bound to it.
    private struct Bound {
        let window: SessionWindow
        let scorer: SessionScorer?
        let labeller: SessionLabeller?
        /// For the encoder's own weights; the scorer's where it reads the same.
        let events: EncodedEvents

        init(
            _ schema: EventSchema, capacity: Int, _ encoder: ModelArtifact, _ classifier: PreparedClassifier?
        ) throws(IntentClassifierError) {
            let window = SessionWindow(schema, capacity: capacity)
            self.window = window
            let scorer: SessionScorer? = if let classifier { try SessionScorer(classifier, table: window) } else { nil }
            self.scorer = scorer
            labeller = scorer.map { SessionLabeller($0, table: window) }
            do throws(EncodingMismatch) {
                events = if let scorer { scorer.events } else { try EncodedEvents(window, encoder.encoding) }
            } catch { throw .facts(error.description) }
        }
    }

    /// Binds the models to a window.
    /// - Throws: where the schema lacks what the models read.
    init(
        _ schema: EventSchema, _ encoder: ModelArtifact, _ embedder: SessionEmbedder, _ classifier: PreparedClassifier?
    ) throws(IntentClassifierError) {
        (self.schema, self.encoder, self.embedder, self.classifier) = (schema, encoder, embedder, classifier)
        classifierScratch = classifier.map { SessionScorer.Scratch($0) }
        embedderScratch = embedder.makeScratch()
        bound = try Bound(schema, capacity: Self.leastEvents, encoder, classifier)
    }

    /// Takes a session in place of the one before.
    private func take(_ record: SessionRecord) {
        let count = record.times.count
        if bound.window.isFull || count > bound.window.capacity {
            // What could be bound once can be bound always.
            bound = try! Bound(schema, capacity: max(count, bound.window.capacity), encoder, classifier)
        }
        bound.window.take(record)
        guard bound.window.hasGrown else { return }
        if let scorer = bound.scorer, let classifier {
            scorer.takeEntries(of: bound.window, classifier)
        } else {
            bound.events.takeEntries(of: bound.window, encoder.encoding)
        }
    }

    /// What is read of a session.
    struct Result {
        var label: SessionLabel?
        var wording: [String]?
        var embedding: [Float] = []
        var values = (known: 0, unknown: 0)
    }

    /// Reads a session: the same answers whatever was read before.
    func read(_ record: SessionRecord, wants: ScoreRequest.Wants, evidence: Int, _ words: EventWording?) -> Result {
        take(record)
        var result = Result()
        result.values = bound.events.countValues()
        if wants.contains(.intents), let scorer = bound.scorer, let own = classifierScratch, var labeller = bound.labeller {
            if evidence > 0 {
                let corpus = Corpus([record], schema: schema)
                let summary = words.map { SessionSummary(corpus, $0) } ?? SessionSummary(corpus)
                labeller = SessionLabeller(scorer, table: bound.window, evidence: evidence, summary: summary)
            }
            let isShared = wants.contains(.embedding) && embedder === classifier?.embedder
            result.label = labeller.label(0, own) { floats in if isShared { result.embedding = Array(floats) } }
            result.wording = labeller.wording(ofSession: 0)
        }
        if wants.contains(.embedding), result.embedding.isEmpty {
            result.embedding = embedder.embed(bound.events, session: 0, embedderScratch)
        }
        return result
    }
}
