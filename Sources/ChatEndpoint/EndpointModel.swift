internal import DurableFiles
internal import Foundation
public import IntentTaxonomy

/// Takes: questions.   Gives: answers of an OpenAI-compatible chat endpoint, or kept ones, within the limits of a budget.
///
/// Offline work only: nothing that labels sessions for use can reach this.
public struct EndpointModel: ChatModel {
    /// The endpoint.
    public let settings: EndpointSettings
    /// What may be used.
    public let budget: Budget
    /// Kept answers; nil to keep none.
    public let cache: AnswerCache?
    /// True: another asking, with the complaint, is another question.
    public var asksAgain: Bool { true }
    /// The model's name at the endpoint.
    public var name: String { settings.model }

    private let isCancelled: @Sendable () -> Bool
    private let pause: @Sendable (Double) -> Void

    /// A client. `pause` waits so many seconds; tests may wait less.
    public init(
        _ settings: EndpointSettings, budget: Budget, cache: AnswerCache?, isCancelled: @escaping @Sendable () -> Bool = { false },
        pause: (@Sendable (Double) -> Void)? = nil
    ) {
        (self.settings, self.budget, self.cache) = (settings, budget, cache)
        self.isCancelled = isCancelled
        self.pause = pause ?? { Thread.sleep(forTimeInterval: $0) }
    }

    /// A kept answer, or the endpoint's, tried again after failures that may pass.
    public func reply(to request: ChatRequest) throws(ChatError) -> ChatReply {
        if let cache {
            do { if let kept = try cache.reply(of: name, to: request) { return kept } } catch { throw .file(error) }
        }
        let body = CompletionFormat.body(request, model: name, sendsSchema: settings.sendsSchema)
        var attempt = 0
        while true {
            if isCancelled() { throw .interrupted }
            attempt += 1
            let (failure, asked): (ChatError, Double?)
            switch try send(body, request, attempt) {
            case .answer(let reply): return reply
            case .failure(let error, let seconds): (failure, asked) = (error, seconds)
            }
            guard let wait = settings.retries.wait(after: attempt, asked: asked, request: request.digest) else { throw failure }
            try rest(wait)
        }
    }

    /// Keeps an answer that passed every check.
    public func keep(_ reply: ChatReply, to request: ChatRequest) throws(ChatError) {
        do { try cache?.keep(reply, of: name, to: request) } catch { throw .file(error) }
    }

    private enum Outcome {
        case answer(ChatReply)
        case failure(ChatError, asked: Double?)
    }

    /// Sends once. Throws where sending again is of no use.
    private func send(_ body: [UInt8], _ request: ChatRequest, _ attempt: Int) throws(ChatError) -> Outcome {
        let (input, output) = (request.estimatedTokens, request.maximumReplyTokens)
        try budget.reserve(input: input, output: output)
        func settle(_ usedInput: Int, _ usedOutput: Int) {
            budget.settle(reservedInput: input, reservedOutput: output, input: usedInput, output: usedOutput)
        }
        let place = settings.base
        let answer: HTTPExchange.Answer
        do {
            answer = try HTTPExchange.post(
                body, to: place + "/chat/completions", key: settings.key, timeoutSeconds: settings.timeoutSeconds, isCancelled: isCancelled)
        } catch {
            // The endpoint may have read the question and answered in full before the line went dead, and may charge for it.
            settle(input, output)
            switch error {
            case .cancelled: throw .interrupted
            case .timedOut: return .failure(.timedOut(place: place, seconds: settings.timeoutSeconds, attempts: attempt), asked: nil)
            case .unreachable(let reason): return .failure(.unreachable(place: place, reason: reason, attempts: attempt), asked: nil)
            }
        }
        guard answer.status == 200 else {
            settle(0, 0)
            let error = ChatError.status(place: place, code: answer.status, attempts: attempt)
            guard RetryPolicy.isWorthwhile(status: answer.status) else { throw error }
            return .failure(error, asked: answer.retryAfter.flatMap(Self.seconds))
        }
        guard let completion = CompletionFormat.answer(answer.body) else {
            settle(input, output)
            // Proxies answer so while what is behind them starts: it may pass.
            return .failure(.notAnEndpoint(place: place, reason: "what came back is no chat completion"), asked: nil)
        }
        settle(completion.inputTokens ?? input, completion.outputTokens ?? max(1, completion.reply.text.utf8.count / 3))
        return .answer(completion.reply)
    }

    /// Waits in pieces, so that a person who stops the run need not wait too.
    private func rest(_ seconds: Double) throws(ChatError) {
        var left = seconds
        while left > 0 {
            if isCancelled() { throw .interrupted }
            pause(min(left, 0.5))
            left -= 0.5
        }
    }

    /// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
    static func seconds(retryAfter text: String) -> Double? {
        if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { max(0, $0.timeIntervalSinceNow) }
    }
}
