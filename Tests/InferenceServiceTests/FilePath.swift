import DurableFiles
import EventStream
import Foundation
import Recommendation
import SequenceEmbedding
import SequenceKernel
import Studies

/// What the commands do with files, step by step: the oracle that answers to requests are held against.
struct FilePath {
    let shop: AppShop
    let folder: TemporaryFolder

    init(_ shop: AppShop) throws { (self.shop, folder) = (shop, try TemporaryFolder()) }

    func corpus(_ sessions: [SessionRecord], schema: EventSchema? = nil, _ name: String = "corpus") throws -> Corpus {
        try SessionRecord.write(sessions, schema: schema ?? shop.schema, to: folder(name), replacing: true)
        return try Corpus.open(folder(name))
    }

    private func floats(_ tables: AppTables, _ inputs: AppInputs) throws -> [SessionFloats] {
        try inputs.floats(
            CorpusTable(tables.corpus), corpus: tables.corpus.digest, part: tables.corpus.schema.part,
            sessions: tables.linkedSessions(of: 0..<tables.decisions.count), encoder: shop.encoder, classifier: shop.classifier,
            pool: WorkerPool(threads: 1))
    }

    /// As `tessera rank score` does.
    func rank(_ files: AppTables.Files, _ corpus: Corpus, top: Int? = nil, rules: EligibilityRules? = nil) throws -> String {
        var files = files
        files.format.needsClicks = false
        let inputs = try AppInputs(
            shop.folder("ranker"), kind: TileRanker.kind, newestVersion: TileRanker.version, command: "tessera rank train")
        let tables = try AppTables(files, corpus: corpus, byVisitor: inputs.byVisitor, windowSeconds: inputs.windowSeconds)
        let eligibility = try rules.map { try Eligibility($0, tables.catalogue!, customers: tables.customers) }
        let examples = try tables.rankingExamples(floats(tables, inputs), inputs)
        let probabilities = try TileRanker(shop.folder("ranker")).probabilities(examples, pool: WorkerPool(threads: 1))
        let lines = RankLines(tables.log!, probabilities: probabilities, most: top, rules: eligibility) {
            tables.row(of: tables.decisions.customers[$0])
        }
        try lines.write(to: folder("ranked.jsonl"))
        return try text("ranked.jsonl")
    }

    /// As `tessera convert score` does.
    func convert(_ files: AppTables.Files, _ corpus: Corpus) throws -> String {
        let inputs = try AppInputs(
            shop.folder("predictor"), kind: ConversionPredictor.kind, newestVersion: ConversionPredictor.version,
            command: "tessera convert train")
        let tables = try AppTables(files, corpus: corpus, byVisitor: inputs.byVisitor, windowSeconds: inputs.windowSeconds)
        let context = try tables.context(floats(tables, inputs), inputs.customers, settings: inputs.link)
        let predictor = try ConversionPredictor(shop.folder("predictor"))
        let probabilities = try predictor.probabilities(context.floats, names: context.names)
        try ConversionLines(
            ids: tables.decisions.ids, classes: predictor.classes, probabilities: probabilities, offers: predictor.offers(probabilities)
        ).write(to: folder("foretold.jsonl"))
        return try text("foretold.jsonl")
    }

    func text(_ name: String) throws -> String { String(decoding: try FileSystem.live.contents(of: folder(name)), as: UTF8.self) }
}
