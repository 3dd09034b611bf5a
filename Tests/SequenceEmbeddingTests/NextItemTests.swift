import SequenceEmbedding
import SequenceKernel
import Testing

@Suite struct NextItemTests {
    /// Sessions that go 0 1 2 3 4 and round again from a random start, now and then back to the first item.
    private func sessions(_ count: Int, seed: UInt64) -> [[Int32]] {
        var random = RandomSource(seed, 1)
        return (0..<count).map { _ in
            var item = Int32(random.below(10))
            var session = [item]
            for _ in 0..<4 {
                item = random.uniform() < 0.2 ? session[0] : (item + 1) % 10
                session.append(item)
            }
            return session
        }
    }

    @Test func linksAndRepeatsAreLearned() {
        var settings = NextItemSettings()
        settings.networkShare = 0
        let pool = WorkerPool(threads: 2)
        let prior = NextItemPrior(sessions(400, seed: 3), itemCount: 20, settings, pool)
        let prefixes: [ArraySlice<Int32>] = [[4, 5], [8, 9], [2, 3, 4]]
        // The item that follows comes before all others that are new; items never met come last.
        let next = prior.ranks(prefixes, targets: [6, 0, 5], network: nil, pool)
        #expect(next.allSatisfy { $0 >= 1 && $0 <= 2 }, "\(next)")
        let returns = prior.ranks(prefixes, targets: [4, 8, 2], network: nil, pool)
        #expect(returns.allSatisfy { $0 >= 1 && $0 <= 2 }, "\(returns)")
        #expect(prior.ranks(prefixes, targets: [19, 15, -1], network: nil, pool) == [20, 20, 0], "ties count against the target")
        #expect(prior == NextItemPrior(sessions(400, seed: 3), itemCount: 20, settings, WorkerPool(threads: 1)))
    }

    @Test func networkMovesNewItemsOnly() {
        var settings = NextItemSettings()
        settings.networkShare = 0.9
        let pool = WorkerPool(threads: 1)
        let prior = NextItemPrior(sessions(100, seed: 4), itemCount: 20, settings, pool)
        var scores = [Float](repeating: 0, count: 20)
        scores[17] = 20
        scores.withUnsafeBufferPointer { network in
            let base = network.baseAddress!
            let ranks = prior.ranks([[4, 5]], targets: [17], network: { _, _ in base }, pool)
            #expect(ranks[0] <= 2, "\(ranks)")
        }
    }

    @Test func modelTravelsWithItsPriorAndIsJudged() throws {
        let table = Samples.table(sessions: 80, seed: 14)
        let configuration = Samples.itemConfiguration {
            $0.objectives.nextEvent.prior = NextItemSettings()
            $0.training.epochs = 8
            $0.training.patience = 0
        }
        let pool = WorkerPool(threads: 2)
        let result = try Pretraining.run(table, dataDigest: "d", configuration, pool: pool)
        let folder = try TemporaryFolder()
        try ModelArtifact.write(
            result.model, result.weights, result.encoding, result.card, prior: result.prior, to: folder.path + "/m")
        let model = try ModelArtifact(folder.path + "/m")
        #expect(model.prior != nil)
        let test = Samples.table(sessions: 30, seed: 15)
        for prior in [nil, result.prior] {
            let first = try NextItemEvaluation(
                result.model, result.weights, result.encoding, prior: prior, test, pool: pool)
            let second = try NextItemEvaluation(
                model.model, model.weights, model.encoding, prior: prior == nil ? nil : model.prior, test, pool: WorkerPool(threads: 1))
            #expect(first.ranks == second.ranks && first.pairs == (0..<30).count { test.events(ofSession: $0).count > 1 })
            // Six pages: the next one is the next number seven times in ten, so the mean reciprocal rank is far above chance (0.41).
            #expect(first.meanReciprocalRank() > 0.5, "\(first.meanReciprocalRank())")
        }
    }
}
