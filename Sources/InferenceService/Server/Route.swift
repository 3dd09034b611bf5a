/// What a path asks for.
package enum Route: Sendable, Equatable {
    case page, documentation, openAPI, metrics
    case live, ready
    case schema, models
    case score, rank, credit, batch
    /// Events of a remembered session, by its id.
    case sessionEvents(String)
    /// A remembered session.
    case session(String)
    case embeddings
    case inference, inferenceModel(String), inferenceReady(String), infer(String)
    case reload

    /// Templates as metrics and logs name them; never a path itself, which may name a session.
    package static let templates = [
        "/", "/docs", "/openapi.json", "/metrics", "/v2/health/live", "/v2/health/ready", "/v1/schema", "/v1/models", "/v1/sessions:score",
        "/v1/sessions:rank", "/v1/sessions:credit", "/v1/sessions:batch", "/v1/sessions/{id}/events", "/v1/sessions/{id}",
        "/v1/embeddings", "/v2", "/v2/models/{name}", "/v2/models/{name}/ready", "/v2/models/{name}/infer", "/v1/admin:reload",
    ]

    /// Place in ``templates``.
    package var number: Int {
        switch self {
        case .page: 0
        case .documentation: 1
        case .openAPI: 2
        case .metrics: 3
        case .live: 4
        case .ready: 5
        case .schema: 6
        case .models: 7
        case .score: 8
        case .rank: 9
        case .credit: 10
        case .batch: 11
        case .sessionEvents: 12
        case .session: 13
        case .embeddings: 14
        case .inference: 15
        case .inferenceModel: 16
        case .inferenceReady: 17
        case .infer: 18
        case .reload: 19
        }
    }

    /// Methods that it takes.
    package var methods: [String] {
        switch self {
        case .page, .documentation, .openAPI, .metrics, .live, .ready, .schema, .models, .inference, .inferenceModel, .inferenceReady:
            ["GET", "HEAD"]
        case .score, .rank, .credit, .batch, .sessionEvents, .embeddings, .infer, .reload: ["POST"]
        case .session: ["GET", "HEAD", "DELETE"]
        }
    }

    /// Whether errors of a path, with or without a route, are told as the Open Inference Protocol has them.
    static func isOpenInference(_ path: Substring) -> Bool { path == "/v2" || path.hasPrefix("/v2/") }

    /// Whether a request for a target may be refused for want of room: those that ask models something.
    static func mayBeShed(_ target: String) -> Bool {
        target.hasPrefix("/v1/sessions") || target.hasPrefix("/v1/embeddings") || target.hasPrefix("/v2/models/")
    }

    /// The route of a path, without its query; nil where there is none.
    package init?(path: Substring) {
        switch path {
        case "/": self = .page
        case "/docs": self = .documentation
        case "/openapi.json": self = .openAPI
        case "/metrics": self = .metrics
        case "/v1/schema": self = .schema
        case "/v1/models": self = .models
        case "/v1/sessions:score": self = .score
        case "/v1/sessions:rank": self = .rank
        case "/v1/sessions:credit": self = .credit
        case "/v1/sessions:batch": self = .batch
        case "/v1/embeddings": self = .embeddings
        case "/v1/admin:reload": self = .reload
        case "/v2": self = .inference
        case "/v2/health/live": self = .live
        case "/v2/health/ready": self = .ready
        default:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            let words = parts.map { Self.decoded($0) }
            guard !words.contains(nil) else { return nil }
            switch (words.count, words.first ?? nil, words.count > 1 ? words[1] : nil) {
            case (3, "v1", "sessions"): self = .session(words[2]!)
            case (4, "v1", "sessions") where words[3] == "events": self = .sessionEvents(words[2]!)
            case (3..., "v2", "models"):
                var rest = words.dropFirst(3).map { $0! }
                // There is one version of each: the one that answers.
                if rest.count >= 2, rest[0] == "versions" { rest.removeFirst(2) }
                switch rest {
                case []: self = .inferenceModel(words[2]!)
                case ["ready"]: self = .inferenceReady(words[2]!)
                case ["infer"]: self = .infer(words[2]!)
                default: return nil
                }
            default: return nil
            }
        }
    }

    /// A part of a path with its escapes resolved (RFC 3986, section 2.1); nil where it is empty or no UTF-8.
    private static func decoded(_ part: Substring) -> String? {
        guard !part.isEmpty else { return nil }
        guard part.utf8.contains(UInt8(ascii: "%")) else { return String(part) }
        var bytes: [UInt8] = []
        var rest = part.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Self.digit), let low = rest.popFirst().flatMap(Self.digit) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The value of a parameter in a query, its escapes resolved; nil where it is not there.
    package static func parameter(_ name: String, in query: Substring) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == name { return decoded(parts[1]) }
        }
        return nil
    }
}
