internal import SequenceKernel

/// Decisions in parts of about the same size, all decisions of a customer in one of them.
struct CustomerFolds: Sendable, Equatable {
    /// How many there are.
    let count: Int
    /// The part of each decision, `[D]`.
    let fold: [Int]

    /// Customers in an order that the seed says, dealt one after the other to the part that has the fewest decisions.
    init(customers: [Int32], count: Int, seed: UInt64) throws(RankingError) {
        var decisions: [Int32: Int] = [:]
        for customer in customers { decisions[customer, default: 0] += 1 }
        guard decisions.count >= count else {
            throw .tooFew(
                reason: "\(decisions.count) customers clicked on a tile, and \(count) parts of them are to be set aside in turn",
                remedy: "give impressions of more customers, or set fewer `folds`")
        }
        var order = decisions.keys.sorted()
        var random = RandomSource(seed, 0xF01D)
        random.shuffle(&order)
        // Many decisions first, so that no part ends with a heavy customer; equal ones stay as shuffled.
        let ranked = order.enumerated().sorted {
            let (a, b) = (decisions[$0.element]!, decisions[$1.element]!)
            return a != b ? a > b : $0.offset < $1.offset
        }
        var sizes = [Int](repeating: 0, count: count)
        var part: [Int32: Int] = [:]
        for (_, customer) in ranked {
            let smallest = sizes.indices.min { sizes[$0] != sizes[$1] ? sizes[$0] < sizes[$1] : $0 < $1 }!
            part[customer] = smallest
            sizes[smallest] += decisions[customer]!
        }
        self.count = count
        fold = customers.map { part[$0]! }
    }
}
