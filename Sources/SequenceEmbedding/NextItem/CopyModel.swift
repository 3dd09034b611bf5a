#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// Whether the next item is one of the session's, and which: a softmax over the session's distinct items and *new*, whose scores are
/// sums of table entries.
///
/// An item is told by the steps since it was last and first met, how often it was met, its rank by recency, and whether it followed or
/// preceded the current item before; *new* by the length of the prefix, the share of distinct items in it and repetition at
/// its end. What the items are does not matter, so a few hundred numbers fitted on some ten thousand prefixes are enough.
struct CopyModel: Sendable, Equatable {
    private static let distances = 40, counts = 8, ranks = 20, lengths = 41
    private static let lastBase = 0
    private static let countBase = 2 * distances
    private static let rankBase = countBase + 2 * counts
    private static let orderBase = rankBase + ranks
    private static let firstBase = orderBase + 8
    private static let lengthBase = firstBase + distances
    private static let varietyBase = lengthBase + lengths
    private static let repeatBase = varietyBase + 6
    private static let currentBase = repeatBase + 2
    private static let distinctBase = currentBase + 6
    /// Table entries.
    static let size = distinctBase + lengths

    /// The table.
    var weights: [Double]

    /// The distinct items of a prefix, the latest first, and the table entries that each one's score is the sum of; those of
    /// *new* come last. Five entries each.
    static func features(_ prefix: ArraySlice<Int32>) -> (items: [Int32], entries: [Int32]) {
        let x = Array(prefix)
        let count = x.count
        var last: [Int32: Int] = [:], first: [Int32: Int] = [:], times: [Int32: Int] = [:]
        for (place, item) in x.enumerated() {
            last[item] = place
            times[item, default: 0] += 1
            if first[item] == nil { first[item] = place }
        }
        let items = last.keys.sorted { last[$0]! > last[$1]! }
        let current = x[count - 1]
        var followers = Set<Int32>(), leaders = Set<Int32>()
        for place in 0..<count - 1 where x[place] == current { followers.insert(x[place + 1]) }
        for place in 1..<max(1, count) where x[place] == current { leaders.insert(x[place - 1]) }
        let repeats = count > 1 && x[count - 1] == x[count - 2] ? 1 : 0
        var entries: [Int32] = []
        entries.reserveCapacity(5 * (items.count + 1))
        for (rank, item) in items.enumerated() {
            let isCurrent = rank == 0 ? 1 : 0
            entries.append(Int32(lastBase + repeats * distances + min(count - 1 - last[item]!, distances - 1)))
            entries.append(Int32(countBase + 2 * (min(times[item]!, counts) - 1) + isCurrent))
            entries.append(Int32(rankBase + min(rank, ranks - 1)))
            entries.append(
                Int32(orderBase + (followers.contains(item) ? 1 : 0) + (leaders.contains(item) ? 2 : 0) + 4 * isCurrent))
            entries.append(Int32(firstBase + min(count - 1 - first[item]!, distances - 1)))
        }
        entries.append(Int32(lengthBase + min(count - 1, lengths - 1)))
        entries.append(Int32(varietyBase + (count > 1 ? min(4 * (items.count - 1) / (count - 1), 4) : 5)))
        entries.append(Int32(repeatBase + repeats))
        entries.append(Int32(currentBase + min(times[current]!, 6) - 1))
        entries.append(Int32(distinctBase + min(items.count, lengths - 1)))
        return (items, entries)
    }

    /// The probabilities of a prefix's distinct items, and of a new one.
    func probabilities(_ prefix: ArraySlice<Int32>) -> (items: [Int32], shares: [Float], new: Float) {
        let (items, entries) = Self.features(prefix)
        var scores = (0...items.count).map { index in (0..<5).reduce(0.0) { $0 + weights[Int(entries[5 * index + $1])] } }
        let most = scores.max()!
        var sum = 0.0
        for index in scores.indices {
            scores[index] = exp(scores[index] - most)
            sum += scores[index]
        }
        return (items, scores.dropLast().map { Float($0 / sum) }, Float(scores.last! / sum))
    }

    /// A table as given.
    init(weights: [Double]) { self.weights = weights }

    /// Fitted by L-BFGS on prefixes and what followed, with a small ridge. Deterministic: one thread, one order.
    init(fitting pairs: [(prefix: ArraySlice<Int32>, target: Int32)]) {
        var entries: [Int32] = []
        var starts = [0]
        var targets: [Int] = []
        for pair in pairs {
            let (items, found) = Self.features(pair.prefix)
            targets.append(items.firstIndex(of: pair.target) ?? items.count)
            entries += found
            starts.append(entries.count)
        }
        weights = Array(repeating: 0, count: Self.size)
        guard !pairs.isEmpty else { return }
        weights = LimitedMemoryMinimiser.minimise(weights, rounds: 60) { weights, gradient in
            var loss = 0.0
            var scores: [Double] = []
            let share = 1 / Double(targets.count)
            for pair in targets.indices {
                let range = starts[pair]..<starts[pair + 1]
                scores.removeAll(keepingCapacity: true)
                for start in stride(from: range.lowerBound, to: range.upperBound, by: 5) {
                    var score = 0.0
                    for index in start..<start + 5 { score += weights[Int(entries[index])] }
                    scores.append(score)
                }
                var most = scores[0]
                for score in scores where score > most { most = score }
                var sum = 0.0
                for index in scores.indices {
                    let own = scores[index]
                    scores[index] = exp(own - most)
                    sum += scores[index]
                    if index == targets[pair] { loss -= (own - most) * share }
                }
                loss += log(sum) * share
                for index in scores.indices {
                    let slope = (scores[index] / sum - (index == targets[pair] ? 1 : 0)) * share
                    for entry in range.lowerBound + 5 * index..<range.lowerBound + 5 * index + 5 { gradient[Int(entries[entry])] += slope }
                }
            }
            for index in weights.indices {
                loss += 1e-5 * weights[index] * weights[index]
                gradient[index] += 2e-5 * weights[index]
            }
            return loss
        }
    }
}
