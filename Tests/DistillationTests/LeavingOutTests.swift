import FaultTestSupport
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// Banned intents are cut out of a classifier, and everything else stays as it was.
@Suite struct LeavingOutTests {
    let shop: Samples.Shop
    let folder: TemporaryFolder
    init() throws {
        shop = try Samples.shop.get()
        folder = try TemporaryFolder()
    }

    @Test(arguments: [DistillationSettings.Student.linear, .perceptron]) func theOthersKeepTheirProbabilities(
        _ student: DistillationSettings.Student
    ) throws {
        let whole = try shop.train { ($0.epochs, $0.folds, $0.student) = (3, 2, student) }.classifier
        let ids = whole.settings.intents
        // No parent among them: one would be held above its children.
        let banned = try #require(
            ids.first { id in whole.taxonomy.children(of: id).isEmpty && whole.taxonomy[id]?.parent == nil } ?? ids.last)
        let part = try whole.leavingOut([banned], place: "m")
        #expect(part.settings.intents == ids.filter { $0 != banned } && part.count == ids.count - 1)
        #expect(part.settings.heldBack.contains { $0.intent == banned && $0.reasons == [.banned] && !$0.isTrained })
        func probabilities(_ classifier: IntentClassifier) throws -> [Float] {
            try SessionScorer(classifier, encoder: shop.encoder, table: shop.table).probabilities(0..<240, pool: WorkerPool(threads: 1))
        }
        let kept = ids.indices.filter { ids[$0] != banned }
        let before = try probabilities(whole)
        let after = try probabilities(part)
        for session in 0..<240 {
            for (place, column) in kept.enumerated() {
                let (own, other) = (after[session * kept.count + place], before[session * ids.count + column])
                // The product of a narrower matrix may round its sums in another order.
                #expect(abs(own - other) < 1e-5, "\(student) session \(session) of \(ids[column])")
            }
        }
        #expect(part.heldOut == (0..<240).flatMap { row in kept.map { whole.heldOut[row * ids.count + $0] } })
        // Written with its record, read, and the same.
        let rules = PurposeRules(
            id: "r", version: "1.0.0", purposes: [.marketing: PurposeRule(.restricted(.init(intents: [.init(banned)])))])
        let guarded = PurposeGuard([.marketing], rules: rules)
        let id = try part.write(to: folder("part"), with: guarded.record)
        let read = try IntentClassifier(folder("part"), encoder: shop.encoder)
        #expect(read.id == id && read.settings == part.settings)
        let use = try ModelUse.classifier(read, place: folder("part"))
        #expect(use.models.first?.record?.purposes == [.marketing])
        #expect(guarded.breaches(use).isEmpty)
        #expect(guarded.bannedIntents(try .classifier(whole, place: folder("part"))) == [banned])
        #expect(try part.write(to: folder("bare")) != id, "the record is under the id")
    }

    @Test func nothingOrEverythingLeftOut() throws {
        let whole = try shop.train { ($0.epochs, $0.folds) = (2, 2) }.classifier
        #expect(try whole.leavingOut(["nobody"], place: "m").settings == whole.settings)
        #expect(throws: PurposeError.nothingLeft(model: "m")) { try whole.leavingOut(Set(whole.settings.intents), place: "m") }
    }

    @Test func bannedLabelsTeachNothing() throws {
        var labels = Samples.labels(shop.intents, seed: 3)
        let banned = labels.trained[0]
        labels.verdicts[0].isOverridden = true
        let own = try labels.leavingOut([banned])
        #expect(own.trained == labels.trained.filter { $0 != banned } && own.verdicts[0].reasons == [.banned])
        #expect(throws: LabelError.self) { try labels.leavingOut(Set(labels.trained)) }
    }

    @Test func whatSessionsUseIsNamed() throws {
        let classifier = try shop.train { ($0.epochs, $0.folds) = (2, 2) }.classifier
        try classifier.write(to: folder("i"))
        let use = try ModelUse.classifier(classifier, place: folder("i"))
        #expect(use.fields.map(\.name) == ["page", "price"] && use.intents.map(\.id) == classifier.settings.intents)
        #expect(use.models.map(\.kind) == [.intents] && use.models[0].record == nil)
    }
}
