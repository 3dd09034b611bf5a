internal import Audit
internal import CreditRisk
internal import DecisionRecords
internal import EventStream
internal import Recommendation

/// A line that was decided, and how it is recorded.
struct RecordedLine: Sendable {
    /// The line, with its end.
    var line: String
    /// As the ledger keeps it, and the command that makes it again; worked out only where there is a ledger.
    var record: @Sendable () -> DecisionJournal.Entry
}

/// Decisions about customers and applicants, and how each is recorded.
extension ServingBundle {
    /// Tiles of the catalogue.
    var tiles: [String] { ranking?.catalogue.tiles ?? [] }
    /// Products that are foretold, the first "none".
    var products: [String] { forecast?.predictor.classes ?? [] }

    private var purpose: String? { folder.contents.description.purpose }

    private func places(_ part: BundleFolder.Part) -> ModelPlaces {
        ModelPlaces(model: folder.place(part), encoder: folder.place(.encoder), classifier: folder.place(.intents))
    }

    private func recorded(
        _ line: String, id: String, subject: String, consent: LedgerEntry.Consent?,
        input: @escaping @Sendable (_ number: Int) -> [UInt8], _ run: @escaping @Sendable () -> DecisionRun, model: String, purpose: String?
    ) -> RecordedLine {
        RecordedLine(line: line) {
            let number = Self.nextNumber()
            var decision = DecisionRecorder.Decision(
                id: DecisionNaming.recorded(number: number).id(id), subject: .identifier(subject), input: input(number),
                output: Array(line.utf8))
            decision.consent = consent
            return (decision, DecisionJournal.Run(run(), model: model, taxonomy: nil, purpose: purpose ?? Self.unnamedPurpose))
        }
    }

    /// What the visitor of a session will apply for.
    func conversion(_ request: ScoreRequest) throws(RequestFault) -> RecordedLine {
        guard let forecast else {
            throw RequestFault(.unprocessable, at: "want", "the bundle has no predictor", remedy: "ask for what /v1/schema lists as parts")
        }
        let decision = try AppDecision(
            id: request.record.session, time: request.time, customer: request.customer, sessions: [request.record],
            consent: request.consent, now: request.time ?? 0)
        let line = try forecast.answer(decision)
        return recorded(
            line, id: decision.id, subject: decision.customerID, consent: decision.consent,
            input: { forecast.recordedInput(decision, number: $0) },
            { [self] in forecast.recordedRun(places(.predictor), purpose: purpose, software: software) }, model: forecast.predictor.id,
            purpose: purpose)
    }

    /// Tiles for a customer, the likeliest click first.
    func ranked(_ request: RankRequest) throws(RequestFault) -> RecordedLine {
        guard let ranking else {
            throw RequestFault(.unprocessable, "the bundle has no ranker", remedy: "name another bundle with ?bundle=")
        }
        let line = try ranking.answer(request)
        return recorded(
            line, id: request.decision.id, subject: request.decision.customerID, consent: request.decision.consent,
            input: { ranking.recordedInput(request, number: $0) },
            { [self] in ranking.recordedRun(top: request.top, places(.ranker), purpose: purpose, software: software) },
            model: ranking.ranker.id, purpose: purpose)
    }

    /// An applicant's probability to fall overdue.
    func credit(_ request: CreditRequest) throws(RequestFault) -> RecordedLine {
        guard let scoring else {
            throw RequestFault(.unprocessable, "the bundle has no scorecard", remedy: "name another bundle with ?bundle=")
        }
        let line = try scoring.answer(request)
        let applicant = scoring.applicant(request)
        return recorded(
            line, id: applicant, subject: applicant, consent: request.consent, input: { scoring.recordedInput(request, number: $0) },
            { [self] in scoring.recordedRun(reasons: request.reasons, places(.credit), purpose: purpose, software: software) },
            model: scoring.card.id, purpose: purpose ?? "credit")
    }
}

extension ScoringService {
    func rank(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        try allow(exchange, .rank)
        let bundle = try bundle(exchange)
        let input = try limits(bundle)
        let now = parts.clock.wallMilliseconds() * 1000
        let request = try Self.read(body) { reader throws(RequestFault) in
            try RankRequest(&reader, input, numbers: bundle.ranking?.shownNumbers ?? [], now: now)
        }
        return try await told(exchange, bundle) { () throws(RequestFault) in try bundle.ranked(request) }
    }

    func credit(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        try allow(exchange, .credit)
        let bundle = try bundle(exchange)
        let limits = CreditRequest.Limits(textBytes: settings.limits.fieldBytes)
        let request = try Self.read(body) { reader throws(RequestFault) in try CreditRequest(&reader, limits) }
        return try await told(exchange, bundle) { () throws(RequestFault) in try bundle.credit(request) }
    }

    /// Decides, records, and then tells.
    private func told(
        _ exchange: Exchange, _ bundle: ServingBundle, _ body: () throws(RequestFault) -> RecordedLine
    ) async throws(RequestFault) -> ServiceAnswer {
        let own = try body()
        try await record(exchange) { [own.record()] }
        return ServiceAnswer(json: ScoreText.answer(line: own.line, bundle))
    }
}
