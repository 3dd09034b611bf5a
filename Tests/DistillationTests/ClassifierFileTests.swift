import DurableFiles
import FaultTestSupport
import Foundation
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// A classifier as a directory: read as it was written, and refused when it is anything else.
@Suite struct ClassifierFileTests {
    let shop: Samples.Shop
    let folder: TemporaryFolder
    init() throws {
        shop = try Samples.shop.get()
        folder = try TemporaryFolder()
    }

    private func trained(_ student: DistillationSettings.Student = .perceptron, inputs: DistillationSettings.Inputs = .both) throws
        -> IntentClassifier
    {
        try shop.train {
            ($0.epochs, $0.encoderEpochs, $0.folds, $0.student, $0.inputs) = (3, 1, 2, student, inputs)
        }.classifier
    }

    private func error(_ path: String, encoder: ModelArtifact? = nil) -> IntentClassifierError? {
        do throws(IntentClassifierError) {
            _ = try IntentClassifier(path, encoder: encoder ?? shop.encoder)
            return nil
        } catch {
            #expect(error.description.contains("/") && error.description.contains("; "), "no place or no remedy in: \(error)")
            return error
        }
    }

    private func isDamage(_ error: IntentClassifierError?) -> Bool {
        guard case .folder(.damaged) = error else { return false }
        return true
    }

    @Test(arguments: DistillationSettings.Student.allCases, DistillationSettings.Inputs.allCases) func readAsWritten(
        _ student: DistillationSettings.Student, inputs: DistillationSettings.Inputs
    ) throws {
        if student == .fineTuned && inputs == .facts { return }
        let classifier = try trained(student, inputs: inputs)
        let id = try classifier.write(to: folder("intents"))
        let read = try IntentClassifier(folder("intents"), encoder: shop.encoder)
        #expect(read.id == id && read.settings == classifier.settings && read.card == classifier.card && read.facts == classifier.facts)
        #expect(read.taxonomy == classifier.taxonomy && read.heldOut == classifier.heldOut && read.heldOut.count == 240 * 3)
        func probabilities(_ classifier: IntentClassifier) throws -> [Float] {
            try SessionScorer(classifier, encoder: shop.encoder, table: shop.table).probabilities(0..<240, pool: WorkerPool(threads: 2))
        }
        let before = try probabilities(classifier)
        #expect(try probabilities(read).map(\.bitPattern) == before.map(\.bitPattern))
        #expect(Set(before).count > 100)
        // Read and written again it is the same directory.
        #expect(try read.write(to: folder("again")) == id)
    }

