import DurableFiles
import EventStream
import FaultTestSupport
import Foundation
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// What is written of a session, and how a whole corpus is labelled.
@Suite struct LabelLineTests {
    let shop: Samples.Shop
    init() throws { shop = try Samples.shop.get() }

    private static let trained = Result {
        try Samples.shop.get().train { ($0.epochs, $0.folds, $0.student, $0.inputs, $0.calibration) = (4, 2, .linear, .both, .none) }
            .classifier
    }

    /// With thresholds 0.5, 0.25 and one that is never reached; sets from 0.2 on.
    private func classifier(_ change: (inout Taxonomy) -> Void = { _ in }) throws -> IntentClassifier {
        let trained = try Self.trained.get()
        var (settings, taxonomy) = (trained.settings, trained.taxonomy)
        change(&taxonomy)
        settings.taxonomy = TaxonomyReference(taxonomy)
        settings.intents = taxonomy.assignable.map(\.id)
        settings.thresholds = [0.5, 0.25, IntentThresholds.never]
        settings.conformal = ConformalSets(coverage: 0.9, threshold: 0.2)
        return IntentClassifier(
            settings, taxonomy: taxonomy, student: trained.student, facts: trained.facts, card: trained.card, id: "c1a5")
    }

    @Test func oneLineAsItIsWritten() throws {
        let classifier = try classifier()
        var label = classifier.label(session: 3, events: 4, probabilities: [0.62346, 0.9, 0.99996])
        label.evidence = [
            [SessionLabel.Evidence(place: 2, text: "cheese", effect: 0.25), .init(place: 1, text: "rind", effect: 0.00004)],
            [SessionLabel.Evidence(place: 4, text: "bread", effect: 0.125, gradient: -1.5)],
        ]
        let digest = Samples.taxonomy.digest
        #expect(
            LabelLines(classifier, encoder: "e2c0", showsAll: true).line(label, key: "s 1")
                == """
                {"session":"s 1","status":"labelled","intents":[{"id":"buy-cheese","definition":"buy-cheese@4efa20b36935","name":"Buy cheese",\
                "threshold":0.2500,"probability":0.9000,"evidence":[{"place":2,"event":"cheese","effect":0.2500},\
                {"place":1,"event":"rind","effect":0.0000}]},{"id":"buy-bread","definition":"buy-bread@07b92a40d95a","name":"Buy bread",\
                "threshold":0.5000,"probability":0.6235,"evidence":[{"place":4,"event":"bread","effect":0.1250,"gradient":-1.5000}]}],\
                "set":["look-around","buy-cheese","buy-bread"],"groups":{"food":0.9000},\
                "probabilities":{"buy-bread":0.6235,"buy-cheese":0.9000,"look-around":1.0000},\
                "taxonomy":{"id":"aisles","version":"1.0.0","digest":"\(digest)"},"encoder":"e2c0","classifier":"c1a5"}

                """)
    }

    @Test func aSessionWithoutIntentSaysWhy() throws {
        let classifier = try classifier()
        let lines = LabelLines(classifier, encoder: "e")
        func object(_ label: SessionLabel) throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: Data(lines.line(label, key: "k").utf8)) as? [String: Any] ?? [:]
        }
        let below = try object(classifier.label(session: 0, events: 2, probabilities: [0.49, 0.24, 1]))
        #expect(below["status"] as? String == "abstained" && below["reason"] as? String == "below_thresholds")
        #expect((below["intents"] as? [Any])?.isEmpty == true && below["set"] as? [String] == ["look-around", "buy-bread", "buy-cheese"])
        let empty = try object(classifier.label(session: 0, events: 0, probabilities: [0.9, 0.9, 0.9]))
        #expect(empty["status"] as? String == "abstained" && empty["reason"] as? String == "no_events")
        #expect((empty["intents"] as? [Any])?.isEmpty == true && (empty["set"] as? [Any])?.isEmpty == true)
        let some = try object(classifier.label(session: 0, events: 1, probabilities: [0.5, 0.1, 0.1]))
        #expect(some["status"] as? String == "labelled" && some["reason"] == nil && some["set"] as? [String] == ["buy-bread"])
        #expect((some["groups"] as? [String: Double]) == ["food": 0.5])
        // No number is a reason to fail.
        _ = try object(classifier.label(session: 0, events: 1, probabilities: [.nan, .infinity, -.infinity]))
    }

    static let names = [
        "\"quoted\"", "back\\slash", "new\nline\r\t", "\u{0}\u{1F}\u{7F}", "emoji 🧀 é", "\u{2028}\u{2029}", "</script>", "{}[]:,", "",
    ]

    @Test(arguments: names) func linesAreJSONWhateverTheNames(_ name: String) throws {
        let classifier = try classifier {
            $0.id = "t\(name)"
            $0.version = name
            for index in $0.intents.indices { $0.intents[index].name = name }
            let (old, group) = ("buy-bread", "food")
            for index in $0.intents.indices {
                if $0.intents[index].id == old { $0.intents[index].id = "b\(name)" }
                if $0.intents[index].id == group { $0.intents[index].id = "f\(name)" }
                if $0.intents[index].parent == group { $0.intents[index].parent = "f\(name)" }
            }
        }
        var label = classifier.label(session: 0, events: 3, probabilities: [0.9, 0.9, 0.9])
        label.evidence = [
            [.init(place: 1, text: name, effect: 3e38, gradient: -.infinity)], [.init(place: 2, text: name, effect: -2e15, gradient: .nan)],
        ]
        let line = LabelLines(classifier, encoder: "e", showsAll: true).line(label, key: name)
        #expect(line.utf8.count { $0 == 0x0A } == 1 && line.hasSuffix("}\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["session"] as? String == name)
        let intents = try #require(object["intents"] as? [[String: Any]])
        #expect(intents.map { $0["name"] as? String } == [name, name] && intents[0]["id"] as? String == "b\(name)")
        let event = try #require((intents[0]["evidence"] as? [[String: Any]])?.first)
        #expect(event["event"] as? String == name && event["gradient"] is NSNull)
        #expect((object["groups"] as? [String: Any])?.keys.first == "f\(name)")
        #expect((object["taxonomy"] as? [String: Any])?["version"] as? String == name)
    }

    @Test func definitionsAreNamedByTheirWords() {
        let intent = Samples.taxonomy["buy-bread"]!
        var changes: Set<String> = [intent.definitionID]
        for change: (inout Intent) -> Void in [
            { $0.definition += " " }, { $0.name = "Bread" }, { $0.include = ["rolls"] }, { $0.exclude = ["rolls"] },
            { $0.include = ["ro", "lls"] },
        ] {
            var other = intent
            change(&other)
            changes.insert(other.definitionID)
        }
        #expect(changes.count == 6 && intent.definitionID.hasPrefix("buy-bread@"))
        var same = intent
        (same.examples, same.owner) = (["A loaf."], "bakery")
        #expect(same.definitionID == intent.definitionID)
    }

    // MARK: Whole corpora

    /// The first sessions of the shop as an imported corpus.
    private func corpus(in folder: TemporaryFolder) throws -> Corpus {
        var text = "visitor_id,time,page,price\n"
        for (number, session) in shop.sessions.prefix(70).enumerated() {
            for event in session {
                text += "person\(number / 2),\(event.timeMicroseconds!),\(event.strings["page"]!),\(event.numbers["price"]!)\n"
            }
        }
        try AtomicFile.write(Array(text.utf8), to: folder("clicks.csv"))
        let mapping = try JSONDecoder().decode(
            ExportMapping.self,
            from: Data(
                #"""
                {"format":"csv","delimiter":",","header":true,"visitor":"visitor_id","time":{"column":"time","unit":"us"},
                 "fields":[{"name":"page","kind":"categorical"},{"name":"price","kind":"numeric"}]}
                """#.utf8))
        var rejects = RejectCollector()
        _ = try ExportImporter(ImportSettings()).run(
            sources: [ExportReaders.open(try ExportInput(path: folder("clicks.csv")), mapping: mapping, fileNumber: 1)],
            to: folder("corpus"),
            rejects: &rejects, isCancelled: { false }, progress: { _ in })
        #expect(rejects.total == 0)
        return try Corpus.open(folder("corpus"))
    }

    private func labeller(_ corpus: Corpus, _ change: (inout SessionLabeller.Options) -> Void = { _ in }) throws -> SessionLabeller {
        var options = SessionLabeller.Options()
        options.fields = ["page"]
        change(&options)
        return try SessionLabeller(classifier(), encoder: shop.encoder, corpus: corpus, options)
    }

    @Test func sameBytesAtAnyThreadCount() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(in: folder)
        for gradients in [false, true] {
            let labeller = try labeller(corpus) { $0.gradients = gradients }
            let lines = LabelLines(labeller.scorer.classifier, encoder: shop.encoder.id)
            func written(_ threads: Int) throws -> [UInt8] {
                let summary = try labeller.write(to: folder("labels"), lines: lines, pool: WorkerPool(threads: threads))
                #expect(summary?.sessions == 70)
                #expect((summary?.labelled ?? 0) > 5 && summary!.labelled + summary!.abstained == 70, "\(String(describing: summary))")
                #expect(summary?.intents["look-around"] == nil, "a threshold that is never reached")
                return try FileSystem.live.contents(of: folder("labels"))
            }
            let first = try written(1)
            for threads in [1, 2, 3] { #expect(try written(threads) == first, "\(threads) threads") }
            // A labeller of its own, and no session depends on its neighbours.
            let again = try self.labeller(corpus) { $0.gradients = gradients }
            let scratch = [again.scorer.makeScratch()], pool = WorkerPool(threads: 1)
            let alone = (0..<70).reversed().map { session in
                lines.line(again.labels(session..<session + 1, pool: pool, scratch: scratch)[0], key: again.sessionKey(session))
            }
            #expect(Array(alone.reversed().joined().utf8) == first)
            let text = String(decoding: first, as: UTF8.self)
            #expect(text.contains("\"gradient\":") == gradients && text.contains("\"event\":\"") && text.contains("\"evidence\":[{"))
        }
    }

    @Test func evidenceIsLeftOutWhereNotAskedFor() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(in: folder)
        let none = try labeller(corpus) { $0.evidence = 0 }
        let one = try labeller(corpus) { $0.evidence = 1 }
        let pool = WorkerPool(threads: 2)
        let bare = none.labels(0..<70, pool: pool, scratch: [none.scorer.makeScratch(), none.scorer.makeScratch()])
        let told = one.labels(0..<70, pool: pool, scratch: [one.scorer.makeScratch(), one.scorer.makeScratch()])
        #expect(bare.allSatisfy { $0.evidence.isEmpty })
        #expect(zip(bare, told).allSatisfy { $0.probabilities == $1.probabilities && $0.assigned == $1.assigned })
        #expect(told.allSatisfy { $0.evidence.count == $0.assigned.count && $0.evidence.allSatisfy { $0.count <= 1 } })
        #expect(told.contains { $0.evidence.contains { $0.count == 1 } })
    }

    @Test func everyFaultLeavesOldOrNew() throws {
        let folder = try TemporaryFolder()
        let labeller = try labeller(try corpus(in: folder))
        let lines = LabelLines(labeller.scorer.classifier, encoder: shop.encoder.id)
        let faults = try EveryFault()
        faults.personal = ["person"]
        let operations = try faults.check("labelling", prepare: { try AtomicFile.write([1, 2], to: $0 + "/labels.jsonl") }) {
            _ = try labeller.write(to: $0 + "/labels.jsonl", lines: lines, pool: WorkerPool(threads: 1), in: $1)
        }
        #expect(operations >= 5)
        // Stopped, nothing is written.
        #expect(try labeller.write(to: folder("none"), lines: lines, pool: WorkerPool(threads: 1), progress: { _ in false }) == nil)
        #expect(try labeller.write(to: folder("none"), lines: lines, pool: WorkerPool(threads: 1), recording: { _, _ in false }) == nil)
        #expect(try FileSystem.live.status(of: folder("none")) == nil)
    }
}
