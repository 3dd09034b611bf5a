/// Sequences of item numbers, one after another.
public struct ItemSequences: Sendable, Equatable {
    /// All items, sequence by sequence. Numbers are at least 0; any gap in them is allowed.
    public let items: [Int32]
    /// Sequence `s` is `items[offsets[s] ..< offsets[s + 1]]`; one entry more than there are sequences.
    public let offsets: [Int]

    /// Number of sequences.
    public var count: Int { offsets.count - 1 }

    /// - Parameters: `offsets` rises from 0 to `items.count`.
    public init(items: [Int32], offsets: [Int]) {
        precondition(
            offsets.first == 0 && offsets.last == items.count && zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 },
            "ItemSequences: offsets must rise from 0 to \(items.count)")
        precondition(items.allSatisfy { $0 >= 0 }, "ItemSequences: item numbers are at least 0")
        self.items = items
        self.offsets = offsets
    }

    /// From separate arrays.
    public init(_ sequences: [[Int32]]) {
        var offsets = [0]
        for sequence in sequences { offsets.append(offsets[offsets.count - 1] + sequence.count) }
        self.init(items: sequences.flatMap { $0 }, offsets: offsets)
    }

    /// The items of one sequence.
    public subscript(_ sequence: Int) -> ArraySlice<Int32> { items[offsets[sequence]..<offsets[sequence + 1]] }
}
