import DurableFiles
import EventStream
import Foundation
import InferenceService
import IntentTaxonomy
import Recommendation
import SequenceEmbedding
import SequenceKernel
import Studies

/// A made-up shop with an app: whoever looks at a kind of page clicks the tile of that kind, and a ranker and a predictor that learnt it.
struct AppShop: Sendable {
    static let made = Result { try AppShop() }

    static let kinds = ["card", "loan", "fund"]
    /// 2026-01-05T09:00:00Z.
    static let start: Int64 = 1_767_603_600_000_000
    static let hour: Int64 = 3_600_000_000

    let folder: TemporaryFolder
    let schema: EventSchema
    let sessions: [SessionRecord]
    let ranker: TileRanker
    let rankerInputs: AppInputs
    let predictor: ConversionPredictor
    let predictorInputs: AppInputs
    let encoder: ModelArtifact
    let classifier: IntentClassifier
    let catalogue: TileCatalogue

    var models: PreparedModels { PreparedModels(encoder, classifier, for: rankerInputs.blocks) }

    func ranking(rules: EligibilityRules? = nil, catalogue: TileCatalogue? = nil) throws -> TileRanking {
        try TileRanking(ranker, rankerInputs, catalogue: catalogue ?? self.catalogue, rules: rules, schema: schema, models: models)
    }

    func forecast() throws -> ConversionForecast {
        try ConversionForecast(predictor, predictorInputs, schema: schema, models: models)
    }

    private static let customers = 90

    private init() throws {
        folder = try TemporaryFolder()
        var random = RandomSource(11, 0x5409)
        var clicks = "visitor,session,time,page,price,title\n", links = "session_id,customer_id\n"
        var customers = "customer_id,age,segment,note\n", impressions = "impression_id,time_ms,customer_id,tiles,clicked_tile,fee\n"
        var decisions = "decision_id,time_ms,customer_id\n", applications = "customer_id,time_ms,product\n"
        var wants: [Int] = []
        for customer in 0..<Self.customers {
            let taste = random.below(3)
            customers += "c\(customer),\(20 + random.below(50)),\(["private", "business"][random.below(2)]),n\(customer)\n"
            for visit in 0..<2 {
                let name = "s\(customer).\(visit)"
                links += "\(name),c\(customer)\n"
                wants.append(taste)
                for event in 0..<(2 + random.below(4)) {
                    let kind = random.uniform() < 0.8 ? taste : random.below(3)
                    let time = Int(Self.start / 1_000_000) + customer * 600 + visit * 7200 + event * 20 + random.below(20)
                    clicks += "v\(customer),\(name),\(time),\(Self.kinds[kind]),\(random.below(9)),about \(Self.kinds[kind])s\n"
                }
            }
            let time = (Self.start + Int64(customer) * 600_000_000 + 4 * Self.hour) / 1000
            var tiles = Array(0..<4)
            random.shuffle(&tiles)
            let shown = tiles.prefix(3).map { $0 < 3 ? "t-\(Self.kinds[$0])" : "t-news" }
            let clicked = shown.contains("t-\(Self.kinds[taste])") ? "t-\(Self.kinds[taste])" : shown[0]
            let fees = shown.map { _ in "\(random.below(5))" }.joined(separator: "|")
            impressions += "i\(customer),\(time),c\(customer),\(shown.joined(separator: "|")),\(clicked),\(fees)\n"
            decisions += "d\(customer),\(time),c\(customer)\n"
            if random.uniform() < 0.7 { applications += "c\(customer),\(time + 1000),\(Self.kinds[taste])\n" }
        }
        let tiles = "tile,kind,price\nt-card,card,1\nt-loan,loan,2\nt-fund,fund,3\nt-news,news,\nt-new,card,4\n"

        var mapping = ExportMapping()
        (mapping.format, mapping.visitor, mapping.session) = (.csv, "visitor", "session")
        mapping.time = .init(column: "time", unit: .seconds)
        mapping.fields = [.init(name: "page", kind: .categorical), .init(name: "price", kind: .numeric), .init(name: "title", kind: .text)]
        var rejects = RejectCollector()
        _ = try ExportImporter(ImportSettings()).run(
            sources: [ExportReaders.open(folder.write(clicks, to: "clicks.csv"), mapping: mapping)], to: folder("corpus"),
            rejects: &rejects)
        let corpus = try Corpus.open(folder("corpus"))
        schema = corpus.schema
        sessions = try (0..<corpus.sessionCount).map { try SessionRecord(json: SessionRecord.json(of: $0, in: corpus)) }

        let (pool, table) = (WorkerPool(threads: 1), CorpusTable(corpus))
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.training.epochs = 1
        let pretrained = try Pretraining.run(table, dataDigest: "made up", configuration, pool: pool)
        try ModelArtifact.write(pretrained.model, pretrained.weights, pretrained.encoding, pretrained.card, to: folder("encoder"))
        encoder = try ModelArtifact(folder("encoder"))
        try Self.classifier(table, encoder, wants, pool: pool).write(to: folder("intents"))
        classifier = try IntentClassifier(folder("intents"), encoder: encoder)

        var files = AppTables.Files(
            customers: try folder.write(customers, to: "customers.csv"), impressions: try folder.write(impressions, to: "impressions.csv"),
            tiles: try folder.write(tiles, to: "tiles.csv"), links: try folder.write(links, to: "links.csv"))
        files.format.features = ["fee"]
        catalogue = try TileCatalogue(folder("tiles.csv"))
        let shown = try AppTables(files, corpus: corpus)
        let all = Array(0..<shown.decisions.count)
        var inputs = AppInputs(
            blocks: [.pages, .labels, .embedding], pages: PageCounts(table, sessions: Array(0..<corpus.sessionCount)),
            customers: shown.customerEncoder(learntFrom: all), link: LinkedVectorSettings(), windowSeconds: WebToAppLink.usualWindowSeconds,
            byVisitor: false, encoder: encoder.id, classifier: classifier.id, before: .max, judges: 0)
        let blocks = try inputs.floats(
            table, corpus: "", sessions: Array(0..<corpus.sessionCount), encoder: encoder, classifier: classifier, pool: pool)
        predictorInputs = inputs
        (inputs.tiles, inputs.catalogue) = (shown.shownTiles(all), shown.catalogue?.encoder)
        rankerInputs = inputs

        var settings = TileRankerSettings()
        (settings.members, settings.epochs, settings.hidden, settings.folds) = (1, 2, 8, 2)
        try TileRanker.train(shown.rankingExamples(blocks, inputs), settings, pool: pool).ranker
            .write(to: folder("ranker"), with: [AppInputs.file: inputs.json])
        ranker = try TileRanker(folder("ranker"))

        let asked = try AppTables(
            AppTables.Files(
                customers: folder("customers.csv"), decisions: folder.write(decisions, to: "decisions.csv"), links: folder("links.csv")),
            corpus: corpus)
        var index = asked.index
        let taken = try ApplicationTable(folder.write(applications, to: "applications.csv"), customers: &index)
        let examples = try asked.conversionExamples(
            blocks, predictorInputs.customers, applications: taken.applications, products: taken.products,
            endOfData: Self.start + 400 * 24 * Self.hour
        ).examples
        var conversion = ConversionSettings(.softmax)
        (conversion.strengths, conversion.folds) = ([0.1], 2)
        try ConversionPredictor.train(examples, conversion, pool: pool).predictor
            .write(to: folder("predictor"), with: [AppInputs.file: predictorInputs.json])
        predictor = try ConversionPredictor(folder("predictor"))
    }

