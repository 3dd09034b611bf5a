/// The runs of a merge, known by number, with the one whose next element comes first on top.
struct MergeHeap {
    private var runs: [Int]

    /// - Parameter precedes: whether the next element of one run comes before that of another.
    init(_ count: Int, _ precedes: (Int, Int) -> Bool) {
        runs = Array(0..<count)
        for place in stride(from: count / 2, through: 0, by: -1) { sink(place, precedes) }
    }

    /// The run whose turn it is; nil when all have ended.
    var top: Int? { runs.first }

    /// To be called when the top has moved on to its next element, or has none.
    @inline(__always)
    mutating func advance(hasMore: Bool, _ precedes: (Int, Int) -> Bool) {
        if !hasMore {
            runs[0] = runs[runs.count - 1]
            runs.removeLast()
        }
        sink(0, precedes)
    }

    @inline(__always)
    private mutating func sink(_ start: Int, _ precedes: (Int, Int) -> Bool) {
        var place = start
        while true {
            var smallest = place
            let left = 2 * place + 1
            if left < runs.count && precedes(runs[left], runs[smallest]) { smallest = left }
            if left + 1 < runs.count && precedes(runs[left + 1], runs[smallest]) { smallest = left + 1 }
            if smallest == place { return }
            runs.swapAt(place, smallest)
            place = smallest
        }
    }
}
