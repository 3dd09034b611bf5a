internal import Evaluation
public import EventStream
public import ReportPage
public import SequenceEmbedding

/// Takes: a corpus, the model trained on it, the embeddings, and what is known of the truth. Gives: one page that a person can judge
/// the model by: what was read, how training went, a map, neighbours as journeys, and the probe's table.
public struct SessionReport: Sendable {
    /// What was imported.
    public var corpus: Corpus
    /// What the training run said.
    public var card: ModelCard
    /// The model's id.
    public var modelID: String
    /// `[S, dimension]`, in the order of the corpus.
    public var embeddings: [Float]
    /// Floats of an embedding.
    public var dimension: Int
    /// Hidden needs, where the export is simulated.
    public var truth: HiddenTruth?
    /// How much the embeddings reveal, where it was measured.
    public var probe: ProbeStudy?
    /// The intents that a classifier tells, where there is one.
    public var intents: IntentReport?
    /// What labels and embeddings add to tiles and conversions, where it was judged.
    public var recommendation: RecommendationReport?
    /// Fields that name a step of a journey, the most telling first.
    public var stepFields = ["query", "title", "url", "page", "item"]

    /// Everything a page needs.
    public init(
        corpus: Corpus, card: ModelCard, modelID: String, embeddings: [Float], dimension: Int, truth: HiddenTruth?, probe: ProbeStudy?
    ) {
        precondition(
            embeddings.count == corpus.sessionCount * dimension,
            "SessionReport: \(embeddings.count) floats for \(corpus.sessionCount) sessions of \(dimension)")
        self.corpus = corpus
        self.card = card
        self.modelID = modelID
        self.embeddings = embeddings
        self.dimension = dimension
        self.truth = truth
        self.probe = probe
    }

    /// The page. `synthetic` puts a remark on top that no person is behind the data.
    public func page(title: String, synthetic: Bool) -> Page {
        var opening: [any Block] = []
        if synthetic {
            opening.append(
                Callout(
                    "Synthetic data",
                    "Everything on this page comes from a simulated bank. No person and no bank is behind any line, and the numbers say that "
                        + "the machinery works, not how well it will do on a real site."))
        }
        opening += countBlocks
        var sections = [Section("What was read", opening), Section("Training", trainingBlocks), Section("Map of the sessions", mapBlocks)]
        sections.append(Section("Neighbours", neighbourBlocks))
        if let probe { sections.append(Section("What the embedding reveals", probeBlocks(probe))) }
        if let intents { sections += intents.sections(JourneySteps(corpus, fields: stepFields)) }
        if let recommendation { sections += recommendation.sections(synthetic: synthetic) { intents?.name($0) ?? $0 } }
        return Page(
            title: title,
            subtitle:
                "\(NumberText.count(corpus.sessionCount))\(synthetic ? " synthetic" : "") sessions, embeddings of \(dimension) numbers, model \(modelID.prefix(12))",
            sections: sections,
            footer:
                "Written by Tessera\(synthetic ? " from synthetic data" : ""). Corpus \(corpus.digest.prefix(12)), model \(modelID.prefix(12))."
        )
    }

    /// A remark for captions, which may be shown without the page.
    private var synthetic: String { truth == nil ? "" : " (synthetic)" }

    private var countBlocks: [any Block] {
        let counts = corpus.schema.counts
        let refused = counts.rejects.values.reduce(0, +)
        var blocks: [any Block] = [
            KeyFigures([
                .init("Events", NumberText.count(counts.events)), .init("Sessions", NumberText.count(counts.sessions)),
                .init("Visitors", NumberText.count(counts.visitors)),
                .init("Refused rows", NumberText.count(refused), note: refused == 0 ? "every row was read" : "listed by reason below"),
                .init("Repeated rows", NumberText.count(counts.duplicates), note: "exact repetitions, dropped"),
            ])
        ]
        if refused > 0 {
            blocks.append(
                Table(
                    caption: "Refused rows by reason", columns: [.init("Reason"), .init("Rows", .right)],
                    rows: counts.rejects.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map { [$0.key, NumberText.count($0.value)] }))
        }
        blocks.append(
            Table(
                caption: "Fields",
                columns: [.init("Field"), .init("Kind"), .init("Distinct values", .right)],
                rows: corpus.schema.readableFields.map { field in
                    [field.name, field.kind.rawValue, corpus.dictionary(field.name).map { NumberText.count($0.count) } ?? "–"]
                }))
        return blocks
    }

    private var trainingBlocks: [any Block] {
        let training = card.trainLosses.enumerated().map { (x: Double($0 + 1), y: $1) }
        let validation = card.validationLosses.enumerated().map { (x: Double($0 + 1), y: $1) }
        return [
            KeyFigures([
                .init("Epochs", "\(card.epochs)", note: card.outcome), .init("Steps", NumberText.count(card.steps)),
                .init("Time", NumberText.seconds(card.seconds), note: "\(card.threads) threads, \(card.instructionSet)"),
                .init("Events a second", NumberText.count(Int(max(0, min(card.eventsPerSecond, 1e15))))),
                .init("Parameters", NumberText.count(card.parameters)),
            ]),
            LineChart(
                "Loss by epoch", note: "Nothing but the clicks was learned from; validation: \(card.split).", xLabel: "epoch",
                yLabel: "loss",
                series: [.init("training", training)] + (validation.isEmpty ? [] : [.init("validation", validation)])),
        ]
    }

