import DurableFiles
import EventStream
import Foundation
import InferenceService
import SequenceEmbedding
import Testing

/// The service without a socket: every route, every refusal, who may ask and how often.
@Suite struct ScoringServiceTests {
    let served: ServedShop
    init() throws { served = try ServedShop() }

    private static let session =
        #"{"session":"s1","visitor":"v","events":[{"time_ms":1767603600000,"page":"card"},{"time_ms":1767603620000,"page":"card"}]}"#

    private func more(_ members: String) -> String { String(Self.session.dropLast()) + ",\(members)}" }

    // MARK: Answers

    @Test func aScoreHasWhatIsWanted() async throws {
        let service = try served.service()
        let plain = await service.ask("/v1/sessions:score", Self.session)
        #expect(plain.status == 200 && plain.answer.contentType == "application/json" && plain.answer.id?.isEmpty == false)
        #expect(Set(plain.json.keys) == ["session", "label", "bundle"])
        #expect(await service.ask("/v1/sessions:score?bundle=shop", Self.session).body == plain.body)
        let all = await service.ask(
            "/v1/sessions:score",
            more(#""want":["conversion","embedding","intents"],"all":true,"evidence":0,"customer":{"customer_id":"c"},"consent":"given""#))
        #expect(all.status == 200 && Set(all.json.keys) == ["session", "label", "embedding", "conversion", "bundle"], "\(all.text)")
        #expect((all.json["embedding"] as? [Double])?.count == served.shop.encoder.configuration.embeddingSize)
        for _ in 0..<3 { #expect(await service.ask("/v1/sessions:score", Self.session).body == plain.body) }
    }

    @Test func aBatchAnswersLineByLine() async throws {
        let service = try served.service()
        let one = await service.ask("/v1/sessions:score", Self.session)
        let lines = [Self.session, "{}", "", "{not json", more(#""want":["embedding"]"#), Self.session]
        for pieces in [1, 3, 1000] {
            let batch = await service.ask(
                "/v1/sessions:batch", lines.joined(separator: "\r\n"), type: "application/x-ndjson; charset=utf-8", pieces: pieces)
            let told = batch.text.split(separator: "\n")
            try #require(batch.status == 200 && told.count == 5, "\(batch.text)")
            #expect(Array(told[0].utf8) == one.body && told[4] == told[0])
            #expect(told[1].contains("unprocessable") && told[2].contains("bad_request") && told[3].contains("\"embedding\":["))
        }
        let long = try served.service { $0.limits.bodyBytes = 1024 }
        let batch = await long.ask(
            "/v1/sessions:batch", Self.session + "\n" + String(repeating: "x", count: 5000) + "\n" + Self.session,
            type: "application/jsonl",
            pieces: 9)
        let told = batch.text.split(separator: "\n")
        #expect(told.count == 2 && told[0].contains("\"label\"") && told[1].contains("too_large"), "\(batch.text)")
    }

    @Test func aSessionGrows() async throws {
        let service = try served.service()
        let first = await service.ask("/v1/sessions/a~1/events", #"{"events":[{"time_ms":1000,"page":"card"}]}"#)
        #expect(first.status == 200 && first.json["events"] as? Int == 1 && first.json["session"] as? String == "a~1")
        let second = await service.ask(
            "/v1/sessions/a%7E1/events", #"{"events":[{"time_ms":3000,"page":"loan"}],"want":["embedding","intents"]}"#)
        #expect(second.json["events"] as? Int == 2)
        let whole = await service.ask(
            "/v1/sessions:score", #"{"session":"a~1","events":[{"time_ms":1000,"page":"card"},{"time_ms":3000,"page":"loan"}]}"#)
        let read = await service.ask("/v1/sessions/a~1")
        #expect(read.text.contains(whole.text.prefix(whole.text.utf8.count / 2)))
        // Refusals change nothing: of the order, of what is not in the bundle, of what the decision lacks.
        for body in [
            #"{"events":[{"time_ms":2999}]}"#, #"{"events":[]}"#, #"{"session":"b","events":[{"time_ms":4000}]}"#,
            #"{"events":[{"time_ms":4000}],"want":["conversion"]}"#,
        ] { #expect(await service.ask("/v1/sessions/a~1/events", body).status == 422, "\(body)") }
        #expect(await service.ask("/v1/sessions/a~1").body == read.body)
        #expect(await service.ask("/v1/sessions/a~1", method: "DELETE").status == 204)
        for method in ["GET", "DELETE"] { #expect(await service.ask("/v1/sessions/a~1", method: method).status == 404) }
    }

    @Test func manyAddToOneSessionAndNoEventIsLost() async throws {
        let service = try served.service()
        let told = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<50 {
                        let told = await service.ask("/v1/sessions/busy/events", #"{"events":[{"time_ms":1000,"page":"card"}]}"#)
                        if told.status == 200 { return told.json["events"] as? Int }
                        guard told.status == 503 else { return nil }
                    }
                    return nil
                }
            }
            var told: [Int?] = []
            for await one in group { told.append(one) }
            return told
        }
        #expect(told.compactMap { $0 }.sorted() == Array(1...16))
        #expect(await service.ask("/v1/sessions/busy").json["events"] as? Int == 16)
    }

    @Test func othersShapesAreAnswered() async throws {
        let service = try served.service()
        let list = await service.ask(
            "/v1/embeddings", #"{"model":"shop","input":[\#(Self.session),\#(Self.session)],"encoding_format":"base64"}"#)
        let data = try #require(list.json["data"] as? [[String: Any]])
        #expect(data.count == 2 && data[0]["embedding"] as? String == data[1]["embedding"] as? String)
        let bytes = try #require(Data(base64Encoded: data[0]["embedding"] as? String ?? ""))
        #expect(bytes.count == 4 * served.shop.encoder.configuration.embeddingSize)
        #expect((list.json["usage"] as? [String: Int])?["prompt_tokens"] == 4)
        let one = JSONString.quoted(Self.session)
        let inputs = #""inputs":[{"name":"session","datatype":"BYTES","shape":[1],"data":[\#(one)]}]"#
        let plain = await service.ask("/v2/models/shop/infer", "{\"id\":\"r\",\(inputs)}")
        #expect(plain.status == 200 && plain.json["id"] as? String == "r" && (plain.json["outputs"] as? [Any])?.count == 2, "\(plain.text)")
        let binary = await service.ask(
            "/v2/models/shop/versions/9/infer",
            "{\(inputs),\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"embedding\"}]}")
        let header = try #require(binary["Inference-Header-Content-Length"].flatMap { Int($0) })
        #expect(Data(binary.body[header...]) == bytes)
        for path in [
            "/v2", "/v2/models/shop", "/v2/models/shop/ready", "/v1/models", "/v1/schema", "/docs", "/", "/openapi.json", "/metrics",
        ] {
            #expect(await service.ask(path).status == 200, "\(path)")
        }
        #expect(await service.ask("/v2/models/none").json["error"] is String)
        let ranked = await service.ask(
            "/v1/sessions:rank", #"{"impression_id":"i","customer":{"customer_id":"c"},"sessions":[\#(Self.session)]}"#)
        #expect(ranked.status == 200 && (ranked.json["tiles"] as? [Any])?.count == 5, "\(ranked.text)")
    }

    // MARK: Refusals

    @Test func everyRefusalHasItsStatus() async throws {
        let service = try served.service { ($0.limits.bodyBytes, $0.limits.batch) = (2048, 2) }
        let events = String(repeating: "{\"time_ms\":1},", count: 200).dropLast()
        for (target, body, method, type, status) in [
            ("/none", nil, nil, nil, 404), ("/v1/sessions:score", nil, "GET", nil, 405), ("/v1/schema", "{}", "POST", nil, 405),
            ("/v1/sessions:score", "{", nil, nil, 400), ("/v1/sessions:score", "{}", nil, nil, 422),
            ("/v1/sessions:score", Self.session, nil, "text/plain", 415),
            ("/v1/sessions:batch", Self.session, nil, "application/json", 415),
            ("/v1/sessions:score?bundle=none", Self.session, nil, nil, 404),
            ("/v1/sessions:score", "{\"events\":[\(events)]}", nil, nil, 413),
            ("/v1/sessions/none", nil, nil, nil, 404), ("/v1/sessions/a%20b", nil, nil, nil, 422),
            ("/v1/sessions/" + String(repeating: "x", count: 201), nil, nil, nil, 422),
            ("/v1/sessions:credit", "{\"tables\":{}}", nil, nil, 422),
            ("/v1/admin:reload", "", nil, nil, 403), ("/v2/models/none/infer", "{}", nil, nil, 404),
            ("/v1/embeddings", "{\"input\":[\(Self.session),\(Self.session),\(Self.session)]}", nil, nil, 422),
            ("/v1/sessions:score", Self.session, nil, "application/json; charset=utf-8", 200),
            ("/v1/schema?bundle=shop", nil, "HEAD", nil, 200),
        ] as [(String, String?, String?, String?, Int)] {
            let told = await service.ask(target, body, method: method, type: type ?? "application/json")
            // A bundle without a part answers as one that lacks it, and not as a fault of the service.
            #expect(told.status == status || (target.hasSuffix("credit") && told.status == 404), "\(target): \(told.text)")
            if told.status >= 400 { #expect(!told.text.isEmpty && told.answer.contentType == "application/json" && told.answer.id != nil) }
            if told.status == 405 { #expect(told["Allow"]?.isEmpty == false) }
        }
    }

    @Test func aKeyIsForItsScopesOnly() async throws {
        let made = Scope.allCases.map { (scope: $0, made: APIKeyFile.makeKey(named: $0.rawValue, scopes: ScopeSet([$0]))) }
        let keys = try APIKeyFile(Array(made.map { $0.made.line + "\n" }.joined().utf8), path: "keys")
        let service = try served.service(keys: keys)
        let rank = #"{"impression_id":"i","customer":{"customer_id":"c"}}"#
        let forecast = more(#""want":["conversion"],"customer":{"customer_id":"c"}"#)
        let routes: [(String, String?, Scope)] = [
            ("/v1/sessions:score", Self.session, .intents), ("/v1/sessions:score", more(#""want":["embedding"]"#), .embed),
            ("/v1/sessions:score", forecast, .convert), ("/v1/sessions:rank", rank, .rank),
            ("/v1/sessions:credit", "{\"tables\":{}}", .credit),
            ("/v1/embeddings", "{\"input\":\(Self.session)}", .embed), ("/metrics", nil, .metrics), ("/v1/admin:reload", "", .admin),
            ("/v1/sessions/s/events", #"{"events":[{"time_ms":1}]}"#, .intents), ("/v1/sessions/s", nil, .intents),
        ]
        for (target, body, needed) in routes {
            for (scope, key) in made {
                let told = await service.ask(target, body, key: key.key)
                // Whoever may have only the vector of a session may look at it, too.
                let isAllowed = scope == needed || (target == "/v1/sessions/s" && scope == .embed)
                #expect((told.status == 403) != isAllowed, "\(target) with \(scope): \(told.text)")
                if told.status == 403 { #expect(told.code == "forbidden") }
            }
            for wrong in [nil, "", "x", made[0].made.line] as [String?] {
                let told = await service.ask(target, body, key: wrong)
                #expect(told.status == 401 && told["WWW-Authenticate"] == "Bearer")
            }
        }
        for open in ["/", "/docs", "/openapi.json", "/v2/health/live", "/v2/health/ready"] {
            #expect(await service.ask(open).status == 200)
        }
    }

    @Test func aKeyThatAsksTooOftenWaits() async throws {
        let made = APIKeyFile.makeKey(named: "slow", scopes: .all, rate: RequestRate(2, per: .second))
        let time = TestClock()
        let service = try served.service(keys: try APIKeyFile(Array(made.line.utf8), path: "keys"), clock: time.clock)
        var statuses: [Int] = []
        for _ in 0..<6 { statuses.append(await service.ask("/v1/sessions:score", Self.session, key: made.key).status) }
        #expect(statuses.filter { $0 == 200 }.count >= 1 && statuses.last == 429)
        let told = await service.ask("/v1/sessions:score", Self.session, key: made.key)
        #expect(told.code == "too_many_requests" && told["Retry-After"].flatMap { Int($0) } == 1)
        time.pass(seconds: 1)
        #expect(await service.ask("/v1/sessions:score", Self.session, key: made.key).status == 200)
    }

    @Test func whoDrainsAnswersAndSaysSo() async throws {
        let service = try served.service()
        #expect(await service.ask("/v2/health/ready").status == 200 && service.isReady)
        service.drain()
        let ready = await service.ask("/v2/health/ready"), score = await service.ask("/v1/sessions:score", Self.session)
        #expect(ready.status == 503 && ready.answer.closes && score.status == 200 && score.answer.closes)
        #expect(await service.ask("/v2/health/live").status == 200)
    }

    @Test func aReloadThatFailsIsAConflict() async throws {
        let made = APIKeyFile.makeKey(named: "admin", scopes: .all)
        let service = try served.service(keys: try APIKeyFile(Array(made.line.utf8), path: "keys"))
        let before = await service.ask("/v1/sessions:score", Self.session, key: made.key)
        try FileManager.default.removeItem(atPath: served.bundle + "/schema.json")
        let told = await service.ask("/v1/admin:reload", "", key: made.key)
        #expect(told.status == 409 && told.code == "reload_failed")
        #expect(await service.ask("/v1/sessions:score", Self.session, key: made.key).body == before.body)
        try served.pack(purpose: "marketing", replacing: true)
        let reloaded = await service.ask("/v1/admin:reload", "", key: made.key)
        #expect(reloaded.status == 200 && (reloaded.json["reloaded"] as? [[String: Any]])?.first?["changed"] as? Bool == true)
        #expect(await service.ask("/v1/sessions:score", Self.session, key: made.key).body != before.body)
    }
}
