internal import DurableFiles
internal import EventStream
internal import Glibc
internal import InferenceService

extension Figure {
    /// {data, sessions, ways: {score, batch, events, embeddings, inference: {labels, embeddings, differ, first}}, differences}.
    static let serveParity = Figure(
        pattern: "serve-parity",
        summary:
            "the service beside `tessera label` and `tessera embed` over 5,000 real sessions, each by every route: how many answers differ "
            + "by a byte or a bit; labels from --labels, and without the set the synthetic bank's sample", by: ServeParityRun.self)
}

/// One run of the figure `serve-parity`.
private struct ServeParityRun: FigureRun {
    private let context: FigureContext
    private let models: ServedModels
    private let sessions: [Int]
    private let server: ServingProcess
    /// What the commands wrote, by session.
    private let lines: [[UInt8]]
    private let vectors: [[Float]]

    private static let name = "own"

    init(_ context: FigureContext, _ folder: String) throws {
        self.context = context
        let isThere = ["csv.gz", "csv"].contains { FigureContext.exists("\(context.data)/\(HotelLabels.set)/events.\($0)") }
        if !isThere {
            FigureContext.say("serve-parity: \(context.data)/\(HotelLabels.set) is not there; the synthetic bank's sample instead")
        }
        models = try isThere ? .hotels(context, in: folder) : .bank(context, in: folder)
        sessions = models.sessions(context.quick ? 500 : 5000)
        FigureContext.say("serve-parity: what the commands write")
        let (labels, embeddings) = ("\(folder)/labels.jsonl", "\(folder)/embeddings.jsonl")
        let threads = ["--threads", "\(FigureContext.timedThreads)"]
        try context.tessera(
            [
                "label", models.corpusPath, "--model", "\(models.bundle)/encoder", "--intents", "\(models.bundle)/intents", "--words",
                "\(models.bundle)/words.json", "--evidence", "3", "--out", labels,
            ] + threads
        ).checked()
        try context.tessera(
            ["embed", models.corpusPath, "--model", "\(models.bundle)/encoder", "--out", embeddings] + threads
        ).checked()
        lines = try FileSystem.live.contents(of: labels).split(separator: UInt8(ascii: "\n")).map { Array($0) }
        vectors = try FileSystem.live.contents(of: embeddings).split(separator: UInt8(ascii: "\n")).map { line in
            JSONSlice.member("embedding", of: line).flatMap { JSONSlice.floats($0) } ?? []
        }
        guard lines.count == models.corpus.sessionCount, vectors.count == lines.count else {
            throw FigureError(
                code: EX_SOFTWARE, description: "\(lines.count) labels and \(vectors.count) embeddings, not \(models.corpus.sessionCount)")
        }
        server = try ServingProcess([(Self.name, models.bundle)], in: folder)
    }

    /// What was compared on one way.
    private struct Comparison {
        var labels = 0
        var embeddings = 0
        var differ = 0
        var first: String?

        mutating func differs(_ session: Int, _ what: String) {
            differ += 1
            if first == nil { first = "session \(session) of the corpus: \(what)" }
        }

        var value: FigureValue {
            [
                "labels": .integer(labels), "embeddings": .integer(embeddings), "differ": .integer(differ),
                "first": first.map { .text($0) } ?? .text("none"),
            ]
        }
    }

    func figure() throws -> FigureValue {
        let few = Array(sessions.enumerated().filter { $0.offset % 10 == 0 }.map(\.element))
        var ways: [String: FigureValue] = [:]
        var (differences, compared) = (0, 0)
        func add(_ name: String, _ comparison: Comparison) {
            ways[name] = comparison.value
            differences += comparison.differ
            compared += comparison.labels + comparison.embeddings
        }
        FigureContext.say("serve-parity: one by one")
        add("score", try oneByOne())
        FigureContext.say("serve-parity: by the stream")
        add("batch", try stream())
        FigureContext.say("serve-parity: embeddings as OpenAI's clients ask for them, and binary tensors")
        add("embeddings", try openAI())
        add("inference", try tensors())
        FigureContext.say("serve-parity: one event at a time")
        add("events", try remembered(few))
        let events = sessions.reduce(0) { $0 + models.corpus.events(ofSession: $1).count }
        let labelled = sessions.count { String(decoding: lines[$0], as: UTF8.self).contains("\"status\":\"labelled\"") }
        let figure: FigureValue = [
            "data": .text(models.source), "sessions": .integer(sessions.count), "events": .integer(events), "ways": .object(ways),
            "sessions_with_an_intent": .integer(labelled),
            "compared": .integer(compared), "differences": .integer(differences), "differences_target": .integer(0),
            "is_reached": .truth(differences == 0), "evidence": .integer(3), "threads_of_commands": .integer(FigureContext.timedThreads),
            "sessions_one_event_at_a_time": .integer(few.count), "quick": .truth(context.quick),
        ]
        guard differences == 0 else {
            throw FigureError(code: EX_SOFTWARE, description: "\(differences) answers differ from the commands'", figure: figure)
        }
        return figure
    }

    private static let wants = "\"want\":[\"intents\",\"embedding\"],\"evidence\":3"

    /// Compares an answer of a session.
    private func compare(_ answer: some Collection<UInt8>, _ session: Int, _ comparison: inout Comparison) {
        comparison.labels += 1
        comparison.embeddings += 1
        let label = JSONSlice.member("label", of: answer)
        guard label?.elementsEqual(lines[session]) ?? false else {
            let place = label.map {
                zip($0, lines[session]).enumerated().first { $1.0 != $1.1 }?.offset ?? min($0.count, lines[session].count)
            }
            return comparison.differs(session, place.map { "byte \($0) of the label" } ?? "no label")
        }
        compare(vector: JSONSlice.member("embedding", of: answer).flatMap { JSONSlice.floats($0) } ?? [], session, &comparison)
    }

