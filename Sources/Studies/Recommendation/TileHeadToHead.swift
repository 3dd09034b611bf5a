internal import Evaluation
public import Recommendation
public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension HeadToHead {
    /// Trains a ranker for each row of features and judges it on impressions with a click.
    /// - Parameters:
    ///   - tiles: which tile each row shows, new ones too: the classes of macro Recall@1, `[T]`.
    ///   - names: of the tiles, by these numbers; empty leaves home pages out of the pictures.
    ///   - training: decisions to learn from.
    ///   - test: decisions to judge by; those without a click say nothing about an order and are counted in `withoutClick`.
    ///   - seeds: each row is trained once with each, and judged by the mean.
    ///   - truth: the true share of each tile in attraction, `[T]`.
    ///   - reference: the share as far as it can be known, `[T]`: a last row of its own.
    ///   - say: told what is being done.
    /// - Returns: the rows, the decisions that judge them, and how many could not.
    public static func tiles(
        _ examples: RankingExamples, tiles: [Int32], names: [String] = [], training: [Int], test: [Int], rows: [FeatureRow],
        settings: TileRankerSettings, seeds: [UInt64],
        truth: [Float]? = nil, reference: [Float]? = nil, pool: WorkerPool, say: (String) -> Void = { _ in }
    ) throws -> (head: HeadToHead, judged: [Int], withoutClick: Int) {
        let clicked = test.filter { decision in examples.rows(decision).contains { examples.clicked[$0] } }
        guard !clicked.isEmpty else { throw StudyError.tooLittle(what: "impressions with a click to judge by", found: 0, needed: 1) }
        guard training.contains(where: { decision in examples.rows(decision).contains { examples.clicked[$0] } }) else {
            throw StudyError.tooLittle(what: "impressions with a click to learn from", found: 0, needed: 1)
        }
        let (learnt, judged) = (examples.decisions(training), examples.decisions(clicked))
        // Of the first row and of the one that reads most: the others are not drawn.
        let most = rows.map(\.blocks.count).max() ?? 0
        let richest = rows.lastIndex { $0.blocks.count == most } ?? 0
        var (first, drawn): ([Float], [Float]) = ([], [])
        var scores = try rows.enumerated().map { place, row in
            let names = row.selected(examples.contextNames)
            let own = try learnt.selecting(context: names)
            let runs = try seeds.map { seed in
                var settings = settings
                settings.seed = seed
                say("\(row.name), seed \(seed)")
                return try TileRanker.train(own, settings, pool: pool).ranker.probabilities(judged, pool: pool)
            }
            if place == 0 { first = meanProbabilities(runs) }
            if place == richest { drawn = meanProbabilities(runs) }
            return Scores.mean(runs.map { Self.scores(row.name, $0, judged) })
        }
        func known(_ name: String, _ shares: [Float]) -> Scores {
            Self.scores(name, clicked.flatMap { Array(shares[examples.rows($0)]) }, judged)
        }
        if let reference { scores.append(known("the simulator's own posterior", reference)) }
        let best = truth.map { known("the truth", $0) }
        let classes = clicked.map { decision in tiles[examples.rows(decision).first { examples.clicked[$0] }!] }
        var head = HeadToHead(classes: classes, customers: judged.customer, rows: scores, best: best)
        let pages =
            rows.count > 1 && !names.isEmpty
            ? HomePages(examples, clicked, baseline: first, richest: drawn) { names[Int(tiles[$0])] } : nil
        head.pictures = Pictures(
            row: rows[richest].name, probabilities: drawn, happened: judged.clicked, lifted: false, homePages: pages)
        return (head, clicked, test.count - clicked.count)
    }

    /// The likeliest tile, where several are alike the one shown last; so nobody gains by calling all alike.
    private static func scores(_ name: String, _ probabilities: [Float], _ judged: RankingExamples) -> Scores {
        var (hits, losses): ([Double], [Double]) = ([], [])
        for decision in 0..<judged.count {
            let rows = judged.rows(decision)
            let clicked = rows.first { judged.clicked[$0] }!
            let isFirst = rows.allSatisfy { $0 == clicked || probabilities[$0] < probabilities[clicked] }
            hits.append(isFirst ? 1 : 0)
            losses.append(-log(max(Double(probabilities[clicked]), 1e-9)))
        }
        return Scores(name: name, hits: hits, losses: losses)
    }
}