    @Test func damageIsToldByFile() throws {
        let classifier = try trained(.fineTuned)
        try classifier.write(to: folder("intents"))
        let names = try FileSystem.live.names(in: folder("intents")).sorted()
        #expect(
            names == [
                "card.json", "classifier.safetensors", "encoder.safetensors", "facts.json", "held-out.safetensors", "intents.json",
                "manifest.json", "taxonomy.json",
            ])
        for name in names {
            let file = folder("intents/\(name)")
            let bytes = try FileSystem.live.contents(of: file)
            var changed = bytes
            changed[changed.count / 2] ^= 1
            for (what, contents) in [
                ("cut", Array(bytes.dropLast(3))), ("empty", []), ("longer", bytes + [0x20, 0x7D]), ("changed", changed),
            ] {
                try FileSystem.live.removeFile(file)
                try AtomicFile.write(contents, to: file)
                let found = error(folder("intents"))
                #expect(isDamage(found) || (name == "manifest.json" && found != nil), "\(name) \(what): \(String(describing: found))")
                #expect(found?.description.contains(name) == true, "\(name) \(what): \(String(describing: found))")
            }
            try FileSystem.live.removeFile(file)
            let missing = error(folder("intents"))
            if name == "manifest.json" {
                guard case .folder(.notThere) = missing else {
                    Issue.record("\(String(describing: missing))")
                    continue
                }
            } else {
                #expect(isDamage(missing), "\(name) missing: \(String(describing: missing))")
            }
            try FileSystem.live.makeDirectory(file)
            #expect(error(folder("intents")) != nil, "\(name) is a directory")
            try FileSystem.live.removeTree(file)
            try AtomicFile.write(bytes, to: file)
            #expect(error(folder("intents")) == nil, "\(name) restored")
        }
    }

    /// Everything sealed as it should be, and one file from somebody who means harm.
    private func sealed(
        _ name: String, kind: String = IntentClassifier.kind, version: Int = IntentClassifier.version,
        _ change: (inout [String: Any]) -> Void
    ) throws -> IntentClassifierError? {
        let source = folder("source")
        if try FileSystem.live.status(of: source) == nil { try trained().write(to: source) }
        var files: [String: [UInt8]] = [:]
        for file in try FileSystem.live.names(in: source) where file != SealedFolder.manifestFile {
            files[file] = try FileSystem.live.contents(of: "\(source)/\(file)")
        }
        var object = try JSONSerialization.jsonObject(with: Data(files[name]!)) as! [String: Any]
        change(&object)
        files[name] = Array(try JSONSerialization.data(withJSONObject: object))
        try FileSystem.live.removeTree(folder("sealed"))
        try SealedFolder.write(files, kind: kind, version: version, to: folder("sealed"), replacing: true)
        return error(folder("sealed"))
    }

    static let hostile: [(name: String, key: String, value: @Sendable (Any) -> Any)] = [
        ("hidden below zero", "hidden", { _ in -1 }), ("hidden without end", "hidden", { _ in 1 << 60 }),
        ("hidden that asks for memory", "hidden", { _ in 1 << 20 }), ("a linear student", "hidden", { _ in 0 }),
        ("embeddings without end", "embedding_size", { _ in Int.max }), ("embeddings below zero", "embedding_size", { _ in -8 }),
        ("no embeddings", "embedding_size", { _ in 0 }), ("no intents", "intents", { _ in [String]() }),
        ("an intent twice", "intents", { ($0 as! [String]) + ["buy-bread"] }), ("an intent nobody knows", "intents", { _ in ["fly"] }),
        ("a group", "intents", { _ in ["food", "buy-bread", "buy-cheese"] }),
        ("intents in another order", "intents", { ($0 as! [String]).reversed() as [String] }),
        ("fewer intents", "intents", { _ in ["buy-bread"] }), ("a threshold below zero", "thresholds", { _ in [-0.1, 0.5, 0.5] }),
        ("a threshold above all", "thresholds", { _ in [0.1, 1e300, 0.5] }), ("too few thresholds", "thresholds", { _ in [0.5] }),
        ("too few calibrations", "calibration", { _ in [["kind": "none"]] }),
        (
            "a calibration that falls", "calibration",
            { _ in [["kind": "isotonic", "logits": [1, 0], "probabilities": [0.1, 0.2]], ["kind": "none"], ["kind": "none"]] }
        ),
        ("a calibration nobody knows", "calibration", { _ in [["kind": "magic"], ["kind": "none"], ["kind": "none"]] }),
        ("inputs that it was not taught on", "inputs", { _ in "facts" }), ("inputs nobody knows", "inputs", { _ in "all" }),
        ("text for a number", "hidden", { _ in "many" }),
        ("another taxonomy", "taxonomy", { _ in ["id": "aisles", "version": "1.0.0", "digest": "00"] }),
        ("an unknown setting", "distillation", { _ in ["magic": 1] }),
    ]

    @Test func hostileSettingsAreRefused() throws {
        for (name, key, value) in Self.hostile {
            let found = try sealed("intents.json") { $0[key] = value($0[key]!) }
            #expect(isDamage(found), "\(name): \(String(describing: found))")
        }
        #expect(try sealed("intents.json") { _ in } == nil, "unchanged it is accepted")
    }

    @Test func whatIsSaidOfThoseWhoTaughtIsHeldOut() throws {
        var shuffled = Array(0..<240)
        shuffled.swapAt(3, 200)
        var labels = Samples.labels(shop.intents, seed: 3)
        let count = labels.merged.intents.count
        labels.merged = MergedLabels(
            sessions: shuffled, intents: labels.merged.intents,
            confidences: shuffled.flatMap { labels.merged.confidences[$0 * count..<($0 + 1) * count] }, threshold: labels.merged.threshold)
        let result = try shop.train(labels, sessions: Set(0..<230)) { ($0.epochs, $0.folds) = (3, 2) }
        let own = result.classifier
        #expect(own.taughtScores(ofCorpus: "") == nil && own.taughtScores(ofCorpus: "c") == nil, "of no corpus anybody knows")
        var card = own.card
        card.corpus = "c"
        func classifier(_ heldOut: [Float]) -> IntentClassifier {
            IntentClassifier(
                own.settings, taxonomy: own.taxonomy, student: own.student, facts: own.facts, card: card, heldOut: heldOut)
        }
        let taught = try #require(classifier(own.heldOut).taughtScores(ofCorpus: "c"))
        #expect(taught.sessions == Array(0..<230))
        for (row, session) in result.sessions.enumerated() {
            #expect(taught.scores[session * 3..<(session + 1) * 3] == result.heldOut[row * 3..<(row + 1) * 3])
        }
        let plain = try SessionScorer(own, encoder: shop.encoder, table: shop.table).probabilities(0..<230, pool: WorkerPool(threads: 2))
        #expect(plain != taught.scores)
        #expect(classifier(own.heldOut).taughtScores(ofCorpus: "d") == nil)

        // A folder of the first format keeps none: they are missing.
        try classifier(own.heldOut).write(to: folder("two"))
        var files: [String: [UInt8]] = [:]
        for name in try FileSystem.live.names(in: folder("two")) where name != SealedFolder.manifestFile {
            files[name] = try FileSystem.live.contents(of: folder("two/\(name)"))
        }
        let scores = try #require(files["held-out.safetensors"])
        files["held-out.safetensors"] = nil
        try SealedFolder.write(files, kind: IntentClassifier.kind, version: 1, to: folder("one"), replacing: false)
        let old = try IntentClassifier(folder("one"), encoder: shop.encoder)
        let missing = try #require(old.taughtScores(ofCorpus: "c"))
        #expect(old.heldOut.isEmpty && missing.sessions == taught.sessions && missing.scores.count == 690)
        #expect(missing.scores.allSatisfy { $0.isNaN })

        // Other numbers of sessions, and what is no probability.
        for (sessions, value) in [(229, Float(0.5)), (230, 1.5), (230, .nan)] {
            var writer = SafetensorsWriter()
            writer.add("probabilities", shape: [sessions, 3], [Float](repeating: value, count: sessions * 3))
            files["held-out.safetensors"] = writer.contents()
            try SealedFolder.write(files, kind: IntentClassifier.kind, version: 2, to: folder("bad"), replacing: true)
            let found = error(folder("bad"))
            #expect(isDamage(found) && found?.description.contains("held-out.safetensors") == true, "\(sessions) \(value)")
        }
        files["held-out.safetensors"] = scores
        try SealedFolder.write(files, kind: IntentClassifier.kind, version: 2, to: folder("bad"), replacing: true)
        #expect(error(folder("bad")) == nil)
    }

    @Test func otherThingsAreTold() throws {
        guard case .folder(.otherKind(_, "labels", "intents")) = try sealed("card.json", kind: "labels", { _ in }) else {
            Issue.record("another kind")
            return
        }
        guard case .folder(.unsupportedVersion(_, 99, 2)) = try sealed("card.json", version: 99, { _ in }) else {
            Issue.record("a newer version")
            return
        }
        guard case .otherEncoder(_, let wanted, let given) = error(folder("source"), encoder: shop.otherEncoder) else {
            Issue.record("another encoder")
            return
        }
        #expect(wanted == shop.encoder.id && given == shop.otherEncoder.id)
        #expect(isDamage(try sealed("taxonomy.json") { $0["description"] = "Something else." }), "another taxonomy")
        #expect(isDamage(try sealed("facts.json") { $0["facts"] = [Any]() }), "no facts")
        guard case .folder(.notThere) = error(folder.path) else {
            Issue.record("no classifier at all")
            return
        }
        guard case .folder(.notThere) = error(folder("nowhere")) else {
            Issue.record("nothing there")
            return
        }
    }

    @Test func weightsThatAreNoNumbersAreRefused() throws {
        let classifier = try trained()
        let weights = classifier.student.weights
        let last = weights.parameters.last!
        weights.pointer(last)[last.count - 1] = .infinity
        try classifier.write(to: folder("intents"))
        let found = error(folder("intents"))
        #expect(isDamage(found) && found?.description.contains("finite") == true)
    }

    @Test func everyFaultLeavesOldOrNew() throws {
        let (old, new) = (try trained(.linear), try trained())
        let faults = try EveryFault()
        let written = try faults.check(
            "writing", prepare: { try old.write(to: $0 + "/intents") },
            { try new.write(to: $0 + "/intents", replacing: true, in: $1) })
        #expect(written > 30)
        try new.write(to: folder("intents"))
        #expect(try faults.check("reading") { _ = try IntentClassifier(folder("intents"), encoder: shop.encoder, in: $1) } > 15)
    }

    // MARK: Packing

    @Test func onlyApprovedTaxonomiesArePacked() throws {
        let trained = try trained()
        try trained.checkServable(place: "p")
        let own = try trained.packed(approvedBy: nil, place: "p")
        #expect(own.taxonomy == trained.taxonomy)

        func with(_ approval: Approval?) -> IntentClassifier {
            var taxonomy = trained.taxonomy
            taxonomy.approval = approval
            return IntentClassifier(
                trained.settings, taxonomy: taxonomy, student: trained.student, facts: trained.facts, card: trained.card,
                heldOut: trained.heldOut)
        }
        func refusal(_ classifier: IntentClassifier, _ taxonomy: Taxonomy?) -> IntentClassifierError? {
            do throws(IntentClassifierError) {
                _ = try classifier.packed(approvedBy: taxonomy, place: "shelf/p")
                return nil
            } catch { return error }
        }
        let bare = with(nil)
        guard case .unapproved("shelf/p", .unapproved, _) = refusal(bare, nil) else {
            Issue.record("nobody approved it")
            return
        }
        #expect(throws: IntentClassifierError.self) { try bare.checkServable(place: "p") }
        var stale = Samples.taxonomy
        stale.approval?.digest = String(repeating: "0", count: 64)
        guard case .unapproved(_, .changed, _) = refusal(bare, stale) else {
            Issue.record("approved with other words")
            return
        }
        guard case .unapproved(_, .changed, _) = refusal(with(stale.approval), nil) else {
            Issue.record("its own approval is of other words")
            return
        }
        var other = Samples.taxonomy
        other.intents[1].definition = "Something else."
        other.approval = Approval(by: "the board", at: "2026-01-01T00:00:00Z", digest: other.digest)
        let refused = refusal(bare, other)
        guard case .otherTaxonomy("shelf/p", _, _) = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        #expect(refused?.description.contains("shelf/p") == true && refused?.description.contains("train anew") == true)

        let packed = try bare.packed(approvedBy: Samples.taxonomy, place: "p")
        #expect(packed.taxonomy.approval == Samples.taxonomy.approval && packed.settings == bare.settings && packed.card == bare.card)
        // With the approval it is, file by file, what it would have been had the taxonomy been approved before the training.
        #expect(try packed.write(to: folder("packed")) == trained.write(to: folder("trained")))
    }
}
