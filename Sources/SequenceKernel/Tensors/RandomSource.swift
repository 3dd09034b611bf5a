/// Random numbers that depend on a key and a counter only (SplitMix64's finaliser over both), so that any worker can make its
/// part of them in any order: same seed, same numbers, at any thread count and after any resume.
public struct RandomSource: RandomNumberGenerator, Sendable {
    private var key: UInt64
    private var counter: UInt64 = 0

    /// A stream of its own for every list of words, such as (run seed, step, layer).
    public init(_ words: UInt64...) {
        key = 0x9E37_79B9_7F4A_7C15
        for word in words { key = Self.mix(key ^ Self.mix(word &+ 0x632B_E59B_D9B4_E019)) }
    }

    /// A stream for a name under a seed: initial weights use (run seed, parameter name).
    public init(seed: UInt64, name: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.init(seed, hash)
    }

    /// Stafford's variant 13 of the 64-bit finaliser, as in SplitMix64.
    @inlinable
    public static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        counter &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(key &+ counter)
    }

    /// Uniform in [0, 1), 24 bits.
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in 0 ..< bound by multiplication (bias below 2⁻³² for bounds below 2³²).
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "RandomSource.below: bound \(bound) must be positive")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Fisher–Yates, the same order on every machine.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(last, below(last + 1)) }
    }
}
