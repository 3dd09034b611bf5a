import DurableFiles
import EventStream
import Foundation
import Glibc
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel

/// A fresh folder for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var template = Array("\(root)/distillation-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, root, code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
}

/// Made-up visits to a shop of three aisles; what somebody wants shows in the pages, in their order, and in a number.
enum Samples {
    static let taxonomy: Taxonomy = {
        var taxonomy = Taxonomy(
            id: "aisles", version: "1.0.0", description: "What people come for.",
            intents: [
                intent("food", "Food", group: true), intent("buy-bread", "Buy bread", parent: "food"),
                intent("buy-cheese", "Buy cheese", parent: "food"), intent("look-around", "Look around"),
            ])
        taxonomy.approval = Approval(by: "the board", at: "2026-01-01T00:00:00Z", digest: taxonomy.digest)
        return taxonomy
    }()

    private static func intent(_ id: String, _ name: String, parent: String? = nil, group: Bool = false) -> Intent {
        Intent(id: id, name: name, definition: "\(name), as one does in a shop.", parent: parent, isGroup: group)
    }

    static let fields = [TableField(name: "page", kind: .categorical), TableField(name: "price", kind: .numeric)]

    /// Sessions with their intents; some have two.
    static func sessions(_ count: Int, seed: UInt64) -> (table: MemoryTable, intents: [[Bool]]) {
        let (sessions, intents) = events(count, seed: seed)
        return (MemoryTable(fields: fields, sessions: sessions, visitors: (0..<count).map { $0 / 2 }), intents)
    }

    static func events(_ count: Int, seed: UInt64) -> (sessions: [[MemoryTable.Event]], intents: [[Bool]]) {
        var random = RandomSource(seed, 0x5A3)
        var intents: [[Bool]] = []
        var time: Int64 = 1_700_000_000_000_000
        let sessions = (0..<count).map { _ in
            let wants = [random.uniform() < 0.4, random.uniform() < 0.3, random.uniform() < 0.3]
            intents.append(wants)
            time += 3_600_000_000
            var moment = time
            let pages = ["bread", "cheese", "window"]
            return (0..<(2 + random.below(7))).map { _ in
                moment += Int64(1 + random.below(90)) * 1_000_000
                var event = MemoryTable.Event(timeMicroseconds: moment)
                let wanted = wants.indices.filter { wants[$0] }
                let page = random.uniform() < 0.65 && !wanted.isEmpty ? pages[wanted[random.below(wanted.count)]] : "page\(random.below(5))"
                event.strings["page"] = page
                event.numbers["price"] = Double(random.uniform()) * 10
                return event
            }
        }
        return (sessions, intents)
    }

    /// Confidences as an annotator would give them: near the truth, and sometimes wrong.
    static func labels(_ intents: [[Bool]], seed: UInt64, slip: Float = 0.1) -> IntentTraining.Labels {
        var random = RandomSource(seed, 0x1ABE)
        let ids = taxonomy.assignable.map(\.id)
        let confidences = intents.flatMap { wants in
            wants.map { wanted in
                let shown = random.uniform() < slip ? !wanted : wanted
                return Double(shown ? 0.6 + 0.4 * random.uniform() : 0.3 * random.uniform())
            }
        }
        return IntentTraining.Labels(
            merged: MergedLabels(sessions: Array(intents.indices), intents: ids, confidences: confidences, threshold: 0.5),
            verdicts: ids.map { LabelGate.Verdict(intent: $0, reasons: [], isOverridden: false, isAgreementKnown: true) },
            taxonomy: taxonomy)
    }

    static let configuration: ModelConfiguration = {
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.training.epochs = 3
        configuration.training.batchSessions = 32
        configuration.training.shards = 3
        configuration.training.learningRate = 5e-3
        return configuration
    }()

    /// An encoder trained on these sessions, written and read.
    static func encoder(_ table: MemoryTable, in folder: TemporaryFolder) throws -> ModelArtifact {
        let result = try Pretraining.run(table, dataDigest: "made up", configuration, pool: WorkerPool(threads: 2))
        try ModelArtifact.write(result.model, result.weights, result.encoding, result.card, to: folder("encoder"))
        return try ModelArtifact(folder("encoder"))
    }

    /// Sessions and their encoder, made once.
    struct Shop: Sendable {
        let sessions: [[MemoryTable.Event]]
        let table: MemoryTable
        let intents: [[Bool]]
        let encoder: ModelArtifact
        /// The same as an artifact of other weights.
        let otherEncoder: ModelArtifact

        init() throws {
            let folder = try TemporaryFolder()
            (sessions, intents) = Samples.events(240, seed: 41)
            table = MemoryTable(fields: Samples.fields, sessions: sessions, visitors: (0..<240).map { $0 / 2 })
            encoder = try Samples.encoder(table, in: folder)
            otherEncoder = try Samples.encoder(Samples.sessions(30, seed: 42).table, in: try TemporaryFolder())
        }

        func train(
            _ labels: IntentTraining.Labels? = nil, threads: Int = 2, sessions: Set<Int>? = nil,
            _ change: (inout DistillationSettings) -> Void = { _ in }
        ) throws -> IntentTraining.Result {
            var facts = FactSettings()
            facts.minimumSessions = 2
            return try IntentTraining(Samples.settings(change), facts: facts, sessions: sessions).run(
                labels ?? Samples.labels(intents, seed: 3), table: table, encoder: encoder, pool: WorkerPool(threads: threads))
        }
    }

    static let shop = Result { try Shop() }

    static func settings(_ change: (inout DistillationSettings) -> Void = { _ in }) -> DistillationSettings {
        var settings = DistillationSettings()
        (settings.hidden, settings.members, settings.epochs, settings.batchSessions, settings.folds) = (16, 2, 30, 32, 3)
        change(&settings)
        return settings
    }
}
