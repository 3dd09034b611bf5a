#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// Memory of one thread that reads facts; it grows to the longest session and is used again. One thread at a time.
public final class FactScratch {
    /// Facts before they are standardised, NaN where a session has none.
    let raw = GrowingBuffer<Double>()
    /// Pairs: values of `by` that the session has.
    let touched = GrowingBuffer<Int32>()
    private let memories = (TallyMemory(), TallyMemory())
    private let logarithms: UnsafeMutablePointer<Double>
    private static let ready = 256

    /// Empty memory, for any plan.
    public init() {
        logarithms = .allocate(capacity: Self.ready)
        for count in 0..<Self.ready { logarithms[count] = log1p(Double(count)) }
    }

    deinit { logarithms.deallocate() }

    /// `log1p` of a count; looked up for small ones.
    @inline(__always)
    func logarithm(_ count: Int) -> Double { count < Self.ready ? logarithms[count] : log1p(Double(count)) }

    /// `log1p` of seconds; a clock that ran backwards counts as no time.
    func logarithm(seconds: Double) -> Double { log1p(max(0, seconds)) }

    /// An empty tally with room for so many keys.
    func tally(_ most: Int) -> Tally { memories.0.tally(most) }
    /// Another one beside it.
    func secondTally(_ most: Int) -> Tally { memories.1.tally(most) }
}

/// Keys and how often each came, numbered in the order of their first appearance: open addressing in a scratch's memory.
struct Tally {
    fileprivate let slots: UnsafeMutablePointer<Int32>
    fileprivate let shift: UInt64
    fileprivate let mask: Int
    /// Keys by number.
    let keys: UnsafeMutablePointer<UInt64>
    /// How often each came.
    let counts: UnsafeMutablePointer<Int32>
    /// Keys so far.
    private(set) var distinct = 0

    fileprivate init(
        slots: UnsafeMutablePointer<Int32>, bits: Int, keys: UnsafeMutablePointer<UInt64>, counts: UnsafeMutablePointer<Int32>
    ) {
        (self.slots, self.keys, self.counts) = (slots, keys, counts)
        shift = UInt64(64 - bits)
        mask = (1 << bits) - 1
    }

    /// Counts a key and gives its number.
    @inline(__always)
    mutating func add(_ key: UInt64) -> Int {
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): codes follow one another, their products do not.
        var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while true {
            let number = Int(slots[slot]) - 1
            if number < 0 {
                keys[distinct] = key
                counts[distinct] = 1
                distinct += 1
                slots[slot] = Int32(truncatingIfNeeded: distinct)
                return distinct - 1
            }
            if keys[number] == key {
                counts[number] += 1
                return number
            }
            slot = (slot + 1) & mask
        }
    }

    /// Counts of the most frequent key and of the second, 0 where there is none.
    var top: (first: Int, second: Int) {
        var first: Int32 = 0
        var second: Int32 = 0
        for number in 0..<distinct {
            let count = counts[number]
            if count > first { (first, second) = (count, first) } else if count > second { second = count }
        }
        return (Int(first), Int(second))
    }
}

/// What a tally lies in.
private final class TallyMemory {
    private let slots = GrowingBuffer<Int32>()
    private let keys = GrowingBuffer<UInt64>()
    private let counts = GrowingBuffer<Int32>()

    func tally(_ most: Int) -> Tally {
        // Half full at most.
        var bits = 4
        while 1 << bits < 2 * most { bits += 1 }
        slots.resize(1 << bits)
        keys.resize(max(1, most))
        counts.resize(max(1, most))
        slots.pointer.update(repeating: 0, count: 1 << bits)
        return Tally(slots: slots.pointer, bits: bits, keys: keys.pointer, counts: counts.pointer)
    }
}
