internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import Synchronization

/// What a bundle says of itself and of its decisions.
extension ServingBundle {
    /// Reads sessions of requests; nil in a bundle that reads none.
    package func input(_ limits: ServiceSettings.Limits) -> SessionInput? {
        guard let schema else { return nil }
        let own = SessionInput.Limits(events: limits.eventsPerSession, fields: limits.fieldsPerEvent, fieldBytes: limits.fieldBytes)
        return lastInput.withLock { last in
            if let last, last.limits == own { return last }
            let input = SessionInput(schema: schema, limits: own)
            last = input
            return input
        }
    }

    /// A label as the ledger keeps it: with the session and the words of its events, so that `tessera label` gives the line again.
    /// - Parameter id: of the request: a session that nobody named and that is nobody's has a subject of its own by it, so that an erasure
    ///   takes no other along.
    func decision(_ request: ScoreRequest, _ score: SessionScore, _ line: [UInt8], id: RequestID) -> DecisionRecorder.Decision {
        let record = request.record
        // A caller may give one id to several sessions, and decisions of a run are made again together.
        let number = Self.nextNumber()
        var named = record
        named.session = DecisionNaming.recorded(number: number).id(record.session)
        let hasPseudonyms = schema!.pseudonymised.contains("visitor")
        let own = record.session == SessionInput.unnamed ? "\(id)#\(number)" : record.session
        var decision = DecisionRecorder.Decision(
            id: named.session,
            subject: record.visitor.isEmpty
                ? .identifier(own) : hasPseudonyms ? .pseudonym(record.visitor) : .identifier(record.visitor),
            input: DecisionInput.json(
                id: named.session, corpusSessions: [number], wording: score.wording,
                sessions: [SessionRecord.json(of: 0, in: Corpus([named], schema: schema!))]),
            output: line)
        decision.consent = request.consent
        return decision
    }

    /// A number that no other session of the process has: a replay tells sessions apart by it.
    static func nextNumber() -> Int { numbers.wrappingAdd(1, ordering: .relaxed).oldValue }
    private static let numbers = Atomic<Int>(0)

    /// The command that makes a label again.
    func labelRun(_ request: ScoreRequest) -> DecisionJournal.Run {
        let own = classifier!.classifier
        var arguments = ["--evidence", "\(request.evidence)", "--precision", SessionEmbedder.Precision.float32.rawValue]
        arguments += ["--suspended", own.withheld.map { own.settings.intents[$0] }.joined(separator: ",")]
        let purpose = folder.contents.description.purpose
        if let purpose { arguments += ["--purpose", purpose] }
        if request.all { arguments.append("--all") }
        return DecisionJournal.Run(
            DecisionRun(
                command: "label", arguments: arguments,
                models: [
                    .init(option: "--model", path: folder.place(.encoder), id: encoder!.id),
                    .init(option: "--intents", path: folder.place(.intents), id: own.id),
                ], corpus: source, idMember: "session", software: software),
            model: own.id, taxonomy: own.settings.taxonomy.digest, purpose: purpose ?? Self.unnamedPurpose)
    }

    /// The purpose in records of decisions for which nobody named one.
    static let unnamedPurpose = "not named"
}
