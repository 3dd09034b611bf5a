internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import EventStream

/// Sessions: one at a time, remembered, and by the stream.
extension ScoringService {
    func limits(_ bundle: ServingBundle) throws(RequestFault) -> SessionInput {
        guard let input = bundle.input(settings.limits) else {
            throw RequestFault(.unprocessable, "the bundle reads no sessions", remedy: "name another bundle with ?bundle=")
        }
        return input
    }

    /// Reads a whole body by a reader.
    static func read<Value>(
        _ body: [UInt8], _ decode: (inout JSONReader) throws(RequestFault) -> Value
    ) throws(RequestFault) -> Value {
        var fault: RequestFault?
        var value: Value?
        body.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes)
            do throws(RequestFault) {
                let own = try decode(&reader)
                try reader.finish()
                value = own
            } catch { fault = error }
        }
        if let fault { throw fault }
        return value!
    }

    // MARK: One

    func score(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        let input = try limits(bundle)
        let request = try Self.read(body) { reader throws(RequestFault) in try ScoreRequest(&reader, input) }
        try allow(exchange, request.wants)
        return ServiceAnswer(json: try await answer(exchange, request, bundle))
    }

    /// Scores, records, and then tells.
    /// - Parameters:
    ///   - events: how many there are, where that is told.
    ///   - keep: what else must be done before the score is on record.
    func answer(
        _ exchange: Exchange, _ request: ScoreRequest, _ bundle: ServingBundle, events: Int? = nil,
        keep: () async throws(RequestFault) -> Void = {}
    ) async throws(RequestFault) -> [UInt8] {
        let score = try bundle.score(request.record, wants: request.wants, evidence: request.evidence, all: request.all)
        let conversion = request.wants.contains(.conversion) ? try bundle.conversion(request) : nil
        let text = ScoreText.answer(request.record.session, score, conversion: conversion?.line, bundle, events: events)
        try await keep()
        try await record(exchange) {
            let label = score.label.map { (bundle.decision(request, score, $0, id: exchange.id), bundle.labelRun(request)) }
            return [label, conversion?.record()].compactMap { $0 }
        }
        count(score, bundle)
        return text
    }

    /// Puts the decisions of an answer that is complete on record, with who asked for them.
    func record(_ exchange: Exchange, _ entries: () -> [DecisionJournal.Entry]) async throws(RequestFault) {
        guard let journal = parts.journal else { return }
        try await journal.record(
            entries().map { decision, run in
                var decision = decision
                let names = exchange.id.names(decision)
                decision.asked = .init(caller: exchange.principal.name, request: names ? nil : exchange.id.text)
                return (decision, run)
            })
    }

    func count(_ score: SessionScore, _ bundle: ServingBundle) {
        metrics.inputValues(known: score.values.known, unknown: score.values.unknown)
        guard score.label != nil else { return }
        metrics.intentSession(isUnknown: !score.isLabelled)
        for intent in score.assigned { bundle.counts(metrics)?.count(label: intent) }
    }

    // MARK: Remembered

    func append(_ exchange: Exchange, _ id: String, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        try Self.check(id)
        let input = try limits(bundle)
        // What is wanted is known only once the body is read, and who may not ask must change nothing.
        let asked = try Self.read(body) { reader throws(RequestFault) in try ScoreRequest(&reader, input, moreOf: id) }
        try allow(exchange, asked.wants)
        let key = Self.key(id, exchange, bundle)
        try await enter(key)
        defer { turns.leave(key) }
        let known = remembered.value(for: key)
        var request = asked
        if let known {
            request.record = try input.joined(known.record, asked.record, saysDwell: known.saysDwell, saysGap: asked.seam.saysGap)
        }
        let new = RememberedSession(bundle: bundle.name, record: request.record, saysDwell: asked.seam.saysDwell)
        // A refusal changes nothing: whoever gets another answer than 200 sends the events again. They are kept before the score is on
        // record because they can be taken back, and an entry of the ledger cannot.
        var isKept = false
        do throws(RequestFault) {
            let text = try await answer(exchange, request, bundle, events: request.record.times.count) { () throws(RequestFault) in
                try keep(new, key)
                isKept = true
                try await commit()
            }
            return ServiceAnswer(json: text)
        } catch {
            if isKept { await takeBack(new, for: known, key) }
            throw error
        }
    }

    /// Waits until nobody else is at a session.
    private func enter(_ key: String) async throws(RequestFault) {
        guard await turns.enter(key) else {
            throw RequestFault(
                .overloaded, "too many ask for the session at the same time", remedy: "send its events one after another", retryAfter: 1)
        }
    }

    private func keep(_ session: RememberedSession, _ key: String) throws(RequestFault) {
        do throws(SessionStoreError) { try remembered.set(session, for: key, durably: false) } catch { throw Self.fault(error) }
    }

    /// Makes a session again what it was, unless it had to make room meanwhile.
    private func takeBack(_ session: RememberedSession, for known: RememberedSession?, _ key: String) async {
        let isChanged = try? remembered.update(key, durably: false, forgets: true) { value in
            guard value == session else { return .unchanged(false) }
            value = known
            return .changed(true)
        }
        // Where the disk does not take it the next change of any session takes it along.
        if isChanged == true { try? await commit() }
    }

    func rescore(_ exchange: Exchange, _ id: String) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        try Self.check(id)
        let mayLabel = exchange.principal.scopes.contains(.intents) && bundle.classifier != nil
        if !mayLabel { try allow(exchange, Scope.embed) }
        let key = Self.key(id, exchange, bundle)
        try await enter(key)
        let value = remembered.value(for: key)
        turns.leave(key)
        guard let known = value else { throw Self.unknownSession }
        var request = ScoreRequest(remembered: known.record)
        request.wants = mayLabel ? .intents : .embedding
        return ServiceAnswer(json: try await answer(exchange, request, bundle, events: known.record.times.count))
    }

    func forget(_ exchange: Exchange, _ id: String) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        try Self.check(id)
        try allow(exchange, anyOf: .sessions)
        let key = Self.key(id, exchange, bundle)
        try await enter(key)
        defer { turns.leave(key) }
        let isGone: Bool
        do throws(SessionStoreError) { isGone = try remembered.remove(key, durably: false) } catch { throw Self.fault(error) }
        // Also where it was gone already: perhaps the disk did not take that.
        try await commit()
        guard isGone else { throw Self.unknownSession }
        return ServiceAnswer(status: 204, contentType: nil, body: .bytes([]))
    }

    /// Sessions of two bundles are two sessions, and so are those of two callers: an id that somebody guesses opens nothing.
    private static func key(_ id: String, _ exchange: Exchange, _ bundle: ServingBundle) -> String {
        "\(exchange.principal.name)/\(bundle.name)/\(id)"
    }

    private static func check(_ id: String) throws(RequestFault) {
        let isGood =
            (1...200).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
        guard isGood else {
            throw RequestFault(
                .unprocessable, "the session's id is not one", remedy: "take 1 to 200 letters, digits, '.', '_', '-' or '~' (ASCII)")
        }
    }

    private static let unknownSession = RequestFault(
        .notFound, "there is no such session, or it was silent for too long", remedy: "send its events from the beginning")

    /// Forgets sessions that are too old, and takes what was forgotten out of the log; to be called every few seconds.
    package func sweep() async {
        let store = remembered
        await BackgroundThread.run {
            store.sweep()
            if store.isUntidy { store.tidy() }
        }
    }

    /// Waits, away from the threads of requests, until what was remembered is on the disk; at once without a log.
    private func commit() async throws(RequestFault) {
        guard settings.sessions.folder != nil else { return }
        let store = remembered
        let failure = await BackgroundThread.run { () -> SessionStoreError? in
            do throws(SessionStoreError) { try store.commit() } catch { return error }
            return nil
        }
        if let failure { throw Self.fault(failure) }
    }

    private static func fault(_ error: SessionStoreError) -> RequestFault {
        switch error {
        case .tooLarge, .badID:
            return RequestFault(.unprocessable, "the session is too large to be remembered", remedy: "begin another session")
        default:
            var fault = RequestFault(
                .storageUnavailable, "the session cannot be kept at the moment", remedy: "try again later; the service's disk may be full",
                retryAfter: 1)
            fault.cause = error.description
            return fault
        }
    }

    // MARK: By the stream

    /// Lines in, lines out: the next lines are read when the answers before them were taken.
    func batch(_ exchange: Exchange, _ body: some RequestBody) async throws(RequestFault) -> ServiceAnswer {
        let type = (exchange.request.contentType ?? "application/jsonl").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard ["application/jsonl", "application/x-ndjson", "application/json-lines"].contains(type) else {
            throw RequestFault(.unsupportedMediaType, "the route reads JSON Lines", remedy: "send Content-Type: application/jsonl")
        }
        let bundle = try bundle(exchange)
        let input = try limits(bundle)
        try allow(exchange, anyOf: .sessions)
        let lines = LineStream(body, longest: settings.limits.bodyBytes)
        try await lines.begin()
        let turns = LineTurns()
        return ServiceAnswer(
            contentType: "application/jsonl",
            body: .stream { [self] in
                do throws(RequestFault) {
                    if turns.isOver {
                        guard let some = try await lines.next(atMost: settings.limits.batch) else { return nil }
                        turns.begin(some)
                        metrics.batch(sessions: some.count)
                    }
                    var text: [UInt8] = []
                    while let line = turns.next {
                        // What is there is told before the wait for a line that the rate does not allow yet: whoever has left is noticed.
                        guard await lineTurn(exchange, turns, mayWait: text.isEmpty) else { break }
                        text += await answer(line: line, exchange, bundle, input)
                    }
                    return text
                } catch {
                    // Nothing but another line can tell it: the status was sent long ago.
                    if lines.isBroken { return nil }
                    lines.isBroken = true
                    parts.faults?.tell(error, exchange.id, route: Self.template(exchange.route))
                    return Array("{\"error\":\(error.json(exchange.id))}\n".utf8)
                }
            })
    }

    private func answer(line: [UInt8], _ exchange: Exchange, _ bundle: ServingBundle, _ input: SessionInput) async -> [UInt8] {
        var session = "null"
        do throws(RequestFault) {
            let request = try Self.read(line) { reader throws(RequestFault) in try ScoreRequest(&reader, input) }
            session = JSONString.quoted(request.record.session)
            try allow(exchange, request.wants)
            return try await answer(exchange, request, bundle) + [UInt8(ascii: "\n")]
        } catch {
            parts.faults?.tell(error, exchange.id, route: Self.template(exchange.route))
            return Array("{\"session\":\(session),\"error\":\(error.json(exchange.id))}\n".utf8)
        }
    }
}
