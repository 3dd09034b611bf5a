/// Ranks the items that most often followed the last item in the training sequences, then all others by popularity.
/// Ties among followers: the more popular item first, then the smaller item number.
public struct MarkovBaseline: Sendable {
    /// Fills the list after the followers.
    public let popularity: PopularityBaseline
    /// Followers of item `i`, best first: `followers[starts[i] ..< starts[i + 1]]`.
    private let followers: [Int32]
    private let starts: [Int]

    /// Counts which item follows which.
    /// - Complexity: O(events log events).
    public init(fit sequences: ItemSequences) {
        popularity = PopularityBaseline(fit: sequences)
        var pairs: [UInt64] = []
        pairs.reserveCapacity(sequences.items.count)
        for sequence in 0..<sequences.count {
            let items = sequences[sequence]
            for (item, next) in zip(items, items.dropFirst()) { pairs.append(UInt64(item) << 32 | UInt64(next)) }
        }
        pairs.sort()
        var counted: [(item: Int32, next: Int32, count: Int32)] = []
        for pair in pairs {
            let (item, next) = (Int32(pair >> 32), Int32(truncatingIfNeeded: pair & 0xFFFF_FFFF))
            if let last = counted.last, last.item == item, last.next == next {
                counted[counted.count - 1].count += 1
            } else {
                counted.append((item, next, 1))
            }
        }
        let popularity = self.popularity
        counted.sort { a, b in
            if a.item != b.item { return a.item < b.item }
            if a.count != b.count { return a.count > b.count }
            return popularity.rank(of: a.next) < popularity.rank(of: b.next)
        }
        followers = counted.map(\.next)
        var starts = [Int](repeating: 0, count: popularity.positions.count + 1)
        for entry in counted { starts[Int(entry.item) + 1] += 1 }
        for item in 1..<max(1, starts.count) { starts[item] += starts[item - 1] }
        self.starts = starts
    }

    /// Items that followed `item`, most frequent first.
    public func followers(of item: Int32) -> ArraySlice<Int32> {
        item >= 0 && Int(item) + 1 < starts.count ? followers[starts[Int(item)]..<starts[Int(item) + 1]] : []
    }

    /// Rank of `target` from 1 after a prefix that ends in `last` (nil: empty prefix); 0 when the target does not occur in training.
    public func rank(of target: Int32, after last: Int32?) -> Int32 {
        let first = last.map(followers(of:)) ?? []
        let popular = popularity.rank(of: target)
        var morePopular: Int32 = 0
        for (place, item) in first.enumerated() {
            if item == target { return Int32(place + 1) }
            if popularity.rank(of: item) < popular { morePopular += 1 }
        }
        // Of the popular items before the target, the followers already stand further up.
        return popular == 0 ? 0 : Int32(first.count) + popular - morePopular
    }

    /// Ranks of the targets of test pairs, given the last item of each prefix.
    public func ranks(lastItems: [Int32?], targets: [Int32]) -> RankingMetrics {
        precondition(lastItems.count == targets.count, "MarkovBaseline: \(lastItems.count) prefixes for \(targets.count) targets")
        return RankingMetrics(ranks: zip(lastItems, targets).map { rank(of: $1, after: $0) })
    }
}
