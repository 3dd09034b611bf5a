import ChatEndpoint
import DurableFiles
import FaultTestSupport
import Foundation
import IntentTaxonomy
import SequenceKernel
import Synchronization
import Testing

/// The endpoint over a real connection.
@Suite struct EndpointTests {
    static let request = ChatRequest(
        name: "0001-test", instructions: "Say \"yes\".", input: "Is it?\nZürich", schema: #"{"type":"object"}"#, maximumReplyTokens: 50)

    static func completion(_ text: String, finish: String = "stop") -> String {
        let quoted = String(decoding: try! JSONEncoder().encode(text), as: UTF8.self)
        return #"{"id":"1","choices":[{"index":0,"finish_reason":"\#(finish)","message":{"role":"assistant","content":\#(quoted)}}],"#
            + #""usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}"#
    }

    /// A model that notes its waits instead of waiting.
    final class Bed: Sendable {
        let server: TinyServer
        let budget: Budget
        let model: EndpointModel
        let waited = Waits()

        init(
            key: String? = nil, limits: Budget.Limits = .init(), prices: Budget.Prices = .init(), cache: AnswerCache? = nil,
            timeout: Double = 10,
            _ script: @escaping @Sendable (Int, TinyServer.Request) -> TinyServer.Answer
        ) throws {
            server = try TinyServer(script)
            budget = Budget(limits, prices)
            var settings = try EndpointSettings(
                base: server.base, model: "tiny-1", key: try key.map { try EndpointKey($0, from: "test") })
            settings.timeoutSeconds = timeout
            settings.retries.attempts = 3
            let waited = waited
            model = EndpointModel(settings, budget: budget, cache: cache, pause: { waited.add($0) })
        }

        deinit { server.stop() }
    }

    final class Waits: Sendable {
        private let seconds = Mutex(0.0)
        func add(_ more: Double) { seconds.withLock { $0 += more } }
        var sum: Double { seconds.withLock { $0 } }
    }

    @Test func anAnswerComesWithItsCost() throws {
        let bed = try Bed(key: "sk-secret", prices: .init(input: 1e6, output: 1e6)) { _, _ in .whole(200, Self.completion("yes")) }
        #expect(try bed.model.reply(to: Self.request) == ChatReply("yes"))
        #expect(
            bed.budget.spent
                == {
                    var s = Budget.Spent(); (s.requests, s.inputTokens, s.outputTokens) = (1, 11, 7); return s
                }())
        #expect(bed.budget.cost == 18)
        let asked = bed.server.requests[0]
        #expect(asked.head.hasPrefix("POST /v1/chat/completions HTTP/1.1"))
        #expect(asked.head.contains("Bearer sk-secret") && !asked.body.contains("sk-secret"))
        let body = try #require(try JSONSerialization.jsonObject(with: Data(asked.body.utf8)) as? [String: Any])
        #expect(body["temperature"] as? Int == 0 && body["model"] as? String == "tiny-1" && body["max_tokens"] as? Int == 50)
        let format = body["response_format"] as? [String: Any]
        #expect((format?["json_schema"] as? [String: Any])?["schema"] as? [String: String] == ["type": "object"])
        #expect((body["messages"] as? [[String: String]])?.map { $0["content"] } == [Self.request.instructions, Self.request.input])
    }

