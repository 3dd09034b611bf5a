import Foundation
import InferenceService
import Synchronization
import Testing

/// What may not be told changes what answers: a reload that takes a suspension up says so, and so does every answer after it.
@Suite struct SuspensionTests {
    private static let session = #"{"session":"s1","events":[{"time_ms":1767603600000,"page":"card"}]}"#
    private static let infer =
        #"{"inputs":[{"name":"session","datatype":"BYTES","shape":[1],"data":["{\"events\":[{\"time_ms\":1,\"page\":\"loan\"}]}"]}]}"#

    private struct Output {
        let shape: [Int]?
        let intents: [String]?
        let data: [Double]?

        init(_ told: ScoringService.Told) {
            let own = (told.json["outputs"] as? [[String: Any]])?.first { $0["name"] as? String == "probabilities" }
            (shape, data) = (own?["shape"] as? [Int], own?["data"] as? [Double])
            intents = (own?["parameters"] as? [String: Any])?["intents"] as? [String]
        }
    }

    @Test func aReloadThatTakesASuspensionUpIsAChange() async throws {
        let served = try ServedShop()
        let suspended = Mutex<[String]>([])
        let set = try BundleSet(["shop": served.bundle]) { _, _ throws(BundleError) in suspended.withLock { $0 } }
        let made = APIKeyFile.makeKey(named: "all", scopes: .all)
        let service = try served.service(keys: try APIKeyFile(Array(made.line.utf8), path: "keys"), bundles: set)
        func ask(_ target: String, _ body: String? = nil) async -> ScoringService.Told { await service.ask(target, body, key: made.key) }
        func version() async -> [String?] {
            let score = await ask("/v1/sessions:score", Self.session).json["bundle"] as? [String: Any]
            let models = (await ask("/v1/models").json["data"] as? [[String: Any]])?.first
            return [
                score?["version"] as? String, await ask("/v1/schema").json["version"] as? String,
                await ask("/v2/models/shop/infer", Self.infer).json["model_version"] as? String,
                (await ask("/v2/models/shop").json["versions"] as? [String])?.first, models?["version"] as? String,
            ]
        }
        func reload() async -> [String: Any] {
            (await ask("/v1/admin:reload", "").json["reloaded"] as? [[String: Any]])?.first ?? [:]
        }
        let id = try #require(set.bundle(nil)?.id)
        #expect(await version() == Array(repeating: id, count: 5))
        #expect(await reload()["changed"] as? Bool == false)
        let whole = Output(await ask("/v2/models/shop/infer", Self.infer))
        #expect(whole.intents == ["card", "loan", "fund"] && whole.shape == [1, 3])

        suspended.withLock { $0 = ["loan"] }
        let first = await reload()
        let one = try #require(first["version"] as? String)
        #expect(first["changed"] as? Bool == true && first["digest"] as? String == id && one.hasPrefix(id + "-") && one.utf8.count == 77)
        #expect(await version() == Array(repeating: one, count: 5))
        let rest = Output(await ask("/v2/models/shop/infer", Self.infer))
        #expect(rest.intents == ["card", "fund"] && rest.shape == [1, 2])
        #expect(rest.data == whole.data.map { [$0[0], $0[2]] })
        #expect(Output(await ask("/v2/models/shop")).intents == ["card", "fund"])
        let binary = await ask(
            "/v2/models/shop/infer", Self.infer.dropLast() + #","outputs":[{"name":"probabilities","parameters":{"binary_data":true}}]}"#)
        #expect(binary.text.contains(#""parameters":{"binary_data_size":8,"intents":["card","fund"]}"#))
        #expect(await reload()["changed"] as? Bool == false)

        suspended.withLock { $0 = ["fund"] }
        let second = await reload()
        #expect(second["changed"] as? Bool == true && second["version"] as? String != one)
        suspended.withLock { $0 = [] }
        #expect(await reload()["changed"] as? Bool == true)
        #expect(await version() == Array(repeating: id, count: 5))
    }
}
