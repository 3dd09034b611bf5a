/// Parts of examples such that all of a group (say, a customer's applications) are in one.
///
/// The same groups, number and seed give the same parts, in whatever order the examples stand.
public struct GroupFolds: Sendable, Equatable {
    /// Number of parts.
    public let count: Int
    /// The part of each example, `[N]`, from 0.
    public let fold: [Int]

    /// Shuffles groups by seed and deals them out in turn, those with a positive example first, so that each part gets as many groups, and as
    /// many of either kind, as the others, give or take one.
    /// - Parameters:
    ///   - groups: the group of each example, `[N]`; any numbers.
    ///   - positives: which examples are positive, `[N]`; nil deals out all groups alike.
    ///   - count: parts, from 2 to as many as there are groups.
    ///   - seed: another seed, other parts.
    /// - Throws: ``BoostedTreesError`` where sizes do not agree or there are too few groups.
    public init(groups: [UInt64], positives: [Bool]? = nil, count: Int, seed: UInt64) throws(BoostedTreesError) {
        if let positives, positives.count != groups.count {
            throw .wrongSize(what: "classes of grouped examples", found: positives.count, expected: groups.count)
        }
        var hasPositive: [UInt64: Bool] = [:]
        for (index, group) in groups.enumerated() {
            hasPositive[group, default: false] = hasPositive[group] == true || positives?[index] == true
        }
        guard count >= 2, count <= hasPositive.count else {
            throw .badSetting(name: "folds", found: "\(count) for \(hasPositive.count) groups", expected: "2 to the number of groups")
        }
        // Sorted by a key of their own: nothing depends on the order of a dictionary or of the examples.
        let order = hasPositive.keys.sorted { a, b in
            (hasPositive[a]! ? 0 : 1, Self.key(a, seed), a) < (hasPositive[b]! ? 0 : 1, Self.key(b, seed), b)
        }
        var part: [UInt64: Int] = [:]
        for (place, group) in order.enumerated() { part[group] = place % count }
        self.count = count
        fold = groups.map { part[$0]! }
    }

    /// Examples of a part, in their order.
    public func rows(in part: Int) -> [Int] { fold.indices.filter { fold[$0] == part } }

    /// Examples of all other parts, in their order.
    public func rows(outside part: Int) -> [Int] { fold.indices.filter { fold[$0] != part } }

    private static func key(_ group: UInt64, _ seed: UInt64) -> UInt64 { mixed(mixed(group) ^ mixed(seed &+ 0x9e37_79b9_7f4a_7c15)) }

    /// SplitMix64's last step.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
