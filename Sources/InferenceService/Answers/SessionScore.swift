internal import DurableFiles
package import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding

/// What a bundle says of a session.
package struct SessionScore: Sendable {
    /// The line that `tessera label` writes, with its end; nil where no label was wanted.
    package var label: [UInt8]?
    /// Whether an intent was assigned.
    package var isLabelled = false
    /// Numbers of the intents assigned.
    package var assigned: [Int] = []
    /// Probabilities of the intents that may be told, in the order of ``ServingBundle/told``.
    package var probabilities: [Float] = []
    /// The words of the events, where evidence was told: what a replay needs.
    package var wording: [String]?
    /// The vector; empty where it was not wanted.
    package var embedding: [Float] = []
    /// Values of the events' fields that the vocabularies have, and that they do not.
    package var values = (known: 0, unknown: 0)
}

extension ServingBundle {
    /// Scores a session: the bytes that the commands write for it, whoever stands beside it.
    package func score(
        _ record: SessionRecord, wants: ScoreRequest.Wants, evidence: Int, all: Bool
    ) throws(RequestFault) -> SessionScore {
        guard let schema, let encoder, let embedder else {
            throw RequestFault(.unprocessable, "the bundle reads no sessions", remedy: "name another bundle with ?bundle=")
        }
        guard !wants.contains(.intents) || classifier != nil else {
            throw RequestFault(.unprocessable, at: "want", "the bundle has no intents", remedy: "ask for what /v1/schema lists as parts")
        }
        let corpus = Corpus([record], schema: schema)
        return try scratches.with { scratch throws(RequestFault) in
            var score = SessionScore()
            if wants.contains(.intents), let classifier, let lines, let own = scratch.classifier {
                var options = SessionLabeller.Options()
                (options.evidence, options.words) = (evidence, words)
                let labeller: SessionLabeller
                do throws(IntentClassifierError) { labeller = try SessionLabeller(classifier, corpus: corpus, options) } catch {
                    throw RequestFault(.internal, error.description, remedy: "pack the bundle anew")
                }
                let isShared = wants.contains(.embedding) && embedder === classifier.embedder
                let label = labeller.label(0, own) { floats in if isShared { score.embedding = Array(floats) } }
                var line: [UInt8] = []
                line.reserveCapacity(1024)
                (all ? lines.all : lines.plain).append(label, key: record.session, to: &line)
                score.label = line
                (score.isLabelled, score.assigned) = (label.abstention == nil, label.assigned)
                score.probabilities = toldPlaces.map { label.probabilities[$0] }
                score.wording = labeller.wording(ofSession: 0)
                score.values = labeller.scorer.events.countValues()
            }
            if wants.contains(.embedding), score.embedding.isEmpty, let own = scratch.embedder {
                do throws(EncodingMismatch) {
                    let events = try EncodedEvents(CorpusTable(corpus), encoder.encoding)
                    score.embedding = embedder.embed(events, session: 0, own)
                    if !wants.contains(.intents) { score.values = events.countValues() }
                } catch { throw RequestFault(.internal, error.description, remedy: "pack the bundle anew") }
            }
            return score
        }
    }
}
