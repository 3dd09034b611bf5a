import Foundation
import InferenceService
import Testing

/// What `/openapi.json` says of refusals is what is told.
@Suite struct ContractTests {
    let served: ServedShop
    init() throws { served = try ServedShop() }

    private func document(_ service: ScoringService) async throws -> [String: Any] {
        let json = await service.ask("/openapi.json").json
        try #require(json["openapi"] as? String == "3.1.0")
        return json
    }

    private static let session = #"{"session":"s1","events":[{"time_ms":1767603600000,"page":"card"}]}"#

    @Test func examplesOfRefusalsAreToldSo() async throws {
        let keys = [("few", ScopeSet([.embed])), ("all", .all)].map {
            APIKeyFile.makeKey(named: $0.0, scopes: $0.1, rate: RequestRate(1, per: .hour, burst: $0.0 == "few" ? 1 : 100))
        }
        let file = try APIKeyFile(Array(keys.map { $0.line + "\n" }.joined().utf8), path: "keys")
        try served.pack([.encoder], replacing: true)
        let service = try served.service(keys: file) { $0.limits.bodyBytes = 1 << 20 }
        let components = try #require(try await document(service)["components"] as? [String: Any])
        let responses = try #require(components["responses"] as? [String: Any])
        func example(_ name: String) throws -> Any {
            let own = try #require(responses[name] as? [String: Any], "\(name)")
            let content = try #require((own["content"] as? [String: Any])?["application/json"] as? [String: Any])
            return try #require((content["example"] as? [String: Any])?["error"])
        }
        let (few, all) = (keys[0].key, keys[1].key)
        for (name, status, target, body, key, method, type) in [
            ("Unauthenticated", 401, "/v1/sessions:score", Self.session, nil, nil, nil),
            ("Forbidden", 403, "/v1/sessions:score", Self.session, few, nil, nil),
            ("TooManyRequests", 429, "/v1/sessions:score", Self.session, few, nil, nil),
            ("NotFound", 404, "/v1/sessions:score?bundle=none", Self.session, all, nil, nil),
            ("MethodNotAllowed", 405, "/v1/sessions:score", nil, all, "PUT", nil),
            ("TooLarge", 413, "/v1/sessions:score", String(repeating: " ", count: 1 << 20 + 1), all, nil, nil),
            ("UnsupportedMediaType", 415, "/v1/sessions:score", Self.session, all, nil, "text/plain"),
            ("Unprocessable", 422, "/v1/sessions:score", Self.session, all, nil, nil),
        ] as [(String, Int, String, String?, String?, String?, String?)] {
            let told = await service.ask(target, body, method: method, key: key, type: type ?? "application/json")
            let said = told.json["error"] as? [String: String] ?? [:]
            let shown = try #require(try example(name) as? [String: String])
            #expect(told.status == status, "\(name): \(told.text)")
            for member in ["code", "message", "remedy"] { #expect(said[member] == shown[member], "\(name): \(said) \(shown)") }
        }
        let open = await service.ask("/v2/models/shop", key: "nobody's")
        let shown = try example("OpenUnauthenticated") as? String
        #expect(open.status == 401 && open.json["error"] as? String == shown)
    }

    /// What needs another bundle, or a field that is not sent here.
    private static let unseen: [String: Set<String>] = [
        "/v1/sessions:batch": ["422"], "/v1/sessions:credit": ["200"], "/v1/admin:reload": ["415"],
    ]

    /// A good request for each route that takes one, and bad ones.
    private static let bodies: [String] = [
        session, #"{"events":[{"time_ms":1767603600000,"page":"card"}]}"#, "{\"input\":\(session)}",
        "{\"model\":\"none\",\"input\":\(session)}",
        #"{"impression_id":"i","customer":{"customer_id":"c"}}"#,
        #"{"inputs":[{"name":"session","datatype":"BYTES","shape":[1],"data":["{\"events\":[{\"time_ms\":1}]}"]}]}"#, "{", "{}", "",
        String(repeating: "x", count: 5000),
    ]

    /// Every operation with a request that it answers and some that it refuses.
    @Test func everyStatusIsListed() async throws {
        let key = APIKeyFile.makeKey(named: "k", scopes: .all), other = APIKeyFile.makeKey(named: "other", scopes: ScopeSet([.metrics]))
        let none = APIKeyFile.makeKey(named: "none", scopes: ScopeSet([.convert]))
        let busy = APIKeyFile.makeKey(named: "busy", scopes: .all, rate: RequestRate(1, per: .hour))
        let lines = [key, other, none, busy].map { $0.line + "\n" }.joined()
        let service = try served.service(keys: try APIKeyFile(Array(lines.utf8), path: "keys")) { $0.limits.bodyBytes = 4096 }
        _ = await service.ask("/v1/models", key: busy.key)
        let document = try await document(service)
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var seen: [String: Set<String>] = [:]
        // Events before their session: it is there when it is asked for.
        for (path, item) in paths.sorted(by: { $0.key > $1.key }) {
            for method in ["get", "post", "delete"] {
                guard let operation = item[method] as? [String: Any] else { continue }
                let listed = Set(try #require(operation["responses"] as? [String: Any]).keys)
                let target = path.replacing("{model}", with: "shop").replacing("{version}", with: "1").replacing("{id}", with: "s1")
                let unknown = path.replacing("{model}", with: "none").replacing("{version}", with: "1").replacing("{id}", with: "a%20b")
                let types = path.hasSuffix(":batch") ? "application/jsonl" : "application/json"
                for key in [key.key, other.key, none.key, busy.key, "x", nil] as [String?] {
                    for target in [target, unknown, target + "?bundle=none"] {
                        let bodies: [String?] =
                            method != "post" ? [nil] : path.hasSuffix(":reload") ? ["", Self.bodies.last!] : Self.bodies
                        for (body, type) in bodies.flatMap({ body in [types, "text/plain"].map { (body, $0) } }) {
                            let told = await service.ask(target, body, method: method.uppercased(), key: key, type: type)
                            #expect(listed.contains("\(told.status)"), "\(method) \(target): \(told.status) \(told.text.prefix(200))")
                            seen[path + method, default: []].insert("\(told.status)")
                        }
                    }
                }
                // What is listed and was not seen needs a broken connection, a wrong method or a service in trouble.
                let rest = listed.subtracting(seen[path + method] ?? []).subtracting(["400", "405", "408", "409", "503"])
                #expect(rest == Self.unseen[path] ?? [], "\(method) \(path) never answered \(rest)")
            }
        }
    }

    @Test func everyCodeIsListed() async throws {
        let document = try await document(served.service())
        let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: Any])
        let properties = (schemas["Refusal"] as? [String: Any])?["properties"] as? [String: Any]
        let codes = (properties?["code"] as? [String: Any])?["enum"] as? [String]
        #expect(codes == RequestFault.Code.allCases.map(\.rawValue))
    }
}
