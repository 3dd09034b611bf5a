internal import EventStream
internal import IntentTaxonomy
internal import ReportPage
internal import SequenceEmbedding
internal import SequenceKernel

/// A session with what the classifier says of it.
struct ExplainedSession: Sendable {
    let label: SessionLabel
    /// The hidden need of a simulated session.
    let need: HiddenTruth.Need?

    /// Lengths that can be read.
    static let lengths = 5...14

    /// Sessions spread evenly over the latest quarter of those of readable length: chosen by place, not by success.
    static func choose(
        _ count: Int, _ classifier: IntentClassifier, encoder: ModelArtifact, corpus: Corpus, truth: HiddenTruth?, pool: WorkerPool
    ) throws(IntentClassifierError) -> [ExplainedSession] {
        let fit = (0..<corpus.sessionCount).filter { session in
            lengths.contains(corpus.events(ofSession: session).count)
                && (truth == nil || truth?.sessions[corpus.sessionKey(session)] != nil)
        }
        func start(_ session: Int) -> Int64 { corpus.timesMicroseconds[corpus.events(ofSession: session).lowerBound] }
        let late = fit.map { (start($0), $0) }.sorted(by: <).suffix((fit.count + 3) / 4).map(\.1)
        guard !late.isEmpty else { return [] }
        var options = SessionLabeller.Options()
        options.evidence = 3
        let labeller = try SessionLabeller(classifier, encoder: encoder, corpus: corpus, options)
        let scratch = (0..<pool.threads).map { _ in labeller.scorer.makeScratch() }
        let shown = min(count, late.count)
        return (0..<shown).map { place in
            let session = late[(2 * place + 1) * late.count / (2 * shown)]
            let need = truth.flatMap { truth in truth.sessions[corpus.sessionKey(session)].map { truth.needs[$0.need] } }
            return ExplainedSession(label: labeller.labels(session..<session + 1, pool: pool, scratch: scratch)[0], need: need)
        }
    }
}

extension IntentReport {
    func explainedBlocks(_ steps: JourneySteps) -> [any Block] {
        guard !explained.isEmpty else { return [Paragraph("No session has a length that can be read.")] }
        return [
            Paragraph(
                "\(explained.count) sessions\(remark) of \(ExplainedSession.lengths.lowerBound) to "
                    + "\(ExplainedSession.lengths.upperBound) events, spread over the latest quarter of the corpus, not chosen by success. "
                    + "A framed step is evidence: without it the probability of the intent with that letter would be lower by so many "
                    + "points. Nothing is approximated: the session is read anew without the event."
                    + (synthetic ? " The hidden need is what the simulator had in mind." : "")),
            JourneyList(explained.map { journey($0, steps) }),
        ]
    }

    private func journey(_ session: ExplainedSession, _ steps: JourneySteps) -> JourneyList.Journey {
        let label = session.label
        func told(_ intent: Int) -> String {
            "\(name(settings.intents[intent])): \(NumberText.percent(Double(label.probabilities[intent]), digits: 0)), "
                + "told from \(NumberText.percent(settings.thresholds[intent], digits: 0))"
        }
        let assigned = Array(label.assigned.prefix(26))
        var facts = assigned.enumerated().map { JourneyList.Fact(sign: Self.letter($0), told($1)) }
        if assigned.isEmpty, let nearest = label.probabilities.indices.max(by: { label.probabilities[$0] < label.probabilities[$1] }) {
            facts.append(.init("Nearest: \(told(nearest))"))
        }
        if let need = session.need {
            let ids = assigned.map { settings.intents[$0] }
            let verdict =
                ids.contains(need.id)
                ? (ids.count == 1 ? "told" : "among those told")
                : settings.intents.contains(need.id) ? "not told" : "not taught, so never told"
            facts.append(.init("Hidden need (synthetic): \(need.name) – \(verdict)"))
        }
        var shown = steps.steps(of: label.session)
        for (place, evidence) in label.evidence.prefix(assigned.count).enumerated() {
            for event in evidence where shown.indices.contains(event.place - 1) {
                let points = "\(Self.letter(place)) +\(NumberText.fixed(Double(event.effect) * 100, digits: event.effect < 0.1 ? 1 : 0))"
                shown[event.place - 1].marks.append(.init(place, points))
            }
        }
        let title = assigned.isEmpty ? "No intent told" : assigned.map { name(settings.intents[$0]) }.joined(separator: " + ")
        return JourneyList.Journey(title, note: "\(shown.count) events", facts: facts, steps: shown)
    }

    private static func letter(_ place: Int) -> String { String(UnicodeScalar(UInt8(65 + place % 26))) }
}
