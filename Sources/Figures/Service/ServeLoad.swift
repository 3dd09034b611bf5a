internal import Glibc

extension Figure {
    /// {connections: {N: {own, own_with_evidence, plain and tuned peer, ratios, …}}, equal_answers, targets, …}.
    static let serveLoad = Figure(
        pattern: "serve-load",
        summary:
            "requests a second and p50, p99 and p99.9 of one session of the median length, by wrk at 1, 8 and 64 connections, beside FastAPI "
            + "and ONNX Runtime over the same model, plain and tuned, where --peers-python names a Python that has them",
        by: ServeLoadRun.self)
}

/// One run of the figure `serve-load`: all services stand there throughout and are asked in turns.
private struct ServeLoadRun: FigureRun {
    private let context: FigureContext
    private let folder: String
    private let generator: LoadGenerator
    private let models: ServedModels
    private let server: ServingProcess
    private let peers: [PeerService]
    private let rounds: Int
    private let seconds: Int

    private static let connections = [1, 8, 64]
    private static let wants = "\"want\":[\"intents\",\"embedding\"]"

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        generator = try LoadGenerator(folder: folder)
        models = try .bank(context, in: folder)
        server = try ServingProcess([("bank", models.bundle)], in: folder)
        if let python = context.peersPython {
            FigureContext.say("serve-load: the peer, plain and tuned, with one worker and with two")
            let exported = "\(folder)/peer"
            try PeerService.export(models, python: PeerPrograms.interpreter(context), context, to: exported)
            peers = try PeerService.Style.allCases.flatMap { style in
                try [1, 2].map { try PeerService(exported, style, workers: $0, python: python, context, scratch: folder) }
            }
        } else {
            FigureContext.say("serve-load: no peer: --peers-python names none")
            peers = []
        }
        rounds = context.rounds ?? (context.quick ? 1 : 5)
        seconds = context.quick ? 3 : 10
    }

    /// What was measured of one service at one number of connections, a value a round.
    private struct Series {
        var (rate, p50, p99, p99_9, processor) = (Rounds(), Rounds(), Rounds(), Rounds(), Rounds())
        var greatest = 0.0

        /// - Parameter worked: seconds of processors that the service took.
        mutating func add(_ measured: LoadGenerator.Measurement, worked: Double) {
            processor.add(worked / Double(measured.requests) * 1e6)
            rate.add(measured.rate)
            p50.add(measured.p50_ms)
            p99.add(measured.p99_ms)
            p99_9.add(measured.p99_9_ms)
            greatest = max(greatest, measured.greatest_ms)
        }

        var value: FigureValue {
            [
                "requests_per_second": rate.figure, "p50_ms": p50.figure, "p99_ms": p99.figure, "p99_9_ms": p99_9.figure,
                "greatest_ms": .number(greatest), "processor_us_a_request": processor.figure,
            ]
        }
    }

    func figure() throws -> FigureValue {
        let before = MachineLoad.average
        let (session, events) = models.medianSession
        let equal = try equality()
        let plain = models.body(session, Self.wants + ",\"evidence\":0")
        let telling = models.body(session, Self.wants + ",\"evidence\":3")
        var (own, withEvidence) = ([Int: Series](), [Int: Series]())
        var others = [Int: [Series]]()
        for connections in Self.connections { others[connections] = peers.map { _ in Series() } }
        for round in 0..<rounds {
            for connections in Self.connections {
                FigureContext.say("serve-load: round \(round + 1) of \(rounds), \(connections) connections")
                try measure(&own[connections, default: Series()], server.port, connections, plain) { server.processorSeconds }
                for (place, peer) in peers.enumerated() {
                    try measure(&others[connections]![place], peer.port, connections, plain) { peer.processorSeconds }
                }
                try measure(&withEvidence[connections, default: Series()], server.port, connections, telling) { server.processorSeconds }
            }
        }
        var table: [String: FigureValue] = [:]
        var reached: [String: FigureValue] = [:]
        for connections in Self.connections {
            guard let mine = own[connections], let telling = withEvidence[connections] else { continue }
            var row: [String: FigureValue] = ["own": mine.value, "own_with_evidence_of_3": telling.value]
            let measured = zip(peers, others[connections] ?? [])
            for (peer, series) in measured { row["\(peer.style)_peer_with_\(peer.workers)_workers"] = series.value }
            for style in PeerService.Style.allCases where !peers.isEmpty {
                let (ratios, rate, wait) = Self.ratios(mine, measured.filter { $0.0.style == style }.map(\.1))
                row["ratios_to_\(style)"] = ratios
                reached["requests_per_second_at_\(connections)_to_\(style)_is_reached"] = .truth(rate >= 5)
                reached["p99_at_\(connections)_to_\(style)_is_reached"] = .truth(wait <= 0.2)
            }
            table["\(connections)"] = .object(row)
        }
        let p99 = own[8]?.p99.median ?? .nan
        reached["p99_ms_at_8_is_reached"] = .truth(p99 < 5)
        let targets: [String: FigureValue] = [
            "requests_per_second_ratio": .number(5), "p99_ratio": .number(0.2), "p99_ms_at_8": .number(5),
        ]
        return [
            "connections": .object(table), "equal_answers": equal?.value ?? .text("no peer to compare with"),
            "targets": .object(targets.merging(reached) { one, _ in one }),
            "peer": .text(
                peers.isEmpty
                    ? "skipped: --peers-python names no Python"
                    : "FastAPI and ONNX Runtime, as FastAPI's documentation writes a service and tuned; of each the better of 1 and 2 workers"
            ),
            "data": .text(models.source), "session_events": .integer(events), "request_bytes": .integer(plain.count),
            "want": .text("embedding and intents"), "generator": .text("wrk \(generator.version), one thread, on the same processors"),
            "processors": .integer(MachineLoad.count), "seconds": .integer(seconds), "rounds": .integer(rounds),
            "load_average": ["before": .number(before), "after": .number(MachineLoad.average)], "quick": .truth(context.quick),
        ]
    }

    /// Ours to theirs, and the medians of requests a second and of the 99th percentile. Of a peer's two forms the better counts, in every
    /// round and for each quantity by itself.
    private static func ratios(_ mine: Series, _ theirs: [Series]) -> (FigureValue, rate: Double, wait: Double) {
        func least(_ quantity: KeyPath<Series, Rounds>) -> Rounds {
            mine[keyPath: quantity] / Rounds.best(theirs.map { $0[keyPath: quantity] }, greatest: false)
        }
        let (rates, waits) = (mine.rate / Rounds.best(theirs.map(\.rate)), least(\.p99))
        let figure: FigureValue = [
            "requests_per_second": rates.ratio, "p50": least(\.p50).ratio, "p99": waits.ratio, "p99_9": least(\.p99_9).ratio,
            "processor_time_a_request": least(\.processor).ratio,
        ]
        return (figure, rates.median, waits.median)
    }

    private func measure(
        _ series: inout Series, _ port: Int, _ connections: Int, _ body: [UInt8], processorSeconds: () -> Double
    ) throws {
        var before = 0.0
        let measured = try generator.measure(port: port, connections: connections, seconds: seconds, body: body) {
            before = processorSeconds()
        }
        let worked = processorSeconds() - before
        guard measured.failures == 0 else {
            throw FigureError(code: EX_SOFTWARE, description: "\(measured.failures) of \(measured.requests) requests failed under wrk")
        }
        series.add(measured, worked: worked)
    }

    /// Whether the peer answers the same: of unequal work no speed is compared.
    private func equality() throws -> AnswerDifference? {
        guard let peer = peers.first else { return nil }
        var difference = AnswerDifference()
        let (mine, theirs) = (try HTTPClient(port: server.port), try HTTPClient(port: peer.port))
        for session in models.sessions(context.quick ? 50 : 500) {
            let body = models.body(session, Self.wants + ",\"evidence\":0,\"all\":true")
            let request = HTTPClient.request("POST", ServedModels.scoreRoute, body)
            try difference.add(own: mine.ask(request), peer: theirs.ask(request))
        }
        guard difference.isSmall else {
            throw FigureError(code: EX_SOFTWARE, description: "the peer's answers differ", figure: ["equal_answers": difference.value])
        }
        return difference
    }
}

extension Rounds {
    /// The median, and the range over rounds.
    fileprivate var ratio: FigureValue { ["median": .number(median), "range": range] }
}
