internal import FoundationEssentials
internal import Glibc

/// FastAPI and ONNX Runtime over the same model (`tools/benchmarks/serve_peer.py`). Ended when it is released.
final class PeerService {
    /// How it is written.
    enum Style: String, CaseIterable {
        /// As FastAPI's documentation writes a service.
        case plain
        /// By all means: requests of one turn of the event loop scored together, no route of FastAPI's, orjson.
        case tuned
    }

    let port: Int
    let workers: Int
    let style: Style
    private let process: CommandProcess

    private static func program(_ context: FigureContext) -> String { "\(context.repository)/tools/benchmarks/serve_peer.py" }

    /// Writes the model as the peer reads it.
    static func export(_ models: ServedModels, python: String, _ context: FigureContext, to folder: String) throws {
        try ChildRun([python, program(context), "export", "--model", models.encoder, "--intents", models.packed, "--out", folder]).checked()
    }

    /// Starts it and waits until it answers.
    init(_ folder: String, _ style: Style, workers: Int, python: String, _ context: FigureContext, scratch: String) throws {
        (port, self.workers, self.style) = (try HTTPClient.freePort(), workers, style)
        let talk = "\(scratch)/peer-\(style)-\(workers).log"
        process = try CommandProcess(
            python,
            [
                Self.program(context), "serve", "--dir", folder, "--port", "\(port)", "--workers", "\(workers)", "--style", style.rawValue,
            ], talk: talk, temporary: scratch)
        let deadline = FigureContext.now() + 60
        let request = HTTPClient.request("POST", ServedModels.scoreRoute, Array("{}".utf8))
        while (try? HTTPClient(port: port, seconds: 5).ask(request)) == nil {
            guard FigureContext.now() < deadline, process.endIfOver() == nil else {
                throw FigureError(code: EX_UNAVAILABLE, description: "the peer does not answer; see what it wrote: \(talk)")
            }
            usleep(100_000)
        }
        // Further workers begin a little later.
        sleep(2)
    }

    /// Seconds that processors worked for it and its workers.
    var processorSeconds: Double { ProcessTree.processorSeconds(of: process.number) }

    deinit {
        // Its workers are processes of their own, which it ends.
        process.send(SIGTERM)
        _ = process.wait()
    }
}

/// How far two services' answers to one session lie apart.
struct AnswerDifference {
    private(set) var embedding = 0.0
    private(set) var probability = 0.0
    private(set) var sessions = 0

    private struct Peer: Decodable {
        let embedding: [Double]
        let probabilities: [String: Double]
    }

    private struct Own: Decodable {
        struct Label: Decodable { let probabilities: [String: Double] }
        let embedding: [Double]
        let label: Label
    }

    /// Compares; probabilities are told by us to four digits.
    mutating func add(own: HTTPAnswer, peer: HTTPAnswer) throws {
        guard own.status == 200, peer.status == 200, let mine = try? JSONDecoder().decode(Own.self, from: Data(own.body)),
            let other = try? JSONDecoder().decode(Peer.self, from: Data(peer.body)), mine.embedding.count == other.embedding.count,
            mine.label.probabilities.allSatisfy({ other.probabilities[$0.key] != nil })
        else {
            throw FigureError(
                code: EX_SOFTWARE,
                description: "the peer answers otherwise: \(own.status) \(own.text.prefix(200)), \(peer.status) \(peer.text.prefix(200))")
        }
        sessions += 1
        for (one, two) in zip(mine.embedding, other.embedding) { embedding = max(embedding, abs(one - two)) }
        for (intent, value) in mine.label.probabilities { probability = max(probability, abs(value - other.probabilities[intent]!)) }
    }

    /// Most that they may lie apart.
    static let most = 1e-3
    var isSmall: Bool { embedding <= Self.most && probability <= Self.most }

    var value: FigureValue {
        [
            "sessions": .integer(sessions), "greatest_of_embedding": .number(embedding), "greatest_of_probability": .number(probability),
            "most_allowed": .number(Self.most),
        ]
    }
}
