#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood, 2014), with a stream number.
///
/// Every visitor draws from a stream of its own, so adding visitors, or a new kind of record drawn from another stream,
/// leaves what was simulated before as it was.
struct SeededSource {
    private var state: UInt64

    init(seed: UInt64, stream: UInt64) {
        // Both numbers pass the output function once, so that neighbouring seeds and streams share nothing.
        state = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) ^ Self.mixed(stream &* 0xD1B5_4A32_D192_ED03 &+ 0x2545_F491_4F6C_DD1D)
    }

    /// What hangs on a visitor and draws from a stream of its own: visitor n has the streams 4n to 4n + 3.
    enum Purpose: UInt64 {
        case visits, annotations, conversions, app
    }

    /// The stream of a visitor for a purpose; `part` sets apart several of one purpose, such as annotators; a customer has those of the
    /// visitor of the same number.
    static func stream(_ visitor: Int, _ purpose: Purpose, part: Int = 0) -> UInt64 {
        UInt64(visitor) * 4 + purpose.rawValue + UInt64(part) << 40
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// Uniform in [0, 1).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    /// Standard normal by Box and Muller; the second value is thrown away to keep the state one number.
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * Double.pi * unit())
    }

    /// An index drawn with the probabilities whose running sums are given (the last entry is their total).
    mutating func draw(_ runningSums: [Float]) -> Int {
        let point = Float(unit()) * runningSums[runningSums.count - 1]
        var low = 0
        var high = runningSums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if point < runningSums[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Running sums of weights, for `SeededSource.draw`.
func runningSums(_ weights: [Float]) -> [Float] {
    var total: Float = 0
    return weights.map { weight in
        total += weight
        return total
    }
}
