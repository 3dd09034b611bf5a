import DurableFiles
import EventStream
import Foundation
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// The planted needs of the shipped bank come out of the file-based path, when whoever fills the files names groups truly.
@Suite struct RecoveryTests {
    @Test func plantedNeedsAreRecoveredThroughFiles() throws {
        let bank = try Bank.shared.get()
        var configuration = ModelConfiguration(preset: .small)
        // The aims of the demo, for fewer epochs.
        configuration.objectives.maskedEvent.eventShare = 0.4
        configuration.objectives.maskedEvent.summaryWeight = 2
        configuration.training.batchSessions = 64
        configuration.training.learningRate = 0.002
        configuration.training.epochs = 18
        configuration.training.patience = 0
        let pool = WorkerPool()
        let trained = try Pretraining.run(
            CorpusTable(bank.corpus), dataDigest: bank.corpus.digest, configuration, pool: pool, progress: { _ in })
        let events = try EncodedEvents(CorpusTable(bank.corpus), trained.encoding)
        let dimension = trained.model.configuration.embeddingSize
        let embeddings = EmbeddingTable.make(
            SessionEmbedder(trained.model, trained.weights), events, sessions: 0..<bank.corpus.sessionCount, pool: pool)
        // The usual number of groups, and five for each need: smaller groups are purer, and cost more questions.
        for clusters in [nil, 5 * bank.shares.count] {
            try recover(bank, embeddings, dimension, clusters: clusters, pool)
        }
    }

    private func recover(_ bank: Bank, _ embeddings: [Float], _ dimension: Int, clusters: Int?, _ pool: WorkerPool) throws {
        var choice = ProposalPlan.Settings(intents: bank.shares.count + 1, seed: 1)
        (choice.restarts, choice.clusters) = (3, clusters)
        let plan = ProposalPlan(embeddings, dimension: dimension, choice, pool: pool)
        let run = ProposalRun(
            bank.corpus, plan: plan, summary: SessionSummary(bank.corpus), .init(id: "recovered", intents: bank.shares.count + 1))

        let folder = try TemporaryFolder()
        let files = try BatchFiles(folder: folder("questions"), name: "oracle")
        var known: [String] = []
        var result: ProposalRun.Result?
        for round in 0...run.steps {
            do throws(ChatError) { result = try run.run(files) } catch {
                guard case .awaiting(let file) = error else { throw error }
                let sessions = round < plan.batches.count ? run.sessions(inBatch: round) : []
                let answer = Self.answer(bank, plan, batch: round < plan.batches.count ? round : nil, sessions, &known)
                try AtomicFile.write(Array("Here you are.\n\(answer)".utf8), to: file)
            }
        }
        let found = Set(try #require(result).taxonomy.intents.map(\.id)).subtracting(["other"])
        let rare = Set(bank.shares.filter { $0.value < 0.02 }.keys)
        let weight = found.reduce(0) { $0 + (bank.shares[$1] ?? 0) } / bank.shares.values.reduce(0, +)
        print(
            "recovery: \(plan.clusters.count) groups, \(plan.batches.count) batches: \(found.count) of \(bank.shares.count) needs, "
                + "\(found.intersection(rare).count) of \(rare.count) rare ones; needs found have \(weight) of the sessions; "
                + "missing \(Set(bank.shares.keys).subtracting(found).sorted())")
        #expect(found.isSubset(of: Set(bank.shares.keys)))
        // Floors, not aims: the encoder has some seconds, and a group is named by its majority alone.
        #expect(Double(found.count) >= 0.75 * Double(bank.shares.count))
        #expect(weight >= 0.9)
        #expect(Double(found.intersection(rare).count) >= 0.5 * Double(rare.count))
    }

    /// Names each group by the need that most of its shown members truly have; sessions of that need are the evidence.
    private static func answer(
        _ bank: Bank, _ plan: ProposalPlan, batch: Int?, _ sessions: [Int], _ known: inout [String]
    ) -> String {
        var evidence: [String: [Int]] = [:]
        var shown = 0
        for place in batch.map({ plan.batches[$0] }) ?? [] {
            let members = plan.clusters[place].members
            #expect(Array(sessions[shown..<shown + members.count]) == members)
            var counts: [String: [Int]] = [:]
            for (offset, session) in members.enumerated() {
                if let need = bank.need(session) { counts[need, default: []].append(shown + offset + 1) }
            }
            shown += members.count
            if let most = counts.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) {
                evidence[most.key, default: []] += most.value
            }
        }
        for need in evidence.keys.sorted() where !known.contains(need) { known.append(need) }
        return ProtocolTests.list(known.map { ProtocolTests.intent($0, evidence: evidence[$0] ?? []) })
    }
}