    @Test func endingsAreTold() throws {
        for (finish, ending) in [("length", ChatReply.Ending.cutOff), ("content_filter", .refused)] {
            let bed = try Bed { _, _ in .whole(200, Self.completion("{", finish: finish)) }
            #expect(try bed.model.reply(to: Self.request).ending == ending)
        }
        let declines = try Bed { _, _ in .whole(200, #"{"choices":[{"message":{"content":null,"refusal":"No."}}]}"#) }
        #expect(try declines.model.reply(to: Self.request).ending == .refused)
    }

    @Test(arguments: [429, 500, 503]) func troubleThatPassesIsTriedAgain(_ status: Int) throws {
        let bed = try Bed { number, _ in number < 3 ? .whole(status, "busy") : .whole(200, Self.completion("yes")) }
        #expect(try bed.model.reply(to: Self.request).text == "yes")
        #expect(bed.server.requests.count == 3 && bed.budget.spent.requests == 3)
        // Half to all of 1 s, then of 2 s.
        #expect(bed.waited.sum >= 1.5 && bed.waited.sum <= 4, "\(bed.waited.sum)")
    }

    @Test func retryAfterIsObeyed() throws {
        let bed = try Bed { number, _ in
            number == 1 ? .whole(429, headers: ["Retry-After: 17"], "") : .whole(200, Self.completion("yes"))
        }
        #expect(try bed.model.reply(to: Self.request).text == "yes")
        #expect(bed.waited.sum >= 17 && bed.waited.sum < 18)
        let far = try Bed { _, _ in .whole(429, headers: ["Retry-After: 86400"], "") }
        #expect(throws: ChatError.status(place: far.server.base, code: 429, attempts: 1)) { try far.model.reply(to: Self.request) }
    }

    @Test(arguments: [400, 401, 404, 302]) func troubleThatStaysIsNot(_ status: Int) throws {
        let bed = try Bed(key: "sk-secret") { _, _ in .whole(status, headers: ["Location: http://127.0.0.1:1/elsewhere"], "sk-secret") }
        let error = #expect(throws: ChatError.self) { try bed.model.reply(to: Self.request) }
        #expect(error == .status(place: bed.server.base, code: status, attempts: 1))
        #expect(bed.server.requests.count == 1 && !"\(error!)".contains("sk-secret"))
    }

    @Test func halfAndForeignAnswersAreErrors() throws {
        let half = try Bed { _, _ in .half(Self.completion("yes")) }
        let error = #expect(throws: ChatError.self) { try half.model.reply(to: Self.request) }
        guard case .unreachable(_, _, 3) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let foreign = try Bed { _, _ in .whole(200, "<html>Welcome</html>") }
        #expect("\(#expect(throws: ChatError.self) { try foreign.model.reply(to: Self.request) }!)".contains("no chat completion"))
        #expect(foreign.server.requests.count == 3)
        // A page of a proxy, and then the endpoint behind it.
        let waking = try Bed { number, _ in .whole(200, number < 2 ? "<html>Please wait</html>" : Self.completion("yes")) }
        #expect(try waking.model.reply(to: Self.request).text == "yes")
    }

    @Test(arguments: [true, false]) func slowAnswersTimeOut(_ drips: Bool) throws {
        let bed = try Bed(timeout: 2) { number, _ in
            number < 2 ? (drips ? .dripping : .silent(seconds: 2.5)) : .whole(200, Self.completion("yes"))
        }
        #expect(try bed.model.reply(to: Self.request).text == "yes")
        #expect(bed.budget.spent.requests == 2)
    }

    @Test func timeOutsForEverAreTold() throws {
        let bed = try Bed(timeout: 0.2) { _, _ in .silent(seconds: 0.3) }
        #expect(throws: ChatError.timedOut(place: bed.server.base, seconds: 0.2, attempts: 3)) { try bed.model.reply(to: Self.request) }
        // What never was there.
        let bare = EndpointModel(
            try EndpointSettings(base: "http://127.0.0.1:1/v1", model: "m", key: nil), budget: Budget(.init(), .init()), cache: nil,
            pause: { _ in })
        #expect("\(#expect(throws: ChatError.self) { try bare.reply(to: Self.request) }!)".contains("tried 5 times"))
    }

    @Test func aKeptAnswerNeedsNoRequest() throws {
        let folder = try TemporaryFolder()
        let cache = try AnswerCache(folder: folder("answers"))
        let bed = try Bed(key: "sk-secret", cache: cache) { number, _ in .whole(200, Self.completion("answer \(number)")) }
        let first = try bed.model.reply(to: Self.request)
        // Not looked at yet: it may be malformed.
        #expect(try bed.model.reply(to: Self.request).text == "answer 2")
        try bed.model.keep(first, to: Self.request)
        #expect(try bed.model.reply(to: Self.request) == first)
        #expect(bed.server.requests.count == 2 && bed.budget.spent.requests == 2)
        var other = Self.request
        other.input += "?"
        #expect(try bed.model.reply(to: other).text == "answer 3")
        #expect(try cache.reply(of: "tiny-2", to: Self.request) == nil)
        // Neither key nor question lies on the disk, and a damaged file is no answer.
        let files = FileManager.default.enumerator(atPath: folder("answers"))!.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }
        #expect(files.count == 1)
        let text = try folder.text("answers/\(files[0])")
        #expect(!text.contains("sk-secret") && !text.contains("Is it"))
        try AtomicFile.write(Array(text.utf8.dropLast(9)), to: folder("answers/\(files[0])"))
        #expect(try cache.reply(of: "tiny-1", to: Self.request) == nil)
    }

    @Test func limitsAreHard() throws {
        let one = Self.request.estimatedTokens + Self.request.maximumReplyTokens
        for limits in [
            Budget.Limits(requests: 2), .init(tokens: one + 18 + 17), .init(cost: Double(one + 18 + 17)),
        ] {
            let bed = try Bed(limits: limits, prices: .init(input: 1e6, output: 1e6)) { _, _ in .whole(200, Self.completion("yes")) }
            _ = try bed.model.reply(to: Self.request)
            _ = try bed.model.reply(to: Self.request)
            let error = #expect(throws: ChatError.self) { try bed.model.reply(to: Self.request) }
            guard case .budgetSpent = error else {
                Issue.record("\(limits): \(String(describing: error))")
                continue
            }
            #expect(bed.server.requests.count == 2)
        }
        // Failed requests count too.
        let failing = try Bed(limits: .init(requests: 2)) { _, _ in .whole(500, "") }
        #expect(throws: ChatError.budgetSpent(limit: "2 requests", spent: "2")) { try failing.model.reply(to: Self.request) }
    }

    @Test func addressesAndKeysAreChecked() throws {
        let key = try EndpointKey("sk-secret\n", from: "test")
        #expect("\(key) \(String(reflecting: key))".contains("secret") == false)
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("secret"))
        for base in ["", "ftp://x/v1", "https://user:pw@host/v1", "https://host/v1?key=1", "no address"] {
            let error = #expect(throws: EndpointFault.self) { try EndpointSettings(base: base, model: "m", key: nil) }
            #expect(!"\(error!)".contains("pw"))
        }
        #expect(throws: EndpointFault.self) { try EndpointSettings(base: "http://far.example/v1", model: "m", key: key) }
        #expect(throws: Never.self) { try EndpointSettings(base: "http://far.example/v1", model: "m", key: nil) }
        #expect(throws: EndpointFault.self) { try EndpointKey("two words", from: "test") }
    }

    @Test func annotationGoesOverTheWire() throws {
        let folder = try TemporaryFolder()
        let run = ProtocolTests.annotation(try Bank.shared.get())
        let bed = try Bed(limits: .init(requests: 3), cache: try AnswerCache(folder: folder("answers"))) { number, _ in
            number == 1 ? .whole(200, Self.completion("Sure! No.")) : .whole(200, Self.completion("Sure: " + ProtocolTests.labels(1...4)))
        }
        let first = run.run(bed.model, pool: .init(threads: 1))
        // One malformed, two good; the fourth request is over the limit.
        #expect(first.annotations.count == 8 && bed.server.requests.count == 3)
        guard case .budgetSpent = first.stopped else {
            Issue.record("\(first)")
            return
        }
        let more = try Bed(cache: bed.model.cache) { _, _ in .whole(200, Self.completion(ProtocolTests.labels(1...4))) }
        let second = run.run(more.model, pool: .init(threads: 2))
        #expect(second.annotations.count == 12 && more.server.requests.count == 1, "finished answers were asked for again")
    }
}
