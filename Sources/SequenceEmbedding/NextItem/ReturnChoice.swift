internal import Glibc

/// Whether the next item is one of the session's earlier ones, and which: a softmax over the distinct items of the prefix and one
/// more choice, "something new".
///
/// In shops and banks a third of the next pages are returns, and which page somebody returns to depends on the course of the
/// session (how long ago, how often, what followed it last time), hardly on what the page is. RepeatNet (Ren et al., AAAI 2019)
/// learns this with a second decoder; here it is a log-linear model with some two hundred weights that fits in seconds.
///
///     P(choice) = e^(Σ weights of its features) / Σ over all choices
public struct ReturnChoice: Codable, Sendable, Equatable {
    /// One weight a feature; see ``features(of:_:)``.
    public private(set) var weights: [Double]

    /// Prefix items that are looked at, the latest ones.
    static let longestPrefix = 50
    private static let steps = 40, counts = 8, ranks = 20, lengths = 41
    private static let stepsSinceLast = 0
    private static let stepsSinceLastAfterRepeat = stepsSinceLast + steps
    private static let occurrences = stepsSinceLastAfterRepeat + steps
    private static let recencyRank = occurrences + 2 * counts
    private static let neighbours = recencyRank + ranks
    private static let stepsSinceFirst = neighbours + 8
    private static let newByLength = stepsSinceFirst + steps
    private static let newByVariety = newByLength + lengths
    private static let newAfterRepeat = newByVariety + 6
    private static let newByLastCount = newAfterRepeat + 2
    private static let newByDistinct = newByLastCount + 6
    static let featureCount = newByDistinct + lengths

    /// The choices after one prefix: distinct items, the latest first, with 5 features each; then "something new" with 5 features.
    struct Choices {
        var items: [Int32] = []
        var features: [Int32] = []
    }

    /// All weights zero: every choice alike.
    public init() { weights = Array(repeating: 0, count: Self.featureCount) }

    /// Probabilities after a prefix: of each distinct item, the latest first, and of something new.
    public func probabilities(after prefix: ArraySlice<Int32>) -> (items: [Int32], returns: [Double], new: Double) {
        var choices = Choices()
        Self.describe(prefix, &choices)
        var scores = (0...choices.items.count).map { choice in
            choices.features[choice * 5..<choice * 5 + 5].reduce(0) { $0 + weights[Int($1)] }
        }
        let peak = scores.max() ?? 0
        for index in scores.indices { scores[index] = exp(scores[index] - peak) }
        let sum = scores.reduce(0, +)
        for index in scores.indices { scores[index] /= sum }
        let new = scores.removeLast()
        return (choices.items, scores, new)
    }

    /// Features of a prefix's choices: steps since the last occurrence (another table when the last two items are the same),
    /// occurrences, rank by recency, whether it once followed or preceded the last item, steps since the first occurrence; of
    /// "something new": length, share of distinct items, whether the last two are the same, occurrences of the last item, distinct items.
    static func describe(_ whole: ArraySlice<Int32>, _ choices: inout Choices) {
        choices.items.removeAll(keepingCapacity: true)
        choices.features.removeAll(keepingCapacity: true)
        let prefix = Array(whole.suffix(longestPrefix))
        let length = prefix.count
        guard let last = prefix.last else {
            choices.features += [newByLength, newByVariety + 5, newAfterRepeat, newByLastCount, newByDistinct].map(Int32.init)
            return
        }
        let repeats = length > 1 && prefix[length - 2] == last
        for place in prefix.indices.reversed() where !choices.items.contains(prefix[place]) {
            let item = prefix[place], rank = choices.items.count
            choices.items.append(item)
            var count = 0, first = place
            var follows = false, precedes = false
            for other in prefix.indices {
                if prefix[other] == item {
                    count += 1
                    first = min(first, other)
                }
                if prefix[other] == last {
                    if other + 1 < length, prefix[other + 1] == item { follows = true }
                    if other > 0, prefix[other - 1] == item { precedes = true }
                }
            }
            let latest = rank == 0 ? 1 : 0
            let since = min(length - 1 - place, steps - 1)
            choices.features.append(Int32((repeats ? stepsSinceLastAfterRepeat : stepsSinceLast) + since))
            choices.features.append(Int32(occurrences + (min(count, counts) - 1) * 2 + latest))
            choices.features.append(Int32(recencyRank + min(rank, ranks - 1)))
            choices.features.append(Int32(neighbours + (follows ? 1 : 0) + (precedes ? 2 : 0) + 4 * latest))
            choices.features.append(Int32(stepsSinceFirst + min(length - 1 - first, steps - 1)))
        }
        let distinct = choices.items.count
        let variety = length > 1 ? min(4 * (distinct - 1) / (length - 1), 4) : 5
        let lastCount = prefix.count { $0 == last }
        choices.features.append(Int32(newByLength + min(length, lengths - 1)))
        choices.features.append(Int32(newByVariety + variety))
        choices.features.append(Int32(newAfterRepeat + (repeats ? 1 : 0)))
        choices.features.append(Int32(newByLastCount + min(lastCount, 6) - 1))
        choices.features.append(Int32(newByDistinct + min(distinct, lengths - 1)))
    }
}

