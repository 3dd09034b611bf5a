/// What keeps one caller's work from being everybody's wait.
extension ScoringService {
    /// Whether a request for a target is to be refused as soon as its head is there. Health, metrics, pages and the admin's routes never are.
    package func isFull(for target: String) -> Bool { gate.isFull && Route.mayBeShed(target) }

    /// Answers a request for which there is no room.
    package func shed(_ request: ServiceRequest) -> ServiceAnswer {
        refuse(
            request,
            RequestFault(.overloaded, "too much is being asked at the moment", remedy: "wait as Retry-After says", retryAfter: 1))
    }

    /// Whether a connection ends with an answer that was given without the body. What was not read of it is read up to the next request,
    /// unless that is more than a body may have, or may never come.
    package func endsUnread(_ request: ServiceRequest) -> Bool {
        request.awaitsWord || request.hasUnknownLength || request.contentLength ?? 0 > settings.limits.bodyBytes
    }

    /// Refuses a request that waited too long for its turn, at a small part of an answer's cost: nobody waits for it any more, and those
    /// behind it come the sooner.
    func checkWait(_ request: ServiceRequest) throws(RequestFault) {
        guard let arrived = request.arrived else { return }
        let waited = parts.clock.nanoseconds() - arrived
        guard waited > .nanoseconds(ofSeconds: settings.load.waitSeconds), Route.mayBeShed(request.target) else { return }
        throw RequestFault(
            .overloaded, "the request waited too long for its turn", remedy: "wait as Retry-After says",
            retryAfter: min(60, waited.retryAfterSeconds))
    }

    /// Between two sessions of one request: others have their turn, and what takes longer than it may ends. One session is computed whole.
    func turn(_ exchange: Exchange) async throws(RequestFault) {
        await Task.yield()
        guard let arrived = exchange.request.arrived,
            parts.clock.nanoseconds() - arrived > .nanoseconds(ofSeconds: settings.timeouts.requestSeconds)
        else { return }
        throw RequestFault(
            .overloaded, "the answer took longer than timeouts.requestSeconds", remedy: "ask for fewer sessions at a time", retryAfter: 1)
    }

    /// Takes the tokens of sessions beyond a request's first, which was paid when the request came. Who owes is refused until it is paid.
    func charge(_ exchange: Exchange, sessions: Int) { limiter.charge(exchange.principal, tokens: sessions - 1) }

    /// Before a line of a stream: others have their turn, and the line waits until the caller's rate allows it. It is never refused for that.
    /// - Returns: false where the line has to wait and may not yet; it is paid for.
    func lineTurn(_ exchange: Exchange, _ turns: LineTurns, mayWait: Bool) async -> Bool {
        await Task.yield()
        if !turns.isPaid {
            // The first line was paid when the request came.
            turns.wait = limiter.charge(exchange.principal, tokens: turns.isFirst ? 0 : 1)
            (turns.isPaid, turns.isFirst) = (true, false)
        }
        if turns.wait > 0 {
            guard mayWait else { return false }
            try? await Task.sleep(nanoseconds: UInt64(turns.wait))
        }
        turns.leave()
        return true
    }
}

/// Lines of a stream that were read and are answered one after another. For one task at a time.
final class LineTurns: @unchecked Sendable {
    private var lines: ArraySlice<[UInt8]> = []
    /// Whether the next line is the stream's first, and whether it is paid for.
    fileprivate var (isFirst, isPaid) = (true, false)
    /// Nanoseconds that the next line has to wait.
    fileprivate var wait: Int64 = 0

    /// Takes lines, when those before are answered.
    func begin(_ some: [[UInt8]]) { lines = some[...] }

    /// Whether all are answered.
    var isOver: Bool { lines.isEmpty }
    /// The line whose turn it is.
    var next: [UInt8]? { lines.first }

    fileprivate func leave() {
        lines.removeFirst()
        (isPaid, wait) = (false, 0)
    }
}
