internal import DurableFiles
internal import EventStream
internal import InferenceService
internal import SequenceKernel

/// Requests of every kind in fixed shares, drawn by a seed, with what each must be answered: those that do not hang on the state of the
/// service are asked once before, and must get the same bytes ever after.
final class RequestMix {
    /// A kind of request, and of how many hundred it is one.
    enum Kind: Int, CaseIterable {
        case score, evidence, events, rank, embeddings, inference, batch, metrics, bad

        var share: Int {
            switch self {
            case .score: 40
            case .evidence: 20
            case .events: 15
            case .rank: 5
            case .embeddings: 4
            case .inference: 4
            case .batch: 2
            case .metrics: 1
            case .bad: 9
            }
        }
    }

    /// What was seen of a kind.
    struct Counts {
        var answered = 0
        /// Statuses of the server's own faults.
        var failed = 0
        /// Another status than the right one, which is none of those.
        var wrongStatus = 0
        /// The right status and other bytes.
        var wrongBody = 0
        /// Without an answer.
        var lost = 0

        var errors: Int { failed + wrongStatus + wrongBody + lost }
    }

    private struct Ready {
        let bytes: [UInt8]
        var body: [UInt8]?
        var isBad = false
    }

    /// A session that a connection sends event by event.
    private struct Stream {
        var id = ""
        var events: [[UInt8]] = []
        var sent = 0
        var number = 0
        var expected = Expectation.events(0)
    }

    private enum Expectation { case events(Int), gone }

    private let models: ServedModels
    private let sessions: [Int]
    private var ready: [Kind: [Ready]] = [:]
    private var streams: [Stream]
    private var random: RandomSource
    private var kinds: [Kind] = []
    private(set) var counts: [Kind: Counts] = [:]
    /// The first thing that was wrong.
    private(set) var firstError: String?

    /// - Parameter sessions: those that are asked about.
    init(_ models: ServedModels, sessions: [Int], connections: Int, hasRanker: Bool, seed: UInt64) throws {
        (self.models, self.sessions, random) = (models, sessions, RandomSource(seed, 0x50AC))
        streams = [Stream](repeating: Stream(), count: connections)
        for kind in Kind.allCases where hasRanker || kind != .rank { kinds += Array(repeating: kind, count: kind.share) }
        func post(_ target: String, _ body: [UInt8]) -> Ready { Ready(bytes: HTTPClient.request("POST", target, body)) }
        func together(_ start: String, _ bodies: [[UInt8]], _ end: String) -> [UInt8] {
            Array(start.utf8) + bodies.joined(separator: [UInt8(ascii: ",")]) + Array(end.utf8)
        }
        let both = "\"want\":[\"intents\",\"embedding\"],\"evidence\""
        ready[.score] = sessions.map { post(ServedModels.scoreRoute, models.body($0, "\(both):0")) }
        ready[.evidence] = sessions.map { post(ServedModels.scoreRoute, models.body($0, "\(both):3")) }
        ready[.rank] = sessions.map {
            let id = "\"impression_id\":\"i\($0)\",\"customer\":{\"customer_id\":\"c\($0)\",\"age_band\":\"35-49\"},\"top\":3"
            return post("/v1/sessions:rank", together("{\(id),\"sessions\":[", [models.body($0)], "]}"))
        }
        ready[.embeddings] = sessions.indices.map { place in
            let some = (place..<(place + 4)).map { models.body(sessions[$0 % sessions.count]) }
            return post("/v1/embeddings", together("{\"model\":\"bank\",\"input\":[", some, "]}"))
        }
        ready[.inference] = sessions.indices.map { place in
            let text = String(decoding: models.body(sessions[place]), as: UTF8.self)
            let input = "{\"name\":\"session\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\(JSONString.quoted(text))]}"
            return post("/v2/models/bank/infer", Array("{\"inputs\":[\(input)]}".utf8))
        }
        ready[.batch] = sessions.indices.map { place in
            let lines = (place..<(place + 16)).flatMap { models.body(sessions[$0 % sessions.count], "\(both):1") + [UInt8(ascii: "\n")] }
            return Ready(bytes: HTTPClient.request("POST", "/v1/sessions:batch", lines, type: "application/jsonl"))
        }
        ready[.metrics] = [
            Ready(bytes: HTTPClient.request("GET", "/metrics")), Ready(bytes: HTTPClient.request("GET", "/v2/health/ready")),
        ]
        ready[.bad] = bad()
    }

