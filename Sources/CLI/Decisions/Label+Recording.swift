internal import DecisionRecords
internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel

extension Label {
    /// What a run reads beside the sessions.
    func recordedRun(_ corpus: Corpus, _ artifact: ModelArtifact, _ classifier: IntentClassifier) throws -> DecisionRun {
        var arguments = ["--evidence", "\(evidence)", "--precision", precision.precision.rawValue]
        // What was suspended may be told again one day, and the decision stays what it was.
        arguments += ["--suspended", classifier.withheld.map { classifier.settings.intents[$0] }.joined(separator: ",")]
        arguments += serves.recorded
        if gradients { arguments.append("--gradients") }
        if all { arguments.append("--all") }
        if forEvaluation { arguments.append("--for-evaluation") }
        return DecisionRun(
            command: "label", arguments: arguments,
            models: [
                .init(option: "--model", path: model, id: artifact.id), .init(option: "--intents", path: intents, id: classifier.id),
            ], corpus: try .init(corpus), idMember: "session", software: "tessera \(Version.text)")
    }

    /// The decisions of some sessions, from the lines that tell them.
    static func decisions(
        _ sessions: Range<Int>, _ texts: [[UInt8]], _ corpus: Corpus, _ labeller: SessionLabeller, _ consents: RecordedConsent?,
        _ pool: WorkerPool
    ) -> [DecisionRecorder.Decision] {
        var decisions: [DecisionRecorder.Decision] = []
        decisions.reserveCapacity(sessions.count)
        for text in texts {
            var start = 0
            for end in text.indices where text[end] == UInt8(ascii: "\n") {
                decisions.append(
                    .init(id: "", subject: .nobody, input: [], output: Array(text[start...end])))
                start = end + 1
            }
        }
        let hasPseudonyms = corpus.schema.pseudonymised.contains("visitor")
        precondition(decisions.count == sessions.count, "Label: \(decisions.count) lines of \(sessions.count) sessions")
        decisions.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress!
            pool.run(buffer.count) { index, _ in
                let session = sessions.lowerBound + index
                let id = corpus.sessionKey(session)
                base[index].id = id
                let visitor = corpus.visitorKey(corpus.visitor(ofSession: session))
                base[index].subject =
                    visitor.isEmpty ? .identifier(id) : hasPseudonyms ? .pseudonym(visitor) : .identifier(visitor)
                base[index].consent = consents?.state(ofSession: session)
                base[index].input = DecisionInput.json(
                    id: id, corpusSessions: [session], wording: labeller.wording(ofSession: session),
                    sessions: [SessionRecord.json(of: session, in: corpus)])
            }
        }
        return decisions
    }
}