    private static func classifier(
        _ table: CorpusTable, _ encoder: ModelArtifact, _ wants: [Int], pool: WorkerPool
    ) throws -> IntentClassifier {
        var taxonomy = Taxonomy(
            id: "shop", version: "1.0.0", description: "What people come for.",
            intents: kinds.map { Intent(id: $0, name: $0, definition: "Somebody wants a \($0).", parent: nil, isGroup: false) })
        taxonomy.approval = Approval(by: "the board", at: "2026-01-01T00:00:00Z", digest: taxonomy.digest)
        let labels = IntentTraining.Labels(
            merged: MergedLabels(
                sessions: Array(wants.indices), intents: kinds,
                confidences: wants.flatMap { want in (0..<3).map { $0 == want ? 0.9 : 0.1 } }, threshold: 0.5),
            verdicts: kinds.map { LabelGate.Verdict(intent: $0, reasons: [], isOverridden: false, isAgreementKnown: true) },
            taxonomy: taxonomy)
        var settings = DistillationSettings()
        (settings.hidden, settings.members, settings.epochs, settings.batchSessions, settings.folds) = (8, 1, 2, 32, 2)
        var facts = FactSettings()
        facts.minimumSessions = 2
        return try IntentTraining(settings, facts: facts, sessions: nil).run(labels, table: table, encoder: encoder, pool: pool).classifier
    }
}

extension SessionRecord {
    /// The session as a request has it.
    var request: String {
        let events = times.indices.map { place in
            var members = [
                "\"time_us\":\(times[place]!)", "\"gap_s\":\(Self.text(gaps[place]))", "\"dwell_s\":\(Self.text(dwells[place]))",
            ]
            members += texts.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value[place].map { "\"\($0)\"" } ?? "null")" }
            members += numbers.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value[place].map { "\($0)" } ?? "null")" }
            return "{\(members.joined(separator: ","))}"
        }
        return "{\"session\":\"\(session)\",\"visitor\":\"\(visitor)\",\"events\":[\(events.joined(separator: ","))]}"
    }

    private static func text(_ seconds: Float?) -> String { seconds.map { "\($0)" } ?? "null" }
}

/// Reads a request, as the routes do.
func reading<Value>(_ json: String, _ body: (inout JSONReader) throws -> Value) throws -> Value {
    try Array(json.utf8).withUnsafeBufferPointer { bytes in
        var reader = JSONReader(bytes)
        let value = try body(&reader)
        try reader.finish()
        return value
    }
}

/// What a body refuses; nil where it does not.
func refusal(_ body: () throws -> Void) -> RequestFault? {
    do { try body() } catch { return error as? RequestFault }
    return nil
}