    /// Requests that must be refused: whoever sends them did something wrong.
    private func bad() -> [Ready] {
        let (route, whole) = (ServedModels.scoreRoute, models.body(sessions[0]))
        let event = String(decoding: SessionText.events(of: sessions[0], in: models.corpus)[0], as: UTF8.self)
        let texts: [String] = [
            "", "[[[[[[[[[[[[[[[[[[[[[[[[", "{\"events\":5}", "{\"events\":[]}", "{\"session\":\"s\"}",
            "{\"events\":[\(event)],\"unknown\":1}", "{\"events\":[\(event)],\"want\":[\"money\"]}",
            "{\"events\":[\(event)],\"evidence\":-1}", "{\"events\":[{\"time\":\"yesterday\"}]}",
            "{\"events\":[{\"time_us\":2},{\"time_us\":1}]}",
        ]
        var requests = texts.map { HTTPClient.request("POST", route, Array($0.utf8)) }
        requests.append(HTTPClient.request("POST", route, whole.dropLast(7)))
        requests += [
            HTTPClient.request("POST", "/v1/nowhere", whole), HTTPClient.request("GET", route),
            HTTPClient.request("POST", route, whole, type: "text/plain"), HTTPClient.request("POST", "\(route)?bundle=none", whole),
            HTTPClient.request("GET", "/v1/sessions/nobody"),
            // Too long, by its own word; the connection is closed behind the answer.
            Array("POST \(route) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20000000\r\n\r\n".utf8),
        ]
        return requests.map { Ready(bytes: $0, isBad: true) }
    }

    /// Asks every request that has one right answer once, one after another.
    func learn(port: Int) throws {
        let client = try HTTPClient(port: port)
        for kind in Kind.allCases where kind != .metrics && kind != .bad && kinds.contains(kind) {
            for place in ready[kind]?.indices ?? 0..<0 {
                let answer = try client.ask(ready[kind]![place].bytes)
                guard answer.status == 200 else {
                    throw HTTPFault(description: "\(kind): status \(answer.status), \(answer.text.prefix(300))")
                }
                ready[kind]![place].body = answer.body
            }
        }
    }

    /// The next request of a connection.
    /// - Parameter only: of one kind; nil for all in their shares.
    func next(_ connection: Int, only: Kind? = nil) -> LoadDriver.Asked {
        let kind = only ?? kinds[random.below(kinds.count)]
        guard kind != .events else { return LoadDriver.Asked(bytes: nextOfStream(connection), tag: kind.rawValue << 32) }
        let place = random.below(ready[kind]!.count)
        return LoadDriver.Asked(bytes: ready[kind]![place].bytes, tag: kind.rawValue << 32 | place)
    }

    private func nextOfStream(_ connection: Int) -> [UInt8] {
        var stream = streams[connection]
        defer { streams[connection] = stream }
        if stream.sent == stream.events.count, !stream.events.isEmpty {
            // Every other session is forgotten on demand, the rest when there are too many.
            stream.events = []
            if stream.number % 2 == 0 {
                stream.expected = .gone
                return HTTPClient.request("DELETE", "/v1/sessions/\(stream.id)")
            }
        }
        if stream.events.isEmpty {
            stream.number += 1
            stream.id = "c\(connection)-\(stream.number)"
            stream.events = SessionText.events(of: sessions[random.below(sessions.count)], in: models.corpus)
            stream.sent = 0
        }
        let body = Array("{\"events\":[".utf8) + stream.events[stream.sent] + Array("]}".utf8)
        stream.sent += 1
        stream.expected = .events(stream.sent)
        return HTTPClient.request("POST", "/v1/sessions/\(stream.id)/events", body)
    }

    /// Judges an answer.
    func judge(_ outcome: LoadDriver.Outcome) {
        let kind = Kind(rawValue: outcome.asked.tag >> 32)!
        guard let answer = outcome.answer else {
            counts[kind, default: Counts()].lost += 1
            return note("\(kind): \(outcome.fault ?? "")")
        }
        counts[kind, default: Counts()].answered += 1
        if answer.status >= 500 {
            counts[kind]!.failed += 1
            return note("\(kind): status \(answer.status), \(answer.text.prefix(200))")
        }
        let isRight: (status: Bool, body: Bool)
        if kind == .events {
            switch streams[outcome.connection].expected {
            case .gone: isRight = (answer.status == 204, true)
            case .events(let count):
                isRight = (answer.status == 200, JSONSlice.member("events", of: answer.body)?.elementsEqual("\(count)".utf8) ?? false)
            }
        } else {
            let own = ready[kind]![outcome.asked.tag & 0xFFFF_FFFF]
            isRight = (own.isBad ? (400..<500).contains(answer.status) : answer.status == 200, own.body.map { $0 == answer.body } ?? true)
        }
        guard isRight.status else {
            counts[kind]!.wrongStatus += 1
            return note("\(kind): status \(answer.status), \(answer.text.prefix(200))")
        }
        guard !isRight.body else { return }
        counts[kind]!.wrongBody += 1
        note("\(kind): \(answer.text.prefix(200))")
    }

    private func note(_ text: String) { if firstError == nil { firstError = text } }

    var errors: Int { counts.values.reduce(0) { $0 + $1.errors } }

    var value: FigureValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: counts.map { kind, counts in
                    (
                        "\(kind)",
                        [
                            "answered": .integer(counts.answered), "status_5xx": .integer(counts.failed),
                            "wrong_status": .integer(counts.wrongStatus), "wrong_bytes": .integer(counts.wrongBody),
                            "lost": .integer(counts.lost),
                        ] as FigureValue
                    )
                }))
    }
}
