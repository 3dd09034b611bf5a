import DurableFiles
import EventStream
import Foundation
import InferenceService
import Synchronization
import Testing

/// What keeps one caller's work from being everybody's wait, and what operators read of it.
@Suite struct ServiceLoadTests {
    let served: ServedShop
    init() throws { served = try ServedShop() }

    private static let session =
        #"{"session":"s1","events":[{"time_ms":1767603600000,"page":"card"},{"time_ms":1767603620000,"page":"card"}]}"#
    private static func embeddings(_ count: Int) -> String {
        "{\"input\":[\(Array(repeating: session, count: count).joined(separator: ","))]}"
    }
    private static func inference(_ count: Int) -> String {
        let data = Array(repeating: JSONString.quoted(session), count: count).joined(separator: ",")
        return "{\"inputs\":[{\"name\":\"session\",\"datatype\":\"BYTES\",\"shape\":[\(count)],\"data\":[\(data)]}]}"
    }

    private func keys(_ lines: APIKeyFile.NewKey...) throws -> APIKeyFile {
        try APIKeyFile(Array(lines.map { $0.line + "\n" }.joined().utf8), path: "keys")
    }

    @Test(arguments: ["/v1/embeddings", "/v2/models/shop/infer"]) func sessionsCostAsManyTokens(_ target: String) async throws {
        let made = APIKeyFile.makeKey(named: "slow", scopes: .all, rate: RequestRate(1, per: .second, burst: 4))
        let time = TestClock()
        let service = try served.service(keys: try keys(made), clock: time.clock)
        let body = target == "/v1/embeddings" ? Self.embeddings : Self.inference
        #expect(await service.ask(target, body(6), key: made.key).status == 200, "what is asked at once is answered, and owed")
        let told = await service.ask(target, body(1), key: made.key)
        #expect(told.status == 429 && told["Retry-After"] == "3")
        time.pass(seconds: 3)
        #expect(await service.ask(target, body(1), key: made.key).status == 200)
        #expect(await service.ask(target, body(1), key: made.key).status == 429)
    }

    @Test func linesOfAStreamWaitForTheirRate() async throws {
        let made = APIKeyFile.makeKey(named: "slow", scopes: .all, rate: RequestRate(20, per: .second, burst: 1))
        let service = try served.service(keys: try keys(made))
        let began = ContinuousClock.now
        let lines = Array(repeating: Self.session, count: 8).joined(separator: "\n")
        let told = await service.ask("/v1/sessions:batch", lines, key: made.key, type: "application/jsonl")
        #expect(told.status == 200 && told.text.split(separator: "\n").count { $0.contains("\"label\"") } == 8, "\(told.text)")
        #expect(ContinuousClock.now - began > .milliseconds(300))
    }

