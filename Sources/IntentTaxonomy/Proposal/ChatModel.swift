public import DurableFiles

/// Something that answers a question in words: an endpoint, a folder of files that a person fills, a script in a test.
///
/// Used while a taxonomy is made and sessions are annotated, never where sessions are labelled for use.
public protocol ChatModel: Sendable {
    /// What answers, for the record: the name of a model.
    var name: String { get }
    /// True where asking again, with the reason why the last answer was refused, may help.
    var asksAgain: Bool { get }
    /// Answers, or says why there is no answer. Called from several threads at once.
    func reply(to request: ChatRequest) throws(ChatError) -> ChatReply
    /// Told once an answer to a request passed every check, so that it can be kept; `request` is the first asking of that question.
    func keep(_ reply: ChatReply, to request: ChatRequest) throws(ChatError)
    /// Told that an answer was refused for good.
    func refuse(_ request: ChatRequest, because reason: String) throws(ChatError)
}

extension ChatModel {
    /// Keeps nothing.
    public func keep(_ reply: ChatReply, to request: ChatRequest) throws(ChatError) {}
    /// Does nothing.
    public func refuse(_ request: ChatRequest, because reason: String) throws(ChatError) {}
}

/// One question.
public struct ChatRequest: Sendable, Equatable {
    /// Number and kind within a run, such as `0002-update`: names files. Not part of what is asked.
    public var name: String
    /// What the model is to do.
    public var instructions: String
    /// What it is to do it with.
    public var input: String
    /// The form of the answer: a JSON Schema as text.
    public var schema: String
    /// Most tokens of the answer.
    public var maximumReplyTokens: Int
    /// Why the answer before this one was refused; nil for the first asking.
    public var complaint: String?

    /// A question asked for the first time.
    public init(name: String, instructions: String, input: String, schema: String, maximumReplyTokens: Int) {
        (self.name, self.instructions, self.input, self.schema) = (name, instructions, input, schema)
        self.maximumReplyTokens = maximumReplyTokens
    }

    /// SHA-256 over everything that is asked, each part with its length: the same question, the same digest.
    public var digest: String {
        let digest = SHA256Digest()
        for part in [instructions, input, schema, "\(maximumReplyTokens)", complaint ?? ""] {
            let bytes = Array(part.utf8)
            digest.update(Array("\(bytes.count):".utf8) + bytes)
        }
        return digest.finishHex()
    }

    /// What is sent as the user's words.
    public var userText: String {
        guard let complaint else { return input }
        return input
            + "\n\nYour last answer to this could not be used: \(complaint). Answer again with one JSON object of the schema and nothing else."
    }

    /// Tokens of everything that is sent, guessed: one for each three bytes, which is more than usual for English.
    public var estimatedTokens: Int { (instructions.utf8.count + userText.utf8.count + schema.utf8.count + 2) / 3 + 16 }
}

/// One answer as it came.
public struct ChatReply: Sendable, Equatable {
    /// How an answer ended.
    public enum Ending: String, Sendable, Equatable {
        /// By itself.
        case complete
        /// At the limit of tokens.
        case cutOff
        /// The model or a filter of its host declined.
        case refused
    }

    /// The words.
    public var text: String
    /// How it ended.
    public var ending: Ending

    /// An answer.
    public init(_ text: String, ending: Ending = .complete) { (self.text, self.ending) = (text, ending) }
}

/// Why there is no usable answer. Holds no word of a question, of an answer, or of a key.
public enum ChatError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// Nothing came in time, however often it was tried.
    case timedOut(place: String, seconds: Double, attempts: Int)
    /// No connection, or one that broke.
    case unreachable(place: String, reason: String, attempts: Int)
    /// The endpoint said no.
    case status(place: String, code: Int, attempts: Int)
    /// What came is no answer of a chat endpoint.
    case notAnEndpoint(place: String, reason: String)
    /// A limit of the run forbids the next request.
    case budgetSpent(limit: String, spent: String)
    /// A person has not answered yet.
    case awaiting(file: String)
    /// An answer lies there, but to another question.
    case staleAnswer(file: String)
    /// Every answer was malformed; `reason` is what was wrong with the last.
    case refused(request: String, reason: String, attempts: Int)
    /// The user asked to stop.
    case interrupted
    /// A file of the cache or of the batches.
    case file(FileError)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .timedOut(let place, let seconds, let attempts):
            "\(place): no answer within \(seconds) s, tried \(attempts) times; try later, or allow more with --timeout"
        case .unreachable(let place, let reason, let attempts):
            "\(place): \(reason), tried \(attempts) times; check the address and the network"
        case .status(let place, let code, let attempts):
            "\(place): status \(code), tried \(attempts) times; \(Self.remedy(code))"
        case .notAnEndpoint(let place, let reason):
            "\(place): \(reason); name the base address of an OpenAI-compatible endpoint, such as https://host/v1"
        case .budgetSpent(let limit, let spent):
            "the limit of \(limit) is reached (\(spent) spent); answers so far are kept: raise the limit and run the command again"
        case .awaiting(let file): "\(file): not there yet; answer the request beside it, and run the command again"
        case .staleAnswer(let file):
            "\(file): this answers another question than the one asked now; remove it, answer again, and run the command again"
        case .refused(let request, let reason, let attempts):
            "request \(request): refused after \(attempts) \(attempts == 1 ? "answer" : "answers"): \(reason); "
                + "mend the answer, or try another model"
        case .interrupted: "interrupted; answers so far are kept: run the command again"
        case .file(let error): error.description
        }
    }

    private static func remedy(_ code: Int) -> String {
        switch code {
        case 401, 403: "check the key, and that it may use this model"
        case 404: "check the base address and the model's name"
        case 400, 422: "the endpoint does not take such requests; try --no-schema if it knows no JSON schemas"
        case 402: "the account has no credit left"
        case 429: "the endpoint is busy or a quota is used up; try later"
        case 300..<400: "the endpoint points elsewhere; name the address it points to"
        default: "try later"
        }
    }
}