extension ReturnChoice {
    /// Fits the weights to (prefix, next item) examples cut from `sessions`: maximum likelihood with a small quadratic penalty, by
    /// Adam over all examples at once, in `Double` and in one order, so that the same sessions give the same bits.
    ///
    /// - Parameters:
    ///   - shortestPrefix: items before the first target of a session.
    ///   - limit: examples at most; evenly spread over the sessions when there are more.
    public init(fitting sessions: ItemSequences, shortestPrefix: Int = 1, limit: Int = 60_000) {
        self.init()
        let examples = Examples(sessions, shortestPrefix: shortestPrefix, limit: limit)
        guard examples.count > 0 else { return }
        var first = [Double](repeating: 0, count: weights.count), second = first, gradient = first
        let rounds = 240
        for round in 1...rounds {
            examples.gradient(at: weights, into: &gradient)
            let rate = 0.15 * (1 + cos(Double.pi * Double(round - 1) / Double(rounds))) / 2
            let firstCorrection = 1 - pow(0.9, Double(round)), secondCorrection = 1 - pow(0.99, Double(round))
            for index in weights.indices {
                let slope = gradient[index] + 2e-5 * weights[index]
                first[index] = 0.9 * first[index] + 0.1 * slope
                second[index] = 0.99 * second[index] + 0.01 * slope * slope
                weights[index] -= rate * (first[index] / firstCorrection) / ((second[index] / secondCorrection).squareRoot() + 1e-9)
            }
        }
    }

    /// Mean negative log-likelihood of the examples in `sessions`, in nats.
    public func loss(on sessions: ItemSequences, shortestPrefix: Int = 1, limit: Int = 60_000) -> Double {
        var unused = [Double](repeating: 0, count: weights.count)
        return Examples(sessions, shortestPrefix: shortestPrefix, limit: limit).gradient(at: weights, into: &unused)
    }

    /// Features of all choices of all examples, end to end.
    private struct Examples {
        var features: [Int32] = []
        var starts: [Int32] = [0]
        var chosen: [Int32] = []
        var count: Int { chosen.count }

        init(_ sessions: ItemSequences, shortestPrefix: Int, limit: Int) {
            var total = 0
            for session in 0..<sessions.count { total += max(0, sessions[session].count - shortestPrefix) }
            var choices = Choices()
            var seen = 0, taken = 0
            for session in 0..<sessions.count {
                let items = sessions[session]
                for place in items.indices.dropFirst(shortestPrefix) {
                    seen += 1
                    // Evenly spread: take the example when the quota has risen by one.
                    guard total <= limit || seen * limit / total > taken else { continue }
                    taken += 1
                    ReturnChoice.describe(items[..<place], &choices)
                    chosen.append(Int32(choices.items.firstIndex(of: items[place]) ?? choices.items.count))
                    features += choices.features
                    starts.append(Int32(features.count / 5))
                }
            }
        }

        @discardableResult
        func gradient(at weights: [Double], into gradient: inout [Double]) -> Double {
            for index in gradient.indices { gradient[index] = 0 }
            var loss = 0.0
            var scores: [Double] = []
            let scale = 1 / Double(max(1, count))
            for example in 0..<count {
                let range = Int(starts[example])..<Int(starts[example + 1])
                scores.removeAll(keepingCapacity: true)
                var peak = -Double.infinity
                for choice in range {
                    var score = 0.0
                    for place in choice * 5..<choice * 5 + 5 { score += weights[Int(features[place])] }
                    scores.append(score)
                    peak = max(peak, score)
                }
                var sum = 0.0
                let own = scores[Int(chosen[example])]
                for index in scores.indices {
                    scores[index] = exp(scores[index] - peak)
                    sum += scores[index]
                }
                loss += (log(sum) + peak - own) * scale
                for (index, choice) in range.enumerated() {
                    let slope = (scores[index] / sum - (index == Int(chosen[example]) ? 1 : 0)) * scale
                    for place in choice * 5..<choice * 5 + 5 { gradient[Int(features[place])] += slope }
                }
            }
            return loss
        }
    }
}
