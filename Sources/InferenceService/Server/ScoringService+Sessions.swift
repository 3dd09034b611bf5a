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
        return ServiceAnswer(json: try await answer(request, bundle))
    }

    /// Scores, records, and then tells.
    /// - Parameter events: how many there are, where that is told.
    func answer(_ request: ScoreRequest, _ bundle: ServingBundle, events: Int? = nil) async throws(RequestFault) -> [UInt8] {
        let score = try bundle.score(request.record, wants: request.wants, evidence: request.evidence, all: request.all)
        let conversion = request.wants.contains(.conversion) ? try bundle.conversion(request) : nil
        count(score, bundle)
        if let journal = parts.journal {
            if let line = score.label { try await journal.record(bundle.decision(request, score, line), bundle.labelRun(request)) }
            if let (decision, run) = conversion?.record() { try await journal.record(decision, run) }
        }
        return ScoreText.answer(request.record.session, score, conversion: conversion?.line, bundle, events: events)
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
        // A refusal changes nothing: the events are kept only when they were scored and the score is on record, so that whoever gets
        // another answer than 200 sends them again.
        let key = Self.key(id, exchange, bundle)
        for _ in 0..<Self.mostTries {
            let known = remembered.value(for: key)?.record
            var request = asked
            if let known { request.record = try input.joined(known, asked.record) }
            let text = try await answer(request, bundle, events: request.record.times.count)
            guard try keep(request.record, after: known, key, bundle.name) else { continue }
            try await commit()
            return ServiceAnswer(json: text)
        }
        throw RequestFault(
            .overloaded, "others add to the session at the same time", remedy: "send its events one after another", retryAfter: 1)
    }

    /// How often events are scored anew because others came between.
    private static let mostTries = 8

    /// Keeps a session as it was scored.
    /// - Returns: false where somebody else changed it since it was read.
    private func keep(
        _ record: SessionRecord, after known: SessionRecord?, _ key: String, _ bundle: String
    ) throws(RequestFault) -> Bool {
        do throws(SessionStoreError) {
            return try remembered.update(key, durably: false) { value in
                guard value?.record == known else { return .unchanged(false) }
                value = RememberedSession(bundle: bundle, record: record)
                return .changed(true)
            }
        } catch { throw Self.fault(error) }
    }

    func rescore(_ exchange: Exchange, _ id: String) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        try Self.check(id)
        let mayLabel = exchange.principal.scopes.contains(.intents) && bundle.classifier != nil
        if !mayLabel { try allow(exchange, Scope.embed) }
        guard let known = remembered.value(for: Self.key(id, exchange, bundle)) else { throw Self.unknownSession }
        var request = ScoreRequest(remembered: known.record)
        request.wants = mayLabel ? .intents : .embedding
        return ServiceAnswer(json: try await answer(request, bundle, events: known.record.times.count))
    }

    func forget(_ exchange: Exchange, _ id: String) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        try Self.check(id)
        if !exchange.principal.scopes.contains(.intents) { try allow(exchange, Scope.embed) }
        let isGone: Bool
        do throws(SessionStoreError) { isGone = try remembered.remove(Self.key(id, exchange, bundle), durably: false) } catch {
            throw Self.fault(error)
        }
        guard isGone else { throw Self.unknownSession }
        try await commit()
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
            RequestFault(.unprocessable, "the session is too large to be remembered", remedy: "begin another session")
        default:
            RequestFault(
                .storageUnavailable, "the session cannot be kept at the moment", remedy: "try again later; the service's disk may be full",
                retryAfter: 1)
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
        guard exchange.principal.scopes.contains(.intents) || exchange.principal.scopes.contains(.embed) else {
            throw RequestFault(.forbidden, "the key is not for intents", remedy: "ask who runs the service for a key of this scope")
        }
        let lines = LineStream(body, longest: settings.limits.bodyBytes)
        try await lines.begin()
        return ServiceAnswer(
            contentType: "application/jsonl",
            body: .stream { [self] in
                do throws(RequestFault) {
                    guard let some = try await lines.next(atMost: settings.limits.batch) else { return nil }
                    var text: [UInt8] = []
                    for line in some {
                        await lineTurn(exchange)
                        text += await answer(line: line, exchange, bundle, input)
                    }
                    metrics.batch(sessions: some.count)
                    return text
                } catch {
                    // Nothing but another line can tell it: the status was sent long ago.
                    if lines.isBroken { return nil }
                    lines.isBroken = true
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
            return try await answer(request, bundle) + [UInt8(ascii: "\n")]
        } catch { return Array("{\"session\":\(session),\"error\":\(error.json(exchange.id))}\n".utf8) }
    }
}
