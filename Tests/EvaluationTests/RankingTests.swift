import Evaluation
import Testing

@Suite("Ranking metrics and next-item baselines")
struct RankingTests {
    @Test("Metrics of known ranks, by hand")
    func byHand() {
        let metrics = RankingMetrics(ranks: [1, 3, 0, 21, 2])
        #expect(metrics.hit(at: 20) == 3.0 / 5)
        #expect(abs(metrics.mrr(at: 20) - (1 + 1.0 / 3 + 0.5) / 5) < 1e-12)
        #expect(abs(metrics.ndcg(at: 20) - (1 + 0.5 + 0.6309297535714575) / 5) < 1e-12)
        #expect(metrics.hit(at: 1) == 0.2)
        // Class 7: hit and miss; class 2: miss, miss, hit.
        #expect(abs(metrics.macroRecall(at: 2, classes: [7, 7, 2, 2, 2]) - (0.5 + 1.0 / 3) / 2) < 1e-12)
    }

    @Test("Macro recall by resampling: its estimate, its paired difference, and classes that a resample leaves out")
    func macroRecallIntervals() {
        let (a, b) = (RankingMetrics(ranks: [1, 3, 5, 1, 2]), RankingMetrics(ranks: [2, 1, 5, 1, 1]))
        let (classes, clusters): ([Int32], [Int32]) = ([7, 7, 2, 2, 9], [0, 0, 1, 1, 2])
        let own = a.macroRecallInterval(at: 1, classes: classes, clusters: clusters)
        #expect(abs(own.estimate - a.macroRecall(at: 1, classes: classes)) < 1e-12)
        // A resample is a mean over some of the classes' recalls, which are 1/2, 1/2 and 0.
        #expect(own.lower == 0 && own.upper == 0.5)
        let difference = a.macroRecallInterval(at: 1, classes: classes, less: b, clusters: clusters)
        #expect(abs(difference.estimate - (own.estimate - b.macroRecall(at: 1, classes: classes))) < 1e-12)
        #expect(difference.lower == -1 && difference.upper == 0)
        // Nothing differs from itself, however it is drawn.
        let same = a.macroRecallInterval(at: 1, classes: classes, less: a)
        #expect(same == MetricInterval(estimate: 0, lower: 0, upper: 0))
    }

    @Test("The right item stands behind its equals, and what is not a number helps nobody")
    func ties() {
        func rank(_ item: Int, _ scores: [Float]) -> Int32 { scores.withUnsafeBufferPointer { RankingMetrics.rank(of: item, in: $0) } }
        #expect(rank(0, [0.5, 0.5, 0.5, 0.1]) == 3)
        #expect(rank(1, [0.5, 0.9, 0.5]) == 1)
        #expect(rank(0, [0.5, .nan]) == 2)
        #expect(rank(0, [.nan, 0.1, 0.2]) == 3)
    }

    @Test("Popularity: most frequent first, then the smaller number")
    func popularity() {
        let baseline = PopularityBaseline(fit: ItemSequences([[5, 3, 5], [3, 9], [2]]))
        #expect(baseline.order == [3, 5, 2, 9])
        #expect([3, 5, 2, 9, 4, 100].map { baseline.rank(of: $0) } == [1, 2, 3, 4, 0, 0])
    }

    @Test("Markov equals the list it stands for", arguments: 0..<10)
    func markov(seed: UInt64) {
        var source = TestSource(seed)
        let sequences = (0..<40).map { _ in (0..<(1 + source.index(6))).map { _ in Int32(source.index(12)) } }
        let baseline = MarkovBaseline(fit: ItemSequences(sequences))
        for last in Int32(0)..<14 {
            // The slow and obvious form: followers by count, then popularity, then number; then the rest by popularity.
            var counts: [Int32: Int] = [:]
            for sequence in sequences { for (a, b) in zip(sequence, sequence.dropFirst()) where a == last { counts[b, default: 0] += 1 } }
            let popular = baseline.popularity.order
            let followers = counts.keys.sorted { a, b in
                counts[a]! != counts[b]! ? counts[a]! > counts[b]! : popular.firstIndex(of: a)! < popular.firstIndex(of: b)!
            }
            let list = followers + popular.filter { counts[$0] == nil }
            #expect(Array(baseline.followers(of: last)) == followers, "seed \(seed)")
            for (place, item) in list.enumerated() {
                #expect(baseline.rank(of: item, after: last) == Int32(place + 1), "seed \(seed), \(item) after \(last)")
            }
            #expect(baseline.rank(of: 99, after: last) == 0)
        }
        #expect(baseline.rank(of: baseline.popularity.order[0], after: nil) == 1)
    }

    @Test("Nothing to learn from is not an accident")
    func empty() {
        let baseline = MarkovBaseline(fit: ItemSequences([]))
        #expect(baseline.rank(of: 1, after: 2) == 0)
        #expect(RankingMetrics(ranks: []).hit(at: 20).isNaN)
    }
}

/// Repeatable numbers for tests.
struct TestSource {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 88_172_645_463_325_252 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func index(_ count: Int) -> Int { Int(next() % UInt64(count)) }
    mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + unit() } }
}
