import DurableFiles
import EventStream
import Foundation
import InferenceService
import IntentTaxonomy
import Recommendation
import SequenceEmbedding

/// The made-up shop, packed and served.
struct ServedShop {
    let shop: AppShop
    let folder: TemporaryFolder
    var bundle: String { folder("bundle") }

    init(parts: Set<BundleFolder.Part> = [.encoder, .intents, .ranker, .predictor]) throws {
        (shop, folder) = (try AppShop.made.get(), try TemporaryFolder())
        try pack(parts)
    }

    /// Ids of the parts as the models themselves say them.
    var ids: [BundleFolder.Part: String] {
        [.encoder: shop.encoder.id, .intents: shop.classifier.id, .ranker: shop.ranker.id, .predictor: shop.predictor.id]
    }

    @discardableResult
    func pack(
        _ parts: Set<BundleFolder.Part> = [.encoder, .intents, .ranker, .predictor], ids: [BundleFolder.Part: String]? = nil,
        purpose: String? = nil, hasSchema: Bool = true, hasTiles: Bool = true, replacing: Bool = false
    ) throws -> String {
        let named = (ids ?? self.ids).filter { parts.contains($0.key) }
        var contents = BundleFolder.Contents(
            description: .init(
                parts: Dictionary(uniqueKeysWithValues: named.map { ($0.key.rawValue, $0.value) }), purpose: purpose, software: "test"))
        if hasSchema { contents.schema = shop.schema }
        contents.words = EventWording(try Corpus.open(shop.folder("corpus")))
        if parts.contains(.ranker), hasTiles { contents.tiles = try FileSystem.live.contents(of: shop.folder("tiles.csv")) }
        return try BundleFolder.write(
            contents, parts: Dictionary(uniqueKeysWithValues: parts.map { ($0, shop.folder($0.rawValue)) }), to: bundle,
            replacing: replacing)
    }

    func bundles() throws -> BundleSet { try BundleSet(["shop": bundle]) { _, _ throws(BundleError) in [] } }

    func service(
        keys: APIKeyFile? = nil, token: Principal? = nil, callers: Authenticator? = nil, clock: ServiceClock = .system,
        journal: DecisionJournal? = nil, faults: FaultLog? = nil, log: (path: String, fileSystem: FileSystem)? = nil,
        bundles own: BundleSet? = nil,
        _ change: (inout ServiceSettings) -> Void = { _ in }
    ) throws -> ScoringService {
        var settings = ServiceSettings()
        // Other tests run beside: what takes long here is not shed.
        (settings.load.waitSeconds, settings.timeouts.requestSeconds) = (60, 600)
        change(&settings)
        let kept = settings.sessions
        let limits = SessionLimits(sessions: kept.count, bytes: kept.bytes, idleSeconds: kept.idleSeconds, ageSeconds: kept.ageSeconds)
        let remembered: SessionStore<RememberedSession> =
            if let log {
                try SessionStore(
                    limits: limits, shards: 1, clock: clock, logPath: log.path, coding: RememberedSession.coding, in: log.fileSystem,
                    size: RememberedSession.size)
            } else { SessionStore(limits: limits, clock: clock, size: RememberedSession.size) }
        let tokens: Authenticator.Tokens? = token.map { own in { @Sendable _, _ in own } }
        return ScoringService(
            .init(
                settings: settings, bundles: try own ?? bundles(),
                authenticator: callers ?? Authenticator(.init(keys: keys, tokens: tokens), clock: clock), journal: journal, faults: faults,
                version: "test", clock: clock), remembered: remembered)
    }
}

/// A body that is there already, in pieces.
struct GivenBody: InferenceService.RequestBody {
    var pieces: [[UInt8]]

    init(_ text: String, pieces: Int = 1) {
        let bytes = Array(text.utf8), size = max(1, (bytes.count + pieces - 1) / pieces)
        self.pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
    }

    mutating func collect(limit: Int) async throws(RequestFault) -> [UInt8] {
        let all = pieces.flatMap { $0 }
        guard all.count <= limit else { throw ScoringService.tooLarge(limit) }
        return all
    }

    mutating func next() async throws(RequestFault) -> [UInt8]? { pieces.isEmpty ? nil : pieces.removeFirst() }
}

extension ScoringService {
    /// Status, body and fields of an answer.
    struct Told {
        let status: Int
        let body: [UInt8]
        let answer: ServiceAnswer
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:] }
        var code: String? { (json["error"] as? [String: Any])?["code"] as? String }
        subscript(field: String) -> String? { answer.fields.first { $0.name == field }?.value }
    }

    func ask(
        _ target: String, _ body: String? = nil, method: String? = nil, key: String? = nil, type: String? = "application/json",
        pieces: Int = 1,
        header: Int? = nil, id: String? = nil
    ) async -> Told {
        var request = ServiceRequest(method: method ?? (body == nil ? "GET" : "POST"), target: target)
        (request.key, request.contentType, request.contentLength) = (key, body == nil ? nil : type, body?.utf8.count)
        request.id = id
        request.inferenceHeaderLength = header.map { "\($0)" }
        var given = GivenBody(body ?? "", pieces: pieces)
        let answer = await self.answer(request, &given)
        var bytes: [UInt8] = []
        switch answer.body {
        case .bytes(let own): bytes = own
        case .stream(let next): while let piece = await next() { bytes += piece }
        }
        return Told(status: answer.status, body: bytes, answer: answer)
    }
}
