internal import DurableFiles
internal import EventStream
internal import Synchronization

/// Takes: requests.   Gives: answers, and what operators read. Knows neither sockets nor a server.
///
/// A request goes the same way whatever it asks: whether there was room for it when its head came, its route, who asks, whether they may
/// and how often, then its body, and only then a model. Labels, rankings, forecasts and scores are on record before they are told, or soon
/// after where that is wished; vectors are not recorded.
package final class ScoringService: Sendable {
    /// What the service is made of.
    package struct Parts: Sendable {
        /// How it runs.
        package var settings: ServiceSettings
        /// What answers.
        package var bundles: BundleSet
        /// Who may ask.
        package var authenticator: Authenticator
        /// Where decisions are recorded; nil for nowhere.
        package var journal: DecisionJournal?
        /// The access log; nil for none.
        package var log: AccessLogWriter?
        /// Where faults of the service are told to who runs it; nil for nowhere.
        package var faults: FaultLog?
        /// The version of the program.
        package var version: String
        /// The time.
        package var clock: ServiceClock

        /// Parts.
        package init(
            settings: ServiceSettings, bundles: BundleSet, authenticator: Authenticator, journal: DecisionJournal? = nil,
            log: AccessLogWriter? = nil, faults: FaultLog? = nil, version: String, clock: ServiceClock = .system
        ) {
            (self.settings, self.bundles, self.authenticator, self.journal) = (settings, bundles, authenticator, journal)
            (self.log, self.faults, self.version, self.clock) = (log, faults, version, clock)
        }
    }

    /// How far the service is.
    private enum Phase: Int { case serving = 0, draining = 1 }

    let parts: Parts
    let metrics: ServiceMetrics
    /// Counts what is unanswered; who reads requests tells it.
    package let gate: LoadGate
    package let remembered: SessionStore<RememberedSession>
    let turns = SessionTurns()
    let limiter: RateLimiter
    private let rereads = Mutex<[@Sendable () throws(RequestFault) -> Void]>([])
    private let phase = Atomic<Int>(Phase.serving.rawValue)
    private let routes: [Int]

    /// How it runs.
    package var settings: ServiceSettings { parts.settings }

    /// A service that is ready to answer.
    /// - Parameter remembered: sessions whose events come one after another.
    package init(_ parts: Parts, remembered: SessionStore<RememberedSession>) {
        self.parts = parts
        self.remembered = remembered
        gate = LoadGate(most: parts.settings.load.queue)
        limiter = RateLimiter(
            rate: parts.settings.access.rate.flatMap { RequestRate(text: $0) }, principals: parts.settings.access.principals,
            clock: parts.clock)
        metrics = ServiceMetrics(routes: Route.templates)
        routes = Route.templates.map { [metrics] in metrics.route($0) }
        watch()
    }

    private func watch() {
        let (gate, remembered, journal) = (gate, remembered, parts.journal)
        metrics.watch(
            .gauge, "tessera_requests_in_flight", help: "Requests that came whole and wait for their answers, one of each connection."
        ) {
            Double(gate.unanswered)
        }
        metrics.watch(.gauge, "tessera_sessions_remembered", help: "Sessions whose events come one after another.") {
            Double(remembered.statistics.sessions)
        }
        metrics.watch(.gauge, "tessera_sessions_bytes", help: "Memory of remembered sessions.") { Double(remembered.statistics.bytes) }
        if let journal {
            metrics.watch(.counter, "tessera_ledger_records_total", help: "Decisions on record.") { Double(journal.statistics.recorded) }
            metrics.watch(.gauge, "tessera_ledger_pending", help: "Decisions waiting for the disk.") { Double(journal.statistics.pending) }
            metrics.watch(.counter, "tessera_ledger_failures_total", help: "Decisions that could not be recorded.") {
                Double(journal.statistics.failed)
            }
        }
        if let log = parts.log {
            metrics.watch(.counter, "tessera_log_lines_dropped_total", help: "Lines of the access log without room.") {
                Double(log.statistics.dropped)
            }
        }
        note()
    }

    /// Tells metrics which models answer.
    func note() { for bundle in parts.bundles.all { metrics.serves(bundle.id, as: bundle.name) } }

    /// Whether the service takes new requests.
    package var isReady: Bool { phase.load(ordering: .relaxed) == Phase.serving.rawValue }
    /// Says that no new requests should come; those that do are answered, and told to come elsewhere next time.
    package func drain() { phase.store(Phase.draining.rawValue, ordering: .relaxed) }

    // MARK: A request

    /// What is known of a request while it is answered.
    struct Exchange {
        let id: RequestID
        let route: Route
        let query: Substring
        let principal: Principal
        let request: ServiceRequest
    }

    /// What is told of a request in metrics and log.
    private struct Asked {
        let begin: Int64
        let id: RequestID
        let path: Substring
        let route: Route?
        var principal: Principal?
        var received = 0
        var stream: StreamRecord?

        init(begin: Int64, id: RequestID, path: Substring) {
            (self.begin, self.id, self.path, route) = (begin, id, path, Route(path: path))
        }
    }

    /// Answers a request. Never throws and never traps on what somebody sent.
    package func answer(_ request: ServiceRequest, _ body: inout some RequestBody) async -> ServiceAnswer {
        let now = parts.clock.nanoseconds()
        var request = request
        request.arrived = min(now, request.arrived ?? now)
        let target = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var asked = Asked(begin: request.arrived ?? now, id: RequestID(given: request.id), path: target.first ?? "")
        do throws(RequestFault) {
            return told(try await answer(request, target.count > 1 ? target[1] : "", &body, &asked), asked)
        } catch { return refusal(error, asked) }
    }

    /// Answers a request that is refused whatever it asks.
    package func refuse(_ request: ServiceRequest, _ fault: RequestFault) -> ServiceAnswer {
        let path = request.target.prefix { $0 != "?" }
        return refusal(fault, Asked(begin: parts.clock.nanoseconds(), id: RequestID(given: request.id), path: path))
    }

    private func refusal(_ fault: RequestFault, _ asked: Asked) -> ServiceAnswer {
        count(fault)
        parts.faults?.tell(fault, asked.id, route: Self.template(asked.route))
        var answer = ServiceAnswer(fault, asked.id, isOpenInference: Route.isOpenInference(asked.path))
        if fault.code == .methodNotAllowed, let route = asked.route {
            answer.fields.append(("Allow", route.methods.joined(separator: ", ")))
        }
        return told(answer, asked)
    }

    /// Counts an answer and writes its line of the log; those of a stream when it ends.
    private func told(_ answer: ServiceAnswer, _ asked: Asked) -> ServiceAnswer {
        var answer = answer
        answer.id = asked.id.text
        answer.closes = !isReady
        switch answer.body {
        case .bytes(let bytes): note(asked, answer.status, received: asked.received, sent: bytes.count, isStream: false)
        case .stream(let next):
            let (status, record) = (answer.status, asked.stream ?? StreamRecord())
            var own = asked
            own.stream = nil
            answer.body = .stream(
                record.counting(next) { [self, own] in note(own, status, received: $0, sent: $1, isStream: true) })
        }
        return answer
    }

    private func note(_ asked: Asked, _ status: Int, received: Int, sent: Int, isStream: Bool) {
        let duration = parts.clock.nanoseconds() - asked.begin
        let number = asked.route.map { routes[$0.number] } ?? metrics.route("other")
        metrics.answered(route: number, status: status, nanoseconds: isStream ? nil : duration, received: received, sent: sent)
        parts.log?.write(
            AccessLogLine(
                time: parts.clock.wallMilliseconds(), id: asked.id, principal: asked.principal?.name,
                route: Self.template(asked.route), status: status, duration: duration, received: received,
                sent: sent))
    }

    /// A route as logs say it: without what may name a session.
    static func template(_ route: Route?) -> String { route.map { Route.templates[$0.number] } ?? "other" }

    private func answer(
        _ request: ServiceRequest, _ query: Substring, _ body: inout some RequestBody, _ asked: inout Asked
    ) async throws(RequestFault) -> ServiceAnswer {
        guard let route = asked.route else {
            throw RequestFault(.notFound, "there is no such route", remedy: "see /docs for those there are")
        }
        guard route.methods.contains(request.method) else {
            throw RequestFault(.methodNotAllowed, "the route takes \(route.methods.joined(separator: ", "))", remedy: "send one of these")
        }
        if let open = openAnswer(route) { return open }
        try checkWait(request)
        let own = try await parts.authenticator.principal(authorization: request.authorization, key: request.key)
        asked.principal = own
        if case .refused(let seconds) = limiter.admit(own) {
            throw RequestFault(
                .tooManyRequests, "the key asks too often", remedy: "wait as Retry-After says", retryAfter: seconds)
        }
        let exchange = Exchange(id: asked.id, route: route, query: query, principal: own, request: request)
        if let coding = request.contentEncoding, coding.lowercased() != "identity" {
            throw RequestFault(.unsupportedMediaType, "compressed bodies are not read here", remedy: "send it without Content-Encoding")
        }
        if route == .batch {
            let record = StreamRecord()
            asked.stream = record
            return try await batch(exchange, CountedBody(body: body, record: record))
        }
        var bytes: [UInt8] = []
        if request.method == "POST" {
            try checkType(exchange)
            let limit = settings.limits.bodyBytes
            guard request.contentLength ?? 0 <= limit else { throw Self.tooLarge(limit) }
            bytes = try await body.collect(limit: limit)
            asked.received = bytes.count
        }
        return try await answer(exchange, bytes)
    }

    /// Routes that ask nobody who they are, and no model anything.
    private func openAnswer(_ route: Route) -> ServiceAnswer? {
        switch route {
        case .page: ServicePages.journey
        case .documentation: ServicePages.documentation
        case .openAPI: ServicePages.openAPI(settings.limits, version: parts.version)
        case .live: ServiceAnswer(json: "{\"live\":true}")
        case .ready: ServiceAnswer(status: isReady ? 200 : 503, json: "{\"ready\":\(isReady)}")
        case .inference:
            ServiceAnswer(
                json: "{\"name\":\"tessera\",\"version\":\(LogText.quoted(parts.version)),\"extensions\":[\"binary_tensor_data\"]}")
        default: nil
        }
    }

    private func answer(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        switch exchange.route {
        case .metrics:
            try allow(exchange, .metrics)
            return ServiceAnswer(contentType: ServiceMetrics.contentType, body: .bytes(metrics.text()))
        case .schema: return try schema(exchange)
        case .models: return models()
        case .inferenceModel(let name): return try inferenceModel(exchange, name)
        case .inferenceReady(let name): return try inferenceReady(name)
        case .score: return try await score(exchange, body)
        case .rank: return try await rank(exchange, body)
        case .credit: return try await credit(exchange, body)
        case .sessionEvents(let id): return try await append(exchange, id, body)
        case .session(let id):
            return exchange.request.method == "DELETE" ? try await forget(exchange, id) : try await rescore(exchange, id)
        case .embeddings: return try await embeddings(exchange, body)
        case .infer(let name): return try await infer(exchange, name, body)
        case .reload: return try await reload(exchange)
        case .page, .documentation, .openAPI, .live, .ready, .inference, .batch:
            throw RequestFault(.internal, "the route is answered elsewhere", remedy: "report this")
        }
    }

    // MARK: Guard rails

    package static func tooLarge(_ limit: Int) -> RequestFault {
        RequestFault(
            .tooLarge, "the body has more than \(limit) bytes",
            remedy: "send less at a time, or JSON Lines to /v1/sessions:batch, which has no limit but that of a line")
    }

    /// Refuses a principal without a scope.
    func allow(_ exchange: Exchange, _ scope: Scope) throws(RequestFault) {
        guard exchange.principal.scopes.contains(scope) else {
            throw RequestFault(
                .forbidden, "the key is not for \(scope.rawValue)", remedy: "ask who runs the service for a key of this scope")
        }
    }

    /// Refuses a principal that may not have all that is wanted.
    func allow(_ exchange: Exchange, _ wants: ScoreRequest.Wants) throws(RequestFault) {
        if wants.contains(.embedding) { try allow(exchange, .embed) }
        if wants.contains(.intents) { try allow(exchange, Scope.intents) }
        if wants.contains(.conversion) { try allow(exchange, .convert) }
    }

    private func checkType(_ exchange: Exchange) throws(RequestFault) {
        // Whoever says nothing means JSON: there is nothing else to mean.
        guard let type = exchange.request.contentType, type != "application/json" else { return }
        let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        let isBinary: Bool = if case .infer = exchange.route { essence == "application/octet-stream" } else { false }
        let isForm = exchange.route == .reload
        guard essence == "application/json" || isBinary || isForm else {
            throw RequestFault(.unsupportedMediaType, "the route reads application/json", remedy: "send Content-Type: application/json")
        }
    }

    /// The bundle that a request asks for.
    func bundle(_ exchange: Exchange) throws(RequestFault) -> ServingBundle { try bundle(Route.parameter("bundle", in: exchange.query)) }

    func bundle(_ name: String?) throws(RequestFault) -> ServingBundle {
        guard let bundle = parts.bundles.bundle(name) else {
            throw RequestFault(.notFound, "there is no bundle of this name", remedy: "see /v1/models for those there are")
        }
        return bundle
    }

    private func count(_ fault: RequestFault) {
        switch fault.code {
        case .unauthenticated: metrics.refused(.unauthenticated)
        case .forbidden: metrics.refused(.forbidden)
        case .tooLarge: metrics.refused(.limit)
        case .tooManyRequests: metrics.refused(.rate)
        case .overloaded: metrics.refused(.overload)
        case .ledgerUnavailable, .storageUnavailable: metrics.refused(.storage)
        default: break
        }
    }

    // MARK: Models

    private func reload(_ exchange: Exchange) async throws(RequestFault) -> ServiceAnswer {
        try allow(exchange, .admin)
        let changes = try await reload()
        let told = changes.map {
            "{\"bundle\":\(JSONString.quoted($0.name)),\"version\":\"\($0.version)\",\"digest\":\"\($0.id)\","
                + "\"changed\":\($0.isChanged)}"
        }
        return ServiceAnswer(json: "{\"reloaded\":[\(told.joined(separator: ","))]}")
    }

    /// Has a reload read something else anew, too, such as a certificate; what throws leaves what was there.
    package func rereads(_ body: @escaping @Sendable () throws(RequestFault) -> Void) { rereads.withLock { $0.append(body) } }

    /// Reads who may ask, certificates and all bundles anew while the old ones answer. The first that is damaged ends it, and what was read
    /// before holds: who may ask goes first, so that taking a key away does not depend on models.
    ///
    /// One after another: a slower one must not bring back what a later one found changed.
    package func reload() async throws(RequestFault) -> [BundleSet.Change] {
        guard await turns.enter(Self.reloads) else {
            throw RequestFault(.overloaded, "many reloads wait already", remedy: "wait for them", retryAfter: 1)
        }
        defer { turns.leave(Self.reloads) }
        do throws(RequestFault) {
            // Away from the threads of requests, which must not wait for files.
            let (authenticator, bodies) = (parts.authenticator, rereads.withLock { $0 })
            let fault = await Task.detached { () -> RequestFault? in
                do throws(RequestFault) {
                    try await authenticator.reload()
                    for body in bodies { try body() }
                } catch { return error }
                return nil
            }.value
            if let fault { throw fault }
            let changes = try await reloadBundles()
            metrics.reloaded(successfully: true)
            note()
            return changes
        } catch {
            metrics.reloaded(successfully: false)
            throw error
        }
    }

    /// No session's name: those have a principal's before them.
    private static let reloads = "reload"

    private func reloadBundles() async throws(RequestFault) -> [BundleSet.Change] {
        let bundles = parts.bundles
        // On a thread of its own: reading takes seconds, and the threads of requests are few.
        let outcome = await BackgroundThread.run { () -> Result<[BundleSet.Change], BundleError> in
            do throws(BundleError) { return .success(try bundles.reload()) } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let changes): return changes
        case .failure(let error):
            throw RequestFault(.reloadFailed, error.description, remedy: "mend the bundle; those that were served go on")
        }
    }
}
