internal import Evaluation
public import Recommendation
public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension HeadToHead {
    /// Trains a predictor for each row of features and judges it.
    /// - Parameters:
    ///   - training: rows of the examples to learn from.
    ///   - test: rows to judge by.
    ///   - truth: the true probability of each class, `[D, K]`.
    public static func conversions(
        _ examples: ConversionExamples, training: [Int], test: [Int], rows: [FeatureRow], settings: ConversionSettings, seeds: [UInt64],
        truth: [Float]? = nil, pool: WorkerPool, say: (String) -> Void = { _ in }
    ) throws -> HeadToHead {
        guard !test.isEmpty else { throw StudyError.tooLittle(what: "decisions to judge by", found: 0, needed: 1) }
        let (learnt, judged) = (examples.selecting(training), examples.selecting(test))
        // Of the row that reads most: the others are not drawn.
        let most = rows.map(\.blocks.count).max() ?? 0
        let richest = rows.lastIndex { $0.blocks.count == most } ?? 0
        var drawn: [Float] = []
        let scores = try rows.enumerated().map { place, row in
            let names = row.selected(examples.names)
            let (own, asked) = (try learnt.selecting(features: names), try judged.selecting(features: names))
            let runs = try seeds.map { seed in
                var settings = settings
                settings.seed = seed
                say("\(row.name), seed \(seed)")
                return try ConversionPredictor.train(own, settings, pool: pool).predictor.probabilities(asked)
            }
            if place == richest { drawn = meanProbabilities(runs) }
            return Scores.mean(runs.map { Self.scores(row.name, $0, judged) })
        }
        let classes = examples.classes.count
        let best = truth.map { truth in
            Self.scores("the truth", test.flatMap { Array(truth[$0 * classes..<($0 + 1) * classes]) }, judged)
        }
        var head = HeadToHead(classes: judged.outcome, customers: judged.customer, rows: scores, best: best, background: 0)
        head.pictures = Pictures(
            row: rows[richest].name, probabilities: (0..<judged.count).map { 1 - drawn[$0 * classes] },
            happened: judged.outcome.map { $0 != 0 }, lifted: true, homePages: nil)
        return head
    }

    /// The likeliest class, where several are alike the first.
    private static func scores(_ name: String, _ probabilities: [Float], _ judged: ConversionExamples) -> Scores {
        let classes = judged.classes.count
        var (hits, losses, offers): ([Double], [Double], [Double]) = ([], [], [])
        for row in 0..<judged.count {
            let own = probabilities[row * classes..<(row + 1) * classes]
            let best = own.indices.reduce(own.startIndex) { own[$1] > own[$0] ? $1 : $0 } - own.startIndex
            hits.append(best == Int(judged.outcome[row]) ? 1 : 0)
            offers.append(best == 0 ? 0 : 1)
            losses.append(-log(max(Double(own[own.startIndex + Int(judged.outcome[row])]), 1e-9)))
        }
        return Scores(name: name, hits: hits, losses: losses, offers: offers)
    }
}
