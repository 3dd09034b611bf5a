/// Ranks items by how often they occur in the training sequences, whatever came before. Ties: the smaller item number first.
public struct PopularityBaseline: Sendable {
    /// Items that occur, most frequent first.
    public let order: [Int32]
    /// Position of each item number in `order` plus one; 0 for items that do not occur.
    let positions: [Int32]

    /// Counts the items.
    /// - Complexity: O(events + items log items).
    public init(fit sequences: ItemSequences) {
        let size = Int(sequences.items.max() ?? -1) + 1
        var counts = [Int32](repeating: 0, count: size)
        for item in sequences.items { counts[Int(item)] += 1 }
        order = (0..<Int32(size)).filter { counts[Int($0)] > 0 }
            .sorted { (counts[Int($0)], $1) > (counts[Int($1)], $0) }
        var positions = [Int32](repeating: 0, count: size)
        for (place, item) in order.enumerated() { positions[Int(item)] = Int32(place + 1) }
        self.positions = positions
    }

    /// Rank of an item from 1; 0 when it does not occur in training.
    public func rank(of item: Int32) -> Int32 { item >= 0 && Int(item) < positions.count ? positions[Int(item)] : 0 }

    /// Ranks of the targets of test pairs.
    public func ranks(targets: [Int32]) -> RankingMetrics { RankingMetrics(ranks: targets.map(rank(of:))) }
}
