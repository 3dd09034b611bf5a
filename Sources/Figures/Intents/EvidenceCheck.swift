internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel

/// Evidence of the test sessions, tried: each assigned intent's first event is taken out and the session is scored from its rows anew.
struct EvidenceCheck {
    let classifier: IntentClassifier
    let encoder: ModelArtifact
    let labels: HotelLabels
    let pool: WorkerPool

    init(_ classifier: IntentClassifier, _ encoder: ModelArtifact, _ labels: HotelLabels, _ pool: WorkerPool) {
        (self.classifier, self.encoder, self.labels, self.pool) = (classifier, encoder, labels, pool)
    }

    /// Examples to be shown in a note.
    static let examples = 5

    func figure(_ sessions: [Int], quick: Bool) throws -> FigureValue {
        var options = SessionLabeller.Options()
        options.gradients = true
        options.fields = ["choice", "place", "destination", "action"]
        options.fewestVisitors = 3
        let labeller = try SessionLabeller(classifier, encoder: encoder, corpus: labels.corpus, options)
        let scratch = (0..<pool.threads).map { _ in labeller.scorer.makeScratch() }
        let lines = LabelLines(classifier, encoder: encoder.id)
        var (assigned, withEvidence, lowered, agreeing) = (0, 0, 0, 0)
        var shown: [FigureValue] = []
        for session in quick ? Array(sessions.prefix(40)) : sessions {
            let label = labeller.labels(session..<session + 1, pool: pool, scratch: scratch)[0]
            let first = labels.corpus.events(ofSession: session).lowerBound
            for (intent, evidence) in zip(label.assigned, label.evidence) {
                assigned += 1
                guard let top = evidence.first else { continue }
                withEvidence += 1
                if try probability(of: session, without: first + top.place - 1)[intent] < label.probabilities[intent] { lowered += 1 }
                if (top.gradient ?? 0) > 0 { agreeing += 1 }
            }
            if shown.count < Self.examples, label.evidence.contains(where: { $0.count > 1 }) {
                shown.append(.text(String(lines.line(label, key: "test session \(shown.count + 1)").dropLast())))
            }
        }
        return [
            "assigned": .integer(assigned), "with_evidence": .integer(withEvidence), "top_event_lowers": .integer(lowered),
            "without_evidence": .integer(assigned - withEvidence),
            "share_lowered": .number(Double(lowered) / Double(max(1, assigned))),
            "share_lowered_of_those_with_evidence": .number(Double(lowered) / Double(max(1, withEvidence))),
            "gradient_has_the_same_sign": .number(Double(agreeing) / Double(max(1, withEvidence))), "examples": .list(shown),
        ]
    }

    /// The session's events as plain values, one of them left out, through a scorer that never saw the rest.
    private func probability(of session: Int, without event: Int) throws -> [Float] {
        let corpus = labels.corpus
        var events: [MemoryTable.Event] = []
        for other in corpus.events(ofSession: session) where other != event {
            var row = MemoryTable.Event(timeMicroseconds: corpus.timesMicroseconds[other])
            for field in labels.table.fields {
                if let numbers = corpus.numbers(field.name) {
                    if !numbers[other].isNaN { row.numbers[field.name] = numbers[other] }
                } else if let codes = corpus.codes(field.name), codes[other] > 0 {
                    row.strings[field.name] = corpus.dictionary(field.name)![Int(codes[other]) - 1]
                }
            }
            events.append(row)
        }
        let table = MemoryTable(fields: labels.table.fields, sessions: [events])
        return try SessionScorer(classifier, encoder: encoder, table: table).probabilities(0..<1, pool: pool)
    }
}
