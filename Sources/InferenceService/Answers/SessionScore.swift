internal import DurableFiles
package import EventStream
internal import IntentTaxonomy

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
        guard let readings else {
            throw RequestFault(.unprocessable, "the bundle reads no sessions", remedy: "name another bundle with ?bundle=")
        }
        guard !wants.contains(.intents) || classifier != nil else {
            throw RequestFault(.unprocessable, at: "want", "the bundle has no intents", remedy: "ask for what /v1/schema lists as parts")
        }
        let read = readings.with { $0.read(record, wants: wants, evidence: evidence, words) }
        var score = SessionScore()
        (score.embedding, score.wording, score.values) = (read.embedding, read.wording, read.values)
        if let label = read.label, let lines {
            var line: [UInt8] = []
            line.reserveCapacity(1024)
            (all ? lines.all : lines.plain).append(label, key: record.session, to: &line)
            score.label = line
            (score.isLabelled, score.assigned) = (label.abstention == nil, label.assigned)
            score.probabilities = toldPlaces.map { label.probabilities[$0] }
        }
        return score
    }
}
