internal import Synchronization
internal import DecisionRecords
package import DurableFiles
package import EventStream
internal import FoundationEssentials
package import IntentTaxonomy
internal import CreditRisk
internal import Recommendation
package import SequenceEmbedding
internal import Studies

/// One bundle in memory, ready to answer: models read, checked against each other and warmed up. Nothing of it changes any more.
package final class ServingBundle: Sendable {
    /// The name under which it answers.
    package let name: String
    /// Its folder.
    package let folder: BundleFolder
    /// The encoder; nil in a bundle that reads no sessions.
    package let encoder: ModelArtifact?
    /// The classifier with its encoder, made ready; nil without intents.
    package let classifier: PreparedClassifier?
    /// Embeds with the encoder's own weights.
    let embedder: SessionEmbedder?
    /// The words in which events may be told.
    let words: EventWording?
    /// Lines of labels, without and with all probabilities.
    let lines: (plain: LabelLines, all: LabelLines)?
    /// Orders tiles; nil without a ranker.
    let ranking: TileRanking?
    /// Foretells applications; nil without a predictor.
    let forecast: ConversionForecast?
    /// Scores applicants; nil without a scorecard.
    let scoring: CreditScoring?
    /// Memory of requests that are being answered; nil in a bundle that reads no sessions.
    let readings: ScratchPool<SessionReading>?

    /// Numbers of the intents that may be told, rising.
    let toldPlaces: [Int]
    /// Which models answer and what they may tell: ``id``, and with intents withheld a dash and twelve digits of the digest over their ids.
    package let version: String
    /// `{"name":…,"version":…,"digest":…,"taxonomy":…}`: who answers, in every answer.
    let reference: [UInt8]
    /// The corpus that a replay takes sessions of requests for: it has the fields, and none of its sessions.
    let source: DecisionRun.Source?
    /// What reads sessions of requests; a service asks for one kind of limits only.
    let lastInput = Mutex<SessionInput?>(nil)
    private let labelCounts = Mutex<LabelDistribution.Counts?>(nil)

    /// The bundle's id.
    package var id: String { folder.id }
    /// The fields of events; nil in a bundle that reads no sessions.
    package var schema: EventSchema? { folder.contents.schema }
    /// Floats of an embedding.
    package var dimension: Int { encoder?.configuration.embeddingSize ?? 0 }

    /// Reads a bundle.
    /// - Parameters:
    ///   - suspended: intents that must not be told beside those that the bundle's own file names: what a ledger says, by the ids of
    ///     classifier and taxonomy.
    ///   - precision: of the embedding's products.
    package init(
        _ name: String, at path: String, suspended: (_ classifier: String, _ taxonomy: String) throws(BundleError) -> [String],
        precision: SessionEmbedder.Precision = .float32, in fileSystem: FileSystem = .live
    ) throws(BundleError) {
        let folder = try BundleFolder(path, in: fileSystem)
        (self.name, self.folder) = (name, folder)
        source = folder.contents.schema.map { schema in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // Read from JSON a moment ago.
            return DecisionRun.Source(digest: "service", schema: String(decoding: try! encoder.encode(schema), as: UTF8.self))
        }
        func same(_ part: BundleFolder.Part, _ found: String) throws(BundleError) {
            let wanted = folder.contents.description.parts[part.rawValue] ?? ""
            guard wanted == found else {
                throw BundleError(
                    "\(folder.place(part)): it is \(found.prefix(12))…, and the bundle was packed with \(wanted.prefix(12))…; pack it anew")
            }
        }
        func read<Value, Failure: Error>(_ part: BundleFolder.Part, _ body: (String) throws(Failure) -> Value) throws(BundleError) -> Value
        {
            do throws(Failure) { return try body(folder.place(part)) } catch { throw BundleError("\(error)") }
        }
        scoring =
            folder.has(.credit)
            ? try read(.credit) { place throws(any Error) in CreditScoring(try CreditScorecard(place, in: fileSystem)) } : nil
        if let scoring { try same(.credit, scoring.card.id) }
        guard folder.has(.encoder) else {
            guard !folder.has(.intents) else { throw BundleError("\(path): intents without the encoder that they read; pack it anew") }
            (encoder, classifier, embedder, words, lines, ranking, forecast) = (nil, nil, nil, nil, nil, nil, nil)
            (version, reference, toldPlaces) = (folder.id, Self.reference(name, folder.id, folder, taxonomy: nil), [])
            readings = nil
            return
        }
        guard let schema = folder.contents.schema else {
            throw BundleError("\(path): it has no schema of events; pack it anew")
        }
        let encoder = try read(.encoder) { place throws(ModelError) in try ModelArtifact(place, in: fileSystem) }
        try same(.encoder, encoder.id)
        self.encoder = encoder
        words = folder.contents.words
        var prepared: PreparedClassifier?
        if folder.has(.intents) {
            let place = folder.place(.intents)
            var own = try read(.intents) { place throws(IntentClassifierError) in
                try IntentClassifier(place, encoder: encoder, in: fileSystem)
            }
            try same(.intents, own.id)
            do throws(IntentClassifierError) { try own.checkServable(place: place) } catch { throw BundleError(error.description) }
            for intent in try suspended(own.id, own.settings.taxonomy.digest) {
                own.suspensions.suspend(intent, classifier: own.id, reason: "suspended in the ledger", by: "ledger", at: "")
            }
            prepared = PreparedClassifier(own, encoder: encoder, precision: precision)
        }
        let embedder: SessionEmbedder =
            if let prepared, prepared.classifier.encoderWeights == nil { prepared.embedder } else {
                SessionEmbedder(encoder, precision: precision)
            }
        self.embedder = embedder
        classifier = prepared
        toldPlaces =
            prepared.map { prepared in
                prepared.classifier.settings.intents.indices.filter { !prepared.classifier.withheld.contains($0) }
            } ?? []
        version = Self.version(folder, prepared?.classifier)
        reference = Self.reference(name, version, folder, taxonomy: prepared?.classifier.settings.taxonomy.digest)
        lines = prepared.map { prepared in
            (
                LabelLines(prepared.classifier, encoder: encoder.id), LabelLines(prepared.classifier, encoder: encoder.id, showsAll: true)
            )
        }
        let models = PreparedModels(encoder: encoder, embedder: embedder, classifier: prepared)
        ranking =
            folder.has(.ranker)
            ? try read(.ranker) { place throws(any Error) in
                let inputs = try AppInputs(
                    place, kind: TileRanker.kind, newestVersion: TileRanker.version, command: "tessera rank train", in: fileSystem)
                guard let tiles = folder.contents.tiles else {
                    throw BundleError("\(path): a ranker without its catalogue of tiles; pack it anew")
                }
                return try TileRanking(
                    try TileRanker(place, in: fileSystem), inputs, catalogue: try TileCatalogue(tiles, path: folder.tilesPath),
                    rules: folder.contents.rules, schema: schema, models: models)
            } : nil
        if let ranking { try same(.ranker, ranking.ranker.id) }
        forecast =
            folder.has(.predictor)
            ? try read(.predictor) { place throws(any Error) in
                let inputs = try AppInputs(
                    place, kind: ConversionPredictor.kind, newestVersion: ConversionPredictor.version, command: "tessera convert train",
                    in: fileSystem)
                return try ConversionForecast(try ConversionPredictor(place, in: fileSystem), inputs, schema: schema, models: models)
            } : nil
        if let forecast { try same(.predictor, forecast.predictor.id) }
        do throws(IntentClassifierError) { _ = try SessionReading(schema, encoder, embedder, prepared) } catch {
            throw BundleError("\(path): \(error); pack it anew")
        }
        // What can be read once can be read always.
        readings = ScratchPool { [prepared] in try! SessionReading(schema, encoder, embedder, prepared) }
    }

    private static func version(_ folder: BundleFolder, _ classifier: IntentClassifier?) -> String {
        guard let classifier, !classifier.withheld.isEmpty else { return folder.id }
        let ids = classifier.withheld.map { classifier.settings.intents[$0] }.joined(separator: "\n")
        return "\(folder.id)-\(SHA256Digest.hex(of: Array(ids.utf8)).prefix(12))"
    }

    private static func reference(_ name: String, _ version: String, _ folder: BundleFolder, taxonomy: String?) -> [UInt8] {
        let digest = taxonomy.map { ",\"taxonomy\":\"\($0)\"" } ?? ""
        return Array("{\"name\":\(JSONString.quoted(name)),\"version\":\"\(version)\",\"digest\":\"\(folder.id)\"\(digest)}".utf8)
    }

    /// The program, as the ledger names it.
    var software: String { folder.contents.description.software }

    /// Ids of the intents that may be told: all but those suspended.
    package var told: [String] { toldPlaces.map { classifier!.classifier.settings.intents[$0] } }

    /// Where its labels are counted.
    func counts(_ metrics: ServiceMetrics) -> LabelDistribution.Counts? {
        labelCounts.withLock { counts in
            if counts == nil { counts = classifier.map { metrics.intents.counts(for: $0.classifier.settings.intents) } }
            return counts
        }
    }

    /// Answers a session and an applicant that nobody made, so that the first that somebody did waits for nothing: pages of memory,
    /// tables, caches.
    package func warmUp() throws(BundleError) {
        if let scoring {
            do throws(RequestFault) { _ = try scoring.answer(scoring.nobody()) } catch {
                throw BundleError("\(folder.place(.credit)): an applicant cannot be scored: \(error.message)")
            }
        }
        guard let schema else { return }
        let count = 4
        let times: [Int64?] = (0..<count).map { schema.hasTime ? 1_767_600_000_000_000 + Int64($0) * 20_000_000 : nil }
        let record = SessionRecord(
            session: "warm-up", visitor: "", times: times, gaps: [nil, 20, 20, 20], dwells: [20, 20, 20, nil],
            hours: [UInt8](repeating: schema.hasTime ? 8 : 255, count: count),
            weekdays: [UInt8](repeating: schema.hasTime ? 0 : 255, count: count), texts: [:], numbers: [:])
        for _ in 0..<3 {
            do throws(RequestFault) {
                _ = try score(record, wants: lines == nil ? .embedding : [.embedding, .intents], evidence: 3, all: true)
            } catch { throw BundleError("\(folder.path): a session cannot be scored: \(error.message)") }
        }
    }
}

/// Things that are costly to make and used by one thread at a time.
final class ScratchPool<Value: Sendable>: Sendable {
    private let free = Mutex<[Value]>([])
    private let make: @Sendable () -> Value

    init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// Lends one for the time of the body.
    func with<Result, Failure: Error>(_ body: (Value) throws(Failure) -> Result) throws(Failure) -> Result {
        let own = free.withLock { $0.popLast() } ?? make()
        defer { free.withLock { $0.append(own) } }
        return try body(own)
    }
}
