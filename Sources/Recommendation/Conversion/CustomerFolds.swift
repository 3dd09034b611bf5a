/// Parts of the customers for cross-validation: all rows of a customer are in one fold.
struct CustomerFolds: Sendable, Equatable {
    /// `[N]`, the fold of each row.
    let fold: [Int]

    /// Deals customers to folds in an order that the seed decides, those of one stratum after the other, so that rare outcomes are spread.
    /// - Parameters:
    ///   - customers: `[N]`.
    ///   - strata: `[N]`; a customer belongs to the highest of its rows. One for all by default.
    init(_ customers: [Int32], strata: [Int32]? = nil, count: Int, seed: UInt64) {
        var highest: [Int32: Int32] = [:]
        for (row, customer) in customers.enumerated() {
            highest[customer] = max(highest[customer] ?? .min, strata?[row] ?? 0)
        }
        let order = highest.map { (stratum: $0.value, key: Self.mixed(seed, $0.key), customer: $0.key) }
            .sorted { ($0.stratum, $0.key, $0.customer) < ($1.stratum, $1.key, $1.customer) }
        var places: [Int32: Int] = [:]
        for (place, entry) in order.enumerated() { places[entry.customer] = place % count }
        fold = customers.map { places[$0]! }
    }

    /// SplitMix64 of seed and customer.
    private static func mixed(_ seed: UInt64, _ customer: Int32) -> UInt64 {
        var z = (seed &* 0x9E37_79B9_7F4A_7C15) &+ (UInt64(UInt32(bitPattern: customer)) &+ 1) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