    private func compare(vector: [Float], _ session: Int, _ comparison: inout Comparison) {
        let wanted = vectors[session]
        guard vector.count == wanted.count else { return comparison.differs(session, "an embedding of \(vector.count) floats") }
        for place in wanted.indices where vector[place].bitPattern != wanted[place].bitPattern {
            return comparison.differs(session, "float \(place) of the embedding")
        }
    }

    private func refused(_ answer: HTTPAnswer) -> String { "status \(answer.status): \(answer.text.prefix(200))" }

    private func oneByOne() throws -> Comparison {
        var comparison = Comparison()
        let client = try HTTPClient(port: server.port)
        for session in sessions {
            let answer = try client.ask(HTTPClient.request("POST", "/v1/sessions:score", models.body(session, Self.wants)))
            guard answer.status == 200 else {
                comparison.differs(session, refused(answer))
                continue
            }
            compare(answer.body, session, &comparison)
        }
        return comparison
    }

    private func stream() throws -> Comparison {
        var comparison = Comparison()
        let client = try HTTPClient(port: server.port, seconds: 120)
        for start in stride(from: 0, to: sessions.count, by: 500) {
            let some = sessions[start..<min(sessions.count, start + 500)]
            let body = some.flatMap { models.body($0, Self.wants) + [UInt8(ascii: "\n")] }
            let answer = try client.ask(HTTPClient.request("POST", "/v1/sessions:batch", body, type: "application/jsonl"))
            let told = answer.body.split(separator: UInt8(ascii: "\n"))
            guard answer.status == 200, told.count == some.count else {
                comparison.differs(some[start], "\(told.count) lines, \(refused(answer))")
                continue
            }
            for (line, session) in zip(told, some) { compare(line, session, &comparison) }
        }
        return comparison
    }

    /// The answer to the last event of sessions whose events come one by one.
    private func remembered(_ few: [Int]) throws -> Comparison {
        var comparison = Comparison()
        let client = try HTTPClient(port: server.port)
        for session in few {
            let key = models.corpus.sessionKey(session)
            let events = SessionText.events(of: session, in: models.corpus)
            var last: HTTPAnswer?
            for event in events {
                let body = Array("{\"events\":[".utf8) + event + Array("],\(Self.wants)}".utf8)
                let answer = try client.ask(HTTPClient.request("POST", "/v1/sessions/\(key)/events", body))
                last = answer
                guard answer.status == 200 else { break }
            }
            guard let last, last.status == 200 else {
                comparison.differs(session, last.map { refused($0) } ?? "no events")
                continue
            }
            compare(last.body, session, &comparison)
        }
        return comparison
    }

    private func openAI() throws -> Comparison {
        var comparison = Comparison()
        let client = try HTTPClient(port: server.port)
        for start in stride(from: 0, to: sessions.count, by: 100) {
            let some = Array(sessions[start..<min(sessions.count, start + 100)])
            let list = some.map { models.body($0) }.joined(separator: [UInt8(ascii: ",")])
            let body = Array("{\"model\":\"\(Self.name)\",\"input\":[".utf8) + list + Array("]}".utf8)
            let answer = try client.ask(HTTPClient.request("POST", "/v1/embeddings", body))
            let data = answer.status == 200 ? JSONSlice.member("data", of: answer.body).map { JSONSlice.elements(of: $0) } ?? [] : []
            guard data.count == some.count else {
                comparison.differs(some[0], refused(answer))
                continue
            }
            for (one, session) in zip(data, some) {
                comparison.embeddings += 1
                compare(vector: JSONSlice.member("embedding", of: one).flatMap { JSONSlice.floats($0) } ?? [], session, &comparison)
            }
        }
        return comparison
    }

    /// Binary tensors in and out.
    private func tensors() throws -> Comparison {
        var comparison = Comparison()
        let client = try HTTPClient(port: server.port)
        let width = vectors[0].count
        for start in stride(from: 0, to: sessions.count, by: 100) {
            let some = Array(sessions[start..<min(sessions.count, start + 100)])
            let answer = try client.ask(infer(some))
            let head = answer.field("inference-header-content-length").flatMap { Int($0) }
            guard answer.status == 200, let head, answer.body.count == head + some.count * width * 4 else {
                comparison.differs(some[0], refused(answer))
                continue
            }
            for (row, session) in some.enumerated() {
                comparison.embeddings += 1
                let vector = (0..<width).map { place -> Float in
                    let byte = head + (row * width + place) * 4
                    return Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(answer.body[byte + $1]) << (8 * UInt32($1)) })
                }
                compare(vector: vector, session, &comparison)
            }
        }
        return comparison
    }

    private func infer(_ some: [Int]) -> [UInt8] {
        let tensor = some.flatMap { session -> [UInt8] in
            let text = models.body(session)
            return (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
        }
        let head = Array(
            ("{\"inputs\":[{\"name\":\"session\",\"datatype\":\"BYTES\",\"shape\":[\(some.count)],"
                + "\"parameters\":{\"binary_data_size\":\(tensor.count)}}],"
                + "\"outputs\":[{\"name\":\"embedding\",\"parameters\":{\"binary_data\":true}}]}").utf8)
        return HTTPClient.request(
            "POST", "/v2/models/\(Self.name)/infer", head + tensor, type: "application/octet-stream",
            fields: [("Inference-Header-Content-Length", "\(head.count)")])
    }
}
