internal import Glibc

/// What became of requests when the service was told to stop.
struct StopCounts {
    private var stops = 0
    private var (answered, unanswered, failed) = (0, 0, 0)
    private var (answeredAfter, halves, halvesAnswered, streams, streamsWhole) = (0, 0, 0, 0, 0)
    private var (late, lateAnswered, lateCut) = (0, 0, 0)
    private var cleanExits = 0
    private var seconds = Rounds()
    private var first: String?

    private static let connections = 8
    private static let streamed = 400

    var isReached: Bool {
        unanswered == 0 && failed == 0 && cleanExits == stops && halvesAnswered == halves && streamsWhole == streams && answeredAfter > 0
            && lateAnswered + lateCut == late && lateCut <= stops
    }

    /// Starts the service, loads it, tells it to stop amidst the load, and waits for its end.
    ///
    /// Besides the connections that ask on and on until they are told to close, a request of which one half was sent before the signal and
    /// the other after, a stream of sessions that is being answered, and connections that are opened after the signal, one behind another:
    /// the last may be one that the system took and the service never saw, which is told and is none of the accepted.
    mutating func stop(_ models: ServedModels, _ bundle: String, in folder: String, after delay: Double) throws {
        let server = try ServingProcess([("bank", bundle)], in: folder, called: "stop")
        let sessions = models.sessions(32)
        let requests = sessions.map {
            HTTPClient.request("POST", ServedModels.scoreRoute, models.body($0, "\"want\":[\"intents\",\"embedding\"]"))
        }
        let lines = models.sessions(Self.streamed).flatMap { models.body($0, "\"evidence\":3") + [UInt8(ascii: "\n")] }
        let driver = try LoadDriver(port: server.port, connections: Self.connections, reconnects: false)
        var (turn, signalled) = (0, Double.infinity)
        var (own, own200, lost, after) = (0, 0, 0, 0)
        var fault: String?
        driver.next = { _ in
            turn += 1
            return LoadDriver.Asked(bytes: requests[turn % requests.count], tag: 0)
        }
        driver.done = { outcome in
            own += 1
            guard let answer = outcome.answer else {
                lost += 1
                fault = fault ?? outcome.fault
                return
            }
            if answer.status == 200 { own200 += 1 } else { fault = fault ?? "status \(answer.status)" }
            if outcome.began > signalled { after += 1 }
        }
        try driver.run(seconds: delay)
        let (half, stream) = (try HTTPClient(port: server.port), try HTTPClient(port: server.port))
        let request = requests[0]
        try half.send(Array(request.prefix(request.count / 2)))
        try stream.send(HTTPClient.request("POST", "/v1/sessions:batch", lines, type: "application/jsonl"))
        try driver.run(seconds: 0.02)
        signalled = FigureContext.now()
        server.send(SIGTERM)
        try driver.run(seconds: 0.1)
        try half.send(Array(request.suffix(request.count - request.count / 2)))
        try driver.run(seconds: 40) { driver.over == Self.connections }
        knockOn(server.port, request, since: signalled)
        stops += 1
        (answered, unanswered, failed) = (answered + own200, unanswered + lost + driver.pending, failed + own - own200 - lost)
        answeredAfter += after
        first = first ?? fault
        (halves, streams) = (halves + 1, streams + 1)
        do {
            let answer = try half.receive()
            if answer.status == 200 { halvesAnswered += 1 } else { first = first ?? "half a request: status \(answer.status)" }
        } catch { first = first ?? "half a request: \(error)" }
        do {
            let answer = try stream.receive()
            let told = answer.body.split(separator: UInt8(ascii: "\n"))
            if answer.status == 200, told.count == Self.streamed, told.allSatisfy({ $0.starts(with: "{\"session\":".utf8) }) {
                streamsWhole += 1
            } else {
                first = first ?? "a stream: status \(answer.status), \(told.count) of \(Self.streamed) lines"
            }
        } catch { first = first ?? "a stream: \(error)" }
        try waitForEnd(server, since: signalled)
    }

    /// Opens connections until nobody listens.
    private mutating func knockOn(_ port: Int, _ request: [UInt8], since signalled: Double) {
        while FigureContext.now() < signalled + 20, let client = try? HTTPClient(port: port) {
            late += 1
            if let answer = try? client.ask(request) {
                if answer.status == 200 { lateAnswered += 1 } else { first = first ?? "a late connection: status \(answer.status)" }
            } else {
                lateCut += 1
            }
        }
    }

    private mutating func waitForEnd(_ server: ServingProcess, since signalled: Double) throws {
        let deadline = FigureContext.now() + 60
        while server.end == nil, FigureContext.now() < deadline { usleep(5000) }
        seconds.add(FigureContext.now() - signalled)
        if server.end == .exit(0) {
            cleanExits += 1
        } else {
            first = first ?? "ended with \(server.end.map { "\($0)" } ?? "nothing"): \(server.lastWords)"
        }
    }

    var value: FigureValue {
        [
            "stops": .integer(stops), "exit_0": .integer(cleanExits), "answered": .integer(answered),
            "answered_of_those_sent_after_the_signal": .integer(answeredAfter), "accepted_and_unanswered": .integer(unanswered),
            "failed": .integer(failed), "half_sent_at_the_signal": .integer(halves), "half_sent_and_answered": .integer(halvesAnswered),
            "streams_at_the_signal": .integer(streams), "streams_answered_whole": .integer(streamsWhole),
            "connections_opened_after_the_signal": .integer(late), "of_them_answered": .integer(lateAnswered),
            "of_them_closed_unseen": .integer(lateCut), "seconds_to_the_end": seconds.figure, "connections": .integer(Self.connections),
            "first_error": .text(first ?? "none"),
            "is_reached": .truth(isReached),
        ]
    }
}