    /// As many lines as the rate allows are told before the stream waits, and each costs one token.
    @Test func whatIsThereIsToldBeforeALineWaits() async throws {
        let made = APIKeyFile.makeKey(named: "slow", scopes: .all, rate: RequestRate(5, per: .second, burst: 3))
        // No token comes back, however long the test takes.
        let service = try served.service(keys: try keys(made), clock: TestClock().clock)
        var request = ServiceRequest(method: "POST", target: "/v1/sessions:batch")
        (request.key, request.contentType) = (made.key, "application/jsonl")
        var body = GivenBody(Array(repeating: Self.session, count: 5).joined(separator: "\n"))
        guard case .stream(let next) = await service.answer(request, &body).body else { return #expect(Bool(false), "no stream") }
        var pieces: [Int] = []
        while let piece = await next() { pieces.append(piece.count { $0 == UInt8(ascii: "\n") }) }
        #expect(pieces == [3, 1, 1], "\(pieces)")
    }

    @Test(arguments: ["/v1/embeddings", "/v2/models/shop/infer"]) func whatTakesTooLongEndsBetweenSessions(_ target: String) async throws {
        // Six seconds go by whenever somebody looks.
        let time = Atomic<Int64>(0)
        let clock = ServiceClock(
            nanoseconds: { time.add(6_000_000_000, ordering: .relaxed).newValue }, wallMilliseconds: { 1_772_352_764_000 })
        let service = try served.service(clock: clock) { ($0.load.waitSeconds, $0.timeouts.requestSeconds) = (1000, 30) }
        let body = target == "/v1/embeddings" ? Self.embeddings : Self.inference
        #expect(await service.ask(target, body(1)).status == 200)
        let told = await service.ask(target, body(9))
        #expect(told.status == 503 && told["Retry-After"] != nil && told.text.contains("timeouts.requestSeconds"), "\(told.text)")
    }

    @Test func whoWaitedTooLongIsRefusedAndLinesOfAStreamAreNot() async throws {
        let time = TestClock()
        let service = try served.service(clock: time.clock) { $0.load.waitSeconds = 1 }
        var request = ServiceRequest(method: "POST", target: "/v1/sessions:batch")
        request.arrived = time.clock.nanoseconds()
        var body = GivenBody(Self.session + "\n" + Self.session, pieces: 4)
        let begun = await service.answer(request, &body)
        time.pass(seconds: 5)
        guard case .stream(let next) = begun.body else { return #expect(Bool(false), "no stream") }
        var lines = ""
        while let piece = await next() {
            lines += String(decoding: piece, as: UTF8.self)
            time.pass(seconds: 20)
        }
        #expect(lines.split(separator: "\n").count { $0.contains("\"label\"") } == 2, "\(lines)")
        for (target, status) in [("/v1/sessions:score", 503), ("/v2/models/shop/infer", 503), ("/metrics", 200), ("/v2/health/live", 200)] {
            var late = ServiceRequest(method: status == 200 ? "GET" : "POST", target: target)
            late.arrived = request.arrived
            var none = GivenBody("")
            let told = await service.answer(late, &none)
            #expect(told.status == status, "\(target)")
            #expect(status == 200 || told.fields.contains { $0.name == "Retry-After" })
        }
    }

    @Test func aStreamIsCountedWhenItEnds() async throws {
        let service = try served.service()
        let body = Self.session + "\n{}\n"
        var request = ServiceRequest(method: "POST", target: "/v1/sessions:batch")
        request.contentType = "application/jsonl"
        var given = GivenBody(body, pieces: 3)
        let begun = await service.answer(request, &given)
        let route = ["route": "/v1/sessions:batch"]
        func metric(_ name: String, _ labels: [String: String]) async throws -> Double? {
            try PrometheusChecker(await service.ask("/metrics").body).value(name, labels)
        }
        #expect(try await metric("tessera_requests_total", route.merging(["status": "2xx"]) { $1 }) == 0)
        guard case .stream(let next) = begun.body else { return #expect(Bool(false), "no stream") }
        var sent = 0
        while let piece = await next() { sent += piece.count }
        _ = await next()
        #expect(try await metric("tessera_requests_total", route.merging(["status": "2xx"]) { $1 }) == 1)
        #expect(try await metric("tessera_request_duration_seconds_count", route) == 0)
        #expect(try await metric("tessera_request_bytes_total", route) == Double(body.utf8.count))
        #expect(try await metric("tessera_response_bytes_total", route) == Double(sent))
        // One that nobody reads to its end is counted when it is given up.
        do {
            var given = GivenBody(body)
            _ = await service.answer(request, &given)
        }
        #expect(try await metric("tessera_requests_total", route.merging(["status": "2xx"]) { $1 }) == 2)
    }

    @Test func errorsUnderTheProtocolOfOthersHaveItsShape() async throws {
        let service = try served.service()
        for (target, method, status) in [
            ("/v2/none", "GET", 404), ("/v2/health/live", "POST", 405), ("/v2", "POST", 405), ("/v2/models/shop/none", "GET", 404),
            ("/v2/models/shop/infer?x", "GET", 405),
        ] {
            let told = await service.ask(target, method: method)
            #expect(told.status == status && told.json["error"] is String, "\(target): \(told.text)")
        }
        #expect(await service.ask("/v20").json["error"] is [String: Any])
    }

    @Test func keysAreReadAnewAndADamagedFileChangesNothing() async throws {
        let (old, new) = (APIKeyFile.makeKey(named: "admin", scopes: .all), APIKeyFile.makeKey(named: "admin", scopes: .all))
        let text = Mutex(old.line)
        let reading: Authenticator.Reading = { () async throws(APIKeyFileError) in
            Authenticator.Callers(keys: try APIKeyFile(Array(text.withLock { $0 }.utf8), path: "keys"), tokens: nil)
        }
        let service = try served.service(callers: Authenticator(try await reading(), reading: reading))
        #expect(await service.ask("/v1/models", key: old.key).status == 200)
        text.withLock { $0 = "admin nothing" }
        let told = await service.ask("/v1/admin:reload", "", key: old.key)
        #expect(told.status == 409 && told.text.contains("keys:1") && !told.text.contains("nothing"), "\(told.text)")
        #expect(await service.ask("/v1/models", key: old.key).status == 200)
        text.withLock { $0 = new.line }
        #expect(await service.ask("/v1/models", key: new.key).status == 401)
        #expect(await service.ask("/v1/admin:reload", "", key: old.key).status == 200)
        #expect(await service.ask("/v1/models", key: new.key).status == 200)
        #expect(await service.ask("/v1/models", key: old.key).status == 401)
    }
}