    private var mapBlocks: [any Block] {
        guard corpus.sessionCount > 2, dimension > 1 else { return [Paragraph("Too few sessions for a map.")] }
        let components = PrincipalComponents(embeddings, columns: dimension)
        let places = components.project(embeddings)
        let shares = components.shares.map { NumberText.percent($0) }
        func plot(
            _ title: String, _ categories: [String], groups: [Int]? = nil, namesPlaces: Bool = false, _ category: (Int) -> Int?
        ) -> ScatterPlot {
            ScatterPlot(
                title,
                note: "Each mark is a session\(synthetic); the two directions in which embeddings differ most."
                    + (categories.count > 1 ? " Point at a name below to see its sessions alone." : "")
                    + (groups == nil ? "" : " One colour a family of intents, one shape an intent."),
                xLabel: "first component (\(shares[0]) of the variance)", yLabel: "second component (\(shares[1]))", categories: categories,
                groups: groups, namesPlaces: namesPlaces,
                points: (0..<corpus.sessionCount).compactMap { session in
                    category(session).map {
                        ScatterPlot.Point(x: Double(places[session * 2]), y: Double(places[session * 2 + 1]), category: $0)
                    }
                })
        }
        guard let truth else { return [plot("Sessions", ["session"]) { _ in 0 }] }
        let needs = (0..<corpus.sessionCount).map { truth.sessions[corpus.sessionKey($0)]?.need }
        var families: [String] = []
        for need in truth.needs where !families.contains(need.family) { families.append(need.family) }
        return [
            plot("By hidden intent", truth.needs.map(\.name), groups: truth.needs.map { families.firstIndex(of: $0.family)! }) {
                needs[$0]
            },
            plot("By family of intents", families, namesPlaces: true) { session in
                needs[session].flatMap { families.firstIndex(of: truth.needs[$0].family) }
            },
        ]
    }

    private var neighbourBlocks: [any Block] {
        let neighbours = NearestNeighbours(embeddings, columns: dimension)
        let steps = JourneySteps(corpus, fields: stepFields)
        var blocks: [any Block] = [
            Paragraph("Some sessions\(synthetic), and the sessions of other visitors whose embeddings lie nearest (cosine of the angle).")
        ]
        for lead in leads(4) {
            let visitor = corpus.visitor(ofSession: lead)
            let nearest = neighbours.nearest(3, toRow: lead) { corpus.visitor(ofSession: $0) != visitor && need($0) != nil }
            blocks.append(
                JourneyList(
                    [journey(lead, note: "the session asked about", isLead: true, steps)]
                        + nearest.map {
                            journey($0.row, note: "cosine \(NumberText.fixed(Double($0.cosine), digits: 3))", steps)
                        }))
        }
        return blocks
    }

    /// Sessions spread over the corpus, long enough to be read and short enough to be taken in.
    private func leads(_ count: Int) -> [Int] {
        let fit = (0..<corpus.sessionCount).filter { (6...12).contains(corpus.events(ofSession: $0).count) && need($0) != nil }
        guard !fit.isEmpty else { return [] }
        return (0..<min(count, fit.count)).map { fit[(2 * $0 + 1) * fit.count / (2 * min(count, fit.count))] }
    }

    /// The name of a session's need; "session" without truth; nil for sessions that the truth leaves out, such as bots.
    private func need(_ session: Int) -> String? {
        guard let truth else { return "session" }
        return truth.sessions[corpus.sessionKey(session)].map { truth.needs[$0.need].name }
    }

    private func journey(_ session: Int, note: String, isLead: Bool = false, _ steps: JourneySteps) -> JourneyList.Journey {
        JourneyList.Journey(need(session) ?? "session", note: note, steps: steps.steps(of: session), isLead: isLead)
    }

    private func probeBlocks(_ probe: ProbeStudy) -> [any Block] {
        func range(_ metric: MetricInterval) -> String { "\(NumberText.percent(metric.lower)) to \(NumberText.percent(metric.upper))" }
        var lines: [(name: String, metric: MetricInterval)] = [
            ("Embedding", probe.embedding), ("Page counts", probe.pageCounts), ("Last page", probe.lastPage),
        ]
        if let best = probe.bestPossible { lines.append(("Best possible guess", best)) }
        var rows = lines.map { [$0.name, NumberText.percent($0.metric.estimate), range($0.metric)] }
        rows.append(["Most frequent intent", NumberText.percent(probe.majority), "–"])
        rows.append(["Embedding less page counts", NumberText.percent(probe.difference.estimate), range(probe.difference)])
        if let share = probe.shareOfPossibleGain {
            rows.append(["Share of the possible gain over page counts", NumberText.percent(share.estimate), range(share)])
        }
        return [
            Paragraph(
                "The encoder never saw an intent. Here a linear probe, fitted on \(NumberText.count(probe.sessions.training)) sessions with the "
                    + "penalty chosen on \(NumberText.count(probe.sessions.validation)), guesses the hidden intent of "
                    + "\(NumberText.count(probe.sessions.test)) sessions of other visitors: from the embedding, from counts of the "
                    + "\(NumberText.count(probe.pages)) pages, and from the last page."),
            BarChart(
                "Sessions\(synthetic) whose hidden intent was found", note: "Whiskers: 95 %, resampling visitors.",
                label: "share of sessions",
                bars: lines.map {
                    BarChart.Bar(
                        $0.name, $0.metric.estimate, interval: $0.metric.lower...$0.metric.upper, isEmphasised: $0.name == "Embedding")
                }),
            Table(
                caption: "Hidden intent found\(synthetic)",
                columns: [.init("From"), .init("Sessions", .right), .init("95 % interval", .right)],
                rows: rows, strongRows: [0]),
        ]
    }
}
