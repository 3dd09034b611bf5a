import Foundation
import InferenceService
import Testing

/// Who may ask for what, on every route, and who is who.
@Suite struct CallerTests {
    let served: ServedShop
    init() throws { served = try ServedShop() }

    private static func session(_ more: String = "") -> String {
        #"{"session":"s1","events":[{"time_ms":1767603600000,"page":"card"}]\#(more)}"#
    }

    /// What can be wanted of a session, with the scopes that it takes.
    private static let wants: [(members: String, needed: Set<Scope>)] = [
        ("", [.intents]), (#","want":["intents"]"#, [.intents]), (#","want":["embedding"]"#, [.embed]),
        (#","want":["conversion"],"customer":{"customer_id":"c"}"#, [.convert]),
        (#","want":["intents","embedding"]"#, [.intents, .embed]),
        (#","want":["embedding","conversion"],"customer":{"customer_id":"c"}"#, [.embed, .convert]),
        (#","want":["intents","embedding","conversion"],"customer":{"customer_id":"c"}"#, [.intents, .embed, .convert]),
    ]

    private static func inference(_ outputs: [String]) -> String {
        let named = outputs.map { "{\"name\":\"\($0)\"}" }.joined(separator: ",")
        return #"{"inputs":[{"name":"session","datatype":"BYTES","shape":[1],"data":["{\"events\":[{\"time_ms\":1}]}"]}]"#
            + (outputs.isEmpty ? "}" : ",\"outputs\":[\(named)]}")
    }

    /// Scopes one by one, and those that go together.
    private static let sets: [Set<Scope>] =
        Scope.allCases.map { [$0] } + [[.embed, .intents], [.embed, .convert], [.intents, .convert], [.embed, .intents, .convert]]

    private func keys(_ sets: [Set<Scope>]) throws -> (file: APIKeyFile, keys: [String]) {
        let made = sets.enumerated().map { APIKeyFile.makeKey(named: "k\($0.offset)", scopes: ScopeSet($0.element)) }
        return (try APIKeyFile(Array(made.map { $0.line + "\n" }.joined().utf8), path: "keys"), made.map(\.key))
    }

    @Test func everyRouteWantsItsScopes() async throws {
        let (file, keys) = try keys(Self.sets)
        let service = try served.service(keys: file)
        for (scopes, key) in zip(Self.sets, keys) {
            func check(_ target: String, _ body: String?, _ isAllowed: Bool, method: String? = nil, type: String = "application/json") async
            {
                let told = await service.ask(target, body, method: method, key: key, type: type)
                #expect((told.status != 403) == isAllowed, "\(method ?? "") \(target) \(body ?? "") with \(scopes): \(told.text)")
            }
            for (members, needed) in Self.wants {
                let body = Self.session(members), isAllowed = needed.isSubset(of: scopes)
                await check("/v1/sessions:score", body, isAllowed)
                await check("/v1/sessions/s/events", "{\"events\":[{\"time_ms\":1}]\(members)}", isAllowed)
                // A batch is as many single sessions: each line is refused or answered as it would be alone.
                let batch = await service.ask("/v1/sessions:batch", body, key: key, type: "application/jsonl")
                let isForSessions = !scopes.isDisjoint(with: [.embed, .intents, .convert])
                #expect((batch.status == 200) == isForSessions, "batch with \(scopes): \(batch.text)")
                #expect(!isForSessions || batch.text.contains("forbidden") == !isAllowed, "\(members) with \(scopes): \(batch.text)")
                if isAllowed {
                    let alone = await service.ask("/v1/sessions:score", body, key: key)
                    #expect(alone.status == 200 && alone.text + "\n" == batch.text, "\(alone.text)\(batch.text)")
                }
            }
            let reads = !scopes.isDisjoint(with: [.embed, .intents])
            await check("/v1/sessions/none", nil, reads)
            await check("/v1/sessions/none", nil, reads || scopes.contains(.convert), method: "DELETE")
            for (outputs, needed) in [
                ([], [.embed, .intents]), (["embedding"], [.embed]), (["probabilities"], [.intents]),
                (["probabilities", "embedding"], [.embed, .intents]),
            ] as [([String], Set<Scope>)] {
                await check("/v2/models/shop/infer", Self.inference(outputs), needed.isSubset(of: scopes))
            }
            let predicts = !scopes.isDisjoint(with: [.embed, .intents, .rank, .convert, .credit])
            await check("/v1/schema", nil, predicts)
            await check("/v2/models/shop", nil, predicts)
            await check("/v2/models/shop/ready", nil, true)
            await check("/v1/models", nil, true)
            await check("/v1/embeddings", "{\"input\":\(Self.session())}", scopes.contains(.embed))
            await check("/v1/sessions:rank", #"{"impression_id":"i","customer":{"customer_id":"c"}}"#, scopes.contains(.rank))
            await check("/v1/sessions:credit", #"{"tables":{}}"#, scopes.contains(.credit))
            await check("/metrics", nil, scopes.contains(.metrics))
            await check("/v1/admin:reload", "", scopes.contains(.admin))
        }
    }

    @Test func aTokenIsNoKeyOfTheSameName() async throws {
        let slow = RequestRate(1, per: .hour, burst: 3)
        let made = APIKeyFile.makeKey(named: "web", scopes: .predictions, rate: slow)
        let subject = Principal(tokenOf: "web", scopes: .predictions, rate: slow)
        #expect(subject.name == "token:web" && !Principal.isName(subject.name))
        let service = try served.service(keys: try APIKeyFile(Array(made.line.utf8), path: "keys"), token: subject)
        let path = "/v1/sessions/s/events", events = #"{"events":[{"time_ms":1,"page":"card"}]}"#
        #expect(await service.ask(path, events, key: made.key).json["events"] as? Int == 1)
        #expect(await service.ask(path, events, key: made.key).json["events"] as? Int == 2)
        // Neither sees the other's session, nor asks for its tokens of the bucket.
        for count in 1...3 { #expect(await service.ask(path, events, key: "a.b.c").json["events"] as? Int == count) }
        #expect(await service.ask(path, events, key: made.key).json["events"] as? Int == 3)
        for key in [made.key, "a.b.c"] { #expect(await service.ask(path, events, key: key).status == 429) }
    }

    @Test func subjectsThatAreNoNamesAreDigests() {
        let names = ["a@example.org", "token:web", "", String(repeating: "x", count: 65), "web\n"].map {
            Principal(tokenOf: $0, scopes: .predictions).name
        }
        for name in names { #expect(name.hasPrefix("token:sha256:") && name.utf8.count == 45) }
        // Nor can a subject be called as another's digest.
        #expect(Set(names).count == names.count && !names.contains(Principal(tokenOf: String(names[0].dropFirst(6)), scopes: .all).name))
    }
}
