internal import SequenceKernel

/// Sessions in parts of about the same size, all sessions of a visitor in one of them.
public struct VisitorFolds: Sendable, Equatable {
    /// How many there are.
    public let count: Int
    /// The part of each session, `[S]`.
    public let fold: [Int]

    /// Visitors in an order that the seed says, dealt one after the other to the part that has the fewest sessions.
    public init(visitors: [Int], count: Int, seed: UInt64) throws(DistillationError) {
        var sessions: [Int: Int] = [:]
        for visitor in visitors { sessions[visitor, default: 0] += 1 }
        guard sessions.count >= count else {
            throw .tooFew(
                reason: "\(sessions.count) visitors have labelled sessions, and \(count) parts are to be set aside in turn",
                remedy: "label sessions of more visitors, or set fewer `folds`")
        }
        var order = sessions.keys.sorted()
        var random = RandomSource(seed, 0xF01D)
        random.shuffle(&order)
        // Many sessions first, so that no part ends with a heavy visitor; equal ones stay as shuffled.
        let ranked = order.enumerated().sorted {
            let (a, b) = (sessions[$0.element]!, sessions[$1.element]!)
            return a != b ? a > b : $0.offset < $1.offset
        }
        var sizes = [Int](repeating: 0, count: count)
        var part: [Int: Int] = [:]
        for (_, visitor) in ranked {
            let smallest = sizes.indices.min { sizes[$0] != sizes[$1] ? sizes[$0] < sizes[$1] : $0 < $1 }!
            part[visitor] = smallest
            sizes[smallest] += sessions[visitor]!
        }
        self.count = count
        fold = visitors.map { part[$0]! }
    }
}
